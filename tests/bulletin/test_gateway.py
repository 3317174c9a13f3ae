"""The server changes nothing in what is answered, keeps connections, and bounds what is held."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Event, Thread, Timer
from time import monotonic
from typing import Any

import msgspec
import pytest
import requests

from bulletin.http import server
from bulletin.http.gateway import Gateway
from bulletin.settings import Settings, Unusable
from tests.support.asking import Answer, direct
from tests.support.commands import fail, run, started
from tests.support.elections import Election
from tests.support.serving import ALONE, behind, cast, elect, hand_in, set_up
from tests.support.stored import Stores
from verifier.client.board import Board, authorized_bytes
from verifier.log import receipt, refusal
from verifier.log.note import encode_base64
from verifier.records import encode

JSON: dict[str, Any] = {"headers": {"Content-Type": "application/json"}, "timeout": 10}
pytestmark = [
    pytest.mark.process,
    pytest.mark.usefixtures("stores"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def voting(
    stores: Stores,  # noqa: ARG001  a board ends before its stores do
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[server.OpenBoard, str, Election]]:
    place = tmp_path_factory.mktemp("board")
    election = elect(set_up(place))
    with behind(place) as (board, _, url):
        hand_in(Board(url), election)
        yield board, url, election


def told(answer: Any) -> tuple[int, bytes, dict[str, str]]:
    """An answer without what only a server adds."""
    ours = ("content-type", "cache-control", "access-control-allow-origin", "x-content-type-options", "retry-after")
    status, headers, body = answer
    if b'"signature"' in body:  # a refusal: only the second in which it was signed may differ
        said = refusal.decode(body)
        body = encode(msgspec.structs.replace(said, time=0, signature=bytes(64)))
    return status, body, {name: headers[name] for name in ours if name in headers}


def over_http(answer: requests.Response) -> Answer:
    return Answer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content)


def test_a_ballot_and_its_receipt(voting: tuple[server.OpenBoard, str, Election]) -> None:
    board, url, election = voting
    raw = encode(cast(election, 0))
    leaf = Board(url).post(raw)
    proof = receipt.decode(Board(url).receipt(leaf))
    assert proof.index == board.sequencer.find(leaf)
    with requests.Session() as session:
        answers = [session.post(f"{url}/records", raw, headers={"Content-Type": "application/json"})]
        answers.append(session.get(f"{url}/receipts/{leaf.hex()}?wait=5"))
    sent = direct(board.app, "POST", "/records", raw, Content_Type="application/json")
    asked = direct(board.app, "GET", f"/receipts/{leaf.hex()}")
    assert [told(over_http(answer)) for answer in answers] == [told(sent), told(asked)]


def refusals(election: Election) -> dict[str, tuple[str, str, bytes, dict[str, str]]]:
    json = {"Content-Type": "application/json"}
    ballot = encode(cast(election, 1))
    return {
        "not a record": ("POST", "/records", b"{}", json),
        "no record at all": ("POST", "/records", b"", json),
        "another type": ("POST", "/records", ballot, {"Content-Type": "text/plain"}),
        "too large": ("POST", "/records", bytes(65_536), json),
        "much too large": ("POST", "/records", bytes(200_000), json),
        "false signature": ("POST", "/records", ballot.replace(b'"signature":"', b'"signature":"AAAA'), json),
        "unknown receipt": ("GET", f"/receipts/{'0' * 64}?wait=1", b"", {}),
        "no hash": ("GET", "/receipts/xyz?wait=1", b"", {}),
        "a letter beyond ASCII": ("GET", "/receipts/é", b"", {}),
        "no such path": ("GET", "/nothing", b"", {}),
        "no such method": ("DELETE", "/records", b"", {}),
        "no such file": ("GET", "/tile/0/999", b"", {}),
        "unsigned blob": ("PUT", f"/blobs/{'0' * 64}", b"x", {"Content-Type": "application/octet-stream"}),
    }


def test_what_is_refused_is_refused_alike(voting: tuple[server.OpenBoard, str, Election]) -> None:
    board, url, election = voting
    size = board.sequencer.log.size
    for name, (method, path, body, headers) in refusals(election).items():
        answer = over_http(requests.request(method, url + path, data=body, headers=headers, timeout=10))
        assert told(answer) == told(direct(board.app, method, path, body, **headers)), name
        assert answer.status >= 400, name
    assert board.sequencer.log.size == size


@pytest.mark.parametrize("length", [10, 1 << 16, (1 << 16) + 1, 3 << 20])
def test_blobs_of_every_size(voting: tuple[server.OpenBoard, str, Election], length: int) -> None:
    _, url, election = voting
    data = os.urandom(length)
    digest = hashlib.sha256(data).digest()
    signed = election.operator.key.sign(authorized_bytes(election.digest, digest, length)).signature
    headers = {"Authorization": f"Aikyn operator {encode_base64(signed)}", "Content-Type": "application/octet-stream"}
    false = requests.put(f"{url}/blobs/{digest.hex()}", data[:-1] + bytes([data[-1] ^ 1]), headers=headers, timeout=10)
    assert false.status_code == 400
    assert requests.put(f"{url}/blobs/{digest.hex()}", data, headers=headers, timeout=10).status_code == 201
    assert requests.get(f"{url}/blobs/{digest.hex()[:2]}/{digest.hex()}", timeout=10).content == data


def test_connections_are_kept(voting: tuple[server.OpenBoard, str, Election]) -> None:
    connection = HTTPConnection(voting[1].removeprefix("http://"), timeout=10)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/checkpoint")
        answer = connection.getresponse()
        assert answer.read()
        assert answer.getheader("Connection") != "close"
        sockets.add(connection.sock)
    assert len(sockets) == 1
    connection.close()


def test_more_than_it_may_hold_is_told_to_come_again(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path))
    with behind(tmp_path, interval=3600.0, requests=2) as (board, _, url):
        hand_in(Board(url), election)
        board.sequencer._tick += 3600
        threads = [
            Thread(target=requests.post, args=(f"{url}/records", encode(cast(election, voter))), kwargs=JSON)
            for voter in range(2)
        ]
        for thread in threads:
            thread.start()
        for _ in range(500):
            if len(board.sequencer._waiting) == 2:
                break
            threads[0].join(0.01)
        answer = requests.get(f"{url}/checkpoint", timeout=10)
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "busy", "1")
        board.sequencer.stop()
        for thread in threads:
            thread.join()
        assert board.sequencer.log.size == len(election.records) + 2, "what it held was placed at the end"


def test_it_ends_whenever_it_is_told_to(tmp_path: Path) -> None:
    with behind(tmp_path) as (board, gateway, _url):
        with pytest.raises(OSError, match="in use"):
            Gateway(board.app, Settings(port=gateway.port))
        early = Gateway(board.app, Settings(port=0))
        early.shutdown()
        thread = Thread(target=early.serve_forever, daemon=True)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()


def test_a_receipt_is_waited_for_no_longer_than_asked(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path))
    with behind(tmp_path) as (board, _, url):
        hand_in(Board(url), election)
        board.sequencer.is_published = lambda _: False  # type: ignore[assignment, method-assign]
        leaf = Board(url).post(encode(cast(election, 0)))
        for wait, most in (("0", 1.0), ("0.3", 1.5)):
            begun = monotonic()
            assert requests.get(f"{url}/receipts/{leaf.hex()}?wait={wait}", timeout=10).status_code == 503
            assert monotonic() - begun < most


def test_a_body_that_does_not_come_counts_for_nothing_and_is_cut_off(tmp_path: Path) -> None:
    heads = [
        b"POST /records HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{",
        b"POST /records HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    ]
    with behind(tmp_path, requests=2, patience=1.0) as (_, gateway, url):
        held = [socket.create_connection((gateway.host, gateway.port), timeout=10) for _ in 2 * heads]
        for connection, head in zip(held, 2 * heads, strict=True):
            connection.sendall(head)
        assert requests.get(f"{url}/r/ky", timeout=10).status_code == 200
        for connection in held:
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 408 ")
            connection.close()


@pytest.mark.process
def test_a_name_is_listened_on_where_it_leads(tmp_path: Path) -> None:
    """G1: `localhost` is an address like any other."""
    home = tmp_path / "board"
    run("init", str(home), "--origin", "board.example/gateway")
    (home / "policy").write_text("quorum none\n")
    with started("serve", str(home), "--host", "localhost") as (_, url):
        assert requests.get(f"{url}/health", timeout=10).json()["size"] == 0
    said = fail("serve", str(home), "--host", "no-such-host.invalid", "--port", "0")
    assert "cannot be listened on" in said


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_server_that_dies_ends_the_process_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """G1: nobody is told of an address at which nobody listens."""

    async def break_down(*_: object) -> None:
        raise OSError(98, "Address already in use")

    gateway = Gateway(server.open_board(set_up_in(tmp_path), Settings(port=0), ALONE).app, Settings(port=0))
    monkeypatch.setattr(Gateway, "_serve", break_down)
    finished: list[bool] = []
    with pytest.raises(Unusable, match="does not serve: OSError: Address already in use"):
        server.run(gateway, Event(), lambda: finished.append(True))
    assert "listening" not in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_server_that_dies_later_ends_the_process_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """G1: what was begun is finished first."""
    whole = Gateway._serve

    async def serve_a_while(gateway: Gateway) -> None:
        Timer(1.0, gateway.shutdown).start()
        await whole(gateway)
        raise RuntimeError

    gateway = Gateway(server.open_board(set_up_in(tmp_path), Settings(port=0), ALONE).app, Settings(port=0))
    monkeypatch.setattr(Gateway, "_serve", serve_a_while)
    finished: list[bool] = []
    with pytest.raises(Unusable, match="does not serve: RuntimeError"):
        server.run(gateway, Event(), lambda: finished.append(True))
    assert finished == [True]


def set_up_in(place: Path) -> Path:
    set_up(place)
    return place
