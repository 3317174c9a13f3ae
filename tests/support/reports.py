"""A report of each verdict."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tests.corpus import boards
from tests.support import copies

if TYPE_CHECKING:
    from verifier.desk.report.report import Report


@cache
def accepted() -> Report:
    board = boards.honest()
    return copies.audit(board.files, board.sheet)


@cache
def rejected() -> Report:
    return boards.judge(next(told for told in boards.LIES if told.expect == "BRD.3"))


@cache
def unchecked() -> Report:
    board = boards.honest()
    lacking = next(name for name in board.files if name.startswith("blobs"))
    words: dict[str, list[str]] = {"witness": [], "group": [], "quorum": []}
    bare = copies.sheet(board.records[0], [], **words)
    return copies.audit({name: data for name, data in board.files.items() if name != lacking}, bare)


REPORTS = (accepted, rejected, unchecked)
