"""What a board has stored, so that hostile requests can be seen to change nothing."""

from __future__ import annotations

from pathlib import Path

from bulletin.http import server
from bulletin.log.tilelog import TileLog


class Stored:
    """The size of the log, and the files of uploads and blobs, as they were."""

    def __init__(self, log: TileLog, place: Path) -> None:
        self._log, self._place = log, place
        self._before = self._look()

    def check(self) -> None:
        """Nothing came, nothing went."""
        assert self._look() == self._before

    def _look(self) -> tuple[int, list[str]]:
        return self._log.size, files_of(self._place)


def files_of(place: Path) -> list[str]:
    """The uploads and blobs in a board's directory, and whatever else lies there that should not."""
    places = [place / server.SCRATCH, place / server.ARCHIVE / "blobs"]
    files = [str(file.relative_to(place)) for folder in places for file in folder.rglob("*") if file.is_file()]
    return sorted(files + [file.name for file in place.iterdir() if file.name not in KNOWN])


# What a board writes while it runs, at times of its own.
KNOWN = {
    "log.db-wal",
    "log.db-shm",
    "lookup.db",
    "lookup.db-wal",
    "lookup.db-shm",
    "lookup.db-journal",
    "state.snapshot",
}
