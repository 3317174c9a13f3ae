"""The counts of each contest, from the papers at the bottom to the body that determines the result."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from bulletin.results.edition import Edition
from verifier.paper.papers import Of
from verifier.paper.plan import Form, PlanContest
from verifier.paper.standing import Figures, Papers

CountStage = Literal["preliminary", "voting"]
Badge = Literal["signed-precinct", "signed-territory", "signed-centre", "entered-territory", "entered-centre"]
BADGES: tuple[Badge, ...] = (
    "signed-precinct",
    "signed-territory",
    "signed-centre",
    "entered-territory",
    "entered-centre",
)


class Counted(NamedTuple):
    """What a contest's papers under a unit add up to; lines by the keys of the unit's own sum, in its order.

    `given` of `planned` units have figures that are counted, `annulled` have had theirs annulled. `standings` says how
    many of those given are signed or entered by whom.
    """

    stage: CountStage
    form: str
    lines: dict[str, int]
    votes: tuple[int, ...]
    given: int
    planned: int
    annulled: int
    standings: dict[str, int]

    @property
    def total(self) -> int:
        """All votes for options."""
        return sum(self.votes)


@dataclass
class Heap:
    """Figures as they are added up: lines by the form at the bottom and its own key."""

    lines: Counter[tuple[str, str]] = field(default_factory=Counter)
    votes: list[int] = field(default_factory=list)
    standings: Counter[str] = field(default_factory=Counter)
    given: int = 0
    planned: int = 0
    annulled: int = 0


def rank(state: Papers, unit: str) -> str:
    """Whether a unit is the centre, a precinct or a territory between them."""
    if not state.units[unit].above:
        return "centre"
    return "territory" if unit in state.beneath else "precinct"


def standing(state: Papers, found: Figures) -> Badge:
    """Who answers for the figures: the unit itself signed them, or somebody above entered them."""
    if found.version:
        unit, word = found.of.unit, "signed"
    else:
        rows = state.entered[found.of]
        unit, word = next(row.by for row in reversed(rows) if row.since == found.since), "entered"
    name = f"{word}-{rank(state, unit)}"
    return next(known for known in BADGES if known == name)


def bottom(state: Papers, stage: CountStage) -> list[Form]:
    """The forms at the bottom in which units state a contest's figures at this stage."""
    if stage == "preliminary":
        return [form for form in state.forms.values() if form.stage == stage and form.votes and not form.adds]
    levels = state.plan.levels if state.plan else ()
    return [form for level in levels for form in state.returns(level.id) if not form.adds]


class RaceCounts:
    """All counts of a contest at a stage, of each unit that has it: one pass over the papers at the bottom."""

    def __init__(self, state: Papers, race: PlanContest, stage: CountStage) -> None:
        self.state, self.race, self.stage = state, race, stage
        self._heaps: dict[str, Heap] = {}
        self.found: dict[str, Figures] = {}
        voided = state.annulled(race.id)
        for form in bottom(state, stage):
            for unit in state.signers(form, race.id):
                self._add(form, unit.id, unit.id in voided)

    def _add(self, form: Form, unit: str, is_void: bool) -> None:  # noqa: FBT001  as it is found
        found = self.state.figures(Of(unit, self.race.id, form.id))
        if found is not None:
            self.found[unit] = found
        for each in self.state.above(unit):
            heap = self._heaps.setdefault(each, Heap(votes=[0] * len(self.race.options)))
            heap.planned += 1
            if is_void:
                heap.annulled += 1
            elif found is not None:
                heap.given += 1
                heap.standings[standing(self.state, found)] += 1
                for key, number in found.lines.items():
                    heap.lines[form.id, key] += number
                heap.votes = [one + other for one, other in zip(heap.votes, found.votes, strict=True)]

    def __contains__(self, unit: str) -> bool:
        return unit in self._heaps

    def of(self, unit: str) -> Counted:
        """The count under this unit, in the lines of its own sum if it makes one."""
        heap = self._heaps.get(unit) or Heap(votes=[0] * len(self.race.options))
        form = self._form(unit)
        lines = dict.fromkeys((line.key for line in form.lines), 0) if form else {}
        for source, names in self.state.sources(form).items() if form else ():
            for key, name in names.items():
                lines[name] += heap.lines[source, key]
        if form and form.adds:
            for counted, number in (("units", heap.given), ("annulled", heap.annulled)):
                if counted in lines:
                    lines[counted] = number
        standings: dict[str, int] = {name: heap.standings[name] for name in BADGES if heap.standings[name]}
        return Counted(
            self.stage,
            form.id if form else "",
            lines,
            tuple(heap.votes),
            heap.given,
            heap.planned,
            heap.annulled,
            standings,
        )

    def _form(self, unit: str) -> Form | None:
        """The form whose lines name what is counted under the unit."""
        own = [form for form in self.state.returns() if form.kind == self.state.units[unit].kind]
        if self.stage == "voting" and own:
            return own[0]
        return next(iter(bottom(self.state, self.stage)), None)


def count(edition: Edition) -> dict[tuple[str, CountStage], RaceCounts]:
    """All counts of all contests."""
    stages: tuple[CountStage, ...] = ("voting", "preliminary")
    races = edition.state.races.values()
    return {(race.id, stage): RaceCounts(edition.state, race, stage) for race in races for stage in stages}
