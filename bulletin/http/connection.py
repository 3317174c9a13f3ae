"""One connection of HTTP/1.1: bytes in, one request at a time to who answers, its answer out (specs/api.md §11).

What a request may be is bounded by the reader; in what time it comes, and how many at once, is bounded here.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from concurrent.futures import Executor
from functools import partial
from math import inf
from time import monotonic
from typing import Any, BinaryIO, Protocol

from httptools import HttpParserCallbackError

from bulletin.board.admission import Refusal
from bulletin.http.exchange import PIECE, Framed, HttpRequest
from bulletin.http.heads import write_head
from bulletin.http.incoming import SMALL, Incoming, say_late
from bulletin.http.question import Question
from bulletin.http.reader import RAW, RequestReader, say_bad
from bulletin.http.waiting import start

PIPELINED = 16  # requests of one connection that wait for their turn; whoever sends more is answered these
IDLE = 30.0  # seconds from one answer to the next head
LINGER = 2.0  # seconds in which what is not wanted may come, so that its sender reads the answer
REST = 1 << 20  # bytes of it
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LOGGER = logging.getLogger("aikyn.board")


class Respondent(Protocol):
    """Where connections lead; all of them read into `buffer`, one after the other."""

    buffer: memoryview
    patience: float

    @property
    def threads(self) -> Executor:
        """What reads files."""

    def look_up(self, question: Question, peer: str) -> None:
        """Find what answers; the question gets its entry, or a refusal."""

    def answer(self, connection: "HttpConnection", question: Question) -> Coroutine[Any, Any, None]:
        """Send the answer by the connection; nothing is raised."""

    def greet(self, connection: "HttpConnection") -> None:
        """One connection more."""

    def part(self, connection: "HttpConnection") -> None:
        """One connection less."""


class HttpConnection(asyncio.BufferedProtocol):
    """Hands requests to the respondent one after the other; `due` is when the other end has been too slow."""

    def __init__(self, respondent: Respondent) -> None:
        self.due, self.lost = monotonic() + IDLE, False
        self._respondent, self._loop, self._reader = respondent, asyncio.get_running_loop(), RequestReader(self)
        self._transport: Any = None
        self._peer = ""
        self._ignored = 0  # bytes
        self._coming: Question | None = None  # its head is here, the rest is not
        self._ready: deque[Question] = deque()
        self._current: Question | None = None  # is being answered
        self._drained: asyncio.Future[None] | None = None
        self._deaf = self._paused = False  # nothing is read any more, or for now

    # What the transport says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]) if peer else ""
        self._respondent.greet(self)

    def connection_lost(self, _: Exception | None) -> None:
        """End; whoever still answers writes to nobody."""
        self.due, self.lost, self._deaf = inf, True, True
        for question in (self._coming, self._current):
            if question and question.incoming:
                question.incoming.end()
        self._ready.clear()
        self.resume_writing()
        self._respondent.part(self)

    def get_buffer(self, _: int) -> memoryview:
        """Where bytes are put; they are taken from there at once."""
        return self._respondent.buffer

    def buffer_updated(self, size: int) -> None:
        """Bytes have come."""
        if self._deaf:
            self._ignore(size)
            return
        busy = self._current is not None
        try:
            self._reader.feed(self._respondent.buffer[:size])
        except HttpParserCallbackError:
            LOGGER.exception("fault")
            self.abort()
        if self._coming and not self._coming.incoming and self._reader.since > RAW:
            self.close_with(say_bad("the body came in too small pieces; send it whole"))
        if busy and (self._ready or not (self._current and self._current.incoming)):
            self._pause()
        self._turn()

    def eof_received(self) -> bool:
        """No more comes; what came whole is still answered."""
        if self._coming:
            self.close_with(say_bad("the body was cut off; send it again"))
        self._deaf = True
        self._turn()
        return self._current is not None

    def pause_writing(self) -> None:
        """The other end does not read."""
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        """It reads again."""
        if self._drained and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    # What the reader says

    def begin(self, asked: HttpRequest, *, keeps: bool) -> None:
        """A head is here: find what answers, and what is to be done with the body."""
        if self._deaf:
            return
        if len(self._ready) >= PIPELINED:
            self._deaf, self._ready[-1].keeps = True, False
            return
        question = self._coming = Question(asked, keeps)
        self._respondent.look_up(question, self._peer)
        if question.refusal:
            self._queue(question)
        elif asked.headers.get("content-length", "0") != "0" or "transfer-encoding" in asked.headers:
            self._expect(question)

    def add(self, piece: bytes) -> None:
        """Some of a body; no more of it is kept than shows that it is too long."""
        question = self._coming
        if question is None or self._deaf:
            return
        if question.incoming:
            question.incoming.put(piece)
            if question.incoming.full:
                self._pause()
        elif not question.queued:
            question.body += piece
            if len(question.body) > SMALL:
                self._queue(question)

    def complete(self) -> None:
        """All of a request is here."""
        question, self._coming = self._coming, None
        if question is None or self._deaf:
            return
        question.whole = True
        if question.incoming:
            question.incoming.end()
        self._queue(question)

    def close_with(self, refusal: Refusal) -> None:
        """Read nothing more; the last answer is this refusal, unless the request is on its way already."""
        if self._deaf:
            return
        self._deaf = True
        question = self._coming or Question(HttpRequest("", "", "", {}))
        question.keeps = False
        if question.incoming:
            question.incoming.end()
        elif not question.queued:
            question.refusal = refusal
            self._queue(question)

    # What is done about it

    async def send(self, reply: Framed) -> None:
        """Write the answer to the present request, no faster than it is read."""
        question, body = self._current, reply.body
        if question is None:
            return
        question.keeps = question.keeps and question.whole
        headless = question.asked.method == "HEAD"
        if isinstance(body, bytes):
            head = write_head(reply, len(body), keeps=question.keeps)
            await self._write(head if headless else head + body)
        else:
            with body.file:
                await self._write(write_head(reply, body.length, keeps=question.keeps))
                await self._send_file(body.file, 0 if headless else body.length)

    async def _write(self, data: bytes) -> None:
        if not self.lost:
            self._transport.write(data)
        if self._drained:
            self.due = monotonic() + self._respondent.patience
            await self._drained
            self.due = inf

    async def _send_file(self, file: BinaryIO, left: int) -> None:
        while left and not self.lost:
            piece = await self._loop.run_in_executor(self._respondent.threads, file.read, min(PIECE, left))
            if not piece:
                self.abort()  # it has become shorter: what is missing must not be taken from the next answer
                return
            left -= len(piece)
            await self._write(piece)

    def abort(self) -> None:
        """End at once."""
        self.due, self.lost, self._deaf = inf, True, True
        self._transport.abort()

    def finish(self) -> None:
        """The answer is written: turn to the next request, or go."""
        question, self._current = self._current, None
        if question is None or self.lost:
            return
        if not question.keeps or (self._deaf and not self._ready):
            self._leave(whole=question.whole)
            return
        self.due = monotonic() + (self._respondent.patience if self._coming else IDLE)
        self.resume()
        self._turn()

    def give_up(self) -> None:
        """The other end was too slow: for a body it is told so."""
        if self._coming and not self._coming.queued and not self._current:
            self.close_with(say_late())
            self._turn()
        else:
            self.abort()

    def close(self) -> None:
        """End after the answer that is being written, or at once."""
        if self._current:
            self._current.keeps = False
        else:
            self._leave(whole=True)

    def _ignore(self, size: int) -> None:
        """What comes after the last request that is answered is not read, or not for long."""
        self._ignored += size
        if self._current:
            self._pause()
        elif self._ignored > REST:
            self.abort()

    def resume(self) -> None:
        """Read again."""
        if self._paused and not self.lost:
            self._paused = False
            self._transport.resume_reading()

    def _pause(self) -> None:
        if not self._paused and not self.lost:
            self._paused = True
            self._transport.pause_reading()

    def _expect(self, question: Question) -> None:
        """Wait for a body, for a while; say that it may come to who asks that first."""
        waits = question.asked.headers.get("expect", "").lower() == "100-continue"
        if question.entry.route and question.entry.route.streams:
            question.incoming = Incoming(
                self._loop, self._respondent.patience, partial(self._want, question, waits=waits)
            )
            question.asked.read = question.incoming.read
            self._queue(question)
        elif self._current is None:
            self.due = monotonic() + self._respondent.patience
            if waits and not self._ready:
                self._transport.write(CONTINUE)

    def _want(self, question: Question, *, waits: bool) -> None:
        """Somebody reads this body."""
        if waits and not question.begun and question is self._current and not self.lost:
            self._transport.write(CONTINUE)
        question.begun = True
        self.resume()

    def _queue(self, question: Question) -> None:
        if not question.queued:
            question.queued, question.asked.body = True, bytes(question.body)
            self._ready.append(question)

    def _turn(self) -> None:
        """Have the next request answered."""
        if self._current is None and self._ready:
            self._current, self.due = self._ready.popleft(), inf
            start(self._loop, self._respondent.answer(self, self._current))

    def _leave(self, *, whole: bool) -> None:
        """Say nothing more; who is still sending gets time to notice."""
        self._deaf = True
        if whole:
            self.due = monotonic() + self._respondent.patience  # for what is written already
            self._transport.close()
        else:
            self.due, self._ignored = monotonic() + LINGER, 0
            self.resume()
            self._transport.write_eof()
