"""The log's writer: what is durable when, what a crash leaves, and when it refuses to go on."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile, copytree, rmtree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, text

from bulletin.log import database, disk
from bulletin.log.archive import Files
from bulletin.log.bucket import Bucket
from bulletin.log.database import CHECKPOINTS, ENTRIES
from bulletin.log.postgres import Shared
from bulletin.log.rollback import CannotContinue
from bulletin.log.tilelog import TileLog
from tests.support.copies import tiled
from tests.support.servers import postgresql
from tests.support.stores import store
from tests.support.written import KEY, NEXT, SECRET, SIGNERS, number, publish
from verifier.client import merkle
from verifier.errors import Malformed, Rejected
from verifier.log import checkpoint, receipt, tiles, tree
from verifier.log.note import Key

__all__ = ["postgresql", "store"]


def open_log(place: Path, *keys: Key) -> TileLog:
    signers = [SIGNERS[key] for key in keys or (KEY,)]
    return TileLog(Files(place / "log"), database.open_log(place / "log.db"), KEY.name, signers)


@pytest.fixture
def log(tmp_path: Path) -> TileLog:
    return open_log(tmp_path)


class Opener:
    """Opens one log again and again, as processes do that follow one another."""

    def __init__(self, place: Path, url: str = "", bucket: str = "") -> None:
        self._place, self._url, self._bucket = place, url, bucket
        self._shared: Shared | None = None

    def __call__(self, *keys: Key) -> TileLog:
        if self._url:
            self.close()
            self._shared, signers = Shared(self._url, 5.0), [SIGNERS[key] for key in keys or (KEY,)]
            assert self._shared.lead(lambda: None)
            return TileLog(Bucket(self._bucket, self._place / "log"), self._shared, KEY.name, signers)
        return open_log(self._place, *keys)

    def close(self) -> None:
        if self._shared:
            self._shared.dispose()


@pytest.fixture(params=["files", pytest.param("servers", marks=pytest.mark.process)])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens a log whose stores are files, or servers."""
    made = Opener(tmp_path)
    if request.param == "servers":
        stores = (request.getfixturevalue(name) for name in ("postgresql", "store"))
        made = Opener(tmp_path, *(each.make() for each in stores))
    yield made
    made.close()


@pytest.mark.parametrize("steps", [[0, 1], [255, 1, 1], [256, 256], [1, 600, 3], [300, 0, 300]])
def test_tree_tiles_and_receipts_after_each_step(opened: Opener, steps: list[int]) -> None:
    log, expected = opened(), list[bytes]()
    for step in steps:
        fresh = number(step, len(expected))
        assert log.append(fresh) == range(len(expected), len(expected) + step)
        expected += fresh
        signed = log.integrate()
        assert signed.body.root == tree.compute_root(map(tree.hash_leaf, expected))
        log.publish(signed.raw)
        for name, data in tiled(expected).items():
            assert disk.read(log.directory, name) == data
        log = opened()
        assert (log.size, log.tree_size, log.signed) == (len(expected), len(expected), signed)
        for index in {0, len(expected) // 2, len(expected) - 1} if expected else ():
            proof = receipt.decode(log.receipt(index))
            receipt.check(proof, tree.hash_leaf(expected[index]), KEY.name, [KEY], None)
            assert log.entry(index) == expected[index]
            assert log.find(tree.hash_leaf(expected[index])) == index


@given(st.integers(0, 700), st.integers(0, 700))
def test_proofs_between_any_sizes(grown: TileLog, one: int, two: int) -> None:
    old, size = sorted((one, two))
    proof = grown.consistency(old, size)
    if 0 < old < size:
        roots = [tree.compute_root(map(tree.hash_leaf, number(count))) for count in (old, size)]
        assert tree.roots_from_consistency(old, size, roots[0], proof) == tuple(roots)
    else:
        assert proof == ()


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> TileLog:
    log = open_log(tmp_path_factory.mktemp("grown"))
    publish(log, number(700))
    return log


def test_no_proof_beyond_the_tree(grown: TileLog) -> None:
    with pytest.raises(Malformed, match="700 entries"):
        grown.proof(0, 701)
    with pytest.raises(Malformed, match="700 entries"):
        grown.consistency(1, 701)


def test_partial_tiles_go_once_the_full_one_is_published(opened: Opener) -> None:
    log = opened()
    publish(log, number(200))
    publish(log, number(50, 200))
    kept = {"tile/0/000.p/200", "tile/0/000.p/250", "tile/entries/000.p/200", "tile/entries/000.p/250"}
    assert all((log.directory / name).is_file() for name in kept)
    log.append(number(10, 250))
    signed = log.integrate()
    assert all((log.directory / name).is_file() for name in kept), "not before publication"
    log.publish(signed.raw)
    assert not (log.directory / "tile/0/000.p").exists()
    assert not (log.directory / "tile/entries/000.p").exists()
    assert (log.directory / "tile/0/001.p/4").is_file()
    assert (log.directory / "tile/0/000").stat().st_size == 256 * 32


def test_files_are_exactly_those_of_the_specification(opened: Opener) -> None:
    log = opened()
    publish(log, number(600))
    found = {str(path.relative_to(log.directory)) for path in log.directory.rglob("*") if path.is_file()}
    assert found == {"checkpoint", "checkpoints/0"} | {tile.path for tile in merkle.grown(0, 600)}


def test_the_same_tree_is_signed_once(opened: Opener) -> None:
    log = opened()
    log.append(number(3))
    assert log.integrate() is log.integrate()


@pytest.mark.parametrize(("keys", "later"), [((NEXT, KEY), [NEXT, KEY]), ((NEXT,), [NEXT])])
def test_the_next_key_signs_the_last_tree_beside_the_former_one(
    opened: Opener, keys: tuple[Key, ...], later: list[Key]
) -> None:
    def signers(signed: checkpoint.SignedCheckpoint | None) -> list[Key]:
        assert signed is not None
        return [key for key, _ in checkpoint.matching_lines(signed.note, [KEY, NEXT])]

    log = opened()
    publish(log, number(3))
    former = log.signed
    log.close()
    log = opened(*keys)
    assert signers(log.signed) == [KEY, NEXT]
    assert log.signed is not None
    assert former is not None
    assert log.signed.note.text == former.note.text
    log.publish(log.integrate().raw)
    assert signers(log.published) == [KEY, NEXT]
    publish(log, number(1, 3))
    assert signers(log.published) == later
    log.close()
    assert signers(opened(*keys).signed) == later


def test_an_entry_has_a_largest_size(log: TileLog) -> None:
    log.append([bytes(tiles.MAX_ENTRY)])
    with pytest.raises(Malformed):
        log.append([b"fine", bytes(tiles.MAX_ENTRY + 1)])
    assert log.size == 1


def test_only_the_signed_checkpoint_is_published(log: TileLog) -> None:
    publish(log, number(3))
    old = log.published
    log.append(number(1, 3))
    log.integrate()
    with pytest.raises(Malformed):
        TileLog(
            Files(log.directory.parent / "new"), database.open_log(log.directory.parent / "new.db"), KEY.name, []
        ).publish(old.raw if old else b"")
    assert old is not None
    assert log.signed is not None
    with pytest.raises(Malformed):
        log.publish(old.raw)
    unsigned = log.signed.raw.replace(f"— {KEY.name}".encode(), "— other.example".encode())
    with pytest.raises(Rejected):
        log.publish(unsigned)
    assert disk.read(log.directory, "checkpoint") == old.raw


def test_a_signer_that_signs_something_else_is_noticed(tmp_path: Path) -> None:
    signer = (KEY, lambda message: SECRET.sign(message + b"?").signature)
    log = TileLog(Files(tmp_path / "log"), database.open_log(tmp_path / "log.db"), KEY.name, [signer])
    with pytest.raises(Rejected):
        log.integrate()
    assert open_log(tmp_path).signed is None


def test_entries_committed_before_a_crash_are_integrated_after_it(opened: Opener) -> None:
    log = opened()
    publish(log, number(3))
    log.append(number(300, 3))
    again = opened()
    assert (again.size, again.tree_size) == (303, 3)
    assert again.integrate().body.root == tree.compute_root(map(tree.hash_leaf, number(303)))


def test_a_crash_between_tiles_and_signature_is_repaired(opened: Opener) -> None:
    log = opened()
    publish(log, number(3))
    log.append(number(300, 3))
    log._grow(log._edge, log.size)
    again = opened()
    again.append(number(5, 303))
    assert again.integrate().body.root == tree.compute_root(map(tree.hash_leaf, number(308)))


def test_a_crash_between_signature_and_publication_signs_nothing_else(opened: Opener) -> None:
    log = opened()
    log.append(number(3))
    signed = log.integrate()
    assert opened().integrate() == signed


def test_a_crash_between_the_kept_and_the_served_checkpoint_is_repaired(log: TileLog, tmp_path: Path) -> None:
    publish(log, number(3))
    before = (log.directory / "checkpoint").read_bytes()
    publish(log, number(3, 3))
    after = (log.directory / "checkpoint").read_bytes()
    disk.write(log.directory / "checkpoint", before)
    assert open_log(tmp_path).published == checkpoint.decode(after)
    assert (log.directory / "checkpoint").read_bytes() == after


def test_a_crash_before_the_partial_tiles_went_is_repaired(log: TileLog, tmp_path: Path) -> None:
    publish(log, number(256))
    disk.write_once(log.directory, {"tile/0/000.p/200": bytes(200 * 32)})
    open_log(tmp_path)
    assert not (log.directory / "tile/0/000.p").exists()


def test_an_older_database_is_refused(log: TileLog, tmp_path: Path) -> None:
    publish(log, number(3))
    with log._database.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    copyfile(tmp_path / "log.db", tmp_path / "backup.db")
    publish(log, number(3, 3))
    log._database.dispose()
    for name in ("log.db-wal", "log.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    copyfile(tmp_path / "backup.db", tmp_path / "log.db")
    with pytest.raises(CannotContinue, match="older one"):
        open_log(tmp_path)


@pytest.mark.parametrize("index", [0, 299])
def test_lost_entries_are_refused(opened: Opener, index: int) -> None:
    log = opened()
    publish(log, number(300))
    with log._database.begin() as connection:
        connection.execute(delete(ENTRIES).where(ENTRIES.c.index == index))
    with pytest.raises(CannotContinue, match="restore the newest backup"):
        opened()


def test_changed_entries_are_not_signed(opened: Opener) -> None:
    log = opened()
    log.append(number(3))
    with log._database.begin() as connection:
        connection.execute(ENTRIES.update().where(ENTRIES.c.index == 1).values(entry=b"entry X"))
    with pytest.raises(CannotContinue, match="entry 1 changed"):
        opened().integrate()


def test_entries_exchanged_with_their_hashes_are_not_signed(opened: Opener) -> None:
    log = opened()
    publish(log, number(3))
    log.append(number(1, 3))
    forged = {"entry": b"entry X", "leaf_hash": tree.hash_leaf(b"entry X")}
    with log._database.begin() as connection:
        connection.execute(ENTRIES.update().where(ENTRIES.c.index == 1).values(**forged))
    with pytest.raises(CannotContinue, match="not those of the tree"):
        log.integrate()


@pytest.mark.parametrize("name", ["tile/0/001.p/44", "tile/1/000.p/1"])
def test_damaged_or_missing_tiles_are_refused(log: TileLog, tmp_path: Path, name: str) -> None:
    publish(log, number(300))
    raw = (log.directory / name).read_bytes()
    (log.directory / name).write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    with pytest.raises(CannotContinue, match="restore the newest backup"):
        open_log(tmp_path)
    (log.directory / name).unlink()
    with pytest.raises(CannotContinue, match=name):
        open_log(tmp_path)


def test_another_origin_is_refused(log: TileLog, tmp_path: Path) -> None:
    publish(log, number(1))
    with pytest.raises(CannotContinue, match="belongs to the log"):
        TileLog(Files(tmp_path / "log"), database.open_log(tmp_path / "log.db"), "other.example", [])


def test_lost_kept_checkpoints_are_refused(log: TileLog, tmp_path: Path) -> None:
    publish(log, number(1))
    publish(log, number(1, 1))
    (log.directory / "checkpoints/0").unlink()
    with pytest.raises(CannotContinue, match="checkpoints/"):
        open_log(tmp_path)


def test_a_second_writer_cannot_sign_another_history(log: TileLog, tmp_path: Path) -> None:
    publish(log, number(2))
    copytree(tmp_path / "log", tmp_path / "log2")
    other = open_log(tmp_path)
    log.append([b"one"])
    with pytest.raises(Exception, match="UNIQUE"):
        other.append([b"two"])
    log.integrate()
    with log._database.connect() as connection:
        assert connection.execute(CHECKPOINTS.select()).fetchall()[-1].size == 3


def test_files_that_never_change_are_never_changed(tmp_path: Path) -> None:
    disk.write_once(tmp_path, {"tile/0/000": b"one"})
    disk.write_once(tmp_path, {"tile/0/000": b"one"})
    with pytest.raises(disk.Changed):
        disk.write_once(tmp_path, {"tile/0/000": b"two"})
    assert disk.read(tmp_path, "tile/0/000") == b"one"


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a//b", "a/./b", "", "a\0b", "..\\b"])
def test_paths_stay_inside(tmp_path: Path, name: str) -> None:
    with pytest.raises(Malformed):
        disk.read(tmp_path, name)


def test_blobs_are_named_by_their_digest(tmp_path: Path) -> None:
    digest = disk.store_blob(tmp_path, b"a mix")
    name = f"blobs/{digest.hex()[:2]}/{digest.hex()}"
    assert disk.read(tmp_path, name) == b"a mix"
    assert disk.store_blob(tmp_path, b"a mix") == digest
    rmtree(tmp_path / "blobs")
    assert disk.read(tmp_path, name) is None
    assert disk.read(tmp_path, "..blobs") is None
