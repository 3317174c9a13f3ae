"""Who visits a board again and again: what was checked is not checked again, and a fork is never taken for damage."""

from __future__ import annotations

import socket
from functools import cache
from typing import TYPE_CHECKING

import pytest
from flask import Response, request
from nacl.signing import SigningKey

from tests.corpus.twin import Liar, honest, phases
from tests.support.copies import Files, body, kept, publish, sheet, sign
from tests.support.elections import AUTHORITY
from tests.support.serving import answering, cast, elect, hand_in, running, set_up
from verifier.audit import audit, trust
from verifier.client import board as remote
from verifier.client import snapshot
from verifier.client.evidence import proves
from verifier.client.files import Directory
from verifier.desk.commands import visitor
from verifier.desk.commands.visitor import Visitor
from verifier.desk.report.report import compose
from verifier.errors import Incomplete
from verifier.log.note import encode_key
from verifier.records import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from verifier.desk.report.report import Report

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

TRUST = trust.decode(sheet(honest().records[0], [AUTHORITY.der]))
LONG = 300  # entries: more than a tile, so that a kept copy has full tiles
PUBLISHED = (100, 200, 257, 280, 299, LONG)


@cache
def history(branch: int = 0) -> Liar:
    """A log of `LONG` entries on which voters vote again and again; branches part after the opening."""
    liar = Liar(honest(), phases()["voting"])
    while len(liar.records) < LONG:
        liar.vote((len(liar.records) + branch) % 9, [1])
    return liar


def served(branch: int = 0, size: int = LONG) -> Files:
    """The board when it had so many entries, with all that it had published by then."""
    files = publish(history(branch).records[:size], history().blobs)
    sizes = [published for published in PUBLISHED if published <= size]
    kept = {f"checkpoints/{number}": sign(body(history(branch).records[:one])) for number, one in enumerate(sizes)}
    return files | kept | {"checkpoint": kept[f"checkpoints/{len(sizes) - 1}"]}


def fresh(files: Files) -> Report:
    return compose(audit.Audit(files.get, TRUST, kept=kept(files)).run())


class Stage:
    """A board over HTTP that serves `files`, and what happens on it while a visitor sleeps."""

    def __init__(self) -> None:
        self.files: Files = {}
        self.url = ""
        self.asked: list[str] = []
        self.scenes: list[Callable[[], object]] = []
        self.slept: list[int] = []

    def answer(self) -> Response:
        name = request.path.removeprefix("/")
        self.asked.append(name)
        found = self.files.get(name)
        return Response(status=404) if found is None else Response(found)

    def sleep(self, seconds: int) -> None:
        self.slept.append(seconds)
        if not self.scenes:
            raise KeyboardInterrupt
        self.scenes.pop(0)()

    def show(self, branch: int = 0, size: int = LONG) -> None:
        self.files = served(branch, size)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    made = Stage()
    monkeypatch.setattr(visitor, "sleep", made.sleep)
    with answering(made.answer) as board:
        made.url = board.url
        yield made


def write(files: Files, directory: Path) -> Path:
    for name, data in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(data)
    return directory


def once(made: Visitor) -> Report:
    [report] = made.visits(None)
    return report


# The visitor's own snapshot.


def test_a_snapshot_is_written_and_gone_on_from(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    early, late = write(served(size=280), tmp_path / "early"), write(served(), tmp_path / "late")
    assert once(Visitor(str(early), TRUST, resume=mine)) == fresh(served(size=280))
    first = mine.read_bytes()
    for name in ("000", "001.p/44"):
        assert (late / "tile/entries" / name).exists()
    (late / "tile/entries/000").unlink()  # whoever goes on does not read it again
    report = once(Visitor(str(late), TRUST, resume=mine))
    assert report == fresh(served())
    assert snapshot.decode(mine.read_bytes()).state != snapshot.decode(first).state
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["mine"]


def test_what_was_not_passed_is_not_written(tmp_path: Path) -> None:
    liar = Liar(honest(), phases()["voting"])
    liar.post(liar.cast(1, nonce=bytes(16)))
    false, whole = publish(liar.records, liar.blobs), served()
    lacking = {name: data for name, data in whole.items() if not name.startswith("blobs")}
    for number, files in enumerate((false, lacking)):
        copy = write(files, tmp_path / f"copy {number}")
        assert once(Visitor(str(copy), TRUST, resume=tmp_path / "mine")).exit == 1 + number
    good = str(write(whole, tmp_path / "whole"))
    assert once(Visitor(good, TRUST, only=frozenset({"BAL"}), resume=tmp_path / "mine")).exit == 2
    assert not (tmp_path / "mine").exists()


def test_another_history_is_refused_and_the_snapshot_stays(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    once(Visitor(str(write(served(), tmp_path / "one")), TRUST, resume=mine))
    kept = mine.read_bytes()
    other = Visitor(str(write(served(branch=1), tmp_path / "other")), TRUST, resume=mine)
    assert once(other).failures[0].id == "BRD.3"
    [proof] = other.evidence
    assert {proof.first.raw, proof.second.raw} == {served()["checkpoint"], served(branch=1)["checkpoint"]}
    assert mine.read_bytes() == kept


def test_a_damaged_snapshot_is_said(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"a letter")
    with pytest.raises(Incomplete, match="begin without it"):
        once(Visitor(str(write(served(), tmp_path / "one")), TRUST, resume=tmp_path / "mine"))


# The watch.


@pytest.mark.process
def test_a_growing_board_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real board: a report when it has grown, none when it has not; each is what one says who begins anew."""
    key = set_up(tmp_path / "board")
    made = elect(key)
    with running(tmp_path / "board") as run:

        def post(voter: int) -> None:
            run.client.receipt(run.client.post(encode(cast(made, voter))), wait=10)

        scenes: list[Callable[[], object]] = [lambda: post(0), lambda: None, lambda: post(1)]

        def sleep(_: int) -> None:
            if not scenes:
                raise KeyboardInterrupt
            scenes.pop(0)()

        monkeypatch.setattr(visitor, "sleep", sleep)
        hand_in(run.client, made)
        run.client.receipt(run.client.post(made.records[-1]), wait=10)
        trusted = trust.decode(f"aikyn/1 trust\nlog {encode_key(key)}\n".encode())
        watching = Visitor(run.client.url, trusted, tmp_path / "copy").visits(1)
        size = len(made.records)
        for ballots in range(3):
            report = next(watching)
            assert report.failures == ()
            assert (report.figures["log entries"], report.figures.get("ballot", 0)) == (size + ballots, ballots)
            assert report == compose(audit.Audit(Directory(run.archive), trusted).run())
        assert list(watching) == []


@pytest.mark.process
def test_only_what_is_new_is_fetched_and_checked(tmp_path: Path, stage: Stage) -> None:
    stage.show(size=280)

    def grow() -> None:
        stage.asked.clear()
        stage.show()

    stage.scenes = [lambda: stage.show(size=299), grow]
    reports = list(Visitor(stage.url, TRUST, tmp_path / "copy").visits(7))
    assert [report.figures["log entries"] for report in reports] == [280, 299, 300]
    assert reports == [fresh(served(size=size)) for size in (280, 299, 300)]
    assert stage.slept == [7, 7, 7]
    assert {name for name in stage.asked if name.startswith(("tile", "blobs"))} == {
        *("tile/0/001.p/44", "tile/entries/001.p/44")
    }


@pytest.mark.process
@pytest.mark.parametrize("size", [LONG, 299, 257, 200])
@pytest.mark.parametrize("before", [299, 200])
def test_a_board_that_forks_while_it_is_watched_is_refused(
    tmp_path: Path, stage: Stage, before: int, size: int
) -> None:
    """Its files do not fit to those that were kept; that is not taken for damage of the copy."""
    stage.show(size=before)
    stage.scenes = [lambda: stage.show(branch=1, size=size)]
    watcher = Visitor(stage.url, TRUST, tmp_path / "copy")
    first, last = list(watcher.visits(1))
    assert (first.verdict, stage.scenes) == ("accepted", [])
    assert (last.exit, last.failures[0].id) == (1, "BRD.3")
    known = {served(size=before)[name] for name in served(size=before) if name.startswith("checkpoint")}
    now = served(branch=1, size=size)["checkpoint"]
    assert watcher.evidence
    for proof in watcher.evidence:
        assert now in (both := {proof.first.raw, proof.second.raw})
        assert both & known


@pytest.mark.process
def test_a_board_that_went_back_is_not_accepted(tmp_path: Path, stage: Stage) -> None:
    stage.show()
    stage.scenes = [lambda: stage.show(size=280), stage.show]
    verdicts = [report.verdict for report in Visitor(stage.url, TRUST, tmp_path / "copy").visits(1)]
    assert verdicts == ["accepted", "could not be checked", "accepted"]


@pytest.mark.process
def test_a_board_out_of_reach_is_asked_again(
    tmp_path: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(remote, "ATTEMPTS", 1)
    stage.show(size=280)
    watcher = Visitor(stage.url, TRUST, tmp_path / "copy")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused

        def leave() -> None:
            watcher.board = f"http://127.0.0.1:{taken.getsockname()[1]}"

        def come_back() -> None:
            watcher.board = stage.url
            stage.show()

        stage.scenes = [leave, lambda: None, come_back]
        reports = list(watcher.visits(5))
    assert [report.figures["log entries"] for report in reports] == [280, 300]
    assert capsys.readouterr().err.count("cannot be reached") == 2
    assert stage.slept == [5] * 4


@pytest.mark.process
def test_a_board_that_is_not_there_at_first_ends_the_watch(tmp_path: Path, stage: Stage) -> None:
    with pytest.raises(Incomplete, match="has not published"):
        next(Visitor(stage.url, TRUST, tmp_path / "copy").visits(1))


# A kept copy, without a snapshot.


@pytest.mark.process
@pytest.mark.parametrize("before", [299, 200])
def test_a_kept_copy_remembers_what_the_board_said(tmp_path: Path, stage: Stage, before: int) -> None:
    stage.show(size=before)
    assert once(Visitor(stage.url, TRUST, tmp_path / "copy")).exit == 0
    stage.show(branch=1)
    for _ in range(3):  # and it goes on remembering
        later = Visitor(stage.url, TRUST, tmp_path / "copy")
        report = once(later)
        assert (report.exit, report.failures[0].id) == (1, "BRD.3")
        assert all(proves(found) for found in later.evidence)
        assert later.evidence
    assert fresh(served(branch=1)).exit == 0


@pytest.mark.process
@pytest.mark.parametrize("name", ["tile/0/000", "tile/entries/000", "checkpoints/0", "tile/1/000.p/1"])
def test_a_kept_copy_that_is_damaged_is_not_a_fork(
    tmp_path: Path, stage: Stage, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    stage.show(size=299)
    once(Visitor(stage.url, TRUST, tmp_path / "copy"))
    file = tmp_path / "copy" / name
    file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:])
    stage.show()
    report = once(Visitor(stage.url, TRUST, tmp_path / "copy"))
    assert report == fresh(served())
    assert "looking at a fresh copy" in capsys.readouterr().err


@pytest.mark.process
def test_what_the_log_has_not_signed_is_not_held_against_it(tmp_path: Path, stage: Stage) -> None:
    """Somebody on the line showed a log of his own."""
    others = {name: data for name, data in served(branch=1).items() if not name.startswith("checkpoints")}
    stage.files = others | {"checkpoint": sign(body(history(1).records), by=SigningKey(b"s" * 32))}
    with pytest.raises(Incomplete, match="no trusted key") as caught:
        once(Visitor(stage.url, TRUST, tmp_path / "copy"))
    assert caught.value.id == "BRD.1"
    stage.show()
    assert once(Visitor(stage.url, TRUST, tmp_path / "copy")) == fresh(served())
