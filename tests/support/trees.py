"""Trees of logs made in memory, and what is proved of them, word by word as RFC 6962 §2.1 defines it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


class Tree:
    """The tree of some leaf hashes."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._leaves = leaves
        self._known: dict[tuple[int, int], bytes] = {}

    def root(self) -> bytes:
        return self._hash(0, len(self._leaves)) if self._leaves else sha256(b"").digest()

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """PATH(index, D[n]): the leaf's sibling first."""
        return self._path(index, 0, len(self._leaves))

    def consistency(self, old: int) -> tuple[bytes, ...]:
        """PROOF(old, D[n]); empty where there is nothing to prove."""
        return self._subproof(old, 0, len(self._leaves), whole=True) if old else ()

    def _hash(self, start: int, end: int) -> bytes:
        """MTH(D[start:end])."""
        if end - start == 1:
            return self._leaves[start]
        if (start, end) not in self._known:
            k = start + split(end - start)
            self._known[start, end] = sha256(b"\x01" + self._hash(start, k) + self._hash(k, end)).digest()
        return self._known[start, end]

    def _path(self, index: int, start: int, end: int) -> tuple[bytes, ...]:
        if end - start == 1:
            return ()
        k = start + split(end - start)
        if index < k:
            return (*self._path(index, start, k), self._hash(k, end))
        return (*self._path(index, k, end), self._hash(start, k))

    def _subproof(self, old: int, start: int, end: int, *, whole: bool) -> tuple[bytes, ...]:
        if old == end:
            return () if whole else (self._hash(start, end),)
        k = start + split(end - start)
        if old <= k:
            return (*self._subproof(old, start, k, whole=whole), self._hash(k, end))
        return (*self._subproof(old, k, end, whole=False), self._hash(start, k))


def split(n: int) -> int:
    """The largest power of two below n."""
    return 1 << (n - 1).bit_length() - 1
