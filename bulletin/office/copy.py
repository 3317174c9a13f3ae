"""The desk's own copy of the board, and the election as it stands there (specs/desk.md §2.4)."""

from __future__ import annotations

import time
from contextlib import suppress

from bulletin.office.folder import Folder
from bulletin.office.objection import Objection, Unable
from bulletin.office.sheet import SHEET
from verifier.audit import trust
from verifier.audit.audit import replay
from verifier.audit.trust import TrustSheet
from verifier.client.board import Board, Keep, Refused
from verifier.client.copy import opened
from verifier.client.download import download
from verifier.client.files import Directory, Zip
from verifier.errors import Incomplete, Malformed, VerifierError
from verifier.log import checkpoint
from verifier.log.reading import LATEST
from verifier.state import State

PATIENCE = 30.0  # seconds


class Carried(Board):
    """A copy that somebody brought on a stick, read as a board is."""

    def __init__(self, place: str, copy: Directory | Zip) -> None:
        super().__init__(place)
        self._copy = copy

    def read(self, path: str) -> bytes | None:
        """A file of the copy."""
        return self._copy(path)

    def save(self, path: str, keep: Keep) -> bool:
        """Hand a file of the copy to `keep`."""
        data = self._copy(path)
        if data is not None:
            keep([data])
        return data is not None


def read_sheet(folder: Folder) -> TrustSheet:
    """The desk's trust sheet."""
    path = folder.made(SHEET)
    try:
        return trust.decode(path.read_bytes())
    except OSError as error:
        raise Objection("no-trust", file=str(path)) from error
    except VerifierError as error:
        raise Objection("bad-trust", file=str(path), reason=error.said) from error


def look(folder: Folder, place: str | None = None) -> State:
    """The election by the copy in the folder, which is first brought up to the board at `place`.

    `place` is a URL, or a folder or zip file that was carried here. A log that the auditor would not accept raises
    `Objection`, one that cannot be checked `Unable`.
    """
    sheet = read_sheet(folder)
    try:
        if place is not None:
            _bring(folder, place, sheet)
        return replay(Directory(folder.board), sheet)
    except (Incomplete, Malformed) as error:
        where = str(error.where) or str(folder.board)
        raise Unable("unreadable-log", where=where, reason=error.said) from error
    except VerifierError as error:
        raise Objection("false-log", where=str(error.where), reason=error.said) from error


def published(folder: Folder) -> int:
    """Entries of the copy, 0 if there is none."""
    raw = Directory(folder.board)(LATEST) if folder.board.is_dir() else None
    return checkpoint.decode(raw).body.size if raw else 0


def has_records(board: Board) -> bool:
    """Whether the board has begun its log; `Unable` if it cannot be reached."""
    try:
        return bool(board.health()["size"])
    except Incomplete as error:
        raise Unable("no-board", place=board.url, reason=error.said) from error


def _bring(folder: Folder, place: str, sheet: TrustSheet) -> None:
    if "://" in place:
        board = Board(place)
        _await(board)
        _copy(folder, board, sheet)
        return
    with opened(place, sheet) as copy:
        _copy(folder, Carried(place, copy), sheet)


def _await(board: Board) -> None:
    """Wait a little until witnesses have cosigned what is on the log already."""
    with suppress(Incomplete):
        size, deadline = board.health()["size"], time.monotonic() + PATIENCE
        while _published(board) < int(str(size)) and time.monotonic() < deadline:
            time.sleep(0.1)


def _published(board: Board) -> int:
    return int(str(board.health().get("published", 0)))


def _copy(folder: Folder, board: Board, sheet: TrustSheet) -> None:
    """Bring the copy up to the board, never back: a stick may hold an older one."""
    try:
        raw = board.read(LATEST)
        if raw is not None and checkpoint.decode(raw).body.size < (size := published(folder)):
            raise Objection("older-copy", place=board.url, size=size)
        download(board, folder.board, sheet)
    except Refused as error:
        raise Unable("no-board", place=board.url, reason=error.detail) from error
