"""What the timetable asks of a record that takes effect, judged by the times of the witnesses (specs/timetable.md)."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from verifier.errors import say
from verifier.place import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.audit.timeline import Witnessed
    from verifier.audit.verdict import Notes
    from verifier.election.manifest import TimeLimit

DAY = 86_400  # seconds


def judge_duties(timetable: Sequence[TimeLimit], witnessed: Witnessed, notes: Notes) -> None:
    """Find what took effect too late or too early, or is not shown to have been in time."""
    for limit, event in product(timetable, notes.timeline.steps):
        if event.step == limit.what:
            check = check_end if limit.bound == "by" else check_beginning
            check(limit, Place(record=event.record), *witnessed.bounds(event.record), notes)


def check_end(limit: TimeLimit, where: Place, low: float, up: float, notes: Notes) -> None:
    """It was there before `instant` (DUT.3), and a day earlier if the last day is read as not included (DUT.9)."""
    notes.counts.update({"DUT.3": 1, "DUT.9": limit.inclusive})
    if low >= limit.instant:
        notes.find("DUT.3", "error", where, say("{} was over, and the witnesses had not seen this yet", limit.id))
    elif up >= limit.instant:
        notes.find("DUT.3", "warning", where, say("the witnesses do not show that this was in time for {}", limit.id))
    elif limit.inclusive and up >= limit.instant - DAY:
        said = say("the witnesses show that this was in time for {} only if its last day is included", limit.id)
        notes.find("DUT.9", "information", where, said)


def check_beginning(limit: TimeLimit, where: Place, low: float, up: float, notes: Notes) -> None:
    """It was not there before `instant` (DUT.4)."""
    notes.counts["DUT.4"] += 1
    if up < limit.instant:
        notes.find("DUT.4", "error", where, say("the witnesses saw this before {} began", limit.id))
    elif low < limit.instant:
        notes.find("DUT.4", "warning", where, say("the witnesses do not show that {} had begun", limit.id))
