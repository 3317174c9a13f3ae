"""One sum of many terms, which the arithmetic is given portion by portion, so that it never takes much memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.proof import backend
from verifier.proof.group import ONE, ONES, PORTION, SIZE, Encodings, Points, Root, Scalars, Term

SHORT = 160  # bits up to which a coefficient keeps its own, shorter windows
Operand = tuple[
    Encodings, Encodings | bytearray, bytes | None
]  # points, coefficients (none: only decoded), outer factor


class Product:
    """The terms as operands of the backend, computed while they are asked for; they can be gone through again.

    Every point of the roots that were `read`, and of those of the terms, is decoded; without `read` only what the terms
    use, so that naming many culprits stays affordable.
    """

    def __init__(self, terms: Iterable[Term], read: Iterable[Root] | None = None) -> None:
        self._whole = read is not None
        self._terms: dict[Root, list[Term]] = {root: [] for root in read or ()}
        for term in terms:
            self._terms.setdefault(term.root, []).append(term)

    def __iter__(self) -> Iterator[Operand]:
        for root, terms in self._terms.items():
            for first, last, near in [(0, root.length, terms)] if self._whole else _runs(terms):
                for start in range(first, last, PORTION):
                    yield from _operands(Points(root, start, min(PORTION, last - start)), near)


def _runs(terms: list[Term]) -> Iterator[tuple[int, int, list[Term]]]:
    """The stretches of a root that are used, without a gap in them."""
    run: list[Term] = []
    end = 0
    for term in sorted(terms, key=lambda term: term.start):
        if run and term.start > end:
            yield run[0].start, end, run
            run, end = [], 0
        run.append(term)
        end = max(end, term.start + term.length)
    if run:
        yield run[0].start, end, run


def _operands(points: Points, terms: list[Term]) -> Iterator[Operand]:
    """Short coefficients keep their own windows; everything else is merged into one full-size vector."""
    packed, parts = bytes(points), list(_parts(points, terms))
    if not parts:
        yield packed, b"", None
    elif all(part.length == len(points) and _is_short(part.coefficients) for part in parts):
        for part in parts:
            yield packed, (part.coefficients or ONES(part.length)).packed, bytes(part.outer)
    else:
        yield packed, _merged(points, parts), None


def _parts(points: Points, terms: list[Term]) -> Iterator[Term]:
    """What the terms add to these points of their root, the factors multiplied."""
    for term in terms:
        start, end = max(points.start, term.start), min(points.start + len(points), term.start + term.length)
        if start < end:
            part = term if end - start == term.length else term.rows(start - term.start, end - start)
            given = part.coefficients
            yield part._replace(factors=() if given is None else (given,))


def _merged(points: Points, parts: list[Term]) -> bytearray:
    whole = bytearray(SIZE * len(points))
    written = 0  # up to where; behind it nothing is to be added to
    for part in parts:
        given, outer, start = part.coefficients, part.outer, part.start - points.start
        full = outer if given is None else given if outer == ONE else given * outer
        span = slice(start * SIZE, (start + part.length) * SIZE)
        added = bytes(full) * part.length if len(full) == 1 else full.packed
        whole[span] = added if start >= written else backend.scalars_add(whole[span], added)
        written = max(written, start + part.length)
    return whole


def _is_short(coefficients: Scalars | None) -> bool:
    packed = bytes(coefficients) if coefficients else b""
    return not any(packed[byte::SIZE].strip(b"\0") for byte in range(SHORT // 8, SIZE))
