"""Tiles and entry bundles of a log: their names, sizes and bytes, c2sp.org/tlog-tiles (specs/log.md §5)."""

from collections.abc import Sequence
from typing import NamedTuple

from verifier.errors import Malformed, say

WIDTH = 256
HASH = 32
ENTRIES = -1
MAX_ENTRY = 0xFFFF


class Tile(NamedTuple):
    """Tile `number` of `level` with the first `width` of its 256 items; level −1 is the entries themselves."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Where the tile is kept, e.g. `tile/0/x001/234.p/7`."""
        groups, rest = [f"{self.number % 1000:03}"], self.number // 1000
        while rest:
            groups.append(f"x{rest % 1000:03}")
            rest //= 1000
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"

    @property
    def full(self) -> "Tile":
        """The same tile with all of its items."""
        return self._replace(width=WIDTH)

    @property
    def sources(self) -> tuple["Tile", ...]:
        """The tiles whose files hold its items: itself and, once that is gone, the full one, which begins with them."""
        return tuple(dict.fromkeys((self, self.full)))


def at(level: int, index: int, size: int) -> Tile:
    """The tile that holds item `index` of `level` in the tree of `size` entries, as wide as that tree makes it."""
    items = size >> 8 * max(level, 0)
    number = index // WIDTH
    return Tile(level, number, min(WIDTH, items - number * WIDTH))


def levels(size: int) -> int:
    """Number of hash tile levels of a tree of `size` entries."""
    return (size.bit_length() + 7) // 8


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries one after the other, each after its length (2 bytes, big-endian)."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(raw: bytes, width: int) -> list[bytes]:
    """The `width` entries of a bundle."""
    entries: list[bytes] = []
    start = 0
    while start < len(raw) and len(entries) < width:
        end = start + 2 + int.from_bytes(raw[start : start + 2], "big")
        entries.append(raw[start + 2 : end])
        start = end
    if start != len(raw) or len(entries) != width:
        raise Malformed(say("a bundle of {} entries was expected", width))
    return entries


def decode_hashes(raw: bytes, width: int) -> list[bytes]:
    """The `width` hashes of a hash tile."""
    if len(raw) != width * HASH:
        raise Malformed(say("a tile of {} hashes was expected, not {} bytes", width, len(raw)))
    return [raw[start : start + HASH] for start in range(0, len(raw), HASH)]
