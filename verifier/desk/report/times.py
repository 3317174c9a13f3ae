"""The time line in a language: a table of all steps, and bars for the chief ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.desk.report.section import Bar, Chart, Paragraph, Piece, Section, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.desk.report.events import Dated
    from verifier.desk.report.language import Words
    from verifier.desk.report.report import Report

OFTEN = ("register", "override", "mix", "share")  # steps of which the chart shows the first and the last
MOST = 100  # steps that the table tells one by one; of more it shows what the chart shows


def chronicle(report: Report, w: Words) -> Section:
    """When each step happened, by the witnesses' time stamps."""
    titles = {result.contest: w.text(result.title) for result in report.results}
    heads = tuple(w[f"columns.{name}"] for name in ("step", "record", "after", "before"))
    chief = _chief(report.timeline, w)
    told = [(_said(event, titles, w), event) for event in report.timeline]
    rows = tuple(
        (said, w.number(event.record), w.time(event.after), w.time(event.before))
        for said, event in (told if len(told) <= MOST else chief)
    )
    table = Table(w["labels.times"], heads, ("text", "number", "number", "number"), (("", rows),))
    first, last = _ends(report.timeline)
    bars = tuple(_bar(said, event, first, last) for said, event in chief)
    spans = "; ".join(
        w.say("labels.span", step=said, after=w.time(event.after), before=w.time(event.before)) for said, event in chief
    )
    chart = Chart(w["labels.times"], w.say("labels.axis", rows=spans), bars, (w.time(first), w.time(last)))
    witnessed = any(event.before is not None for event in report.timeline)
    parts: tuple[Piece, ...] = (chart, table) if witnessed else (Paragraph(w["leads.unwitnessed"]), table)
    return Section("timeline", w["sections.timeline"], w["leads.timeline"], parts if rows else ())


def _said(event: Dated, titles: dict[str, str], w: Words) -> str:
    return w.say(f"steps.{event.step}", by=event.by, contest=titles.get(event.contest, event.contest))


def _chief(events: Sequence[Dated], w: Words) -> list[tuple[str, Dated]]:
    """The steps that happen once, and the first and the last of the others, by record."""
    chief = [(w.name("steps", event.step), event) for event in events if event.step not in OFTEN]
    for step in OFTEN:
        found = [event for event in events if event.step == step]
        chief += [(w[f"steps.first {step}"], event) for event in found[:1]]
        chief += [(w[f"steps.last {step}"], event) for event in found[1:][-1:]]
    return sorted(chief, key=lambda one: one[1].record)


def _ends(events: Sequence[Dated]) -> tuple[int, int]:
    """The first and the last moment that witnesses saw."""
    seen = [time for event in events for time in (event.after, event.before) if time is not None]
    return min(seen, default=0), max(seen, default=0)


def _bar(label: str, event: Dated, first: int, last: int) -> Bar:
    """From the earliest to the latest time that is possible; what is not shown is possible to the end."""
    after = first if event.after is None else event.after
    before = last if event.before is None else event.before
    length = max(1, last - first)
    return Bar(label, "", (after - first) / length, (before - first) / length)
