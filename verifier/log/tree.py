"""RFC 6962 §2.1 Merkle trees over SHA-256: pure functions on hashes and numbers (specs/log.md §2)."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from verifier.errors import Malformed, say

EMPTY_ROOT = sha256(b"").digest()
MAX_PROOF = 63


def hash_leaf(entry: bytes) -> bytes:
    """Leaf hash of an entry, RFC 6962 §2.1: SHA-256(00 ‖ entry)."""
    return sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node, RFC 6962 §2.1: SHA-256(01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: enough to append leaf hashes and to know the root, in log₂ n hashes.

    `peaks[k]` is the root of the complete subtree of 2ᵏ leaves that ends at the edge, or None.
    """

    __slots__ = ("peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes | None] = []

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Append leaf hashes (32 bytes each), level by level, so that a million take about half a second."""
        hashes = list(leaf_hashes)
        self.size += len(hashes)
        level = 0
        while hashes:
            if level == len(self.peaks):
                self.peaks.append(None)
            waiting = self.peaks[level]
            if waiting is not None:
                hashes.insert(0, waiting)
            self.peaks[level] = hashes.pop() if len(hashes) % 2 else None
            pairs = iter(hashes)
            hashes = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
            level += 1

    def root(self, tail: bytes | None = None) -> bytes:
        """Root of the tree; `tail` is the root of a smaller tree that continues it on the right."""
        for peak in self.peaks:
            if peak is not None:
                tail = peak if tail is None else hash_node(peak, tail)
        return EMPTY_ROOT if tail is None else tail


def compute_root(leaf_hashes: Iterable[bytes]) -> bytes:
    """Merkle tree hash of a list of leaf hashes, RFC 6962 §2.1."""
    frontier = Frontier()
    frontier.extend(leaf_hashes)
    return frontier.root()


def root_from_inclusion(index: int, size: int, leaf_hash: bytes, path: Sequence[bytes]) -> bytes:
    """Root that an inclusion path leads to, RFC 9162 §2.1.3.2; the caller compares it with the signed one.

    Where the paths to `index` and to the last leaf run together the sibling is always on the left: the border.
    """
    if not 0 <= index < size:
        raise Malformed(say("there is no leaf {} in a tree of {}", index, size))
    inner = (index ^ size - 1).bit_length()
    border = (index >> inner).bit_count()
    _check_hashes(path, inner + border)
    root = _climb(index, leaf_hash, path[:inner])
    for left in path[inner:]:
        root = hash_node(left, root)
    return root


def roots_from_consistency(old: int, size: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Roots of both sizes that a consistency proof leads to, RFC 9162 §2.1.4.2, for 0 < old < size.

    A wrong result shows a wrong proof only: it never proves that the log is inconsistent.
    """
    if not 0 < old < size:
        raise Malformed(say("there is no consistency proof between sizes {} and {}", old, size))
    shift = (old & -old).bit_length() - 1
    last = old - 1 >> shift
    inner = (last ^ size - 1 >> shift).bit_length()
    border = (last >> inner).bit_count()
    seed = 0 if last == 0 else 1
    _check_hashes(proof, seed + inner + border)
    first, proof = (proof[0], proof[1:]) if seed else (old_root, proof)
    before = first
    for level, sibling in enumerate(proof[:inner]):
        if last >> level & 1:
            before = hash_node(sibling, before)
    after = _climb(last, first, proof[:inner])
    for left in proof[inner:]:
        before, after = hash_node(left, before), hash_node(left, after)
    return before, after


def _climb(index: int, root: bytes, siblings: Sequence[bytes]) -> bytes:
    for level, sibling in enumerate(siblings):
        root = hash_node(sibling, root) if index >> level & 1 else hash_node(root, sibling)
    return root


def _check_hashes(proof: Sequence[bytes], length: int) -> None:
    if len(proof) != length or any(len(value) != 32 for value in proof):
        raise Malformed(say("this proof has {} hashes of 32 bytes; {} were given", length, len(proof)))
