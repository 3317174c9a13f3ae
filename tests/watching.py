"""What a board has stored, so that hostile requests can be seen to change nothing."""

from __future__ import annotations

from pathlib import Path

from bulletin import server
from bulletin.tilelog import TileLog


class Stored:
    """The size of the log, and the files of uploads and blobs, as they were."""

    def __init__(self, log: TileLog, place: Path) -> None:
        self._log, self._place = log, place
        self._before = self._look()

    def check(self) -> None:
        """Nothing came, nothing went."""
        assert self._look() == self._before

    def _look(self) -> tuple[int, list[str]]:
        places = [self._place / server.SCRATCH, self._place / server.ARCHIVE / "blobs"]
        files = [str(file.relative_to(self._place)) for place in places for file in place.rglob("*") if file.is_file()]
        others = [file.name for file in self._place.iterdir() if file.name not in KNOWN]
        return self._log.size, sorted(files + others)


KNOWN = {
    "log.db-wal",
    "log.db-shm",
    "lookup.db",
    "lookup.db-wal",
    "lookup.db-shm",
    "lookup.db-journal",
    "state.snapshot",
}
