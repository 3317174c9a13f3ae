"""A load on a board: `python -m tests.benchmarks.load URL FILE RATE HELD [posts]` posts records, each for its receipt.

FILE has lanes. The records of a lane follow one another, each after the receipt of the one before; with `posts` none is
asked for. A process of its own, so that it shares no interpreter with the board; it keeps connections open if the board
does.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import uvloop

from bulletin.office.nation.connection import Connection
from verifier.log.tree import hash_leaf

JSON = {"Content-Type": "application/json"}
TAKEN = (200, 202)


class Sent(NamedTuple):
    """A record, and the headers with which it is handed in."""

    raw: bytes
    headers: Mapping[str, str] = {}


Lane = Sequence[Sent]


class Load:
    """Posts each record once, by `held` clients that have a lane each, at most `rate` a second (0: as it goes).

    With `receipts` each waits for its receipt before the next one of its lane is posted.
    """

    def __init__(self, url: str, lanes: Sequence[Lane], rate: float, held: int, *, receipts: bool = True) -> None:
        self._url, self._lanes, self._rate, self._held, self._receipts = url, lanes, rate, held, receipts
        self.took: list[float] = []
        self.busy = 0

    async def run(self) -> float:
        """Seconds from the first post to the last receipt."""
        begun = time.perf_counter()
        lanes = self._due()
        await asyncio.gather(*(self._work(lanes, begun) for _ in range(self._held)))
        return time.perf_counter() - begun

    def _due(self) -> Iterator[tuple[float, Lane]]:
        """Each lane, and after how many seconds it begins."""
        before = 0
        for lane in self._lanes:
            yield before / self._rate if self._rate else 0.0, lane
            before += len(lane)

    async def _work(self, lanes: Iterator[tuple[float, Lane]], begun: float) -> None:
        connection = Connection(self._url)
        for due, lane in lanes:
            await asyncio.sleep(max(0.0, begun + due - time.perf_counter()))
            for raw, headers in lane:
                posted = time.perf_counter()
                query = "?wait=10" if self._receipts else ""
                status = await self._insist(connection, "POST", f"/records{query}", raw, headers)
                if self._receipts and status == 202:
                    await self._insist(connection, "GET", f"/receipts/{hash_leaf(raw).hex()}?wait=10")
                self.took.append(time.perf_counter() - posted)

    async def _insist(
        self,
        connection: Connection,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> int:
        """The status of an answer other than busy."""
        while True:
            status, answer = await connection.ask(method, path, body, {**JSON, **(headers or {})})
            if status in TAKEN:
                return status
            if status != 503:
                raise SystemExit(f"{method} {path}: {status} {answer!r}")
            self.busy += 1
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    url, file, rate, held, *only = sys.argv[1:]
    load = Load(url, pickle.loads(Path(file).read_bytes()), float(rate), int(held), receipts=only != ["posts"])
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        seconds = runner.run(load.run())
    print(json.dumps({"seconds": seconds, "took": sorted(load.took), "busy": load.busy}))
