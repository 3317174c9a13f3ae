"""What each unit owes by the plan's duties, judged by order and by the witnesses' times (specs/timetable.md §9–18)."""

from __future__ import annotations

from collections import defaultdict
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

from verifier.election.timetable import DAY, judge_beginning, judge_end
from verifier.errors import Detail, say
from verifier.paper.papers import Of
from verifier.paper.standing import END, annulled, decisions, returns, signers, under
from verifier.place import Place
from verifier.records import kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.paper.judgement import Judgement
    from verifier.paper.papers import PaperState
    from verifier.paper.plan import LegalDuty, Unit

NEVER = float("inf")


class Owed(NamedTuple):
    """What a unit owes by a duty, as a paper or of a contest or none; where it took effect, END if it is missing."""

    duty: LegalDuty
    unit: Unit
    of: Of
    since: int

    @property
    def begins(self) -> int:
        """The first second that is allowed by the unit's clock, 0 if there is none."""
        return self.duty.since and self.duty.since + self.unit.behind - self.unit.ahead

    @property
    def place(self) -> Place:
        where = Place(unit=self.of.unit, contest=self.of.contest, form=self.of.form, key=self.duty.id)
        version = 1 if self.of.form else None
        return where.within(version=version, record=self.since) if self.since < END else where


def owed(state: PaperState, duty: LegalDuty) -> Iterator[Owed]:
    """What is owed by a duty; a paper that was entered from above does not say when its unit did what it owes."""
    what, name = duty.evidence.kind, duty.evidence.of
    if what == "paper":
        form = state.forms[name]
        who = [
            Of(unit.id, race, name)
            for unit in signers(state, form)
            for race in (unit.contests if form.contest else ("",))
        ]
        first = {of: state.versions[of][0].since for of in who if of in state.versions}
        who = [of for of in who if of in first or of not in state.entered]
    elif name == "result":
        who = [Of(race.body, race.id, "") for race in state.races.values()]
        first = {Of(one.commission, one.contest, ""): since for _, since, one in reversed(state.results)}
    elif what == "record":
        first = dict(effects(state, name))
        who = list(first)
    else:
        who = [Of(unit.id, "", "") for unit in state.units.values() if not unit.electronic]
        first = {Of(one.commission, "", ""): since for _, since, one in reversed(state.attested) if one.duty == duty.id}
    for of in who:
        if state.units[of.unit].level == duty.level:
            yield Owed(duty, state.units[of.unit], of, first.get(of, END))


def effects(state: PaperState, name: str) -> Iterator[tuple[Of, int]]:
    """The records of a kind that units have posted, and at which signature each took effect."""
    for pending in state.pending.values():
        unit = getattr(pending.record, "commission", state.central)
        if kind(pending.record) == name and unit in state.units:
            signed = (pending.signers[:number] for number in range(1, len(pending.signers) + 1))
            complete = (
                some[-1].position
                for some in signed
                if pending.effective and state.is_quorum(unit, pending.record, some)
            )
            yield Of(unit, "", ""), next(complete, END)


class Calendar:
    """What is owed by each duty, what is there of it by duty and unit, and what each duty comes after, near and far."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement, self.state = judgement, judgement.state
        self.duties = {duty.id: duty for duty in judgement.plan.duties}
        self.owed = {duty.id: list(owed(self.state, duty)) for duty in self.duties.values()}
        self.present = [one for each in self.owed.values() for one in each if one.since < END]
        self.there: defaultdict[tuple[str, str], list[Owed]] = defaultdict(list)
        for one in self.present:
            self.there[one.duty.id, one.unit.id].append(one)
        nearest = {duty.id: {*duty.after, duty.past} - {""} for duty in self.duties.values()}
        self.before: dict[str, set[str]] = {}
        for id in TopologicalSorter(nearest).static_order():
            self.before[id] = nearest[id].union(*(self.before[each] for each in nearest[id]))

    def bounds(self, record: int) -> tuple[float, float]:
        """The witnesses' bounds of a record; when they looked last, they did not see what is missing."""
        return self.judgement.bounds(record) if self.judgement.bounds else (-NEVER, NEVER)

    def chain(self, unit: Unit) -> list[Unit]:
        """The unit, and those above it."""
        return [unit, *(self.chain(self.state.units[unit.above]) if unit.above else ())]

    def near(self, unit: Unit, level: str) -> list[str]:
        """The unit itself, those beneath it or the one above it, whichever is of this level."""
        found = [id for id in under(self.state, unit.id) if self.state.units[id].level == level]
        return found or [one.id for one in self.chain(unit) if one.level == level]

    def related(self, one: Owed, id: str) -> list[Owed]:
        """What is there by another duty, of the units near this one, and of its contest if both are of contests."""
        others = (other for near in self.near(one.unit, self.duties[id].level) for other in self.there[id, near])
        return [other for other in others if not one.of.contest or other.of.contest in {"", one.of.contest}]

    def end(self, one: Owed) -> tuple[Detail, int, float, float]:
        """Its time limit by name, the first second too late, 0 for none, and the bounds to compare with that.

        With `past` all of them count from what it is past.
        """
        duty, unit, (low, up), name, until = one.duty, one.unit, self.bounds(one.since), one.duty.id, one.duty.until
        if duty.past:
            begun = [other.since for other in self.related(one, duty.past)]
            first, last = self.bounds(max(begun, default=END))
            return name, duty.within if begun else 0, low - last, up - first
        if duty.limit:
            limits = self.state.manifest.timetable if self.state.manifest else ()
            return name, sum(one.instant for one in limits if (one.id, one.bound) == (duty.limit, "by")), low, up
        told: Detail = name
        for _, _, decision in decisions(self.state, one.since):
            if (decision.what, decision.duty) == ("amend", name) and unit.id in (decision.units or (unit.id,)):
                told, until = say("{}, moved from {} to {}", name, duty.until, decision.until), decision.until
        return told, until and until + unit.behind - unit.ahead, low, up

    def is_over(self, one: Owed) -> bool:
        """Whether what is missing should be there: by its time, or as what follows it is, or as there is a result."""
        _, until, low, _ = self.end(one)
        if until:
            return low >= until
        after = (duty for duty in self.duties.values() if one.duty.id in duty.after)
        followed = any(self.there[duty.id, near] for duty in after for near in self.near(one.unit, duty.level))
        ends = {duty.id for duty in self.duties.values() if duty.evidence.of == "result"}
        races = {one.of.contest} if one.of.contest else set(one.unit.contests)
        ended = ends.isdisjoint({one.duty.id, *self.before[one.duty.id]}) and any(
            r.record.contest in races for r in self.state.results
        )
        return followed or ended

    def is_excused(self, one: Owed) -> bool:
        """Whether another clause asks for what is missing (PRT.17), or the unit is annulled."""
        races = [one.of.contest] if one.of.contest else one.unit.contests
        voided = races and all(one.unit.id in annulled(self.state, race) for race in races)
        return bool(voided) or any(form.id == one.of.form for form in returns(self.state, one.unit.level))


def judge_duties(judgement: Judgement) -> None:
    """Find what is missing, out of order, late, early, or not shown to be in time (DUT.2 to DUT.12)."""
    calendar = Calendar(judgement)
    for duty in judgement.plan.duties:
        judge_presence(calendar, duty)
        if judgement.bounds:
            judge_times(calendar, duty)
            judge_delay(calendar, duty)
    for one in calendar.present:
        judge_order(calendar, one)
    judge_versions(calendar)
    judge_publications(calendar)
    if judgement.bounds:
        judge_dates(calendar)


def judge_presence(calendar: Calendar, duty: LegalDuty) -> None:
    """What a duty asks for is there (DUT.2); what hangs on a stand is attested to, which verifies nothing (DUT.7)."""
    judgement, waiting, every = calendar.judgement, 0, calendar.owed[duty.id]
    judgement.counts["DUT.7" if duty.evidence.kind == "stand" else "DUT.2"] += len(every)
    for one in (one for one in every if one.since == END and not calendar.is_excused(one)):
        if not calendar.is_over(one):
            waiting += 1
        elif duty.evidence.kind == "stand":
            judgement.find("DUT.7", "warning", one.place, "nobody has attested to this, and its time is over")
        else:
            judgement.find("DUT.2", "error", one.place, "this is not on the log, and its time is over")
    if waiting:
        said = say("not on the log yet, while there is time: {} of {}", waiting, len(every))
        judgement.find("DUT.2", "information", Place(key=duty.id), said)


def judge_times(calendar: Calendar, duty: LegalDuty) -> None:
    """It came neither too late (DUT.3, DUT.9) nor too early (DUT.4), and witnesses were looking then (DUT.12)."""
    judgement, gaps = calendar.judgement, list[float]()
    for one in (one for one in calendar.owed[duty.id] if one.since < END and not duty.limit):
        (name, until, *_), (low, up) = calendar.end(one), calendar.bounds(one.since)
        if one.begins:
            judge_beginning(duty.id, one.begins, one.place, low, up, judgement)
            gaps.append(up - low if low < one.begins <= up else 0)
        *_, low, up = calendar.end(one)
        if until:
            judge_end(name, until, until - DAY * duty.inclusive, one.place, low, up, judgement)
            gaps.append(up - low if low < until <= up else 0)
    judgement.counts["DUT.12"] += len(gaps)
    if max(gaps, default=0) > judgement.plan.offline:
        said = say("the witnesses did not see the board around this for more than {} seconds", judgement.plan.offline)
        judgement.find("DUT.12", "warning", Place(key=duty.id), said)


def judge_delay(calendar: Calendar, duty: LegalDuty) -> None:
    """How long it took in the slowest unit where the law says at once: between which seconds (DUT.6)."""
    took = []
    for one in calendar.owed[duty.id] if duty.soon else ():
        past = [other.since for id in duty.after for other in calendar.related(one, id)]
        (began, begun), (low, up) = calendar.bounds(max(past, default=END)), calendar.bounds(one.since)
        if up - began < NEVER:
            took.append((int(max(0, low - begun)), int(up - began), one.unit.id))
    calendar.judgement.counts["DUT.6"] += len(took)
    if took:
        said = say("what is due at once took {} to {} seconds in {}, the slowest", *max(took))
        calendar.judgement.find("DUT.6", "information", Place(key=duty.id), said)


def judge_order(calendar: Calendar, one: Owed) -> None:
    """What it comes after was on the log before it (DUT.5)."""
    for id in (*one.duty.after, *one.duty.ideally):
        calendar.judgement.counts["DUT.5"] += 1
        if late := [other for other in calendar.related(one, id) if other.since > one.since]:
            said = say("{} of {} came after this, and {} more did", id, late[0].unit.id, len(late) - 1)
            calendar.judgement.find("DUT.5", "error" if id in one.duty.after else "warning", one.place, said)


def judge_versions(calendar: Calendar) -> None:
    """No paper has a version that came after what a unit above has made of an earlier one (DUT.5)."""
    versions, newer = calendar.state.versions, dict[Place, Owed]()
    for one in (one for one in calendar.present if one.of.form):
        for other in (
            other for id in calendar.before[one.duty.id] for other in calendar.related(one, id) if other.of.form
        ):
            *earlier, last = versions[other.of]
            if earlier and one.unit in calendar.chain(other.unit)[1:] and last.since > versions[one.of][-1].since:
                newer[other.place.within(key="", version=len(earlier) + 1, record=last.since)] = one
    for where, one in newer.items():
        said = say("{} of {} was made of an earlier version, and has not been made anew", one.duty.id, one.unit.id)
        calendar.judgement.find("DUT.5", "error", where, said)


def judge_publications(calendar: Calendar) -> None:
    """What is said to be published has an address, and the digest of what is there (DUT.8)."""
    for _, since, told in calendar.state.attested:
        if calendar.duties[told.duty].evidence.kind == "publication":
            calendar.judgement.counts["DUT.8"] += 1
            if not told.address or len(told.digest) != 32:
                where = Place(unit=told.commission, key=told.duty, record=since)
                calendar.judgement.find(
                    "DUT.8", "warning", where, "this has no address, or no SHA-256 of what is there"
                )


def judge_dates(calendar: Calendar) -> None:
    """A paper is not dated after the witnesses saw it nor too early (DUT.10), and was not long under way (DUT.11)."""
    judgement, begins = calendar.judgement, dict[Of, int]()
    for one in calendar.present:
        begins[one.of] = max(begins.get(one.of, 0), one.begins)
    for of, history in calendar.state.versions.items():
        for number, (_, posted, since, paper) in enumerate(history, 1):
            where = Place(unit=of.unit, contest=of.contest, form=of.form, version=number, record=since)
            (low, up), held, earliest = calendar.bounds(posted), paper.held, begins.get(of, 0)
            judgement.counts.update({"DUT.10": 1, "DUT.11": 1})
            if held > up:
                judgement.find(
                    "DUT.10", "error", where, say("dated {} seconds after the witnesses saw it", held - int(up))
                )
            elif held < earliest <= up:
                judgement.find("DUT.10", "error", where, say("dated {} seconds before it was allowed", earliest - held))
            if low - held > judgement.plan.offline:
                said = say("dated {} seconds before it came to the board, or more", int(low - held))
                judgement.find("DUT.11", "warning", where, said)
