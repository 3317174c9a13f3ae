"""The plaintexts that trustees' shares give, for those who recount or announce them (specs/decryption.md §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.election.decryption import lagrange
from verifier.errors import Malformed
from verifier.proof import backend
from verifier.proof.group import MINUS_ONE, Points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.election.course import Given
    from verifier.proof.ciphertext import Ciphertexts


def recombine(mixed: Ciphertexts, given: Sequence[Given]) -> tuple[Points, ...]:
    """M = P − Σ λ·D, one vector a column; `Malformed` if a share of them does not decode."""
    size = len(mixed)
    factors = [(factor * MINUS_ONE).repeat(size).packed for factor in lagrange([share.trustee for share in given])]

    def column(k: int) -> Points:
        terms = [(bytes(share.shares[k]), factor) for share, factor in zip(given, factors, strict=True)]
        return Points.packed(backend.rows([(bytes(mixed.P[k]), None), *terms], size)) if size else mixed.P[k]

    try:
        return tuple(column(k) for k in range(mixed.width))
    except ValueError as error:
        raise Malformed("a point does not decode") from error
