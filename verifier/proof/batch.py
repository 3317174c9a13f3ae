"""Many equations, one multi-scalar multiplication (design idea: equations are values).

`require` hands an equation over, `settle` proves all of them at once or says which are false. Each row of each
equation gets its own 128-bit weight, derived from a hash of every equation's clause, points and coefficients. The
single equations define the verdict: weights only decide how it is computed, and when the product is not the identity
the culprits are found by bisection.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from verifier.errors import Rejected
from verifier.place import Place
from verifier.proof import backend
from verifier.proof.group import IDENTITY, ONE, ONES, SIZE, Points, Root, Scalars, Sum, cut

Where = Place | str | Callable[[int], Place | str]  # of all rows, or row by row
DENSE, BLOCK = 3, 64  # after so many levels of false halves, pieces of so many rows
SHORT = 160  # bits up to which a coefficient keeps its own, shorter windows


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


class Summand(NamedTuple):
    """What one term adds to a root: outer · coefficients (none: all one) on root[start : start+length]."""

    start: int
    length: int
    coefficients: Scalars | None
    outer: Scalars


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
            if _product(parts, [reading.root for reading in readings]) == IDENTITY:
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
        for term in difference.terms:
            digest.update(f"{term.start} {term.length}\n".encode() + term.root.digest + term.outer.packed)
            digest.update(hashlib.sha256(term.coefficients.packed).digest() if term.coefficients else b"")
    seed = digest.digest()
    return [
        Slice(equation, _weights(seed + number.to_bytes(8, "big"), equation.difference.rows), 0)
        for number, equation in enumerate(equations)
    ]


def _weights(seed: bytes, rows: int) -> Scalars:
    """128-bit weights, one a row."""
    drawn = array("Q", hashlib.shake_128(seed).digest(16 * rows))
    wide = array("Q", bytes(SIZE * rows))
    wide[0::4], wide[1::4] = drawn[0::2], drawn[1::2]
    return Scalars(wide.tobytes())


def _product(parts: Iterable[Slice], unused: Iterable[Root] = ()) -> bytes:
    """The weighted sum of the parts' rows; every point of every root is decoded once, ValueError if one does not."""
    return backend.msm([operand for root, shares in _by_root(parts, unused) for operand in _operands(root, shares)])


def _by_root(parts: Iterable[Slice], unused: Iterable[Root] = ()) -> Iterable[tuple[Root, list[Summand]]]:
    shares: dict[Root, list[Summand]] = {root: [] for root in unused}
    for part in parts:
        for root, share in _shares(part):
            shares.setdefault(root, []).append(share)
    return shares.items()


def _shares(part: Slice) -> Iterator[tuple[Root, Summand]]:
    weights = part.weights
    rows = len(weights)
    difference = part.equation.difference
    if rows != difference.rows:
        difference = difference.row(part.first, rows)
    for root, start, length, coefficients, outer in difference.terms:
        if rows == 1:
            yield root, Summand(start, length, coefficients, outer * weights)
        elif length == rows:
            yield root, Summand(start, length, weights if coefficients is None else coefficients * weights, outer)
        else:
            total = weights.sum() if coefficients is None else coefficients @ weights
            yield root, Summand(start, 1, None, outer * total)


Operand = tuple[bytes | memoryview | backend.Decoded, bytes | bytearray, bytes | None]


def _operands(root: Root, shares: list[Summand]) -> Iterator[Operand]:
    """Short coefficients keep their own windows; everything else of a root is merged into one full-size vector."""
    whole = all(share.length == root.length for share in shares)
    if shares and (whole or (len(shares) == 1 and root.decoded is None)) and all(map(_is_short, shares)):
        for start, length, coefficients, outer in shares:
            yield root.part(start, length), (coefficients or ONES(length)).packed, outer.packed
        if not whole:
            start, length = shares[0][:2]
            yield root.part(0, start), b"", None
            yield root.part(start + length, root.length - start - length), b"", None
    elif shares:
        yield root.operand, _merged(root, shares), None
    elif root.decoded is None:
        yield root.packed, b"", None


def _merged(root: Root, shares: list[Summand]) -> bytes | bytearray:
    whole = bytearray(SIZE * root.length)
    written = 0  # up to where; behind it nothing is to be added to
    for start, length, coefficients, outer in shares:
        full = outer if coefficients is None else coefficients if outer == ONE else coefficients * outer
        span = slice(start * SIZE, (start + length) * SIZE)
        added = full.packed * length if len(full) == 1 else full.packed
        whole[span] = added if start >= written else backend.scalars_add(whole[span], added)
        written = max(written, start + length)
    return whole


def _is_short(share: Summand) -> bool:
    if share.coefficients is None:
        return True
    words = array("I", share.coefficients.packed)
    zeros = array("I", bytes(4 * len(share.coefficients)))
    return all(words[word::8] == zeros for word in range(SHORT // 32, 8))


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


def _holds(parts: list[Slice]) -> bool:
    """Whether the parts' rows hold, at the cost of these rows alone, so that naming many culprits stays affordable."""
    operands: list[Operand] = []
    for root, shares in _by_root(parts):
        for first, last, near in _runs(shares):
            operands += _operands(root.cut(first, last), [share._replace(start=share.start - first) for share in near])
    return backend.msm(operands) == IDENTITY


def _runs(shares: list[Summand]) -> Iterator[tuple[int, int, list[Summand]]]:
    """The stretches of a root that are used, without a gap in them."""
    run: list[Summand] = []
    end = 0
    for share in sorted(shares, key=lambda share: share.start):
        if run and share.start > end:
            yield run[0].start, end, run
            run, end = [], 0
        run.append(share)
        end = max(end, share.start + share.length)
    if run:
        yield run[0].start, end, run


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
    if root.decoded is not None or backend.first_undecodable(root.packed) is None:
        return {}
    return {i: one for i, one in enumerate(cut(root.packed)) if backend.first_undecodable(one) is not None}


def _at(where: Where, index: int) -> Place | str:
    return where if isinstance(where, Place | str) else where(index)
