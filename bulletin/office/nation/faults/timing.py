"""Faults of time: late, early, out of order, not done, not seen (27 to 35)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bulletin.office.nation.chronicle import Cue
from bulletin.office.nation.drafts import SLOW
from bulletin.office.nation.faults.fault import AFTER, Bending, NotPlanned, alter, papers_of, return_of
from bulletin.office.nation.faults.ledger import Expected
from bulletin.office.nation.schedule import STEP, shift
from verifier.paper.papers import Of
from verifier.place import Place

if TYPE_CHECKING:
    from bulletin.office.nation.script import Script
    from verifier.paper.plan import Form, LegalDuty

HOUR = 3_600
LATE = 43 * 60


def _dated(script: Script, unit: str, *, preliminary: bool) -> tuple[Form, LegalDuty, int]:
    """A form whose papers have an end, the duty that says so, and the first second that is too late for the unit."""
    for form, duty in papers_of(script, unit):
        if duty.until and not duty.inclusive and (form.stage == "preliminary") == preliminary:
            return form, duty, duty.until + shift(script.units[unit])
    raise NotPlanned("a paper of precincts that has a time limit")


def _of(script: Script, unit: str, form: Form) -> Of:
    return Of(unit, script.units[unit].contests[0] if form.contest else "", form.id)


def report_late(script: Script, unit: str) -> Bending:
    """The scanner's report comes 43 minutes after its time."""
    return (yield from _be_late(script, unit, preliminary=True, by=LATE))


def hand_over_late(script: Script, unit: str) -> Bending:
    """The papers are handed over when their time has been over for hours."""
    return (yield from _be_late(script, unit, preliminary=False, by=4 * HOUR))


def _be_late(script: Script, unit: str, *, preliminary: bool, by: int) -> Bending:
    form, duty, end = _dated(script, unit, preliminary=preliminary)
    script.schedule.fixed[form.id, unit] = end + by + (-by - end) % STEP
    yield
    ledger = yield
    where = ledger.due(_of(script, unit, form), duty.id)
    return {Expected("DUT.3", "error", where)}


def blind(script: Script, unit: str) -> Bending:
    """The witnesses do not see the board when the papers are handed over, until long after their time."""
    form, duty, end = _dated(script, unit, preliminary=False)
    begin = end - 2 * STEP
    script.schedule.fixed[form.id, unit] = end - STEP
    script.besides += [begin, end + script.plan.offline + HOUR]
    script.blind.append(range(begin + 1, end + script.plan.offline + HOUR))
    yield
    ledger = yield
    where = ledger.due(_of(script, unit, form), duty.id)
    return {Expected("DUT.3", "warning", where), Expected("DUT.12", "warning", Place(key=duty.id))}


def hurry(script: Script, unit: str) -> Bending:
    """The protocol, and all that comes before it, is made an hour before the polls close."""
    form, of, _ = return_of(script, unit)
    early = _before(script, form.id, script.units[unit].level)
    duties = [(task, duty) for task in early for duty in script.schedule.tasks[task].duties if duty.since]
    if form.id not in {task for task, _ in duties}:
        raise NotPlanned("a return that may not be made before a certain time")
    begin = min(duty.since for _, duty in duties) + shift(script.units[unit]) - HOUR
    for place, task in enumerate(early):
        script.schedule.fixed[task, unit] = begin + begin % STEP + STEP * place
    yield
    ledger = yield
    places = [ledger.due(of if task == form.id else Of(unit, "", task), duty.id) for task, duty in duties]
    return {Expected("DUT.4", "error", where) for where in places}


def _before(script: Script, task: str, level: str) -> list[str]:
    """A task and all papers of the level that come before it, in their order."""
    tasks, found = script.schedule.tasks, {task}
    for _ in tasks:
        found |= {id for each in found for id in tasks[each].after if tasks[id].level == level and tasks[id].form}
    return sorted(found, key=script.schedule.ranks.__getitem__)


def date_ahead(script: Script, unit: str) -> Bending:
    """The protocol is dated an hour after the witnesses saw it."""
    _, of, cue = return_of(script, unit)
    yield
    alter(script.scenes[cue], lambda paper: replace(paper, held=paper.held + SLOW + HOUR))
    ledger = yield
    return {Expected("DUT.10", "error", ledger.place(of))}


def stay_offline(script: Script, unit: str) -> Bending:
    """The protocol lies an hour longer than it may before it comes to the board."""
    form, of, cue = return_of(script, unit)
    begin = max([duty.since for duty in script.owing(form.id) if duty.since] or [0]) + shift(script.units[unit])
    if begin <= 0:
        raise NotPlanned("a return that may not be made before a certain time")
    at = begin + script.plan.offline + 2 * HOUR
    script.schedule.fixed[form.id, unit] = at
    script.besides.append(at - STEP)
    yield
    held = at - script.plan.offline - HOUR
    alter(script.scenes[cue], lambda paper: replace(paper, held=held))
    ledger = yield
    return {Expected("DUT.11", "warning", ledger.place(of))}


def disorder(script: Script, unit: str) -> Bending:
    """What comes last before the protocol is made after it."""
    form, of, cue = return_of(script, unit)
    level = script.units[unit].level
    done = {duty.id: task.id for task in script.schedule.tasks.values() for duty in task.duties}
    before = [
        (script.schedule.ranks[done[id]], done[id], duty.id)
        for duty in script.owing(form.id)
        for id in duty.after
        if id in done and script.duties[id].level == level and script.schedule.tasks[done[id]].form
    ]
    if not before:
        raise NotPlanned("a return that comes after another paper")
    _, task, duty = max(before)
    yield
    first, later = script.scenes[cue], script.scenes[Cue(task, unit)]
    later.at, later.rank = first.at, first.rank + AFTER
    ledger = yield
    return {Expected("DUT.5", "error", ledger.due(of, duty))}


def lose_register(script: Script, unit: str) -> Bending:
    """There is no register of copies."""
    form, duty = next(
        ((form, duty) for form, duty in papers_of(script, unit) if "refused" in {line.key for line in form.lines}),
        (None, None),
    )
    if form is None or duty is None:
        raise NotPlanned("a duty to keep a register of copies")
    yield
    del script.scenes[Cue(form.id, unit)]
    yield
    return {Expected("DUT.2", "error", Place(unit=unit, form=form.id, key=duty.id))}


def leave_stand(script: Script, unit: str) -> Bending:
    """Nobody attests to what should hang on the stand."""
    level = script.units[unit].level
    duty = next((duty for duty in script.plan.duties if (duty.level, duty.evidence.kind) == (level, "stand")), None)
    if duty is None:
        raise NotPlanned("a stand of the unit")
    yield
    del script.scenes[Cue(duty.id, unit)]
    yield
    return {Expected("DUT.7", "warning", Place(unit=unit, key=duty.id))}
