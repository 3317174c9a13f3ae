"""How many files a second the board serves, and nginx before it: `python -m tests.benchmarks.board --only reads`.

Requests follow one another on a few connections without waiting for each answer, so that the reader, which is Python on
the same machine, is not what is measured.
"""

from __future__ import annotations

import socket
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.fronts import ARCHIVE, fill, fronted, serving

BALLOTS = 300
CONNECTIONS, AHEAD = 16, 32  # requests that are under way on each
ROUNDS = 30  # in which a connection is used: nginx ends it after 1,000 requests
SECONDS = 3.0
FILES = {"a full tile": "tile/0/000", "a full bundle": "tile/entries/000", "the checkpoint": "checkpoint"}
PIECE = 1 << 20


def read(url: str, path: str) -> float:
    """Answers a second for this file."""
    asked = f"GET /{path} HTTP/1.1\r\nHost: board\r\n\r\n".encode()
    begun, answers = time.perf_counter(), 0
    while time.perf_counter() - begun < SECONDS:
        with ExitStack() as opened:
            parts = urlsplit(url)
            addresses = [(parts.hostname or "", parts.port or 80)] * CONNECTIONS
            connections = [opened.enter_context(socket.create_connection(address, 30.0)) for address in addresses]
            length = measure(connections[0], asked)
            for _ in range(ROUNDS):
                answers += exchange(connections, asked, length)
                if time.perf_counter() - begun >= SECONDS:
                    break
    return answers / (time.perf_counter() - begun)


def exchange(connections: list[socket.socket], asked: bytes, length: int) -> int:
    """Ask ahead on every connection, then read all the answers, which are as long as the first."""
    for each in connections:
        each.sendall(asked * AHEAD)
    for each in connections:
        left = length * AHEAD
        while left:
            got = len(each.recv(min(left, PIECE)))
            if not got:
                raise SystemExit("the connection was closed")
            left -= got
    return AHEAD * len(connections)


def measure(connection: socket.socket, asked: bytes) -> int:
    """Bytes of one answer, which are as many each time."""
    connection.sendall(asked)
    held = b""
    while b"\r\n\r\n" not in held:
        held += connection.recv(PIECE)
    head, _, body = held.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(head.decode())
    lines = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:])
    left = int(lines["content-length"]) - len(body)
    while left:
        left -= len(connection.recv(left))
    return len(head) + 4 + int(lines["content-length"])


def compare() -> None:
    """The same files from the board and from nginx."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = Path(folder)
        fill(place / "board", BALLOTS, BALLOTS)
        (place / "policy").write_text("quorum none\n")
        words = ("serve", place / "board", "--policy", place / "policy")
        board, _ = stack.enter_context(serving(*words))
        front = stack.enter_context(fronted(place / "nginx", board, place / "board" / ARCHIVE))
        for name, path in FILES.items():
            direct, fronting = read(board, path), read(front.url, path)
            size = (place / "board" / ARCHIVE / path).stat().st_size
            print(f"reads of {name} ({size:,} bytes): board {direct:,.0f}/s, nginx {fronting:,.0f}/s, "
                  f"{fronting / direct:.0f} times as many")  # fmt: skip
