"""Mirrors: a copy that follows its board, mends itself, and refuses a log that goes back or forks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from bulletin.mirror.mirror import Mirror, Shrunk
from tests.corpus import boards
from tests.support.copies import body, sign
from tests.support.mirrors import FORK, LONG, TRUST, Stage, files, history, open_mirror, served, staged
from tests.support.serving import cast, elect, hand_in, running, set_up
from verifier.audit import trust
from verifier.client.board import Board
from verifier.client.files import Directory
from verifier.errors import Incomplete, Rejected
from verifier.log import evidence
from verifier.log.note import encode_key
from verifier.log.reading import LATEST, Log
from verifier.records import encode

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as made:
        yield made


def refused(mirror: Mirror) -> Rejected:
    with pytest.raises(Rejected) as caught:
        mirror.visit()
    return caught.value


def read(mirror: Mirror) -> Log:
    """As a reader sees it who trusts nobody."""
    log = Log(Directory(mirror.archive), TRUST.origin, TRUST.log_keys)
    log.check_latest(TRUST.log_keys, TRUST.witnesses)
    return log


# Following.


def test_a_mirror_holds_what_the_board_serves(stage: Stage, tmp_path: Path) -> None:
    stage.files = served()
    mirror = open_mirror(stage, tmp_path)
    assert mirror.visit()
    assert files(mirror) == stage.files
    assert [entry for _, entry in read(mirror).entries()] == history(LONG)
    assert not mirror.visit()


@pytest.mark.parametrize("sizes", [(0, 1, 2), (200, 255, 256, 257), (300, 512, LONG), (1, LONG)])
def test_a_mirror_follows_a_log_that_grows(stage: Stage, tmp_path: Path, sizes: tuple[int, ...]) -> None:
    mirror = open_mirror(stage, tmp_path)
    for size in sizes:
        stage.files = served(size)
        assert mirror.visit()
        assert [entry for _, entry in read(mirror).entries()] == history(size)
    held = files(mirror)
    tiles = {name: data for name, data in stage.files.items() if name.startswith("tile")}
    assert tiles.items() <= held.items()
    full = {name for name in held if name.startswith("tile") and ".p/" not in name}
    assert not [name for name in held if name.partition(".p/")[0] in full and ".p/" in name]


def test_only_what_is_new_is_fetched(stage: Stage, tmp_path: Path) -> None:
    mirror = open_mirror(stage, tmp_path)
    stage.files = served(590)
    mirror.visit()
    stage.asked.clear()
    stage.files = served(LONG)
    mirror.visit()
    assert {name for name in stage.asked if name.startswith("tile")} == {"tile/0/002.p/88", "tile/entries/002.p/88"}


def test_a_live_board_is_followed(tmp_path: Path) -> None:
    key = set_up(tmp_path / "board")
    election = elect(key)
    trusted = trust.decode(f"aikyn/1 trust\nlog {encode_key(key)}\n".encode())
    with running(tmp_path / "board") as run:
        hand_in(run.client, election)
        mirror = Mirror(Board(run.client.url), tmp_path / "mirror", trusted)
        for voter in range(3):
            leaf = run.client.post(encode(cast(election, voter)))
            run.client.receipt(leaf, wait=10)
            mirror.visit()
            assert mirror.lacking == 0
        theirs = {p.relative_to(run.archive).as_posix(): p.read_bytes() for p in run.archive.rglob("*") if p.is_file()}
    passing = {name for name in theirs if ".p/" in name}  # of checkpoints that came and went between visits
    assert theirs.items() >= files(mirror).items() >= {n: theirs[n] for n in theirs.keys() - passing}.items()


def test_blobs_that_come_late_are_fetched_late(stage: Stage, tmp_path: Path) -> None:
    board = boards.honest()
    stage.files = {name: data for name, data in board.files.items() if not name.startswith("blobs")}
    mirror = open_mirror(stage, tmp_path, trust.decode(board.sheet))
    mirror.visit()
    blobs = len(board.files) - len(stage.files)
    assert mirror.lacking == blobs > 0
    again = open_mirror(stage, tmp_path, trust.decode(board.sheet))
    again.visit()
    assert again.lacking == blobs
    name = next(name for name in board.files if name.startswith("blobs"))
    stage.files = board.files | {name: board.files[name] + b"x"}
    with pytest.raises(Incomplete, match="another digest"):
        again.visit()
    stage.files = board.files
    assert again.visit()
    assert again.lacking == 0
    assert files(again) == board.files


# Refusing.


@pytest.mark.parametrize("size", [LONG, 599, 513, 257, 256, 200])
@pytest.mark.parametrize("before", [599, 256, 200, FORK])
def test_a_second_history_is_refused_and_proved(stage: Stage, tmp_path: Path, before: int, size: int) -> None:
    """The log has its own key; whoever holds the evidence needs nothing else to see what it did."""
    if before == FORK:
        before = FORK + 1
    mirror = open_mirror(stage, tmp_path)
    stage.files = served(before)
    mirror.visit()
    held = files(mirror)
    stage.files = served(size, branch=1)
    error = refused(mirror)
    assert (error.id, files(mirror)) == ("BRD.3", held)
    [place] = (tmp_path / "evidence").iterdir()
    found = evidence.decode(Directory(place))
    assert {found.first.body, found.second.body} == {body(history(before)), body(history(size, 1))}
    with pytest.raises(Rejected) as caught:
        evidence.check(found, TRUST.origin, TRUST.log_keys)
    assert (caught.value.id, set(caught.value.evidence)) == ("BRD.3", set(error.evidence))
    stage.files = served(LONG)
    for later in (mirror, open_mirror(stage, tmp_path)):
        assert refused(later).id == "BRD.3"
        assert files(later) == held


def test_a_second_history_among_the_kept_checkpoints_is_proved(stage: Stage, tmp_path: Path) -> None:
    stage.files = served() | {"checkpoints/1": sign(body(history(400, 1)))}
    mirror = open_mirror(stage, tmp_path)
    assert refused(mirror).id == "BRD.3"
    assert mirror.latest is None
    assert mirror.refused is not None
    assert [mirror.refused[1].first.body.size, mirror.refused[1].second.body.size] == [400, LONG]


def test_a_fork_whose_files_are_withheld_is_kept_for_later(stage: Stage, tmp_path: Path) -> None:
    mirror = open_mirror(stage, tmp_path)
    stage.files = served(300)
    mirror.visit()
    stage.files = {LATEST: served(LONG, branch=1)[LATEST]}
    with pytest.raises(Incomplete):
        mirror.visit()
    assert mirror.refused is None
    stage.files = served(LONG, branch=1)
    assert refused(mirror).id == "BRD.3"


def test_a_board_that_goes_back_is_not_followed(stage: Stage, tmp_path: Path) -> None:
    mirror = open_mirror(stage, tmp_path)
    stage.files = served()
    mirror.visit()
    stage.files = served(300)
    with pytest.raises(Shrunk, match="from 600 to 300"):
        mirror.visit()
    assert files(mirror) == served()
    [place] = (tmp_path / "evidence").iterdir()
    found = evidence.decode(Directory(place))
    assert [found.first.body.size, found.second.body.size] == [300, LONG]
    with pytest.raises(Incomplete, match="one history"):
        evidence.check(found, TRUST.origin, TRUST.log_keys)
    stage.files = served(LONG + 1)
    assert mirror.visit()
    assert mirror.refused is None


@pytest.mark.parametrize(
    ("latest", "clause"),
    [
        (sign(body(history(LONG)), by=SigningKey(b"s" * 32)), "BRD.1"),
        (sign(body(history(LONG)), witnesses=[1]), "BRD.4"),
        (sign(body(history(LONG))._replace(origin="other.example")), "BRD.1"),
    ],
)
def test_what_is_not_vouched_for_is_not_taken_over(stage: Stage, tmp_path: Path, latest: bytes, clause: str) -> None:
    mirror = open_mirror(stage, tmp_path)
    stage.files = served(300)
    mirror.visit()
    stage.files = served() | {LATEST: latest}
    assert refused(mirror).id == clause
    assert files(mirror) == served(300)
    assert not list((tmp_path / "evidence").iterdir())
    stage.files = served()
    assert mirror.visit()


# Damage.

DAMAGED = ["tile/0/000", "tile/0/002.p/88", "tile/entries/000", "tile/entries/002.p/88", "tile/1/000.p/2"]


@pytest.mark.parametrize("name", [*DAMAGED, "checkpoints/0"])
def test_a_file_that_is_damaged_here_is_fetched_again(stage: Stage, tmp_path: Path, name: str) -> None:
    stage.files = served()
    mirror = open_mirror(stage, tmp_path)
    mirror.visit()
    for harm in (lambda raw: raw[:40] + bytes([raw[40] ^ 1]) + raw[41:], lambda raw: raw[:-1], None):
        file = mirror.archive / name
        if harm is None:
            file.unlink()
        else:
            file.write_bytes(harm(file.read_bytes()))
        mirror = open_mirror(stage, tmp_path)
        mirror.visit()
        assert files(mirror) == stage.files


@pytest.mark.parametrize("name", DAMAGED)
def test_a_file_that_is_damaged_there_is_waited_for(stage: Stage, tmp_path: Path, name: str) -> None:
    stage.files = served()
    good = stage.files[name]
    mirror = open_mirror(stage, tmp_path)
    for bad in (good[:40] + bytes([good[40] ^ 1]) + good[41:], good[:-1], b""):
        stage.files[name] = bad
        with pytest.raises(Incomplete):
            mirror.visit()
        assert files(mirror) == {}
    stage.files[name] = good
    assert mirror.visit()
    assert files(mirror) == stage.files
