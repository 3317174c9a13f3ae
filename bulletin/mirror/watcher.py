"""Whether an address serves the app that the log names, looked at again and again (specs/assets.md §3.2)."""

import logging
from collections.abc import Callable
from threading import Event, Thread
from time import time

from verifier.client.site import Deviation, look
from verifier.election.assets import FIRST, Assets, leaf_of
from verifier.errors import VerifierError

LOGGER = logging.getLogger("aikyn.mirror")
EVERY = 60.0  # seconds from the end of a look to the next one
TOLD = 20  # differences that are named


class Watcher:
    """Looks at the address in a thread of its own; `find` gives the app in effect, or None."""

    def __init__(self, url: str, find: Callable[[], Assets | None], every: float = EVERY) -> None:
        self.url, self._find, self._every = url, find, every
        self._leaf, self._since, self._asked = FIRST, 0, 0
        self._found: tuple[Deviation, ...] = ()
        self._problem = "not looked yet"
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; a look that goes on is given up."""
        self._stopping.set()
        self._thread.join(self._every)

    def visit(self) -> None:
        """Look once, and remember what came of it, and since when the app has been the same, or not."""
        app = self._find()
        if app is None:
            self._problem = "the log has no app in effect"
            return
        leaf, now = leaf_of(app), int(time())
        try:
            found = tuple(self._look(app))
        except VerifierError as error:
            self._problem = str(error)
            return
        if self._stopping.is_set():
            return
        if leaf != self._leaf or bool(found) != bool(self._found) or not self._since:
            LOGGER.log(logging.WARNING if found else logging.INFO, "app", extra={"fields": {"differs": len(found)}})
            self._since = now
        self._leaf, self._found, self._asked, self._problem = leaf, found, now, ""

    def report(self) -> dict[str, object]:
        """What the mirror's health says of the app: the same since when, or what differs since when."""
        return {
            "url": self.url,
            "leaf": self._leaf.hex() if self._asked else "",
            "looked": self._asked,
            "since": self._since,
            "same": bool(self._asked) and not self._found,
            "differs": sorted({f"{one.id} {one.path}" for one in self._found})[:TOLD],
            "problem": self._problem,
        }

    def _look(self, app: Assets) -> list[Deviation]:
        found = []
        for one in look(self.url, app):
            found.append(one)
            if self._stopping.is_set():
                break
        return found

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.visit()
            except Exception:
                self._problem = "the watcher has a fault: see the journal"
                LOGGER.exception("app")
            self._stopping.wait(self._every)
