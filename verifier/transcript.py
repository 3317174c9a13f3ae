"""The proof is the transcript: to read a message is to absorb it (specs/transcript.md).

`Reader` reads one proof. `Readers` reads n proofs of the same form side by side, a vector at a time; each of its rows
hashes exactly what `Reader` would.
"""

from __future__ import annotations

import hashlib
from array import array
from typing import TYPE_CHECKING, NamedTuple

from verifier import backend
from verifier.errors import Malformed
from verifier.group import SIZE, Points, Scalars

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verifier.batch import Batch, Place

PROTOCOL = b"aikyn/1"


class Context(NamedTuple):
    """What every proof of an election is bound to: the election's id and the manifest's digest."""

    election: str
    manifest: bytes


def frame(label: str, length: int) -> bytes:
    """The head of a message: u8 length of the label, label, u64 length of the data."""
    return bytes([len(label)]) + label.encode("ascii") + length.to_bytes(8, "big")


def message(label: str, data: bytes) -> bytes:
    """A message as it is absorbed (specs/transcript.md §1)."""
    return frame(label, len(data)) + data


def opening(name: str, context: Context, contest: str, place: str) -> bytes:
    """The six messages that every transcript starts with (specs/transcript.md §2)."""
    return b"".join(message(label, data) for label, data in _first(name, context, contest, place))


def _first(name: str, context: Context, contest: str, place: str) -> tuple[tuple[str, bytes], ...]:
    return (
        ("protocol", PROTOCOL),
        ("proof", name.encode("ascii")),
        ("election", context.election.encode()),
        ("manifest", context.manifest),
        ("contest", contest.encode()),
        ("place", place.encode()),
    )


class Transcript:
    """Messages absorbed in order, and the challenges they give; `trace` is called with one line for each."""

    def __init__(
        self, name: str, context: Context, contest: str, place: str, trace: Callable[[str], None] | None = None
    ) -> None:
        self._hash = hashlib.sha512()
        self._trace = trace
        for label, data in _first(name, context, contest, place):
            self.absorb(label, data)

    def absorb(self, label: str, data: bytes) -> None:
        """A message of the statement: hashed, not part of the proof."""
        self._hash.update(frame(label, len(data)))
        self._hash.update(data)
        if self._trace is not None:
            self._trace(f"{label} {len(data)} {data[:16].hex()}")

    def challenge(self, label: str) -> Scalars:
        """One challenge of full size."""
        self.absorb(label, b"")
        return Scalars.reduce(self._digest(label))

    def _digest(self, label: str) -> bytes:
        digest = self._hash.digest()
        if self._trace is not None:
            self._trace(f"{label} challenge {digest[:16].hex()}")
        return digest

    def challenges(self, label: str, count: int) -> Scalars:
        """`count` challenges of 160 bits."""
        self.absorb(label, count.to_bytes(8, "big"))
        blocks = -(-count // 3)
        counters = b"".join([j.to_bytes(8, "big") for j in range(blocks)])
        drawn = array("I", backend.sha512_rows([(self._digest(label), 0), (counters, 8)], blocks))
        wide = array("I", bytes(SIZE * 3 * blocks))
        for third in range(3):
            for word in range(5):
                wide[8 * third + word :: 24] = drawn[5 * third + word :: 16]
        return Scalars(wide.tobytes()[: SIZE * count])


class Reader(Transcript):
    """Reads one proof: a message is absorbed as it is read, its points go to the batch under the clause `decodes`."""

    def __init__(
        self,
        name: str,
        context: Context,
        contest: str,
        place: str,
        proof: bytes,
        batch: Batch,
        decodes: str,
        where: str,
        trace: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(name, context, contest, place, trace)
        self._proof = memoryview(proof)
        self._batch = batch
        self._decodes = decodes
        self._where = where

    def _take(self, label: str, count: int) -> bytes:
        if len(self._proof) < count * SIZE:
            raise Malformed(f"the proof ends before its message {label}", self._where)
        data, self._proof = bytes(self._proof[: count * SIZE]), self._proof[count * SIZE :]
        self.absorb(label, data)
        return data

    def points(self, label: str, count: int) -> Points:
        where = self._where
        points = Points.packed(self._take(label, count))
        return self._batch.read(self._decodes, points, lambda i: f"{where}, {label} {i + 1}")

    def point(self, label: str) -> Points:
        return self.points(label, 1)

    def scalars(self, label: str, count: int) -> Scalars:
        return Scalars.decode(self._take(label, count), f"{self._where}, {label}")

    def scalar(self, label: str) -> Scalars:
        return self.scalars(label, 1)

    def end(self) -> None:
        """Nothing may be left over."""
        if self._proof:
            raise Malformed(f"{len(self._proof)} bytes after the end of the proof", self._where)


class Readers:
    """Reads n proofs side by side: a message is a column of n equal parts, a challenge a vector of n scalars."""

    def __init__(
        self, opening: Sequence[bytes] | bytes, proofs: Sequence[bytes], batch: Batch, decodes: str, place: Place
    ) -> None:
        self._batch = batch
        self._decodes = decodes
        self._place = place
        self._rows = len(proofs)
        self._length = len(proofs[0])
        if any(map(self._length.__ne__, map(len, proofs))):
            row = next(row for row, proof in enumerate(proofs) if len(proof) != self._length)
            raise Malformed("the proofs differ in length", self._where(row))
        self._words = array("Q", b"".join(proofs))
        self._offset = 0
        self._segments: list[tuple[bytes, int]] = []
        self._add(opening)

    def _add(self, data: Sequence[bytes] | bytes) -> None:
        if isinstance(data, bytes):
            self._segments.append((data, 0))
        else:
            self._segments.append((b"".join(data), len(data[0])))

    def absorb(self, label: str, data: Sequence[bytes] | bytes) -> bytes:
        """A message of the statement: the same for all, or one of equal length for each; gives it back joined."""
        self._add(frame(label, len(data if isinstance(data, bytes) else data[0])))
        self._add(data)
        return self._segments[-1][0]

    def _take(self, label: str, count: int) -> bytes:
        """The message's bytes in every proof, word by word: strides over all proofs at once."""
        start, words = self._offset // 8, count * SIZE // 8
        self._offset += count * SIZE
        if self._offset > self._length:
            raise Malformed(f"the proof ends before its message {label}", self._where(0))
        column = array("Q", bytes(count * SIZE * self._rows))
        for word in range(words):
            column[word::words] = self._words[start + word :: self._length // 8]
        self._segments += [(frame(label, count * SIZE), 0), (column.tobytes(), count * SIZE)]
        return self._segments[-1][0]

    def points(self, label: str, count: int) -> Points:
        """n·count points, row by row."""
        packed = self._take(label, count)
        return self._batch.read(self._decodes, Points.packed(packed), lambda i: self._where(i // count))

    def scalars(self, label: str, count: int) -> Scalars:
        """n·count scalars, row by row."""
        packed = self._take(label, count)
        if (bad := backend.scalars_first_noncanonical(packed)) is not None:
            raise Malformed(f"a scalar of {label} is not canonical", self._where(bad // count))
        return Scalars(packed)

    def challenge(self, label: str) -> Scalars:
        """One challenge a row."""
        self.absorb(label, b"")
        return Scalars.reduce(backend.sha512_rows(self._segments, self._rows))

    def end(self) -> None:
        """Nothing may be left over."""
        if self._length != self._offset:
            raise Malformed(f"{self._length - self._offset} bytes after the end of the proof", self._where(0))

    def _where(self, row: int) -> str:
        return self._place if isinstance(self._place, str) else self._place(row)
