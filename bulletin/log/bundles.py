"""Entries as they stand in an archive's bundles, for those who trust the copy: it is their own."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bulletin.log import disk
from verifier.log import tiles
from verifier.log.reading import read_tile
from verifier.log.tiles import ENTRIES, WIDTH


def read_entries(archive: Path, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    """Entries start ≤ i < stop with their indices; `stop` ends a bundle, or the log that the archive leads to."""
    for first in range(start - start % WIDTH, stop, WIDTH):
        entries = read_tile(partial(disk.read, archive), tiles.at(ENTRIES, first, stop), tiles.decode_bundle)
        skip = max(0, start - first)
        yield from enumerate(entries[skip:], first + skip)
