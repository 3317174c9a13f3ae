"""The ballot page and the second device in a real browser, on a real board with three witnesses and a mirror."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bulletin.http.markup import LANGUAGES
from tests.support import elector, reader
from tests.support.elector import RECEIPTS, RECORDS, Elector, Place, look_small
from tests.support.polls import SHARED, opened
from verifier.client import tracking
from verifier.election.ballot import FIRST, Ballot, Challenge
from verifier.log import receipt
from verifier.log.tree import hash_leaf
from verifier.records import encode

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
browser_type_launch_args, place = reader.browser_type_launch_args, elector.place


def test_from_the_sheet_to_the_receipt(page: Page, browser: Browser, place: Place) -> None:
    """A ballot is tested on a second device, another one cast, a third one cast after all."""
    at, polls = place.elector(page), place.polls
    tested = at.ready(2)
    other = place.second(browser, tested)
    at.test()
    other.wait_for_selector("body[data-state=opened]", timeout=20_000)
    expect(other.locator(".marks")).to_have_text("Apendi")
    assert other.get_attribute("[data-tracker]", "data-tracker") == tested
    other.click("button:has-text('Yes')")
    other.wait_for_selector("body[data-state=same]")
    at.see("opened", "opened")
    at.go()
    cast = at.seal(1)
    watching = place.second(browser, cast)
    at.cast()
    at.see("receipt", "receipt")
    watching.wait_for_selector("body[data-state=cast]", timeout=20_000)
    assert watching.locator(".marks").count() == 0
    with page.expect_download() as saving:
        page.click("button.great")
    file = Path(saving.value.path()).read_bytes()
    first, second = polls.acts(at.voter)
    assert receipt.decode(file).extra == encode(second)
    receipt.check(receipt.decode(file), hash_leaf(encode(second)), polls.key.name, [polls.key], polls.trust)
    page.click("button:has-text('Vote again')")
    at.see("marking")
    assert page.get_attribute("[data-standing]", "data-standing") == cast
    later = at.seal(3)
    at.cast()
    at.see("receipt")
    acts = polls.acts(at.voter)
    assert at.kinds == [Challenge, Ballot, Ballot]
    digest = polls.election.digest
    assert [tracking.encode(each.sealed.tracker(digest)) for each in acts] == [tested, cast, later]
    assert [each.prev for each in acts] == [FIRST, FIRST, second.sealed.tracker(digest)]
    assert isinstance(first, Challenge)
    assert first.choice == (2,)
    assert at.faults == []
    other.context.close()
    watching.context.close()


def test_practice_is_called_practice(page: Page, place: Place, tmp_path: Path) -> None:
    with opened(tmp_path / "board", "practice-tales") as polls:
        for app, there in ((polls.show(tmp_path / "app"), True), (place.app, False)):
            for name in ("vote", "check", "r"):
                page.goto(f"{app}/en/{name}.html")
                page.wait_for_selector("form")
                expect(page.locator("#practice")).to_be_visible(visible=there)


def test_too_many_marks_and_none(page: Page, place: Place) -> None:
    at = place.elector(page, voter=1)
    at.open().type_key()
    at.mark(1, 2, 4)
    at.see("marking")
    expect(page.locator("#marks-wrong")).to_have_text("3 of at most 2: take one back.")
    assert [page.is_checked(f"#option-{number}") for number in range(1, 5)] == [True, True, False, True]
    for number in (1, 2, 4):
        page.uncheck(f"#option-{number}")
    at.go()
    page.click("button:has-text('Yes, an empty ballot')")
    at.see("reviewing")
    at.go()
    at.see("sealed")
    at.cast()
    at.see("receipt")
    assert at.kinds == [Ballot]


def test_a_second_share(page: Page, place: Place) -> None:
    at = place.elector(page, voter=SHARED)
    at.open().type_key()
    at.see("key", "checking_strange")
    page.click("summary:has-text('second file')")
    for file, right in ((at.sheet.share.replace(b"test-election", b"other"), False), (at.sheet.share, True)):
        page.set_input_files("#share", {"name": "a.share", "mimeType": "text/plain", "buffer": file})
        if not right:
            for number, line in enumerate(at.sheet.lines, start=1):
                page.fill(f"#line-{number}", line)
            at.go()
            expect(page.locator("#key > .wrong")).to_contain_text("does not belong")
    at.go()
    at.seal(1)
    at.cast()
    at.see("receipt")
    assert at.kinds == [Ballot]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_for_everybody(page: Page, browser: Browser, place: Place, language: str) -> None:
    at = place.elector(page, language)
    before_the_key(at)
    at.open().type_key()
    see(at, "marking")
    at.mark(1)
    see(at, "reviewing")
    at.go()
    see(at, "sealed")
    page.click("details.test summary")
    look_small(page, f"sealed-test-{language}")
    other = browser.new_context().new_page()
    watch_closely(other, at)
    see(at, "opened")
    other.context.close()
    at.go()
    at.seal(2)
    page.route(RECORDS, lambda route: route.abort(), times=1)
    page.route(RECEIPTS, lambda route: route.abort(), times=2)
    page.route(re.compile("/relay$"), lambda route: route.abort())
    at.cast()
    see(at, "sending")
    see(at, "placed")
    see(at, "receipt")
    page.click("#stage .acts >> nth=-1 >> button >> nth=0")
    at.seal(1)
    at.vote_elsewhere()
    at.cast()
    see(at, "turned")
    assert at.faults == []


def see(at: Elector, state: str) -> None:
    at.see(state)
    look_small(at.page, f"{state}-{at.language}")


def before_the_key(at: Elector) -> None:
    """What is seen while something is not answered."""
    at.page.route(re.compile("/trust.txt$"), lambda _: None, times=1)
    at.open()
    see(at, "loading")
    at.page.route(re.compile("/trust.txt$"), lambda route: route.abort(), times=1)
    at.open()
    see(at, "halted")
    at.go()
    see(at, "key")
    at.page.route(re.compile("/lookup/head$"), lambda _: None, times=1)
    at.type_key()
    see(at, "checking")


def watch_closely(other: Page, at: Elector) -> None:
    """The second device, from its form to the complaint, while the first one opens its ballot."""
    other.goto(f"{at.app}/{at.language}/check.html")
    look_small(other, f"check-{at.language}")
    other.fill("#tracker", at.tracker)
    other.click("button.main")
    for state in ("waiting", "opened", "other"):
        if state == "opened":
            at.page.click("details.test button")
        if state == "other":
            other.click("#stage .acts button >> nth=1")
        other.wait_for_selector(f"body[data-state={state}]", timeout=20_000)
        look_small(other, f"check-{state}-{at.language}")


def test_by_keyboard_alone(page: Page, place: Place) -> None:
    at = place.elector(page)
    at.open().see("key")

    def press_until(selector: str, key: str = "Tab") -> None:
        for _ in range(30):
            if page.evaluate("(s) => document.activeElement.matches(s)", selector):
                return
            page.keyboard.press(key)
        raise AssertionError(f"{selector} is not reached")

    press_until("#code")
    page.keyboard.type(at.sheet.code)
    for number, line in enumerate(at.sheet.lines, start=1):
        press_until(f"#line-{number}")
        page.keyboard.type(line)
    page.keyboard.press("Enter")
    at.see("marking")
    press_until("#option-1")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    press_until("button.main")
    page.keyboard.press("Enter")
    for state, button in (("reviewing", "button.main"), ("sealed", "button.great")):
        at.see(state)
        press_until(button)
        page.keyboard.press("Enter")
    at.see("receipt")
    assert at.kinds == [Ballot]
