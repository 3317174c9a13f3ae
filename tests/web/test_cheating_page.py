"""A page that seals another choice than the one marked: every test shows it, and nothing shows it of a ballot cast."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bulletin.http import assets, layout
from tests.support import elector, reader
from tests.support.browsing import write_sheet
from tests.support.elector import Elector, Place
from tests.support.house import HOUSE
from tests.support.polls import NAMES
from tests.support.serving import serving
from verifier.client import tracking
from verifier.election.ballot import Ballot, Challenge
from verifier.records import encode

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
browser_type_launch_args, place = reader.browser_type_launch_args, elector.place
SOURCE, LINE = "web/src/seal.js", "const M = decodePoints('', encodePoints(contest, choice));"
TESTS = 20
HONEST, BENT = (1, 3), 2  # marks of the voter, and what is sealed


@pytest.fixture(scope="module")
def lying(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app built from sources in which one line is another, at an address."""
    source, app, polls = tmp_path_factory.mktemp("bent"), tmp_path_factory.mktemp("app"), place.polls
    for part in ("web", "bulletin/http/words", "bulletin/http/templates", "verifier/desk/words"):
        shutil.copytree(HOUSE / part, source / part, ignore=shutil.ignore_patterns("node_modules"))
    (source / "web/node_modules").symlink_to(HOUSE / "web/node_modules")
    text = (source / SOURCE).read_text()
    assert text.count(LINE) == 1
    (source / SOURCE).write_text(text.replace(LINE, f"choice = [{BENT}];\n  {LINE}"))
    built = [shutil.which("node") or "node", "build.js", str(source / "built")]
    subprocess.run(built, cwd=source / "web", check=True, capture_output=True, timeout=120)
    sheet = write_sheet(polls.key, polls.trust, polls.election.digest)
    addresses = layout.write_addresses(polls.url, (place.mirror,))
    layout.lay_out(app, sheet, polls.election.records[0], addresses)
    shutil.copytree(source / "built", app, dirs_exist_ok=True)
    with serving(assets.create_app(app)) as url:
        yield url


def test_every_test_shows_that_the_page_lies(page: Page, browser: Browser, place: Place, lying: str) -> None:
    """The second device has the app of a mirror, and asks it alone for what is on the log."""
    at = Elector(page, place.polls, lying, next(place.electors))
    at.open().type_key()
    other = browser.new_context().new_page()
    other.route(re.compile(re.escape(place.polls.url) + "/(tile|checkpoint)"), lambda route: route.abort())
    other.goto(f"{place.app}/en/check.html")
    shown = []
    for number in range(TESTS):
        mark = HONEST[number % len(HONEST)]
        code = at.seal(mark)
        expect(page.locator(".marks")).to_have_text(NAMES[mark - 1][2])
        other.fill("#tracker", code)
        other.click("button.main")
        other.wait_for_selector("body[data-state=waiting]")
        at.test()
        other.wait_for_selector("body[data-state=opened]", timeout=20_000)
        shown.append((other.get_attribute("[data-tracker]", "data-tracker") == code, other.inner_text(".marks")))
        other.click("button:has-text('No, it was another')")
        told = complaint(other)
        other.click("#stage .acts >> nth=-1 >> button")
        at.see("opened")
        at.go()
    assert shown == [(True, NAMES[BENT - 1][2])] * TESTS
    assert at.kinds == [Challenge] * TESTS
    assert encode(place.polls.acts(at.voter)[-1]).decode() in told
    assert place.polls.key.name in told
    assert place.mirror in told
    other.context.close()


def complaint(other: Page) -> str:
    """What the file says that the voter hands in."""
    with other.expect_download() as saving:
        other.click("button:has-text('Save the complaint')")
    return Path(saving.value.path()).read_text()


def test_nothing_shows_it_of_a_ballot_that_is_cast(page: Page, browser: Browser, place: Place, lying: str) -> None:
    """Which is what the README promises no more than."""
    at = Elector(page, place.polls, lying, next(place.electors))
    other = place.second(browser, at.ready(HONEST[0]))
    at.cast()
    at.see("receipt", "receipt")
    other.wait_for_selector("body[data-state=cast]", timeout=20_000)
    assert NAMES[BENT - 1][2] not in other.inner_text("body")
    other.context.close()
    [ballot] = place.polls.acts(at.voter)
    assert isinstance(ballot, Ballot)
    assert tracking.encode(ballot.sealed.tracker(place.polls.election.digest)) == at.tracker
    said = " ".join((HOUSE / "README.md").read_text().split())
    assert "A cheating device is found only if the voter challenges a ballot with which it cheats" in said
