"""What the commission's desk takes: `python -m tests.benchmarks.desk`.

Steps from a folder with a large register, and the way from a commission's folder to an open election by commands.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bulletin.office import rehearsal, steps
from bulletin.office.crowd import Crowd
from bulletin.office.election import read_election
from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.play import Play
from bulletin.office.processes import Processes
from bulletin.office.staging import SUFFIX, stage, write_table
from tests.support.village import build
from verifier.proof import backend

ROWS, VOTERS = 100_000, 5
LONGEST_STEPS, LONGEST_WAY = 30.0, 120.0  # seconds


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def enlarge(folder: Folder) -> None:
    """A register of ROWS voters."""
    keys = backend.hash_to_group(random.Random(0).randbytes(64 * ROWS))
    rows = ((f"C{n:07}", b64encode(keys[32 * n : 32 * n + 32]).decode()) for n in range(ROWS))
    write_table(folder, "register", ({"commission": "precinct-1", "code": code, "key": key} for code, key in rows))


def prepare(folder: Folder) -> None:
    """All steps, from which nothing may be missing."""
    _, stages = steps.prepare(folder, datetime.now(UTC))
    assert {stage.state for stage in stages} <= {"green", "open"}, stages


def open_election(folder: Folder, place: Path) -> None:
    """Keys, steps, signatures, board, ceremony, register, opening: each by its command."""
    draft = read_election(folder, datetime.now(UTC), Mistakes())
    assert draft is not None
    staged = Folder(place / "desk")
    with Processes(place / "journals") as processes:
        play = Play(staged, place / "private", processes, stage(folder, draft, staged))
        play.hand_in_keys(draft.origin + SUFFIX)
        play.prepare()
        rehearsal.begin(play, Crowd(play, VOTERS, random.Random(0)), lambda _: None)


def main() -> None:
    """Print seconds and limits; status 1 if one of them is passed."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = build(Path(scratch) / "village", near=datetime.now(UTC))
        way = timed(lambda: open_election(folder, Path(scratch) / "play"))
        enlarge(folder)
        shutil.rmtree(folder.path / "made", ignore_errors=True)
        took = timed(lambda: prepare(folder))
    print(f"the desk; {os.cpu_count()} cores, {backend.NAME}")
    print(f"  steps with a register of N = {ROWS:,}     {took:6.1f} s, at most {LONGEST_STEPS:.0f}")
    print(f"  from a folder to an open election  {way:6.1f} s, at most {LONGEST_WAY:.0f}; {VOTERS} voters, 16 keys")
    sys.exit(took > LONGEST_STEPS or way > LONGEST_WAY)


if __name__ == "__main__":
    main()
