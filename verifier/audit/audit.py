"""The audit: one log, replayed and settled, against one trust sheet (specs/verification.md). No I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from verifier import fold
from verifier.audit.clauses import BLOCKS
from verifier.audit.settlement import Progress, Settlement, silent
from verifier.audit.timeline import Snapshot, Witnessed
from verifier.audit.validity import judge_signatures
from verifier.audit.verdict import Archive, Line, Notes, Outcome, Vouched, conclude
from verifier.errors import Incomplete, Malformed, Rejected, VerifierError, refuse
from verifier.log import checkpoint, policy
from verifier.log.note import ED25519, Key
from verifier.log.reading import LATEST, Kept, Log, blob_path
from verifier.place import NOWHERE, Place
from verifier.rule import Finding, Step
from verifier.state import State

if TYPE_CHECKING:
    from verifier.audit.trust import TrustSheet
    from verifier.election.manifest import Manifest
    from verifier.log.reading import Read

STEP = 256
MANIFEST = Place(record=0)


@dataclass
class Audit:
    """One run over one copy of a board."""

    read: Read
    trust: TrustSheet
    progress: Progress = silent
    resume: Snapshot | None = None
    only: frozenset[str] = frozenset()
    state: State = field(default_factory=State)
    notes: Notes = field(default_factory=Notes)
    fetched: int = 0
    judging: bool = True

    def run(self) -> Outcome:
        """Check everything that can be checked, and say what could not be."""
        self._skip_unasked()
        self._skip_untrusted()
        try:
            log = self.replay()
            self._check_log(log)
            self._check_sheet()
            self._weigh(log)
        except VerifierError as error:
            self._note(error, "BRD")
        return conclude(self.state, self.trust, self.notes)

    def _skip_unasked(self) -> None:
        """Of what was not asked for the report has one line, and of receipts, which are not on the log, none."""
        others = [block for block in BLOCKS if self.only and block not in {*self.only, "RCP"}]
        self.notes.unasked = {"RCP", *others}
        if others:
            asked = f"only {', '.join(block for block in BLOCKS if block in self.only)} was asked for"
            self.notes.missing.append(Line("", NOWHERE, f"{asked}; not checked: {', '.join(others)}"))

    def _skip_untrusted(self) -> None:
        for absent, what, ids in (
            (self.trust.witnesses is None, "quorum of witnesses", ("BRD.4", "BRD.5", "CFG.12", "CRT.5")),
            (not self.trust.roots, "certificate roots", ("CRT.4",)),
            (self.trust.manifest is None, "manifest digest", ("CFG.10",)),
        ):
            if absent:
                self.notes.skipped.update(dict.fromkeys(ids, f"the trust sheet has no {what}"))

    @property
    def keys(self) -> tuple[Key, ...]:
        """The log's keys: those on the sheet, and those that the log has introduced since."""
        return _keys(self.trust, self.state)

    def _check_log(self, log: Log) -> None:
        keys, witnesses = self.keys, self.trust.witnesses
        self.notes.figures["log entries"] = log.size
        self.notes.archive = _archive(log, "nobody")
        kept: list[Kept] = []
        with self._noting():
            self.notes.witnessed.append(log.check_latest(keys, witnesses))
            self.notes.archive = _archive(log, "witnesses" if witnesses else "log")
        with self._noting():
            kept = log.check_kept(keys, witnesses)
        self.notes.witnessed += kept
        published = 1 + len(kept)
        self.notes.counts.update({"BRD.1": published, "BRD.2": log.size, "BRD.3": len(kept)})
        if witnesses is not None:
            self.notes.counts.update({"BRD.4": 1, "BRD.5": sum(len(one.cosignatures) for one in kept)})
            self.notes.figures["witnesses"] = len(witnesses.witnesses)
        self.notes.figures["checkpoints"] = len(kept)

    def replay(self) -> Log:
        """Fold the log and settle what its records claim; refused records are void (specs/election.md §3).

        After a record that cannot be judged, for want of its blob, entries are hashed and not judged any more.
        """
        log = Log(self.read, self.trust.origin, self.trust.log_keys)
        entries = self._watched(log, self._resumed(log))
        with Settlement(self._void, self.only, self.progress) as settlement:
            for index, raw, step in fold.replay(self.state, entries, self._blob):
                match step:
                    case Rejected():
                        self._void(step)
                    case Incomplete():
                        self.judging = False
                        self._note(step, "BRD")
                    case Step():
                        settlement.owe(step.claims, len(raw) + self.fetched)
                        self.notes.timeline.see(index, step.record, self.state.phase)
                self.fetched = 0
        return log

    def _watched(self, log: Log, start: int) -> Iterator[tuple[int, bytes]]:
        """The log's entries from `start` on; progress is told as they are read."""
        for index, raw in log.entries(start):
            if index % STEP == 0:
                self.progress("replay", index, log.size)
            yield index, raw
        self.progress("replay", log.size, log.size)

    def _void(self, error: Rejected) -> None:
        """Note what is false, and with it its record."""
        self._note(error)
        if error.where.record is not None:
            self.notes.void.add(error.where.record)

    def _resumed(self, log: Log) -> int:
        """Where to go on from: the log must continue the one that the snapshot is of."""
        if self.resume is None:
            return 0
        signed = checkpoint.decode(self.resume.checkpoint)
        size = signed.body.size
        if size > log.size:
            raise Incomplete(f"this copy ends at entry {log.size}, one's own snapshot at {size}", LATEST)
        if log.root_at(size) != signed.body.root:
            detail = f"the log signed two histories: its first {size} entries are not those of one's own snapshot"
            refuse("BRD.3", LATEST, detail, signed.raw, log.latest.raw)
        self.state, self.notes.timeline = self.resume.state, self.resume.timeline
        return size

    def snapshot(self) -> Snapshot:
        """What a later audit may resume from; `Incomplete` if something was refused or missing in this one."""
        raw = self.read(LATEST)
        if raw is None or self.notes.refused or self.notes.missing:
            raise Incomplete("there is nothing to resume from: the audit was not passed", "snapshot")
        return Snapshot(raw, self.state, self.notes.timeline)

    def _check_sheet(self) -> None:
        """What the manifest and rosters must have in common with the trust sheet."""
        with self._noting():
            self.check_manifest()
        witnesses = self.trust.witnesses
        witnessed = Witnessed.of(witnesses, self.notes.witnessed) if witnesses is not None else None
        for said in judge_signatures(self.state, self.trust.roots, witnessed):
            self._note(said)

    def check_manifest(self) -> None:
        """CFG.10 to CFG.12: manifest and quorum are the sheet's, the log is this one; `Incomplete` without one."""
        manifest = self.state.manifest
        if manifest is None:
            raise Incomplete("the log has no manifest yet", MANIFEST)
        if self.trust.manifest is not None:
            self.notes.counts["CFG.10"] += 1
            if self.trust.manifest != self.state.digest:
                detail = f"its SHA-256 is {self.state.digest.hex()}, the sheet's is {self.trust.manifest.hex()}"
                refuse("CFG.10", MANIFEST, detail)
        if manifest.origin != self.trust.origin or manifest.log_key not in {key.public for key in self.trust.log_keys}:
            refuse("CFG.11", MANIFEST, f"the manifest is of the log {manifest.origin}, or of another key")
        check_witnesses(manifest, self.trust)

    def _weigh(self, log: Log) -> None:
        """Whether the tally stands without the void records."""
        if not self.notes.void or not self.judging:
            return
        state = State()
        others = ((index, raw) for index, raw in log.entries() if index not in self.notes.void)
        steps = (judged.step for judged in fold.replay(state, others, self._blob))
        claims = [claim for step in steps if isinstance(step, Step) for claim in step.claims]
        stands = state.phase == "certified" and state.result == self.state.result
        try:
            fold.settle(claims)
        except Rejected:
            stands = False
        self.notes.stands = stands

    def _blob(self, digest: bytes) -> bytes | None:
        data = self.read(blob_path(digest))
        self.fetched += len(data or b"")
        return data

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except Rejected as error:
            if error.id == "BRD.1" and not self.judging:
                detail = f"{error.detail}, unless a record that could not be judged introduces another key"
                self._note(Incomplete(detail, error.where), "BRD")
            else:
                self._note(error)

    def _note(self, said: VerifierError | Finding, block: str = "") -> None:
        match said:
            case Rejected():
                self.notes.refused.append(said)
            case Incomplete() | Malformed():
                self.notes.missing.append(Line(block, said.where, said.detail))
            case Finding():
                self.notes.findings.append(said)


def replay(read: Read, trust: TrustSheet) -> State:
    """For those who act on a log: its state, or an error at the first thing that is not as it must be.

    The checkpoint must have the witnesses' quorum, and the log must be one on which nothing is void.
    """
    if trust.witnesses is None or trust.manifest is None or not trust.roots:
        needed = "a quorum of witnesses, the manifest's digest and the roots of the members' certificates"
        raise Incomplete(f"to act on a log the trust sheet needs {needed}", "trust sheet")
    log = Log(read, trust.origin, trust.log_keys)
    state = State()
    fold.settle(fold.claims_of(state, log.entries(), lambda digest: read(blob_path(digest))))
    log.check_latest(_keys(trust, state), trust.witnesses)
    if state.digest != trust.manifest:
        refuse("CFG.10", MANIFEST, "the manifest is not the one on the trust sheet")
    if state.manifest is not None:
        check_witnesses(state.manifest, trust)
    for said in judge_signatures(state, trust.roots, None):
        if isinstance(said, Rejected):
            raise said
    return state


def check_witnesses(manifest: Manifest, trust: TrustSheet) -> None:
    """The quorum of the manifest's policy is the sheet's (CFG.12), where both have one."""
    if manifest.policy and trust.witnesses is not None:
        asked = policy.rule(policy.decode(manifest.policy.encode()))
        if asked != policy.rule(trust.witnesses):
            refuse("CFG.12", MANIFEST, "the manifest asks for another quorum of witnesses than the trust sheet")


def _keys(trust: TrustSheet, state: State) -> tuple[Key, ...]:
    """The log's keys: those on the sheet, and those that the log has introduced since."""
    introduced = (Key(trust.origin, ED25519, key) for key in state.log_keys[1:])
    return (*trust.log_keys, *(key for key in introduced if key not in trust.log_keys))


def _archive(log: Log, vouched: Vouched) -> Archive:
    signed = log.latest
    digest = sha256(signed.raw).hexdigest()
    return Archive(signed.body.origin, log.size, signed.body.root.hex(), digest, vouched)
