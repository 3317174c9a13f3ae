"""Boards for mirrors: files of one history or of a second one, over HTTP, changed as a test goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Response, request

from bulletin.mirror.mirror import Mirror
from tests.support.copies import Files, publish, sheet
from tests.support.serving import answering
from verifier.audit import trust
from verifier.client.board import Board

SHEET = sheet(b"no manifest", [])
TRUST = trust.decode(SHEET)
LONG = 600
FORK = 150  # where the second history parts


def history(size: int, branch: int = 0) -> list[bytes]:
    return [b"entry %d" % index if index < FORK else b"entry %d of %d" % (index, branch) for index in range(size)]


def served(size: int = LONG, branch: int = 0) -> Files:
    return publish(history(size, branch), {})


class Stage:
    """A board over HTTP that serves `files`, and what it was asked for."""

    def __init__(self) -> None:
        self.files: Files = {}
        self.url = ""
        self.asked: list[str] = []
        self.before: Callable[[str], object] = lambda _: None

    def answer(self) -> Response:
        name = request.path.removeprefix("/")
        self.before(name)
        self.asked.append(name)
        found = self.files.get(name)
        return Response(status=404) if found is None else Response(found)


@contextmanager
def staged() -> Iterator[Stage]:
    made = Stage()
    with answering(made.answer) as board:
        made.url = board.url
        yield made


def open_mirror(stage: Stage, place: Path, trusted: trust.TrustSheet = TRUST) -> Mirror:
    return Mirror(Board(stage.url, timeout=5), place, trusted)


def files(mirror: Mirror) -> Files:
    paths = [path for path in mirror.archive.rglob("*") if path.is_file()]
    return {path.relative_to(mirror.archive).as_posix(): path.read_bytes() for path in paths}
