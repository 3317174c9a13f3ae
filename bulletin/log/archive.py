"""Where a log's public files are kept: in a directory, or in a bucket that a directory copies (specs/log.md §8).

What a reader is given is read from the directory alone. The bucket is the truth: its copy may be erased and fetched.
"""

from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from typing import Protocol

from bulletin.log import disk
from verifier.log.reading import blob_path
from verifier.records import Blobs


class StoreFailed(Exception):
    """A store that does not answer, or refuses; what was put there may be there. The sentence says which."""


class ArchiveStore(Protocol):
    """A log's files; when a method that writes returns, the bytes are durable under their names."""

    @property
    def copy(self) -> Path:
        """The directory in which they are read on this machine."""

    def refresh(self) -> None:
        """Make the copy what is kept, but for blobs; remove what a killed writer left."""

    def bring(self, name: str) -> bool:
        """Whether there is such a file, which never changes; the copy has it from now on."""

    def look(self, name: str) -> bytes | None:
        """Bytes of a file that is replaced, as it is kept now; the copy is left as it is."""

    def write(self, name: str, data: bytes) -> None:
        """Write or replace a file; Overtaken if another process replaced it meanwhile."""

    def write_once(self, files: Mapping[str, bytes]) -> None:
        """Write files that never change; other bytes under such a name raise Changed."""

    def take(self, name: str, file: Path) -> None:
        """Move a file that is whole and flushed to its name."""

    def drop(self, directory: str) -> None:
        """Remove a directory of files that nobody needs any more."""


def read_blobs(archive: ArchiveStore) -> Blobs:
    """The blobs of an archive, each brought to the copy when it is asked for."""

    def read(digest: bytes) -> bytes | None:
        name = blob_path(digest)
        return disk.read(archive.copy, name) if archive.bring(name) else None

    return read


class Files:
    """An archive that is a directory of this machine."""

    def __init__(self, copy: Path) -> None:
        self.copy = copy
        disk.make_directory(copy)

    def refresh(self) -> None:
        """Remove what a killed writer left."""
        disk.clear(self.copy)

    def bring(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.copy / name).is_file()

    def look(self, name: str) -> bytes | None:
        """Bytes of a file, or None."""
        return disk.read(self.copy, name)

    def write(self, name: str, data: bytes) -> None:
        """Write or replace a file."""
        disk.write(self.copy / name, data)

    def write_once(self, files: Mapping[str, bytes]) -> None:
        """Write files that never change."""
        disk.write_once(self.copy, files)

    def take(self, name: str, file: Path) -> None:
        """Move a file that is whole and flushed to its name."""
        disk.move(file, self.copy / name)

    def drop(self, directory: str) -> None:
        """Remove a directory of files that nobody needs any more."""
        rmtree(self.copy / directory, ignore_errors=True)
