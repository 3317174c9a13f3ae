"""What lies between the socket and the sequencer: `python -m tests.benchmarks.layers` (specs/decisions/http.md).

The transport and the sequencer are replaced by what takes or answers at once, so that only the layers between them are
timed; beside each stands what a library would take. Processor time of the shortest of some runs, in µs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from threading import Event
from types import SimpleNamespace
from typing import Any

from flask import Flask
from werkzeug.routing import Map, Rule

from bulletin.board.limits import Senders
from bulletin.http import server
from bulletin.http.app import Application, Warrant
from bulletin.http.connection import HttpConnection
from bulletin.http.gateway import Gateway
from bulletin.http.headers import SHARED, public
from bulletin.http.routes import RouteTable
from bulletin.http.service import Service
from bulletin.http.waiting import Bell, start
from bulletin.settings import Settings
from tests.support.elections import Election
from tests.support.serving import cast
from verifier.records import encode

TIMES, RUNS, CROWD = 1_000, 25, 500
LEAF = "9c" * 32
POST, POST_FOR_RECEIPT = b"POST /records HTTP/1.1\r\n", b"POST /records?wait=10 HTTP/1.1\r\n"
GET = f"GET /receipts/{LEAF}?wait=10 HTTP/1.1\r\nHost: board\r\n\r\n".encode()


async def measure(what: str, one: Callable[[], Awaitable[object]], each: int = 1) -> None:
    """Print the µs that `one` takes, or a part of it if it does so many."""
    spent = []
    for _ in range(RUNS):
        begun = time.thread_time()
        for _ in range(TIMES // each):
            await one()
        spent.append((time.thread_time() - begun) / (TIMES // each * each))
    print(f"  {what:58}{1e6 * min(spent):7.1f}")


class Prompt:
    """A sequencer that places and publishes what is posted when it is told to."""

    def __init__(self) -> None:
        self.round: Future[None] = Future()
        self.publication: Future[None] = Future()
        self.log = SimpleNamespace(receipt=lambda _: bytes(900))
        self.stopped, self.size = Event(), 0
        self._waiting: list[Any] = []

    def find(self, leaf: bytes) -> int | None:
        return 0 if leaf.hex() == LEAF else None

    def submit(self, posted: Any) -> Any:
        self._waiting.append(posted)
        return posted

    def is_published(self, index: int) -> bool:
        return index < self.size

    def place(self) -> None:
        for posted in self._waiting:
            posted.index = self.size
        self._waiting.clear()
        ended, self.round = self.round, Future()
        ended.set_result(None)
        self.tell_readers()

    def publish(self) -> None:
        self.size += 1
        self.tell_readers()

    def tell_readers(self) -> None:
        ended, self.publication = self.publication, Future()
        ended.set_result(None)


class Wire:
    """A transport that takes answers and sends them nowhere; it tells when it has got one from each connection."""

    def __init__(self) -> None:
        self.left = 0
        self.all: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def get_extra_info(self, _: str) -> tuple[str, int]:
        return ("127.0.0.1", 50000)

    def write(self, answer: bytes) -> None:
        assert answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 202 "))
        self.left -= 1
        if not self.left:
            self.all.set_result(None)


def gateway(prompt: Any) -> Gateway:
    settings = Settings(port=0)
    blank: Any = SimpleNamespace(check_poster=lambda *_: None)
    context = Service(prompt, blank, settings, blank, blank, blank, blank, blank)
    return Gateway(
        Application(server.ROUTES, context, (*public(), *SHARED), Warrant(Senders(settings), blank)), settings
    )


async def layers(ballot: bytes) -> None:
    prompt = Prompt()
    prompt.publish()
    served = gateway(prompt)
    served._room = asyncio.Semaphore()
    told = f"Host: board\r\nContent-Type: application/json\r\nContent-Length: {len(ballot)}\r\n\r\n".encode()
    connections = [HttpConnection(served) for _ in range(CROWD)]
    for connection in connections:
        connection.connection_made(Wire())  # type: ignore[arg-type]

    def hear(sent: bytes) -> None:
        for connection in connections:
            connection.get_buffer(0)[: len(sent)] = sent
            connection.buffer_updated(len(sent))

    async def ask(*sent: bytes) -> None:
        wire = Wire()
        wire.left = CROWD
        for connection in connections:
            connection._transport = wire
        asyncio.get_running_loop().call_soon(hear, b"".join(sent))
        await asyncio.sleep(0)
        prompt.place()
        await asyncio.sleep(0)
        prompt.publish()
        await wire.all

    print("our layers of a request, from the bytes read to those written, without the sequencer")
    await measure("POST of a ballot, JSON and leaf hash among them", lambda: ask(POST, told, ballot), CROWD)
    await measure("the same with its receipt", lambda: ask(POST_FOR_RECEIPT, told, ballot), CROWD)
    await measure("GET of a receipt", lambda: ask(GET), CROWD)


async def routes() -> None:
    table, path = RouteTable(server.ROUTES), f"/receipts/{LEAF}"
    spelt = [Rule(row.path.replace("{", "<").replace("}", ">").replace("<rest...>", "<path:rest>"),
                  methods=[row.method], endpoint=row.summary) for row in server.ROUTES]  # fmt: skip
    library = Map(spelt, merge_slashes=False).bind("")
    app = Flask("compared")
    app.add_url_rule("/receipts/<leaf>", view_func=lambda leaf: leaf)
    client = app.test_client()

    async def find(found: Callable[[], object]) -> None:
        found()

    print("finding the row of a question for a receipt")
    await measure("our table", lambda: find(lambda: table.find("GET", path)))
    await measure("werkzeug.routing", lambda: find(lambda: library.match(path, "GET")))
    await measure("Flask, a whole answer by its test client", lambda: find(lambda: client.get(path)))


async def waits() -> None:
    async def together() -> None:
        source: Future[None] = Future()
        bell = Bell(lambda: Future() if source.done() else source)
        left = CROWD
        ended = asyncio.get_running_loop().create_future()

        async def one() -> None:
            nonlocal left
            await bell.wait(source.done, 25.0)
            left -= 1
            if not left:
                ended.set_result(None)

        for _ in range(CROWD):
            start(asyncio.get_running_loop(), one())
        source.set_result(None)
        await ended

    async def one_by_one() -> None:
        source: Future[None] = Future()
        waiting = [asyncio.ensure_future(asyncio.wait_for(asyncio.wrap_future(source), 25.0)) for _ in range(CROWD)]
        await asyncio.sleep(0)
        source.set_result(None)
        await asyncio.gather(*waiting)

    async def nothing() -> None:
        return

    async def begun() -> None:
        start(asyncio.get_running_loop(), nothing())

    print("waiting, for no longer than 25 s")
    await measure("500 for one event: ours", together, CROWD)
    await measure("500 for one event: asyncio.wait_for", one_by_one, CROWD)
    print("an answer that does not wait")
    await measure("begun by us", begun)
    await measure("begun as a task", lambda: asyncio.get_running_loop().create_task(nothing()))


async def main() -> None:
    server.spare_the_collector()
    election = Election().set_up().hold_ceremony().register(1)
    await layers(encode(cast(election, 0)))
    await routes()
    await waits()


if __name__ == "__main__":
    asyncio.run(main())
