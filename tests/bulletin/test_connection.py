"""One connection: what comes in pieces, at once, too slowly, too long, or is no HTTP at all (specs/api.md §11)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulletin.http import connection
from bulletin.http.app import Application
from bulletin.http.connection import PIPELINED, HttpConnection
from bulletin.http.exchange import HttpRequest, Reply
from bulletin.http.gateway import Gateway
from bulletin.http.incoming import SMALL
from bulletin.http.question import Question
from bulletin.http.reader import BUFFER, NAMES
from bulletin.http.routes import Route
from bulletin.settings import Settings
from tests.support.serving import listening

ECHO = b"POST /echo HTTP/1.1\r\nHost: b\r\nContent-Length: 5\r\n\r\nhello"
GET = b"GET /word?a=%41 HTTP/1.1\r\nHost: b\r\n\r\n"


async def echo(_: object, asked: HttpRequest) -> Reply:
    return Reply(200, {"content-type": "text/plain"}, asked.body[:100] + b"%d" % len(asked.body))


async def say_word(_: object, asked: HttpRequest) -> Reply:
    return Reply(200, {}, f"{asked.path} {asked.query}".encode())


async def say_two_lines(*_: object) -> Reply:
    return Reply(200, {"location": "a\r\nset-cookie: b"})


async def say_much(*_: object) -> Reply:
    return Reply(200, {}, bytes(32 << 20))


def count(_: object, asked: HttpRequest) -> Reply:
    length = 0
    while piece := asked.read(1 << 14):
        length += len(piece)
    return Reply(200, {}, b"%d" % length)


def refuse(*_: object) -> Reply:
    return Reply(403, {}, b"no")


APP = Application(
    (
        Route("POST", "/echo", echo, "", {}),
        Route("GET", "/word", say_word, "", {}),
        Route("GET", "/two", say_two_lines, "", {}),
        Route("GET", "/much", say_much, "", {}),
        Route("PUT", "/count", count, "", {}, streams=True),
        Route("PUT", "/refused", refuse, "", {}, streams=True),
    ),
    None,
    (("X-Framed", "yes"),),
)


@contextmanager
def reached(**given: Any) -> Iterator[tuple[Gateway, socket.socket]]:
    gateway = Gateway(APP, Settings(port=0, **given))
    with listening(gateway), socket.create_connection((gateway.host, gateway.port), timeout=10) as made:
        yield gateway, made


def rest(made: socket.socket) -> bytes:
    """All that comes until the other end has nothing more to say."""
    found = b""
    with suppress(ConnectionError):
        while piece := made.recv(1 << 16):
            found += piece
    return found


def answered(sent: bytes, **given: Any) -> bytes:
    with reached(**given) as (_, made):
        made.sendall(sent)
        made.shutdown(socket.SHUT_WR)
        return rest(made)


def bodies(answers: bytes) -> list[bytes]:
    """The bodies of answers that follow one another."""
    found = []
    while answers:
        head, _, answers = answers.partition(b"\r\n\r\n")
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        found.append(answers[:length])
        answers = answers[length:]
    return found


@pytest.mark.process
def test_an_answer_is_framed() -> None:
    said = answered(GET)
    assert said.startswith(b"HTTP/1.1 200 OK\r\nx-framed: yes\r\ncontent-length: 11\r\ndate: ")
    assert said.endswith(b" GMT\r\n\r\n/word a=%41")


@pytest.mark.process
def test_requests_that_come_at_once_are_answered_in_turn() -> None:
    assert bodies(answered(GET + ECHO + GET)) == [b"/word a=%41", b"hello5", b"/word a=%41"]


@pytest.mark.process
def test_of_too_many_at_once_the_first_are_answered() -> None:
    said = answered(ECHO * (PIPELINED + 8))
    assert bodies(said) == [b"hello5"] * PIPELINED
    assert said.count(b"connection: close") == 1


@pytest.mark.process
@pytest.mark.parametrize(
    "sent",
    [
        b"HELO board\r\n\r\n",
        b"GET /word HTTP/1.1\r\nHost: b\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
        b"GET /word HTTP/1.1\r\nHost: b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nContent-Length: 9\r\n\r\ncut off",
    ],
)
def test_what_cannot_be_read_is_refused_and_ends_the_connection(sent: bytes) -> None:
    said = answered(sent + GET)
    assert b'"code":"malformed"' in bodies(said)[-1]
    assert said.count(b"HTTP/1.1 400 Bad Request") == 1
    assert b"/word a=" not in said, "nothing behind it is taken for a request"


@pytest.mark.process
@pytest.mark.parametrize("head", [b"X: " + b"a" * (2 * BUFFER), b"".join(b"X%d: a\r\n" % n for n in range(NAMES + 2))])
def test_a_head_is_small(head: bytes) -> None:
    with reached() as (_, made):
        made.sendall(b"GET /word HTTP/1.1\r\n" + head)
        assert made.recv(1 << 16).startswith(b"HTTP/1.1 431 ")


@pytest.mark.process
def test_a_line_feed_in_a_header_sends_nothing() -> None:
    assert b"set-cookie" not in answered(b"GET /two HTTP/1.1\r\nHost: b\r\n\r\n")


@pytest.mark.process
def test_lines_after_a_body_in_chunks_say_nothing() -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"
    assert bodies(answered(head + b"X-Forwarded-For: 1.2.3.4\r\n\r\n" + GET)) == [b"ab2", b"/word a=%41"]


@pytest.mark.process
def test_a_body_in_tiny_pieces_is_refused() -> None:
    with reached() as (_, made):
        made.sendall(b"POST /echo HTTP/1.1\r\nHost: b\r\nTransfer-Encoding: chunked\r\n\r\n")
        with suppress(OSError):
            made.sendall(b"1;%b\r\na\r\n" % (b"x" * 200) * 10_000)
        assert made.recv(1 << 16).startswith(b"HTTP/1.1 400 ")


@pytest.mark.process
@pytest.mark.parametrize("length", [SMALL, SMALL + 1, 3 * SMALL])
def test_no_more_of_a_body_is_kept_than_shows_that_it_is_too_long(length: int) -> None:
    said = bodies(answered(b"POST /echo HTTP/1.1\r\nHost: b\r\nContent-Length: %d\r\n\r\n" % length + bytes(length)))
    assert SMALL <= int(said[0][100:]) <= SMALL + BUFFER
    assert (int(said[0][100:]) > SMALL) == (length > SMALL)


@pytest.mark.process
@pytest.mark.parametrize("head", [b"PUT /count", b"POST /echo"])
def test_who_asks_before_sending_is_told_to_go_on(head: bytes) -> None:
    with reached() as (_, made):
        made.sendall(head + b" HTTP/1.1\r\nHost: b\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert made.recv(1 << 16) == connection.CONTINUE
        made.sendall(b"abc")
        assert b" 200 OK" in made.recv(1 << 16)


@pytest.mark.process
def test_who_asks_before_sending_what_is_refused_is_not_told_to_go_on() -> None:
    with reached() as (_, made):
        made.sendall(b"PUT /refused HTTP/1.1\r\nHost: b\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert made.recv(1 << 16).startswith(b"HTTP/1.1 403 ")


@pytest.mark.process
def test_a_body_that_is_read_as_it_comes_is_followed_by_others() -> None:
    put = b"PUT /count HTTP/1.1\r\nHost: b\r\nContent-Length: 300000\r\n\r\n" + bytes(300_000)
    assert bodies(answered(put + GET + put)) == [b"300000", b"/word a=%41", b"300000"]


@pytest.mark.process
def test_a_body_that_nobody_reads_ends_the_connection() -> None:
    said = answered(b"PUT /refused HTTP/1.1\r\nHost: b\r\nContent-Length: 300000\r\n\r\n" + bytes(300_000) + GET)
    assert said.startswith(b"HTTP/1.1 403 ")
    assert b"connection: close" in said


@pytest.mark.process
def test_an_old_client_reads_to_the_end() -> None:
    with reached() as (_, made):
        made.sendall(b"GET /word HTTP/1.0\r\n\r\n")
        assert rest(made).endswith(b"\r\n\r\n/word ")


@pytest.mark.process
def test_the_path_may_stand_in_a_whole_address() -> None:
    assert bodies(answered(b"GET http://board/word?b HTTP/1.1\r\nHost: b\r\n\r\n")) == [b"/word b"]


@pytest.mark.process
def test_who_says_nothing_for_long_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "IDLE", 0.3)
    for sent in (b"", b"GET /wo", GET):
        with reached() as (_, made):
            begun = monotonic()
            made.sendall(sent)
            assert rest(made).count(b"HTTP/1.1 200") == (sent == GET)
            assert 0.2 < monotonic() - begun < 5


@pytest.mark.process
def test_who_does_not_read_an_answer_holds_a_request_for_so_long_as_is_patience() -> None:
    with reached(patience=0.5) as (gateway, made):
        made.sendall(b"GET /much HTTP/1.1\r\nHost: b\r\n\r\n")
        sleep(0.3)
        assert gateway._count == 1
        sleep(1.2)
        assert (gateway._count, len(gateway._connections)) == (0, 0)
        assert len(rest(made)) < 32 << 20


class Silent:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.closed = False

    def get_extra_info(self, _: str) -> tuple[str, int]:
        return "127.0.0.1", 5

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def nothing(self) -> None:
        pass

    abort = close
    pause_reading = resume_reading = write_eof = nothing


async def fed(pieces: list[bytes]) -> Silent:
    """What a connection says to these pieces."""

    async def answer(connection: HttpConnection, question: Question) -> None:
        refusal, asked = question.refusal, question.asked
        reply = APP.turn_away(refusal, asked) if refusal else await APP.answer(asked, *APP.find(asked), None)  # type: ignore[arg-type]
        await connection.send(reply)
        connection.finish()

    def look_up(question: Question, _: str) -> None:
        question.entry, question.parts = APP.find(question.asked)

    nothing = lambda _: None  # noqa: E731
    respondent: Any = SimpleNamespace(
        buffer=memoryview(bytearray(BUFFER)), patience=5.0, look_up=look_up, answer=answer, greet=nothing, part=nothing
    )
    made, silent = HttpConnection(respondent), Silent()
    made.connection_made(silent)  # type: ignore[arg-type]
    for piece in pieces:
        made.get_buffer(-1)[: len(piece)] = piece
        made.buffer_updated(len(piece))
        await asyncio.sleep(0)
    return silent


def undated(said: bytes) -> list[bytes]:
    return [line for line in said.split(b"\r\n") if not line.startswith(b"date: ")]


@given(cuts=st.lists(st.integers(1, len(GET + ECHO + GET) - 1), unique=True).map(sorted))
def test_where_it_is_cut_makes_no_difference(cuts: list[int]) -> None:
    whole = GET + ECHO + GET
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    said, same = (asyncio.run(fed(each)).written for each in (pieces, [whole]))
    assert undated(said) == undated(same)
    assert said.count(b" 200 OK") == 3


@settings(max_examples=300)
@given(
    pieces=st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.sampled_from([GET, ECHO, ECHO[:-3], b"0\r\n\r\n", b"Transfer-Encoding: chunked\r\n"]),
        ),
        max_size=6,
    )
)
def test_whatever_comes_is_answered_or_waited_for(pieces: list[bytes]) -> None:
    """No bytes make it fall over: they are answered in HTTP, and after a refusal nothing more is."""
    said = asyncio.run(fed([piece for piece in pieces if piece])).written
    assert said == b"" or said.startswith(b"HTTP/1.1 ")
    assert said.count(b"HTTP/1.1 400") <= 1
