"""The server: granian reads and writes HTTP outside of Python's lock; this bounds what is held at a time.

Connections are kept open. Answers come from an application in this process, in which a board's sequencer lives too.
"""

import asyncio
import logging
import resource
import socket
from collections.abc import AsyncIterable, AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from time import monotonic
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from bulletin.board.admission import Refusal, say_busy
from bulletin.http.app import FAULT, Application
from bulletin.http.exchange import PIECE, HttpRequest, Reply
from bulletin.http.waiting import Patience
from bulletin.settings import Settings

SMALL = 1 << 16  # bytes of a body that are read before there is an answer for it
SLOWEST = 1 << 14  # bytes a second of a blob
BUFFER = 1 << 16  # bytes that a connection holds of a request
THREADS = 64  # that answer what is not answered at once
BACKLOG = 4096  # connections that wait to be accepted
CONNECTIONS = 10_000  # that are kept, idle ones among them; others wait until one ends
LAST_ANSWERS = 5.0  # seconds that answers under way are given at the end
FAREWELL = 0.1  # seconds: granian's last thread says that it ends, and is ended with the process if that is quicker
LOGGER = logging.getLogger("aikyn.board")


def say_late() -> Refusal:
    """The refusal of a body that does not come."""
    return Refusal("malformed", "the body did not come in time; send it again", status=408)


class Gateway:
    """Serves an application until another thread says `shutdown`; more requests than it may hold are turned away.

    Port 0 takes a free one, `port` says which.
    """

    def __init__(self, app: Application, settings: Settings) -> None:
        self.host, self.port = claim(settings.host, settings.port)
        self.fault: BaseException | None = None
        self._app, self._most, self._count = app, settings.requests, 0
        self._seconds, self._patience = settings.patience, Patience()
        self._threads = ThreadPoolExecutor(min(self._most, THREADS), "answer")
        self._ended: Future[None] = Future()

    def serve_forever(self) -> None:
        """Serve until `shutdown`; what ends it sooner is kept as its `fault`."""
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self.fault = error
            raise

    def shutdown(self) -> None:
        """End, once the answers that are under way have gone out, or have had their time."""
        if not self._ended.done():
            self._ended.set_result(None)

    async def _serve(self) -> None:
        listening = Server(
            self._receive,
            self.host,
            self.port,
            interface=Interfaces.RSGI,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(max_buffer_size=BUFFER),
            backlog=BACKLOG,
            backpressure=min(CONNECTIONS, _raise_files() // 2),
            log_enabled=False,
            websockets=False,
        )
        serving = asyncio.create_task(listening.serve())
        await asyncio.wrap_future(self._ended)
        end = monotonic() + LAST_ANSWERS
        while self._count and monotonic() < end:  # noqa: ASYNC110  once in a server's life
            await asyncio.sleep(0.01)
        listening.stop()  # type: ignore[no-untyped-call]
        await serving
        await asyncio.sleep(FAREWELL)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _receive(self, scope: Any, protocol: Any) -> None:  # noqa: ANN401  granian's objects
        """One request; it counts once its body is here, or at once if the body is a blob that is read as it comes."""
        asked = HttpRequest(scope.method, scope.path, scope.query_string, dict(scope.headers.items()))
        try:
            self._app.count(asked, scope.client.rpartition(":")[0].strip("[]"))
            entry, parts = self._app.find(asked)
            await self._read(asked, protocol, streams=bool(entry.route and entry.route.streams))
            self._check_room()
            self._count += 1
            try:
                await self._send(asked, protocol, await self._app.answer(asked, entry, parts, self._threads))
            finally:
                self._count -= 1
        except Refusal as refusal:
            _tell(protocol, self._app.turn_away(refusal, asked))
        except Exception:
            LOGGER.exception("fault")
            with suppress(Exception):  # part of an answer may have gone out
                _tell(protocol, self._app.turn_away(FAULT, asked))

    def _check_room(self) -> None:
        if self._count >= self._most:
            raise say_busy("the board holds as many requests as it can; send it again")

    async def _read(self, asked: HttpRequest, protocol: Any, *, streams: bool) -> None:  # noqa: ANN401  granian's
        """The body, no more of it than is needed, or what reads it as it comes."""
        length = asked.length
        if not length and "transfer-encoding" not in asked.headers:
            return
        if streams:
            asked.read = Body(aiter(protocol), asyncio.get_running_loop(), self._seconds).read
            return
        whole = length is not None and length <= SMALL
        coming = protocol() if whole else asyncio.ensure_future(_collect(protocol))
        try:
            asked.body = await self._patience.hold(coming, self._seconds)
        except TimeoutError:
            raise say_late() from None
        except RuntimeError:  # as granian has it
            raise Refusal("malformed", "the body was cut off; send it again") from None

    async def _send(self, asked: HttpRequest, protocol: Any, answer: Reply) -> None:  # noqa: ANN401  granian's
        if isinstance(answer.body, bytes):
            _tell(protocol, answer)
            return
        file, left = answer.body
        headers = [*answer.headers.items(), ("content-length", str(left))]
        with file:
            if asked.method == "HEAD":
                protocol.response_empty(answer.status, headers)
                return
            transport, loop = protocol.response_stream(answer.status, headers), asyncio.get_running_loop()
            while left and (piece := await loop.run_in_executor(self._threads, file.read, min(PIECE, left))):
                left -= len(piece)
                await transport.send_bytes(piece)


def _tell(protocol: Any, answer: Reply) -> None:  # noqa: ANN401  granian's
    protocol.response_bytes(answer.status, list(answer.headers.items()), answer.body)


async def _collect(pieces: AsyncIterable[bytes]) -> bytes:
    """A body whose length nobody said, or one that is too long: as much of it as shows that."""
    found = bytearray()
    async for piece in pieces:
        found += piece
        if len(found) > SMALL:
            break
    return bytes(found)


class Body:
    """A blob, read by the thread that answers while it comes; one that comes too slowly is given up."""

    def __init__(self, pieces: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop, patience: float) -> None:
        self._pieces, self._loop, self._held, self._over = pieces, loop, b"", False
        self._end = monotonic() + patience

    def read(self, size: int) -> bytes:
        """At most `size` bytes; b"" at the end."""
        while not self._over and not self._held:
            coming = asyncio.run_coroutine_threadsafe(self._next(), self._loop)
            try:
                piece = coming.result(max(0.0, self._end - monotonic()))
            except TimeoutError:
                coming.cancel()
                raise say_late() from None
            self._end += len(piece) / SLOWEST
            self._over, self._held = not piece, piece
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    async def _next(self) -> bytes:
        try:
            while not (piece := await anext(self._pieces)):
                pass
        except (StopAsyncIteration, RuntimeError):  # the second is granian's word for a body that is cut off
            return b""
        return bytes(piece)


def _raise_files() -> int:
    """Have as many open files as this process may, and say how many: connections must leave some of them to the log."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, 4 * CONNECTIONS)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def claim(host: str, port: int) -> tuple[str, int]:
    """The address that a host's name stands for and a port of it that can be listened on; OSError if there is none."""
    family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(place)
        return str(place[0]), int(probe.getsockname()[1])
