"""Whatever is posted and whatever breaks: no sender and no record can be found in the journal."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import text

from bulletin import journal
from bulletin.board import snapshots
from bulletin.log.disk import NotDurable
from bulletin.log.rollback import CannotContinue
from tests.support.elections import Election
from tests.support.rejects import REFUSED
from tests.support.serving import behind, cast, elect, hand_in, running, set_up
from verifier.client import tracking
from verifier.client.board import Board
from verifier.election.ballot import Ballot
from verifier.log.note import encode_base64
from verifier.log.tree import hash_leaf
from verifier.records import encode

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]
JSON = {"Content-Type": "application/json"}
BLOB = {"Content-Type": "application/octet-stream"}
SENDER = "198.51.100.23"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The journal as a board's process keeps it."""
    stream = io.StringIO()
    loggers = [logging.getLogger(name) for name in ("", "aikyn")]
    kept = [(logger.handlers, logger.propagate, logger.level) for logger in loggers]
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        journal.keep_journal()
    yield stream
    for logger, (handlers, propagate, level) in zip(loggers, kept, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def secrets(election: Election, ballot: Ballot) -> list[str]:
    """All that would tell whose record it was, or which."""
    sealed, leaf = ballot.sealed, hash_leaf(encode(ballot))
    tracker = sealed.tracker(election.digest)
    raw = [leaf, tracker, sealed.credential, sealed.nonce, ballot.signature[:30], sealed.proof[:30], sealed.R[:30]]
    shown = [each for data in raw for each in (data.hex(), encode_base64(data).rstrip("=")[:20], repr(data)[2:30])]
    return [*shown, tracking.encode(tracker), SENDER, "127.0.0.1", election.state.credentials.code(sealed.credential)]


def check(stream: io.StringIO, election: Election, ballots: list[Ballot]) -> str:
    said = stream.getvalue()
    assert [secret for ballot in ballots for secret in secrets(election, ballot) if secret in said] == []
    assert all(json.loads(line).keys() >= {"time", "level", "event"} for line in said.splitlines())
    return said


def test_every_refusal_and_every_fault(tmp_path: Path, told: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    election = elect(set_up(tmp_path))
    ballots = [cast(election, voter) for voter in range(4)]
    headers = JSON | {"X-Forwarded-For": SENDER}

    def fail(*_: Any) -> None:
        raise ValueError(encode(ballots[1]).decode(), ballots[1], SENDER)

    with behind(tmp_path, proxy="127.0.0.1") as (board, _, url):

        def post(raw: bytes) -> int:
            return requests.post(f"{url}/records", raw, headers=headers, timeout=10).status_code

        hand_in(Board(url), election)
        assert post(encode(ballots[0])) == 202
        requests.get(f"{url}/receipts/{hash_leaf(encode(ballots[0])).hex()}?wait=5", headers=headers, timeout=10)
        for _, make, status, *_ in REFUSED:
            assert post(make(election)) == status
        places: list[tuple[Any, str]] = [(board.sequencer, "submit"), (board.app, "answer")]
        for place, name in places:
            with monkeypatch.context() as patched:
                patched.setattr(place, name, fail)
                assert post(encode(ballots[1])) == 500
        with monkeypatch.context() as patched:
            patched.setattr("bulletin.board.admission.fold.prepare_read", fail)
            assert post(encode(ballots[1])) == 500
        with monkeypatch.context() as patched:
            patched.setattr("bulletin.http.uploads.Uploads.receive", fail)
            patched.setattr("bulletin.board.admission.Admission.check_uploader", lambda *_: None)
            upload = requests.put(f"{url}/blobs/{'0' * 64}", b"x", headers=BLOB, timeout=10)
            assert upload.status_code == 500
        with monkeypatch.context() as patched:
            patched.setattr(board.sequencer.log, "append", lambda _: insert_again(board, encode(ballots[2])))
            assert post(encode(ballots[2])) == 503
    said = check(told, election, ballots)
    assert said.count('"trace"') >= 4
    for kind in ("ValueError", "IntegrityError", "the board stops"):
        assert kind in said
    assert '"rule": "/records", "status": 403' in said


def insert_again(board: Any, raw: bytes) -> None:
    """What SQLAlchemy says of it repeats the record."""
    with board.sequencer.log._database.begin() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE held (raw BLOB UNIQUE)"))
        connection.execute(text("INSERT INTO held VALUES (:raw), (:raw)"), {"raw": raw})


def test_the_other_server_too(tmp_path: Path, told: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    election = elect(set_up(tmp_path))
    ballots = [cast(election, voter) for voter in range(2)]

    def lose(posted: Any) -> None:
        raise KeyError(posted.raw.decode())

    with running(tmp_path, proxy="127.0.0.1") as run:
        hand_in(run.client, election)
        headers = JSON | {"X-Forwarded-For": SENDER}
        monkeypatch.setattr(run.board.sequencer, "submit", lose)
        answer = requests.post(f"{run.client.url}/records", encode(ballots[0]), headers=headers, timeout=10)
        assert answer.status_code == 500
    assert "KeyError" in check(told, election, ballots)


def test_libraries_and_dying_threads_say_their_names_alone(told: io.StringIO) -> None:
    logging.getLogger("asyncio").error("Task exception was never retrieved: %s", "a ballot")
    words: dict[str, str] = {}
    died = threading.Thread(target=words.__getitem__, args=("a ballot",))
    died.start()
    died.join()
    sys.excepthook(ValueError, ValueError("a ballot"), None)
    said = [json.loads(line) for line in told.getvalue().splitlines()]
    assert [one["event"] for one in said] == ["asyncio", "uncaught", "uncaught"]
    assert "a ballot" not in told.getvalue()
    assert "KeyError" in said[1]["trace"]
    assert "threading.py" in said[1]["trace"]


def test_an_exception_is_told_without_its_words() -> None:
    error = RuntimeError("its voter")
    error.__cause__ = ValueError("a ballot")
    said = journal.trace(error)
    lines = said.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["ValueError", "then", "RuntimeError"]
    assert journal.summary(OSError(28, "No space left on device", "/blobs/9c")) == "OSError: No space left on device"
    assert journal.summary(OSError("a ballot")) == "OSError"
    assert journal.summary(CannotContinue("restore it")) == "restore it"
    assert "fsync" in journal.summary(NotDurable("fsync failed"))


def test_a_snapshot_that_fails_is_told_without_its_words(tmp_path: Path, told: io.StringIO) -> None:
    key = set_up(tmp_path)
    keeper = snapshots.Keeper(tmp_path, tmp_path / "no archive", key, 0, lambda: 0)
    keeper._keep()
    [line] = told.getvalue().splitlines()
    assert json.loads(line)["problem"] == "Incomplete"
