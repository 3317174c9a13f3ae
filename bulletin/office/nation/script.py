"""The whole of a paper election as scenes: rosters, the evening's papers, copies, sums, publications, the result."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from bulletin.office.nation.calendar import DAY, STEP, Calendar, states_results
from bulletin.office.nation.chronicle import Cue, Scene
from bulletin.office.nation.country import bottom
from bulletin.office.nation.figures import Poll, draw
from bulletin.office.nation.summing import Filled, add_up, declare, list_participants
from bulletin.office.signing import countersign, sign
from verifier.paper.observers import observer_bytes
from verifier.paper.papers import (
    NONE,
    Accreditation,
    Appeal,
    Attestation,
    Decision,
    Observation,
    Of,
    Paper,
    Reason,
    SummaryTable,
)
from verifier.records import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulletin.office.nation.calendar import CalendarTask, Slot
    from bulletin.office.nation.chronicle import Chronicle, SceneMaker
    from bulletin.office.nation.people import Nation
    from verifier.paper.plan import Form, PlanContest
    from verifier.records import Record

PHOTO = b"a synthetic photograph: nothing was taken, and nothing hangs anywhere\n"
ADDRESS = "https://synthetic.example/"
BASIS = "synthetic: nobody decided this"
EARLY = 10 * DAY  # before the first paper, when all are seated
WATCHED, APPEALED = 4, 9  # every so many precincts have observers, a complaint
SLOW = 120  # seconds from when a paper is made to its posting
OFFICE = {"appeals": 0, "given": 3, "observers": 2, "representatives": 1, "media": 0, "others": 0, "refused": 0}


class Script:
    """The scenes of an honest election, which faults then bend; `scenes` by what is done."""

    def __init__(self, nation: Nation, seed: int) -> None:
        self.nation, self.plan, self.seed = nation, nation.plan, seed
        self.polls = draw(nation.plan, seed)
        self.calendar = Calendar(nation.plan, seed)
        self.units = {unit.id: unit for unit in nation.plan.units}
        self.races = {race.id: race for race in nation.plan.contests}
        self.precincts = [unit.id for unit in bottom(nation.plan)]
        self.watched = set(self.precincts[1::WATCHED])
        self.appealed = {unit for unit in self.precincts[2::APPEALED] if self.decider("dismiss", unit)}
        self.scenes: dict[Cue, Scene] = {}
        slots = self.calendar.slots()
        self.start = min(slot.at for slot in slots) - EARLY
        for scene in self._seat():
            self.add(scene)
        for slot in slots:
            for scene in self._do(slot):
                self.add(scene)

    def add(self, scene: Scene) -> Scene:
        """One more scene; what was to be done already cannot be added again."""
        if self.scenes.setdefault(scene.cue, scene) is not scene:
            raise ValueError(f"{scene.cue} is to be done already")
        return scene

    def decider(self, what: str, unit: str) -> str:
        """The unit itself or the nearest above it that may decide this; "" if there is none."""
        levels = next((levels for ruling, levels in self.plan.may.items() if ruling == what), ())
        while unit and self.units[unit].level not in levels:
            unit = self.units[unit].above
        return unit

    def quorum(self, unit: str) -> tuple[int, ...]:
        """The places of as many of a unit's members as its quorum takes."""
        return tuple(range(self.units[unit].quorum))

    def present(self, form: Form, unit: str) -> tuple[int, ...]:
        """Who makes a paper: everybody, or of forms that take few signatures as many as they take."""
        members = self.units[unit].members
        return tuple(range(members if 2 * form.least > members else max(form.least, len(form.needs))))

    def _seat(self) -> Iterator[Scene]:
        """The manifest, then rosters from above, then observers."""
        nation, top, at = self.nation, self.nation.top.id, self.start

        def begin(chronicle: Chronicle) -> Record:
            for data in nation.blobs.values():
                chronicle.put(data)
            return nation.manifest

        yield Scene(Cue("manifest", ""), at, 0, begin)
        yield Scene(Cue("roster", top), at, 1, always(nation.sittings[top].roster))
        for place in self.quorum(top):
            yield Scene(Cue("manifest", top, turn=place), at, 2, self._approve(place))
        ranks = {level.id: place for place, level in enumerate(self.plan.levels)}
        for unit in (unit for unit in self.plan.units if unit.above):
            make, when = always(nation.sittings[unit.id].roster), at + STEP * ranks[unit.level]
            yield Scene(Cue("roster", unit.id), when, 0, make, unit.above, self.quorum(unit.above))
        make, when = (
            always(Accreditation(tuple(each.observer for each in nation.observers), ())),
            at + STEP * len(ranks),
        )
        yield Scene(Cue("accreditation", ""), when, 0, make, top, self.quorum(top))

    def _approve(self, place: int) -> SceneMaker:
        """A signature of the top commission under the manifest."""
        member, key = self.nation.sittings[self.nation.top.id].people[place]
        return lambda chronicle: countersign(key, member.id, self.nation.digest, chronicle.leaf("manifest", ""))

    def _do(self, slot: Slot) -> Iterator[Scene]:
        """What the unit does in this slot, and what others do with it."""
        task, unit = self.calendar.tasks[slot.task], self.units[slot.unit]
        if task.form:
            contests = unit.contests if task.form.contest else ("",)
            for contest in contests:
                yield self.file(task.form, slot.unit, contest, slot.at, slot.rank)
            if task.id == "meeting" and slot.unit in self.appealed:
                yield from self._appeal(slot)
            if states_results(task.form) and slot.unit in self.watched:
                for contest in contests:
                    yield from self.observe(task.form, slot.unit, contest, slot.at + 2 * STEP)
        elif task.duties[0].evidence.kind == "record":
            for race in (race for race in self.races.values() if race.body == slot.unit):
                cue = Cue(task.id, slot.unit, race.id)
                yield Scene(cue, slot.at, slot.rank, self._declare(race), slot.unit, self.quorum(slot.unit))
        else:
            yield Scene(Cue(task.id, slot.unit), slot.at, slot.rank, self._attest(task, slot), slot.unit, (0,))

    def file(self, form: Form, unit: str, contest: str, at: int, rank: int, turn: int = 1) -> Scene:
        """A unit's paper, signed by all who were present."""
        cue = Cue(form.id, unit, contest, turn)
        return Scene(cue, at, rank, self._fill(form, unit, contest, at), unit, self.present(form, unit))

    def _fill(self, form: Form, unit: str, contest: str, at: int) -> SceneMaker:
        people = [self.nation.sittings[unit].people[place].member.id for place in self.present(form, unit)]

        def make(chronicle: Chronicle) -> Paper:
            last = chronicle.last(Of(unit, contest, form.id))
            filled = self.read(chronicle, form, unit, contest)
            table = chronicle.put(encode(SummaryTable(filled.rows))) if form.table != "none" else UNSET
            return Paper(
                commission=unit,
                contest=contest,
                form=form.id,
                supersedes=last.leaf if last else NONE,
                reason=Reason("typing", "synthetic") if last else Reason("first", ""),
                lines=filled.lines,
                votes=filled.votes,
                present=tuple(people),
                dissent=(),
                typed=tuple(people[:2]),
                explains=(),
                held=at - SLOW,
                parts=chronicle.own(unit) if states_results(form) and not form.adds else (),
                photos=(chronicle.put(PHOTO),) if states_results(form) else (),
                table=table,
            )

        return make

    def read(self, chronicle: Chronicle, form: Form, unit: str, contest: str) -> Filled:
        """The figures of a paper: a sum of what stands beneath, a list of all precincts, else those of the poll."""
        if form.adds:
            return add_up(chronicle, form, unit, contest)
        if form.table == "participants":
            over = {each.id: each.above for each in self.plan.units}
            return list_participants(unit, {id: poll.lines["participants"] for id, poll in self.polls.items()}, over)
        poll = self.polls.get(unit) or Poll(OFFICE | self._summed(chronicle, unit), {})
        lines = poll.read(form)
        if form.id == "meeting" and "appeals" in lines and unit in self.appealed:
            lines["appeals"] = 1
        return Filled(lines, poll.votes[contest] if form.votes else (), ())

    def _summed(self, chronicle: Chronicle, unit: str) -> dict[str, int]:
        """The lines of the last sum of a unit that counts nothing itself."""
        papers = (history[-1].record for of, history in chronicle.papers.items() if of.unit == unit)
        return {
            key: number for one in papers if isinstance(one, Paper) and one.votes for key, number in one.lines.items()
        }

    def _declare(self, race: PlanContest) -> SceneMaker:
        level = self.units[race.body].level
        form = next(form.id for form in self.plan.forms if form.level == level and states_results(form))
        return lambda chronicle: declare(chronicle, race, form)

    def _attest(self, task: CalendarTask, slot: Slot) -> SceneMaker:
        """A stand is photographed; what is published has an address and a digest."""
        stand = task.duties[0].evidence.kind == "stand"

        def make(chronicle: Chronicle) -> Attestation:
            return Attestation(
                commission=slot.unit,
                duty=task.id,
                held=slot.at - SLOW,
                photos=(chronicle.put(PHOTO),) if stand else (),
                address="" if stand else f"{ADDRESS}{task.id.lower()}/{slot.unit}",
                digest=b"" if stand else hashlib.sha256(f"{task.id} {slot.unit}".encode()).digest(),
                note="synthetic",
                observer="",
                signature=b"",
            )

        return make

    def _appeal(self, slot: Slot) -> Iterator[Scene]:
        """A complaint that is dismissed before the meeting at which it is read out."""
        unit, by = slot.unit, self.decider("dismiss", slot.unit)

        def ask(_: Chronicle) -> Appeal:
            text = hashlib.sha256(f"a synthetic complaint at {unit}".encode()).digest()
            return Appeal(unit, (), "voter", text, f"{unit}/1", slot.at - SLOW, "", b"")

        yield Scene(Cue("appeal", unit), slot.at, -2, ask, unit, (1,))
        made = self.decide("dismiss", by, about=("appeal", unit))
        yield Scene(Cue("dismiss", unit), slot.at, -1, made, by, self.quorum(by))

    def decide(
        self, what: str, by: str, *units: str, about: tuple[str, str] | None = None, **fields: object
    ) -> SceneMaker:
        """A decision, about what was done by a unit before."""
        plain = Decision(by, "annul", units, "", "", "", 0, (), NONE, BASIS)

        def make(chronicle: Chronicle) -> Decision:
            leaves = (chronicle.leaf(*about),) if about else ()
            return replace(plain, what=what, about=leaves, **fields)

        return make

    def observe(self, form: Form, unit: str, contest: str, at: int) -> Iterator[Scene]:
        """Each observer has a copy of the first version, with a stamp."""
        for number, each in enumerate(self.nation.observers, 1):

            def make(chronicle: Chronicle, number: int = number) -> Observation:
                paper = chronicle.papers[Of(unit, contest, form.id)][0]
                assert isinstance(paper.record, Paper)  # noqa: S101  as it stands among papers
                plain = Observation(
                    observer=self.nation.observers[number - 1].observer.id,
                    unit=unit,
                    contest=contest,
                    form=form.id,
                    lines=paper.record.lines,
                    votes=paper.record.votes,
                    of=paper.leaf,
                    copy=number,
                    stamped=True,
                    refused=False,
                    held=at - SLOW,
                    photos=(chronicle.put(PHOTO),),
                    signature=b"",
                )
                return self.observed(number - 1, plain)

            yield Scene(Cue(each.observer.id, unit, contest), at, 0, make)

    def observed(self, place: int, record: Observation) -> Observation:
        """The copy with its observer's signature."""
        return replace(
            record, signature=sign(self.nation.observers[place].key, observer_bytes(self.nation.digest, record))
        )


def always(record: Record) -> SceneMaker:
    """What is the same, whatever has been done before."""
    return lambda _: record
