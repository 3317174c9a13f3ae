"""The server: it takes connections, bounds what is held at a time, and has each request answered.

Answers come from an application in this process, in which a board's sequencer lives too.
"""

import asyncio
import logging
import resource
import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

import uvloop

from bulletin.board.admission import Refusal, say_busy
from bulletin.http.app import FAULT, Application
from bulletin.http.connection import HttpConnection
from bulletin.http.question import Question
from bulletin.http.reader import BUFFER
from bulletin.settings import Settings

THREADS = 64  # that answer what is not answered at once
BACKLOG = 4096  # connections that wait to be accepted
CONNECTIONS = 10_000  # that are kept, idle ones among them; others wait until one ends
LAST_ANSWERS = 5.0  # seconds that answers under way are given at the end
FAREWELL = 0.5  # seconds in which they go out, at most
SWEEP = 0.1  # seconds between looks at who has been too slow
LOGGER = logging.getLogger("aikyn.board")


class Gateway:
    """Serves an application until another thread says `shutdown`; more requests than it may hold are turned away.

    Port 0 takes a free one, `port` says which.
    """

    def __init__(self, app: Application, settings: Settings) -> None:
        self.host, self.port = claim(settings.host, settings.port)
        self.fault: BaseException | None = None
        self.buffer, self.patience = memoryview(bytearray(BUFFER)), settings.patience
        self._app, self._most, self._count = app, settings.requests, 0
        self.threads = ThreadPoolExecutor(min(self._most, THREADS), "answer")
        self._ended: Future[None] = Future()
        self._connections: set[HttpConnection] = set()

    def serve_forever(self) -> None:
        """Serve until `shutdown`; what ends it sooner is kept as its `fault`."""
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:
            self.fault = error
            raise

    def shutdown(self) -> None:
        """End, once the answers that are under way have gone out, or have had their time."""
        if not self._ended.done():
            self._ended.set_result(None)

    def greet(self, connection: HttpConnection) -> None:
        """One connection more."""
        self._connections.add(connection)

    def part(self, connection: HttpConnection) -> None:
        """One connection less."""
        self._connections.discard(connection)
        self._room.release()

    def look_up(self, question: Question, peer: str) -> None:
        """Find what answers; the question gets its entry, or a refusal."""
        try:
            self._app.count(question.asked, peer)
            question.entry, question.parts = self._app.find(question.asked)
        except Refusal as refusal:
            question.refusal = refusal
        except Exception:
            LOGGER.exception("fault")
            question.refusal = FAULT

    async def answer(self, connection: HttpConnection, question: Question) -> None:
        """Have a request answered; it counts from here on, as its body is here or will be read as it comes."""
        asked, refusal = question.asked, question.refusal
        while not refusal and self._count >= self._most:
            if not self._app.make_room():
                refusal = say_busy("the board holds as many requests as it can; send it again")
        counts = refusal is None
        self._count += counts
        try:
            try:
                if refusal:
                    answer = self._app.turn_away(refusal, asked)
                else:
                    answer = await self._app.answer(asked, question.entry, question.parts, self.threads)
            except Exception:
                LOGGER.exception("fault")
                answer = self._app.turn_away(FAULT, asked)
            await connection.send(answer)
        except Exception:  # some of an answer may have gone out: whoever reads it must not take more for the rest
            LOGGER.exception("fault")
            connection.abort()
        finally:
            self._count -= counts
            connection.finish()

    async def _serve(self) -> None:
        room = self._room = asyncio.Semaphore(min(CONNECTIONS, _raise_files() // 2))
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.create_server((self.host, self.port), family=family, backlog=BACKLOG) as listening:
            listening.settimeout(0)
            working = {asyncio.create_task(self._accept(listening, room)), asyncio.create_task(self._sweep())}
            ended = asyncio.wrap_future(self._ended)
            done, _ = await asyncio.wait({ended, *working}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        await self._wait_for_none(lambda: self._count, LAST_ANSWERS)
        for connection in list(self._connections):
            connection.close()
        await self._wait_for_none(lambda: len(self._connections), FAREWELL)
        for task in working:
            task.cancel()
        self.threads.shutdown(wait=False, cancel_futures=True)

    async def _wait_for_none(self, count: Callable[[], int], seconds: float) -> None:
        end = monotonic() + seconds
        while count() and monotonic() < end:  # noqa: ASYNC110  once in a server's life
            await asyncio.sleep(0.01)

    async def _accept(self, listening: socket.socket, room: asyncio.Semaphore) -> None:
        """Take connections while there is room for them."""
        loop = asyncio.get_running_loop()
        while True:
            await room.acquire()
            try:
                made, _ = await loop.sock_accept(listening)
                await loop.connect_accepted_socket(lambda: HttpConnection(self), made)
            except OSError:  # it has gone, or there is no file for it
                room.release()
                await asyncio.sleep(SWEEP)

    async def _sweep(self) -> None:
        """Give up who has been too slow."""
        while True:
            await asyncio.sleep(SWEEP)
            now = monotonic()
            for connection in [each for each in self._connections if each.due <= now]:
                connection.give_up()


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
