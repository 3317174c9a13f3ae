"""The second judges of the calendar, from timetable.md §9 to §18 alone: DUT.2 to DUT.12 of papers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.reference.coding import Record
from tests.reference.commissions import Bounds, judge_limit
from tests.reference.log import unbase64
from tests.reference.plan import states_results
from tests.reference.standing import END, Found, Standing

UNKNOWN = (-float("inf"), float("inf"))


class Owed(NamedTuple):
    """What a unit owes by a duty, and the record at which it is there, or END."""

    duty: Record
    unit: str
    contest: str
    form: str
    place: int

    @property
    def where(self) -> tuple[str, str, str, None, str, int | None]:
        """§19."""
        return self.unit, self.contest, self.form, None, self.duty["id"], self.place if self.place < END else None


class Calendar:
    """What is owed, and what is there."""

    def __init__(self, on: Standing) -> None:
        self.on, self.duties = on, {duty["id"]: duty for duty in on.plan["duties"]}
        self.owed = {duty["id"]: list(self.owes(duty)) for duty in on.plan["duties"]}
        self.there = {id: [one for one in every if one.place < END] for id, every in self.owed.items()}

    def bounds(self, place: int) -> Bounds:
        return self.on.bounds(min(place, self.on.size)) if self.on.bounds else UNKNOWN

    def owes(self, duty: Record) -> Iterator[Owed]:
        """§9."""
        on, kind, of = self.on, duty["evidence"]["kind"], duty["evidence"]["of"]
        if kind == "paper":
            for owed in on.owed(on.forms[of]):
                versions = on.fold.versions.get(owed, [])
                if versions or owed not in on.fold.entered:
                    yield Owed(duty, *owed, versions[0].place if versions else END)
            return
        level = [unit["id"] for unit in on.plan["units"] if unit["level"] == duty["level"]]
        if kind == "record":
            yield from self.results(duty, level) if of == "result" else self.registers(duty, level)
            return
        told = [one for one in on.fold.all("attestation") if one.record["duty"] == duty["id"]]
        for unit in level:
            first = [one.place for one in told if one.record["commission"] == unit]
            if not on.units[unit]["electronic"]:
                yield Owed(duty, unit, "", "", min(first, default=END))

    def results(self, duty: Record, level: list[str]) -> Iterator[Owed]:
        for id, race in self.on.races.items():
            first = [one.place for one in self.on.fold.all("result") if one.record["contest"] == id]
            if race["body"] in level:
                yield Owed(duty, race["body"], id, "", min(first, default=END))

    def registers(self, duty: Record, level: list[str]) -> Iterator[Owed]:
        for unit in level:
            listed = [one.register for one in self.on.fold.credentials.values() if one.commission == unit]
            if listed:
                yield Owed(duty, unit, "", "", min(listed))

    def contests(self, one: Owed) -> list[str]:
        return [one.contest] if one.contest else list(self.on.units[one.unit]["contests"])

    def near(self, one: Owed, id: str) -> list[Owed]:
        """§14: what is there by another duty, of the same unit, one beneath or one above, and of the same contest."""
        chain = self.on.fold.chain
        others = [other for other in self.there[id] if other.unit in chain(one.unit) or one.unit in chain(other.unit)]
        return [other for other in others if "" in {one.contest, other.contest} or one.contest == other.contest]

    def clock(self, unit: str, instant: int) -> int:
        return instant and int(instant + self.on.units[unit]["behind"] - self.on.units[unit]["ahead"])

    def end(self, one: Owed) -> tuple[int, Bounds]:
        """§10: the first second that is too late, 0 if there is none, and what is compared with it."""
        low, up = self.bounds(one.place)
        if one.duty["past"]:
            begun = [other.place for other in self.near(one, one.duty["past"])]
            if not begun:
                return 0, (low, up)
            first, last = self.bounds(max(begun))
            return one.duty["within"], (low - last, up - first)
        until = one.duty["until"]
        for decision in self.on.decisions("amend", one.place):
            named = decision.record["units"]
            if decision.record["duty"] == one.duty["id"] and (not named or one.unit in named):
                until = decision.record["until"]
        return self.clock(one.unit, until), (low, up)

    def comes_after(self, duty: Record) -> set[str]:
        """All that it comes after, near and far."""
        near = {*duty["after"], duty["past"]} - {""}
        return near.union(*(self.comes_after(self.duties[id]) for id in near))

    def is_over(self, one: Owed) -> bool:
        """§11."""
        end, (low, _) = self.end(one)
        if end:
            return low >= end
        followed = [id for id, duty in self.duties.items() if one.duty["id"] in duty["after"]]
        if any(self.near(one, id) for id in followed):
            return True
        every = [one.duty, *(self.duties[id] for id in self.comes_after(one.duty))]
        determined = {result.record["contest"] for result in self.on.fold.all("result")}
        is_last = any(duty["evidence"] == {"kind": "record", "of": "result"} for duty in every)
        return not is_last and bool(determined & set(self.contests(one)))


def judge_duties(on: Standing) -> None:
    calendar = Calendar(on)
    for rule in (presence, order, versions, publications):
        rule(calendar)
    if on.bounds is not None:
        for rule in (in_time, at_once, dates):
            rule(calendar)


def presence(calendar: Calendar) -> None:
    """§11."""
    on = calendar.on
    for id, every in calendar.owed.items():
        waiting = False
        for one in every:
            contests = calendar.contests(one)
            excused = contests and all(on.annulled(one.unit, contest) for contest in contests)
            if one.place < END or excused or (one.form and states_results(on.forms[one.form])):
                continue
            if not calendar.is_over(one):
                waiting = True
            elif one.duty["evidence"]["kind"] == "stand":
                on.found.append(Found("DUT.7", "warning", *one.where))
            else:
                on.found.append(Found("DUT.2", "error", *one.where))
        if waiting:
            on.found.append(Found("DUT.2", "information", key=id))


def in_time(calendar: Calendar) -> None:
    """§12 and §13."""
    on = calendar.on
    for id, every in calendar.there.items():
        unseen = 0.0
        for one in every:
            since, seen = calendar.clock(one.unit, one.duty["since"]), calendar.bounds(one.place)
            end, bounds = calendar.end(one)
            limits = [("from", since, seen, False), ("by", end, bounds, one.duty["inclusive"])]
            for bound, instant, (low, up), inclusive in limits:
                if not instant:
                    continue
                limit = {"bound": bound, "instant": instant, "inclusive": inclusive}
                for clause, severity in judge_limit(limit, low, up):
                    on.found.append(Found(clause, severity, *one.where))
                if low < instant <= up:
                    unseen = max(unseen, up - low)
        if unseen > on.plan["offline"]:
            on.found.append(Found("DUT.12", "warning", key=id))


def order(calendar: Calendar) -> None:
    """§14."""
    for every in calendar.there.values():
        for one in every:
            for severity, names in (("error", one.duty["after"]), ("warning", one.duty["ideally"])):
                for id in names:
                    if any(other.place > one.place for other in calendar.near(one, id)):
                        calendar.on.found.append(Found("DUT.5", severity, *one.where))


def versions(calendar: Calendar) -> None:
    """§14, of several versions."""
    on = calendar.on
    found = set()
    for above in (one for every in calendar.there.values() for one in every if one.form):
        last = on.fold.versions[above.unit, above.contest, above.form][-1].place
        for id in calendar.comes_after(above.duty):
            for one in calendar.near(above, id):
                of = one.unit, one.contest, one.form
                history = on.fold.versions.get(of, [])
                beneath = above.unit in on.fold.chain(one.unit)[1:]
                if beneath and len(history) > 1 and history[-1].place > last:
                    found.add(Found("DUT.5", "error", *of, len(history), "", history[-1].place))
    on.found += found


def at_once(calendar: Calendar) -> None:
    """§15."""
    for id, every in calendar.there.items():
        if not calendar.duties[id]["soon"]:
            continue
        for one in every:
            past = [other.place for name in one.duty["after"] for other in calendar.near(one, name)]
            if past and calendar.bounds(one.place)[1] - calendar.bounds(max(past))[0] < UNKNOWN[1]:
                calendar.on.found.append(Found("DUT.6", "information", key=id))
                break


def publications(calendar: Calendar) -> None:
    """§16."""
    for one in calendar.on.fold.all("attestation"):
        record = one.record
        kind = calendar.duties[record["duty"]]["evidence"]["kind"]
        whole = record["address"] != "" and len(unbase64(record["digest"])) == 32
        if kind == "publication" and not whole:
            found = Found("DUT.8", "warning", record["commission"], key=record["duty"], record=one.place)
            calendar.on.found.append(found)


def dates(calendar: Calendar) -> None:
    """§17 and §18."""
    on = calendar.on
    for of, history in on.fold.versions.items():
        shown = [duty for duty in on.plan["duties"] if duty["evidence"] == {"kind": "paper", "of": of[2]}]
        since = max((calendar.clock(of[0], duty["since"]) for duty in shown), default=0)
        for number, version in enumerate(history, 1):
            (low, up), held = calendar.bounds(version.posted), version.paper["held"]
            place = *of, number, "", version.place
            if held > up or (held < since and up >= since):
                on.found.append(Found("DUT.10", "error", *place))
            if low - held > on.plan["offline"]:
                on.found.append(Found("DUT.11", "warning", *place))
