"""The whole of a paper election as scenes: rosters, the evening's papers, copies, sums, publications, the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulletin.office.nation import drafts
from bulletin.office.nation.chronicle import Cue, Scene
from bulletin.office.nation.country import bottom
from bulletin.office.nation.evoters import Hours, count, enrol
from bulletin.office.nation.figures import draw
from bulletin.office.nation.schedule import DAY, STEP, Schedule, states_results
from verifier.paper.papers import Accreditation, Of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulletin.office.nation.people import Nation
    from bulletin.office.nation.schedule import ScheduleTask, Slot
    from verifier.paper.plan import Form, LegalDuty, PlanContest, Ruling

EARLY = 10 * DAY  # before the first paper, when all are seated
WATCHED, APPEALED = 8, 9  # every so many precincts have observers, a complaint
OBSERVERS = 2  # who are accredited for all units
OBSERVED = 0.4  # of a rank: copies come after the paper, and before what comes next


class Script:
    """The scenes of an election, by what is done; honest ones, which faults then bend.

    First the polls and the calendar are there, and what is `fixed` in it moves all that comes after; `compose` makes
    the scenes, and sets the `hours` of an electronic vote, which is no scene. The witnesses see nothing while they are
    `blind`, and look at times that are in `besides`.
    """

    def __init__(self, nation: Nation, seed: int) -> None:
        self.nation, self.plan, self.seed = nation, nation.plan, seed
        self.polls, self.evoters = draw(nation.plan, seed), enrol(nation.plan, seed)
        if self.evoters:
            self.polls = count(nation.plan, self.polls, self.evoters)
        self.schedule = Schedule(nation.plan, seed)
        self.units = {unit.id: unit for unit in nation.plan.units}
        self.forms = {form.id: form for form in nation.plan.forms}
        self.races = {race.id: race for race in nation.plan.contests}
        self.duties = {duty.id: duty for duty in nation.plan.duties}
        self.precincts = [unit.id for unit in bottom(nation.plan)]
        self.watched = set(self.precincts[1::WATCHED])
        self.appealed = {unit for unit in self.precincts[2::APPEALED] if self.decider("dismiss", unit)}
        self.scenes: dict[Cue, Scene] = {}
        self.blind: list[range] = []
        self.besides: list[int] = []
        self.hours: Hours | None = None

    def compose(self) -> Script:
        """Make all scenes."""
        slots = self.schedule.slots()
        for scene in self._seat(min(slot.at for slot in slots) - EARLY):
            self.add(scene)
        if self.evoters:
            opening = max(scene.at for scene in self.scenes.values()) + STEP
            own = (slot.at for slot in slots if self.units[slot.unit].electronic)
            self.hours = Hours(opening, opening + DAY, min(own) - STEP)
            self.besides += self.hours
        for slot in slots:
            for scene in self._do(slot):
                self.add(scene)
        return self

    def add(self, scene: Scene) -> Scene:
        """One more scene; what is to be done already cannot be added again."""
        if self.scenes.setdefault(scene.cue, scene) is not scene:
            raise ValueError(f"{scene.cue} is to be done already")
        return scene

    def decider(self, what: Ruling, unit: str) -> str:
        """The unit itself or the nearest above it that may decide this; "" if there is none."""
        levels = self.plan.may.get(what, ())
        while unit and self.units[unit].level not in levels:
            unit = self.units[unit].above
        return unit

    def quorum(self, unit: str) -> tuple[int, ...]:
        """The places of as many of a unit's members as its quorum takes."""
        return tuple(range(self.units[unit].quorum))

    def present(self, form: Form, unit: str) -> tuple[int, ...]:
        """Who makes a paper: everybody, or of forms that take few signatures as many as they take, two at least."""
        members, few = self.units[unit].members, max(form.least, len(form.needs), 2)
        return tuple(range(members if 2 * form.least > members else min(few, members)))

    def returns(self, unit: str) -> Form:
        """The form in which a unit states the results of voting."""
        one = self.units[unit]
        alike = (form for form in self.plan.forms if (form.level, form.electronic) == (one.level, one.electronic))
        return next(form for form in alike if states_results(form))

    def owing(self, form: str) -> list[LegalDuty]:
        """The duties that papers of this form do."""
        return self.schedule.tasks[form].duties

    def result_of(self, race: PlanContest) -> Scene | None:
        """The scene in which the result of a contest is determined, once there are scenes."""
        tasks = (task.id for task in self.schedule.tasks.values() if not task.form)
        return next((self.scenes[cue] for id in tasks if (cue := Cue(id, race.body, race.id)) in self.scenes), None)

    def is_made_of(self, form: str) -> bool:
        """Whether a duty of a level above, done by a paper, comes after papers of this form."""
        reached, level = {duty.id for duty in self.owing(form)}, self.forms[form].level
        for _ in self.duties:
            reached |= {duty.id for duty in self.duties.values() if not reached.isdisjoint((*duty.after, duty.past))}
        return any(
            duty.evidence.kind == "paper" and duty.level != level for duty in map(self.duties.__getitem__, reached)
        )

    def file(self, form: Form, of: Of, at: int, rank: float, turn: int = 1) -> Scene:
        """A unit's paper, signed by all who were present."""
        present = self.present(form, of.unit)
        make = drafts.fill(form, of, at, present, self.polls)
        return Scene(Cue(form.id, of.unit, of.contest, turn), at, rank, make, of.unit, present)

    def recopy(self, cue: Cue, place: int, of: Of, **changes: Any) -> None:  # noqa: ANN401  fields of a copy
        """Let an observer's copy say something else."""
        scene = self.scenes[cue]
        scene.make = drafts.observe(self.nation, place, of, scene.at, **changes)

    def _seat(self, at: int) -> Iterator[Scene]:
        """The manifest, then rosters from above, then observers."""
        nation, top, first = self.nation, self.nation.top.id, Cue("manifest", "")
        yield Scene(first, at, 0, drafts.begin(nation))
        yield Scene(Cue("roster", top), at, 1, drafts.always(nation.sittings[top].roster))
        for place in self.quorum(top):
            yield Scene(Cue("manifest", top, turn=place), at, 2, drafts.approve(nation, place, first))
        ranks = {level.id: place for place, level in enumerate(self.plan.levels)}
        for unit in (unit for unit in self.plan.units if unit.above):
            make, when = drafts.always(nation.sittings[unit.id].roster), at + STEP * ranks[unit.level]
            yield Scene(Cue("roster", unit.id), when, 0, make, unit.above, self.quorum(unit.above))
        observers = Accreditation(tuple(each.observer for each in nation.observers), ())
        when = at + STEP * len(ranks)
        yield Scene(Cue("accreditation", ""), when, 0, drafts.always(observers), top, self.quorum(top))

    def _do(self, slot: Slot) -> Iterator[Scene]:
        """What the unit does in this slot, and what others do with it."""
        task, unit = self.schedule.tasks[slot.task], self.units[slot.unit]
        if task.form:
            for contest in unit.contests if task.form.contest else ("",):
                of = Of(slot.unit, contest, task.form.id)
                yield self.file(task.form, of, slot.at, slot.rank)
                if states_results(task.form) and slot.unit in self.watched:
                    yield from self._observe(of, slot.at, slot.rank + OBSERVED)
            if task.id == "meeting" and slot.unit in self.appealed:
                yield from self._appeal(slot)
        else:
            yield from self._declare(task, slot)

    def _declare(self, task: ScheduleTask, slot: Slot) -> Iterator[Scene]:
        """A result for each contest that the unit determines, or the attestation of a stand or publication."""
        unit, kind = slot.unit, task.duties[0].evidence.kind
        if kind == "record":
            for race in (race for race in self.races.values() if race.body == unit):
                make = drafts.determine(race, self.returns(unit).id)
                yield Scene(Cue(task.id, unit, race.id), slot.at, slot.rank, make, unit, self.quorum(unit))
        else:
            make = drafts.attest(task.id, unit, slot.at, stand=kind == "stand")
            yield Scene(Cue(task.id, unit), slot.at, slot.rank, make, unit, (0,))

    def _appeal(self, slot: Slot) -> Iterator[Scene]:
        """A complaint that is dismissed before the meeting at which it is read out."""
        unit, by, asked = slot.unit, self.decider("dismiss", slot.unit), Cue("appeal", slot.unit)
        self.polls[unit].lines.update({"appeals": 1, "dismissed": 1})
        yield Scene(asked, slot.at, -2, drafts.complain(unit, slot.at), unit, (1,))
        make = drafts.decide("dismiss", by, about=asked)
        yield Scene(Cue("dismiss", unit), slot.at, -1, make, by, self.quorum(by))

    def _observe(self, of: Of, at: int, rank: float) -> Iterator[Scene]:
        """Each observer has a copy."""
        for place in range(OBSERVERS):
            id = self.nation.observers[place].observer.id
            yield Scene(Cue(id, of.unit, of.contest), at, rank, drafts.observe(self.nation, place, of, at))
