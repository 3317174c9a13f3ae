"""The ballot page and the second device in a real browser, on a real board with three witnesses and a mirror."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from bulletin.http.markup import LANGUAGES, read_words
from tests.support import elector, reader
from tests.support.elector import RECORDS, Elector, Place, look_small
from tests.support.filming import film, pretend
from tests.support.polls import SHARED, WHOLE, Polls, opened
from tests.support.reader import FLAGS
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


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Polls, str]]:
    """A practice election, and its app; its addresses name a practice too, as nobody should."""
    place = tmp_path_factory.mktemp("practice")
    with opened(place / "board", "practice-tales") as polls:
        yield polls, polls.show(place / "app", practice="http://127.0.0.1:1")


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


def test_practice_is_called_practice(page: Page, place: Place, practice: tuple[Polls, str]) -> None:
    for app, there in ((practice[1], True), (place.app, False)):
        for name in ("vote", "check", "r"):
            page.goto(f"{app}/en/{name}.html")
            page.wait_for_selector("form")
            expect(page.locator("#practice")).to_be_visible(visible=there)
            assert page.locator("#take").count() == (there and name == "vote")


@pytest.mark.parametrize("language", LANGUAGES)
def test_anybody_practises(page: Page, practice: tuple[Polls, str], language: str) -> None:
    """Without anything in the hand: the page hands a key out, of the numbers that the opening counts."""
    polls, app = practice
    at = Elector(page, polls, app, language=language)
    at.open().see("key")
    look_small(page, f"practice-{language}")
    page.click("#take")
    expect(page.locator("button.main")).to_be_focused()
    number = next(place for place, sheet in enumerate(polls.sheets) if sheet.code == page.input_value("#code"))
    at.voter, at.sheet = number, polls.sheets[number]
    before = at.kinds
    at.go()
    at.seal(1)
    at.cast()
    at.see("receipt", "receipt")
    assert at.kinds == [*before, Ballot]
    assert at.faults == []


def test_a_practice_key_needs_a_proved_opening(page: Page, practice: tuple[Polls, str]) -> None:
    at = Elector(page, *practice)
    at.open().see("key")
    page.route(re.compile("/tile/entries/"), lambda route: route.abort(), times=9)
    page.click("#take")
    expect(page.locator("#key .near .wrong")).to_contain_text("could not be fetched")
    assert page.input_value("#code") == ""


def test_an_election_leads_to_its_practice(page: Page, place: Place, practice: tuple[Polls, str]) -> None:
    """From the key's form; where no practice is named there is no link, nor on a practice page."""
    polls, there = place.polls, practice[1]
    app = polls.show(polls.place / "with-practice", practice=there)
    page.goto(f"{app}/ru/vote.html")
    page.click("#practise")
    expect(page.locator("#practice")).to_be_visible()
    assert page.url == f"{there}/ru/vote.html"
    page.wait_for_selector("#take")
    assert page.locator("#practise").count() == 0
    place.elector(page).open().see("key")
    assert page.locator("#practise").count() == 0


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


def test_several_contests_of_a_style(page: Page, place: Place) -> None:
    """One after the other; after a reload in the middle the page goes on with the one that is left."""
    at = place.elector(page, voter=WHOLE)
    at.open().type_key()
    for number, marks in ((1, (2,)), (2, (1, 3))):
        at.see("marking")
        expect(page.locator("#stage .tag")).to_have_text(f"Ballot {number} of 3")
        at.seal(*marks)
        if number == 2:
            page.route(RECORDS, lambda route: route.abort(), times=1)
        at.cast()
        if number == 1:
            at.see("receipt")
            page.click("button:has-text('Next ballot (left: 2)')")
    at.see("sending", "sending_silent")
    page.reload()
    at.see("receipt")
    expect(page.locator("#stage .near")).to_contain_text("If you have more than one ballot")
    look_small(page, "receipt-several")
    page.click("button:has-text('Finish and clear this device')")
    at.type_key()
    at.see("marking")
    expect(page.locator("#stage .tag")).to_have_text("Ballot 3 of 3")
    at.seal(1)
    at.cast()
    at.see("receipt")
    expect(page.locator("#stage")).not_to_contain_text("Next ballot")
    assert [act.sealed.contest for act in place.polls.acts(WHOLE)] == ["elder", "council", "water"]
    assert at.kinds == [Ballot] * 3


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
def test_receipts_that_are_kept(page: Page, place: Place, language: str) -> None:
    """They are kept if the voter asks, read anew on the receipt page, and taken away there."""
    at, w = place.elector(page, language), read_words("receipts", language)
    at.ready(1)
    at.cast()
    at.see("receipt")
    page.goto(f"{at.app}/{language}/r.html")
    page.wait_for_selector("#ask:not([hidden])")
    expect(page.locator("#kept")).to_be_hidden()
    at.open().type_key()
    code = at.seal(2)
    at.cast()
    at.see("receipt")
    page.click("#stage details summary")
    page.click("#stage details button >> nth=0")
    expect(page.locator("#stage details [role=status]")).to_be_visible()
    page.goto(f"{at.app}/{language}/r.html")
    expect(page.locator("#kept [data-kept]")).to_have_attribute("data-kept", code)
    look_small(page, f"kept-{language}")
    page.click(f"text={w['kept_read']}")
    page.wait_for_selector("[data-standing=PRESENT]")
    page.click(f"text={w['kept_remove']}")
    expect(page.locator("#kept")).to_be_hidden()
    page.reload()
    page.wait_for_selector("#ask:not([hidden])")
    expect(page.locator("#kept")).to_be_hidden()


@pytest.mark.parametrize("language", LANGUAGES)
def test_trustees_who_did_not_confirm_the_key(page: Page, place: Place, language: str) -> None:
    def leave_out(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        told["acknowledgements"].pop()
        route.fulfill(response=answer, body=json.dumps(told, separators=(",", ":"), sort_keys=True))

    at = place.elector(page, language)
    at.open().see("key")
    expect(page.locator("#absent")).to_be_empty()
    page.route(re.compile("/lookup/opening$"), leave_out)
    at.open().see("key")
    said = read_words("vote", language)["absent"].format(count=2, all=3, names="trustee-3")
    expect(page.locator("#absent")).to_have_text(said)
    look_small(page, f"absent-{language}")


def test_a_camera_reads_the_key_sheet(
    browser_type: Any, browser_type_launch_args: dict[str, Any], place: Place, tmp_path: Path
) -> None:
    voter = next(place.electors)
    sheet = place.polls.sheets[voter]
    film(f"AIKYN1:{''.join(sheet.lines)}", tmp_path / "sheet.y4m")
    seeing = browser_type.launch(**{**browser_type_launch_args, "args": [*FLAGS, *pretend(tmp_path / "sheet.y4m")]})
    at = place.elector(seeing.new_page(), voter=voter)
    at.open().see("key")
    at.page.fill("#code", sheet.code)
    at.page.click("#key .other button")
    expect(at.page.locator("#line-3")).to_have_value(sheet.lines[2])
    expect(at.page.locator("video")).to_be_hidden()
    at.go()
    at.see("marking")
    seeing.close()
