"""Lists of ciphertexts as tests write them down: row by row."""

from collections.abc import Sequence

from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import SIZE, Points


def of_rows(rows: Sequence[tuple[bytes, bytes]], width: int) -> Ciphertexts:
    """From rows that hold their columns' R and P packed."""
    cut = [slice(SIZE * k, SIZE * (k + 1)) for k in range(width)]
    return Ciphertexts(
        tuple(Points.packed(b"".join([R[span] for R, _ in rows])) for span in cut),
        tuple(Points.packed(b"".join([P[span] for _, P in rows])) for span in cut),
    )
