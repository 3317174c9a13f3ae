"""The ways to the voter's page: receipt, link, camera, mirror, disk, an old phone; and what it must never give away."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bulletin.http.pages import words
from tests.support import browsing, reader
from tests.support.browsing import Hall, forked, mirroring
from tests.support.filming import film, pretend
from tests.support.reader import FLAGS, WEB, ask, hand_over, receipt_of, standing, steps

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]

browser_type_launch_args, voting, frozen = reader.browser_type_launch_args, browsing.voting, browsing.frozen


def test_a_receipt_finds_its_ballot(page: Page, voting: Hall, frozen: Hall) -> None:
    hand_over(page, voting, receipt_of(voting, 0))
    assert (standing(page), steps(page)["receipt"], steps(page)["latest"]) == ("PRESENT", "proved", "word")
    hand_over(page, voting, receipt_of(voting, 1), voting.code(1))
    assert standing(page) == "SUPERSEDED"
    hand_over(page, frozen, receipt_of(frozen, 0))
    assert (standing(page), steps(page)["counted"]) == ("COUNTED", "proved")
    hand_over(page, voting, receipt_of(voting, 0), voting.code(1))
    assert standing(page) == "FOREIGN"
    hand_over(page, voting, voting.run.board.sequencer.log.receipt(0))
    assert (standing(page), steps(page)["record"]) == ("RECORD", "proved")


def test_a_link_brings_both_codes_and_leaves_them_on_the_device(page: Page, voting: Hall) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    tracker = voting.trackers(0)[0]
    page.goto(f"{voting.app}/en/r.html#{voting.code(0)}.{tracker}")
    page.wait_for_selector("[data-standing=PRESENT]")
    assert not [url for url in asked if tracker[:6] in url or voting.code(0) in url or "?" in url]
    assert all(url.startswith((voting.url, voting.app, "data:")) for url in asked)
    page.click("summary:has-text('QR')")
    expect(page.locator(".qr svg")).to_be_visible()
    page.click("nav a[lang=ru]")
    page.wait_for_selector("[data-standing=PRESENT]")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    assert page.context.cookies() == []


def test_only_groups_are_asked_for(page: Page, voting: Hall) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(voting.url)))
    ask(page, voting, voting.code(0), voting.trackers(0)[0])
    size = voting.run.board.sequencer.log.size
    fetched = {path for path in asked if path.startswith(("/tile/entries", "/lookup"))}
    expected = {"/lookup/head", "/lookup/ballots/-", "/lookup/credentials/-", f"/tile/entries/000.p/{size}"}
    assert fetched == expected


def test_a_complaint_is_filled_in(page: Page, voting: Hall) -> None:
    ask(page, voting, voting.code(1), voting.trackers(0)[0])
    with page.expect_download() as saved:
        page.click(f"button:has-text('{words('en')['complain_save']}')")
    text = saved.value.path().read_text(encoding="utf-8")
    assert voting.code(1) in text
    assert voting.trackers(0)[0] in text
    assert words("en")["answers"]["FOREIGN"]["title"] in text
    assert (voting.run.archive / "checkpoint").read_text() in text


def test_two_histories_are_kept_as_evidence(page: Page, tmp_path: Path, voting: Hall) -> None:
    receipt = forked(voting, tmp_path)
    hand_over(page, voting, receipt)
    with page.expect_download() as saved:
        page.click(f"button:has-text('{words('en')['complain_save']}')")
    text = saved.value.path().read_text(encoding="utf-8")
    assert receipt.partition(b"\n\n")[2].decode() in text
    assert (voting.run.archive / "checkpoint").read_text() in text


@pytest.mark.parametrize("damaged", [False, True])
def test_a_mirror_repeats_the_check(page: Page, tmp_path: Path, damaged: bool) -> None:  # noqa: FBT001  a parameter
    with mirroring(tmp_path) as (at, copy):
        if damaged:
            tile = copy / f"tile/0/000.p/{at.run.board.sequencer.log.size}"
            tile.write_bytes(bytes(len(tile.read_bytes())))
        ask(page, at, at.code(1), at.trackers(1)[0])
        page.click(".acts button >> nth=0")
        expect(page.locator("[data-standing=UNCHECKED]")).to_have_count(int(damaged))
        expect(page.locator("[data-standing=SUPERSEDED]")).to_have_count(1 if damaged else 2)


NEWER = """
for (const [of, names] of [
  [Array.prototype, ['at', 'findLast', 'findLastIndex', 'toSorted', 'toReversed', 'toSpliced', 'with']],
  [Uint8Array.prototype, ['at', 'findLast', 'toHex', 'toBase64', 'toSorted', 'toReversed', 'with']],
  [Uint8Array, ['fromHex', 'fromBase64']], [String.prototype, ['at', 'isWellFormed', 'toWellFormed']],
  [Object, ['hasOwn', 'groupBy']], [Promise, ['any', 'withResolvers', 'try']], [Array, ['fromAsync']],
  [AbortSignal, ['timeout', 'any']], [window, ['structuredClone', 'BarcodeDetector', 'reportError']],
  [crypto, ['randomUUID', 'subtle']], [HTMLElement.prototype, ['showPopover', 'togglePopover']],
]) for (const name of names) { delete of[name]; }
"""


def test_phones_of_2020_have_all_that_the_page_uses(page: Page, voting: Hall) -> None:
    """What browsers learned after Chrome 87 and Safari 14 is taken away; syntax is the bundler's target."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.add_init_script(NEWER)
    page.goto(f"{voting.app}/en/r.html#{voting.code(1)}.{voting.trackers(1)[0]}")
    expect(page.locator("[data-standing=SUPERSEDED]")).to_have_count(1 - len(faults), timeout=4000)
    assert faults == []


def test_nothing_breaks_the_pages_own_rules(page: Page, voting: Hall) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    ask(page, voting, voting.code(0), voting.trackers(0)[0])
    page.click("#scan")
    expect(page.locator("#camera-wrong")).to_have_text(words("en")["scan_no"])
    assert said == []


@pytest.mark.usefixtures("browser_type_launch_args")  # which says what is lacking
@pytest.mark.parametrize("script", ["test", "check"])
def test_the_scripts_own_tests_and_types(script: str) -> None:
    run = ["npm", "run", "--silent", script]
    done = subprocess.run(run, cwd=WEB, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_a_camera_reads_the_code(
    browser_type: Any, browser_type_launch_args: dict[str, Any], voting: Hall, tmp_path: Path
) -> None:
    link = f"{voting.app}/en/r.html#{voting.code(0)}.{voting.trackers(0)[0]}"
    film(link, tmp_path / "qr.y4m")
    seeing = browser_type.launch(**{**browser_type_launch_args, "args": [*FLAGS, *pretend(tmp_path / "qr.y4m")]})
    page = seeing.new_page()
    page.goto(f"{voting.app}/en/r.html")
    page.click("#scan")
    page.wait_for_selector("[data-standing=PRESENT]")
    expect(page.locator("#camera")).to_be_hidden()
    seeing.close()
