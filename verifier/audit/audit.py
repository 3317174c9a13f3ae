"""The audit: one log, replayed and settled, against one trust sheet (specs/verification.md). No I/O, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verifier import fold
from verifier.audit.clauses import BLOCKS, OF_PAPERS
from verifier.audit.settlement import Progress, Settlement, silent
from verifier.audit.timeline import Snapshot, Timeline, Witnessed
from verifier.audit.validity import judge_signatures
from verifier.audit.verdict import Line, Notes, Outcome, conclude
from verifier.election.timetable import judge_timetable
from verifier.errors import Incomplete, Rejected, VerifierError, refuse, say
from verifier.log import checkpoint, policy
from verifier.log.note import ED25519, Key
from verifier.log.reading import LATEST, Log, blob_path, check_quorum
from verifier.paper.weigh import weigh
from verifier.place import NOWHERE, Place
from verifier.rule import Claim, Finding, Step
from verifier.state import State

if TYPE_CHECKING:
    from verifier.audit.trust import TrustSheet
    from verifier.log.reading import Read

STEP = 256
MANIFEST = Place(record=0)
WITNESSED = ("BRD.4", "BRD.5", "CFG.12", "CRT.5", "DUT.3", "DUT.4", "DUT.9")  # what only their signatures can show
UNDER_WAY = ("DUT.6", "DUT.10", "DUT.11", "DUT.12")  # and these, where there are papers


@dataclass
class Audit:
    """One run over one copy of a board; `kept` are the numbers in its `checkpoints/`, as far as it can list them.

    After the run: `log`, if it has signed this copy; `judged`, whether all records were; then `sound`, the state
    without the void records, and `loose`, the records that do not hold without those.
    """

    read: Read
    trust: TrustSheet
    progress: Progress = silent
    resume: Snapshot | None = None
    only: frozenset[str] = frozenset()
    kept: Sequence[int] | None = None
    state: State = field(default_factory=State)
    notes: Notes = field(default_factory=Notes)
    log: Log | None = None
    judged: bool = False
    sound: State = field(default_factory=State)
    loose: set[int] = field(default_factory=set)

    def run(self) -> Outcome:
        """Check everything that can be checked, and say what could not be."""
        self._skip_unasked()
        self._skip_untrusted()
        with self._noting():
            log = Log(self.read, self.trust.origin, self.trust.log_keys, self._note)
            with self._noting():
                self._replay(log)
            self._check_log(log)
            self._check_sheet()
            self._weigh(log)
        return conclude(self.state, self.trust, self.notes)

    def _skip_unasked(self) -> None:
        """Blocks not asked for get one line in the report; receipts, which are not on the log, get none."""
        others = [block for block in BLOCKS if self.only and block not in {*self.only, "RCP"}]
        self.notes.unasked = {"RCP", *others}
        if others:
            asked = [block for block in BLOCKS if block in self.only]
            said = say("only {} was asked for; not checked: {}", ", ".join(asked), ", ".join(others))
            self.notes.missing[Line("", NOWHERE, said)] = None

    def _skip_untrusted(self) -> None:
        for absent, said, ids in (
            (self.trust.witnesses is None, "the trust sheet has no quorum of witnesses", WITNESSED),
            (not self.trust.roots, "the trust sheet has no certificate roots", ("CRT.4",)),
            (self.trust.manifest is None, "the trust sheet has no manifest digest", ("CFG.10",)),
        ):
            if absent:
                self.notes.skipped.update(dict.fromkeys(ids, said))

    @property
    def keys(self) -> tuple[Key, ...]:
        """The log's keys: those on the sheet, and those that the log has introduced since."""
        return keys_of(self.trust, self.state)

    def _check_log(self, log: Log) -> None:
        """Check the log's own clauses; a tree that it has not signed is not reported: anybody can make one up."""
        witnesses, notes = self.trust.witnesses, self.notes
        read, notes.refused = notes.refused, []
        notes.witnessed = published = log.check_published(self.keys, witnesses, self.kept)
        notes.findings += [Finding("BRD.5", "warning", e.where, e.said) for one in published for e in one.absent]
        notes.latest = log.latest
        notes.counts["BRD.1"] = len(published)
        if not published or published[0].where != LATEST:
            self.state, self.judged, notes.void, notes.timeline = State(), False, set(), Timeline()
            notes.missing = {line: None for line in notes.missing if line.id != "BRD"}
            return
        self.log, notes.vouched = log, "log"
        notes.refused += read
        notes.counts.update({"BRD.2": log.size, "BRD.3": len(published)})
        if witnesses is not None:
            notes.counts.update({"BRD.4": 1, "BRD.5": sum(len(one.cosignatures) for one in published)})
            with self._noting():
                check_quorum(published[0], witnesses)
                notes.vouched = "witnesses"

    def _replay(self, log: Log) -> None:
        """Fold the log and settle what its records claim; refused records are void (specs/election.md §3).

        After a record that cannot be judged, because its blob is missing, entries are only hashed.
        """
        if not log.leads:
            return
        judged = True
        entries = self._watched(log, self._resumed(log))
        with Settlement(self._void, self.only, self.progress) as settlement:
            for index, _, step in settlement.follow(self.state, entries, self._blob):
                match step:
                    case Rejected():
                        self._void(step)
                    case Incomplete():
                        judged = judged and self.state.unjudged
                        self._note(step)
                    case Step():
                        self.notes.timeline.see(index, step)
        self.judged = judged

    def _watched(self, log: Log, start: int) -> Iterator[tuple[int, bytes, bytes]]:
        """The log's entries from `start` on; progress is told as they are read."""
        for entry in log.hashed(start):
            if entry[0] % STEP == 0:
                self.progress("replay", entry[0], log.size)
            yield entry
        self.progress("replay", log.size, log.size)

    def _void(self, error: Rejected) -> None:
        """Note what is false, and with it its record."""
        self._note(error)
        if error.where.record is not None:
            self.notes.void.add(error.where.record)

    def _resumed(self, log: Log) -> int:
        """Where to go on: the log must continue the log of the snapshot."""
        if self.resume is None:
            return 0
        signed = checkpoint.decode(self.resume.checkpoint)
        size = signed.body.size
        if size > log.size:
            raise Incomplete(say("this copy ends at entry {}, one's own snapshot at {}", log.size, size), LATEST)
        detail = say("the log signed two histories: its first {} entries are not those of one's own snapshot", size)
        log.check_prefix(LATEST, signed, detail)
        self.state, self.notes.timeline = self.resume.state, self.resume.timeline
        return size

    def snapshot(self) -> Snapshot:
        """What a later audit may resume from; `Incomplete` if something was refused or missing in this one."""
        raw = self.read(LATEST)
        if raw is None or self.notes.refused or self.notes.missing:
            raise Incomplete("there is nothing to resume from: the audit was not passed", "snapshot")
        return Snapshot(raw, self.state, self.notes.timeline)

    def _check_sheet(self) -> None:
        """What manifest, rosters and times must have in common with the trust sheet."""
        if self.state.manifest is None:
            if self.judged:
                self._note(Incomplete("the log has no manifest yet", MANIFEST))
            return
        self.notes.counts["CFG.10"] += self.trust.manifest is not None
        for check in (check_digest, check_origin, check_witnesses):
            with self._noting():
                check(self.state, self.trust)
        witnesses = self.trust.witnesses
        witnessed = Witnessed.of(witnesses, self.notes.witnessed) if witnesses is not None else None
        for said in judge_signatures(self.state, self.trust.roots, witnessed):
            self._note(said)
        if witnessed is not None:
            steps = [(event.step, event.record) for event in self.notes.timeline.steps]
            judge_timetable(self.state.manifest.timetable, steps, witnessed.bounds, self.notes)
        if self.state.unjudged:
            self.notes.skipped |= dict.fromkeys(OF_PAPERS, "a blob of the papers is missing")
        if self.state.plan is not None and witnessed is None:
            self.notes.skipped |= dict.fromkeys(UNDER_WAY, "the trust sheet has no quorum of witnesses")
        self.notes.papers = papers = weigh(self.state, witnessed.bounds if witnessed is not None else None)
        if papers is not None:
            self.notes.findings += papers.findings
            self.notes.counts.update(papers.counts)

    def _weigh(self, log: Log) -> None:
        """The state without the void records, and whether the tally stands in it."""
        self.sound = self.state
        if not self.notes.void or not self.judged:
            return
        self.sound, claims = State(), list[Claim]()
        others = (entry for entry in log.hashed() if entry[0] not in self.notes.void)
        for index, _, step in fold.replay(self.sound, others, self._blob):
            if isinstance(step, Step):
                claims += step.claims
            elif isinstance(step, Rejected):
                self.loose.add(index)
        stands = self.sound.phase == "certified" and self.sound.result == self.state.result
        try:
            fold.settle(claims)
        except Rejected:
            stands = False
        self.notes.stands = stands

    def _blob(self, digest: bytes) -> bytes | None:
        return self.read(blob_path(digest))

    @contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except VerifierError as error:
            self._note(error)

    def _note(self, said: VerifierError | Finding) -> None:
        match said:
            case Rejected():
                self.notes.refused.append(said)
            case Finding():
                self.notes.findings.append(said)
            case Incomplete(id=str(id)) if id:
                self.notes.skipped.setdefault(id, said.said)
                self.notes.missing[Line(id, said.where, said.said)] = None
            case _:
                self.notes.missing[Line("BRD", said.where, said.said)] = None


def replay(read: Read, trust: TrustSheet) -> State:
    """The log's state, for those who act on it; an error at the first thing that is wrong.

    The checkpoint must have the witnesses' quorum, and the log must be one on which nothing is void.
    """
    if trust.witnesses is None or trust.manifest is None or not trust.roots:
        needed = "a quorum of witnesses, the manifest's digest and the roots of the members' certificates"
        raise Incomplete(say("to act on a log the trust sheet needs {}", needed), "trust sheet")
    log = Log(read, trust.origin, trust.log_keys)
    state, false = State(), list[Rejected]()
    try:
        with Settlement(false.append) as settlement:
            for judged in settlement.follow(state, log.hashed(), lambda digest: read(blob_path(digest))):
                judged.taken()
        if false:
            raise false[0]
    finally:  # of what the log has not signed nothing is said to be false
        log.check_latest(keys_of(trust, state), trust.witnesses)
    for check in (check_digest, check_witnesses):
        check(state, trust)
    for said in judge_signatures(state, trust.roots, None):
        if isinstance(said, Rejected):
            raise said
    return state


def check_digest(state: State, trust: TrustSheet) -> None:
    """The manifest is the sheet's (CFG.10)."""
    if trust.manifest not in {None, state.digest}:
        said = say("its SHA-256 is {}, the sheet's is {}", state.digest.hex(), (trust.manifest or b"").hex())
        refuse("CFG.10", MANIFEST, said)


def check_origin(state: State, trust: TrustSheet) -> None:
    """The manifest names this log, by its origin and the first of its keys (CFG.11)."""
    manifest = state.manifest
    if manifest is not None and Key(manifest.origin, ED25519, manifest.log_key) not in trust.log_keys:
        refuse("CFG.11", MANIFEST, say("the manifest is of the log {}, or of another key", manifest.origin))


def check_witnesses(state: State, trust: TrustSheet) -> None:
    """The quorum of the manifest's policy is the sheet's (CFG.12), where both have one."""
    if state.manifest is not None and state.manifest.policy and trust.witnesses is not None:
        asked = policy.rule(policy.decode(state.manifest.policy.encode()))
        if asked != policy.rule(trust.witnesses):
            refuse("CFG.12", MANIFEST, "the manifest asks for another quorum of witnesses than the trust sheet")


def keys_of(trust: TrustSheet, state: State) -> tuple[Key, ...]:
    """The log's keys: those on the sheet, and those that this election's log has introduced since."""
    introduced = state.log_keys[1:] if state.digest == trust.manifest else ()
    others = (Key(trust.origin, ED25519, key) for key in introduced)
    return (*trust.log_keys, *(key for key in others if key not in trust.log_keys))
