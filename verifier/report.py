"""What an audit says: a verdict, each clause's outcome, what the log established (specs/verification.md §3)."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from verifier.catalogue import CATALOGUE, ORDER

Status = Literal["PASS", "FAIL", "FINDING", "SKIPPED", "N-A"]
Verdict = Literal["accepted", "accepted with findings", "rejected", "could not be checked"]
EXIT: dict[Verdict, int] = {"accepted": 0, "accepted with findings": 0, "rejected": 1, "could not be checked": 2}


class Line(msgspec.Struct, frozen=True):
    """One thing to say about one clause."""

    id: str
    where: str
    detail: str


class Check(msgspec.Struct, frozen=True):
    """A clause's outcome over `count` items."""

    id: str
    category: str
    status: Status
    count: int
    text: str
    detail: str = ""


class Result(msgspec.Struct, frozen=True):
    """A contest's certified figures."""

    contest: str
    counted: int
    valid: int
    invalid: int
    votes: dict[str, int]


class Report(msgspec.Struct, frozen=True):
    """The report; everything but `environment` is a function of archive and options."""

    verdict: Verdict
    complete: bool
    spec: str
    election: str
    phase: str
    checks: tuple[Check, ...]
    failures: tuple[Line, ...]
    incomplete: tuple[Line, ...]
    findings: tuple[Line, ...]
    consequence: str
    results: tuple[Result, ...]
    figures: dict[str, int]
    fingerprints: dict[str, str]
    environment: Annotated[dict[str, str], "of this run"] = {}

    @property
    def exit(self) -> int:
        return EXIT[self.verdict]


def verdict(failures: int, incomplete: int, skipped: int, findings: int) -> Verdict:
    """The verdict that these counts give (specs/verification.md §3.1)."""
    if failures:
        return "rejected"
    if incomplete or skipped:
        return "could not be checked"
    return "accepted with findings" if findings else "accepted"


def in_order(lines: list[Line]) -> tuple[Line, ...]:
    """What is wrong with the log as a whole, then by record: each may be the consequence of an earlier one (§3.2)."""
    return tuple(sorted(lines, key=lambda line: (_record(line.where), ORDER.get(line.id, len(ORDER)))))


def _record(where: str) -> int:
    found = re.match(r"record (\d+)", where)
    return int(found[1]) if found else -1


def checks(
    counts: dict[str, int], failures: list[Line], findings: list[Line], skipped: dict[str, str]
) -> tuple[Check, ...]:
    """A line for each clause of the catalogue that an election's audit speaks of."""
    failed, found = {line.id for line in failures}, {line.id for line in findings}
    lines = []
    for id, category, text, _, _ in CATALOGUE:
        count = counts.get(id, 0)
        status: Status = (
            "FAIL"
            if id in failed
            else "SKIPPED"
            if id in skipped
            else "FINDING"
            if id in found
            else "PASS"
            if count
            else "N-A"
        )
        lines.append(Check(id, category, status, count, text, skipped.get(id, "")))
    return tuple(lines)
