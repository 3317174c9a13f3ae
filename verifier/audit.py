"""The audit: one log, replayed and settled, against one trust sheet (specs/verification.md). No I/O, no clock."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verifier import election
from verifier.catalogue import CATALOGUE
from verifier.errors import Incomplete, Malformed, Rejected, VerifierError, refuse
from verifier.log import Kept, Log, blob_path
from verifier.manifest import SPEC, Manifest
from verifier.note import ED25519, Key
from verifier.report import Line, Report, Result, checks, in_order, verdict
from verifier.roster import check_chain
from verifier.state import State

if TYPE_CHECKING:
    from cryptography import x509

    from verifier.log import Read
    from verifier.state import Claim
    from verifier.trust import TrustSheet

Progress = Callable[[str, int, int], None]
STEP = 256


@dataclass
class Audit:
    """One run over one copy of a board."""

    read: Read
    trust: TrustSheet
    progress: Progress = lambda _stage, _done, _total: None
    state: State = field(default_factory=State)
    claims: list[Claim] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Line] = field(default_factory=list)
    missing: list[Line] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    void: set[int] = field(default_factory=set)
    figures: dict[str, int] = field(default_factory=dict)
    fingerprints: dict[str, str] = field(default_factory=dict)
    consequence: str = ""

    def run(self) -> Report:
        """Check everything that can be checked, and say what could not be."""
        self._skip_untrusted()
        try:
            log = Log(self.read, self.trust.origin, self.trust.log_keys)
            try:
                self._replay(log)
            finally:  # what a missing file leaves unread does not hide what was read and is false
                self._settle()
            self._check_log(log)
            self._check_sheet()
            self._weigh(log)
        except VerifierError as error:
            self._note(error, "BRD")
        return self._report()

    def _skip_untrusted(self) -> None:
        self.skipped.update(dict.fromkeys(("RCP.1", "RCP.2", "RCP.3", "RCP.4"), ""))
        for absent, what, ids in (
            (self.trust.witnesses is None, "quorum of witnesses", ("BRD.4", "BRD.5")),
            (not self.trust.roots, "certificate roots", ("CRT.4",)),
            (self.trust.manifest is None, "manifest digest", ("CFG.10",)),
        ):
            if absent:
                self.skipped.update(dict.fromkeys(ids, f"the trust sheet has no {what}"))

    def _check_log(self, log: Log) -> None:
        keys, witnesses = _keys(self.trust, self.state), self.trust.witnesses
        self.figures["log entries"] = log.size
        self.fingerprints["log root"] = log.latest.body.root.hex()
        kept: list[Kept] = []
        with self._noting():
            log.check_latest(keys, witnesses)
        with self._noting():
            kept = log.check_kept(keys, witnesses)
        published = 1 + len(kept)
        self.counts.update({"BRD.1": published, "BRD.2": log.size, "BRD.3": len(kept)})
        if witnesses is not None:
            self.counts.update({"BRD.4": 1, "BRD.5": sum(len(one.cosignatures) for one in kept)})
            self.figures["witnesses"] = len(witnesses.witnesses)
        self.figures["checkpoints"] = len(kept)

    def _replay(self, log: Log) -> None:
        """Fold the log; refused records are void (specs/election.md §3)."""
        for index, raw in log.entries():
            if index % STEP == 0:
                self.progress("replay", index, log.size)
            try:
                step = election.prepare(self.state, index, raw, self._blob)
            except Rejected as error:
                self.void.add(index)
                self._note(error)
                continue
            election.apply(self.state, raw, step)
            self.claims.extend(step.claims)
            self._count(raw)
        self.progress("replay", log.size, log.size)

    def _settle(self) -> None:
        self.progress("proofs", 0, len(self.claims))
        try:
            election.settle(self.claims)
        except Rejected as error:
            for failure in (error, *error.also):
                self._note(failure)
                if found := re.match(r"record (\d+)", failure.where):
                    self.void.add(int(found[1]))
        self.progress("proofs", len(self.claims), len(self.claims))

    def _check_sheet(self) -> None:
        """What the manifest and rosters must have in common with the trust sheet."""
        manifest = self.state.manifest
        if manifest is None:
            raise Incomplete("the log has no manifest yet", "record 0")
        self.fingerprints.update({"manifest": self.state.digest.hex(), "election key": self.state.key.hex()})
        with self._noting():
            self._check_manifest(manifest)
        with self._noting():
            if self.trust.roots:
                check_chains(self.state, self.trust.roots)

    def _check_manifest(self, manifest: Manifest) -> None:
        if self.trust.manifest is not None:
            self.counts["CFG.10"] += 1
            if self.trust.manifest != self.state.digest:
                refuse(
                    "CFG.10",
                    "record 0",
                    f"its SHA-256 is {self.state.digest.hex()}, the sheet's is {self.trust.manifest.hex()}",
                )
        if manifest.origin != self.trust.origin or manifest.log_key not in {key.public for key in self.trust.log_keys}:
            refuse("CFG.11", "record 0", f"the manifest is of the log {manifest.origin}, or of another key")

    def _weigh(self, log: Log) -> None:
        """Whether the tally stands without the void records."""
        if not self.void:
            return
        state = State()
        claims: list[Claim] = []
        for index, raw in log.entries():
            if index not in self.void:
                with suppress(Rejected):
                    claims += election.admit(state, index, raw, self._blob)
        stands = state.phase == "certified" and state.result == self.state.result
        try:
            election.settle(claims)
        except Rejected:
            stands = False
        self.consequence = f"{len(self.void)} records are void; without them the tally " + (
            "stands unchanged" if stands else "does not stand"
        )

    def _count(self, raw: bytes) -> None:
        kind = election.kind(election.CODEC.decode(raw))
        self.counts[f"kind {kind}"] += 1

    def _blob(self, digest: bytes) -> bytes | None:
        return self.read(blob_path(digest))

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except Rejected as error:
            self._note(error)

    def _note(self, error: VerifierError, block: str = "") -> None:
        match error:
            case Rejected():
                self.failures.append(Line(error.id, error.where, error.detail))
            case Incomplete() | Malformed():
                self.missing.append(Line(block, error.where, error.detail))

    def _report(self) -> Report:
        kinds = {key.removeprefix("kind "): count for key, count in self.counts.items() if key.startswith("kind ")}
        everything = sum(kinds.values())
        counts = dict(self.counts)
        for clause in CATALOGUE:
            if clause.kinds:
                counts[clause.id] = (
                    everything if clause.kinds == ("*",) else sum(kinds.get(kind, 0) for kind in clause.kinds)
                )
        findings = [Line(finding.id, finding.where, finding.detail) for finding in self.state.findings]
        receipts = {id for id in self.skipped if id.startswith("RCP")}
        table = tuple(
            check for check in checks(counts, self.failures, findings, self.skipped) if check.id not in receipts
        )
        skipped = sum(check.status == "SKIPPED" for check in table)
        said = verdict(len(self.failures), len(self.missing), skipped, len(findings))
        manifest = self.state.manifest
        return Report(
            verdict=said,
            complete=not skipped and not self.missing,
            spec=SPEC,
            election=manifest.election if manifest else "",
            phase=self.state.phase,
            checks=table,
            failures=in_order(self.failures),
            incomplete=tuple(self.missing),
            findings=tuple(findings),
            consequence=self.consequence,
            results=_results(self.state),
            figures=self.figures | dict(sorted(kinds.items())) | _figures(self.state),
            fingerprints=self.fingerprints,
        )


def replay(read: Read, trust: TrustSheet) -> State:
    """For those who act on a log: its state, or an error at the first thing that is not as it must be.

    The checkpoint must have the witnesses' quorum, and the log must be one on which nothing is void.
    """
    if trust.witnesses is None or trust.manifest is None or not trust.roots:
        needed = "a quorum of witnesses, the manifest's digest and the roots of the members' certificates"
        raise Incomplete(f"to act on a log the trust sheet needs {needed}", "trust sheet")
    log = Log(read, trust.origin, trust.log_keys)
    state = State()
    claims: list[Claim] = []

    for index, raw in log.entries():
        claims += election.admit(state, index, raw, lambda digest: read(blob_path(digest)))
    election.settle(claims)
    log.check_latest(_keys(trust, state), trust.witnesses)
    if state.digest != trust.manifest:
        refuse("CFG.10", "record 0", "the manifest is not the one on the trust sheet")
    check_chains(state, trust.roots)
    return state


def check_chains(state: State, roots: tuple[x509.Certificate, ...]) -> None:
    """Every member of every effective roster is certified by a root of the sheet (CRT.4)."""
    for roster in state.rosters.values():
        for member in roster.members:
            check_chain(member, roots, f"roster of {roster.commission}")


def _keys(trust: TrustSheet, state: State) -> tuple[Key, ...]:
    """The log's keys: those on the sheet, and those that the log has introduced since."""
    introduced = (Key(trust.origin, ED25519, key) for key in state.log_keys[1:])
    return (*trust.log_keys, *(key for key in introduced if key not in trust.log_keys))


def _results(state: State) -> tuple[Result, ...]:
    if state.result is None:
        return ()
    return tuple(
        Result(count.contest, count.counted, count.valid, count.invalid, {v.option: v.count for v in count.votes})
        for count in state.result.contests
    )


def _figures(state: State) -> dict[str, int]:
    return {
        "credentials": len(state.credentials),
        "overridden": len(state.overridden),
        "counted": sum(len(course.counted) for course in state.courses.values()),
        "smallest mixed group": min((len(c.counted) for c in state.courses.values() if len(c.lists) > 1), default=0),
    }
