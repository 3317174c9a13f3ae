"""A mirror hands ballots on: the board's very answer, or "not reached" and another try; nothing else, not too much."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import msgspec
import pytest
import requests

from bulletin.board.admission import Refusal
from bulletin.board.limits import Senders
from bulletin.mirror import follower, relay
from bulletin.mirror.follower import Follower
from bulletin.mirror.mirror import Mirror
from bulletin.mirror.relay import Relay
from bulletin.settings import Settings
from tests.support.elections import Election
from tests.support.serving import cast, elect, hand_in, running, serving, set_up, sheet_of
from verifier.client.board import Board
from verifier.log.tree import hash_leaf
from verifier.records import LIMIT, encode

pytestmark = [
    pytest.mark.process,
    pytest.mark.usefixtures("stores"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
HEADERS = {"Content-Type": "application/json"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mirror(place: Path, port: int, **settings: Any) -> Iterator[tuple[Relay, str]]:
    """A mirror that hands on to the board at this port."""
    board = f"http://127.0.0.1:{port}"
    kept = Relay(board, pause=0.1)
    following = Follower(Mirror(Board(board), place / "mirror", sheet_of(set_up(place / "board"))), 60)
    senders = Senders(Settings(**settings))
    app = follower.create_app(following, place / "mirror/archive", relay=kept, senders=senders)
    with serving(app, **settings) as url:
        yield kept, url


def post(url: str, raw: bytes, **headers: str) -> requests.Response:
    return requests.post(f"{url}/relay", raw, headers=HEADERS | headers, timeout=40)


def without_time(answer: requests.Response) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name not in {"time", "signature"}}


def test_the_answer_is_the_boards_own(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path / "board"))
    with running(tmp_path / "board", port=(port := free_port())) as run, mirror(tmp_path, port) as (kept, url):
        hand_in(run.client, election)
        raw = encode(cast(election, 0))
        here, there = (post(url, raw), requests.post(f"{run.client.url}/records", raw, headers=HEADERS, timeout=40))
        assert (here.status_code, here.content) == (there.status_code, there.content) == (202, here.content)
        assert run.client.receipt(hash_leaf(raw))
        waits = requests.post(f"{url}/relay?wait=20", raw, headers=HEADERS, timeout=40)
        assert (waits.status_code, waits.content) == (202, here.content), "no place of a mirror is held for a receipt"
        false = encode(msgspec.structs.replace(cast(election, 1), signature=cast(election, 0).signature))
        refused, said = post(url, false), requests.post(f"{run.client.url}/records", false, headers=HEADERS, timeout=40)
        assert refused.status_code == said.status_code == 403
        assert without_time(refused) == without_time(said)
        assert refused.json()["signature"]
        assert len(kept) == 0


def test_a_board_that_is_down_and_comes_back(tmp_path: Path) -> None:
    """The voter is told so at once; the record is on the log without another post, and once only."""
    election = elect(set_up(tmp_path / "board"))
    port = free_port()
    with running(tmp_path / "board", port=port) as run:
        hand_in(run.client, election)
    with mirror(tmp_path, port) as (kept, url):
        kept.start()
        raws = [encode(cast(election, voter)) for voter in (0, 1)]
        for raw in (*raws, raws[0]):
            answer = post(url, raw)
            assert (answer.status_code, answer.json()["code"]) == (504, "not-reached")
            assert (answer.headers["Retry-After"], "signature" in answer.json()) == ("10", False)
        assert len(kept) == 2
        with running(tmp_path / "board", port=port) as run:
            end = monotonic() + 20
            while len(kept) and monotonic() < end:
                sleep(0.1)
            assert len(kept) == 0
            for raw in raws:
                assert run.client.receipt(hash_leaf(raw))
            assert run.board.sequencer.log.size == len(election.records) + 2
            assert post(url, raws[0]).status_code == 202
        kept.stop()


def test_nothing_else_is_handed_on(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path / "board"))
    with mirror(tmp_path, free_port()) as (kept, url):
        said = {
            "a manifest": (post(url, election.records[0]), 422, "rejected"),
            "no record": (post(url, b"{}"), 400, "malformed"),
            "not canonical": (post(url, encode(cast(election, 0)) + b" "), 400, "malformed"),
            "too much": (post(url, b"{" + b" " * LIMIT), 413, "too-large"),
            "a form": (post(url, b"{}", **{"Content-Type": "text/plain"}), 415, "media-type"),
        }
        for what, (answer, status, code) in said.items():
            assert (answer.status_code, answer.json()["code"]) == (status, code), what
        assert len(kept) == 0
        assert requests.post(f"{url}/records", election.records[0], headers=HEADERS, timeout=10).status_code == 404


def test_a_network_has_a_quota(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path / "board"))
    with mirror(tmp_path, free_port(), proxy="127.0.0.1", sender_rate=2) as (_, url):
        raw = encode(cast(election, 0))
        told = [post(url, raw, **{"X-Forwarded-For": address}).status_code for address in ("192.0.2.1",) * 3]
        assert told == [504, 504, 429]
        assert post(url, raw, **{"X-Forwarded-For": "192.0.2.2"}).status_code == 504


def test_room_and_time_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    kept = Relay(f"http://127.0.0.1:{free_port()}", clock=lambda: now[0])
    monkeypatch.setattr(relay, "ROOM", 10)
    for raw, code in ((b"12345", "not-reached"), (b"12345", "not-reached"), (b"54321", "not-reached"), (b"1", "busy")):
        with pytest.raises(Refusal) as caught:
            kept.hand_on(raw)
        assert caught.value.code == code
    now[0] = relay.HOUR + 1
    assert (kept.try_again(), len(kept)) == (0, 0)
    with pytest.raises(Refusal, match="not-reached"):
        kept.hand_on(b"1")


def test_a_mirror_without_a_relay_says_so(tmp_path: Path) -> None:
    election: Election = elect(set_up(tmp_path / "board"))
    following = Follower(Mirror(Board("http://127.0.0.1:9"), tmp_path, sheet_of(set_up(tmp_path / "board"))), 60)
    with serving(follower.create_app(following, tmp_path / "archive")) as url:
        assert post(url, encode(cast(election, 0))).status_code == 404
