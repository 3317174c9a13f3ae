"""The law's time limits, each said in two ways, and what the witnesses saw of them (specs/timetable.md §8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.desk.report.language import BISHKEK
from verifier.desk.report.section import Mark, Section, Table
from verifier.errors import Said

if TYPE_CHECKING:
    from verifier.audit.verdict import Status
    from verifier.desk.report.language import Words
    from verifier.desk.report.report import Report
    from verifier.desk.report.section import Cell
    from verifier.election.timetable import TimeLimit


def spoken(limit: TimeLimit, w: Words) -> str:
    """The time limit in both ways: by its last day or second, and by the instant that the verifier compares with."""
    if limit.bound == "from":
        return beginning(limit.instant, w)
    return end(limit.instant, w, inclusive=limit.inclusive)


def beginning(instant: int, w: Words) -> str:
    """From which second on, in both ways."""
    return w.say("timetable.from", instant=w.moment(instant))


def end(instant: int, w: Words, *, inclusive: bool) -> str:
    """By which second no more, in both ways; by the day before, if that is `inclusive`."""
    if inclusive and _is_midnight(instant):
        return w.say("timetable.inclusive", day=w.day(instant - 1), instant=w.moment(instant))
    return w.say("timetable.by", instant=w.moment(instant), last=w.moment(instant - 1))


def timetable(report: Report, w: Words) -> Section:
    """Each time limit, the law's words, and between which times the witnesses saw what it is about."""
    heads = tuple(w[f"columns.{name}"] for name in ("step", "limit", "law", "seen", "state"))
    rows = tuple(_row(limit, report, w) for limit in report.timetable)
    table = Table(w["sections.timetable"], heads, ("text",) * 5, (("", rows),))
    return Section("timetable", w["sections.timetable"], w["leads.timetable"], (table,) if rows else ())


def _row(limit: TimeLimit, report: Report, w: Words) -> tuple[Cell, ...]:
    law, seen, mark = w.text(limit.words), _seen(limit, report, w), _mark(limit, report, w)
    return f"{w[f'steps.{limit.what}']} ({limit.id})", spoken(limit, w), law, seen, mark


def _is_midnight(instant: int) -> bool:
    return (instant + int(BISHKEK.utcoffset(None).total_seconds())) % 86_400 == 0


def _seen(limit: TimeLimit, report: Report, w: Words) -> str:
    """When the record took effect that is nearest to the limit: the first if it is a beginning, the last if an end."""
    events = [event for event in report.timeline if event.step == limit.what]
    if not events:
        return w["timetable.nothing"]
    event = events[0 if limit.bound == "from" else -1]
    times = {"after": w.moment(event.after), "before": w.moment(event.before)}
    return w.say("timetable.seen", record=event.record, count=len(events), **times)


def _mark(limit: TimeLimit, report: Report, w: Words) -> Mark:
    """Whether it was kept: what was found names the limit that it is about."""
    found = any(
        line.id.startswith("DUT.") and isinstance(line.detail, Said) and line.detail.values == (limit.id,)
        for line in report.findings
    )
    taken = any(event.step == limit.what for event in report.timeline)
    skipped = any(check.id.startswith("DUT.") and check.status == "SKIPPED" for check in report.checks)
    status: Status = "FINDING" if found else "N-A" if not taken else "SKIPPED" if skipped else "PASS"
    return Mark(w[f"status.{status}"], status)
