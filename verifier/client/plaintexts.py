"""The plaintexts that trustees' shares give, for those who recount or announce them (specs/decryption.md §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.election.decryption import lagrange
from verifier.errors import Malformed
from verifier.proof import backend
from verifier.proof.group import MINUS_ONE, PORTION, Points

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.election.course import Given
    from verifier.proof.ciphertext import Ciphertexts


def recombine(mixed: Ciphertexts, given: Sequence[Given]) -> tuple[Points, ...]:
    """M = P − Σ λ·D, one vector a column; `Malformed` if a share of them does not decode."""
    factors = [factor * MINUS_ONE for factor in lagrange([share.trustee for share in given])]

    def portion(k: int, rows: slice) -> bytes:
        masked = mixed.P[k][rows]
        terms = [(bytes(share.shares[k][rows]), factor.packed) for share, factor in zip(given, factors, strict=True)]
        return backend.rows([(bytes(masked), None), *terms], len(masked))

    portions = [slice(first, first + PORTION) for first in range(0, len(mixed), PORTION)]
    try:
        return tuple(Points.packed(b"".join(portion(k, rows) for rows in portions)) for k in range(mixed.width))
    except ValueError as error:
        raise Malformed("a point does not decode") from error
