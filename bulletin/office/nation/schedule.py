"""When each unit does what the plan asks of it: after what comes before, with time to spare (specs/rehearsal.md §4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from bulletin.office.nation.country import climb, is_electronic

if TYPE_CHECKING:
    from verifier.paper.plan import Form, LegalDuty, Plan, Unit

DAY = 86_400
STEP = 300  # seconds between two moments at which something is posted
LATER = {"copies", "handover"}  # forms that follow what they are about, if no duty says so
UNDATED = 1_700_000_000  # where the plan has no time at all


class Slot(NamedTuple):
    """A unit does a task then; `rank` orders the tasks of one moment, whole numbers apart."""

    at: int
    rank: float
    task: str
    unit: str


@dataclass
class ScheduleTask:
    """What units of a level do once: a paper of a form, or what one duty asks for besides; `after` are other tasks."""

    id: str
    level: str
    form: Form | None = None
    duties: list[LegalDuty] = field(default_factory=list)
    after: set[str] = field(default_factory=set)


def list_tasks(plan: Plan) -> dict[str, ScheduleTask]:
    """All tasks, by the form or the duty; without electronic units what only these have is left out."""
    electronic = is_electronic(plan)
    forms = {form.id: form for form in plan.forms if electronic or not form.electronic}
    tasks = {id: ScheduleTask(id, form.level, form) for id, form in forms.items()}
    names: dict[str, str] = {}
    for duty in plan.duties:
        kind, of = duty.evidence.kind, duty.evidence.of
        if (kind == "paper" and of not in forms) or (kind, of) == ("record", "register"):
            continue
        names[duty.id] = of if kind == "paper" else duty.id
        tasks.setdefault(names[duty.id], ScheduleTask(duty.id, duty.level)).duties.append(duty)
    for task in tasks.values():
        named = (id for duty in task.duties for id in (*duty.after, *duty.ideally, duty.past))
        task.after = {names[id] for id in named if id in names} - {task.id}
    for task in tasks.values():
        task.after |= set(_implied(task, tasks))
    return tasks


def _implied(task: ScheduleTask, tasks: dict[str, ScheduleTask]) -> Iterator[str]:
    """What a paper comes after, whether a duty says so or not."""
    if not (form := task.form):
        return
    yield from (id for id in form.adds if id in tasks)
    papers = [each.form for each in tasks.values() if each.form]
    if form.table == "participants":
        yield from (each.id for each in papers if states_results(each) and not each.adds)
    alike = [each for each in papers if (each.level, each.electronic) == (form.level, form.electronic)]
    if states_results(form):
        early = (each.id for each in alike if each.stage in {"act", "preliminary"} and each.table == "none")
        yield from (id for id in early if not tasks[id].duties and id not in LATER)
    elif not task.duties and task.id in LATER:
        yield from (each.id for each in alike if states_results(each))


def states_results(form: Form) -> bool:
    """Whether its papers state the votes that sums are made of."""
    return form.votes and form.stage in {"voting", "election"}


def dawn(plan: Plan) -> int:
    """The first second at which anything may be done."""
    return min((duty.since for duty in plan.duties if duty.since), default=UNDATED)


def shift(unit: Unit) -> int:
    """Seconds by which its clock comes later than the country's."""
    return unit.behind - unit.ahead


class Schedule:
    """The slots of a plan; `ValueError` if the plan leaves no time for a duty."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.plan, self.seed = plan, seed
        self.tasks = list_tasks(plan)
        self.units = {unit.id: unit for unit in plan.units}
        self.fixed: dict[tuple[str, str], int] = {}  # when a unit does a task, whatever comes before
        self._done: dict[tuple[str, str], int] = {}  # when a unit, and all beneath it, have done a task
        self._levels = {level.id: place for place, level in enumerate(plan.levels)}
        order = TopologicalSorter({id: task.after for id, task in self.tasks.items()}).static_order()
        self.ranks = {id: rank for rank, id in enumerate(order, 1)}

    def slots(self) -> list[Slot]:
        """All of them, in the order of time."""
        found = []
        for id, rank in self.ranks.items():
            task = self.tasks[id]
            for unit in self._doers(task):
                at = self._find_time(task, unit)
                found.append(Slot(at, rank, id, unit.id))
                for above in climb(self.units, unit.id):
                    self._done[id, above] = max(at, self._done.get((id, above), 0))
        return sorted(found, key=lambda slot: slot[:2])

    def _doers(self, task: ScheduleTask) -> list[Unit]:
        alike = [unit for unit in self.plan.units if unit.level == task.level]
        if task.form:
            return [unit for unit in alike if unit.electronic == task.form.electronic]
        if any(duty.evidence.kind == "record" for duty in task.duties):
            bodies = {race.body for race in self.plan.contests}
            return [unit for unit in alike if unit.id in bodies]
        return [unit for unit in alike if not unit.electronic]

    def _find_time(self, task: ScheduleTask, unit: Unit) -> int:
        if at := self.fixed.get((task.id, unit.id)):
            return at
        begins = [duty.since + shift(unit) for duty in task.duties if duty.since]
        ends = [duty.until + shift(unit) - DAY * duty.inclusive for duty in task.duties if duty.until]
        done = [self._when(id, unit.id) for id in task.after]
        begin = dawn(self.plan)
        if not begins and not done and ends and min(ends) <= begin + STEP:
            begin = min(ends) - 2 * DAY
        pause = 1 + crc32(f"{self.seed} {task.id} {unit.id}".encode()) % 3
        at = max([*done, *begins] or [begin])
        at += (-at) % STEP + STEP * pause
        if ends and at >= min(ends):
            raise ValueError(f"the plan leaves {unit.id} no time for {', '.join(duty.id for duty in task.duties)}")
        return at

    def _when(self, task: str, unit: str) -> int:
        """When the unit, all beneath it, or else the one above it of the task's level, have done the task."""
        near = (each for each in climb(self.units, unit) if (task, each) in self._done)
        return self._done.get((task, next(near, "")), 0)
