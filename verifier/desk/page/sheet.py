"""The report to sign, as PDF: the verdict, what is wrong, the results, and the manual check sheet with its lines."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING, cast

import msgspec

from verifier.desk.report import report as reports
from verifier.desk.report.language import words
from verifier.desk.report.letters import visible
from verifier.desk.report.telling import tell_by_hand

if TYPE_CHECKING:
    from verifier.desk.report.language import Language
    from verifier.desk.report.report import Report

TYPE = (("\u0020", "\u024f"), ("\u0400", "\u04ff"), ("\u2010", "\u2040"), ("\u20ac", "\u20ac"), ("\u2116", "\u2116"))
ATTACHED = "report.json"
WORDS = ("head.sheet", "head.product", "columns.compare", "labels.means", "labels.do", "labels.page", "columns.heard")


def sheet(report: Report, language: Language) -> bytes:
    """The PDF, with the JSON report attached; the same report, the same bytes. ImportError without typst."""
    import typst  # noqa: PLC0415  an extra that only this needs

    w = words(language)
    told = msgspec.to_builtins(tell_by_hand(report, language))
    inputs = {
        "account": msgspec.json.encode(_set(told)).decode(),
        "words": msgspec.json.encode({key: w[key] for key in WORDS}).decode(),
        "report": reports.encode(report).decode(),
        "attached": ATTACHED,
    }
    template = resources.files("verifier.desk.page").joinpath("sheet.typ").read_bytes()
    made = typst.Compiler(template, ignore_system_fonts=True, sys_inputs=inputs).compile(
        format="pdf",
        pdf_standards=["a-3a", "ua-1"],  # to be kept for decades, and to be read aloud
        timestamp=_made(report),
    )
    return cast("bytes", made)


def _set(value: object) -> object:
    """The account with only those signs that the fonts have and a reader sees; other signs are written out."""
    match value:
        case str():
            return "".join(sign if _has_type(sign) else f"\\u{{{ord(sign):x}}}" for sign in visible(value))
        case dict():
            return {key: _set(held) for key, held in value.items()}
        case list() | tuple():
            return [_set(held) for held in value]
    return value


def _has_type(sign: str) -> bool:
    """Whether typst's own fonts, Libertinus Serif and DejaVu Sans Mono, both have the sign."""
    return any(first <= sign <= last for first, last in TYPE)


def _made(report: Report) -> datetime:
    """When the report was made, by its own environment; the first second of 1970 if it does not say."""
    try:
        return datetime.fromisoformat(report.environment["time"]).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)
