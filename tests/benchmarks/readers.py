"""Readers of a site of results behind nginx: `python -m tests.benchmarks.readers URL SITE READERS SECONDS`.

A process of its own. Each reader makes a TLS connection, and opens the front page in a language, its style, a territory
and a precinct, as a browser does that keeps nothing yet. Readers come evenly; none waits for another.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import ssl
import subprocess
import sys
import time
import zlib
from pathlib import Path
from urllib.parse import urlsplit

from bulletin.http.markup import LANGUAGES
from tests.support.fronts import fronted_results

A_MINUTE, MINUTE = 10_000, 60.0  # readers, seconds
LATE = 1.0  # seconds in which 99 of 100 requests must be answered
CHECKED = 50  # one reader in so many compares what came with the file


class Reader:
    """One reader's connection: a request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, site: Path) -> None:
        self._reader, self._writer, self._site = reader, writer, site

    async def read(self, path: str, *, checked: bool) -> int:
        """Bytes that came for a page; `SystemExit` if it is another answer than the page."""
        head = f"GET /{path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n"
        self._writer.write(head.encode())
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        told = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        body = await self._body(told)
        if lines[0].split()[1] != "200":
            raise SystemExit(f"{path}: {lines[0]}")
        if checked:
            plain = zlib.decompress(body, 31) if told.get("content-encoding") == "gzip" else body
            if plain != (self._site / path).read_bytes():
                raise SystemExit(f"{path}: other bytes than those of the file")
        return len(body)

    async def _body(self, told: dict[str, str]) -> bytes:
        if told.get("transfer-encoding") != "chunked":
            return await self._reader.readexactly(int(told["content-length"]))
        parts = []
        while size := int(await self._reader.readline(), 16):
            parts.append(await self._reader.readexactly(size))
            await self._reader.readexactly(2)
        await self._reader.readexactly(2)
        return b"".join(parts)

    def close(self) -> None:
        self._writer.close()


class Crowd:
    """Readers that come evenly: how long each request took, and how many bytes came."""

    def __init__(self, url: str, site: Path, readers: int, seconds: float) -> None:
        parts = urlsplit(url)
        self._at, self._site, self._readers, self._seconds = (parts.hostname, parts.port), site, readers, seconds
        self._context = ssl.create_default_context()
        self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE  # its certificate is its own
        self._draw = random.Random(1)
        self._places = [sorted(path.name for path in (site / "ky" / kind).iterdir()) for kind in ("t", "p")]
        self.took: list[float] = []
        self.bytes = 0

    async def run(self) -> None:
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(self._readers):
                await asyncio.sleep(begun + number * self._seconds / self._readers - time.perf_counter())
                group.create_task(self._come(checked=number % CHECKED == 0))

    async def _come(self, *, checked: bool) -> None:
        language = self._draw.choice(LANGUAGES)
        territory, precinct = (self._draw.choice(names) for names in self._places)
        begun = time.perf_counter()  # the first request takes what the connection takes
        reader = Reader(*await asyncio.open_connection(*self._at, ssl=self._context), self._site)
        for page in ("index.html", "../results.css", f"t/{territory}", f"p/{precinct}"):
            path = "results.css" if page.startswith("..") else f"{language}/{page}"
            came = await reader.read(path, checked=checked)
            self.bytes += came
            now = time.perf_counter()
            self.took.append(now - begun)
            begun = now
        reader.close()


def spent(master: int) -> float:
    """Seconds of processor that nginx's workers have taken."""
    workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    fields = [Path(f"/proc/{worker}/stat").read_text().rpartition(") ")[2].split() for worker in workers]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def visit(place: Path, site: Path, readers: int, seconds: float = MINUTE) -> bool:
    """So many readers in a minute, while nginx shows the site; whether 99 of 100 requests were answered in time."""
    with fronted_results(place / "front", site) as front:
        command = [sys.executable, "-m", "tests.benchmarks.readers", front.tls, site / "current", readers, seconds]
        told = json.loads(subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE).stdout)
        took = spent(front.process.pid)
    print(
        f"{readers:,} readers in {told['seconds']:.0f} s, {told['requests']:,} requests by TLS, "
        f"{told['bytes'] / 1e6:.0f} MB: p50 {told['p50'] * 1e3:.1f} ms, p99 {told['p99'] * 1e3:.1f} ms, no error; "
        f"nginx took {took:.1f} s of processor",
        flush=True,
    )
    return bool(told["p99"] <= LATE)


if __name__ == "__main__":
    url, shown, many, within = sys.argv[1:]
    crowd = Crowd(url, Path(shown), int(many), float(within))
    begun = time.perf_counter()
    asyncio.run(crowd.run())
    took = sorted(crowd.took)
    middle, late = (took[int(len(took) * part)] for part in (0.5, 0.99))
    told = {"seconds": time.perf_counter() - begun, "requests": len(took), "bytes": crowd.bytes}
    print(json.dumps(told | {"p50": middle, "p99": late}))
