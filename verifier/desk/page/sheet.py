"""The report to sign, as PDF: the verdict, what is wrong, the results, and the manual check sheet with its lines."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING

import msgspec

from verifier.desk.page.typesetting import legible, typeset
from verifier.desk.report import report as reports
from verifier.desk.report.language import words
from verifier.desk.report.telling import tell_by_hand

if TYPE_CHECKING:
    from verifier.desk.report.language import Language
    from verifier.desk.report.report import Report

ATTACHED = "report.json"
WORDS = ("head.sheet", "head.product", "columns.compare", "labels.means", "labels.do", "labels.page", "columns.heard")


def sheet(report: Report, language: Language) -> bytes:
    """The PDF, with the JSON report attached; the same report, the same bytes. ImportError without typst."""
    w = words(language)
    told = msgspec.to_builtins(tell_by_hand(report, language))
    inputs = {
        "account": msgspec.json.encode(legible(told)).decode(),
        "words": msgspec.json.encode({key: w[key] for key in WORDS}).decode(),
        "report": reports.encode(report).decode(),
        "attached": ATTACHED,
    }
    template = resources.files("verifier.desk.page").joinpath("sheet.typ").read_bytes()
    return typeset(template, inputs, _made(report))


def _made(report: Report) -> datetime:
    """When the report was made, by its own environment; the first second of 1970 if it does not say."""
    try:
        return datetime.fromisoformat(report.environment["time"]).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return datetime.fromtimestamp(0, UTC)
