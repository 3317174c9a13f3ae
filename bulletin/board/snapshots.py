"""The board's own snapshot: so that a restart replays the newest records only (specs/log.md §8.9).

A process of its own reads the published archive as an auditor would, folds what is new, and puts the snapshot beside
the database: the sequencer never waits for it. It is as trusted as the database, and never part of the archive.
"""

import gc
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import NamedTuple, Protocol, Self

from bulletin import journal
from bulletin.log import disk
from verifier import fold
from verifier.audit.timeline import Snapshot, Timeline
from verifier.client import snapshot
from verifier.errors import Incomplete, VerifierError
from verifier.log import checkpoint, note
from verifier.log.note import Key
from verifier.log.reading import Log, blob_path
from verifier.state import State

LOGGER = logging.getLogger("aikyn.board")
FILE = "snapshot"
EVERY = 50_000  # records after which a new snapshot is made, whatever the load
REST = 1_000  # records after which one is made once the board has been idle
IDLE = 30.0  # seconds
LOOK = 1.0  # seconds between looks


class Tree(Protocol):
    """What can tell the roots that a log had: its writer or its reader."""

    @property
    def size(self) -> int: ...

    def root_at(self, size: int) -> bytes: ...


class Restored(NamedTuple):
    """The state after `size` entries, and what was noted on the way."""

    size: int
    state: State
    timeline: Timeline


def load(file: Path, tree: Tree) -> Restored:
    """The kept state, if it is of a prefix of this tree; else the empty one, from which everything is replayed."""
    try:
        with _uncollected():
            found = snapshot.decode(file.read_bytes())
        body = checkpoint.decode(found.checkpoint).body
        if body.size > tree.size or tree.root_at(body.size) != body.root:
            raise Incomplete("the snapshot is of another log", file.name)
        if len(found.state.leaves) != body.size:
            raise Incomplete("the snapshot is of a log on which records are void", file.name)
    except FileNotFoundError:
        return Restored(0, State(), Timeline())
    except (VerifierError, OSError) as problem:
        LOGGER.warning("snapshot", extra={"fields": {"unused": str(problem)}})
        return Restored(0, State(), Timeline())
    return Restored(body.size, found.state, found.timeline)


def keep(file: Path, archive: Path, origin: str, keys: list[Key]) -> int:
    """Fold what is published since the last snapshot and put a new one in its place; the number of entries."""
    log = Log(partial(disk.read, archive), origin, keys)
    kept = load(file, log)
    blobs = lambda digest: disk.read(archive, blob_path(digest))  # noqa: E731  a line where it is used
    for judged in fold.replay(kept.state, log.hashed(kept.size), blobs):
        kept.timeline.see(judged.number, judged.taken())
    disk.write(file, snapshot.encode(Snapshot(log.latest.raw, kept.state, kept.timeline)))
    return log.size


@contextmanager
def _uncollected() -> Iterator[None]:
    """What is made here is kept for good: the collector need not look through it, now or later."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


class Keeper:
    """Has a snapshot made every so many records, and when the board rests; `published` gives the size so far."""

    def __init__(self, directory: Path, archive: Path, key: Key, kept: int, published: Callable[[], int]) -> None:
        self._command = [sys.executable, "-m", __name__, str(directory / FILE), str(archive), note.encode_key(key)]
        self._published = published
        self._kept, self._seen = kept, published()
        self._moved = monotonic()
        self._ended = Event()
        self._thread = Thread(target=self._run, name="keeper", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(LOOK):
            size, now = self._published(), monotonic()
            if size != self._seen:
                self._seen, self._moved = size, now
            fresh = size - self._kept
            if fresh >= EVERY or (fresh >= REST and now - self._moved >= IDLE):
                self._keep()

    def _keep(self) -> None:
        begun = monotonic()
        with subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  this interpreter
            while process.poll() is None:
                if self._ended.wait(0.1):
                    process.kill()
            said, problem = process.communicate()
        fields: dict[str, object] = {"seconds": round(monotonic() - begun, 1)}
        if process.returncode == 0:
            self._kept = int(said)
            LOGGER.info("snapshot", extra={"fields": fields | {"size": self._kept}})
        elif not self._ended.is_set():
            self._kept = self._seen  # not again at once; the next restart replays more
            LOGGER.warning("snapshot", extra={"fields": fields | {"problem": problem.strip()[-300:]}})


if __name__ == "__main__":
    os.nice(10)
    key = note.decode_key(sys.argv[3])
    try:
        print(keep(Path(sys.argv[1]), Path(sys.argv[2]), key.name, [key]))  # noqa: T201  who started us reads the size here
    except Exception as error:  # noqa: BLE001  what it quotes must not reach the journal
        sys.exit(journal.summary(error))
