"""A contest's course from cast ballots to decryption shares (specs/election.md §2)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from struct import unpack
from typing import NamedTuple, Self

from verifier.proof import backend
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import SIZE, Points
from verifier.proof.packed import Keyed

POSITION = 8


class Cast(NamedTuple):
    """A credential's latest cast ballot in a contest."""

    position: int
    tracker: bytes


class CountedSet(NamedTuple):
    """A contest's counted set: the trackers of its ballots, 32 bytes each, and what they seal."""

    trackers: bytes
    sealed: Ciphertexts


class CastBallots(Keyed[Cast]):
    """The latest cast ballot of each credential, by its key: position, tracker, R and P."""

    @classmethod
    def of(cls, width: int) -> Self:
        """None yet, in a contest of so many columns."""
        return cls(backend.Packed(SIZE, POSITION + SIZE + 2 * SIZE * width))

    def read(self, value: bytes) -> Cast:
        return Cast(int.from_bytes(value[:POSITION], "little"), value[POSITION : POSITION + SIZE])

    def put(self, credential: bytes, position: int, *parts: bytes) -> None:
        """This is the credential's latest: its tracker, R and P."""
        self.rows.put(credential, b"".join((position.to_bytes(POSITION, "little"), *parts)))

    def counted(self, overridden: AbstractSet[bytes], width: int) -> CountedSet:
        """Those of credentials that are not overridden, in the log's order."""
        start = SIZE + POSITION
        positions = unpack(f"<{len(self)}Q", self.rows.take(range(len(self)), SIZE, start))
        order = sorted((row for row, key in enumerate(self) if key not in overridden), key=positions.__getitem__)
        parts = range(start, start + SIZE * (1 + 2 * width), SIZE)
        trackers, *columns = (self.rows.take(order, part, part + SIZE) for part in parts)
        points = tuple(map(Points.packed, columns))
        return CountedSet(trackers, Ciphertexts(points[:width], points[width:]))


class Given(NamedTuple):
    """A trustee's shares of a contest: one vector of points a column."""

    trustee: int
    shares: tuple[Points, ...]


@dataclass
class Course:
    """What is cast, how many of it count, and is mixed by `mixers` (all digests, the last two lists), decrypted."""

    cast: CastBallots
    counted: int = 0
    mixers: list[str] = field(default_factory=list)
    lists: list[Ciphertexts] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    shares: list[Given] = field(default_factory=list)
