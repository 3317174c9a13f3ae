"""Which tiles hold a log's tree, and what it proves from them (RFC 6962 §2.1; specs/log.md §2 and §5)."""

from collections.abc import Callable, Iterator, Sequence

from verifier.errors import Malformed, say
from verifier.log.tiles import ENTRIES, WIDTH, Tile, at, levels
from verifier.log.tree import compute_root, hash_node


def grown(old: int, size: int) -> Iterator[Tile]:
    """Every tile and bundle that appears or grows when the tree grows from `old` to `size`, entries first."""
    for level in range(ENTRIES, levels(size)):
        before, after = (count >> 8 * max(level, 0) for count in (old, size))
        for item in range(before - before % WIDTH, after, WIDTH) if after > before else ():
            yield at(level, item, size)


def compute_node(hashes: Callable[[int, int], Sequence[bytes]], level: int, index: int) -> bytes:
    """Complete subtree `index` of 2ˡ leaves, l = `level`; `hashes(L, N)` gives the hashes of tile N of level L."""
    first, count = index << level % 8, 1 << level % 8
    items = hashes(level // 8, first // WIDTH)[first % WIDTH : first % WIDTH + count]
    return compute_root(items)


def compute_range(start: int, end: int, node: Callable[[int, int], bytes]) -> bytes:
    """Hash of the leaves start ≤ i < end, where `start` is a multiple of the largest power of two up to end − start.

    `node(k, j)` gives the complete subtree of the leaves j·2ᵏ … (j+1)·2ᵏ − 1.
    """
    level = (end - start - 1).bit_length()
    if end - start == 1 << level:
        return node(level, start >> level)
    middle = start + (1 << level - 1)
    return hash_node(compute_range(start, middle, node), compute_range(middle, end, node))


def siblings(index: int, size: int) -> list[tuple[int, int]]:
    """The ranges of leaves whose hashes lead from leaf `index` to the root of `size` leaves, its own sibling first."""
    if not 0 <= index < size:
        raise Malformed(say("there is no leaf {} in a tree of {}", index, size))
    ranges: list[tuple[int, int]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        ranges.append((middle, end) if index < middle else (start, middle))
        start, end = (start, middle) if index < middle else (middle, end)
    return ranges[::-1]


def prove_inclusion(index: int, size: int, node: Callable[[int, int], bytes]) -> tuple[bytes, ...]:
    """Inclusion path of leaf `index` in the tree of `size` leaves, leaf's sibling first, RFC 6962 §2.1.1."""
    return tuple(compute_range(*each, node) for each in siblings(index, size))


def prove_consistency(old: int, size: int, node: Callable[[int, int], bytes]) -> tuple[bytes, ...]:
    """Proof that the tree of `old` leaves is a prefix of the tree of `size` leaves, RFC 6962 §2.1.2."""
    if not 0 <= old <= size:
        raise Malformed(say("a tree of {} leaves cannot have grown into one of {}", old, size))
    if old in (0, size):
        return ()
    proof: list[bytes] = []
    start, end = 0, size
    while end != old:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        sibling = (middle, end) if old <= middle else (start, middle)
        proof.append(compute_range(*sibling, node))
        start, end = (start, middle) if old <= middle else (middle, end)
    if start:
        proof.append(compute_range(start, end, node))
    return tuple(reversed(proof))
