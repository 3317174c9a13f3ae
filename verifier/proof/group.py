"""Packed vectors of ristretto255 points and scalars, and lazy linear combinations of them (specs/group.md).

Points and scalars are written additively. Writing a formula computes nothing: `s * G`, `u @ P` and `P.sum()` build a
`Sum`, a list of terms over root buffers. A `Batch` (batch.py) proves many such sums zero with one product.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable
from typing import NamedTuple, overload

from verifier.errors import Malformed, say
from verifier.place import NOWHERE, Place
from verifier.proof import backend

SIZE = 32
ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY = bytes(SIZE)


class Scalars:
    """A vector of public scalars modulo the group's order, packed 32 bytes each; `==` compares whole vectors."""

    __slots__ = ("packed",)

    def __init__(self, packed: bytes | bytearray) -> None:
        self.packed = bytes(packed)

    @classmethod
    def decode(cls, packed: bytes, where: Place | str = NOWHERE) -> Scalars:
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
        return self.packed

    def __int__(self) -> int:
        if len(self) != 1:
            raise ValueError("only a single scalar is an integer")
        return int.from_bytes(self.packed, "little")

    def __eq__(self, other: object) -> bool:
        return self.packed == other.packed if isinstance(other, Scalars) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.packed)

    def __repr__(self) -> str:
        return f"Scalars({len(self)})"

    def __getitem__(self, key: int | slice) -> Scalars:
        start, count = _span(key, len(self))
        return Scalars(self.packed[start * SIZE : (start + count) * SIZE])

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
        return Sum(1, (Term(other.root, other.start, len(other), self, ONE),))

    def sum(self) -> Scalars:
        return Scalars(backend.scalars_sum(self.packed))

    def product(self) -> Scalars:
        return Scalars(backend.scalars_products(self.packed)[-SIZE:]) if self.packed else ONE

    def repeat(self, times: int) -> Scalars:
        """Each scalar `times` times, one after the other."""
        words = array("Q", self.packed)
        wide = array("Q", bytes(times * len(self.packed)))
        for word in range(4 * times):
            wide[word :: 4 * times] = words[word % 4 :: 4]
        return Scalars(wide.tobytes())


class Root:
    """A buffer of points, decoded at most once by whoever needs it; views and terms share it by identity."""

    __slots__ = ("_digest", "decoded", "length", "packed")

    def __init__(self, packed: bytes, decoded: backend.Decoded | None = None) -> None:
        self.packed = packed
        self.decoded = decoded
        self.length = len(decoded) if decoded is not None else len(packed) // SIZE
        self._digest: bytes | None = None

    @property
    def operand(self) -> bytes | backend.Decoded:
        """What the backend multiplies: decoded points where they are kept, else their encodings."""
        return self.packed if self.decoded is None else self.decoded

    @property
    def digest(self) -> bytes:
        """SHA-256 of the encodings."""
        if self._digest is None:
            self._digest = hashlib.sha256(self.encodings).digest()
        return self._digest

    @property
    def encodings(self) -> bytes:
        if not self.packed and self.decoded is not None:
            self.packed = self.decoded.encode()
        return self.packed

    def part(self, start: int, length: int) -> bytes | memoryview | backend.Decoded:
        """Some points as an operand; the whole is always the same object, so that the backend decodes it once."""
        whole = length == self.length
        return self.operand if whole else memoryview(self.packed)[start * SIZE : (start + length) * SIZE]

    def cut(self, first: int, last: int) -> Root:
        """The points first … last−1 as a root of their own."""
        if (first, last) == (0, self.length):
            return self
        if self.decoded is not None:
            return Root(b"", self.decoded.take(range(first, last)))
        return Root(self.packed[first * SIZE : last * SIZE])


class Points:
    """A vector of points, a view of a root. Whether its encodings are canonical shows when a batch decodes the root."""

    __slots__ = ("_length", "root", "start")

    def __init__(self, root: Root, start: int = 0, length: int | None = None) -> None:
        self.root = root
        self.start = start
        self._length = root.length if length is None else length

    @classmethod
    def packed(cls, encodings: bytes | bytearray) -> Points:
        """A view of fresh encodings, 32 bytes each; `Malformed` if the length is not a multiple of 32."""
        if len(encodings) % SIZE:
            raise Malformed("points take 32 bytes each")
        return cls(Root(bytes(encodings)))

    def __len__(self) -> int:
        return self._length

    def __bytes__(self) -> bytes:
        return self.root.encodings[self.start * SIZE : (self.start + self._length) * SIZE]

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
        return Sum(self._length, (Term(self.root, self.start, self._length, None, ONE),))

    def sum(self) -> Sum:
        """Σ of all points."""
        return Sum(1, (Term(self.root, self.start, self._length, None, ONE),))


class Term(NamedTuple):
    """outer · coefficients · root[start : start+length] (no coefficients: all one).

    In a sum of n rows a term of length n is added row by row, one of length 1 is the same point in every row;
    in a sum of one row a term of any length is contracted.
    """

    root: Root
    start: int
    length: int
    coefficients: Scalars | None
    outer: Scalars


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
        return Sum(self.rows, tuple(_times_rows(term, factor) for term in self.terms))

    def row(self, first: int, count: int) -> Sum:
        """The rows first … first+count−1 of a sum of several rows."""
        return Sum(count, tuple(_cut(term, first, count, self.rows) for term in self.terms))

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
    return Scalars(ONE.packed * count)


def generators(label: str, count: int) -> Points:
    """The derived generators 0 … count−1 of a label (specs/group.md §4), decoded, kept for the next caller."""
    kept = _GENERATORS.get(label)
    if kept is None or kept.length < count:
        prefix = b"aikyn/1 generator" + bytes([len(label)]) + label.encode()
        uniform = backend.sha512_rows([(prefix, 0), (b"".join(i.to_bytes(8, "big") for i in range(count)), 8)], count)
        kept = _GENERATORS[label] = Root(b"", backend.derive(uniform))
    return Points(kept, 0, count)


def _scaled(factor: Scalars, points: Points) -> Sum:
    if len(factor) == 1:
        return Sum(len(points), (Term(points.root, points.start, len(points), None, factor),))
    if len(points) not in (1, len(factor)):
        raise ValueError(f"lengths differ: {len(factor)} and {len(points)}")
    return Sum(len(factor), (Term(points.root, points.start, len(points), factor, ONE),))


def _times_rows(term: Term, factor: Scalars) -> Term:
    old = term.coefficients
    if old is None:
        return term._replace(coefficients=factor)
    return term._replace(coefficients=Scalars(backend.scalars_mul(old.packed, factor.packed)))


def _cut(term: Term, first: int, count: int, rows: int) -> Term:
    coefficients = None if term.coefficients is None else term.coefficients[first : first + count]
    if term.length == rows:
        return term._replace(start=term.start + first, length=count, coefficients=coefficients)
    return term._replace(coefficients=coefficients or ONES(count))


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
