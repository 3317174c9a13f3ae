"""Tiles: names, widths and bytes."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.client import merkle
from verifier.client.files import decode_path
from verifier.errors import Malformed
from verifier.log import tiles
from verifier.log.tiles import ENTRIES, Tile

TILES = st.builds(Tile, st.integers(-1, 63), st.integers(0, 2**40), st.integers(1, 256))


@given(TILES)
def test_a_path_names_its_tile(tile: Tile) -> None:
    assert decode_path(tile.path) == tile


@given(st.text(alphabet="tile/entris0123x.p", max_size=30) | st.text(max_size=20))
def test_any_path_is_a_tile_in_one_spelling_or_malformed(path: str) -> None:
    with suppress(Malformed):
        assert decode_path(path).path == path


@pytest.mark.parametrize(
    "path",
    [
        *("tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/00/000", "tile/64/000", "tile/-1/000"),
        *("tile/0/x000/001", "tile/0/1", "0/000", "tile/0", "", "tile/0/x1/000", "tile/0/٣٣٣", "tile/0/000.p/1.p/1"),
        *("tile/0/" + "x111/" * 2000 + "111", "tile/" + "1" * 5000 + "/000", "tile/0/000.p/" + "1" * 5000),
        *("tile/0/001/000", "tile/0/x001/x000", "tile/entries", "tile/entries/../000", "tile/0/" + "x001/" * 7 + "000"),
    ],
)
def test_other_spellings_are_malformed(path: str) -> None:
    with pytest.raises(Malformed):
        decode_path(path)


def test_the_specifications_example() -> None:
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
    partial = {tile.path for tile in merkle.grown(0, 70_000) if tile.width < 256}
    assert partial == {"tile/entries/273.p/112", "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"}
    assert [tile.path for tile in merkle.grown(0, 256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]
    assert sum(tile.level == 0 for tile in merkle.grown(0, 70_000)) == 274
    assert [tiles.levels(size) for size in (0, 1, 255, 256, 65_535, 65_536)] == [0, 1, 1, 2, 2, 3]


@pytest.mark.parametrize("path", ["tile/63/000", "tile/0/" + "x999/" * 6 + "999", "tile/0/000.p/255"])
def test_the_furthest_tiles_have_paths(path: str) -> None:
    assert decode_path(path).path == path


@given(st.integers(0, 2**18), st.integers(0, 2**18))
def test_what_grows_is_what_the_larger_tree_has_and_the_smaller_lacks(old: int, more: int) -> None:
    size = old + more
    assert set(merkle.grown(old, size)) == set(merkle.grown(0, size)) - set(merkle.grown(0, old))


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_a_bundle_holds_its_entries(entries: list[bytes]) -> None:
    raw = tiles.encode_bundle(entries)
    assert tiles.decode_bundle(raw, len(entries)) == entries
    for other in (raw[:-1], raw + b"\0", raw + b"\0\0"):
        with pytest.raises(Malformed):
            tiles.decode_bundle(other, len(entries))


@given(st.binary(max_size=200), st.integers(1, 256))
def test_any_bytes_are_a_bundle_or_malformed(raw: bytes, width: int) -> None:
    with suppress(Malformed):
        assert tiles.encode_bundle(tiles.decode_bundle(raw, width)) == raw


def test_the_longest_entry() -> None:
    longest = bytes(tiles.MAX_ENTRY)
    assert tiles.decode_bundle(tiles.encode_bundle([longest, b""]), 2) == [longest, b""]
    with pytest.raises(OverflowError):
        tiles.encode_bundle([longest + b"\0"])


@pytest.mark.parametrize("length", [0, 31, 63, 65, 96])
def test_a_hash_tile_has_its_length(length: int) -> None:
    hashes = [b"\1" * 32, b"\2" * 32]
    assert tiles.decode_hashes(b"".join(hashes), 2) == hashes
    with pytest.raises(Malformed):
        tiles.decode_hashes(bytes(length), 2)


def test_entries_are_level_minus_one() -> None:
    assert tiles.at(ENTRIES, 300, 301) == Tile(ENTRIES, 1, 45)
    assert tiles.at(0, 300, 600) == Tile(0, 1, 256)
    assert tiles.at(1, 0, 600) == Tile(1, 0, 2)


def test_a_tiles_own_file_is_looked_for_first_and_no_file_twice() -> None:
    assert [tile.path for tile in Tile(0, 3, 5).sources] == ["tile/0/003.p/5", "tile/0/003"]
    assert [tile.path for tile in Tile(0, 3).sources] == ["tile/0/003"]
