"""A connection that a rehearsal keeps to its board: opened again when it is lost, patient with a busy board."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bulletin.office.nation import connection
from bulletin.office.nation.chronicle import Posting
from bulletin.office.nation.connection import BoardAnswer, Connection
from bulletin.office.nation.posting import waves
from bulletin.office.processes import Failed

OK = b'HTTP/1.1 202 Accepted\r\nContent-Length: 13\r\n\r\n{"leaf":"9c"}'
LAST = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}"
REFUSED = b'HTTP/1.1 403 Forbidden\r\nContent-Length: 18\r\n\r\n{"clause":"CRT.2"}'
LOST = b""  # the connection ends without an answer


class Script:
    """A server that gives these answers in turn, and counts how often it was connected to and asked."""

    def __init__(self, *answers: bytes) -> None:
        self.answers, self.opened, self.asked = list(answers), 0, list[bytes]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        while self.answers:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except EOFError:
                break
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
            self.asked.append(head + await reader.readexactly(length))
            answer = self.answers.pop(0)
            if answer == LOST:
                break
            writer.write(answer)
        writer.close()
        await writer.wait_closed()


def play(script: Script, use: Callable[[Connection], Awaitable[list[BoardAnswer]]]) -> list[BoardAnswer]:
    """What is answered to those who use a connection to this server."""

    async def run() -> list[BoardAnswer]:
        server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
        async with server:
            link = Connection(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            try:
                return await use(link)
            finally:
                await link.close()

    # In a thread, since a browser that an earlier test opened keeps a loop running in this one.
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, run()).result()


def post(times: int) -> Callable[[Connection], Awaitable[list[BoardAnswer]]]:
    """One record, so many times."""

    async def use(link: Connection) -> list[BoardAnswer]:
        return [await link.insist("POST", "/records", b"{}", {"Authorization": "Aikyn x"}) for _ in range(times)]

    return use


@pytest.mark.process
def test_one_connection_serves_many_requests() -> None:
    script = Script(OK, REFUSED, OK)
    answers = play(script, post(3))
    assert [(each.status, each.clause) for each in answers] == [(202, ""), (403, "CRT.2"), (202, "")]
    assert (script.opened, len(script.asked)) == (1, 3)
    assert script.asked[0].startswith(b"POST /records HTTP/1.1\r\nHost: 127.0.0.1\r\n")
    assert script.asked[0].endswith(b"Authorization: Aikyn x\r\n\r\n{}")


@pytest.mark.process
@pytest.mark.parametrize(("first", "asked"), [(LOST, 3), (LAST, 2)])
def test_a_lost_connection_is_opened_again(first: bytes, asked: int) -> None:
    script = Script(first, OK, OK)
    assert [each.status for each in play(script, post(2))] == [202, 202]
    assert (script.opened, len(script.asked)) == (2, asked)


@pytest.mark.process
def test_a_busy_board_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "AGAIN", 0.01)
    script = Script(BUSY, BUSY, OK)
    assert [each.status for each in play(script, post(1))] == [202]
    monkeypatch.setattr(connection, "PATIENCE", 0.02)
    with pytest.raises(Failed, match="stays busy"):
        play(Script(*[BUSY] * 9), post(1))


@pytest.mark.process
def test_a_board_that_never_answers_is_said() -> None:
    with pytest.raises(Failed, match="cannot be reached"):
        play(Script(*[LOST] * 9), post(1))


def rows(*told: tuple[float, str]) -> Iterator[Posting]:
    """Postings of one moment, by rank and unit."""
    return (Posting(0, rank, lane, b"") for rank, lane in told)


def test_precincts_do_not_wait_for_each_other_and_others_do() -> None:
    told = rows((1, "p-1"), (1, "p-2"), (2, "p-1"), (3, "tec"), (3, "p-2"), (4, "cec"), (5, "p-1"), (6, "p-2"))
    found = [[(one.rank, one.lane) for one in wave] for wave in waves(told, {"p-1", "p-2"})]
    assert found == [
        [(1, "p-1"), (1, "p-2"), (2, "p-1")],
        [(3, "tec"), (3, "p-2")],
        [(4, "cec")],
        [(5, "p-1"), (6, "p-2")],
    ]
