"""Many equations, one multi-scalar multiplication (design idea: equations are values).

`require` hands an equation over, `settle` proves all of them at once or says which are false. Each row of each
equation gets its own 128-bit weight, derived from a hash of every equation's clause, points and coefficients. The
single equations define the verdict: weights only decide how it is computed, and when the product is not the identity
the culprits are found by bisection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from verifier.errors import Rejected
from verifier.place import Place
from verifier.proof import backend
from verifier.proof.group import IDENTITY, SIZE, Points, Root, Scalars, Sum, Term, cut
from verifier.proof.product import Product

Where = Place | str | Callable[[int], Place | str]  # of all rows, or row by row
DENSE, BLOCK = 3, 64  # after so many levels of false halves, pieces of so many rows


class Equation(NamedTuple):
    """left − right = 0 in every row."""

    id: str
    difference: Sum
    where: Where


class Reading(NamedTuple):
    """Points that must decode, whoever uses them."""

    id: str
    root: Root
    where: Where


class Slice(NamedTuple):
    """Some rows of an equation with their weights."""

    equation: Equation
    weights: Scalars
    first: int


class Batch:
    """Equations and points that were read, to be settled together."""

    def __init__(self, only: frozenset[str] = frozenset()) -> None:
        """With `only`, what is not a clause of these blocks (`MIX`) is neither kept nor settled."""
        self._only = only
        self._equations: list[Equation] = []
        self._readings: list[Reading] = []

    def read(self, id: str, points: Points, where: Where) -> Points:
        """Take in a root of points: clause `id` says that each decodes, whether an equation uses it or not.

        `where` may depend on the index.
        """
        if self._asked(id):
            self._readings.append(Reading(id, points.root, where))
        return points

    def require(self, id: str, left: Sum | Points, right: Sum | Points, where: Where) -> None:
        """Clause `id`: left = right in every row. `where` may depend on the row."""
        if self._asked(id):
            self._equations.append(Equation(id, left - right, where))

    def _asked(self, id: str) -> bool:
        return not self._only or id.partition(".")[0] in self._only

    def settle(self) -> None:
        """Prove everything that was required; `Rejected` with the first false clause, and `also` with the others."""
        equations, readings = self._equations, self._readings
        self._equations, self._readings = [], []
        parts = _weighted(equations)
        failures: list[Rejected] = []
        try:
            if backend.msm(Product(_terms(parts), [reading.root for reading in readings])) == IDENTITY:
                return
        except ValueError:
            failures, parts = _undecodable(readings, parts)
        failures += [
            Rejected(part.equation.id, _at(part.equation.where, part.first), "the equation does not hold")
            for part in (_culprits(parts) if parts and not _holds(parts) else [])
        ]
        failures[0].also = tuple(failures[1:])
        raise failures[0]


def _weighted(equations: list[Equation]) -> list[Slice]:
    digest = hashlib.sha512()
    for id, difference, _ in equations:
        digest.update(f"{id} {difference.rows} {len(difference.terms)}\n".encode())
        for root, start, length, factors, outer in difference.terms:
            digest.update(f"{start} {length} {len(factors)}\n".encode() + root.digest + bytes(outer))
            digest.update(b"".join([hashlib.sha256(factor.packed).digest() for factor in factors]))
    seed = digest.digest()
    return [
        Slice(equation, _weights(seed + number.to_bytes(8, "big"), equation.difference.rows), 0)
        for number, equation in enumerate(equations)
    ]


def _weights(seed: bytes, rows: int) -> Scalars:
    """128-bit weights, one a row."""
    drawn = memoryview(hashlib.shake_128(seed).digest(16 * rows)).cast("Q")
    wide = bytearray(SIZE * rows)
    words = memoryview(wide).cast("Q")
    words[0::4], words[1::4] = drawn[0::2], drawn[1::2]
    return Scalars(wide)


def _terms(parts: Iterable[Slice]) -> Iterator[Term]:
    """The terms of the weighted sum of the parts' rows."""
    for (_, difference, _), weights, first in parts:
        rows = len(weights)
        for term in (difference if rows == difference.rows else difference.row(first, rows)).terms:
            if rows == 1:
                yield term._replace(outer=term.outer * weights)
            elif term.length == rows:
                yield term._replace(factors=(*term.factors, weights))
            else:
                given = term.coefficients
                yield term._replace(factors=(), outer=term.outer * (given @ weights if given else weights.sum()))


def _holds(parts: list[Slice]) -> bool:
    """Whether the parts' rows hold, at the cost of these rows alone."""
    return backend.msm(Product(_terms(parts))) == IDENTITY


def _culprits(parts: list[Slice], dense: int = 0) -> list[Slice]:
    """The rows that are false, one by one, of parts that do not hold together.

    If halves are false level after level, most rows are false. Then come pieces of a fixed size, so that each of many
    culprits costs no more than each of few.
    """
    rows = len(parts) if len(parts) > 1 else len(parts[0].weights)
    if rows == 1:
        return parts
    pieces = _pieces(parts, BLOCK if dense == DENSE and rows > BLOCK else -(-rows // 2))
    false = [piece for piece in pieces[:-1] if not _holds(piece)]
    if not false or not _holds(pieces[-1]):
        false.append(pieces[-1])
    dense = dense + 1 if len(false) == len(pieces) else 0
    return [culprit for piece in false for culprit in _culprits(piece, dense)]


def _pieces(parts: list[Slice], size: int) -> list[list[Slice]]:
    """Pieces of `size` parts or, if there is a single part, of `size` rows."""
    if len(parts) > 1:
        return [parts[start : start + size] for start in range(0, len(parts), size)]
    equation, weights, first = parts[0]
    return [[Slice(equation, weights[start : start + size], first + start)] for start in range(0, len(weights), size)]


def _undecodable(readings: list[Reading], parts: list[Slice]) -> tuple[list[Rejected], list[Slice]]:
    """What was read and does not decode, and the rows left to judge; an equation over bad points nobody read is false.

    If a record has a point that does not decode, none of its rows in such an equation is judged; other records' are.
    """
    failures: list[Rejected] = []
    readers: dict[bytes, set[int | None]] = {}  # by encoding, the records that read it
    for id, root, where in readings:
        for index, encoding in _noncanonical(root).items():
            failures.append(Rejected(id, _at(where, index), "not a canonical encoding of a point"))
            readers.setdefault(encoding, set()).add(failures[-1].where.record)
    judged = []
    roots = {term.root for part in parts for term in part.equation.difference.terms}
    bad = {root: _noncanonical(root) for root in roots}
    for equation, weights, _ in parts:
        found = {encoding for term in equation.difference.terms for encoding in bad[term.root].values()}
        if not found <= readers.keys():
            failures.append(Rejected(equation.id, _at(equation.where, 0), "a point of it does not decode"))
            continue
        spoiled = {record for encoding in found for record in readers[encoding]} | set(_touched(equation, bad))
        kept = (row for row in range(len(weights)) if not spoiled or not spoiled & {None, _record(equation, row)})
        judged += [Slice(equation, weights[start:end], start) for start, end in _stretches(kept)]
    return failures, judged


def _touched(equation: Equation, bad: dict[Root, dict[int, bytes]]) -> Iterator[int | None]:
    """The records that have points that do not decode in their rows."""
    rows = equation.difference.rows
    for root, start, length, _, _ in equation.difference.terms:
        for index in bad[root]:
            if start <= index < start + length:
                for row in [index - start] if length == rows else range(rows):
                    yield _record(equation, row)


def _record(equation: Equation, row: int) -> int | None:
    where = _at(equation.where, row)
    return where.record if isinstance(where, Place) else None


def _stretches(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Ascending numbers as spans without a gap."""
    for _, run in groupby(enumerate(rows), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        yield numbers[0], numbers[-1] + 1


def _noncanonical(root: Root) -> dict[int, bytes]:
    if backend.first_undecodable(root.packed) is None:
        return {}
    return {i: one for i, one in enumerate(cut(bytes(root.packed))) if backend.first_undecodable(one) is not None}


def _at(where: Where, index: int) -> Place | str:
    return where if isinstance(where, Place | str) else where(index)
