"""`aikyn-board prepare DIR --web`: the desk's nine steps as pages (specs/desk.md §4).

The folder is the only state: each page is made from its files, by the functions that the command calls.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from threading import Lock, Thread
from typing import NamedTuple

from bulletin.office import rehearsal, steps
from bulletin.office.folder import Folder
from bulletin.office.printing import printers
from bulletin.office.processes import Failed
from bulletin.office.steps import Stage, Work
from bulletin.office.web.loopback import Door
from verifier.desk.report.language import Language

UNREAD = ("board", "former", "rehearsal")  # of the folder, no step reads these


class Survey(NamedTuple):
    """The steps as they stand, and the files that they were read from."""

    mark: bytes
    work: Work
    stages: list[Stage]


class Wizard:
    """A commission's folder behind a door; nobody else changes the folder while a page is being made."""

    def __init__(self, folder: Folder, clock: Callable[[], datetime] = steps.clock) -> None:
        self.folder, self.door, self.lock = folder, Door(), Lock()
        self.scenes: list[str] = []
        self.failure = ""
        self._clock = clock
        self._survey: Survey | None = None
        self._rehearsal: Thread | None = None

    @property
    def rehearsing(self) -> bool:
        """Whether a rehearsal is under way."""
        return self._rehearsal is not None and self._rehearsal.is_alive()

    def survey(self) -> Survey:
        """The steps as they stand; a folder in which nothing changed is not read again."""
        with self.lock:
            if self._survey is None or self._survey.mark != self._mark():
                self._take({})
            assert self._survey is not None  # noqa: S101  just taken
            return self._survey

    def make(self, language: Language, *, ask: bool = False) -> None:
        """Take the steps and print what is printed; `ask` the commissions to sign, too."""
        with self.lock:
            self._take({**printers(language), **({9: steps.request} if ask else {})})

    def rehearse(self) -> None:
        """Begin the rehearsal, unless one is under way or there is nothing to rehearse yet."""
        draft = self.survey().work.draft
        if self.rehearsing or draft is None:
            return
        self.scenes, self.failure = [], ""

        def run() -> None:
            try:
                rehearsal.rehearse(self.folder, draft, self.scenes.append)
            except (Failed, OSError) as error:
                self.failure = str(error)

        self._rehearsal = Thread(target=run, name="rehearsal", daemon=True)
        self._rehearsal.start()

    def _take(self, later: dict[int, steps.Doing]) -> None:
        work, stages = steps.prepare(self.folder, self._clock(), later)
        self._survey = Survey(self._mark(), work, stages)

    def _mark(self) -> bytes:
        """Changes whenever a file of the folder does, and every day."""
        tops = [path for path in self.folder.path.iterdir() if path.name not in UNREAD]
        paths = sorted([*tops, *(path for top in tops if top.is_dir() for path in top.rglob("*"))])
        states = [f"{path} {state.st_mtime_ns} {state.st_size}" for path in paths for state in [path.stat()]]
        return sha256("\n".join([f"{self._clock():%Y-%m-%d}", *states]).encode()).digest()
