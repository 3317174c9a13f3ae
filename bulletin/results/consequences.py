"""What would have to change for another result: margins, and which precincts would have to be annulled.

For the order of two options the smallest set is exact: annulling takes away each precinct's own difference, so those
with the greatest differences come first. Reserved seats make it a bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from bulletin.results.pages import PublishedPages
from verifier.desk.report.margin import weigh_errors
from verifier.paper.plan import PlanContest
from verifier.paper.results import determine
from verifier.paper.standing import Judgement
from verifier.paper.sums import took_part

SHOWN = 100  # precincts of a set


class Precinct(NamedTuple):
    """A precinct's votes that count in the result, and how many took part there."""

    unit: str
    votes: dict[str, int]
    people: int

    @property
    def total(self) -> int:
        """All votes for options."""
        return sum(self.votes.values())


class Flip(NamedTuple):
    """The fewest precincts whose annulment would change this; `units` is 0 if none would.

    "order": `second` would come before `first`. "half": `first` would lose, or "whole" win, more than half.
    """

    kind: Literal["order", "half", "whole"]
    first: str
    second: str
    margin: int
    units: int
    named: tuple[tuple[str, int], ...]
    exact: bool


class Held(NamedTuple):
    """Precincts of a kind, and the votes that they hold."""

    units: int
    votes: int


class WhatIf(NamedTuple):
    """The consequences for a contest; `margin` is None if there is none."""

    contest: str
    margin: int | None
    people: int
    leader: tuple[str, int]
    flips: tuple[Flip, ...]
    errors: Held
    appealed: Held


def consider(archive: PublishedPages, judgement: Judgement) -> tuple[WhatIf, ...]:
    """All contests."""
    weights = {one.contest: one for one in weigh_errors(judgement)}
    found = []
    for race in archive.edition.plan.contests:
        weight = weights[race.id]
        precincts = list(_precincts(archive, race))
        appealed = _appealed(archive, precincts)
        totals = {id: sum(one.votes[id] for one in precincts) for id in (option.id for option in race.options)}
        people = sum(one.people for one in precincts)
        leader = max(((id, number) for id, number in totals.items() if id != race.against), key=lambda one: one[1])
        flips = tuple(_flips(race, precincts, totals, people)) if any(totals.values()) else ()
        errors = Held(weight.touched, weight.votes)
        margin = weight.margin if any(totals.values()) else None
        found.append(WhatIf(race.id, margin, people, leader, flips, errors, appealed))
    return tuple(found)


def _precincts(archive: PublishedPages, race: PlanContest) -> Iterator[Precinct]:
    state = archive.edition.state
    voided, gone = state.annulled(race.id), state.struck(race)
    for unit, found in archive.counts[race.id, "voting"].found.items():
        if unit not in voided:
            numbers = zip((option.id for option in race.options), found.votes, strict=True)
            votes = {id: 0 if (unit, id) in gone else number for id, number in numbers}
            yield Precinct(unit, votes, took_part(state, found))


def _appealed(archive: PublishedPages, precincts: Iterable[Precinct]) -> Held:
    own = [one for one in precincts if one.unit in archive.desk.appeals]
    return Held(len(own), sum(one.total for one in own))


def _flips(race: PlanContest, precincts: list[Precinct], totals: dict[str, int], people: int) -> Iterator[Flip]:
    ruled = determine(race, [totals[option.id] for option in race.options], people)
    others = [id for id in ruled.candidates if id not in ruled.options]
    exact = not ruled.reserved
    pairs = [
        _fewest("order", precincts, one, other, totals[one] - totals[other] + 1, _ahead(one, other), exact)
        for one in ruled.options
        for other in others
        if ruled.outcome != "failed"
    ]
    reached = [flip for flip in pairs if flip.units] or pairs
    if reached:
        yield min(reached, key=lambda flip: (flip.units, flip.margin))
    if race.rule == "majority" and ruled.options:
        first, needed = ruled.options[0], 2 * totals[ruled.options[0]] - people
        if ruled.outcome == "elected":
            yield _fewest("half", precincts, first, "", needed, lambda one: 2 * one.votes[first] - one.people, exact)
        else:
            yield _fewest(
                "whole", precincts, first, "", 1 - needed, lambda one: one.people - 2 * one.votes[first], exact
            )


def _ahead(first: str, second: str) -> Callable[[Precinct], int]:
    return lambda one: one.votes[first] - one.votes[second]


def _fewest(
    kind: Literal["order", "half", "whole"],
    precincts: list[Precinct],
    first: str,
    second: str,
    needed: int,
    gain: Callable[[Precinct], int],
    exact: bool,  # noqa: FBT001  as the rule says
) -> Flip:
    """The precincts with the greatest gains, until they have what is needed."""
    ranked = sorted(((gain(one), one.unit) for one in precincts if gain(one) > 0), key=lambda one: -one[0])
    taken, reached = [], 0
    for amount, unit in ranked:
        if reached >= needed:
            break
        reached += amount
        taken.append((unit, amount))
    units = len(taken) if reached >= needed else 0
    margin = needed - 1 if kind == "order" else needed
    return Flip(kind, first, second, margin, units, tuple(taken[:SHOWN]) if units else (), exact)
