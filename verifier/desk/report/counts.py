"""The results in a language: the announced figures beside the recounted ones, and what errors in papers weigh."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from verifier.desk.report.language import NBSP
from verifier.desk.report.names import ambiguous
from verifier.desk.report.section import (
    Bar,
    Cell,
    Chart,
    ContestResult,
    Facts,
    Look,
    Mark,
    Paragraph,
    Piece,
    Section,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from verifier.desk.report.language import Words
    from verifier.desk.report.report import Report
    from verifier.desk.report.results import Result
    from verifier.desk.report.weights import Weighed
    from verifier.records import Text

FIGURES = ("counted", "valid", "invalid")
ROWS = 30  # options that a screen or a sheet shows
NUMBER: Look = "number"


def results(report: Report, w: Words) -> Section:
    """Every contest with its figures."""
    parts: list[Piece] = [_contest(result, report, w) for result in report.results]
    parts += [_withheld(contest.title, contest.counted, w) for contest in report.withheld]
    return Section("results", w["sections.results"], w[f"announced.{report.announced}"], tuple(parts))


def results_briefly(report: Report, w: Words) -> Section:
    """What fits on a screen: the figures that differ if the log is rejected, else those of the first contests."""
    rejected, parts, rows = report.verdict == "rejected", [], 0
    for result in report.results:
        shown = sum(row.differs for row in _rows(result, report, w)) if rejected else len(result.votes)
        rows += shown
        told = shown and rows <= ROWS
        parts.append(_contest(result, report, w, part=rejected) if told else Paragraph(_line(result, report, w)))
    parts += [_withheld(contest.title, contest.counted, w) for contest in report.withheld]
    if len(parts) > ROWS:
        parts[ROWS:] = [Paragraph(w.say("leads.more", count=len(parts) - ROWS))]
    return Section("results", w["sections.results"], w[f"announced.{report.announced}"], tuple(parts))


def named(text: Text, id: str, alike: Collection[str], w: Words) -> str:
    """A name, with its id where another name looks the same."""
    return f"{w.text(text)}{NBSP}[{id}]" if id in alike else w.text(text)


def _title(result: Result, report: Report, w: Words) -> str:
    return named(result.title, result.contest, ambiguous(report.namesakes, ""), w)


def _line(result: Result, report: Report, w: Words) -> str:
    """A contest in one line: whether its figures agree."""
    agree = "differ" if result.differs else "agree" if result.recounted else "alone"
    values = {name: _figure(result, name, w) for name in FIGURES}
    return w.say(f"results.{agree}", title=_title(result, report, w), **values)


def _contest(result: Result, report: Report, w: Words, *, part: bool = False) -> ContestResult:
    """The figures of a contest, with all of its options or only those that differ."""
    title, again = _title(result, report, w), result.recounted
    rows = [row for row in _rows(result, report, w) if row.differs or not part]
    described = "; ".join(w.say("labels.row", name=row.name, votes=row.announced, share=row.share) for row in rows)
    bars = (Bar(row.name, f"{row.announced} · {row.share}", 0, row.length) for row in rows)
    columns = ("option", "announced", *(("recounted",) if again else ()), "share")
    heads = tuple(w[f"columns.{name}"] for name in columns)
    caption = w.say("labels.votes", title=title)
    cells = tuple(row.cells for row in rows)
    return ContestResult(
        title,
        w[f"results.{again.source}"] if again else w["results.uncounted"],
        Facts(tuple((w[f"labels.{name}"], _figure(result, name, w)) for name in FIGURES)),
        Chart(caption, w.say("labels.chart", rows=described), tuple(bars)),
        Table(caption, heads, ("text", *(NUMBER for _ in columns[1:])), (("", cells),)),
    )


class _Row(NamedTuple):
    """An option's announced votes and their share; its recounted votes, marked where they differ."""

    name: str
    announced: str
    recounted: Cell | None
    share: str
    length: float

    @property
    def differs(self) -> bool:
        return isinstance(self.recounted, Mark)

    @property
    def cells(self) -> tuple[Cell, ...]:
        return (self.name, self.announced, *(() if self.recounted is None else (self.recounted,)), self.share)


def _rows(result: Result, report: Report, w: Words) -> Iterator[_Row]:
    alike = ambiguous(report.namesakes, result.contest)
    for option, votes in result.votes.items():
        again: Cell | None = None
        if result.recounted:
            counted = result.recounted.votes.get(option, 0)
            again = w.number(counted) if counted == votes else Mark(w.number(counted), "FAIL")
        name = named(result.options[option], option, alike, w) if option in result.options else option
        yield _Row(name, w.number(votes), again, w.share(votes, result.valid), min(1, votes / max(1, result.valid)))


def _figure(result: Result, name: str, w: Words) -> str:
    """The announced figure, and the recounted one if it differs."""
    announced = getattr(result, name)
    counted = getattr(result.recounted, name) if result.recounted else announced
    if counted == announced:
        return w.number(announced)
    return w.say("results.both", announced=announced, recounted=counted)


def _withheld(title: Text, counted: int, w: Words) -> Paragraph:
    return Paragraph(w.say("leads.withheld", title=w.text(title), counted=counted))


def weights(report: Report, w: Words) -> Section:
    """How much the errors in the papers weigh, in a line for each contest."""
    lines = tuple(Paragraph(_weight(one, w)) for one in report.papers)
    return Section("papers", w["sections.papers"], w["leads.papers"], lines)


def _weight(one: Weighed, w: Words) -> str:
    figures = {name: getattr(one, name) for name in ("errors", "touched", "units", "votes")}
    margin = w["papers.alone"] if one.margin is None else w.say("papers.margin", margin=one.margin)
    return w.say("papers.weight", title=w.text(one.title), **figures, margin=margin)
