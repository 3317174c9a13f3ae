"""What goes wrong while a ballot is cast: none is lost, none is doubled, and the page says what is the matter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support import elector, reader
from tests.support import polls as open_polls
from tests.support.elector import RECEIPTS, RECORDS, Elector, Place, hurry, look_small
from verifier.client import tracking
from verifier.election.ballot import Ballot
from verifier.log import refusal
from verifier.log.tree import hash_leaf

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
browser_type_launch_args, place = reader.browser_type_launch_args, elector.place


def swallow(route: Route) -> None:
    """The board commits, and nobody hears its answer."""
    route.fetch()
    route.abort()


def test_an_answer_that_is_lost(page: Page, place: Place) -> None:
    at = place.elector(page)
    at.ready(1)
    page.route(RECORDS, swallow, times=1)
    at.cast()
    at.see("sending", "sending_silent")
    at.see("receipt", "receipt")
    assert at.kinds == [Ballot]
    assert at.faults == []


def test_a_board_that_is_down_and_comes_back(page: Page, place: Place) -> None:
    at = place.elector(page)
    at.ready(1)
    place.polls.stop()
    at.cast()
    at.see("sending", "sending_silent")
    place.polls.start()
    at.see("receipt", "receipt")
    assert at.kinds == [Ballot]


def test_a_way_round_through_a_mirror(page: Page, place: Place) -> None:
    """The board takes nothing from this network; from the third time on a mirror hands it on."""
    at = place.elector(page)
    at.ready(1)
    page.route(RECORDS, lambda route: route.abort())
    at.cast()
    at.see("sending", "sending_silent")
    assert at.kinds == []
    at.see("receipt")
    assert at.kinds == [Ballot]


def test_a_reload_while_it_is_sent(page: Page, place: Place) -> None:
    at = place.elector(page)
    at.ready(1)
    page.route(RECORDS, lambda route: route.abort())
    page.route(RECORDS, swallow, times=1)
    at.cast()
    at.see("sending", "sending_silent")
    page.reload()
    at.see("sending")
    page.unroute(RECORDS)
    page.reload()
    at.see("receipt", "receipt")
    assert at.kinds == [Ballot]
    page.reload()
    at.see("key", "key")


def test_a_reload_before_it_is_cast(page: Page, place: Place) -> None:
    at = place.elector(page)
    first = at.ready(1)
    page.reload()
    at.see("key", "key")
    assert at.ready(1) != first
    assert at.kinds == []


def test_two_tabs(page: Page, place: Place) -> None:
    at = place.elector(page)
    at.ready(1)
    other = page.context.new_page()
    other.goto(at.address)
    other.wait_for_selector("[data-reason=locked]")
    at.see("sealed")
    page.goto("about:blank")
    other.click("#stage button.main")
    other.wait_for_selector("body[data-state=key]")
    other.close()


def test_a_double_click(page: Page, place: Place) -> None:
    at = place.elector(page)
    at.ready(1)
    page.dblclick("button.great")
    at.see("receipt")
    assert at.kinds == [Ballot]


def test_offline(page: Page, place: Place) -> None:
    at = place.elector(page)
    at.ready(1)
    page.context.set_offline(True)
    at.cast()
    at.see("sending", "sending_silent")
    page.context.set_offline(False)
    at.see("receipt")
    assert at.kinds == [Ballot]


def test_a_no_that_nobody_signed(page: Page, place: Place) -> None:
    """Whoever stands in between cannot turn a voter away."""
    at = place.elector(page)
    at.ready(1)
    said, headers = '{"clause":"CFG.6","code":"wrong-phase","detail":"closed"}', {"Access-Control-Allow-Origin": "*"}
    page.route(RECORDS, lambda route: route.fulfill(status=409, body=said, headers=headers), times=1)
    at.cast()
    at.see("sending", "sending_silent")
    at.see("receipt")


def test_a_receipt_that_is_late(page: Page, place: Place) -> None:
    at = place.elector(page)
    at.ready(1)
    page.route(RECORDS, hurry)
    page.route(RECEIPTS, lambda route: route.abort(), times=1)
    at.cast()
    at.see("placed", "placed_silent")
    at.see("receipt", "receipt")


def test_a_receipt_that_comes_with_the_answer_is_not_asked_for(page: Page, place: Place) -> None:
    at = place.elector(page)
    at.ready(1)
    page.route(RECEIPTS, lambda route: route.abort())
    at.cast()
    at.see("receipt", "receipt")
    assert at.kinds == [Ballot]


def test_a_receipt_of_something_else_settles_nothing(page: Page, place: Place) -> None:
    """Whoever stands in between cannot make the page believe that a ballot is on the log."""
    at = place.elector(page)
    at.ready(1)
    other = place.polls.run.client.receipt(hash_leaf(place.polls.election.records[0]))
    headers = {"Access-Control-Allow-Origin": "*"}
    page.route(RECORDS, lambda route: route.fulfill(status=200, body=other, headers=headers), times=1)
    at.cast()
    at.see("sending", "sending_silent")
    assert at.kinds == []
    at.see("receipt")
    assert at.kinds == [Ballot]


def test_a_slip_and_another_voters_code(page: Page, place: Place) -> None:
    at = place.elector(page, voter=0)
    at.open().see("key")
    first, second, third = at.sheet.lines
    slip = second[:5] + str((int(second[5]) + 1) % 10) + second[6:]
    page.fill("#line-2", slip)
    expect(page.locator("#line-2-wrong")).to_contain_text("Line 2 is mistyped")
    expect(page.locator("#line-1-wrong")).to_be_empty()
    page.fill("#line-2", second)
    expect(page.locator("#line-2-wrong")).to_be_empty()
    page.fill("#line-1", first)
    page.fill("#line-3", third)
    page.fill("#code", place.polls.sheets[2].code)
    at.go()
    at.see("key", "checking_strange")


STORED = """async () => {
  const open = indexedDB.open('aikyn-vote');
  const db = await new Promise((done) => { open.onsuccess = () => done(open.result); });
  const found = {};
  for (const name of db.objectStoreNames) {
    const all = db.transaction(name).objectStore(name).getAll();
    const kept = await new Promise((done) => { all.onsuccess = () => done(all.result); });
    found[name] = kept.map((each) => [Object.keys(each).sort().join(), each.key?.extractable]);
  }
  return { ...found, local: Object.keys(localStorage), session: Object.keys(sessionStorage) };
}"""
NOTHING: dict[str, list[object]] = {"keys": [], "pending": [], "receipts": [], "local": [], "session": []}


def test_nothing_is_kept_unless_asked(page: Page, place: Place) -> None:
    at = place.elector(page)
    at.ready(1)
    assert page.evaluate(STORED) == NOTHING
    at.cast()
    at.see("receipt")
    page.click("button:has-text('Finish and clear this device')")
    at.see("key")
    assert page.evaluate(STORED) == NOTHING
    assert page.input_value("#code") == ""
    page.check("#keep")
    at.type_key()
    at.see("marking")
    assert page.evaluate(STORED) == NOTHING | {"keys": [["code,iv,key,sealed", False]]}
    page.reload()
    page.click("button:has-text('Use the kept key')")
    at.see("marking")
    page.reload()
    page.click("button:has-text('Delete the kept key')")
    expect(page.locator("button:has-text('Use the kept key')")).to_have_count(0)
    assert page.evaluate(STORED) == NOTHING


def test_another_ballot_comes_in_between(page: Page, place: Place) -> None:
    at = place.elector(page)
    at.ready(1)
    between = at.vote_elsewhere()
    at.cast()
    at.see("turned", "sending_overtaken")
    assert len(at.polls.acts(at.voter)) == 1
    page.click("button:has-text('See the other ballot')")
    at.see("marking")
    assert page.get_attribute("[data-standing]", "data-standing") == tracking.encode(between)
    at.seal(2)
    at.cast()
    at.see("receipt")
    assert at.kinds == [Ballot, Ballot]


BEFORE_THE_KEY = ("/checkpoint$", "/tile/0/", "/lookup/opening$")
BEHIND_THE_KEY = ("/tile/entries/", "/blobs/")


@pytest.mark.parametrize("what", [*BEFORE_THE_KEY, *BEHIND_THE_KEY])
def test_what_does_not_hold_stops_the_page(page: Page, place: Place, what: str) -> None:
    def bend(route: Route) -> None:
        answer = route.fetch()
        raw = bytearray(answer.body())
        for at_byte in range(60, len(raw), 97):
            raw[at_byte] ^= 1
        route.fulfill(response=answer, body=bytes(raw))

    at = place.elector(page, voter=0)
    page.route(re.compile(what), bend)
    at.open()
    if what in BEHIND_THE_KEY:
        at.type_key()
    at.see("halted", "halted")
    assert page.get_attribute("[data-reason]", "data-reason") == "contradiction"
    page.unroute(re.compile(what))
    at.go()
    at.see("key")


@pytest.mark.parametrize("comes", [True, False])
def test_the_key_is_typed_before_the_election_is_proved(page: Page, place: Place, comes: bool) -> None:  # noqa: FBT001
    """Nobody waits for a slow line to type; but nothing of the code is asked for, and no mark made, before it came."""
    at = place.elector(page, voter=0)
    held: list[Route] = []
    asked: list[str] = []
    page.route("**/checkpoint", lambda route: held.append(route), times=1)  # noqa: PLW0108  playwright asks for its signature
    page.on("request", lambda request: asked.append(request.url))
    at.open().type_key()
    at.see("checking", "checking")
    page.wait_for_timeout(300)
    assert [url for url in asked if "/lookup/" in url and not url.endswith("/lookup/opening")] == []
    if comes:
        held[0].continue_()
        at.see("marking")
    else:
        held[0].abort()
        at.see("halted")
        assert page.get_attribute("[data-reason]", "data-reason") == "incomplete"


def test_the_voting_ends_while_the_page_is_open(page: Page, tmp_path: Path) -> None:
    """The board's signed no is a file that the verifier takes; nobody can begin after that."""
    with open_polls.opened(tmp_path / "board") as polls:
        at = Elector(page, polls, polls.show(tmp_path / "app"), 0)
        at.ready(1)
        polls.close()
        at.cast()
        at.see("turned", "sending_closed")
        with page.expect_download() as saving:
            at.go()
        told = refusal.decode(Path(saving.value.path()).read_bytes())
        refusal.check(told, polls.key.name, [polls.key])
        assert (told.clause, told.status) == ("CFG.6", 409)
        expect(page.locator(".telephone")).to_have_text(polls.election.manifest.telephone)
        look_small(page, "turned-closed")
        page.click("button:has-text('Finish and clear this device')")
        at.see("halted")
        assert page.get_attribute("[data-reason]", "data-reason") == "over"
        assert at.kinds == []
