"""How each count stood at the publications before: the papers are added up once, in the order of the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bulletin.results.counts import CountStage, bottom
from bulletin.results.edition import Edition, Instant
from verifier.paper.papers import NONE, Of
from verifier.paper.plan import PlanContest
from verifier.paper.standing import Papers

SPACING = 10  # seconds of witnessed time, of which the last publication is a row
HOUR = 3_600


class Standstill(NamedTuple):
    """A count as it stood at a publication; `turned` says that the order of the first two is another than before."""

    instant: Instant
    given: int
    annulled: int
    votes: tuple[int, ...]
    turned: bool


class RaceHistory(NamedTuple):
    """The rows of a contest at a stage."""

    contest: str
    stage: CountStage
    rows: tuple[Standstill, ...]


def spaced(instants: tuple[Instant, ...]) -> list[Instant]:
    """The last of each ten seconds, and the one that is shown; what no quorum has dated is no publication."""
    rows: dict[int, Instant] = {}
    for one in instants:
        if one.time is not None:
            rows[one.time // SPACING] = one
    kept = sorted(rows.values(), key=lambda one: one.number)
    return kept if kept[-1:] == [instants[-1]] else [*kept, instants[-1]]


def recount(edition: Edition, race: PlanContest, stage: CountStage) -> RaceHistory:
    """The count at each publication at which it changed, and now."""
    state, rows = edition.state, list[Standstill]()
    running = _Running(state, race, stage)
    for instant in spaced(edition.instants):
        given, void, votes = running.advance(instant.size - 1)
        last = rows[-1] if rows else None
        if given or void or last:
            turned = last is not None and given > 0 and _first_two(votes) != _first_two(last.votes) and last.given > 0
            row = Standstill(instant, given, void, votes, turned)
            if last is None or (last.given, last.annulled, last.votes) != (given, void, votes):
                rows.append(row)
    return RaceHistory(race.id, stage, tuple(rows))


def hourly(history: RaceHistory) -> RaceHistory:
    """The last row of each hour, those at which the order of the first two changed, and the last."""
    hours = {(row.instant.time or 0) // HOUR: row for row in history.rows}
    shown = {id(row) for row in hours.values()}
    return history._replace(rows=tuple(row for row in history.rows if row.turned or id(row) in shown))


def _first_two(votes: tuple[int, ...]) -> list[int]:
    return sorted(range(len(votes)), key=lambda number: -votes[number])[:2]


class _Running:
    """A count that goes on record by record: only units of which something took effect are looked at again."""

    def __init__(self, state: Papers, race: PlanContest, stage: CountStage) -> None:
        self._state, self._race = state, race
        pairs = ((unit.id, form.id) for form in bottom(state, stage) for unit in state.signers(form, race.id))
        self._of = {unit: Of(unit, race.id, form) for unit, form in pairs}
        self._events = sorted(self._list())
        self._place = 0
        self._counted: dict[str, tuple[int, ...] | None] = {}
        self._given = self._void = 0
        self._votes = [0] * len(race.options)

    def _list(self) -> Iterator[tuple[int, str]]:
        for unit, of in self._of.items():
            yield from ((version.since, unit) for version in self._state.versions.get(of, ()))
            yield from ((row.since, unit) for row in self._state.entered.get(of, ()))
        touched = {leaf: decision.units for leaf, _, decision in self._state.decided}
        for _, since, decision in self._state.decided:
            units = touched.get(decision.revokes, ()) if decision.revokes != NONE else ()
            yield from ((since, unit) for unit in {*decision.units, *units} if unit in self._of)

    def advance(self, position: int) -> tuple[int, int, tuple[int, ...]]:
        """Papers counted, annulled, and the votes, when this record had come."""
        fresh = set[str]()
        while self._place < len(self._events) and self._events[self._place][0] <= position:
            fresh.add(self._events[self._place][1])
            self._place += 1
        voided = self._state.annulled(self._race.id, position) if fresh else set[str]()
        for unit in fresh:
            self._drop(unit)
            found = self._state.figures(self._of[unit], position)
            if unit in voided:
                self._counted[unit], self._void = None, self._void + 1
            elif found is not None:
                self._counted[unit], self._given = found.votes, self._given + 1
                self._votes = [one + other for one, other in zip(self._votes, found.votes, strict=True)]
        return self._given, self._void, tuple(self._votes)

    def _drop(self, unit: str) -> None:
        if unit not in self._counted:
            return
        votes = self._counted.pop(unit)
        if votes is None:
            self._void -= 1
        else:
            self._given -= 1
            self._votes = [one - other for one, other in zip(self._votes, votes, strict=True)]
