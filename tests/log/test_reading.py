"""Reading a copy of a log: accepted as it is, damaged named by its file, forged refused by its clause."""

from collections.abc import Callable
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tests.support import copies
from verifier.errors import Incomplete, Rejected, VerifierError
from verifier.log import checkpoint, note, policy, reading, tiles, tree
from verifier.log.checkpoint import Checkpoint
from verifier.log.note import COSIGNATURE, ED25519, Key, Note, Signature
from verifier.log.policy import Policy
from verifier.log.reading import Log

ORIGIN = "log.example"
SECRETS = [SigningKey(bytes([number]) * 32) for number in range(5)]
KEY = Key(ORIGIN, ED25519, bytes(SECRETS[0].verify_key))
WITNESSES = [Key(f"w{n}.example", COSIGNATURE, bytes(SECRETS[n].verify_key)) for n in (1, 2, 3)]
TRUST: Policy = policy.decode(
    "".join(f"witness w{n} {note.encode_key(key)}\n" for n, key in enumerate(WITNESSES, 1)).encode()
    + b"group g 2 w1 w2 w3\nquorum g\n"
)
SIZE = 66_000
BLOB = b"a blob"
BLOB_PATH = reading.blob_path(sha256(BLOB).digest())
Files = dict[str, bytes]


def entry(index: int) -> bytes:
    return b"entry %d" % index


def sign(text: bytes, *witnesses: int, time: int = 1_790_000_000) -> bytes:
    lines = [Signature(ORIGIN, KEY.id, SECRETS[0].sign(text).signature)]
    for number in witnesses:
        signature = SECRETS[number].sign(checkpoint.cosigned_message(WITNESSES[number - 1], text, time)).signature
        lines.append(checkpoint.encode_cosignature(WITNESSES[number - 1], time, signature))
    return note.encode(Note(text, tuple(lines)))


def sign_body(size: int, root: bytes, *witnesses: int) -> bytes:
    return sign(checkpoint.encode_body(Checkpoint(ORIGIN, size, root)), *witnesses)


@pytest.fixture(scope="module")
def files() -> Files:
    return published()


@cache
def published() -> Files:
    """A log of 66,000 entries with three levels of tiles, published at five sizes."""
    entries = [entry(index) for index in range(SIZE)]
    leaves = [tree.hash_leaf(data) for data in entries]
    kept = [sign_body(size, tree.compute_root(leaves[:size]), 1, 3) for size in (0, 1, 700, 800, SIZE)]
    files = copies.tiled(entries) | {f"checkpoints/{number}": raw for number, raw in enumerate(kept)}
    return files | {reading.LATEST: kept[-1], BLOB_PATH: BLOB}


def check(files: Files) -> list[int]:
    """Everything an auditor does with the log itself; the sizes of its kept checkpoints."""
    opened = Log(files.get, ORIGIN, [KEY])
    opened.check_latest([KEY], TRUST)
    for _ in opened.entries():
        pass
    kept = opened.check_kept([KEY], TRUST)
    for name in files:
        if name.startswith("blobs/"):
            reading.read_blob(files.get, bytes.fromhex(name[-64:]))
    return [one.signed.body.size for one in kept]


def needed(files: Files) -> list[str]:
    """Files of the copy that its latest checkpoint needs; partial tiles of older checkpoints are for others."""
    tree_files = {tile.path for tile in tiles.grown(0, SIZE)}
    return sorted(name for name in files if not name.startswith("tile/") or name in tree_files)


def test_an_honest_copy_is_accepted(files: Files) -> None:
    assert check(files) == [0, 1, 700, 800, SIZE]
    opened = Log(files.get, ORIGIN, [KEY])
    assert list(opened.entries(65_999)) == [(65_999, entry(65_999))]
    assert next(opened.entries(700)) == (700, entry(700))
    assert reading.read_blob(files.get, sha256(BLOB).digest()) == BLOB
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
    kind = data.draw(st.sampled_from(["tile/entries", "tile/0", "tile/1", "tile/2", "blobs"]))
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
        *("tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1", "checkpoint", BLOB_PATH),
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
    assert check(grown) == [0, 1, 700, 800, SIZE]


def small(size: int, edit: dict[int, bytes] | None = None) -> Files:
    """A copy of a log of up to 65,535 entries whose files agree with each other, without checkpoints."""
    entries = [(edit or {}).get(index, entry(index)) for index in range(size)]
    hashes = [tree.hash_leaf(data) for data in entries]
    roots = [tree.compute_root(hashes[at : at + 256]) for at in range(0, size - 255, 256)]
    rows = [[tiles.encode_bundle([data]) for data in entries], hashes, roots]
    made = {"root": tree.compute_root(hashes)}
    for tile in tiles.grown(0, size):
        made[tile.path] = b"".join(rows[tile.level + 1][tile.number * 256 :][: tile.width])
    return made


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 513])
def test_a_copy_of_any_size_is_accepted_and_a_forged_one_rejected(size: int) -> None:
    honest, forged = small(size), small(size, {size - 1: b"a forged ballot"})
    honest["checkpoint"] = forged["checkpoint"] = sign_body(size, honest["root"], 1, 2)
    assert check(honest) == []
    with pytest.raises(Rejected) as caught:
        check(forged)
    assert (caught.value.id, str(caught.value.where)) == ("BRD.2", "checkpoint")
    last = tiles.at(0, size - 1, size).path
    with pytest.raises(Incomplete) as damaged:
        check({**honest, last: honest[last][:-1] + bytes([honest[last][-1] ^ 1])})
    assert str(damaged.value.where) == last


def test_a_root_is_known_from_the_tiles_below_it_alone() -> None:
    files = small(600)
    files["checkpoint"] = sign_body(600, files["root"], 1, 2)
    opened = Log({**files, "tile/0/001": b""}.get, ORIGIN, [KEY])
    assert list(opened._roots_at([0, 0, 256, 256])) == [small(size)["root"] for size in (0, 0, 256, 256)]
    with pytest.raises(Incomplete):
        opened.root_at(257)


def test_a_consistent_forgery_is_rejected() -> None:
    honest, forged = small(9), small(9, {4: b"a forged ballot"})
    for files, refused in ((honest, False), (forged, True)):
        files["checkpoint"] = files["checkpoints/0"] = sign_body(9, honest["root"], 1, 2)
        if refused:
            with pytest.raises(Rejected) as caught:
                check(files)
            assert (caught.value.id, str(caught.value.where)) == ("BRD.2", "checkpoint")
            assert caught.value.evidence == (files["checkpoint"],)
        else:
            assert check(files) == [9]


def test_an_empty_log_has_one_root() -> None:
    assert check({"checkpoint": sign_body(0, tree.EMPTY_ROOT, 1, 2)}) == []
    with pytest.raises(Rejected, match=r"BRD\.2"):
        check({"checkpoint": sign_body(0, bytes(32), 1, 2)})


def test_two_histories_are_rejected_with_both_checkpoints() -> None:
    files = small(9)
    files["checkpoint"] = sign_body(9, files["root"], 1, 2)
    files["checkpoints/0"] = sign_body(5, small(5, {4: b"what others saw"})["root"], 1)
    with pytest.raises(Rejected) as caught:
        check(files)
    assert (caught.value.id, str(caught.value.where)) == ("BRD.3", "checkpoints/0")
    assert caught.value.evidence == (files["checkpoints/0"], files["checkpoint"])


def test_kept_checkpoints_may_lie_in_any_order() -> None:
    files = small(9)
    files["checkpoint"] = files["checkpoints/0"] = sign_body(9, files["root"], 1, 2)
    files["checkpoints/1"] = sign_body(5, small(5)["root"], 1)
    files["checkpoints/2"] = sign_body(9, files["root"], 3)
    assert check(files) == [5, 9, 9]


def test_a_copy_older_than_its_checkpoints_is_incomplete() -> None:
    files = small(9)
    files["checkpoint"] = sign_body(9, files["root"], 1, 2)
    files["checkpoints/0"] = sign_body(12, small(12)["root"], 1)
    with pytest.raises(Incomplete, match="published more") as caught:
        check(files)
    assert str(caught.value.where) == "checkpoints/0"
    files["checkpoints/0"] = b"not a checkpoint"
    with pytest.raises(Incomplete, match="damaged") as caught:
        check(files)
    assert str(caught.value.where) == "checkpoints/0"


def test_signatures_of_the_log_and_its_witnesses() -> None:
    files = small(9)
    text = checkpoint.encode_body(Checkpoint(ORIGIN, 9, files["root"]))
    good = note.decode(sign(text, 1, 2)).signatures
    stranger = Key(ORIGIN, ED25519, bytes(SECRETS[4].verify_key))
    other = Signature(ORIGIN, stranger.id, SECRETS[4].sign(text).signature)
    false = checkpoint.encode_cosignature(WITNESSES[2], 1, bytes(64))
    cases = {
        "BRD.1": [(other, *good[1:])],
        "BRD.4": [good[:2], (*good[:2], good[1]), good[:1]],
        "BRD.5": [(*good, false)],
    }
    for clause, notes in cases.items():
        for lines in notes:
            files["checkpoint"] = note.encode(Note(text, lines))
            with pytest.raises(Rejected) as caught:
                check(files)
            assert (caught.value.id, str(caught.value.where)) == (clause, "checkpoint")
            assert caught.value.evidence == (files["checkpoint"],)
    files["checkpoint"] = note.encode(Note(text, (good[0]._replace(blob=bytes(64)), *good[1:])))
    with pytest.raises(Rejected) as caught:
        Log(files.get, ORIGIN, [KEY])
    assert (caught.value.id, str(caught.value.where)) == ("BRD.1", "checkpoint")
    files["checkpoint"] = sign(text, 1, 2)
    for clause, lines in (("BRD.1", (other, *good[1:])), ("BRD.5", (*good, false))):
        files["checkpoints/0"] = note.encode(Note(text, lines))
        with pytest.raises(Rejected) as caught:
            check(files)
        assert (caught.value.id, str(caught.value.where)) == (clause, "checkpoints/0")


def test_another_log_is_rejected() -> None:
    files = small(9)
    files["checkpoint"] = sign(checkpoint.encode_body(Checkpoint("other.example", 9, files["root"])), 1, 2)
    with pytest.raises(Rejected, match=r"BRD\.1"):
        check(files)


def test_a_log_whose_key_changed_is_judged_by_the_keys_it_introduced() -> None:
    files, old = small(9), Key(ORIGIN, ED25519, bytes(SECRETS[4].verify_key))
    files["checkpoint"] = sign_body(9, files["root"], 1, 2)
    opened = Log(files.get, ORIGIN, [old])
    assert [index for index, _ in opened.entries()] == list(range(9))
    opened.check_latest([old, KEY], TRUST)
    with pytest.raises(Rejected, match=r"BRD\.1"):
        opened.check_latest([old], TRUST)


def test_without_a_policy_witnesses_are_not_judged() -> None:
    files = small(9)
    files["checkpoint"] = sign_body(9, files["root"])
    assert Log(files.get, ORIGIN, [KEY]).check_latest([KEY], None).cosignatures == ()
