"""What an audit writes down as it goes, and the report that it composes of that in the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256

from verifier import records
from verifier.catalogue import CATALOGUE
from verifier.manifest import SPEC
from verifier.register import Register
from verifier.report import Archive, Line, Report, Result, Withheld, checks, in_order, verdict
from verifier.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.errors import Rejected
    from verifier.log import Kept
    from verifier.state import Finding, State
    from verifier.trust import TrustSheet


@dataclass
class Notes:
    """What an audit writes down as it goes.

    `unasked` are the blocks of which the report says nothing but what was found false; `stands` says whether the tally
    stands without the void records.
    """

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Rejected] = field(default_factory=list)
    missing: list[Line] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    unasked: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)
    void: set[int] = field(default_factory=set)
    stands: bool | None = None
    figures: dict[str, int] = field(default_factory=dict)
    archive: Archive | None = None
    witnessed: list[Kept] = field(default_factory=list)
    timeline: Timeline = field(default_factory=Timeline)

    @property
    def failures(self) -> list[Line]:
        return [Line(error.id, error.where, error.detail) for error in self.refused]


def compose(state: State, trust: TrustSheet, notes: Notes) -> Report:
    """The report of an audit that has come to its end."""
    kinds = notes.timeline.kinds
    findings = [Line(finding.id, finding.where, finding.detail) for finding in (*state.findings, *notes.findings)]
    every = checks(_counts(notes.counts, kinds), notes.failures, findings, notes.skipped)
    table = tuple(check for check in every if check.status == "FAIL" or check.id.partition(".")[0] not in notes.unasked)
    skipped = sum(check.status == "SKIPPED" for check in table)
    manifest = state.manifest
    return Report(
        verdict=verdict(len(notes.failures), len(notes.missing), skipped, len(findings)),
        complete=not skipped and not notes.missing,
        spec=SPEC,
        election=manifest.election if manifest else "",
        title=manifest.title if manifest else None,
        phase=state.phase,
        checks=table,
        failures=in_order(notes.failures),
        incomplete=tuple(notes.missing),
        findings=tuple(findings),
        void=len(notes.void),
        stands=notes.stands,
        results=_results(state),
        withheld=_withheld(state),
        figures=notes.figures | dict(sorted(kinds.items())) | _figures(state),
        archive=notes.archive,
        fingerprints=dict(_fingerprints(state, trust)),
        timeline=notes.timeline.events(trust.witnesses, notes.witnessed),
    )


def _counts(counts: Counter[str], kinds: dict[str, int]) -> dict[str, int]:
    """How many items each clause was asked of: what was counted, or the records of its kinds."""
    everything = sum(kinds.values())
    return dict(counts) | {
        clause.id: everything if clause.kinds == ("*",) else sum(kinds.get(kind, 0) for kind in clause.kinds)
        for clause in CATALOGUE
        if clause.kinds
    }


def _results(state: State) -> tuple[Result, ...]:
    if state.result is None:
        return ()
    contests = {contest.id: contest for contest in state.rules.contests}
    return tuple(
        Result(
            count.contest,
            contests[count.contest].title,
            *(count.counted, count.valid, count.invalid),
            {votes.option: votes.count for votes in count.votes},
            {option.id: option.name for option in contests[count.contest].options},
        )
        for count in state.result.contests
    )


def _withheld(state: State) -> tuple[Withheld, ...]:
    if state.result is None:
        return ()
    return tuple(
        Withheld(contest.id, contest.title, len(state.courses[contest.id].counted))
        for contest in state.rules.contests
        if contest.id in state.result.withheld
    )


def _figures(state: State) -> dict[str, int]:
    manifest = state.manifest
    return {
        "contests": len(manifest.contests) if manifest else 0,
        "options": sum(len(contest.options) for contest in manifest.contests) if manifest else 0,
        "commissions": len(manifest.commissions) if manifest else 0,
        "credentials": len(state.credentials),
        "overridden": len(state.overridden),
        "counted": sum(len(course.counted) for course in state.courses.values()),
        "smallest mixed group": min((len(c.counted) for c in state.courses.values() if len(c.lists) > 1), default=0),
    }


def _fingerprints(state: State, trust: TrustSheet) -> Iterator[tuple[str, str]]:
    """What people compare by telephone, in hexadecimal: keys as they are, of anything longer the SHA-256."""
    for number, key in enumerate(trust.log_keys, 1):
        yield _numbered("log key", number), key.public.hex()
    for number, root in enumerate(trust.roots, 1):
        yield _numbered("root", number), root.fingerprint(SHA256()).hex()
    for name, party in trust.witnesses.witnesses.items() if trust.witnesses else ():
        yield f"witness {name}", party.key.public.hex()
    if trust.verifier is not None:
        yield "verifier", trust.verifier.hex()
    if state.manifest is not None:
        yield "manifest", state.digest.hex()
    registers = Counter[str]()
    for pending in state.pending.values():
        if pending.effective and isinstance(pending.record, Register):
            commission = pending.record.commission
            registers[commission] += 1
            yield _numbered(f"register {commission}", registers[commission]), pending.record.blob.sha256.hex()
    if state.key:
        yield "election key", state.key.hex()
    if state.result is not None:
        yield "tally", sha256(records.encode(state.result)).hexdigest()


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"
