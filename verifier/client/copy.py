"""Copies of a board: a directory, a zip file, or a URL that is copied first."""

from __future__ import annotations

import tempfile
import zipfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from verifier.client.files import DAMAGE, Bounded, Directory, Zip
from verifier.errors import Incomplete, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.audit.settlement import Progress
    from verifier.audit.trust import TrustSheet


@contextmanager
def opened(
    place: str, trust: TrustSheet, keep: Path | None = None, progress: Progress | None = None
) -> Iterator[Directory | Zip]:
    """The files of the copy at `place`; a board at a URL is first copied to `keep`, or to a temporary folder."""
    with ExitStack() as stack:
        directory = Path(place)
        if "://" in place:
            directory = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            _copy(place, directory, trust, progress)
        if directory.is_dir():
            yield Directory(directory)
        elif directory.is_file() and zipfile.is_zipfile(directory):
            yield Zip(stack.enter_context(_unpacked(directory, stack)))
        else:
            raise Incomplete("this is no directory, no whole zip file and no URL of a board", place)


def _copy(url: str, directory: Path, trust: TrustSheet, progress: Progress | None) -> None:
    from verifier.client.board import Board, Refused
    from verifier.client.download import download

    try:
        download(Board(url), directory, trust, progress)
    except Refused as error:
        raise Incomplete(say("this is not where a board is: {}", error.detail), url) from error


def _unpacked(file: Path, stack: ExitStack) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(stack.enter_context(Bounded(file.open("rb", buffering=0))))
    except (*DAMAGE, MemoryError) as error:
        raise Incomplete(say("this zip file is damaged: {}", str(error)), str(file)) from error
