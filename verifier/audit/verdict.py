"""What an audit writes down as it goes, and the verdict that it comes to in the end (specs/verification.md §3)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import msgspec

from verifier.audit.clauses import CLAUSES, EVERY, ORDER
from verifier.audit.timeline import Timeline
from verifier.audit.trust import TrustSheet
from verifier.errors import Detail, Rejected
from verifier.log.checkpoint import SignedCheckpoint
from verifier.log.reading import Kept
from verifier.paper.standing import Judgement
from verifier.place import Place
from verifier.rule import Finding, Findings
from verifier.state import State

Status = Literal["PASS", "FAIL", "FINDING", "SKIPPED", "N-A"]
Verdict = Literal["accepted", "accepted with findings", "rejected", "could not be checked"]
Vouched = Literal["nobody", "log", "witnesses"]


class Line(msgspec.Struct, frozen=True):
    """One thing to say about one clause."""

    id: str
    where: Place
    detail: Detail


class Asked(NamedTuple):
    """The outcome of a clause over a number of items."""

    id: str
    status: Status
    items: int
    detail: Detail = ""


@dataclass
class Notes(Findings):
    """What an audit writes down as it goes.

    For the blocks in `unasked` the report says only what was found false; `stands` says whether the tally stands
    without the void records. `latest` is the checkpoint with which the copy ends, and `vouched` says whose signatures
    on it hold: the log's and the witness quorum's, only the log's, or nobody's.
    """

    refused: list[Rejected] = field(default_factory=list)
    missing: dict[Line, None] = field(default_factory=dict)  # in order, each once
    skipped: dict[str, Detail] = field(default_factory=dict)
    unasked: set[str] = field(default_factory=set)
    void: set[int] = field(default_factory=set)
    stands: bool | None = None
    latest: SignedCheckpoint | None = None
    vouched: Vouched = "nobody"
    witnessed: list[Kept] = field(default_factory=list)
    timeline: Timeline = field(default_factory=Timeline)
    papers: Judgement | None = None

    @property
    def failures(self) -> list[Line]:
        return [Line(error.id, error.where, error.said) for error in self.refused]


class Outcome(NamedTuple):
    """The outcome of an audit, with its sheet and notes: the verdict, and every clause that was asked for."""

    verdict: Verdict
    checks: tuple[Asked, ...]
    complete: bool
    failures: tuple[Line, ...]
    findings: tuple[Finding, ...]
    state: State
    trust: TrustSheet
    notes: Notes


def conclude(state: State, trust: TrustSheet, notes: Notes) -> Outcome:
    """The outcome of an audit that has come to its end."""
    findings = [finding for finding in (*state.findings, *notes.findings) if finding.where.record not in notes.void]
    every = checks(_counts(notes.counts, notes.timeline.kinds), notes.failures, findings, notes.skipped)
    table = tuple(check for check in every if check.status == "FAIL" or check.id.partition(".")[0] not in notes.unasked)
    skipped = sum(check.status == "SKIPPED" for check in table)
    said = verdict(len(notes.failures), len(notes.missing), skipped, len(findings))
    complete = not skipped and not notes.missing
    return Outcome(said, table, complete, in_order(notes.failures), tuple(findings), state, trust, notes)


def verdict(failures: int, incomplete: int, skipped: int, findings: int) -> Verdict:
    """The verdict that these counts give (specs/verification.md §3.1)."""
    if failures:
        return "rejected"
    if incomplete or skipped:
        return "could not be checked"
    return "accepted with findings" if findings else "accepted"


def in_order(lines: list[Line]) -> tuple[Line, ...]:
    """What is wrong with the log as a whole, then by record: each may be the consequence of an earlier one (§3.2)."""
    return tuple(sorted(lines, key=lambda line: (line.where.order, ORDER.get(line.id, len(ORDER)))))


def checks(
    counts: dict[str, int], failures: list[Line], findings: list[Finding], skipped: dict[str, Detail]
) -> tuple[Asked, ...]:
    """A line for each clause of the catalogue that an election's audit speaks of."""
    failed, found = {line.id for line in failures}, {line.id for line in findings}
    lines = []
    for id in CLAUSES:
        count = counts.get(id, 0)
        marks: dict[Status, bool] = {"FAIL": id in failed, "SKIPPED": id in skipped, "FINDING": id in found}
        status: Status = next((mark for mark, holds in marks.items() if holds), "PASS" if count else "N-A")
        lines.append(Asked(id, status, count, skipped.get(id, "")))
    return tuple(lines)


def _counts(counts: Counter[str], kinds: dict[str, int]) -> dict[str, int]:
    """How many items each clause applied to: what was counted, or the records of its kinds."""
    everything = sum(kinds.values())
    asked = {id: of for id, of in CLAUSES.items() if of}
    found = {id: everything if of == EVERY else sum(kinds.get(kind, 0) for kind in of) for id, of in asked.items()}
    return dict(counts) | found
