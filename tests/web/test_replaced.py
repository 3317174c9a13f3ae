"""A receipt of a ballot that no longer counts: the page says so from the log's entries, and never shows ✓ beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from bulletin.http.markup import LANGUAGES
from bulletin.http.pages import words
from tests.support import browsing, reader
from tests.support.browsing import Hall, mirroring, omitting
from tests.support.reader import give, hand_over, look, receipt_of, standing, steps

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]

browser_type_launch_args, voting, frozen = reader.browser_type_launch_args, browsing.voting, browsing.frozen

REPLACED = {"SUPERSEDED": (1, "later"), "OVERRIDDEN": (2, "override")}  # whose first ballot, and what shows it


def icon(page: Page) -> str:
    return page.locator("[data-standing] .icon").text_content() or ""


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("word", REPLACED)
def test_the_receipt_alone_shows_what_took_its_place(
    page: Page,
    voting: Hall,
    frozen: Hall,
    word: str,
    language: str,
    closed: bool,  # noqa: FBT001  a parameter
) -> None:
    """G6: during the voting and after the freeze; the entry is fetched and proved, and the answer is not green."""
    voter, step = REPLACED[word]
    at = frozen if closed else voting
    hand_over(page, at, receipt_of(at, voter), language=language)
    assert (standing(page), steps(page)[step]) == (word, "proved")
    expect(page.locator("[data-standing] h2")).to_contain_text(words(language)["answers"][word]["title"])
    assert icon(page) != "✓"
    if word == "SUPERSEDED":
        expect(page.locator("[data-step=later]")).to_contain_text(at.trackers(voter)[1])
    look(page, f"receipt-{word}-{'frozen' if closed else 'voting'}-{language}")


def test_the_latest_ballots_receipt_is_good(page: Page, voting: Hall, frozen: Hall) -> None:
    for at, word in ((voting, "PRESENT"), (frozen, "COUNTED")):
        hand_over(page, at, receipt_of(at, 1, 1))
        assert (standing(page), icon(page)) == (word, "✓")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("voter", [1, 2])
def test_without_an_index_it_is_not_known(page: Page, voting: Hall, voter: int, language: str) -> None:
    """G6: the board refuses its index; what it hid is not taken for nothing."""
    page.route(re.compile(r"/lookup/"), lambda route: route.fulfill(status=503, body="{}"))
    hand_over(page, voting, receipt_of(voting, voter), language=language)
    assert (standing(page), steps(page)["noindex"], icon(page)) == ("PLACED", "open", "?")
    expect(page.locator("[data-standing] h2")).to_contain_text(words(language)["answers"]["PLACED"]["title"])
    look(page, f"receipt-PLACED-{language}")


def test_the_counted_set_needs_no_index(page: Page, frozen: Hall) -> None:
    """G6: which ballots count is on the log; of one that is not among them only the reason is lacking."""
    page.route(re.compile(r"/lookup/ballots/"), lambda route: route.abort())
    hand_over(page, frozen, receipt_of(frozen, 1, 1))
    assert (standing(page), steps(page)["counted"]) == ("COUNTED", "proved")
    hand_over(page, frozen, receipt_of(frozen, 1))
    assert (standing(page), steps(page)["omitted"]) == ("OMITTED", "proved")


def test_a_mirror_without_an_index_uses_the_boards(page: Page, tmp_path: Path) -> None:
    with mirroring(tmp_path) as (at, _):
        hand_over(page, at, receipt_of(at, 1))
        page.click(".acts button >> nth=0")
        expect(page.locator("[data-standing=SUPERSEDED]")).to_have_count(2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_frozen_set_without_the_ballot(page: Page, tmp_path: Path, frozen: Hall, language: str) -> None:
    """G6: nothing took its place and yet it is not counted."""
    tracker = frozen.records(0)[0][1].sealed.tracker(frozen.election.digest)
    with omitting(frozen, tmp_path, tracker) as liar:
        give(page, liar.app, liar.log.receipt(named(frozen, 0)), language=language)
        assert (standing(page), steps(page)["omitted"], icon(page)) == ("OMITTED", "proved", "!")
        look(page, f"receipt-OMITTED-{language}")


Rows = list[list[Any]]


def named(at: Hall, voter: int, which: int = 0) -> int:
    return at.records(voter)[which][0]


LIES: dict[str, Callable[[Rows, Hall], object]] = {
    "an earlier ballot": lambda rows, at: row_of(rows, at, 1, 1).__setitem__(2, named(at, 1)),
    "the ballot itself": lambda rows, at: row_of(rows, at, 1, 1).__setitem__(2, named(at, 1, 1)),
    "somebody else's ballot": lambda rows, at: row_of(rows, at, 1, 1).__setitem__(2, named(at, 2)),
    "what is no ballot": lambda rows, at: row_of(rows, at, 1, 1).__setitem__(2, 3),
    "somebody else's override": lambda rows, at: row_of(rows, at, 1, 1).__setitem__(3, row_of(rows, at, 2)[3]),
    "what is no override": lambda rows, at: row_of(rows, at, 1, 1).__setitem__(3, 3),
}


def row_of(rows: Rows, at: Hall, voter: int, which: int = 0) -> list[Any]:
    return next(row for row in rows if row[1] == named(at, voter, which))


def bend(page: Page, path: str, change: Callable[[Any], object]) -> None:
    """Whoever answers says something else of the index, in its own form."""

    def answer(route: Route) -> None:
        got = route.fetch()
        held = got.json()
        change(held)
        route.fulfill(response=got, body=json.dumps(held, separators=(",", ":"), sort_keys=True))

    page.route(re.compile(path), answer)


@pytest.mark.parametrize("what", LIES)
def test_what_the_index_says_is_not_believed(page: Page, voting: Hall, what: str) -> None:
    """G6: an entry that is not what the row says of it takes nobody's place."""
    bend(page, r"/lookup/ballots/", lambda rows: LIES[what](rows, voting))
    hand_over(page, voting, receipt_of(voting, 1, 1))
    assert standing(page) == "UNCHECKED"


HIDDEN: dict[str, tuple[str, Callable[[Any, Hall], object]]] = {
    "the index is behind": (r"/lookup/head", lambda head, _: head.update(size=head["size"] - 1)),
    "there is no row": (r"/lookup/ballots/", lambda rows, at: rows.remove(row_of(rows, at, 0))),
    "a row of another form": (r"/lookup/ballots/", lambda rows, _: rows[0].append(None)),
    "a place that is none": (r"/lookup/ballots/", lambda rows, _: rows[0].__setitem__(2, -1)),
}


@pytest.mark.parametrize("what", HIDDEN)
def test_an_index_that_does_not_cover_the_ballot_says_nothing(page: Page, voting: Hall, what: str) -> None:
    """G6: no row, no word that nothing later came."""
    path, change = HIDDEN[what]
    bend(page, path, lambda held: change(held, voting))
    hand_over(page, voting, receipt_of(voting, 0))
    assert (standing(page), icon(page)) == ("PLACED", "?")


def test_an_index_that_is_behind_may_still_show_what_came_later(page: Page, voting: Hall) -> None:
    bend(page, r"/lookup/head", lambda head: head.update(size=head["size"] - 1))
    hand_over(page, voting, receipt_of(voting, 1))
    assert standing(page) == "SUPERSEDED"
