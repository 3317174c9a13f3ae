"""Blobs on their way to the archive: so many at a time, and only where there is room (specs/api.md §2, §11)."""

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import disk_usage
from threading import Lock
from uuid import uuid4

from bulletin.board.admission import Refusal, say_busy
from bulletin.log import disk
from bulletin.log.archive import ArchiveStore
from bulletin.settings import Settings
from verifier.log.reading import blob_path

LOGGER = logging.getLogger("aikyn.board")
CHUNK = 1 << 20


class Uploads:
    """The blobs that are being received in `scratch`, on the disk of the log's directory."""

    def __init__(self, archive: ArchiveStore, scratch: Path, settings: Settings) -> None:
        self._archive = archive
        self._scratch, self._most, self._reserve = scratch, settings.uploads, settings.disk_reserve
        self._count = self._promised = 0
        self._lock = Lock()

    def receive(self, digest: bytes, length: int, read: Callable[[int], bytes]) -> None:
        """Take the body to the disk and, if it is what its name says, durably to its place."""
        temporary, hashed, left = self._scratch / uuid4().hex, hashlib.sha256(), length
        with self._place(length):
            try:
                with temporary.open("xb") as file:
                    while left and (piece := read(min(left, CHUNK))):
                        left -= len(piece)
                        hashed.update(piece)
                        file.write(piece)
                    file.flush()
                    disk.flush(file.fileno())
                if left or hashed.digest() != digest:
                    raise Refusal("malformed", "the bytes received are not those that the blob's name says")
                self._archive.take(blob_path(digest), temporary)
            finally:
                temporary.unlink(missing_ok=True)

    @contextmanager
    def _place(self, length: int) -> Iterator[None]:
        """Room for one more, or a refusal before anything is read."""
        with self._lock:
            if self._count >= self._most:
                raise say_busy("too many blobs are being received; put this one again", 5)
            if disk_usage(self._scratch).free < self._promised + length + self._reserve:
                LOGGER.error("the disk is nearly full: no blob is taken")
                raise say_busy("there is no room for this blob now; put it again", 60)
            self._count, self._promised = self._count + 1, self._promised + length
        try:
            yield
        finally:
            with self._lock:
                self._count, self._promised = self._count - 1, self._promised - length
