"""The proof is the transcript: a message is absorbed as it is read (Fiat–Shamir, specs/transcript.md).

`Reader` reads one proof. `Readers` reads n proofs of the same form side by side, a vector at a time; each of its rows
hashes exactly what `Reader` would.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from verifier.errors import Malformed, say
from verifier.place import Place
from verifier.proof import backend
from verifier.proof.batch import Batch
from verifier.proof.group import PORTION, SIZE, Encodings, Points, Scalars

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


def _first(name: str, context: Context, contest: str, place: str) -> tuple[tuple[str, bytes], ...]:
    """The six messages that every transcript starts with (specs/transcript.md §2)."""
    return (
        ("protocol", PROTOCOL),
        ("proof", name.encode("ascii")),
        ("election", context.election.encode()),
        ("manifest", context.manifest),
        ("contest", contest.encode()),
        ("place", place.encode()),
    )


@contextmanager
def tracing(trace: Callable[[str], None]) -> Iterator[None]:
    """Inside, `trace` is called with a line for every message and challenge (specs/transcript.md §8)."""
    token = _TRACE.set(trace)
    try:
        yield
    finally:
        _TRACE.reset(token)


_TRACE: ContextVar[Callable[[str], None] | None] = ContextVar("trace", default=None)


class Transcript:
    """Messages absorbed in order, and the challenges they give."""

    def __init__(self, name: str, context: Context, contest: str, place: str) -> None:
        self._hash = hashlib.sha512()
        self._trace = _TRACE.get()
        for label, data in _first(name, context, contest, place):
            self.absorb(label, data)

    def absorb(self, label: str, data: Encodings) -> None:
        """A message of the statement: hashed, not part of the proof."""
        self._hash.update(frame(label, len(data)))
        self._hash.update(data)
        if self._trace is not None:
            self._trace(_said(label, data))

    def challenge(self, label: str) -> Scalars:
        """One challenge of full size."""
        self.absorb(label, b"")
        return Scalars.reduce(self._digest(label))

    def _digest(self, label: str) -> bytes:
        digest = self._hash.digest()
        if self._trace is not None:
            self._trace(_drawn(label, digest))
        return digest

    def challenges(self, label: str, count: int) -> Scalars:
        """`count` challenges of 160 bits."""
        self.absorb(label, count.to_bytes(8, "big"))
        blocks, digest = -(-count // 3), self._digest(label)
        wide = bytearray(SIZE * 3 * blocks)
        for first in range(0, blocks, PORTION):
            numbers = range(first, min(blocks, first + PORTION))
            counters = b"".join([j.to_bytes(8, "big") for j in numbers])
            drawn = memoryview(backend.sha512_rows([(digest, 0), (counters, 8)], len(numbers))).cast("I")
            words = memoryview(wide)[SIZE * 3 * first : SIZE * 3 * numbers.stop].cast("I")
            for word in range(15):
                words[8 * (word // 5) + word % 5 :: 24] = drawn[word::16]
        return Scalars(memoryview(bytes(wide))[: SIZE * count])


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
        where: Place,
    ) -> None:
        super().__init__(name, context, contest, place)
        self._proof = memoryview(proof)
        self._batch = batch
        self._decodes = decodes
        self._where = where

    def _take(self, label: str, count: int) -> memoryview:
        if len(self._proof) < count * SIZE:
            raise Malformed(say("the proof ends before its message {}", label), self._where)
        data, self._proof = self._proof[: count * SIZE], self._proof[count * SIZE :]
        self.absorb(label, data)
        return data

    def points(self, label: str, count: int) -> Points:
        where = self._where
        points = Points.packed(self._take(label, count))
        return self._batch.read(self._decodes, points, lambda i: where.within(part=label, row=i + 1))

    def point(self, label: str) -> Points:
        return self.points(label, 1)

    def scalars(self, label: str, count: int) -> Scalars:
        return Scalars.decode(self._take(label, count), self._where.within(part=label))

    def scalar(self, label: str) -> Scalars:
        return self.scalars(label, 1)

    def end(self) -> None:
        """Nothing may be left over."""
        if self._proof:
            raise Malformed(say("{} bytes after the end of the proof", len(self._proof)), self._where)


class Readers:
    """Reads n proofs side by side: each row is a proof, after that part of the statement that is its own.

    A row has parts of `widths` bytes, in order. A message is a column of n parts, a challenge a vector of n scalars. A
    trace shows the first row.
    """

    def __init__(
        self,
        name: str,
        context: Context,
        contest: str,
        place: str,
        rows: Sequence[bytes],
        widths: Sequence[int],
        batch: Batch,
        decodes: str,
        where: Callable[[int], Place],
    ) -> None:
        try:
            columns = backend.columns(rows, widths)
        except ValueError as error:
            row = next(row for row, data in enumerate(rows) if len(data) != sum(widths))
            raise Malformed(say("a row takes {} bytes, not {}", sum(widths), len(rows[row])), where(row)) from error
        self._columns = zip(widths, columns, strict=True)
        self._count = len(rows)
        self._batch = batch
        self._decodes = decodes
        self._where = where
        self._segments: list[tuple[bytes, int]] = []
        self._trace = _TRACE.get()
        for label, data in _first(name, context, contest, place):
            self.absorb(label, data)

    def absorb(self, label: str, data: bytes) -> None:
        """A message of the statement that is the same for all."""
        self._segments.append((message(label, data), 0))
        if self._trace is not None:
            self._trace(_said(label, data))

    def column(self, label: str) -> bytes:
        """The next message of every row."""
        width, data = next(self._columns)
        self._segments += [(frame(label, width), 0), (data, width)]
        if self._trace is not None:
            self._trace(_said(label, data[:width]))
        return data

    def points(self, label: str) -> Points:
        """The next message's points, row by row."""
        data = self.column(label)
        each = len(data) // SIZE // self._count
        return self._batch.read(self._decodes, Points.packed(data), lambda i: self._where(i // each))

    def scalars(self, label: str) -> Scalars:
        """The next message's scalars, row by row."""
        data = self.column(label)
        if (bad := backend.scalars_first_noncanonical(data)) is not None:
            each = len(data) // SIZE // self._count
            raise Malformed(say("a scalar of {} is not canonical", label), self._where(bad // each))
        return Scalars(data)

    def challenge(self, label: str) -> Scalars:
        """One challenge a row."""
        self.absorb(label, b"")
        digests = backend.sha512_rows(self._segments, self._count)
        if self._trace is not None:
            self._trace(_drawn(label, digests))
        return Scalars.reduce(digests)

    def end(self) -> None:
        """Every part of a row was read."""
        for width, _ in self._columns:
            raise Malformed(say("a row's part of {} bytes is left over", width), self._where(0))


def _said(label: str, data: Encodings) -> str:
    return f"{label} {len(data)} {data[:16].hex()}"


def _drawn(label: str, digest: bytes) -> str:
    return f"{label} challenge {digest[:16].hex()}"
