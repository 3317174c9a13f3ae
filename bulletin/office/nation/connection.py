"""A connection to a board that is kept: one request at a time, written and read as it is, so that it costs little."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from bulletin.office.processes import Failed

if TYPE_CHECKING:
    from collections.abc import Mapping

LOST = 3  # attempts at a board that closes the connection: an idle one is closed after half a minute
BUSY = {429, 503}  # statuses of a busy board
AGAIN, PATIENCE = 0.1, 60.0  # seconds until the next attempt, and of all attempts


class BoardAnswer(NamedTuple):
    """What a board answered."""

    status: int
    body: bytes

    @property
    def clause(self) -> str:
        """The clause by which the board refused; "" if it did not, or by none."""
        told = json.loads(self.body)
        return str(told.get("clause", ""))


class Connection:
    """To the board at `url`, opened when it is needed and after it was lost: every request may be repeated."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def insist(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> BoardAnswer:
        """The answer of a board that is no longer busy; `Failed` if it stays so, or cannot be reached."""
        for _ in range(int(PATIENCE / AGAIN)):
            answer = await self._repeat(method, path, body, headers)
            if answer.status not in BUSY:
                return answer
            await asyncio.sleep(AGAIN)
        raise Failed("the board stays busy")

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> BoardAnswer:
        """The answer, whatever it is; OSError or EOFError if the connection is lost."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        told = {"Host": self._host, "Content-Length": str(len(body)), **(headers or {})}
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        writer.write(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        said = dict(line.split(": ", 1) for line in rest if ": " in line)
        answer = BoardAnswer(int(first.split()[1]), await reader.readexactly(int(said.get("content-length", "0"))))
        if said.get("connection") == "close":
            await self.close()
        return answer

    async def close(self) -> None:
        """Let go of it; the next request opens another one."""
        if self._streams:
            (_, writer), self._streams = self._streams, None
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _repeat(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> BoardAnswer:
        for attempt in range(1, LOST + 1):
            try:
                return await self.ask(method, path, body, headers)
            except (OSError, EOFError) as error:
                await self.close()
                if attempt == LOST:
                    raise Failed(f"the board cannot be reached ({type(error).__name__})") from error
        raise AssertionError
