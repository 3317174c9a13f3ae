"""A board with one fault in it: `python -m tests.crash.faults FAULT NTH serve DIR …` runs the board's own command.

The board knows nothing of this: functions that it calls are replaced here, before it starts. A *crash* kills the
process at the NTH time that a step of the order of durability (specs/log.md §8.1) is reached; a fault of the *store*
makes the NTH write or flush fail as a disk would, and the board must then end by itself; a *lie* breaks a promise, so
that the harness can show that it notices.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from threading import Timer
from typing import Any

from sqlalchemy import Engine, event

from bulletin.board.feeder import Feeder
from bulletin.board.sequencer import Sequencer
from bulletin.log import archive, disk
from bulletin.log.merkle import Edge
from bulletin.log.tilelog import TileLog
from bulletin.operate.commands import main
from verifier.log.reading import LATEST

Strike = Callable[[], None]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def nth(number: int, strike: Strike = die) -> Strike:
    """Strikes the `number`th time that it is called."""
    turns = count(1)
    return lambda: strike() if next(turns) == number else None


def before(owner: Any, name: str, strike: Strike, when: Callable[..., bool] = lambda *_: True) -> None:
    kept = getattr(owner, name)

    def replaced(*given: Any, **named: Any) -> Any:
        if when(*given):
            strike()
        return kept(*given, **named)

    setattr(owner, name, replaced)


def after(owner: Any, name: str, strike: Strike, when: Callable[..., bool] = lambda *_: True) -> None:
    kept = getattr(owner, name)

    def replaced(*given: Any, **named: Any) -> Any:
        result = kept(*given, **named)
        if when(*given):
            strike()
        return result

    setattr(owner, name, replaced)


def in_commit_of(table: str, strike: Strike) -> None:
    """Strikes between the statements of a transaction and its commit."""
    written: set[int] = set()

    @event.listens_for(Engine, "after_cursor_execute")
    def note(connection: Any, _cursor: Any, statement: str, *_: object) -> None:
        if statement.startswith(f"INSERT INTO {table} "):
            written.add(id(connection))

    @event.listens_for(Engine, "commit")
    def commit(connection: Any) -> None:
        if id(connection) in written:
            written.clear()
            strike()


def of_tiles(_root: Path, files: Mapping[str, bytes]) -> bool:
    return any(name.startswith("tile/") for name in files)


def of_kept(_root: Path, files: Mapping[str, bytes]) -> bool:
    return any(name.startswith("checkpoints/") for name in files)


def half_the_tiles(strike: Strike) -> None:
    kept = disk.write_once

    def replaced(root: Path, files: Mapping[str, bytes]) -> None:
        some = dict(list(files.items())[: len(files) // 2])
        if of_tiles(root, files) and some:
            kept(root, some)
            strike()
        kept(root, files)

    disk.write_once = replaced


def some_of_the_partials(strike: Strike) -> None:
    kept = vars(archive)["rmtree"]

    def replaced(path: Path, **named: Any) -> None:
        there = path.exists()
        kept(path, **named)
        if there:
            strike()

    vars(archive)["rmtree"] = replaced


def half_a_file(strike: Strike) -> None:
    kept = disk.put

    def replaced(descriptor: int, data: bytes) -> None:
        half = len(data) // 2
        kept(descriptor, data[:half])
        strike()
        kept(descriptor, data[half:])

    disk.put = replaced


CRASHES: dict[str, Callable[[Strike], None]] = {
    "a blob is flushed, not named": lambda strike: before(disk, "make_directory", strike, in_blobs),
    "a blob is named, its directory not flushed": lambda strike: before(
        disk, "flush_directories", strike, lambda named: isinstance(named, list) and any(map(in_blobs, named))
    ),
    "entries are not committed": lambda strike: in_commit_of("entries", strike),
    "entries are committed, not answered": lambda strike: after(TileLog, "append", strike, lambda _, rows: bool(rows)),
    "one of a round is answered": lambda strike: after(Sequencer, "_answer", strike),
    "a file is half written": half_a_file,
    "half of the tiles are there": half_the_tiles,
    "tiles are there, nothing is signed": lambda strike: after(disk, "write_once", strike, of_tiles),
    "the signed row is not committed": lambda strike: in_commit_of("checkpoints", strike),
    "the row is committed, no witness has seen it": lambda strike: before(Feeder, "feed", strike),
    "witnesses have cosigned, nothing is published": lambda strike: after(Feeder, "feed", strike),
    "the checkpoint is kept, not served": lambda strike: after(disk, "write_once", strike, of_kept),
    "the checkpoint is served, partial tiles are there": lambda strike: before(
        TileLog, "_drop_partials", strike, lambda _, size: size > 0
    ),
    "some of the partial tiles are gone": some_of_the_partials,
}  # fmt: skip


def in_blobs(directory: Path) -> bool:
    return "blobs" in directory.parts


def fail(number: int) -> Strike:
    def strike() -> None:
        raise OSError(number, os.strerror(number))

    return strike


def limit_database(pages: int) -> None:
    """The database may grow by so many pages."""

    @event.listens_for(Engine, "connect")
    def connect(connection: Any, _: object) -> None:
        now = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {now + pages}")


def limit_files() -> None:
    """No file grows beyond 64 KiB: the kernel itself then writes less than it was told to, and then nothing."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))


def short_writes() -> None:
    """The system takes at most 100 bytes of a write at a time."""
    kept = os.write
    os.write = lambda descriptor, data: kept(descriptor, memoryview(data)[:100])


# Whether the board ends by itself, and how the store is made to fail at the nth time.
STORE: dict[str, tuple[bool, Callable[[int], None]]] = {
    "the disk is full": (True, lambda n: before(os, "write", nth(n, fail(errno.ENOSPC)))),
    "the disk is full in the middle of a file": (True, lambda n: half_a_file(nth(n, fail(errno.ENOSPC)))),
    "fsync fails": (True, lambda n: before(os, "fsync", nth(n, fail(errno.EIO)))),
    "the database is full": (True, limit_database),
    "files cannot grow": (True, lambda _: limit_files()),
    "writes are short": (False, lambda _: short_writes()),
}


def forget_to_commit() -> None:
    """Answers come before the entries are durable, and the process is killed a moment later."""
    after(Sequencer, "_answer", nth(3, Timer(0.2, die).start))
    TileLog.append = lambda self, entries: range(self.size, self.size + len(entries))  # type: ignore[method-assign]


def publish_before_signing() -> None:
    """A checkpoint goes out whose row is in no database: the next start signs another tree of its size."""
    kept = TileLog._sign

    def sign(self: TileLog, edge: Edge) -> Any:
        lost, self._database = self._database, open_scratch()
        try:
            return kept(self, edge)
        finally:
            self._database = lost

    TileLog._sign = sign  # type: ignore[method-assign]
    after(disk, "write", nth(4), lambda path, _: path.name == LATEST)


def open_scratch() -> Engine:
    from tempfile import mkdtemp

    from bulletin.log.database import open_log

    return open_log(Path(mkdtemp()) / "log.db")


LIES: dict[str, Callable[[], None]] = {
    "answered before the commit": forget_to_commit,
    "signed without a row": publish_before_signing,
}


def install(fault: str, number: int) -> None:
    if fault in CRASHES:
        CRASHES[fault](nth(number))
    elif fault in STORE:
        STORE[fault][1](number)
    elif fault in LIES:
        LIES[fault]()


if __name__ == "__main__":
    install(sys.argv[1], int(sys.argv[2]))
    main(sys.argv[3:], prog_name="aikyn-board")
