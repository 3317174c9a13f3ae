"""Backups of a running board, and what may be restored: whatever was signed, wherever it is found, is kept."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree, rmtree
from ssl import DER_cert_to_PEM_cert

import pytest
from click.testing import CliRunner

from bulletin.board import snapshots
from bulletin.board.anchors import read as load_roots
from bulletin.http import server
from bulletin.log.rollback import CannotContinue
from bulletin.operate import backup as backups
from bulletin.operate.commands import main
from bulletin.settings import SETTINGS, Unusable, load, load_key, make_key
from tests.support.commands import started
from tests.support.elections import AUTHORITY, ORIGIN, Election
from tests.support.serving import cast, elect, hand_in, running, set_up, start, tile_log
from verifier.client.board import Board
from verifier.client.files import Directory
from verifier.commission.certificate import decode_anchor
from verifier.log import receipt
from verifier.log.note import ED25519
from verifier.log.reading import Log
from verifier.log.tree import hash_leaf
from verifier.records import encode

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SILENT = 340  # voters from here on have not cast yet


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Election]:
    """A board with blobs, several checkpoints, more than a tile of records; its backup is beside it."""
    place = tmp_path_factory.mktemp("made") / "board"
    election = elect(set_up(place), voters=180)
    with running(place) as board:
        hand_in(board.client, election)
    log = tile_log(place)
    for first in range(0, SILENT, 34):
        log.append([election_ballot(election, voter) for voter in range(first, first + 34)])
        log.publish(log.integrate().raw)
    log.close()
    backups.backup(place, place.parent / "backup")
    return place, election


def election_ballot(election: Election, voter: int) -> bytes:
    election.post(cast(election, voter))
    return election.records[-1]


@pytest.fixture
def place(made: tuple[Path, Election], tmp_path: Path) -> Path:
    return copytree(made[0], tmp_path / "board")


@pytest.fixture
def saved(made: tuple[Path, Election]) -> Path:
    return made[0].parent / "backup"


def restore(source: Path, place: Path) -> int:
    return backups.restore(source, place, load_key(made_key(place), ED25519))


def made_key(place: Path) -> Path:
    return place / server.KEY


def files(place: Path) -> dict[str, bytes]:
    archive = place / server.ARCHIVE
    return {str(path.relative_to(archive)): path.read_bytes() for path in archive.rglob("*") if path.is_file()}


def vote(place: Path, election: Election, voter: int) -> tuple[bytes, bytes]:
    """A ballot and its receipt."""
    with running(place) as board:
        leaf = board.client.post(encode(cast(election, voter)))
        return leaf, board.client.receipt(leaf, 10)


def test_a_restored_board_is_the_board(place: Path, saved: Path, made: tuple[Path, Election], tmp_path: Path) -> None:
    fresh = copy_key(place, tmp_path / "fresh")
    assert restore(saved, fresh) == len(made[1].records)
    start(place)
    start(fresh)
    assert files(fresh) == files(place), "to the byte, partial tiles included"
    leaf, raw = vote(fresh, made[1], SILENT)
    key, _ = load_key(fresh / server.KEY, ED25519)
    receipt.check(receipt.decode(raw), leaf, key.name, [key], None)
    Log(Directory(fresh / server.ARCHIVE), key.name, [key]).check_published([key], None)


def test_a_backup_of_a_board_under_load_is_of_one_moment(
    place: Path, made: tuple[Path, Election], tmp_path: Path
) -> None:
    election = made[1]
    with running(place) as board:
        leaves = [board.client.post(encode(cast(election, SILENT + number))) for number in range(5)]
        size = backups.backup(place, tmp_path / "live")
        board.client.post(encode(cast(election, SILENT + 5)))
    assert size >= len(election.records) + len(leaves)
    fresh = copy_key(place, tmp_path / "fresh")
    assert restore(tmp_path / "live", fresh) == size
    assert set(leaves) <= set(map(hash_leaf, tile_log(fresh).entries(0, size)))


def copy_key(place: Path, fresh: Path) -> Path:
    fresh.mkdir()
    (fresh / server.KEY).touch(0o600)
    (fresh / server.KEY).write_bytes((place / server.KEY).read_bytes())
    return fresh


def test_an_old_backup_does_not_turn_a_board_back(place: Path, saved: Path, made: tuple[Path, Election]) -> None:
    leaf, _ = vote(place, made[1], SILENT)
    for name in place.glob("log.db*"):
        name.unlink()
    tiles = place / server.ARCHIVE / "tile"
    rmtree(tiles)
    before = files(place)
    with pytest.raises(
        CannotContinue, match=r"366 entries were signed, and the longest copy, .*backup/log.db, has 365"
    ):
        restore(saved, place)
    assert files(place) == before
    assert leaf


def test_a_lost_database_is_rebuilt_from_the_archive(place: Path, saved: Path, made: tuple[Path, Election]) -> None:
    leaf, _ = vote(place, made[1], SILENT)
    before = files(place)
    for name in place.glob("log.db*"):
        name.unlink()
    with pytest.raises(CannotContinue):
        start(place)
    assert restore(saved, place) == len(made[1].records) + 1
    start(place)
    assert files(place) == before
    assert tile_log(place).find(leaf) == len(made[1].records)
    assert (place / "replaced-1" / server.ARCHIVE).is_dir()


@pytest.mark.parametrize("lost", ["tile", "checkpoints", "blobs", "."])
def test_lost_files_are_rebuilt_from_the_database_and_a_backup(place: Path, saved: Path, lost: str) -> None:
    start(place)
    before = files(place)
    rmtree(place / server.ARCHIVE / lost)
    with pytest.raises(CannotContinue):
        start(place)
    restore(saved, place)
    start(place)
    assert files(place) == before


def test_what_a_mirror_has_is_enough(place: Path, made: tuple[Path, Election], tmp_path: Path) -> None:
    start(place)
    mirror = copytree(place / server.ARCHIVE, tmp_path / "mirror")
    fresh = copy_key(place, tmp_path / "fresh")
    assert restore(mirror, fresh) == len(made[1].records)
    start(fresh)
    assert files(fresh) == files(place)


def test_a_source_with_another_history_is_refused(place: Path, saved: Path, made: tuple[Path, Election]) -> None:
    twin = copy_key(place, place.parent / "twin")
    restore(saved, twin)
    vote(place, made[1], SILENT)
    vote(twin, made[1], SILENT + 1)
    with pytest.raises(
        CannotContinue, match=r"a checkpoint of \d+ entries was signed that the entries in .* do not keep"
    ):
        restore(twin, place)


def test_another_key_restores_nothing(saved: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    make_key(fresh / server.KEY, ORIGIN, ED25519)
    with pytest.raises(Unusable, match="nothing here is signed by this key"):
        restore(saved, fresh)


def test_the_key_stays_where_it_is_unless_asked_for(place: Path, tmp_path: Path) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.output
        return done.output

    (place / "policy").write_text("quorum none\n")
    assert "is not in it" in run("backup", str(place), str(tmp_path / "one"))
    assert not (tmp_path / "one" / server.KEY).exists()
    assert "keep it locked up" in run("backup", str(place), str(tmp_path / "two"), "--with-key")
    assert (tmp_path / "two" / server.KEY).stat().st_mode & 0o077 == 0
    assert "restored and verified" in run("restore", str(tmp_path / "new"), str(tmp_path / "two"))
    assert load_key(tmp_path / "new" / server.KEY, ED25519)[0].name == ORIGIN
    again = CliRunner().invoke(main, ["backup", str(place), str(tmp_path / "one")])
    assert again.exit_code == 1
    assert "exists already" in again.output


@pytest.mark.parametrize("where", ["policy roots.pem", "trust/policy.txt trust/ca.pem", "../policy.txt ../ca.pem"])
def test_a_restored_board_starts(place: Path, tmp_path: Path, where: str) -> None:
    """G5: a backup has the policy, and the roots, wherever the settings say that they are."""
    policy, roots = where.split()
    (place / policy).parent.mkdir(exist_ok=True)
    (place / policy).write_text("quorum none\n")
    (place / roots).write_text(DER_cert_to_PEM_cert(AUTHORITY.der))
    (place / SETTINGS).write_text(f'policy = "{policy}"\nroots = "{roots}"\n')
    made = CliRunner().invoke(main, ["backup", str(place), str(tmp_path / "saved"), "--with-key"])
    assert made.exit_code == 0, made.output
    home = tmp_path / "elsewhere/board"
    done = CliRunner().invoke(main, ["restore", str(home), str(tmp_path / "saved")])
    assert done.exit_code == 0, done.output
    if where.startswith(".."):  # the file that the settings name stayed behind: what is lacking is said
        assert "the policy cannot be read" in done.output
        assert "ca.pem: it cannot be read" in done.output
        (home / SETTINGS).write_text("")
    assert load_roots(Path(load(home / SETTINGS, {}, {}).roots)) == (decode_anchor(AUTHORITY.der),)
    with started("serve", str(home)) as (_, url):
        assert Board(url).health()["size"] != 0


def test_roots_that_serve_was_given_by_an_option_are_kept(place: Path, tmp_path: Path) -> None:
    """G10: the restored board judges certificates as the former one did."""
    (place / "policy").write_text("quorum none\n")
    (tmp_path / "ca.pem").write_text(DER_cert_to_PEM_cert(AUTHORITY.der))
    line = ["backup", str(place), str(tmp_path / "saved"), "--roots", str(tmp_path / "ca.pem")]
    assert CliRunner().invoke(main, line).exit_code == 0
    assert (tmp_path / "saved/roots.pem").read_text() == (tmp_path / "ca.pem").read_text()


def test_a_backup_without_a_policy_is_not_made(place: Path, tmp_path: Path) -> None:
    """G5: a board that was served with an option cannot start again without it."""
    refused = CliRunner().invoke(main, ["backup", str(place), str(tmp_path / "saved")])
    assert (refused.exit_code, "no policy is known" in refused.output) == (1, True)
    assert not (tmp_path / "saved").exists()
    (tmp_path / "given").write_text("quorum none\n")
    made = CliRunner().invoke(
        main, ["backup", str(place), str(tmp_path / "saved"), "--policy", str(tmp_path / "given")]
    )
    assert made.exit_code == 0, made.output
    assert (tmp_path / "saved/policy").read_text() == "quorum none\n"


def test_a_running_board_is_not_restored(place: Path, saved: Path) -> None:
    with server.locked(place):
        done = CliRunner().invoke(main, ["restore", str(place), str(saved)])
    assert done.exit_code == 1
    assert "another process serves" in done.output


def test_the_kept_snapshot_goes_with_what_it_was_of(place: Path, saved: Path) -> None:
    start(place)
    (place / snapshots.FILE).write_bytes(b"of the former state")
    restore(saved, place)
    assert not (place / snapshots.FILE).exists()
