"""A witness whose clock a rehearsal sets: `python -m bulletin.office.nation.clockwork DIR NAME LOG CLOCK`.

It is the witness that others run, but for its clock: the file CLOCK has the time in POSIX seconds, or BLIND while the
witness is to see nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

from bulletin import journal
from bulletin.http import server
from bulletin.http.gateway import Gateway
from bulletin.log import disk
from bulletin.log.database import open_witness
from bulletin.settings import Settings, load_key
from bulletin.witness.app import create_app
from bulletin.witness.witness import Declined, Witness
from verifier.log.note import COSIGNATURE, decode_key

BLIND = "blind"
KEY = "witness.key"


def read_clock(file: Path) -> Callable[[], int]:
    """The clock in a file; while that says BLIND, nothing is cosigned."""

    def clock() -> int:
        told = file.read_text().strip()
        if told == BLIND:
            raise Declined(503, "the witness sees nothing")
        return int(told)

    return clock


def set_clock(file: Path, told: int | str) -> None:
    """Set the clock, for all witnesses at once."""
    disk.write(file, f"{told}\n".encode())


def watch(directory: Path, log: str, clock: Path) -> None:
    """Cosign a log's checkpoints by the clock in the file, until SIGTERM."""
    key, sign = load_key(directory / KEY, COSIGNATURE)
    own = decode_key(log)
    journal.keep_journal()
    evidence = directory / "evidence"
    disk.make_directory(evidence)
    with server.locked(directory):
        memory = open_witness(directory / "witness.db")
        witness = Witness(key, sign, {own.name: [own]}, memory, evidence, read_clock(clock))
        server.run(Gateway(create_app(witness), Settings(port=0)), Event())


if __name__ == "__main__":
    place, vkey, file = sys.argv[1:]
    watch(Path(place), vkey, Path(file))
