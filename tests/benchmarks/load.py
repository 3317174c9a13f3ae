"""A load on a board: `python -m tests.benchmarks.load URL FILE --rate R --held N` posts ballots, fetches receipts.

A process of its own, so that it shares no interpreter with the board; it keeps connections open if the board does.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
import time
from pathlib import Path

from bulletin.office.nation.connection import Connection
from verifier.log.tree import hash_leaf

JSON = {"Content-Type": "application/json"}


class Load:
    """Posts each ballot once, by `held` clients, at most `rate` a second (0: as fast as it goes)."""

    def __init__(self, url: str, ballots: list[bytes], rate: float, held: int) -> None:
        self._url, self._ballots, self._rate, self._held = url, ballots, rate, held
        self.took: list[float] = []
        self.busy = 0

    async def run(self) -> float:
        """Seconds from the first post to the last receipt."""
        begun = time.perf_counter()
        places = iter(range(len(self._ballots)))
        await asyncio.gather(*(self._work(places, begun) for _ in range(self._held)))
        return time.perf_counter() - begun

    async def _work(self, places: object, begun: float) -> None:
        connection = Connection(self._url)
        for place in places:  # type: ignore[attr-defined]
            if self._rate:
                await asyncio.sleep(max(0.0, begun + place / self._rate - time.perf_counter()))
            posted = time.perf_counter()
            raw = self._ballots[place]
            await self._insist(connection, "POST", "/records", raw, 202)
            await self._insist(connection, "GET", f"/receipts/{hash_leaf(raw).hex()}?wait=10", b"", 200)
            self.took.append(time.perf_counter() - posted)

    async def _insist(self, connection: Connection, method: str, path: str, body: bytes, wanted: int) -> None:
        while True:
            status, answer = await connection.ask(method, path, body, JSON)
            if status == wanted:
                return
            if status != 503:
                raise SystemExit(f"{method} {path}: {status} {answer!r}")
            self.busy += 1
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    url, file, rate, held = sys.argv[1:]
    load = Load(url, pickle.loads(Path(file).read_bytes()), float(rate), int(held))
    seconds = asyncio.run(load.run())
    print(json.dumps({"seconds": seconds, "took": sorted(load.took), "busy": load.busy}))
