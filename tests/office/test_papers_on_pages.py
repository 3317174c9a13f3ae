"""The commissions' papers on the desk's pages, in a real browser: listed with who is missing, and signed on a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

from bulletin.office import steps
from bulletin.office.asking import ask
from bulletin.office.docket import Filed
from bulletin.office.folder import Folder
from bulletin.office.keyfile import open_key
from bulletin.office.signatory import OpenRequest, find_signed, sign
from bulletin.office.standing import Docket
from bulletin.office.teller import Known
from bulletin.office.web import reading
from bulletin.office.web.counter import Counter
from bulletin.office.web.wizard import Wizard
from tests.support import papers, reader, village
from tests.support.reader import look
from tests.support.wizards import served

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]
browser_type_launch_args = reader.browser_type_launch_args
SAID = {
    "en": (
        "PAPER: record of the final meeting (meeting-tec) of Precinct commission (tec-1)",
        "signed: precinct-1-2",
        "2 signatures are needed; missing: precinct-1-1",
    ),
    "ru": ("ДОКУМЕНТ: ", "подписали: precinct-1-2", "precinct-1-1"),
    "ky": ("ДОКУМЕНТ: ", "precinct-1-2", "precinct-1-1"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder of an election on paper whose first requests are asked for; members have test certificates."""
    folder = village.on_paper(tmp_path)
    table = folder.table("members")
    table.write_text(re.sub(r"[^;\n]+\.cer", "test", table.read_text(encoding="utf-8")), encoding="utf-8")
    _, stages = steps.prepare(folder, village.NOW, {9: steps.request})
    assert stages[8].state == "green", [each.tell("en") for stage in stages for each in stage.mistakes]
    return folder


@pytest.fixture
def paper(folder: Folder) -> Filed:
    """A paper of the territory, signed by its secretary."""
    docket = Docket.read(folder, None)
    form = docket.rules.forms["meeting-tec"]
    people = tuple(member.id for member in docket.seats["tec-1"].members)
    zeros = {line.key: 0 for line in form.lines}
    record = papers.paper("tec-1", form.id, zeros, present=people, typed=people[:2], held=int(village.NOW.timestamp()))
    known = Known(docket.manifest, plan=docket.rules.plan)
    filed = ask(folder, record, docket.manifest, docket.seats["tec-1"], (), known)
    sign(OpenRequest.read(filed.path), open_key(folder.tests / "precinct-1-2.p12", "test"))
    return filed


@pytest.fixture
def wizard(paper: Filed, folder: Folder) -> Iterator[Wizard]:
    assert paper.path.exists()
    with served(folder) as wizard:
        wizard.make("en")
        yield wizard


def test_papers_are_listed_with_who_is_missing(page: Page, wizard: Wizard) -> None:
    """G12: without a copy of the log."""
    page.goto(wizard.door.link)
    for language, words in SAID.items():
        page.goto(f"{wizard.door.origin}/{language}/9")
        line = page.locator(".lines li").filter(has_text="tec-1").filter(has_text=words[1])
        expect(line).to_have_count(1)
        for word in words:
            expect(line).to_contain_text(word)
    look(page, "papers-listed")


def test_of_very_many_the_first_ones_are_listed(page: Page, wizard: Wizard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_SHOWN", 1)
    page.goto(wizard.door.link)
    page.goto(f"{wizard.door.origin}/en/9")
    expect(page.locator(".lines li").last).to_contain_text("more. `aikyn-board act DIR status` names all")


def test_a_paper_is_signed_on_a_page(page: Page, paper: Filed, folder: Folder) -> None:
    counter = Counter(OpenRequest.read(paper.path), None, lambda _: "compared", lambda: village.NOW)
    links = Queue[str]()
    thread = Thread(target=counter.serve, args=(links.put,))
    thread.start()
    try:
        page.goto(links.get(timeout=30))
        page.goto(f"{counter.door.origin}/en/")
        expect(page.locator("pre")).to_contain_text("Present: precinct-1-1, precinct-1-2, precinct-1-3")
        look(page, "paper-to-sign")
        page.set_input_files("#key", folder.tests / "precinct-1-1.p12")
        page.fill("#password", "test")
        page.check("#read")
        page.click("button.main")
        expect(page.locator("[role=status]")).to_contain_text("Signed: ")
    finally:
        counter.door.ended.set()
        thread.join(20)
    opened = open_key(folder.tests / "precinct-1-1.p12", "test")
    assert find_signed(OpenRequest.read(paper.path), opened) is not None
    [stand] = [each for each in Docket.read(folder, None).stands() if each.filed.path == paper.path]
    assert (stand.where, sorted(stand.signatures)) == ("complete", ["precinct-1-1", "precinct-1-2"])
