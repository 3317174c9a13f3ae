"""A report told in one language: the sections that page and sheet both show (specs/verification.md §3)."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from verifier.audit.verdict import Line
from verifier.desk.report import report as reports
from verifier.desk.report.catalogue import BLOCKS
from verifier.desk.report.clauses import Explained, explain, title
from verifier.desk.report.language import Language, Words, groups, words
from verifier.desk.report.manual import ticks
from verifier.desk.report.section import (
    Account,
    Bar,
    Case,
    Chart,
    Contest,
    Facts,
    Look,
    Mark,
    Note,
    Part,
    Print,
    Section,
    Table,
)
from verifier.desk.report.times import chronicle
from verifier.errors import Malformed
from verifier.place import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verifier.desk.report.report import Check, Report, Result

MOST = 50  # failures, findings or gaps that are told one by one; all are in the JSON report
BLOCK_IDS = {block.id for block in BLOCKS}


def tell(report: Report, language: Language) -> Account:
    """The whole report in a language."""
    w = words(language)
    sections = (
        _failures(report, w),
        _missing(report, w),
        _findings(report, w),
        _results(report, w),
        _checks(report, w),
        _unchecked(report, w),
        _fingerprints(report, w),
        chronicle(report, w),
        _figures(report, w),
        _environment(report, w),
    )
    return _account(report, w, sections)


def tell_by_hand(report: Report, language: Language) -> Account:
    """What auditors print and sign: the verdict, what is wrong, the results, and the manual sheet."""
    w = words(language)
    manual = Section("manual", w["sections.manual"], w["leads.manual"], tuple(ticks(report, w)))
    heads = tuple(w[f"columns.{name}"] for name in ("name", "office", "signature", "date"))
    lines = Table(w["sections.signatures"], heads, ("text",) * 4, (("", ()),))
    signatures = Section("signatures", w["sections.signatures"], w["leads.signatures"], (lines,))
    wrong = (_failures(report, w), _missing(report, w), _findings(report, w))
    return _account(report, w, (*wrong, _results(report, w), manual, signatures, _environment(report, w)))


def sentence(report: Report, w: Words) -> str:
    """The verdict in one sentence."""
    first = report.failures[0] if report.failures else Line("", NOWHERE, "")
    return w.say(
        f"verdict.{report.verdict}.sentence",
        clauses=sum(check.status == "PASS" for check in report.checks),
        records=report.archive.size if report.archive else 0,
        findings=len(report.findings),
        lacking=len(report.incomplete) + len(report.skipped),
        id=first.id,
        where=w.place(first.where),
    )


def _account(report: Report, w: Words, sections: Sequence[Section]) -> Account:
    title = w.text(report.title) if report.title else w["head.none"]
    notes = [w.say("phase.label", phase=w.name("phases", report.phase))] if report.title else []
    if report.title:
        notes.append(w["phase.certified" if report.results or report.withheld else "phase.open"])
    if report.stands is not None:
        notes.append(w.say("phase.stands" if report.stands else "phase.falls", void=report.void))
    figures = report.figures
    known = {
        "records": figures.get("log entries"),
        "ballots": figures.get("counted"),
        "group": figures.get("smallest mixed group"),
        "witnesses": figures.get("witnesses"),
        "clauses": sum(check.status == "PASS" for check in report.checks),
    }
    return Account(
        w.language,
        title,
        report.verdict,
        w[f"verdict.{report.verdict}.word"],
        sentence(report, w),
        (" ".join(notes), w[f"verdict.{report.verdict}.next"]),
        tuple((w[f"labels.{name}"], w.number(value)) for name, value in known.items() if value),
        tuple(section for section in sections if section.parts),
        Print(w["leads.digest"], "MAN.18", tuple(groups(reports.digest(report).hex()))),
    )


def _case(line: Line, mark: Mark, w: Words) -> Case:
    told = _told(line.id, w)
    return Case(line.id, mark, w.place(line.where), line.detail, told.text, told.means, told.do)


def _told(id: str, w: Words) -> Explained:
    """The clause explained; of one that a later version's report names nothing is known."""
    try:
        return explain(id, w.language)
    except Malformed:
        return Explained("", "", "")


def _failures(report: Report, w: Words) -> Section:
    """What is wrong with the log as a whole and the first false record in full, what comes after in a table."""
    whole = sum(line.where.order < 0 for line in report.failures)
    first = min(whole + 1, MOST)
    parts: list[Part] = [_case(line, Mark(w["status.FAIL"], "FAIL"), w) for line in report.failures[:first]]
    parts += _lines(report.failures[first:], w["leads.consequences"], w)
    return Section("failures", w["sections.failures"], w["leads.failures"], tuple(parts))


def _findings(report: Report, w: Words) -> Section:
    cases = [_case(line, Mark(w["status.FINDING"], "FINDING"), w) for line in report.findings[:MOST]]
    more = [Note(w.say("leads.more", count=len(report.findings) - MOST))] if len(report.findings) > MOST else []
    return Section("findings", w["sections.findings"], w["leads.findings"], (*cases, *more))


def _missing(report: Report, w: Words) -> Section:
    parts = list(_lines(report.incomplete, w["sections.missing"], w))
    if report.skipped:
        rows = tuple((check.id, w.name("reasons", check.detail)) for check in report.skipped)
        parts.append(_table(w["status.SKIPPED"], ("clause", "why"), rows, w))
    return Section("missing", w["sections.missing"], w["leads.missing"], tuple(parts))


def _lines(lines: Sequence[Line], caption: str, w: Words) -> Iterator[Part]:
    """A table of what the verifier said; what it said several times running is one row."""
    heads = tuple(w[f"columns.{name}"] for name in ("clause", "where", "said"))
    rows = []
    for (id, detail), same in groupby(lines, key=lambda line: (line.id, line.detail)):
        places = [w.place(line.where) for line in same]
        rows.append((id, " – ".join(dict.fromkeys((places[0], places[-1]))), detail))
    if rows:
        yield Table(caption, heads, ("code", "text", "foreign"), (("", tuple(rows[:MOST])),))
    if len(rows) > MOST:
        yield Note(w.say("leads.more", count=len(rows) - MOST))


def _results(report: Report, w: Words) -> Section:
    contests = (_contest(result, w) for result in report.results)
    withheld = (
        Note(w.say("leads.withheld", title=w.text(contest.title), counted=contest.counted))
        for contest in report.withheld
    )
    return Section("results", w["sections.results"], w["leads.results"], (*contests, *withheld))


def _contest(result: Result, w: Words) -> Contest:
    title = w.text(result.title)
    rows, bars = [], []
    for option, votes in result.votes.items():
        name = w.text(result.options[option]) if option in result.options else option
        share = w.share(votes, result.valid)
        rows.append((name, w.number(votes), share))
        bars.append(Bar(name, f"{w.number(votes)} · {share}", 0, min(1, votes / max(1, result.valid))))
    described = "; ".join(w.say("labels.row", name=name, votes=votes, share=share) for name, votes, share in rows)
    heads = tuple(w[f"columns.{name}"] for name in ("option", "votes", "share"))
    figures = ((name, getattr(result, name)) for name in ("counted", "valid", "invalid"))
    return Contest(
        title,
        Facts(tuple((w[f"labels.{name}"], w.number(value)) for name, value in figures)),
        Chart(w.say("labels.votes", title=title), w.say("labels.chart", rows=described), tuple(bars)),
        Table(w.say("labels.votes", title=title), heads, ("text", "number", "number"), (("", tuple(rows)),)),
    )


def _checks(report: Report, w: Words) -> Section:
    heads = tuple(w[f"columns.{name}"] for name in ("clause", "state", "count", "holds"))
    blocks = []
    for block, checks in groupby(report.checks, key=lambda check: check.id.partition(".")[0]):
        rows = tuple(
            (check.id, _mark(check, report, w), w.number(check.count) if check.count else "", _text(check, w))
            for check in checks
        )
        named = f"{block} · {title(block, w.language)}" if block in BLOCK_IDS else block
        blocks.append((named, rows))
    table = Table(w["sections.checks"], heads, ("code", "text", "number", "text"), tuple(blocks))
    partly = [Note(w["leads.partly"])] if report.incomplete else []
    return Section("checks", w["sections.checks"], w["leads.checks"], (*partly, table))


def _mark(check: Check, report: Report, w: Words) -> Mark:
    """The outcome; where files are missing nobody knows whether what was not asked of anything applies."""
    open_ = check.status == "N-A" and report.incomplete
    return Mark(w["status.open" if open_ else f"status.{check.status}"], check.status)


def _text(check: Check, w: Words) -> str:
    return _told(check.id, w).text or check.text


def _unchecked(report: Report, w: Words) -> Section:
    """Clauses that applied to nothing, and blocks that this verifier does not judge from the log."""
    reason = w["status.open" if report.incomplete else "reasons.N-A"]
    rows = [(check.id, _text(check, w), reason) for check in report.checks if check.status == "N-A"]
    judged = {check.id.partition(".")[0] for check in report.checks}
    for block in BLOCKS:
        if block.id not in judged:
            reasons = {"RCP": "receipts"} if block.by == "verifier" else {block.id: block.by}
            rows.append((block.id, title(block.id, w.language), w[f"reasons.{reasons.get(block.id, 'unasked')}"]))
    table = _table(w["sections.unchecked"], ("clause", "holds", "why"), tuple(rows), w)
    return Section("unchecked", w["sections.unchecked"], w["leads.unchecked"], (table,))


def _table(caption: str, heads: Sequence[str], rows: tuple[tuple[str, ...], ...], w: Words) -> Table:
    looks: dict[str, Look] = {"clause": "code"}
    named = tuple(w[f"columns.{name}"] for name in heads)
    return Table(caption, named, tuple(looks.get(name, "text") for name in heads), (("", rows),))


def _fingerprints(report: Report, w: Words) -> Section:
    compared = tuple(tick for tick in ticks(report, w) if tick.prints)
    return Section("fingerprints", w["sections.fingerprints"], w["leads.fingerprints"], compared)


def _figures(report: Report, w: Words) -> Section:
    pairs = tuple((w.name("figures", name), w.number(value)) for name, value in report.figures.items())
    return Section("figures", w["sections.figures"], "", (Facts(pairs),) if pairs else ())


def _environment(report: Report, w: Words) -> Section:
    pairs = [(w.name("environment", name), _spelled(value)) for name, value in report.environment.items()]
    if report.archive:
        size = w.say(
            "environment.size",
            **(msgspec.structs.asdict(report.archive) | {"vouched": w[f"environment.{report.archive.vouched}"]}),
        )
        pairs += [(w["environment.archive"], size), (w["environment.checkpoint"], _spelled(report.archive.checkpoint))]
    return Section("environment", w["sections.environment"], w["leads.environment"], (Facts(tuple(pairs)),))


def _spelled(value: str) -> str:
    """The value, a digest in groups of four, or "–" for none."""
    return " ".join(groups(value)) if re.fullmatch("[0-9a-f]{64}", value) else value or "–"
