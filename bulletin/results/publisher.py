"""The process that keeps the pages: it follows a log, and publishes an edition when there is a new checkpoint."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from threading import Event
from time import monotonic

from bulletin.results.reading import PublishedLog
from bulletin.results.site import Site
from verifier.errors import VerifierError

LOGGER = logging.getLogger("aikyn.results")
SPACING = 10.0  # seconds between publications


class Publisher:
    """Follows by `look`, which brings the archive up to date, reads it, and writes the site."""

    def __init__(self, look: Callable[[], object], ledger: PublishedLog, site: Site) -> None:
        self._look, self._ledger, self._site = look, ledger, site
        self._shown = -1
        self._problem = ""

    def visit(self) -> tuple[int, int]:
        """Publish what is new; how many files were made, of how many."""
        self._look()
        edition = self._ledger.advance()
        if edition.now.number == self._shown:
            return 0, 0
        begun = monotonic()
        fresh, files = self._site.publish(edition)
        self._shown = edition.now.number
        fields = {"checkpoint": self._shown, "size": edition.now.size, "made": fresh, "files": files}
        LOGGER.info("published", extra={"fields": fields | {"seconds": round(monotonic() - begun, 1)}})
        return fresh, files

    def run_until_signal(self) -> None:
        """Run until SIGTERM or SIGINT."""
        stopping = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        self.run(stopping)

    def run(self, stopping: Event) -> None:
        """Visit again and again; what cannot be read now leaves the pages as they are."""
        while not stopping.is_set():
            try:
                self.visit()
            except VerifierError as problem:
                if str(problem) != self._problem:
                    LOGGER.warning("not published", extra={"fields": {"problem": str(problem)}})
                self._problem = str(problem)
            else:
                self._problem = ""
            stopping.wait(SPACING)
