"""What the errors touch, and by how much the result stands (specs/figures.md §17)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.support.counts import POLLS, Poll, bend, evening, judged, morning
from tests.support.papers import PLAN, RACE, decide
from verifier.desk.report.margin import ErrorWeight, margin, weigh_errors
from verifier.paper.papers import NONE, Decision, Of
from verifier.paper.standing import Judgement, Papers


def weighed(state: Papers) -> list[ErrorWeight]:
    return weigh_errors(judged(state))


def margin_of(*votes: int, people: int = 0, **fields: object) -> int | None:
    """Of these votes in one precinct, with so many who took part."""
    race = replace(PLAN.contests[0], electronic="", **fields)
    state = evening({"p-1": Poll(10_000, votes, max(people - sum(votes), 0))}, replace(PLAN, contests=(race,)))
    del state.versions[Of("e-1", RACE, "e-protocol")]
    assert state.plan
    return margin(Judgement(state, state.plan), race)


def test_without_errors_nothing_is_touched() -> None:
    (weight,) = weighed(morning())
    assert weight == ErrorWeight(RACE, 0, 0, 6, 0, (2172 - 2 * 1021) // 2 + 1)


def test_errors_touch_the_votes_of_their_precincts() -> None:
    state = morning()
    bend(state, Of("p-1", RACE, "protocol"), {"received": 1, "listed": 1})
    bend(state, Of("cec", RACE, "protocol-cec"), {"invalid": 1})
    judgement = judged(state)
    errors = [one for one in judgement.findings if one.severity == "error"]
    (weight,) = weigh_errors(judgement)
    assert weight[1:5] == (len(errors), 1, 6, sum(POLLS["p-1"].votes))
    assert {one.where.unit for one in errors} == {"p-1", "tec-1", "cec"}


@pytest.mark.parametrize(
    ("votes", "people", "expected"),
    [
        ((60, 30, 10, 0), 100, 10),  # half is 50: one of 50 has not more than half
        ((51, 49, 0, 0), 100, 1),
        ((51, 49, 0, 0), 101, 1),
        ((50, 30, 20, 0), 100, 1),  # one more would have been elected
        ((40, 30, 27, 3), 100, 3),  # who goes on to the second round
        ((40, 21, 0, 39), 100, 1),  # against all
    ],
)
def test_a_majority_stands_by_half_by_who_goes_on_and_by_against_all(
    votes: tuple[int, ...], people: int, expected: int
) -> None:
    assert margin_of(*votes, people=people) == expected


def test_a_seat_stands_by_the_next() -> None:
    assert margin_of(40, 30, 26, 90, rule="plurality", seats=1) == 10
    assert margin_of(40, 30, 26, 90, rule="plurality", seats=2) == 4
    assert margin_of(40, 30, 26, 90, rule="plurality", seats=3) is None


def test_what_is_struck_or_annulled_does_not_count() -> None:
    state = morning()
    race = replace(PLAN.contests[0], rule="plurality")
    state.plan = replace(PLAN, contests=(race,))
    state.races[RACE] = race
    assert weighed(state)[0].margin == 1021 - 814
    decide(state, Decision("cec", "strike", ("p-1",), RACE, "anar", "", 0, (), NONE, "bribes"), 800)
    assert weighed(state)[0].margin == 814 - (1021 - 251)
    decide(state, Decision("cec", "annul", ("p-2",), RACE, "", "", 0, (), NONE, "force"), 801)
    assert weighed(state)[0].margin == (814 - 141) - (1021 - 251 - 160)
