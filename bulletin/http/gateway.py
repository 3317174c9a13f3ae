"""The board's application behind granian: connections are kept open, and what is held at a time is bounded.

Granian reads and writes HTTP outside of Python's lock; the application answers in threads of this process, in which the
sequencer lives too. Without granian (the extra `server`) werkzeug's server does, several times slower.
"""

import asyncio
import logging
import re
import resource
import socket
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from io import BytesIO
from time import monotonic
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from bulletin.board.admission import Refusal, is_ballot, read_record, say_busy
from bulletin.board.sequencer import Sequencer
from bulletin.http.headers import public
from bulletin.http.server import Answering, Board
from bulletin.settings import Settings

SMALL = 1 << 16  # bytes of a body that is read before there is a thread for it
SLOWEST = 1 << 14  # bytes a second of a blob
BUFFER = 1 << 16  # bytes that a connection holds of a request
WRITES = {"POST", "PUT"}
THREADS = 64  # that answer all other requests
JSON, BYTES = "application/json", "application/octet-stream"
HASH, WAIT = re.compile("[0-9a-f]{64}"), re.compile(r"wait=([0-9]{1,4}(?:\.[0-9]{1,6})?)")
SHORT = 1.0  # seconds that a question for a receipt is held without a thread
SERVICE = (("cache-control", "no-store"), ("access-control-allow-origin", "*"))
BACKLOG = 4096  # connections that wait to be accepted
CONNECTIONS = 10_000  # that are kept, idle ones among them; others wait until one ends
GREAT = 1 << 18  # bytes of an answer that is sent piece by piece
FAULT = Refusal("fault", "the board failed at this request; it is logged")
LOGGER = logging.getLogger("aikyn.board")
Answer = tuple[int, list[tuple[str, str]], Iterable[bytes]]


def say_late() -> Refusal:
    """The refusal of a body that does not come."""
    return Refusal("malformed", "the body did not come in time; send it again", status=408)


class Usual:
    """The two requests that are nearly all of a board's load, answered without a thread when all is well.

    None is left to the application: whatever is refused, late or not quite usual.
    """

    def __init__(self, sequencer: Sequencer, settings: Settings) -> None:
        self._sequencer, self._patience = sequencer, settings.patience
        self._round, self._publication = Bell(), Bell()
        frame = frame_of(settings)
        self._taken, self._given = [*frame, ("content-type", JSON)], [*frame, ("content-type", BYTES)]

    async def answer(self, scope: Any, headers: Mapping[str, str], body: BytesIO) -> Answer | None:  # noqa: ANN401  granian's
        """The answer to a ballot that is admitted, or to the question for a receipt."""
        try:
            if scope.method == "POST" and scope.path == "/records" and headers.get("content-type") == JSON:
                return await self._take(body.getvalue())
            if scope.method == "GET" and scope.path.startswith("/receipts/"):
                return await self._give(scope.path.removeprefix("/receipts/"), scope.query_string)
        except (Refusal, TimeoutError):
            pass
        return None

    async def _take(self, raw: bytes) -> Answer | None:
        posted = read_record(raw)
        if not is_ballot(posted.record):
            return None
        if self._sequencer.find(posted.leaf) is None:
            await self._placed(self._sequencer.submit(posted).answer)
        leaf = posted.leaf.hex()
        said = b'{"leaf":"%b","status":"/records/%b"}\n' % (leaf.encode(), leaf.encode())
        return 202, self._taken, [said]

    async def _give(self, shown: str, query: str) -> Answer | None:
        """Waits for one publication, no longer than was asked; the application waits for what is left."""
        leaf = bytes.fromhex(shown) if HASH.fullmatch(shown) else b""
        index, wait = self._sequencer.find(leaf), WAIT.fullmatch(query)
        if index is None or (query and not wait):
            return None
        publication = self._sequencer.publication  # taken first: the next one may come while we look
        if wait and not self._sequencer.is_published(index):
            await self._publication.wait(publication, min(float(wait[1]), self._patience, SHORT))
        if not self._sequencer.is_published(index):
            return None
        return 200, self._given, [self._sequencer.log.receipt(index)]

    async def _placed(self, answer: Future[int]) -> None:
        """Until the record has its place, or is refused; TimeoutError if that takes too long."""
        end = monotonic() + self._patience
        round = self._sequencer.round
        while not answer.done():
            if monotonic() > end:
                raise TimeoutError
            await self._round.wait(round, self._patience)
            round = self._sequencer.round
        answer.result()


class Bell:
    """What many requests wait for: one message from the sequencer's thread wakes them all."""

    def __init__(self) -> None:
        self._source: Future[None] | None = None
        self._here: asyncio.Future[None]

    async def wait(self, source: Future[None], seconds: float) -> None:
        """Until `source` is done, or so many seconds."""
        if source is not self._source:
            self._source, self._here = source, asyncio.wrap_future(source)
        await asyncio.wait([self._here], timeout=seconds)


def frame_of(settings: Settings) -> list[tuple[str, str]]:
    """The headers of every answer of the board's service."""
    return [*SERVICE, *((name.lower(), value) for name, value in public(settings.address))]


class Gateway:
    """A server with the methods of werkzeug's that `server.run` uses; more requests than it may hold are turned away.

    Port 0 takes a free one, `port` says which.
    """

    def __init__(self, board: Board, usual: Usual, settings: Settings) -> None:
        self.host, self.port = settings.host, _claim_port(settings.host, settings.port)
        self.answering = Answering()
        self._board, self._usual, self._most, self._count = board, usual, settings.requests, 0
        self._frame, self._patience = frame_of(settings), settings.patience
        self._threads = ThreadPoolExecutor(min(self._most, THREADS), "answer")
        self._ended: Future[None] = Future()

    def serve_forever(self, _poll: float = 0.0) -> None:
        """Serve until `shutdown`."""
        asyncio.run(self._serve())

    def shutdown(self) -> None:
        """End; answers that are under way are cut off."""
        if not self._ended.done():
            self._ended.set_result(None)
        self._threads.shutdown(wait=False, cancel_futures=True)

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
        listening.stop()  # type: ignore[no-untyped-call]
        await serving

    async def _receive(self, scope: Any, protocol: Any) -> None:  # noqa: ANN401  granian's objects
        """One request; it counts once its body is here, which for a blob is as it comes."""
        headers = dict(scope.headers.items())
        try:
            if scope.method in WRITES:
                peer = scope.client.rpartition(":")[0].strip("[]")
                self._board.senders.take(peer, headers.get("x-forwarded-for", ""))
            body = await self._read(scope, protocol, headers)
            with self._held(), self.answering:
                await self._respond(scope, protocol, headers, body)
        except Refusal as refusal:
            self._turn_away(protocol, refusal)
        except Exception:
            LOGGER.exception("fault")
            with suppress(Exception):  # part of an answer may have gone out
                self._turn_away(protocol, FAULT)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """One more request, or a refusal."""
        if self._count >= self._most:
            raise say_busy("the board holds as many requests as it can; send it again")
        self._count += 1
        try:
            yield
        finally:
            self._count -= 1

    async def _respond(self, scope: Any, protocol: Any, headers: dict[str, str], body: "BytesIO | Body") -> None:  # noqa: ANN401  granian's
        answer = await self._usual.answer(scope, headers, body) if isinstance(body, BytesIO) else None
        if answer is None:
            environ = _environ(scope, headers, body)
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._answer, environ)
        await self._send(protocol, *answer)

    async def _read(self, scope: Any, protocol: Any, headers: Mapping[str, str]) -> "BytesIO | Body":  # noqa: ANN401  granian's
        """The body: a blob's as its thread asks for it; any other before there is a thread, no more than is needed."""
        length = headers.get("content-length", "")
        if not length and "transfer-encoding" not in headers:
            return BytesIO()
        if scope.method == "PUT":
            return Body(aiter(protocol), asyncio.get_running_loop(), self._patience)
        try:
            async with asyncio.timeout(self._patience):
                if length.isdecimal() and int(length) <= SMALL:
                    return BytesIO(await protocol())
                return BytesIO(await _collect(protocol))
        except TimeoutError:
            raise say_late() from None
        except RuntimeError:  # as granian has it
            raise Refusal("malformed", "the body was cut off; send it again") from None

    def _turn_away(self, protocol: Any, refusal: Refusal) -> None:  # noqa: ANN401  granian's
        """Refuse before anything is read."""
        headers = [*self._frame, ("content-type", JSON)]
        if refusal.retry is not None:
            headers.append(("retry-after", str(refusal.retry)))
        protocol.response_bytes(refusal.status, headers, self._board.refuser.repeat(refusal))

    def _answer(self, environ: dict[str, Any]) -> Answer:
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
            told[:] = int(status[:3]), [(name.lower(), value) for name, value in headers]

        pieces = self._board.app(environ, start)  # type: ignore[arg-type]
        return told[0], told[1], pieces

    async def _send(self, protocol: Any, status: int, headers: list[tuple[str, str]], pieces: Iterable[bytes]) -> None:  # noqa: ANN401  granian's
        loop = asyncio.get_running_loop()
        try:
            if int(dict(headers).get("content-length", "0")) < GREAT:
                protocol.response_bytes(status, headers, b"".join(pieces))
                return
            transport, rest = protocol.response_stream(status, headers), iter(pieces)
            while piece := await loop.run_in_executor(self._threads, next, rest, b""):
                await transport.send_bytes(piece)
        finally:
            getattr(pieces, "close", lambda: None)()


async def _collect(pieces: AsyncIterable[bytes]) -> bytes:
    """A body whose length nobody said, or one that is too long: so much of it that the application can say so."""
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

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; b"" at the end."""
        while not self._over and (size < 0 or not self._held):
            coming = asyncio.run_coroutine_threadsafe(self._next(), self._loop)
            try:
                piece = coming.result(max(0.0, self._end - monotonic()))
            except TimeoutError:
                coming.cancel()
                raise say_late() from None
            self._end += len(piece) / SLOWEST
            self._over = not piece
            self._held += piece
        cut = len(self._held) if size < 0 else size
        taken, self._held = self._held[:cut], self._held[cut:]
        return taken

    async def _next(self) -> bytes:
        try:
            while not (piece := await anext(self._pieces)):
                pass
        except (StopAsyncIteration, RuntimeError):  # the second is granian's word for a body that is cut off
            return b""
        return bytes(piece)


def _environ(scope: Any, headers: Mapping[str, str], body: Any) -> dict[str, Any]:  # noqa: ANN401  granian's objects
    """What WSGI asks for (PEP 3333), without the sender's address: it has been counted."""
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items() if "_" not in name}
    host, _, port = scope.server.rpartition(":")
    return named | {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "CONTENT_TYPE": headers.get("content-type", ""),
        "CONTENT_LENGTH": headers.get("content-length", ""),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": None,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _raise_files() -> int:
    """Have as many open files as this process may, and say how many: connections must leave some of them to the log."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, 4 * CONNECTIONS)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)


def _claim_port(host: str, port: int) -> int:
    """A port that can be listened on; OSError if `port` is taken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])
