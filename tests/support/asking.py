"""Requests as they are sent, byte by byte, and an archive with files of every kind to ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

from bulletin.http.app import Application
from bulletin.http.exchange import Framed, HttpRequest
from bulletin.http.waiting import start
from tests.support.copies import publish
from verifier.log.reading import blob_path

SIZE = 600
BLOB = b"a list of shares " * 5000
TILE, BUNDLE, BLOBS = "tile/0/000", "tile/entries/001", blob_path(sha256(BLOB).digest())
PARTIAL, GROWING, SMALL = f"tile/0/002.p/{SIZE - 512}", f"tile/entries/002.p/{SIZE - 512}", "tile/entries/002.p/2"
KINDS = ("checkpoint", "checkpoints/0", TILE, PARTIAL, "tile/1/000.p/2", BUNDLE, GROWING, SMALL, BLOBS)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def lay(archive: Path) -> None:
    """Write the archive."""
    entries = [b'{"number":%d,"type":"an entry of no kind"}' % index for index in range(SIZE)]
    files = publish(entries, {b"": BLOB})
    files[SMALL] = files[GROWING][: 2 * (len(entries[512]) + 2)]
    for name, data in files.items():
        (archive / name).parent.mkdir(parents=True, exist_ok=True)
        (archive / name).write_bytes(data)


def ask(url: str, path: str, method: str = "GET", **headers: str) -> Answer:
    """One request for exactly this path; an underscore in a header's name stands for a hyphen."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.putrequest(method, f"/{path}", skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


async def ended(coming: Coroutine[Any, Any, Framed]) -> Framed:
    """What comes of a coroutine that may wait at a bell."""
    here: asyncio.Future[Framed] = asyncio.get_running_loop().create_future()

    async def end() -> None:
        here.set_result(await coming)

    start(asyncio.get_running_loop(), end())
    return await here


def direct(app: Application, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    """What an application answers before any server has its hands on it."""
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    target, _, query = path.partition("?")
    asked = HttpRequest(method, target, query, {"content-length": str(len(body)), **named}, body)
    # In a thread, since a browser that an earlier test opened keeps a loop running in this one.
    with ThreadPoolExecutor(1) as threads, ThreadPoolExecutor(1) as server:
        answer = server.submit(asyncio.run, ended(app.answer(asked, *app.find(asked), threads))).result()
    assert isinstance(answer.body, bytes)
    return Answer(answer.status, dict(answer.headers), answer.body)


TRICKS = (
    "../log.key",
    "tile/../../log.key",
    "tile/../checkpoint",
    "tile/%2e%2e/%2e%2e/log.key",
    "tile/0/..%2f..%2f..%2flog.key",
    "checkpoints/..%2f..%2flog.key",
    "checkpoints/00",
    "checkpoints/%2e",
    "checkpoints/",
    "checkpoints",
    "checkpoint/",
    "checkpoint%00",
    "blobs/../log.key",
    "blobs/..%2f/" + "0" * 64,
    BLOBS.upper().replace("BLOBS", "blobs"),
    "blobs/00/" + BLOBS[9:],
    "blobs",
    "tile",
    "tile/0",
    "tile/0/0",
    "tile/0/000.p",
    "tile/0/000.p/256",
    "tile/0/000.p/0",
    "tile/0/000.p/01",
    "tile/00/000",
    "tile/64/000",
    "tile/0//000",
    "tile/0/000/",
    "tile/0/x000/000",
    "tile/0/999",
    "tile/0/./000",
    "tile\\0\\000",
    "uploads/x",
    "log.db",
    "archive/checkpoint",
    ".checkpoint",
)
