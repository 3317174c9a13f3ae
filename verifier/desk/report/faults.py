"""What is wrong, missing or to be looked at, in a language: the gravest in full, the rest in a line each."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from verifier.desk.report.clauses import recall
from verifier.desk.report.folding import fold, fold_clauses, where
from verifier.desk.report.gravity import by_gravity
from verifier.desk.report.language import Quote
from verifier.desk.report.section import Case, Cell, Mark, Paragraph, Piece, Section, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verifier.desk.report.folding import Fold
    from verifier.desk.report.language import Words
    from verifier.desk.report.report import Report

MOST = 50  # lines of a kind that are told; all are in the JSON report
BRIEF = 4  # findings that a screen shows
FILES = {"BRD", "BRD.1", "BRD.2", "BRD.3"}  # what is open under these is mended by fetching the file again


def failures(report: Report, w: Words) -> Section:
    """The gravest failure in full, the others in a table: they may be its consequence."""
    told = by_gravity(report)
    parts: list[Piece] = [_case(one, Mark(w["status.FAIL"], "FAIL"), w) for one in told[:1]]
    parts += _lines(told[1:], w["leads.consequences"], w)
    return Section("failures", w["sections.failures"], w["leads.failures"], tuple(parts))


def findings(report: Report, w: Words) -> Section:
    """The first finding of each clause in full, the others of the clause in a table."""
    parts: list[Piece] = []
    for _, same in groupby(fold(sorted(report.findings, key=lambda line: line.id)), key=lambda one: one.id):
        told = list(same)
        parts.append(_case(told[0], Mark(w["status.FINDING"], "FINDING"), w))
        parts += _lines(told[1:], told[0].id, w)
    return Section("findings", w["sections.findings"], w["leads.findings"], tuple(parts))


def findings_briefly(report: Report, w: Words) -> Section:
    """The findings in a line each, and the command that says more of them."""
    told = fold_clauses(report.findings)
    parts = [*_lines(told[:BRIEF], "", w)]
    parts += [Paragraph(w.say("leads.more", count=len(told) - BRIEF))] if len(told) > BRIEF else []
    parts += [Paragraph(w.say("brief.explain", id=told[0].id))] if told else []
    return Section("findings", w["sections.findings"], w["leads.findings"], tuple(parts))


def missing(report: Report, w: Words) -> Section:
    """What the copy or the sheet lacks, and how a file is fetched again."""
    parts = list(_lines(fold(report.incomplete), w["sections.missing"], w))
    if any(line.id in FILES and line.where for line in report.incomplete):
        parts.append(Paragraph(w["leads.fetch"]))
    if report.skipped:
        heads = (w["columns.clause"], w["columns.why"])
        rows = tuple((check.id, w.detail(check.detail)) for check in report.skipped)
        parts.append(Table(w["status.SKIPPED"], heads, ("code", "text"), (("", rows),)))
    return Section("missing", w["sections.missing"], w["leads.missing"], tuple(parts))


def _case(one: Fold, mark: Mark, w: Words) -> Case:
    told = recall(one.id, w.language)
    return Case(one.id, mark, where(one.places, w), _found(one, w), told.text, told.means, told.do)


def _found(one: Fold, w: Words) -> str | Quote:
    """What the verifier said there; the first, if it said several things."""
    said = w.detail(one.detail)
    if not one.others:
        return said
    if isinstance(said, Quote):
        return Quote(f"{said.quoted} (+{one.others})")
    return w.say("leads.alike", said=said, count=one.others)


def _lines(told: Sequence[Fold], caption: str, w: Words) -> Iterator[Piece]:
    """A table of what the verifier said, a row for what it said several times."""
    heads = tuple(w[f"columns.{name}"] for name in ("clause", "where", "said"))
    rows: list[tuple[Cell, ...]] = [(one.id, where(one.places, w), _found(one, w)) for one in told[:MOST]]
    if rows:
        yield Table(caption, heads, ("code", "text", "text"), (("", tuple(rows)),))
    if len(told) > MOST:
        yield Paragraph(w.say("leads.more", count=len(told) - MOST))
