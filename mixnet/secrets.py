"""Secrecy is a type: vectors of secret scalars, handled in constant time, wiped, never shown, compared or pickled.

The formulas read as they do for public scalars; what they build is computed by the constant-time side of the backend.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self, overload

from verifier.proof import backend
from verifier.proof.group import MINUS_ONE, PORTION, SIZE, Encodings, Points, Scalars

if TYPE_CHECKING:
    from collections.abc import Sequence


RANDOMNESS = Path("/dev/urandom")
ZEROS = tuple(bytes(1 << power) for power in range(3, 13))  # of every length that is copied in a way of its own


class Secrets:
    """A vector of secret scalars in a buffer of its own."""

    __slots__ = ("_buffer",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, buffer: bytearray) -> None:
        self._buffer = buffer
        _forget()

    @classmethod
    def draw(cls, count: int = 1) -> Self:
        """Uniform scalars from the system's randomness."""
        wide = bytearray(2 * SIZE * count)
        _fill(wide)
        drawn = cls(backend.scalars_reduce(wide))
        _wipe(wide)
        return drawn

    @classmethod
    def take(cls, buffer: bytearray) -> Self:
        """Take over a buffer of canonical scalars; the caller must not keep it. ValueError if one is not canonical."""
        if len(buffer) % SIZE or backend.scalars_first_noncanonical(buffer) is not None:
            raise ValueError("not canonical scalars")
        return cls(buffer)

    @classmethod
    def of(cls, scalars: Scalars) -> Self:
        """Scalars that become secret by what is done to them."""
        return cls(bytearray(scalars.packed))

    def reveal(self) -> Scalars:
        """Make public what a proof publishes: a response, masked by a nonce."""
        return Scalars(self._buffer)

    def expose(self) -> bytearray:
        """A copy of the bytes, for sealed storage; the caller wipes it."""
        copy = bytearray(self._buffer)
        _forget()
        return copy

    def wipe(self) -> None:
        self._buffer[:] = bytes(len(self._buffer))

    def __del__(self) -> None:
        self.wipe()  # by no name of this module: it may be gone when the process ends

    def __len__(self) -> int:
        return len(self._buffer) // SIZE

    def __repr__(self) -> str:
        return f"<{len(self)} secrets>"

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("secrets are not compared")

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets are not pickled")

    def __getitem__(self, index: int) -> Secrets:
        start = range(len(self))[index]
        return self.part(start, start + 1)

    def __add__(self, other: Secrets | Scalars) -> Secrets:
        return Secrets(backend.scalars_add(self._buffer, _buffer(other)))

    def __sub__(self, other: Secrets | Scalars) -> Secrets:
        return Secrets(backend.scalars_sub(self._buffer, _buffer(other)))

    def __neg__(self) -> Secrets:
        return Secrets(backend.scalars_mul(self._buffer, MINUS_ONE.packed))

    @overload
    def __mul__(self, other: Secrets | Scalars) -> Secrets: ...
    @overload
    def __mul__(self, other: Points) -> Rows: ...
    def __mul__(self, other: Secrets | Scalars | Points) -> Secrets | Rows:
        if isinstance(other, Points):
            return Rows(len(other) if len(self) == 1 else len(self), ((other, self),))
        return Secrets(backend.scalars_mul(self._buffer, _buffer(other)))

    def __rmul__(self, other: Scalars) -> Secrets:
        return self * other

    @overload
    def __matmul__(self, other: Secrets | Scalars) -> Secrets: ...
    @overload
    def __matmul__(self, other: Points) -> Rows: ...
    def __matmul__(self, other: Secrets | Scalars | Points) -> Secrets | Rows:
        """Contract: Σ self_i · other_i."""
        if isinstance(other, Points):
            product = backend.msm_secret(bytes(other), self._buffer)
            _forget()
            return Rows.of(Points.packed(product))
        return Secrets(backend.scalars_dot(self._buffer, _buffer(other)))

    def sum(self) -> Secrets:
        """Σ of all."""
        return Secrets(backend.scalars_sum(self._buffer))

    def products(self) -> Secrets:
        """Running products: the first, the first two, …, all."""
        return Secrets(backend.scalars_products(self._buffer))

    def permuted(self, order: Sequence[int]) -> Secrets:
        """The secrets in another order."""
        return Secrets(backend.take(self._buffer, order))

    def part(self, first: int, last: int) -> Secrets:
        """The secrets first … last−1."""
        if (first, last) == (0, len(self)):
            return self
        return Secrets(self._buffer[first * SIZE : last * SIZE])

    def after(self, first: Scalars) -> Secrets:
        """Shifted by one: `first`, then all but the last."""
        view = memoryview(self._buffer)
        return Secrets(bytearray().join([first.packed, view[: max(0, len(view) - SIZE)]]))


class Rows:
    """A sum with secret coefficients, row by row: points (n or one) times secrets (n or one), or points alone."""

    __slots__ = ("length", "terms")

    def __init__(self, length: int, terms: tuple[tuple[Points, Secrets | None], ...]) -> None:
        self.length = length
        self.terms = terms

    @classmethod
    def of(cls, points: Points) -> Rows:
        """The points themselves."""
        return cls(len(points), ((points, None),))

    def __add__(self, other: Rows | Points) -> Rows:
        right = other if isinstance(other, Rows) else Rows.of(other)
        if self.length != right.length:
            raise ValueError(f"rows differ: {self.length} and {right.length}")
        return Rows(self.length, self.terms + right.terms)

    __radd__ = __add__

    def points(self) -> Points:
        """Compute the rows in constant time."""
        for points, factor in self.terms:
            if not {len(points), self.length if factor is None else len(factor)} <= {1, self.length}:
                raise ValueError(f"the terms do not have {self.length} rows")
        starts = range(0, self.length, PORTION)
        return Points.packed(b"".join([self._compute(first, min(self.length, first + PORTION)) for first in starts]))

    def _compute(self, first: int, last: int) -> bytes:
        parts = [
            (
                points if len(points) == 1 else points[first:last],
                factor if factor is None or len(factor) == 1 else factor.part(first, last),
            )
            for points, factor in self.terms
        ]
        operands = [(bytes(points), None if factor is None else factor._buffer) for points, factor in parts]
        rows = backend.rows(operands, last - first)
        _forget()
        return rows


def _buffer(scalars: Secrets | Scalars) -> Encodings | bytearray:
    return scalars.packed if isinstance(scalars, Scalars) else scalars._buffer


def _forget() -> None:
    """Copy zeros of every length, which overwrites the registers through which a secret may just have been copied.

    The longer a copy, the more registers it takes, and a processor with AVX-512 has some that serve copies alone: a
    secret stays in them until the next copy as long. A signal, or the dynamic linker at the first call of a function,
    saves them all on the stack. (What the system saves of them when it switches processes is not in our memory.)
    """
    b"".join(ZEROS)


def _fill(buffer: bytearray) -> None:
    """From the system's randomness straight into the buffer: no copy is left that nobody can wipe."""
    view = memoryview(buffer)
    with RANDOMNESS.open("rb", buffering=0) as source:
        while view:
            view = view[source.readinto(view) :]


def _wipe(buffer: bytearray) -> None:
    buffer[:] = bytes(len(buffer))


_forget()  # once while there is no secret: the dynamic linker binds what it calls
