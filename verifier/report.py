"""What an audit says: a verdict, each clause's outcome, what the log established (specs/verification.md §3)."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Annotated, Literal

import msgspec

from verifier.catalogue import CATALOGUE, ORDER
from verifier.errors import Malformed
from verifier.records import Text
from verifier.timeline import Event

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
    """A contest's certified figures, and its names in the manifest."""

    contest: str
    title: Text
    counted: int
    valid: int
    invalid: int
    votes: dict[str, int]
    options: dict[str, Text]


class Withheld(msgspec.Struct, frozen=True):
    """A contest with fewer counted ballots than are mixed: nothing of it is decrypted."""

    contest: str
    title: Text
    counted: int


class Archive(msgspec.Struct, frozen=True):
    """The copy that was audited, by the checkpoint it ends with; `checkpoint` is the SHA-256 of that file.

    `vouched` says whose signatures under it hold: the log's and those of the quorum of witnesses, the log's, nobody's.
    """

    origin: str
    size: int
    root: str
    checkpoint: str
    vouched: Literal["nobody", "log", "witnesses"]


class Report(msgspec.Struct, frozen=True):
    """The report; everything but `environment` is a function of archive and options."""

    verdict: Verdict
    complete: bool
    spec: str
    election: str
    title: Text | None
    phase: str
    checks: tuple[Check, ...]
    failures: tuple[Line, ...]
    incomplete: tuple[Line, ...]
    findings: tuple[Line, ...]
    void: int
    stands: bool | None
    results: tuple[Result, ...]
    withheld: tuple[Withheld, ...]
    figures: dict[str, int]
    archive: Archive | None
    fingerprints: dict[str, str]
    timeline: tuple[Event, ...]
    environment: Annotated[dict[str, str], "of this run"] = {}

    @property
    def exit(self) -> int:
        return EXIT[self.verdict]

    @property
    def consequence(self) -> str:
        """What becomes of the tally without the records that broke a clause, or ""."""
        if self.stands is None:
            return ""
        return f"{self.void} records are void; without them the tally " + (
            "stands unchanged" if self.stands else "does not stand"
        )


def encode(report: Report) -> bytes:
    """The report as JSON, in the one way it is written."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def digest(report: Report) -> bytes:
    """SHA-256 of the report without its environment: two auditors of one archive by one sheet have the same."""
    return sha256(encode(msgspec.structs.replace(report, environment={}))).digest()


def decode(raw: bytes) -> Report:
    """Read a report that was kept; `Malformed` if it is not one. Nothing is checked again: trust who kept it."""
    try:
        return msgspec.json.decode(raw, type=Report)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"this is not the report of an audit: {error}") from error


def verdict(failures: int, incomplete: int, skipped: int, findings: int) -> Verdict:
    """The verdict that these counts give (specs/verification.md §3.1)."""
    if failures:
        return "rejected"
    if incomplete or skipped:
        return "could not be checked"
    return "accepted with findings" if findings else "accepted"


def in_order(lines: list[Line]) -> tuple[Line, ...]:
    """What is wrong with the log as a whole, then by record: each may be the consequence of an earlier one (§3.2)."""
    return tuple(sorted(lines, key=lambda line: (record(line.where), ORDER.get(line.id, len(ORDER)))))


def record(where: str) -> int:
    """The number of the record that a place is in; -1 of the log or sheet as a whole."""
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
