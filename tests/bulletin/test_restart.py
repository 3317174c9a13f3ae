"""Starting again: from the board's own snapshot, and not at all when something that was signed is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile, copytree, rmtree
from time import time

import pytest
from nacl.signing import SigningKey
from sqlalchemy import text

from bulletin.board import snapshots
from bulletin.http import server
from bulletin.log import disk, rollback
from bulletin.log.database import DatabaseFailed, open_log, open_witness
from bulletin.log.rollback import CannotContinue
from bulletin.settings import load_key
from bulletin.witness.app import create_app
from bulletin.witness.witness import Witness
from tests.support.elections import Election, holder
from tests.support.serving import cast, elect, open_board, posted, running, serving, set_up, start, tile_log
from tests.support.stored import in_files
from verifier.audit.timeline import Snapshot, Timeline
from verifier.client import snapshot
from verifier.client.board import Refused, Sender
from verifier.log import checkpoint, note, policy
from verifier.log.note import ED25519
from verifier.log.reading import blob_path
from verifier.log.tree import EMPTY_ROOT, compute_root, hash_leaf

pytestmark = [pytest.mark.usefixtures("stores"), pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Election]:
    """A board on which voting has begun, with two published checkpoints and more than a tile of records."""
    place = tmp_path_factory.mktemp("made")
    election = elect(set_up(place), voters=120)
    with in_files():
        log = tile_log(place)
    for digest, data in election.blobs.items():
        disk.write_once(log.directory, {blob_path(digest): data})
    for voter in range(240):
        election.post(cast(election, voter))
    middle = len(election.records) - 10
    for part in (election.records[:middle], election.records[middle:]):
        log.append(part)
        log.publish(log.integrate().raw)
    log.close()
    return place, election


@pytest.fixture
def place(made: tuple[Path, Election], tmp_path: Path) -> Path:
    with open_log(made[0] / server.DATABASE).connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return copytree(made[0], tmp_path / "board")


def keep(place: Path) -> int:
    key, _ = load_key(place / server.KEY, ED25519)
    return snapshots.keep(place / snapshots.FILE, place / server.ARCHIVE, key.name, [key])


def load(place: Path) -> snapshots.Restored:
    return snapshots.load(place / snapshots.FILE, tile_log(place))


@pytest.mark.process
def test_a_board_goes_on_from_its_snapshot(
    place: Path, made: tuple[Path, Election], monkeypatch: pytest.MonkeyPatch
) -> None:
    election = made[1]
    assert keep(place) == len(election.records)
    log = tile_log(place)
    fresh = [cast(election, voter, prev=latest(election, voter)) for voter in (0, 1)]
    log.append([posted(fresh[0]).raw])
    monkeypatch.setattr("verifier.fold.prepare", only_from(len(election.records)))
    with running(place) as board:
        assert board.client.post(posted(fresh[1]).raw) == posted(fresh[1]).leaf
    state = board.board.sequencer.state
    assert len(state.leaves) == len(election.records) + 2
    monkeypatch.undo()
    rmtree(place / "uploads")
    (place / snapshots.FILE).unlink()
    again = start(place)
    assert snapshot_of(again) == snapshot_of(board.board), "the same state as after replaying everything"


def latest(election: Election, voter: int) -> bytes:
    key = election.voters[voter].key
    return next(course.cast[key].tracker for course in election.state.courses.values() if key in course.cast)


def only_from(first: int) -> Callable[..., object]:
    from verifier.fold import prepare

    def checked(state: object, index: int, raw: bytes, blobs: object, leaf: bytes = b"") -> object:
        assert index >= first, "replayed although the snapshot has it"
        return prepare(state, index, raw, blobs, leaf)  # type: ignore[arg-type]

    return checked


def snapshot_of(board: server.OpenBoard) -> bytes:
    return snapshot.encode(Snapshot(b"", board.sequencer.state, Timeline()))


def test_a_snapshot_is_made_from_the_one_before(place: Path, made: tuple[Path, Election]) -> None:
    size = keep(place)
    first = (place / snapshots.FILE).read_bytes()
    ballot = posted(cast(made[1], 0, prev=latest(made[1], 0)))
    log = tile_log(place)
    log.append([ballot.raw])
    log.publish(log.integrate().raw)
    assert keep(place) == size + 1
    stepwise = (place / snapshots.FILE).read_bytes()
    (place / snapshots.FILE).unlink()
    assert keep(place) == size + 1
    assert (place / snapshots.FILE).read_bytes() == stepwise != first


@pytest.mark.parametrize("damage", ["nothing", "cut", "flipped", "another log's", "larger", "a record too many"])
def test_a_snapshot_that_is_not_this_logs_is_not_used(
    place: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    size = keep(place)
    file = place / snapshots.FILE
    found, raw = snapshot.decode(file.read_bytes()), file.read_bytes()
    body = checkpoint.decode(found.checkpoint).body
    match damage:
        case "cut":
            raw = raw[:-1]
        case "flipped":
            raw = raw[:-1] + bytes([raw[-1] ^ 1])
        case "another log's":
            raw = resigned(found, body._replace(root=bytes(32)))
        case "larger":
            raw = resigned(found, body._replace(size=size + 1))
        case "a record too many":
            found.state.leaves.put(bytes(32))
            raw = snapshot.encode(found)
    file.write_bytes(raw)
    with caplog.at_level(logging.WARNING, "aikyn.board"):
        assert load(place).size == (size if damage == "nothing" else 0)
    assert ("snapshot" in caplog.text) == (damage != "nothing")
    if damage != "nothing":
        assert len(load(place).state.leaves) == 0


def resigned(found: Snapshot, body: checkpoint.Checkpoint) -> bytes:
    opened = checkpoint.decode(found.checkpoint).note
    raw = note.encode(opened._replace(text=checkpoint.encode_body(body)))
    return snapshot.encode(found._replace(checkpoint=raw))


@pytest.mark.process
def test_the_keeper_makes_snapshots_in_its_own_process(
    place: Path, made: tuple[Path, Election], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "EVERY", 1)
    monkeypatch.setattr(snapshots, "LOOK", 0.05)
    board = open_board(place)
    assert not (place / snapshots.FILE).exists()
    with board.keeper:
        for _ in range(200):
            if (place / snapshots.FILE).exists():
                break
            board.keeper._ended.wait(0.1)
    assert load(place).size == len(made[1].records)


def test_roots_that_the_tree_had(place: Path, made: tuple[Path, Election]) -> None:
    log = tile_log(place)
    hashes = list(map(hash_leaf, made[1].records))
    for size in (0, 1, 2, 255, 256, 257, len(hashes)):
        assert log.root_at(size) == (compute_root(hashes[:size]) if size else EMPTY_ROOT)


def rewind_database(place: Path, election: Election) -> None:
    """Put the database of yesterday under the files of today."""
    saved = place / "saved.db"
    with open_log(place / server.DATABASE).connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    copyfile(place / server.DATABASE, saved)
    log = tile_log(place)
    log.append([posted(cast(election, 0, prev=latest(election, 0))).raw])
    log.publish(log.integrate().raw)
    log._database.dispose()
    for name in (server.DATABASE, "log.db-wal", "log.db-shm"):
        (place / name).unlink(missing_ok=True)
    saved.replace(place / server.DATABASE)


def drop_last_rows(place: Path, _: Election) -> None:
    with open_log(place / server.DATABASE).begin() as connection:
        connection.execute(text('DELETE FROM entries WHERE "index" > 200'))


def empty_database(place: Path, _: Election) -> None:
    (place / server.DATABASE).unlink()


def scramble_database(place: Path, _: Election) -> None:
    raw = bytearray((place / server.DATABASE).read_bytes())
    raw[4096:] = bytes(len(raw) - 4096)
    (place / server.DATABASE).write_bytes(raw)


def drop(name: str) -> Callable[[Path, Election], None]:
    return lambda place, _: (place / server.ARCHIVE / name).unlink()


def cut(name: str) -> Callable[[Path, Election], None]:
    def do(place: Path, _: Election) -> None:
        path = place / server.ARCHIVE / name
        path.write_bytes(path.read_bytes()[:-32])

    return do


def drop_all_kept(place: Path, _: Election) -> None:
    rmtree(place / server.ARCHIVE / "checkpoints")


def lose_blobs(place: Path, _: Election) -> None:
    rmtree(place / server.ARCHIVE / "blobs")


@pytest.mark.parametrize(
    ("lose", "said"),
    [
        (rewind_database, "was published that this database did not sign"),
        (empty_database, "was published that this database did not sign"),
        (drop_last_rows, "entries are signed, the database has 201"),
        (scramble_database, "cannot be used"),
        (drop("tile/0/000"), "tile/0/000 is missing"),
        (cut("tile/0/000"), "tile/0/000 is cut short"),
        (drop("tile/entries/000"), "tile/entries/000 is missing"),
        (drop("checkpoints/0"), "files are missing in checkpoints/"),
        (drop("checkpoints/1"), "`checkpoint` was published"),
        (cut("checkpoints/1"), "checkpoints/1 is damaged"),
        (drop_all_kept, "`checkpoint` was published"),
        (lose_blobs, "is missing"),
    ],
)
def test_a_board_that_lost_what_it_signed_stays_closed(
    place: Path, made: tuple[Path, Election], lose: Callable[[Path, Election], None], said: str
) -> None:
    start(place)
    lose(place, made[1])
    before = {path: path.read_bytes() for path in (place / server.ARCHIVE).rglob("*") if path.is_file()}
    with pytest.raises((CannotContinue, DatabaseFailed), match=said) as caught:
        start(place)
    assert str(caught.value).endswith(rollback.RESTORE)
    assert before == {path: path.read_bytes() for path in (place / server.ARCHIVE).rglob("*") if path.is_file()}


@contextmanager
def witnessed(place: Path) -> Iterator[policy.Policy]:
    """The policy of a witness that is served meanwhile."""
    secret = SigningKey(b"a witness of boards in the tests")
    key = note.Key("w1.example", note.COSIGNATURE, bytes(secret.verify_key))
    log, _ = load_key(place / server.KEY, ED25519)
    memory = open_witness(place.parent / f"{place.name}-witness.db")
    sign = lambda message: secret.sign(message).signature  # noqa: E731  a witness's key is a function
    watching = Witness(key, sign, {log.name: [log]}, memory, place.parent / "evidence", lambda: int(time()))
    with serving(create_app(watching)) as url:
        yield policy.decode(f"witness w1 {note.encode_key(key)} {url}\nquorum w1\n".encode())


@pytest.mark.process
def test_a_board_that_was_turned_back_as_a_whole_hears_it_from_a_witness(
    place: Path, made: tuple[Path, Election]
) -> None:
    with witnessed(place) as trust:
        start(place, trust)
        yesterday = copytree(place, place.parent / "yesterday")
        with running(place, trust) as board:
            leaf = board.client.post(posted(cast(made[1], 0, prev=latest(made[1], 0))).raw)
            board.client.receipt(leaf, 10)
        start(place, trust)
        with pytest.raises(CannotContinue, match=r"w1 has cosigned .* it was turned back; restore the newest backup"):
            open_board(yesterday, trust)
        log = tile_log(yesterday)
        log.append([b"what else came after yesterday", b"and more"])
        log.integrate()
        with pytest.raises(CannotContinue, match="w1 has cosigned another history"):
            open_board(yesterday, trust)


def test_what_a_killed_writer_left_is_removed(place: Path) -> None:
    left = place / server.ARCHIVE / "tile/0" / f".001.{'0a' * 16}"
    left.write_bytes(b"half a ti")
    tile_log(place)
    assert not left.exists()


@pytest.mark.process
def test_a_failed_fsync_of_a_blob_stops_the_board(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise disk.NotDurable(5, "fsync failed")

    with running(place) as board:
        digest, operator = board.board.sequencer.state.digest, holder("operator").key
        monkeypatch.setattr(disk, "flush", fail)
        with pytest.raises(Refused, match="fault"):
            board.client.put_blob(
                b"a mix", Sender(digest, "operator", lambda message: operator.sign(message).signature)
            )
        assert board.board.sequencer.stopped.wait(10)
        assert isinstance(board.board.sequencer.fault, disk.NotDurable)
