"""A report told in one language: whole, on a screen, or on the sheet to sign (specs/verification.md §3)."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from verifier.desk.report import report as reports
from verifier.desk.report.catalogue import BLOCKS, REJECTION
from verifier.desk.report.clauses import recall, title
from verifier.desk.report.counts import named, results, results_briefly, weights
from verifier.desk.report.faults import failures, findings, findings_briefly, missing
from verifier.desk.report.folding import fold, where
from verifier.desk.report.gravity import headline
from verifier.desk.report.language import Language, Words, groups, words
from verifier.desk.report.manual import council, ticks
from verifier.desk.report.section import Account, Facts, Mark, Paragraph, Piece, Print, Section, Table
from verifier.desk.report.times import chronicle
from verifier.desk.report.timetable import timetable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.desk.report.report import Check, Report
    from verifier.desk.report.section import Look

BLOCK_IDS = {block.id for block in BLOCKS}


def tell(report: Report, language: Language) -> Account:
    """The whole report in a language."""
    w = words(language)
    sections = (
        failures(report, w),
        missing(report, w),
        results(report, w),
        weights(report, w),
        findings(report, w),
        _namesakes(report, w),
        _checks(report, w),
        _unchecked(report, w),
        _fingerprints(report, w),
        council(report, w),
        timetable(report, w),
        chronicle(report, w),
        _figures(report, w),
        _environment(report, w),
    )
    return _account(report, w, sections)


def tell_briefly(report: Report, language: Language) -> Account:
    """What fits on a screen: what is wrong, the figures in question, and how many clauses hold."""
    w = words(language)
    return _account(report, w, (*_briefly(report, w), _held(report, w)))


def tell_by_hand(report: Report, language: Language) -> Account:
    """What auditors print and sign: the verdict, what is wrong, the results, and the manual sheet."""
    w = words(language)
    rejected = report.verdict == "rejected"
    lines = tuple(ticks(report, w, REJECTION if rejected else ()))
    manual = Section("manual", w["sections.manual"], w["leads.rejected" if rejected else "leads.manual"], lines)
    heads = tuple(w[f"columns.{name}"] for name in ("name", "office", "signature", "date"))
    signed = Table(w["sections.signatures"], heads, ("text",) * 4, (("", ()),))
    signatures = Section("signatures", w["sections.signatures"], w["leads.signatures"], (signed,))
    wrong = (failures(report, w), missing(report, w), findings(report, w), _namesakes(report, w), results(report, w))
    told = _briefly(report, w) if rejected else (*wrong, weights(report, w))
    return _account(report, w, (*told, manual, signatures, _environment(report, w)))


def sentence(report: Report, w: Words) -> str:
    """The verdict in one sentence."""
    if report.failures:
        return headline(report, w)
    first = next((where(one.places, w) for one in fold(report.incomplete) if where(one.places, w)), "")
    return w.say(
        f"verdict.{report.verdict}.sentence",
        clauses=sum(check.status == "PASS" for check in report.checks),
        records=report.archive.size if report.archive else 0,
        findings=len(report.findings),
        lacking=len(report.incomplete) + len(report.skipped),
        first=f" ({first})" if first else "",
    )


def _account(report: Report, w: Words, sections: Sequence[Section]) -> Account:
    open_ = bool(report.title) and not report.over
    notes = [w.say("standing.void", void=report.void)] if report.void else []
    tallied = report.announced == "certified" or report.phase == "papers"
    notes += [w[f"announced.{report.announced}"]] if report.title and not tallied else []
    known = {
        "records": report.figures.get("log entries"),
        "ballots": report.figures.get("counted"),
        "group": report.figures.get("smallest mixed group"),
        "witnesses": report.figures.get("witnesses"),
        "clauses": sum(check.status == "PASS" for check in report.checks),
    }
    return Account(
        w.language,
        w.text(report.title) if report.title else w["head.none"],
        report.verdict,
        w[f"verdict.{report.verdict}.{'open' if open_ else 'word'}"],
        w.name("phases", report.phase) if report.title else "",
        sentence(report, w),
        (" ".join(notes), w[f"verdict.{report.verdict}.next"]),
        tuple((w[f"labels.{name}"], w.number(value)) for name, value in known.items() if value),
        tuple(section for section in sections if section.parts),
        Print(w["leads.digest"], "MAN.18", tuple(groups(reports.digest(report).hex()))),
    )


def _briefly(report: Report, w: Words) -> tuple[Section, ...]:
    """What is wrong, the figures in question, and the rest in a line each."""
    rest = (weights(report, w), findings_briefly(report, w), _namesakes(report, w))
    return failures(report, w), missing(report, w), results_briefly(report, w), *rest


def _namesakes(report: Report, w: Words) -> Section:
    """Names that people cannot tell apart; no clause forbids them."""
    alike = (
        "; ".join(named(name, id, one.names.keys(), w) for id, name in one.names.items()) for one in report.namesakes
    )
    parts = tuple(
        Paragraph(": ".join(filter(None, (one.contest, said))))
        for one, said in zip(report.namesakes, alike, strict=True)
    )
    return Section("namesakes", w["sections.namesakes"], w["leads.namesakes"], parts)


def _held(report: Report, w: Words) -> Section:
    """How many clauses of each block hold, and where the rest of the report is to be had."""
    held = [check.id.partition(".")[0] for check in report.checks if check.status == "PASS"]
    blocks = " · ".join(f"{block} {len(list(each))}" for block, each in groupby(held))
    notes = [Paragraph(w.say("brief.holds", count=len(held), blocks=blocks))] if held else []
    return Section("held", "", "", (*notes, Paragraph(w["brief.more"])))


def _checks(report: Report, w: Words) -> Section:
    heads = tuple(w[f"columns.{name}"] for name in ("clause", "state", "count", "holds"))
    blocks = []
    for block, checks in groupby(report.checks, key=lambda check: check.id.partition(".")[0]):
        rows = tuple(
            (check.id, _mark(check, report, w), w.number(check.count) if check.count else "", _text(check, w))
            for check in checks
        )
        titled = f"{block} · {title(block, w.language)}" if block in BLOCK_IDS else block
        blocks.append((titled, rows))
    table = Table(w["sections.checks"], heads, ("code", "text", "number", "text"), tuple(blocks))
    partly = [Paragraph(w["leads.partly"])] if report.incomplete else []
    return Section("checks", w["sections.checks"], w["leads.checks"], (*partly, table))


def _mark(check: Check, report: Report, w: Words) -> Mark:
    """The outcome; if files are missing, nobody knows whether a clause that met no item would apply."""
    open_ = check.status == "N-A" and report.incomplete
    return Mark(w["status.open" if open_ else f"status.{check.status}"], check.status)


def _text(check: Check, w: Words) -> str:
    return recall(check.id, w.language).text or check.text


def _unchecked(report: Report, w: Words) -> Section:
    """Clauses that applied to nothing, and blocks that this verifier does not judge from the log."""
    reason = w["status.open" if report.incomplete else "reasons.N-A"]
    rows = [(check.id, _text(check, w), reason) for check in report.checks if check.status == "N-A"]
    judged = {check.id.partition(".")[0] for check in report.checks}
    for block in BLOCKS:
        if block.id not in judged:
            reasons = {"RCP": "receipts"} if block.by == "verifier" else {block.id: block.by}
            rows.append((block.id, title(block.id, w.language), w[f"reasons.{reasons.get(block.id, 'unasked')}"]))
    looks: tuple[Look, ...] = ("code", "text", "text")
    heads = tuple(w[f"columns.{name}"] for name in ("clause", "holds", "why"))
    table = Table(w["sections.unchecked"], heads, looks, (("", tuple(rows)),))
    return Section("unchecked", w["sections.unchecked"], w["leads.unchecked"], (table,))


def _fingerprints(report: Report, w: Words) -> Section:
    compared: tuple[Piece, ...] = tuple(tick for tick in ticks(report, w) if tick.prints)
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
