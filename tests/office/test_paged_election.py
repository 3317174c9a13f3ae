"""A whole election in which a commission and its members only use pages: the desk's, and those on which they sign."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from bulletin.office import rehearsal
from bulletin.office.crowd import Crowd
from bulletin.office.election import read_election
from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.play import Casting, Play
from bulletin.office.processes import Processes
from bulletin.office.staging import SUFFIX, stage
from bulletin.office.trying import PASSWORD
from tests.support import reader
from tests.support.village import build
from verifier.desk.commands.main import main as verify

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = [
    *(pytest.mark.process, pytest.mark.slow),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
browser_type_launch_args = reader.browser_type_launch_args
LINK = re.compile(r"(http://127\.0\.0\.1:\d+/\S+)\n")


class Paged(Play):
    """The same scenes, with a browser on the machine of whoever prepares or signs."""

    def __init__(
        self, folder: Folder, private: Path, processes: Processes, parties: Iterable[Casting], page: Page
    ) -> None:
        super().__init__(folder, private, processes, parties)
        self.page, self.pages = page, 0

    def open_page(self, *line: object) -> str:
        """Start a command that serves a page, and open it; the command's name."""
        self.pages += 1
        name = f"page {self.pages}"
        self.processes.start(name, str(line[0]), *line[1:])
        self.page.goto(self.processes.hear(name, LINK))
        return name

    def prepare(self) -> None:
        """Make and print on the page of the sheets, ask for signatures on the last one."""
        name = self.open_page("aikyn-board", "prepare", self.folder.path, "--web", "--lang", "ky")
        self.page.click("text=English")
        for number in range(1, 7):
            self.page.click(f"a[href='/en/{number}']")
            expect(self.page.locator("main")).to_contain_text("done")
            self.page.click("text=All steps")
        self.page.click("a[href='/en/8']")
        self.page.click("text=Make and print")
        expect(self.page.locator("a[href='/made/trust.en.pdf']")).to_be_visible()
        self.page.click("text=Next step")
        self.page.check("#yes")
        self.page.click("button:text-is('Ask for signatures')")
        self.page.click("text=I am done")
        self.processes.finish(name)

    def sign_and_post(self) -> None:
        """Each member chooses the key on a page, reads, ticks and signs; the operator sends it."""
        for member, request in list(self._find_waiting()):
            name = self.open_page("aikyn-board", "sign", request, "--web", "--trust", self.sheet, "--lang", "ru")
            self.page.set_input_files("#key", self.folder.tests / f"{member}.p12")
            self.page.fill("#password", PASSWORD)
            self.page.check("#read")
            self.page.click("button")
            expect(self.page.locator("[role=status]")).to_contain_text(f"{request.stem}.{member}.signed")
            self.processes.finish(name)
        [operator] = self.named("operator")
        self.act("post", "--key", self.private / operator)


def test_a_whole_election_on_pages(page: Page, tmp_path: Path) -> None:
    folder = build(tmp_path / "village", near=datetime.now(UTC))
    draft = read_election(folder, datetime.now(UTC), Mistakes())
    assert draft is not None
    desk = Folder(tmp_path / "desk")
    with Processes(tmp_path / "journals") as processes:
        play = Paged(desk, tmp_path / "private", processes, stage(folder, draft, desk), page)
        play.hand_in_keys(draft.origin + SUFFIX)
        play.prepare()
        crowd = Crowd(play, 4, random.Random(2))
        rehearsal.begin(play, crowd, lambda _: None)
        crowd.vote()
        rehearsal.count(play, crowd, lambda _: None)
        rehearsal.compare(play, crowd)
        play.await_published()
        page.goto(f"{play.url}/en")
        expect(page.locator("main")).to_contain_text("The commission has signed the tally")
        done = CliRunner().invoke(verify, ["election", play.url, "--trust", str(play.sheet)])
    assert done.exit_code == 0, done.output
