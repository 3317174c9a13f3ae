"""Slow clients: `python -m tests.benchmarks.slow URL SECONDS COUNT KIND…` holds as many connections of each kind.

They come from many addresses of this machine, do a little every second, and come again when they are cut off. Prints
`ready` once all are there, and at the end what was held each second.
"""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import sys
from contextlib import suppress
from urllib.parse import urlsplit

ADDRESSES = 100
POST = b"POST /records HTTP/1.1\r\nHost: board\r\nContent-Type: application/json\r\n"
STARTS = {
    "idle": b"",
    "head": b"GET /checkpoint HTTP/1.1\r\nHost: board\r\nX-Slow: ",
    "body": POST + b"Content-Length: 60000\r\n\r\n{",
    "chunked": POST + b"Transfer-Encoding: chunked\r\n\r\n",
    "reader": b"",  # the request is for the largest blob, which is told on standard input
}
DRIPS = {"head": b"a", "body": b" ", "chunked": b"1\r\n \r\n"}
AT_ONCE = 200  # connections that are being opened at a time


class Slow(asyncio.Protocol):
    """One slow client."""

    def __init__(self, crowd: Crowd, kind: str) -> None:
        self._crowd, self._kind = crowd, kind
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._crowd.held.add(self)
        if self._kind == "reader":
            transport.pause_reading()
        transport.write(self._crowd.starts[self._kind])

    def data_received(self, _: bytes) -> None:
        if self._kind == "reader" and self._transport:
            self._transport.pause_reading()

    def drip(self) -> None:
        if self._transport is None:
            return
        if self._kind == "reader":
            self._transport.resume_reading()
        elif self._kind in DRIPS:
            self._transport.write(DRIPS[self._kind])

    def connection_lost(self, _: Exception | None) -> None:
        self._crowd.held.discard(self)
        self._crowd.lost.append(self._kind)


class Crowd:
    """All of them."""

    def __init__(self, url: str, starts: dict[str, bytes]) -> None:
        parts = urlsplit(url)
        self._place = parts.hostname or "", parts.port or 80
        self.starts = starts
        self.held: set[Slow] = set()
        self.lost: list[str] = []
        self.again = 0
        self._opened = 0

    async def open(self, kinds: list[str]) -> None:
        for start in range(0, len(kinds), AT_ONCE):
            await asyncio.gather(*map(self._open, kinds[start : start + AT_ONCE]))

    async def _open(self, kind: str) -> None:
        self._opened += 1
        made = socket.socket()
        made.settimeout(0.0)
        if kind == "reader":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.bind((f"127.0.1.{1 + self._opened % ADDRESSES}", 0))
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_connect(made, self._place)
            await loop.create_connection(lambda: Slow(self, kind), sock=made)
        except OSError:
            made.close()
            self.lost.append(kind)

    async def stay(self, seconds: int) -> list[int]:
        """How many were held, second by second."""
        loop, held = asyncio.get_running_loop(), []
        begun = loop.time()
        for second in range(seconds):
            for each in list(self.held):
                each.drip()
            again, self.lost = self.lost, []
            self.again += len(again)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(begun + second + 1):
                    await self.open(again)
            held.append(len(self.held))
            await asyncio.sleep(max(0.0, begun + second + 1 - loop.time()))
        return held


async def attack(url: str, seconds: int, count: int, kinds: list[str], blob: str) -> dict[str, object]:
    starts = STARTS | {"reader": f"GET /{blob} HTTP/1.1\r\nHost: board\r\n\r\n".encode()}
    crowd = Crowd(url, starts)
    await crowd.open([kinds[number % len(kinds)] for number in range(count)])
    print("ready", flush=True)
    held = await crowd.stay(seconds)
    return {"held": held, "again": crowd.again}


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    url, seconds, count, *kinds = sys.argv[1:]
    print(json.dumps(asyncio.run(attack(url, int(seconds), int(count), kinds, sys.stdin.readline().strip()))))
