"""When witnesses saw what is on a log, read from the checkpoints that its archive keeps (specs/log.md §6.5).

Nothing is held of them but what was asked for: thousands are kept, and a few say all.
"""

from bisect import bisect_left, bisect_right
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from bulletin.log import disk
from verifier.errors import VerifierError
from verifier.log import checkpoint, policy
from verifier.log.checkpoint import Cosignature, SignedCheckpoint
from verifier.log.note import Key
from verifier.log.policy import Policy

LOOK_BACK = 64  # checkpoints among which a witness's latest cosignature is looked for

Bounds = tuple[int | None, int | None]


class Sighting(NamedTuple):
    """A witness, and the latest tree that it is known to have cosigned: its size, when, and whether it is the last."""

    name: str
    size: int = 0
    time: int | None = None
    is_current: bool = False


class Sightings:
    """What the witnesses of a policy say of the log in `archive`; any thread may ask."""

    def __init__(self, archive: Path, trust: Policy) -> None:
        self._archive, self._trust, self._lock = archive, trust, Lock()
        self._count = 0
        self._seen: dict[Key, tuple[int, int, int]] = {}  # number, size, time
        self._dated: dict[int, Bounds] = {}

    def witnesses(self) -> tuple[Sighting, ...]:
        """What each witness cosigned last, in the policy's order."""
        with self._lock:
            self._follow()
            return tuple(self._sighting(name, party.key) for name, party in self._trust.witnesses.items())

    def latest(self) -> tuple[int, int | None]:
        """Size of the checkpoint published last, and when a quorum had seen it; 0 before there is one."""
        with self._lock:
            self._follow()
            last = self._count - 1
            return self._size(last), policy.earliest(self._trust, self._cosignatures(last))

    def bounds(self, record: int) -> Bounds:
        """A time at which a quorum saw the log without this record, and one at which with it; None if not shown."""
        with self._lock:
            self._follow()
            if record in self._dated:
                return self._dated[record]
            place = bisect_right(range(self._count), record, key=self._size)
            after = policy.latest(self._trust, self._cosignatures(place - 1))
            if place == self._count:
                return after, None
            before = policy.earliest(self._trust, self._cosignatures(place))
            self._dated[record] = after, before  # no later checkpoint says more
            return after, before

    def _sighting(self, name: str, key: Key) -> Sighting:
        if key not in self._seen:
            return Sighting(name)
        number, size, time = self._seen[key]
        return Sighting(name, size, time, number == self._count - 1)

    def _follow(self) -> None:
        """Take in the checkpoints that came since the last look: the newest that name every witness."""
        known, self._count = self._count, self._count + self._count_new()
        fresh: dict[Key, tuple[int, int, int]] = {}
        for number in range(self._count - 1, max(known, self._count - LOOK_BACK) - 1, -1):
            if len(fresh) == len(self._trust.witnesses):
                break
            for cosignature in self._cosignatures(number):
                if cosignature.key not in fresh:
                    fresh[cosignature.key] = number, self._size(number), cosignature.time
        self._seen |= fresh

    def _count_new(self) -> int:
        """How many are kept beyond those known: their numbers have no gap, so that few need be looked for."""
        reach = 1
        while self._is_kept(reach - 1):
            reach *= 2
        return bisect_left(range(reach), 1, key=lambda step: not self._is_kept(step))

    def _is_kept(self, step: int) -> bool:
        return (self._archive / f"checkpoints/{self._count + step}").is_file()

    def _size(self, number: int) -> int:
        signed = self._read(number)
        return signed.body.size if signed else 0

    def _cosignatures(self, number: int) -> tuple[Cosignature, ...]:
        """The good lines of known witnesses."""
        signed, where = self._read(number), f"checkpoints/{number}"
        return checkpoint.judge_cosignatures("BRD.5", where, signed, self._trust.witness_keys)[0] if signed else ()

    def _read(self, number: int) -> SignedCheckpoint | None:
        """One that is missing or damaged says nothing."""
        raw = disk.read(self._archive, f"checkpoints/{number}") if number >= 0 else None
        try:
            return checkpoint.decode(raw) if raw else None
        except VerifierError:
            return None
