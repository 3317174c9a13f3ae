"""A log moved from files to servers: the same log, in one place only, whatever interrupts the move."""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

import pytest
from click.testing import CliRunner, Result

from bulletin.http import server
from bulletin.log import disk
from bulletin.log.bucket import Bucket
from bulletin.operate.commands import main
from tests.support.elections import Election
from tests.support.servers import PostgreSQL, postgresql
from tests.support.serving import cast, elect, hand_in, running, set_up
from tests.support.stores import Store, store
from verifier.log import receipt
from verifier.log.note import Key
from verifier.log.reading import LATEST
from verifier.records import encode

__all__ = ["postgresql", "store"]
pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]


class Moving:
    """A board with an election and a ballot, and the stores that its log is to be moved to."""

    def __init__(self, place: Path, database: str, archive: str) -> None:
        self.place, self.database, self.archive = place, database, archive
        self.key: Key = set_up(place)
        self.election: Election = elect(self.key)
        with running(place) as board:
            hand_in(board.client, self.election)
            self.leaf = board.client.post(encode(cast(self.election, 0)))
            self.receipt = board.client.receipt(self.leaf)
        self.before = (place / server.ARCHIVE / LATEST).read_bytes()

    def ahead(self) -> Result:
        """While the board runs, whose own settings know nothing of it yet."""
        named = {"AIKYN_DATABASE": self.database, "AIKYN_ARCHIVE": self.archive}
        return CliRunner().invoke(main, ["migrate", str(self.place), "--ahead"], env=named)

    def run(self) -> Result:
        (self.place / "board.toml").write_text(f'database = "{self.database}"\narchive = "{self.archive}"\n')
        return CliRunner().invoke(main, ["migrate", str(self.place)])


@pytest.fixture
def moving(postgresql: PostgreSQL, store: Store, tmp_path: Path) -> Moving:
    return Moving(tmp_path / "board", postgresql.make(), store.make())


def test_the_same_log_goes_on_in_its_new_place(moving: Moving) -> None:
    done = moving.run()
    assert (done.exit_code, done.output.split()[0]) == (0, str(len(moving.election.records) + 1))
    assert Bucket(moving.archive, moving.place / "looked").look(LATEST) == moving.before
    with running(moving.place, database=moving.database, archive=moving.archive, lease=1.0) as board:
        leaf = board.client.post(encode(cast(moving.election, 1)))
        for asked in (moving.leaf, leaf):
            found = receipt.decode(board.client.receipt(asked))
            receipt.check(found, asked, moving.key.name, [moving.key], None)
        assert receipt.decode(moving.receipt).index == receipt.decode(board.client.receipt(moving.leaf)).index
    again = moving.run()
    assert again.exit_code == 1
    assert "was moved already" in again.output


def test_a_running_board_is_copied_ahead(moving: Moving) -> None:
    """More often than once, and it goes on; what is promised meanwhile is there after the move."""
    bucket, size = Bucket(moving.archive, moving.place / "looked"), len(moving.election.records) + 1
    with running(moving.place) as board:
        for voter in (1, 2):
            done = moving.ahead()
            assert (done.exit_code, done.output) == (0, f"{size} entries are copied; the board goes on\n")
            leaf = board.client.post(encode(cast(moving.election, voter)))
            promised = board.client.receipt(leaf)
            size += 1
    assert (bucket.look(LATEST), bucket.bring("checkpoints/0"), bucket.bring("tile/0/000.p/1")) == (None, True, False)
    done = moving.run()
    assert (done.exit_code, done.output.split()[0]) == (0, str(size))
    with running(moving.place, database=moving.database, archive=moving.archive, lease=1.0) as board:
        assert receipt.decode(board.client.receipt(leaf)).index == receipt.decode(promised).index


def test_a_copy_ahead_does_not_touch_another_log(moving: Moving, tmp_path: Path) -> None:
    assert moving.ahead().exit_code == 0
    other = Moving(tmp_path / "other", moving.database, moving.archive)
    refused = other.ahead()
    assert (refused.exit_code, "holds another log" in refused.output) == (1, True)
    assert moving.run().exit_code == 0


def test_a_move_that_was_broken_off_is_finished(moving: Moving, store: Store) -> None:
    with store.bent("broken"):
        failed = moving.run()
    assert (failed.exit_code, (moving.place / server.DATABASE).exists()) == (1, True)
    assert "the store" in failed.output
    assert moving.run().exit_code == 0
    assert not (moving.place / server.DATABASE).exists()


def test_stores_that_hold_another_log_are_refused(moving: Moving, postgresql: PostgreSQL, tmp_path: Path) -> None:
    assert moving.run().exit_code == 0
    other = Moving(tmp_path / "other", moving.database, moving.archive)
    refused = other.run()
    assert (refused.exit_code, (other.place / server.DATABASE).exists()) == (1, True)
    assert "holds another log" in refused.output
    other.database = postgresql.make()
    refused = other.run()
    assert (refused.exit_code, (other.place / server.DATABASE).exists()) == (1, True)
    assert "holds another log" in refused.output
    assert disk.read(other.place / server.ARCHIVE, LATEST) == other.before


def test_a_board_without_new_stores_is_told_to_name_them(tmp_path: Path) -> None:
    set_up(tmp_path)
    said = CliRunner().invoke(main, ["migrate", str(tmp_path)])
    assert (said.exit_code, "name `database` and `archive`" in said.output) == (1, True)


def test_files_that_a_running_board_removes_are_not_missed(tmp_path: Path) -> None:
    """The listing goes on when a directory is gone that it has not come to."""
    for name in ("checkpoint", "tile/0/000.p/1", "tile/0/000.p/2"):
        disk.write(tmp_path / name, b"")
    listed = disk.list_files(tmp_path)
    assert next(listed) == "checkpoint"
    rmtree(tmp_path / "tile" / "0" / "000.p")
    assert list(listed) == []
