"""Copies of a board: a directory, a zip file, or a URL that is copied first."""

from __future__ import annotations

import struct
import tempfile
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from verifier.client.board import Board, Refused, directory_reader, download
from verifier.errors import Incomplete
from verifier.log.reading import LATEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.client.board import Progress
    from verifier.log.reading import Read

# What zipfile raises on a damaged file, or on one that is encrypted or packed in a way it does not know.
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, LZMAError, struct.error),
    *(EOFError, NotImplementedError, RuntimeError, OSError, ValueError),
)


@contextmanager
def opened(place: str, keep: Path | None = None, progress: Progress | None = None) -> Iterator[Read]:
    """Reads the files of the copy at `place`; what is at a URL is copied to `keep`, or for the meantime."""
    with ExitStack() as stack:
        directory = Path(place)
        if "://" in place:
            directory = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            _copy(place, directory, progress)
        if directory.is_dir():
            yield directory_reader(directory)
        elif zipfile.is_zipfile(directory):
            yield zip_reader(stack.enter_context(_unpacked(directory)))
        else:
            raise Incomplete("this is no directory, no whole zip file and no URL of a board", place)


def _copy(url: str, directory: Path, progress: Progress | None) -> None:
    try:
        download(Board(url), directory, progress)
    except Refused as error:
        raise Incomplete(f"this is not where a board is: {error}", url) from error


def _unpacked(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except DAMAGE as error:
        raise Incomplete(f"this zip file is damaged: {error}", str(file)) from error


def zip_reader(packed: zipfile.ZipFile) -> Read:
    """Reads files of a packed copy by their name in the archive; all of them may be inside one folder of the zip."""
    names = frozenset(packed.namelist())
    found = [PurePosixPath(name).parts for name in names if PurePosixPath(name).name == LATEST]
    folder = min(found, key=lambda parts: (len(parts), parts), default=(LATEST,))[:-1]

    def read(name: str) -> bytes | None:
        packed_name = "/".join((*folder, name))
        if packed_name not in names:
            return None
        try:
            return packed.read(packed_name)
        except DAMAGE as error:
            raise Incomplete(f"this file cannot be unpacked: {error}", name) from error

    return read
