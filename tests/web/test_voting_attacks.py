"""Who tries to spoil a vote at the page, and what comes of it (the attacks of specs/voting.md §7)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, Route, expect

from tests.support import elector, polls, reader
from tests.support.elector import RECORDS, Elector, Place
from tests.support.reader import standing
from verifier.client.board import Refused
from verifier.election.ballot import Ballot, Challenge
from verifier.records import encode
from verifier.rules import CODEC

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
browser_type_launch_args, place = reader.browser_type_launch_args, elector.place
LOOKS = 4  # at both copies, and at both again
ATTACKER = "http://attacker.test/"
WATCHING = (
    "window.broken = []; document.addEventListener('securitypolicyviolation', () => window.broken.push('policy'))"
)
HOSTILE = (
    '<img src=x onerror="window.broken.push(1)">',
    "\"><svg onload='window.broken.push(2)'>",
    "<script>window.broken.push(3)</script>",
    "=HYPERLINK(1)&amp;" + "Ө" * 500,
)


def refused(place: Place, record: Ballot | Challenge) -> str:
    """The clause by which the board refuses it."""
    with pytest.raises(Refused) as told:
        place.polls.run.client.post(encode(record))
    return told.value.clause


def test_what_the_page_has_sent_is_of_no_other_use(page: Page, place: Place) -> None:
    """A carrier holds each record before the board has it, and has no key."""
    at = place.elector(page)
    held: list[bytes] = []

    def hold(route: Route) -> None:
        held.append(route.request.post_data_buffer or b"")
        route.abort()

    at.ready(1)
    at.test()
    at.see("opened")
    at.go()
    at.seal(2)
    page.route(RECORDS, hold)
    at.cast()
    at.see("sending", "sending_silent")
    [tested], record = place.polls.acts(at.voter), CODEC.decode(held[0])
    assert isinstance(tested, Challenge)
    assert isinstance(record, Ballot)
    foreign = place.polls.election.voters[at.voter + 2].key
    changed = {
        "BAL.3": Ballot(tested.sealed, record.prev, record.signature),
        "BAL.8": replace(record, prev=bytes(31) + b"\1"),
        "BAL.1": replace(record, sealed=replace(record.sealed, contest="water")),
        "BAL.6": replace(record, sealed=replace(record.sealed, credential=foreign)),
    }
    assert {clause: refused(place, each) for clause, each in changed.items()} == {clause: clause for clause in changed}
    assert refused(place, replace(record, signature=tested.signature)) == "BAL.7"
    page.unroute(RECORDS)
    at.see("receipt", "receipt")
    for raw in held:
        place.polls.run.client.post(raw)  # the same bytes are taken again, and stand once
    assert at.kinds == [Challenge, Ballot]


def test_a_sheet_of_another_election_is_no_key_here(page: Page, place: Place, tmp_path: Path) -> None:
    with polls.opened(tmp_path / "board", "another-election") as others:
        at = Elector(page, others, others.show(tmp_path / "app"))
        at.sheet = place.polls.sheets[0]
        at.open().type_key()
        at.see("key", "checking_strange")
        assert others.sheets[0].code == at.sheet.code


def test_a_mirror_that_withholds_a_test_is_never_believed(page: Page, browser: Browser, place: Place) -> None:
    """No copy shows the entry: the second device goes on waiting, and says of nothing that it is right."""
    at = place.elector(page)
    other = place.second(browser, at.ready(1))
    asked: list[str] = []

    def withhold(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=404)

    other.route(re.compile("/lookup/ballots/"), withhold)
    at.test()
    at.see("opened")
    before = len(asked)
    while len(asked) < before + LOOKS:
        other.wait_for_timeout(100)
    assert other.get_attribute("body", "data-state") == "waiting"
    other.unroute(re.compile("/lookup/ballots/"))
    other.wait_for_selector("body[data-state=opened]", timeout=20_000)
    other.context.close()


def test_a_hint_at_another_ballot_is_false(page: Page, browser: Browser, place: Place) -> None:
    def mislead(route: Route) -> None:
        answer = route.fetch()
        told = json.loads(answer.body())
        route.fulfill(response=answer, body=json.dumps(bend(told)))

    def bend(told: object) -> object:
        """Every entry of the index is said to be the one before it."""
        if isinstance(told, list) and len(told) > 1 and isinstance(told[1], int):
            return [told[0], told[1] - 1, *told[2:]]
        if isinstance(told, list):
            return [bend(each) for each in told]
        return {key: bend(each) for key, each in told.items()} if isinstance(told, dict) else told

    at = place.elector(page)
    other = place.second(browser, at.ready(1))
    other.route(re.compile("/lookup/ballots/"), mislead)
    at.test()
    other.wait_for_selector("body[data-state=false]", timeout=20_000)
    assert other.locator(".marks").count() == 0
    other.context.close()


def test_two_voters_are_not_shown_one_ballot(page: Page, place: Place) -> None:
    """A page that lies could give one tracking code to two: each asks by a voter code of one's own."""
    first = place.elector(page)
    code = first.ready(1)
    first.cast()
    first.see("receipt", "receipt")
    for voter, told in ((first.voter, "PRESENT"), (first.voter + 2, "FOREIGN")):
        page.goto(f"{place.app}/en/r.html")
        page.fill("#code", place.polls.sheets[voter].code)
        page.fill("#tracker", code)
        page.click("button.main")
        page.wait_for_selector("[data-standing]")
        assert standing(page) == told


def test_names_stay_text(page: Page, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Markup, quotes, a formula and 500 letters as candidates: shown as they are, to the second device too."""
    monkeypatch.setattr(polls, "NAMES", tuple((name,) * 3 for name in HOSTILE))
    with polls.opened(tmp_path / "board") as hostile:
        app = hostile.show(tmp_path / "app")
        page.set_viewport_size({"width": 360, "height": 640})
        page.add_init_script(WATCHING)
        at = Elector(page, hostile, app)
        at.open().type_key()
        at.see("marking")
        assert [each.strip() for each in page.locator("#stage label").all_inner_texts()][:3] == list(HOSTILE[:3])
        code = at.seal(1)
        expect(page.locator(".marks")).to_have_text(HOSTILE[0])
        other = browser.new_context(viewport={"width": 360, "height": 640}).new_page()
        other.add_init_script(WATCHING)
        other.goto(f"{app}/en/check.html")
        other.fill("#tracker", code)
        other.click("button.main")
        at.test()
        other.wait_for_selector("body[data-state=opened]", timeout=20_000)
        expect(other.locator(".marks")).to_have_text(HOSTILE[0])
        assert other.evaluate("document.documentElement.scrollWidth") <= 360
        for seen in (page, other):
            assert seen.evaluate("window.broken") == []
            assert seen.locator("main img, main script, main svg[onload]").count() == 0
        assert at.faults == []
        other.context.close()


def test_no_page_stands_in_another_or_is_led_by_its_opener(page: Page, place: Place) -> None:
    """Neither the app, nor a mirror's copy of it, nor the board's own pages."""
    inside = [f"{place.app}/en/vote.html", f"{place.mirror}/en", f"{place.polls.url}/en"]
    frames = "".join(f'<iframe src="{each}"></iframe>' for each in inside)
    page.route(ATTACKER, lambda route: route.fulfill(body=f"<!doctype html>{frames}", content_type="text/html"))
    page.goto(ATTACKER, wait_until="load")
    assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"] * len(inside)
    for address in inside:
        with page.expect_popup() as opening:
            page.evaluate("(address) => { window.theirs = window.open(address); }", address)
        opening.value.wait_for_load_state()
        assert opening.value.evaluate("window.opener") is None, address
        assert page.evaluate("window.theirs.closed") is True, address
        opening.value.close()
