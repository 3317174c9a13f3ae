"""The right edge of a log's tree: what it must hold to grow (specs/log.md §2)."""

from typing import NamedTuple

from verifier.log import tree


class Edge(NamedTuple):
    """The tree of `size` entries by its right edge: for each level the hashes of its last, unfinished tile."""

    size: int
    levels: tuple[list[bytes], ...]

    def root(self) -> bytes:
        """Root of the tree."""
        root: bytes | None = None
        for hashes in self.levels:
            part = tree.Frontier()
            part.extend(hashes)
            root = part.root(root) if hashes else root
        return tree.EMPTY_ROOT if root is None else root
