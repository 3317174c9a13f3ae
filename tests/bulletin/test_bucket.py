"""An archive in a bucket: what is put once, what is replaced by whom, and what its copy on the disk is worth."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from shutil import rmtree

import pytest

from bulletin.log import bucket as buckets
from bulletin.log import database, disk
from bulletin.log.archive import Files, StoreFailed, read_blobs
from bulletin.log.bucket import Bucket
from bulletin.log.rollback import CannotContinue, Overtaken
from bulletin.log.tilelog import TileLog
from tests.support.copies import tiled
from tests.support.stores import Store, bucket, store
from tests.support.written import KEY, SIGNERS, number, publish
from verifier.errors import Malformed
from verifier.log import receipt, tree
from verifier.log.reading import LATEST, blob_path

__all__ = ["bucket", "store"]
pytestmark = pytest.mark.process


@pytest.fixture
def other(bucket: Bucket, tmp_path: Path) -> Bucket:
    """The same archive from another machine."""
    return Bucket(bucket.address, tmp_path / "other")


def open_log(archive: Bucket, place: Path) -> TileLog:
    return TileLog(archive, database.open_log(place / "log.db"), KEY.name, [SIGNERS[KEY]])


def files_of(place: Path) -> dict[str, bytes]:
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_a_log_in_a_bucket_has_the_very_files_of_one_on_a_disk(bucket: Bucket, other: Bucket, tmp_path: Path) -> None:
    ours = open_log(bucket, tmp_path)
    theirs = TileLog(Files(tmp_path / "files"), database.open_log(tmp_path / "files.db"), KEY.name, [SIGNERS[KEY]])
    for step in (200, 50, 300, 0, 1):
        for log in (ours, theirs):
            publish(log, number(step, log.size))
    assert files_of(bucket.copy) == files_of(tmp_path / "files")
    other.refresh()
    assert files_of(other.copy) == files_of(tmp_path / "files")


def test_whoever_comes_with_an_empty_disk_goes_on(bucket: Bucket, other: Bucket, tmp_path: Path) -> None:
    log = open_log(bucket, tmp_path)
    publish(log, number(300))
    log.close()
    log = open_log(other, tmp_path)
    publish(log, number(300, 300))
    proof = receipt.decode(log.receipt(599))
    receipt.check(proof, tree.hash_leaf(number(600)[599]), KEY.name, [KEY], None)
    assert {name: disk.read(other.copy, name) for name in tiled(number(600))} == tiled(number(600))


def test_a_file_that_never_changes_is_put_once(bucket: Bucket, other: Bucket) -> None:
    bucket.write_once({"tile/0/000": b"one", "tile/0/001": b"two"})
    other.write_once({"tile/0/000": b"one"})
    with pytest.raises(disk.Changed):
        other.write_once({"tile/0/001": b"three"})
    assert other.bring("tile/0/001")
    assert disk.read(other.copy, "tile/0/001") == b"two"


def test_a_checkpoint_is_replaced_by_its_last_writer_alone(bucket: Bucket, other: Bucket) -> None:
    bucket.write(LATEST, b"one")
    other.refresh()
    bucket.write(LATEST, b"two")
    with pytest.raises(Overtaken):
        other.write(LATEST, b"three")
    assert bucket.look(LATEST) == b"two"


def test_an_answer_that_was_lost_is_not_somebody_else(bucket: Bucket, other: Bucket) -> None:
    other.refresh()
    bucket.write(LATEST, b"one")
    other.write(LATEST, b"one")
    other.write(LATEST, b"two")
    assert bucket.look(LATEST) == b"two"


def test_the_copy_follows_the_bucket(bucket: Bucket, other: Bucket) -> None:
    bucket.write_once({"tile/0/000.p/1": b"1", "tile/0/000": b"full", "checkpoints/0": b"0"})
    other.refresh()
    bucket.drop("tile/0/000.p")
    (other.copy / "tile/0/000").write_bytes(b"cut")
    (other.copy / "checkpoint").write_bytes(b"strange")
    other.refresh()
    assert files_of(other.copy) == {"tile/0/000": b"full", "checkpoints/0": b"0"}


def test_blobs_come_when_they_are_asked_for(bucket: Bucket, other: Bucket, tmp_path: Path) -> None:
    digest = sha256(b"a mix").digest()
    for archive in (bucket, other):
        (tmp_path / "upload").write_bytes(b"a mix")
        archive.take(blob_path(digest), tmp_path / "upload")
    rmtree(other.copy)
    other.refresh()
    assert files_of(other.copy) == {}
    assert read_blobs(other)(digest) == b"a mix"
    assert read_blobs(other)(bytes(32)) is None
    with pytest.raises(Malformed):
        other.bring("blobs/../checkpoint")


def test_what_the_bucket_lost_is_not_gone_on_from(bucket: Bucket, tmp_path: Path) -> None:
    publish(open_log(bucket, tmp_path), number(300))
    bucket.drop("tile/0")
    with pytest.raises(CannotContinue, match="missing"):
        open_log(bucket, tmp_path)


def test_a_store_that_fails_costs_time_and_nothing_else(
    bucket: Bucket, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(bucket, tmp_path)
    publish(log, number(3))
    with store.bent("broken"):
        log.append(number(3, 3))
        with pytest.raises(StoreFailed, match="fails"):
            log.integrate()
    signed = log.integrate()
    monkeypatch.setattr(bucket, "write", lambda *_: fail())
    with pytest.raises(StoreFailed):
        log.publish(signed.raw)
    monkeypatch.undo()
    log.publish(signed.raw)
    log.close()
    again = open_log(bucket, tmp_path)
    assert again.published == signed
    assert again.published.body.size == 6


def fail() -> None:
    raise StoreFailed("it is written, or it is not")


def test_a_store_that_hangs_is_given_up(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "SMALL", timedelta(seconds=0.3))
    monkeypatch.setattr(buckets, "TRYING", timedelta(seconds=0.1))
    archive = Bucket(store.make(), tmp_path / "copy")
    with store.bent("slow 2"), pytest.raises(StoreFailed):
        archive.write_once({"tile/0/000": b"one"})
    archive.write_once({"tile/0/000": b"one"})
