"""Before memory, threads or the disk run out, the board says that it is busy, and goes on answering others."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest
import requests

from bulletin.http.gateway import THREADS
from tests.support.elections import Election
from tests.support.serving import behind, cast, elect, hand_in, set_up
from verifier.client.board import Board, authorized_bytes
from verifier.log import refusal
from verifier.log.note import encode_base64
from verifier.records import encode

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]
MIB = 1 << 20


@contextmanager
def connected(url: str, head: str) -> Iterator[socket.socket]:
    """A connection on which a request has begun."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"{head}\r\nHost: {host}\r\n".encode())
        yield connection


def status(connection: socket.socket) -> int:
    return int(connection.recv(1 << 16).split(b" ")[1])


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


POST = "POST /records HTTP/1.1\r\nContent-Type: application/json"


@pytest.mark.parametrize("rest", [b"Content-Length: 1000\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"])
def test_a_body_that_does_not_come_is_given_up(tmp_path: Path, rest: bytes) -> None:
    key = set_up(tmp_path)
    with behind(tmp_path, patience=0.3) as (_, endpoint, url), connected(url, POST) as connection:
        begun = monotonic()
        connection.sendall(rest)
        answer = connection.recv(1 << 16)
        assert answer.startswith(b"HTTP/1.1 408")
        assert monotonic() - begun < 5
        said = refusal.decode(answer.partition(b"\r\n\r\n")[2])
        refusal.check(said, key.name, [key])
        assert (said.code, said.refused, endpoint._count) == ("malformed", "", 0)


def test_slow_senders_take_no_thread(tmp_path: Path) -> None:
    """More of them than there are threads, and the board answers everybody else."""
    set_up(tmp_path)
    with behind(tmp_path, patience=3.0, requests=20) as (_, endpoint, url), ExitStack() as stack:
        slow = [stack.enter_context(connected(url, POST)) for _ in range(THREADS + 10)]
        for connection in slow:
            connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
        assert requests.get(f"{url}/lookup/head", timeout=2).status_code == 200
        assert endpoint._count == 0
        assert {status(connection) for connection in slow} == {408}
        assert requests.get(f"{url}/lookup/head", timeout=5).status_code == 200


def test_an_endless_body_is_not_read_to_its_end(tmp_path: Path) -> None:
    set_up(tmp_path)
    with behind(tmp_path) as (_, _, url), connected(url, POST) as connection:
        connection.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        try:
            while sent < 64 * MIB:
                connection.sendall(chunk(bytes(1 << 16)))
                sent += 1 << 16
        except OSError:
            pass
        assert sent < 16 * MIB, "the board stopped reading"
        assert requests.get(f"{url}/lookup/head", timeout=5).status_code == 200


def authorization(election: Election, digest: bytes, length: int) -> str:
    signed = election.operator.key.sign(authorized_bytes(election.digest, digest, length)).signature
    return f"Authorization: Aikyn operator {encode_base64(signed)}"


def uploading(election: Election, digest: bytes, length: int) -> str:
    lines = [
        f"PUT /blobs/{digest.hex()} HTTP/1.1",
        "Content-Type: application/octet-stream",
        f"Content-Length: {length}",
        authorization(election, digest, length),
    ]
    return "\r\n".join(lines)


def resident() -> int:
    """Bytes of memory that this process has, the board in it."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_many_great_blobs_at_once_take_no_memory(tmp_path: Path) -> None:
    election, length = elect(set_up(tmp_path)), 512 * MIB
    with behind(tmp_path, uploads=3) as (board, _, url), ExitStack() as stack:
        hand_in(Board(url), election)
        before = resident()
        connections = []
        for number in range(8):
            head = uploading(election, hashlib.sha256(b"%d" % number).digest(), length)
            connections.append(stack.enter_context(connected(url, head)))
            connections[-1].sendall(b"\r\n")
            sleep(0.1)
        for connection in connections[:3]:
            for _ in range(12):
                connection.sendall(bytes(MIB))
        assert [status(connection) for connection in connections[3:]] == [503] * 5
        assert resident() - before < 24 * MIB
        assert len(list((tmp_path / "uploads").iterdir())) == 3
        assert Board(url).post(encode(cast(election, 0)))
        for connection in connections:
            connection.close()
        for _ in range(100):
            if not list((tmp_path / "uploads").iterdir()):
                break
            sleep(0.05)
        assert list((tmp_path / "uploads").iterdir()) == [], "what was cut off leaves nothing"
        data = b"afterwards"
        digest = hashlib.sha256(data).digest()
        word, _, value = authorization(election, digest, len(data)).partition(": ")
        headers = {word: value, "Content-Type": "application/octet-stream"}
        assert requests.put(f"{url}/blobs/{digest.hex()}", data, headers=headers, timeout=10).status_code == 201
        assert board.sequencer.fault is None


def test_a_blob_that_comes_too_slowly_is_given_up(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path))
    with behind(tmp_path, patience=0.3) as (_, _, url):
        hand_in(Board(url), election)
        with connected(url, uploading(election, bytes(32), 100_000)) as connection:
            connection.sendall(b"\r\nx")
            assert status(connection) == 408
        assert list((tmp_path / "uploads").iterdir()) == []


def test_no_blob_takes_the_last_of_the_disk(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path))
    with behind(tmp_path, disk_reserve=1 << 60) as (_, _, url):
        Board(url).post(election.records[0])
        with connected(url, uploading(election, bytes(32), 10)) as connection:
            connection.sendall(b"\r\n")
            answer = connection.recv(1 << 16)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 60" in answer
        assert b"no room" in answer


def test_a_form_is_small(tmp_path: Path) -> None:
    set_up(tmp_path)
    with behind(tmp_path) as (_, _, url):
        for served in (f"{url}/r/en",):
            form = {"code": "A" * 5000, "tracker": "B"}
            assert requests.post(served, data=form, timeout=10).status_code == 413
            files = {"code": ("a", b"x" * 200_000)}
            assert requests.post(served, files=files, timeout=10).status_code == 413
