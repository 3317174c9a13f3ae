"""Packed vectors of ristretto255 points and scalars, and lazy linear combinations of them (specs/group.md).

Points and scalars are written additively. Writing a formula computes nothing: `s * G`, `u @ P` and `P.sum()` build a
`Sum`, a list of terms over root buffers. A `Batch` (batch.py) proves many such sums zero with one product.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property, reduce
from operator import mul
from typing import NamedTuple, overload

from verifier.errors import Malformed, say
from verifier.place import NOWHERE, Place
from verifier.proof import backend

SIZE = 32
ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY = bytes(SIZE)
PORTION = 1 << 16  # points of a long vector that are worked on at a time, so that what is computed on the way is small
Encodings = bytes | memoryview  # encodings side by side; a view is of what nobody changes any more


class Scalars:
    """A vector of public scalars modulo the group's order, packed 32 bytes each; `==` compares whole vectors."""

    __slots__ = ("packed",)

    def __init__(self, packed: Encodings | bytearray) -> None:
        self.packed: Encodings = bytes(packed) if isinstance(packed, bytearray) else packed

    @classmethod
    def decode(cls, packed: Encodings, where: Place | str = NOWHERE) -> Scalars:
        """Read canonical scalars; `Malformed` if one is not below the order or the length is not a multiple of 32."""
        if len(packed) % SIZE:
            raise Malformed("scalars take 32 bytes each", where)
        if (bad := backend.scalars_first_noncanonical(packed)) is not None:
            raise Malformed(say("scalar {} is not canonical", bad), where)
        return cls(packed)

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Scalars:
        """The integers, reduced."""
        return cls(b"".join((number % ORDER).to_bytes(SIZE, "little") for number in numbers))

    @classmethod
    def reduce(cls, wide: bytes) -> Scalars:
        """64 bytes each, little-endian, reduced modulo the order."""
        return cls(backend.scalars_reduce(wide))

    def __len__(self) -> int:
        return len(self.packed) // SIZE

    def __bytes__(self) -> bytes:
        return bytes(self.packed)

    def __int__(self) -> int:
        if len(self) != 1:
            raise ValueError("only a single scalar is an integer")
        return int.from_bytes(self.packed, "little")

    def __eq__(self, other: object) -> bool:
        return self.packed == other.packed if isinstance(other, Scalars) else NotImplemented

    def __hash__(self) -> int:
        return hash(bytes(self))

    def __repr__(self) -> str:
        return f"Scalars({len(self)})"

    def __getitem__(self, key: int | slice) -> Scalars:
        start, count = _span(key, len(self))
        return Scalars(memoryview(self.packed)[start * SIZE : (start + count) * SIZE])

    def __neg__(self) -> Scalars:
        return Scalars(backend.scalars_sub(ZERO.packed, self.packed))

    def __add__(self, other: Scalars) -> Scalars:
        _same_length(self, other)
        return Scalars(backend.scalars_add(self.packed, other.packed))

    def __sub__(self, other: Scalars) -> Scalars:
        _same_length(self, other)
        return Scalars(backend.scalars_sub(self.packed, other.packed))

    @overload
    def __mul__(self, other: Scalars) -> Scalars: ...
    @overload
    def __mul__(self, other: Points | Sum) -> Sum: ...
    def __mul__(self, other: Scalars | Points | Sum) -> Scalars | Sum:
        if isinstance(other, Scalars):
            _same_length(self, other)
            return Scalars(backend.scalars_mul(self.packed, other.packed))
        if isinstance(other, Points):
            return _scaled(self, other)
        if isinstance(other, Sum):
            return other.times(self)
        return NotImplemented

    @overload
    def __matmul__(self, other: Scalars) -> Scalars: ...
    @overload
    def __matmul__(self, other: Points) -> Sum: ...
    def __matmul__(self, other: Scalars | Points) -> Scalars | Sum:
        """Contract: Σ self_i · other_i."""
        if len(self) != len(other):
            raise ValueError(f"lengths differ: {len(self)} and {len(other)}")
        if isinstance(other, Scalars):
            return Scalars(backend.scalars_dot(self.packed, other.packed))
        return Sum(1, (Term(other.root, other.start, len(other), (self,), ONE),))

    def sum(self) -> Scalars:
        return Scalars(backend.scalars_sum(self.packed))

    def product(self) -> Scalars:
        total = ONE
        for first in range(0, len(self), PORTION):
            total *= Scalars(backend.scalars_products(self[first : first + PORTION].packed)[-SIZE:])
        return total

    def repeat(self, times: int) -> Scalars:
        """Each scalar `times` times, one after the other."""
        return Scalars(backend.take(self.packed, [i for i in range(len(self)) for _ in range(times)]))


class Root:
    """A buffer of encodings; views and terms share it by identity, so that a product decodes it once."""

    def __init__(self, packed: Encodings) -> None:
        self.packed = packed
        self.length = len(packed) // SIZE

    @cached_property
    def digest(self) -> bytes:
        """SHA-256 of the encodings."""
        return hashlib.sha256(self.packed).digest()


class Points:
    """A vector of points, a view of a root. Whether its encodings are canonical shows when a batch decodes the root."""

    __slots__ = ("_length", "root", "start")

    def __init__(self, root: Root, start: int = 0, length: int | None = None) -> None:
        self.root = root
        self.start = start
        self._length = root.length if length is None else length

    @classmethod
    def packed(cls, encodings: Encodings | bytearray) -> Points:
        """A view of fresh encodings, 32 bytes each; `Malformed` if the length is not a multiple of 32."""
        if len(encodings) % SIZE:
            raise Malformed("points take 32 bytes each")
        return cls(Root(bytes(encodings) if isinstance(encodings, bytearray) else encodings))

    def __len__(self) -> int:
        return self._length

    def __bytes__(self) -> bytes:
        return bytes(self.root.packed[self.start * SIZE : (self.start + self._length) * SIZE])

    def __eq__(self, other: object) -> bool:
        return bytes(self) == bytes(other) if isinstance(other, Points) else NotImplemented

    def __hash__(self) -> int:
        return hash(bytes(self))

    def __repr__(self) -> str:
        return f"Points({len(self)})"

    def __getitem__(self, key: int | slice) -> Points:
        start, count = _span(key, self._length)
        return Points(self.root, self.start + start, count)

    def __add__(self, other: Points | Sum) -> Sum:
        if not isinstance(other, Points | Sum):
            return NotImplemented  # an operand of another room answers
        return +self + other

    def __sub__(self, other: Points | Sum) -> Sum:
        return +self - other

    def __pos__(self) -> Sum:
        return Sum(self._length, (Term(self.root, self.start, self._length, (), ONE),))

    def sum(self) -> Sum:
        """Σ of all points."""
        return Sum(1, (Term(self.root, self.start, self._length, (), ONE),))


class Term(NamedTuple):
    """outer · Π factors · root[start : start+length] (no factors: all one).

    In a sum of n rows a term of length n is added row by row, one of length 1 is the same point in every row;
    in a sum of one row a term of any length is contracted.
    """

    root: Root
    start: int
    length: int
    factors: tuple[Scalars, ...]
    outer: Scalars

    @property
    def coefficients(self) -> Scalars | None:
        """The product of the factors, row by row; none where all are one."""
        return reduce(mul, self.factors) if self.factors else None

    def rows(self, first: int, count: int) -> Term:
        """The rows first … first+count−1; a single point is in each."""
        factors = tuple(factor[first : first + count] for factor in self.factors)
        start, length = (self.start, 1) if self.length == 1 else (self.start + first, count)
        return self._replace(start=start, length=length, factors=factors)


class Sum:
    """A linear combination with `rows` rows, not computed until somebody asks."""

    __slots__ = ("rows", "terms")

    def __init__(self, rows: int, terms: tuple[Term, ...]) -> None:
        self.rows = rows
        self.terms = terms

    def __add__(self, other: Sum | Points) -> Sum:
        right = +other
        if self.rows != right.rows:
            raise ValueError(f"rows differ: {self.rows} and {right.rows}")
        return Sum(self.rows, self.terms + right.terms)

    def __sub__(self, other: Sum | Points) -> Sum:
        return self + (-(+other))

    def __pos__(self) -> Sum:
        return self

    def __neg__(self) -> Sum:
        return self.times(MINUS_ONE)

    def times(self, factor: Scalars) -> Sum:
        """One scalar times every row, or row by row."""
        if len(factor) == 1:
            return Sum(self.rows, tuple(term._replace(outer=term.outer * factor) for term in self.terms))
        if len(factor) != self.rows:
            raise ValueError(f"lengths differ: {len(factor)} and {self.rows}")
        return Sum(self.rows, tuple(term._replace(factors=(*term.factors, factor)) for term in self.terms))

    def row(self, first: int, count: int) -> Sum:
        """The rows first … first+count−1 of a sum of several rows."""
        return Sum(count, tuple(term.rows(first, count) for term in self.terms))

    def point(self) -> Points:
        """Compute a sum of one row, in variable time; `Malformed` if a point of it does not decode."""
        if self.rows != 1:
            raise ValueError("only a sum of one row is a point")
        cut = [(Points(t.root, t.start, t.length), t.coefficients or ONES(t.length), t.outer) for t in self.terms]
        try:
            return Points.packed(backend.msm([(bytes(points), bytes(c), bytes(outer)) for points, c, outer in cut]))
        except ValueError as error:
            raise Malformed("a point does not decode") from error


def cut(packed: bytes) -> list[bytes]:
    """The encodings of points or scalars, one by one."""
    return [packed[start : start + SIZE] for start in range(0, len(packed), SIZE)]


def has_identity(packed: bytes) -> bool:
    """Whether a point is the identity: as many zeros may also stand across two points."""
    return IDENTITY in packed and IDENTITY in cut(packed)


def ONES(count: int) -> Scalars:
    """A vector of ones."""
    return Scalars(bytes(ONE) * count)


def generators(label: str, count: int) -> Points:
    """The derived generators 0 … count−1 of a label (specs/group.md §4), kept for the next caller."""
    kept = _GENERATORS.get(label)
    if kept is None or kept.length < count:
        prefix, packed = b"aikyn/1 generator" + bytes([len(label)]) + label.encode(), bytearray(SIZE * count)
        for first in range(0, count, PORTION):
            numbers = range(first, min(count, first + PORTION))
            counters = b"".join([i.to_bytes(8, "big") for i in numbers])
            uniform = backend.sha512_rows([(prefix, 0), (counters, 8)], len(numbers))
            packed[first * SIZE : numbers.stop * SIZE] = backend.derive(uniform).encode()
        kept = _GENERATORS[label] = Root(memoryview(packed).toreadonly())
    return Points(kept, 0, count)


def _scaled(factor: Scalars, points: Points) -> Sum:
    if len(factor) == 1:
        return Sum(len(points), (Term(points.root, points.start, len(points), (), factor),))
    if len(points) not in (1, len(factor)):
        raise ValueError(f"lengths differ: {len(factor)} and {len(points)}")
    return Sum(len(factor), (Term(points.root, points.start, len(points), (factor,), ONE),))


def _same_length(left: Scalars, right: Scalars) -> None:
    if len(left) != len(right) and 1 not in (len(left), len(right)):
        raise ValueError(f"lengths differ: {len(left)} and {len(right)}")


def _span(key: int | slice, length: int) -> tuple[int, int]:
    if isinstance(key, slice):
        start, stop, step = key.indices(length)
        if step != 1:
            raise ValueError("a view has no step")
        return start, max(0, stop - start)
    index = key + length if key < 0 else key
    if not 0 <= index < length:
        raise IndexError(key)
    return index, 1


ZERO = Scalars(IDENTITY)
ONE = Scalars.of([1])
MINUS_ONE = Scalars.of([-1])
G = Points.packed(backend.BASE)
_GENERATORS: dict[str, Root] = {}
