"""Reading a copy of a log: accepted as it is, damaged named by its file, forged refused by its clause."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.logs import (
    KEY,
    ORIGIN,
    SECRETS,
    SIZE,
    TRUST,
    Files,
    check,
    entry,
    publish,
    published,
    sign,
    sign_body,
    small,
    told,
)
from verifier.client import merkle
from verifier.errors import Incomplete, Rejected, VerifierError
from verifier.log import checkpoint, tiles, tree
from verifier.log.checkpoint import Checkpoint
from verifier.log.note import ED25519, Key
from verifier.log.reading import Log


@pytest.fixture(scope="module")
def files() -> Files:
    return published()


def needed(files: Files) -> list[str]:
    """Files of the copy that its latest checkpoint needs; partial tiles of older checkpoints are for others."""
    tree_files = {tile.path for tile in merkle.grown(0, SIZE)}
    return sorted(name for name in files if not name.startswith("tile/") or name in tree_files)


def test_an_honest_copy_is_accepted(files: Files) -> None:
    assert check(files) == [SIZE, 0, 1, 700, 800, SIZE]
    opened = Log(files.get, ORIGIN, [KEY])
    assert list(opened.entries(65_999)) == [(65_999, entry(65_999))]
    assert next(opened.entries(700)) == (700, entry(700))
    assert [data for _, data in opened.entries()] == [entry(index) for index in range(SIZE)]


def test_roots_at_every_kind_of_size(files: Files) -> None:
    opened, leaves = Log(files.get, ORIGIN, [KEY]), [tree.hash_leaf(entry(index)) for index in range(SIZE)]
    for size in (0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, SIZE):
        assert opened.root_at(size) == tree.compute_root(leaves[:size])
    sizes = [0, 0, 3, 3, 256, 300, 300, 512, 513, 1024, 1030]
    assert list(opened._roots_at(sizes)) == [tree.compute_root(leaves[:size]) for size in sizes]


@pytest.mark.slow
@settings(max_examples=60)
@given(st.data())
def test_one_flipped_bit_is_could_not_be_checked_and_names_the_file(files: Files, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["tile/entries", "tile/0", "tile/1", "tile/2"]))
    name = data.draw(st.sampled_from([name for name in needed(files) if name.startswith(kind)]))
    bit = data.draw(st.integers(0, 8 * len(files[name]) - 1))
    bent = bytearray(files[name])
    bent[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Incomplete) as caught:
        check({**files, name: bytes(bent)})
    assert str(caught.value.where) == name


@given(st.data())
def test_one_flipped_bit_in_a_checkpoint_is_never_accepted_as_it_stands(files: Files, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, 8 * len(files["checkpoint"]) - 1))
    bent = bytearray(files["checkpoint"])
    bent[bit // 8] ^= 1 << bit % 8
    with pytest.raises(VerifierError) as caught:
        Log({**files, "checkpoint": bytes(bent)}.get, ORIGIN, [KEY]).check_latest([KEY], TRUST)
    assert str(caught.value.where) == "checkpoint"


@pytest.mark.parametrize(
    "name",
    [
        *("tile/entries/007", "tile/entries/257.p/208", "tile/0/007", "tile/0/257.p/208"),
        *("tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1", "checkpoint"),
    ],
)
@pytest.mark.parametrize(
    "bend", [lambda _: None, lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda raw: raw[:-1] + b"\0"]
)
def test_missing_cut_lengthened_and_bent_files_are_named(
    files: Files, name: str, bend: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(Incomplete) as caught:
        check({**files, name: bend(files[name])})
    assert str(caught.value.where) == name


def test_a_partial_tile_is_read_from_the_full_one(files: Files) -> None:
    grown = dict(files)
    for name in ("tile/0/257", "tile/entries/257"):
        part = grown.pop(f"{name}.p/208")
        grown[name] = part + (bytes(48 * 32) if "/0/" in name else tiles.encode_bundle([b""] * 48))
    assert check(grown) == [SIZE, 0, 1, 700, 800, SIZE]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 513])
def test_a_copy_of_any_size_is_accepted_and_of_a_forged_one_nothing_is_known(size: int) -> None:
    honest, forged = small(size), small(size, {size - 1: b"a forged ballot"})
    signed = sign_body(size, honest["root"], 1, 2)
    honest, forged = publish(honest, signed), publish(forged, signed)
    assert check(honest) == [size, size]
    with pytest.raises(Incomplete) as caught:
        check(forged)
    assert (caught.value.id, str(caught.value.where)) == ("BRD.2", "checkpoint")
    assert told(forged) == [("Incomplete", "BRD.2", "checkpoint")]
    last = tiles.at(0, size - 1, size).path
    with pytest.raises(Incomplete) as damaged:
        check({**honest, last: honest[last][:-1] + bytes([honest[last][-1] ^ 1])})
    assert str(damaged.value.where) == last


def test_a_root_is_known_from_the_tiles_below_it_alone() -> None:
    files = small(600)
    files["checkpoint"] = sign_body(600, files["root"], 1, 2)
    opened = Log({**files, "tile/0/001": b"", "tile/entries/001": b""}.get, ORIGIN, [KEY])
    assert list(opened._roots_at([0, 0, 256, 256])) == [small(size)["root"] for size in (0, 0, 256, 256)]
    with pytest.raises(Incomplete):
        opened.root_at(257)
    assert opened.root_at(520) == small(520)["root"]
    opened = Log({**files, "tile/0/001": b""}.get, ORIGIN, [KEY])
    assert opened.root_at(257) == small(257)["root"]  # by its entries


def test_an_empty_log_has_one_root() -> None:
    assert check(publish({}, sign_body(0, tree.EMPTY_ROOT, 1, 2))) == [0, 0]
    with pytest.raises(Incomplete) as caught:
        check(publish({}, sign_body(0, bytes(32), 1, 2)))
    assert caught.value.id == "BRD.2"


def test_two_histories_are_rejected_with_both_checkpoints() -> None:
    files = {**small(9), "checkpoints/0": sign_body(5, small(5, {4: b"what others saw"})["root"], 1)}
    files = publish(files, sign_body(9, files["root"], 1, 2))
    with pytest.raises(Rejected) as caught:
        check(files)
    assert (caught.value.id, str(caught.value.where)) == ("BRD.3", "checkpoints/0")
    assert caught.value.evidence == (files["checkpoints/0"], files["checkpoint"])
    assert told(files) == [("Rejected", "BRD.3", "checkpoints/0")]


def test_kept_checkpoints_may_lie_in_any_order() -> None:
    files = publish(small(9), sign_body(9, small(9)["root"], 1, 2))
    files["checkpoints/1"] = sign_body(5, small(5)["root"], 1)
    files["checkpoints/2"] = sign_body(9, files["root"], 3)
    assert sorted(check(files)) == [5, 9, 9, 9]


def test_a_copy_older_than_its_checkpoints_is_incomplete() -> None:
    files = publish(small(9), sign_body(9, small(9)["root"], 1, 2))
    files["checkpoints/1"] = sign_body(12, small(12)["root"], 1)
    with pytest.raises(Incomplete, match="published more") as caught:
        check(files)
    assert str(caught.value.where) == "checkpoints/1"
    files["checkpoints/1"] = b"not a checkpoint"
    with pytest.raises(Incomplete, match="damaged") as caught:
        check(files)
    assert str(caught.value.where) == "checkpoints/1"


def test_another_log_is_not_this_one() -> None:
    files = small(9)
    files["checkpoint"] = sign(checkpoint.encode_body(Checkpoint("other.example", 9, files["root"])), 1, 2)
    with pytest.raises(Incomplete) as caught:
        check(files)
    assert caught.value.id == "BRD.1"


def test_a_log_whose_key_changed_is_judged_by_the_keys_it_introduced() -> None:
    files, old = small(9), Key(ORIGIN, ED25519, bytes(SECRETS[4].verify_key))
    files["checkpoint"] = sign_body(9, files["root"], 1, 2)
    opened = Log(files.get, ORIGIN, [old])
    assert [index for index, _ in opened.entries()] == list(range(9))
    opened.check_latest([old, KEY], TRUST)
    with pytest.raises(Incomplete) as caught:
        opened.check_latest([old], TRUST)
    assert caught.value.id == "BRD.1"


def test_without_a_policy_witnesses_are_not_judged() -> None:
    files = small(9)
    files["checkpoint"] = sign_body(9, files["root"])
    assert Log(files.get, ORIGIN, [KEY]).check_latest([KEY], None).cosignatures == ()
