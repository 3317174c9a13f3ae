"""What each unit owes by the plan's duties, judged by order and by the witnesses' times (specs/timetable.md §9–18)."""

from collections import defaultdict
from collections.abc import Iterator
from graphlib import TopologicalSorter
from itertools import product
from typing import NamedTuple

from verifier.election.timetable import DAY, judge_beginning, judge_end
from verifier.errors import say
from verifier.paper.papers import Of
from verifier.paper.plan import LegalDuty, Unit
from verifier.paper.standing import END, Judgement, Papers
from verifier.place import Place

NEVER = float("inf")


class Owed(NamedTuple):
    """What a unit owes by a duty, as a paper or of a contest or none; where it took effect, END if it is missing."""

    duty: LegalDuty
    unit: Unit
    of: Of
    since: int

    @property
    def place(self) -> Place:
        return self.of.place(record=self.since if self.since < END else None, key=self.duty.id)

    @property
    def races(self) -> tuple[str, ...]:
        return (self.of.contest,) if self.of.contest else self.unit.contests


def dues(state: Papers, duty: LegalDuty) -> Iterator[Owed]:
    """What is owed by a duty; a paper that was entered from above does not say when its unit did what it owes."""
    what, name = duty.evidence.kind, duty.evidence.of
    if what == "paper":
        who = list(state.owed(state.forms[name]))
        first = {of: state.versions[of][0].since for of in who if of in state.versions}
        who = [of for of in who if of in first or of not in state.entered]
    elif name == "result":
        who = [Of(race.body, race.id, "") for race in state.races.values()]
        first = {Of(one.commission, one.contest, ""): since for _, since, one in reversed(state.results)}
    elif name == "register":
        first = {Of(one.commission, "", ""): one.register for one in reversed(state.credentials.sources())}
        who = [of for of in first if of.unit in state.units]
    else:
        who = [Of(unit.id, "", "") for unit in state.units.values() if not unit.electronic]
        first = {Of(one.commission, "", ""): since for _, since, one in reversed(state.attested) if one.duty == duty.id}
    for of in who:
        if state.units[of.unit].level == duty.level:
            yield Owed(duty, state.units[of.unit], of, first.get(of, END))


class Calendar:
    """What is owed by each duty, what is there of it by duty and unit, and what each duty comes after, near and far."""

    def __init__(self, notes: Judgement) -> None:
        self.notes, self.state = notes, notes.state
        self.bounds = notes.bounds or (lambda _record: (-NEVER, NEVER))
        self.duties = {duty.id: duty for duty in notes.plan.duties}
        self.near: defaultdict[tuple[str, str], list[str]] = defaultdict(list)  # by unit and level: above or beneath
        for unit in self.state.units.values():
            for above in self.state.above(unit.id)[1:]:
                self.near[unit.id, self.state.units[above].level].append(above)
                self.near[above, unit.level].append(unit.id)
            self.near[unit.id, unit.level] = [unit.id]
        self.returned = {form.id for form in self.state.returns()}
        self.owed = {duty.id: list(dues(self.state, duty)) for duty in self.duties.values()}
        self.present = {id: [one for one in each if one.since < END] for id, each in self.owed.items()}
        self.every = [one for each in self.present.values() for one in each]
        self.there: defaultdict[tuple[str, str], list[Owed]] = defaultdict(list)
        for one in self.every:
            self.there[one.duty.id, one.unit.id].append(one)
        nearest = {duty.id: {*duty.after, duty.past} - {""} for duty in self.duties.values()}
        self.before: dict[str, set[str]] = {}
        for id in TopologicalSorter(nearest).static_order():
            self.before[id] = nearest[id].union(*(self.before[each] for each in nearest[id]))

    def related(self, one: Owed, id: str) -> list[Owed]:
        """What is there by another duty, of the units near this one, and of its contest if both are of contests."""
        others = (other for near in self.near[one.unit.id, self.duties[id].level] for other in self.there[id, near])
        return [other for other in others if not one.of.contest or other.of.contest in {"", one.of.contest}]

    def end(self, one: Owed) -> tuple[int, tuple[float, float]]:
        """The first second that is too late for it, 0 if there is none, and the bounds to compare with that."""
        duty, (low, up) = one.duty, self.bounds(one.since)
        if duty.past:
            begun = [other.since for other in self.related(one, duty.past)]
            first, last = self.bounds(max(begun, default=END))
            return duty.within if begun else 0, (low - last, up - first)
        return self.state.end(duty, one.unit, one.since) if duty.until else 0, (low, up)

    def is_over(self, one: Owed) -> bool:
        """Whether what is missing should be there: by its time, or as what follows it is, or as there is a result."""
        until, (low, _) = self.end(one)
        if until:
            return low >= until
        followed = any(self.related(one, duty.id) for duty in self.duties.values() if one.duty.id in duty.after)
        past = {self.duties[id].evidence.of for id in (one.duty.id, *self.before[one.duty.id])}
        declared = any(result.record.contest in one.races for result in self.state.results)
        return followed or (declared and "result" not in past)

    def is_excused(self, one: Owed) -> bool:
        """Whether another clause asks for what is missing (PRT.17), or the unit is annulled."""
        asked = one.of.form in self.returned
        return asked or (one.races != () and all(one.unit.id in self.state.annulled(race) for race in one.races))


def judge_duties(notes: Judgement) -> None:
    """Find what is missing, out of order, late, early, or not shown to be in time (DUT.2 to DUT.12)."""
    calendar = Calendar(notes)
    for duty in notes.plan.duties:
        judge_presence(calendar, duty)
        judge_order(calendar, duty)
    judge_versions(calendar)
    judge_publications(calendar)
    if notes.bounds:
        for duty in notes.plan.duties:
            judge_times(calendar, duty)
            judge_delay(calendar, duty)
        judge_dates(calendar)


def judge_presence(calendar: Calendar, duty: LegalDuty) -> None:
    """What a duty asks for is there (DUT.2); what hangs on a stand is attested to, which verifies nothing (DUT.7)."""
    notes, every, on_stand = calendar.notes, calendar.owed[duty.id], duty.evidence.kind == "stand"
    notes.counts["DUT.7" if on_stand else "DUT.2"] += len(every)
    missing = [one for one in every if one.since == END and not calendar.is_excused(one)]
    for one in (over := [one for one in missing if calendar.is_over(one)]):
        if on_stand:
            notes.find("DUT.7", "warning", one.place, "nobody has attested to this, and its time is over")
        else:
            notes.find("DUT.2", "error", one.place, "this is not on the log, and its time is over")
    if waiting := len(missing) - len(over):
        said = say("not on the log yet, while there is time: {} of {}", waiting, len(every))
        notes.find("DUT.2", "information", Place(key=duty.id), said)


def judge_times(calendar: Calendar, duty: LegalDuty) -> None:
    """It came neither too late (DUT.3, DUT.9) nor too early (DUT.4), and witnesses were looking then (DUT.12)."""
    notes, gaps = calendar.notes, list[float]()
    for one in calendar.present[duty.id]:
        since, until = one.unit.by_its_clock(duty.since), one.unit.by_its_clock(duty.until)
        (by, ends), seen = calendar.end(one), calendar.bounds(one.since)
        told = duty.id if duty.past or by == until else say("{}, moved from {} to {}", duty.id, until, by)
        if since:
            judge_beginning(duty.id, since, one.place, *seen, notes)
        if by:
            judge_end(told, by, by - DAY * duty.inclusive, one.place, *ends, notes)
        gaps += [up - low for at, (low, up) in ((since, seen), (by, ends)) if at and low < at <= up]
        notes.counts["DUT.12"] += bool(since) + bool(by)
    if max(gaps, default=0) > notes.plan.offline:
        said = say("the witnesses did not see the board around this for more than {} seconds", notes.plan.offline)
        notes.find("DUT.12", "warning", Place(key=duty.id), said)


def judge_delay(calendar: Calendar, duty: LegalDuty) -> None:
    """How long it took in the slowest unit where the law says at once: between which seconds (DUT.6)."""
    took: list[tuple[int, int, str]] = []
    for one in calendar.present[duty.id] if duty.soon else ():
        if past := [other.since for id in duty.after for other in calendar.related(one, id)]:
            (began, begun), (low, up) = calendar.bounds(max(past)), calendar.bounds(one.since)
            took += [(int(max(0, low - begun)), int(up - began), one.unit.id)] if up - began < NEVER else []
    calendar.notes.counts["DUT.6"] += len(took)
    if took:
        said = say("what is due at once took {} to {} seconds in {}, the slowest", *max(took))
        calendar.notes.find("DUT.6", "information", Place(key=duty.id), said)


def judge_order(calendar: Calendar, duty: LegalDuty) -> None:
    """What each comes after was on the log before it (DUT.5)."""
    for one, id in calendar.notes.asking(product(calendar.present[duty.id], (*duty.after, *duty.ideally)), "DUT.5"):
        if late := [other.unit.id for other in calendar.related(one, id) if other.since > one.since]:
            said = say("{} of {} came after this", id, late[0])
            said = say("{} of {} came after this, and {} more did", id, late[0], len(late) - 1) if late[1:] else said
            calendar.notes.find("DUT.5", "error" if id in duty.after else "warning", one.place, said)


def judge_versions(calendar: Calendar) -> None:
    """No paper has a version that came after what a unit above has made of an earlier one (DUT.5)."""
    versions, newer = calendar.state.versions, dict[Place, Owed]()
    for other in (other for other in calendar.every if len(versions.get(other.of, ())) > 1):
        history, above = versions[other.of], calendar.state.above(other.unit.above)
        later = (id for id in calendar.duties if other.duty.id in calendar.before[id])
        for one in (one for id, unit in product(later, above) for one in calendar.there[id, unit] if one.of.form):
            concerned = not one.of.contest or other.of.contest in {"", one.of.contest}
            if concerned and history[-1].since > versions[one.of][-1].since:
                newer[other.of.place(version=len(history), record=history[-1].since)] = one
    for where, one in newer.items():
        said = say("{} of {} was made of an earlier version, and has not been made anew", one.duty.id, one.unit.id)
        calendar.notes.find("DUT.5", "error", where, said)


def judge_publications(calendar: Calendar) -> None:
    """What is said to be published has an address, and the digest of what is there (DUT.8)."""
    told = (one for one in calendar.state.attested if calendar.duties[one.record.duty].evidence.kind == "publication")
    for _, since, record in calendar.notes.asking(told, "DUT.8"):
        if not record.address or len(record.digest) != 32:
            where = Place(unit=record.commission, key=record.duty, record=since)
            calendar.notes.find("DUT.8", "warning", where, "this has no address or no SHA-256")


def judge_dates(calendar: Calendar) -> None:
    """A paper is not dated after the witnesses saw it nor too early (DUT.10), and was not long under way (DUT.11)."""
    notes, begins = calendar.notes, dict[Of, int]()
    for one in calendar.every:
        begins[one.of] = max(begins.get(one.of, 0), one.unit.by_its_clock(one.duty.since))
    for of, history in calendar.state.versions.items():
        for number, (_, posted, since, paper) in enumerate(notes.asking(history, "DUT.10", "DUT.11"), 1):
            where, earliest = of.place(version=number, record=since), begins.get(of, 0)
            (low, up), held = calendar.bounds(posted), paper.held
            if held > up:
                notes.find("DUT.10", "error", where, say("dated {} seconds after it was seen", held - int(up)))
            elif held < earliest <= up:
                notes.find("DUT.10", "error", where, say("dated {} seconds before it was allowed", earliest - held))
            if low - held > notes.plan.offline:
                notes.find("DUT.11", "warning", where, say("not seen {} seconds after its date", int(low - held)))
