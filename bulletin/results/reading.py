"""Reads a log for the pages: every kept checkpoint, and the state under the last one (specs/results-pages.md §1).

It reads as an auditor does: each file leads to a root that the log has signed. The proofs of ballots, mixes and shares
are not settled; that is the audit's work.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import takewhile
from pathlib import Path

from bulletin.log import disk
from bulletin.results.edition import Edition, date
from verifier import fold
from verifier.audit.audit import check_digest, check_witnesses, keys_of
from verifier.audit.timeline import Snapshot, Timeline
from verifier.audit.trust import TrustSheet
from verifier.client import snapshot
from verifier.election.manifest import Manifest
from verifier.errors import Incomplete, VerifierError, say
from verifier.fold import Numbered
from verifier.log import checkpoint, policy
from verifier.log.reading import LATEST, Kept, Log, blob_path
from verifier.place import Place
from verifier.rules import CODEC
from verifier.state import State

EVERY = 20_000  # entries after which what was read is kept for the next start


class PublishedLog:
    """Follows the archive's kept checkpoints; `memory` is the file with the state for the next start."""

    def __init__(self, archive: Path, trust: TrustSheet, memory: Path | None = None) -> None:
        self._archive, self._trust, self._memory = archive, trust, memory
        self._kept: list[Kept] = []
        self._state, self._size, self._saved = State(), 0, 0
        self._policy: policy.Policy | None = None
        self._fresh = True

    def advance(self, number: int | None = None) -> Edition:
        """The edition of the last kept checkpoint, or of this one.

        `Incomplete` if there is none, if the copy is damaged, or if it lacks a blob that a paper needs; what was read
        before stays. `Rejected` if the log signed two histories, or if its manifest is not the trust sheet's.
        """
        log = Log(partial(disk.read, self._archive), self._trust.origin, keys_of(self._trust, self._state))
        self._read_kept(log)
        reach = [one.signed.body.size <= log.size for one in self._kept]
        last = sum(takewhile(bool, reach)) - 1 if number is None else number
        if not 0 <= last < len(self._kept) or not self._kept[last].signed.body.size:
            raise Incomplete("this copy has no such checkpoint", f"checkpoints/{max(last, 0)}")
        self._replay(log, self._kept[last].signed.body.size)
        self._remember(self._kept[last].signed.raw)
        return self._compose(last)

    def _read_kept(self, log: Log) -> None:
        """Take in the checkpoints that came since, each signed and of this history, with their good cosignatures."""
        self._policy = self._policy or self._trust.witnesses or self._read_policy(log)
        log_keys = keys_of(self._trust, self._state)
        while raw := disk.read(self._archive, f"checkpoints/{len(self._kept)}"):
            where = f"checkpoints/{len(self._kept)}"
            signed = checkpoint.decode(raw)
            checkpoint.check_log_signature("BRD.1", where, signed, self._trust.origin, log_keys)
            if signed.body.size > log.size:
                return  # its tiles are not here yet
            log.check_prefix(where, signed)
            keys = self._policy.witness_keys
            self._kept.append(Kept(where, signed, *checkpoint.judge_cosignatures("BRD.5", where, signed, keys)))

    def _read_policy(self, log: Log) -> policy.Policy:
        """The manifest's, where the trust sheet has none."""
        raw = next((raw for _, raw in log.entries()), b"")
        manifest = CODEC.decode(raw, Place(record=0)) if raw else None
        if not isinstance(manifest, Manifest):
            raise Incomplete("the log has no manifest yet", LATEST)
        return policy.decode(manifest.policy.encode()) if manifest.policy else policy.Policy(policy.NONE)

    def _replay(self, log: Log, size: int) -> None:
        """Fold the entries up to `size`; from the beginning, or from what is remembered, if more were folded."""
        if self._fresh or size < self._size:
            self._fresh = False
            self._recall(log, size)
        entries = takewhile(lambda entry: entry[0] < size, log.hashed(self._size)) if size > self._size else iter(())
        try:
            self._fold(entries)
        except VerifierError:
            self._recall(log, size)
            raise

    def _fold(self, entries: Iterator[Numbered]) -> None:
        blobs = lambda digest: disk.read(self._archive, blob_path(digest))  # noqa: E731  a line where it is used
        for judged in fold.replay(self._state, entries, blobs):
            if isinstance(judged.step, Incomplete):
                raise judged.step
            self._size = judged.number + 1

    def _recall(self, log: Log, size: int) -> None:
        """Begin with what is remembered, if it is of a prefix of this log, else with nothing."""
        self._state, self._size, self._saved = State(), 0, 0
        try:
            found = snapshot.decode(self._memory.read_bytes()) if self._memory else None
            body = checkpoint.decode(found.checkpoint).body if found else None
            if found and body and body.size <= size and log.root_at(body.size) == body.root:
                self._state, self._size, self._saved = found.state, body.size, body.size
        except (VerifierError, OSError):
            return  # it only saves time

    def _remember(self, raw: bytes) -> None:
        if self._memory is not None and self._size - self._saved >= EVERY:
            disk.write(self._memory, snapshot.encode(Snapshot(raw, self._state, Timeline())))
            self._saved = self._size

    def _compose(self, last: int) -> Edition:
        state, trust = self._state, self._policy
        if state.manifest is None or state.plan is None or trust is None:
            raise Incomplete("this election has no plan, and so no papers", Place(record=0))
        for check in (check_digest, check_witnesses):
            check(state, self._trust)
        kept = self._kept[: last + 1]
        bounds, instants = date(trust, kept)
        times = {one.key: one.time for one in kept[-1].cosignatures}
        seen = tuple((name, times[party.key]) for name, party in trust.witnesses.items() if party.key in times)
        manifest = state.manifest
        return Edition(state, state.plan, manifest.title, manifest.origin, instants, bounds, seen, len(trust.witnesses))


def find_archive(place: Path) -> Path:
    """The archive in a board's or mirror's directory, or the directory itself."""
    for found in (place, place / "archive"):
        if (found / LATEST).is_file():
            return found
    raise Incomplete(say("{} is no copy of a log, and holds none: there is no file `checkpoint`", str(place)))
