"""An election from the first key to the verified count, whose voters vote at the page in a real browser."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, ViewportSize, expect

from bulletin.office import rehearsal
from bulletin.office.crowd import Crowd
from bulletin.office.election import read_election
from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.play import Casting, Play
from bulletin.office.processes import Processes
from bulletin.office.staging import SUFFIX, stage
from mixnet.commands import main as mix
from tests.support import reader
from tests.support.elector import Device
from tests.support.polls import Sheet
from tests.support.reader import give, standing
from tests.support.village import build
from verifier.desk.commands.main import main as verify

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
browser_type_launch_args = reader.browser_type_launch_args
PHONE: ViewportSize = {"width": 360, "height": 640}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
AIDAI, BEK, CHOLPON = 1, 2, 3
COUNTED = {"aidai": 0, "bek": 2, "cholpon": 1}  # the first voter's last choice, and the second's


class Village(NamedTuple):
    """The election under way, the addresses of the ballot page and of the mirror, and who votes."""

    play: Play
    crowd: Crowd
    app: str
    mirror: str

    def device(self, page: Page, voter: int, language: str, size: ViewportSize) -> Device:
        """A voter at the page, with the key sheet that the command printed."""
        citizen = self.crowd.citizens[voter]
        done = CliRunner().invoke(
            mix, ["voter", "key", str(self.play.private / citizen.name), "--sheet", "--lang", "en"]
        )
        lines = re.findall(r"^Line \d of your key sheet: ([\d ]+)$", done.stderr, re.MULTILINE)
        page.set_viewport_size(size)
        return Device(
            page, self.app, Sheet(citizen.code, tuple(line.replace(" ", "") for line in lines), b""), language
        )

    def judge(self, *words: object) -> str:
        """What an auditor's command says of it; all is well."""
        done = CliRunner().invoke(verify, [*map(str, words), "--trust", str(self.play.sheet), "--lang", "en"])
        assert done.exit_code == 0, done.output
        return done.stdout


def compose(place: Path) -> tuple[Folder, list[Casting], str]:
    """The desk's folder of a village for this machine, its parties, and the name of its log."""
    folder, staged = build(place / "village", near=datetime.now(UTC)), Folder(place / "desk")
    draft = read_election(folder, datetime.now(UTC), Mistakes())
    assert draft is not None
    return staged, stage(folder, draft, staged), draft.origin + SUFFIX


@contextmanager
def village(place: Path) -> Iterator[Village]:
    """The voting is open: three witnesses, one of them with ML-DSA, a mirror, and the app that was signed."""
    staged, parties, origin = compose(place)
    with Processes(place / "journals") as processes:
        play = Play(staged, place / "private", processes, parties)
        witness = ("aikyn-board", "witness-key", play.private / "witness-2", "--name", "witness-2", "--ml-dsa")
        play.do(*witness)
        play.hand_in_keys(origin)
        play.prepare()
        crowd = Crowd(play, 3, random.Random(0))
        rehearsal.begin(play, crowd, lambda _: None)
        copy = (play.url, place / "mirror", "--trust", play.sheet, "--every", 0.2, "--app-of-log", "--port", 0)
        processes.start("mirror", "aikyn-board", "mirror", *copy)
        mirror = processes.listen("mirror")
        pages = ("aikyn-board", "app", place / "app", "--trust", play.sheet, "--board", play.url, "--mirror", mirror)
        play.do(*pages)
        play.act("assets", "--app", place / "app")
        play.sign_and_post()
        play.await_published()
        processes.start("app", *pages, "--port", 0)
        yield Village(play, crowd, processes.listen("app"), mirror)


def test_from_the_key_sheet_to_the_verified_count(page: Page, browser: Browser, tmp_path: Path) -> None:
    with village(tmp_path) as at:
        first = at.device(page, 0, "ky", PHONE)
        tested = look_into(first, browser, at.mirror)
        receipts = cast_twice(first, tmp_path)
        second = at.device(browser.new_page(), 1, "ru", DESKTOP)
        receipts.append(vote(second, tmp_path, BEK))
        third = at.device(browser.new_page(), 2, "en", PHONE)
        receipts.append(vote(third, tmp_path, CHOLPON))
        rehearsal.count(at.play, at.crowd, lambda _: None)  # the third voter is overridden
        at.play.await_published()
        assert recount(at) == COUNTED
        assert at.judge("site", at.app, f"{at.mirror}/app", "--copy", at.play.url).count("SAME: ") == 2
        assert "Bek Toktoev" in at.judge("challenge", at.play.url, "--tracker", tested)
        told = at.judge("receipt", *receipts, "--board", at.play.url)
        assert re.findall("^[A-Z]+", told, re.MULTILINE)[:4] == ["SUPERSEDED", "PRESENT", "PRESENT", "OVERRIDDEN"]
        shown = [stand(page, at, file, voter) for file, voter in zip(receipts, (0, 0, 1, 2), strict=True)]
        assert shown == ["SUPERSEDED", "COUNTED", "COUNTED", "OVERRIDDEN"]
        assert [each for one in (first, second, third) for each in one.faults] == []


def recount(at: Village) -> dict[str, int]:
    """The votes for each candidate, as the auditor's program has recounted them in an election that it accepts."""
    report = json.loads(at.judge("election", at.play.url, "--json"))
    assert report["verdict"] == "accepted"
    [contest] = report["results"]
    votes = contest["recounted"]["votes"]
    assert votes == contest["votes"]
    return {str(option): int(number) for option, number in votes.items()}


def stand(page: Page, at: Village, file: Path, voter: int) -> str:
    """What the receipt page says of a receipt."""
    give(page, at.app, file.read_bytes(), at.crowd.citizens[voter].code)
    return standing(page)


def look_into(at: Device, browser: Browser, mirror: str) -> str:
    """Another device, which asks the mirror, shows what was sealed; the tracking code."""
    code = at.ready(BEK)
    other = browser.new_context(viewport=PHONE).new_page()
    other.goto(f"{mirror}/app/{at.language}/check.html")
    other.fill("#tracker", code)
    other.click("button.main")
    other.wait_for_selector("body[data-state=waiting]")
    at.test()
    other.wait_for_selector("body[data-state=opened]", timeout=20_000)
    expect(other.locator(".marks")).to_have_text("Бек Токтоев")
    other.context.close()
    at.see("opened")
    at.go()
    return code


def cast_twice(at: Device, place: Path) -> list[Path]:
    """A ballot, and another one in its place; the receipts."""
    cast = at.seal(AIDAI)
    at.cast()
    receipts = [keep(at, place)]
    at.page.click("#stage .acts >> nth=-1 >> button >> nth=0")
    at.see("marking")
    assert at.page.get_attribute("[data-standing]", "data-standing") == cast
    at.seal(BEK, CHOLPON)
    at.cast()
    return [*receipts, keep(at, place)]


def vote(at: Device, place: Path, *numbers: int) -> Path:
    at.ready(*numbers)
    at.cast()
    return keep(at, place)


def keep(at: Device, place: Path) -> Path:
    """Save the receipt of what was cast."""
    at.see("receipt", "receipt")
    with at.page.expect_download() as saving:
        at.page.click("button.great")
    file = place / saving.value.suggested_filename
    saving.value.save_as(file)
    return file
