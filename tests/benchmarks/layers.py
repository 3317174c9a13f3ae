"""What lies between the socket and the sequencer: `python -m tests.benchmarks.layers` (specs/decisions/http.md).

Granian and the sequencer are replaced by what answers at once, so that only the layers between them are timed; beside
each stands what a library would take. Shortest of some runs, in µs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

from flask import Flask
from werkzeug.routing import Map, Rule

from bulletin.board.limits import Senders
from bulletin.http.api import Service
from bulletin.http.app import Application, Warrant
from bulletin.http.gateway import Gateway
from bulletin.http.headers import SHARED, public
from bulletin.http.routes import RouteTable
from bulletin.http.server import ROUTES
from bulletin.http.waiting import Bell, Patience
from bulletin.settings import Settings
from tests.support.elections import Election
from tests.support.serving import cast
from verifier.records import encode

TIMES, RUNS, CROWD = 1_000, 7, 500
LEAF = "9c" * 32


async def measure(what: str, one: Callable[[], Awaitable[object]], each: int = 1) -> None:
    """Print the µs that `one` takes, or a part of it if it does so many."""
    spent = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        for _ in range(TIMES // each):
            await one()
        spent.append((time.perf_counter() - begun) / (TIMES // each * each))
    print(f"  {what:58}{1e6 * min(spent):7.1f}")


class Ready:
    """A sequencer that has placed and published everything already; of what is posted it knows nothing."""

    def __init__(self) -> None:
        self.round: Future[None] = Future()
        self.publication: Future[None] = Future()
        self.log = SimpleNamespace(receipt=lambda _: bytes(900))

    def find(self, leaf: bytes) -> int | None:
        return 7 if leaf.hex() == LEAF else None

    def submit(self, posted: Any) -> Any:
        posted.answer.set_result(7)
        return posted

    def is_published(self, _: int) -> bool:
        return True


class Wire:
    """A request as granian hands it over, and its answer as granian takes it."""

    def __init__(self, method: str, path: str, query: str = "", body: bytes = b"") -> None:
        headers = [("host", "board"), ("content-type", "application/json"), ("content-length", str(len(body)))]
        self.scope = SimpleNamespace(
            method=method, path=path, query_string=query, headers=dict(headers), client="127.0.0.1:50000"
        )
        self._body = body

    def __call__(self) -> asyncio.Future[bytes]:
        coming: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        coming.set_result(self._body)
        return coming

    def response_bytes(self, status: int, *_: object) -> None:
        assert status in {200, 202}


def gateway() -> Gateway:
    settings = Settings(port=0)
    blank: Any = SimpleNamespace(check_poster=lambda *_: None)
    ready: Any = Ready()
    context = Service(ready, blank, settings, blank, blank, blank, blank, blank)
    return Gateway(Application(ROUTES, context, (*public(), *SHARED), Warrant(Senders(settings), blank)), settings)


async def layers(ballot: bytes) -> None:
    post, ask = Wire("POST", "/records", body=ballot), Wire("GET", f"/receipts/{LEAF}", "wait=10")
    served = gateway()
    print("our layers of a request, without granian and the sequencer")
    await measure("POST of a ballot, JSON and leaf hash among them", lambda: served._receive(post.scope, post))
    await measure("GET of its receipt", lambda: served._receive(ask.scope, ask))


async def routes() -> None:
    table, path = RouteTable(ROUTES), f"/receipts/{LEAF}"
    spelt = [Rule(row.path.replace("{", "<").replace("}", ">").replace("<rest...>", "<path:rest>"),
                  methods=[row.method], endpoint=row.summary) for row in ROUTES]  # fmt: skip
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
    patience, bell = Patience(), Bell()

    def soon() -> asyncio.Future[None]:
        coming: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(coming.set_result, None)
        return coming

    async def with_timer() -> None:
        async with asyncio.timeout(25.0):
            await soon()

    async def crowd(wait: Callable[[Future[None]], Awaitable[object]]) -> None:
        source: Future[None] = Future()
        waiting = [asyncio.ensure_future(wait(source)) for _ in range(CROWD)]
        await asyncio.sleep(0)
        source.set_result(None)
        await asyncio.gather(*waiting)

    async def one_by_one(source: Future[None]) -> None:
        await asyncio.wait_for(asyncio.wrap_future(source), 25.0)

    print("waiting, for no longer than 25 s")
    await measure("for what comes at once: no limit", soon)
    await measure("for what comes at once: ours", lambda: patience.hold(soon(), 25.0))
    await measure("for what comes at once: asyncio.timeout", with_timer)
    await measure("500 for one event: ours", lambda: crowd(lambda s: bell.wait(s, 25.0)), CROWD)
    await measure("500 for one event: asyncio.wait_for", lambda: crowd(one_by_one), CROWD)


async def main() -> None:
    election = Election().set_up().hold_ceremony().register(1)
    await layers(encode(cast(election, 0)))
    await routes()
    await waits()


if __name__ == "__main__":
    asyncio.run(main())
