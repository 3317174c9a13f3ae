"""The law's time limits: their form, and what is judged by them and the witnesses' times (specs/timetable.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import permutations, product
from typing import Literal

from verifier.errors import Detail, say
from verifier.place import Place
from verifier.records import Id, Number, Part, Text
from verifier.rule import Findings

DAY = 86_400  # seconds
MOST_LIMITS = 32
Between = Callable[[int], tuple[float, float]]  # the witnesses' bounds of a record's time (specs/log.md §6.5)
Limited = Literal["register", "opening", "override", "close", "freeze", "tally"]


class TimeLimit(Part, frozen=True):
    """`from` which second, or `by` which one no more, the law lets records of a kind take effect (specs/timetable.md).

    `instant` is this second, in POSIX time. `inclusive` says that the law names a day, and that the day was read as
    included; by the strict reading the time is over a day earlier. `words` are the law's own.
    """

    id: Id
    what: Limited
    bound: Literal["from", "by"]
    instant: Number
    inclusive: bool
    words: Text


def find_contradictions(timetable: tuple[TimeLimit, ...]) -> Iterator[Detail]:
    """What keeps the time limits from being consistent (§2)."""
    if len(timetable) > MOST_LIMITS:
        yield say("its timetable has {} time limits, {} at most", len(timetable), MOST_LIMITS)
    for limit in timetable:
        if limit.inclusive and limit.bound == "from":
            yield say("{} begins at a second: no day of it can be read as included", limit.id)
    for one, other in permutations(timetable, 2):
        if (one.what, one.bound, other.bound) == (other.what, "from", "by") and one.instant >= other.instant:
            yield say("{} begins when {} is over", one.id, other.id)


def judge_timetable(
    timetable: Iterable[TimeLimit], steps: Iterable[tuple[str, int]], between: Between, notes: Findings
) -> None:
    """Find what took effect, of a kind at a record, too late or too early, or is not shown to have been in time."""
    for limit, (step, record) in product(timetable, steps):
        if step == limit.what and limit.bound == "from":
            judge_beginning(limit.id, limit.instant, Place(record=record), *between(record), notes)
        elif step == limit.what:
            strict = limit.instant - DAY * limit.inclusive
            judge_end(limit.id, limit.instant, strict, Place(record=record), *between(record), notes)


def judge_end(limit: Detail, instant: int, strict: int, where: Place, low: float, up: float, notes: Findings) -> None:
    """It was there before `instant` (DUT.3), and before `strict` if the last day is read as not included (DUT.9)."""
    notes.counts.update({"DUT.3": 1, "DUT.9": strict < instant})
    if low >= instant:
        notes.find("DUT.3", "error", where, say("{} was over, and the witnesses had not seen this yet", limit))
    elif up >= instant:
        notes.find("DUT.3", "warning", where, say("the witnesses do not show that this was in time for {}", limit))
    elif up >= strict:
        said = say("the witnesses show that this was in time for {} only if its last day is included", limit)
        notes.find("DUT.9", "information", where, said)


def judge_beginning(limit: Detail, instant: int, where: Place, low: float, up: float, notes: Findings) -> None:
    """It was not there before `instant` (DUT.4)."""
    notes.counts["DUT.4"] += 1
    if up < instant:
        notes.find("DUT.4", "error", where, say("the witnesses saw this before {} began", limit))
    elif low < instant:
        notes.find("DUT.4", "warning", where, say("the witnesses do not show that {} had begun", limit))
