"""A mirror at work: it looks at its board again and again, and serves what it holds (specs/mirror.md)."""

import logging
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import NamedTuple

from bulletin.http import files
from bulletin.http.app import Application
from bulletin.http.exchange import HttpRequest, Reply, say
from bulletin.http.headers import SHARED, public
from bulletin.http.routes import Route
from bulletin.mirror.mirror import Mirror
from verifier.errors import VerifierError
from verifier.log import evidence

LOGGER = logging.getLogger("aikyn.mirror")


class Follower:
    """Visits a mirror's board every so many seconds, in a thread of its own; `ended` is set if that has a fault."""

    def __init__(self, mirror: Mirror, every: float) -> None:
        self._mirror, self._every = mirror, every
        self._seen: float | None = None
        self._problem = "not asked yet"
        self._stopping = Event()
        self.ended = Event()
        self.fault: BaseException | None = None
        self._thread = Thread(target=self._run, name="follower", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; the next process goes on with what is half done."""
        self._stopping.set()
        self._thread.join(self._every)

    def visit(self) -> None:
        """Look once, and remember what came of it."""
        before = self._problem
        try:
            changed = self._mirror.visit()
        except VerifierError as error:
            self._problem = str(error)
            if self._problem != before:
                LOGGER.warning("not followed", extra={"fields": {"problem": self._problem}})
        else:
            self._problem, self._seen = "", monotonic()
            if changed or before:
                LOGGER.info("followed", extra={"fields": {"size": self._size, "lacking": self._mirror.lacking}})

    def report(self) -> dict[str, object]:
        """The mirror's health (specs/mirror.md §4)."""
        return {
            "origin": self._mirror.origin,
            "board": self._mirror.board,
            "size": self._size,
            "seen": None if self._seen is None else round(monotonic() - self._seen, 1),
            "lacking": self._mirror.lacking,
            "problem": self._problem,
            "refused": self._refused(),
        }

    @property
    def healthy(self) -> bool:
        """Whether the copy is what the board last showed."""
        return not self._problem

    @property
    def _size(self) -> int:
        try:
            latest = self._mirror.latest
        except VerifierError:
            return 0
        return latest.body.size if latest else 0

    def _refused(self) -> dict[str, object] | None:
        if self._mirror.refused is None:
            return None
        place, found = self._mirror.refused
        since = int((place / evidence.README).stat().st_mtime)
        return {"since": since, "sizes": [found.first.body.size, found.second.body.size], "evidence": place.name}

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self.visit()
                self._stopping.wait(self._every)
        except BaseException as fault:
            self.fault = fault
            LOGGER.exception("fault")
        finally:
            self.ended.set()


class Copy(NamedTuple):
    """What a mirror's rows answer from."""

    follower: Follower
    archive: Path


async def get_health(mirror: Copy, _: HttpRequest) -> Reply:
    """Say how the mirror does."""
    return say(mirror.follower.report(), 200 if mirror.follower.healthy else 503)


ROUTES = (*files.ROUTES, Route("GET", "/health", get_health, "How the mirror does.", {200: None, 503: None}))


def create_app(follower: Follower, archive: Path, address: str = "") -> Application:
    """The mirror over HTTP: the archive's files as the board serves them, and `GET /health`."""
    return Application(ROUTES, Copy(follower, archive), (*public(address), *SHARED))
