"""The pages of a national election: all anew, and after one more protocol: `python -m tests.benchmarks.results`.

Processor time of one thread, and of the clock; the first is what a machine with nothing else to do takes.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bulletin.http.markup import LANGUAGES
from bulletin.results.edition import Edition, Instant
from bulletin.results.site import Site
from tests.support.counts import again
from tests.support.papers import RACE
from tests.support.published import edition_of, large
from verifier.paper.papers import Of
from verifier.proof import backend

PRECINCTS = 2_375
ANEW, CHANGED = 10.0, 5.0  # seconds a language, and after one more protocol
T = TypeVar("T")


def measure(what: str, act: Callable[[], T]) -> tuple[T, float]:
    begun, clock = time.process_time(), time.perf_counter()
    done = act()
    spent = time.process_time() - begun
    print(f"{what}: {spent:.1f} s of processor, {time.perf_counter() - clock:.1f} s by the clock")
    return done, spent


def after(edition: Edition) -> Edition:
    """The edition after one more checkpoint."""
    now = edition.now
    later = Instant(now.number + 1, now.size + 9, bytes([now.number + 1]) * 32, (now.time or 0) + 10)
    return edition._replace(instants=(*edition.instants, later))


def run() -> bool:
    """Whether both keep within their limits."""
    print(f"{PRECINCTS:,} precincts; load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {backend.NAME}")
    state = large(PRECINCTS)
    edition = edition_of(state)
    with tempfile.TemporaryDirectory() as place:
        site = Site(Path(place))
        (_, files), anew = measure("all pages anew", lambda: site.publish(edition))
        size = sum(path.stat().st_size for path in (Path(place) / "current/ky").rglob("*.html"))
        print(f"{files:,} files; {size / 1e6:.0f} MB of pages a language; {anew / len(LANGUAGES):.1f} s a language")
        again(state, Of("p-7", RACE, "protocol"), {"invalid": 4})
        (fresh, _), changed = measure("after one more protocol", lambda: site.publish(after(edition)))
        print(f"{fresh:,} files made, the others linked")
        (fresh, _), _ = measure("after a checkpoint without papers", lambda: site.publish(after(after(edition))))
        print(f"{fresh:,} files made")
    return anew / len(LANGUAGES) <= ANEW and changed <= CHANGED


if __name__ == "__main__":
    sys.exit(not run())
