"""What would have to change: the smallest set of precincts is the smallest, and reserved seats are explained."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest
from msgspec.structs import replace

from bulletin.results.consequences import Flip, consider
from bulletin.results.pages import collect
from bulletin.results.site import Site
from tests.support.counts import evening, judged, morning
from tests.support.papers import PLAN, RACE
from tests.support.published import edition_of
from verifier.paper.papers import Effective, ElectionResult
from verifier.paper.plan import Plan, Reserve
from verifier.paper.standing import Papers


def plan_of(**fields: object) -> Plan:
    return replace(PLAN, contests=(replace(PLAN.contests[0], **fields),))


def flips(state: Papers) -> dict[str, Flip]:
    judgement = judged(state)
    (found,) = consider(collect(edition_of(state), judgement.findings), judgement)
    return {flip.kind: flip for flip in found.flips}


def votes_without(state: Papers, left: tuple[str, ...]) -> list[int]:
    """The sum over the precincts that are not left out."""
    found = [
        history[-1].paper.votes
        for of, history in state.versions.items()
        if of.form in {"protocol", "e-protocol"} and of.unit not in left
    ]
    return [sum(column) for column in zip(*found, strict=True)] if found else [0] * 4


@pytest.mark.parametrize("seats", [1, 2])
def test_no_smaller_set_would_do(seats: int) -> None:
    state = evening(plan=plan_of(rule="plurality", seats=seats, against=""))
    flip = flips(state)["order"]
    units = ("p-1", "p-2", "p-3", "p-4", "p-5", "e-1")
    elected = {one for _, one in sorted(zip(votes_without(state, ()), range(4), strict=True))[-seats:]}

    def changes(left: tuple[str, ...]) -> bool:
        votes = votes_without(state, left)
        return any(votes[other] > votes[one] for one in elected for other in {*range(4)} - elected)

    smallest = next((n for n in range(1, 7) if any(map(changes, combinations(units, n)))), 0)
    assert (flip.units, flip.exact) == (smallest, True)
    if smallest:
        assert changes(tuple(unit for unit, _ in flip.named))


def test_a_majority_that_would_be_lost() -> None:
    state = evening()
    flip = flips(state)
    assert set(flip) <= {"order", "half", "whole"}
    assert ("half" in flip) != ("whole" in flip)


def test_reserved_seats_are_explained_name_by_name(tmp_path: Path) -> None:
    state = morning(plan=plan_of(rule="plurality", seats=2, reserves=(Reserve(("cholpon",), 3, 10),)))
    result = ElectionResult("cec", RACE, (), ("valid",), "elected", ("anar", "cholpon"), (0, 0, 0, 0), ())
    state.results.append(Effective(bytes(32), 90, result))
    Site(tmp_path).publish(edition_of(state))
    page = re.sub(r"<[^>]+>", "", (tmp_path / "current/en/result.html").read_text())
    assert "Of 2 seats at least 3/10, rounded up 1, go to: cholpon." in page
    assert "By votes alone, none of them would have a seat." in page
    assert re.search(r"cholpon has a seat by the reserve, with \d+ votes\.", page)
    assert re.search(r"bolot has no seat, though with \d+ votes: the seat is reserved\.", page)
    assert flips(state)["order"].exact is False
