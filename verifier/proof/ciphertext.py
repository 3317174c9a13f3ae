"""Lists of ciphertexts in columns: (R, P) = (rG, M + r·PK), coded column by column (specs/shuffle.md)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from verifier.errors import Malformed, say
from verifier.proof.group import SIZE, Points


@dataclass(frozen=True, slots=True)
class Ciphertexts:
    """N rows of `width` columns; R[k] and P[k] hold column k of all rows."""

    R: tuple[Points, ...]
    P: tuple[Points, ...]

    @classmethod
    def decode(cls, coded: bytes, width: int) -> Ciphertexts:
        """Views of a coded list; `Malformed` unless it takes 64·width bytes a row."""
        if width < 1 or len(coded) % (2 * SIZE * width):
            raise Malformed(say("{} bytes are not rows of {} columns", len(coded), width))
        column = len(coded) // (2 * width)
        parts = [Points.packed(coded[column * k : column * (k + 1)]) for k in range(2 * width)]
        return cls(tuple(parts[0::2]), tuple(parts[1::2]))

    def __len__(self) -> int:
        return len(self.R[0])

    @property
    def width(self) -> int:
        return len(self.R)

    def encode(self) -> bytes:
        return b"".join(bytes(points) for pair in zip(self.R, self.P, strict=True) for points in pair)

    def digest(self) -> bytes:
        """SHA-256 of the coding."""
        return hashlib.sha256(self.encode()).digest()
