"""Breaks each check in turn; a vector or a test must notice: `python -m tests.mutation [--sample K --seed S] [--list]`.

Each mutant is a copy of verifier/ with one call deleted (tests/mutation/deletions.py) or one thing bent (bends.py). The
committed vectors judge it first (tests/mutation/deciding.py), and if they see nothing, the tests of the module.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from queue import SimpleQueue

from tests.mutation.bends import bends
from tests.mutation.deletions import Mutant, deletions
from tests.support.house import HOUSE

ROOMS = ("verifier", "mixnet", "bulletin", "demo", "tests", "specs")
WORKERS = 2
TIMEOUT = 300  # seconds; a mutant that never ends has been noticed
TESTS = {  # what asks a module besides the test file of its name
    "audit": ("resume", "settlement", "lacking"),
    "checkpoint": ("reading", "carrier"),
    "choice": ("counting",),
    "counting": ("fold",),
    "course": ("counting",),
    "decryption": ("vectors",),
    "der": ("certificate",),
    "duties": ("archives",),
    "ed25519": ("note",),
    "fold": ("audit",),
    "logkey": ("audit",),
    "note": ("checkpoint", "reading"),
    "reading": ("carrier", "audit"),
    "shuffle": ("vectors",),
    "state": ("records", "fold"),
    "tally": ("counting", "vectors"),
    "timeline": ("report",),
    "timetable": ("duties", "archives"),
    "trust": ("formats",),
    "validity": ("audit",),
    "verdict": ("report", "audit", "readings"),
}
EQUIVALENT = {
    "election/tally.py the last shares": "any threshold of valid shares recombine to the same plaintexts",
    "election/ballot.py without state.contest(sealed.contest, 'BAL.1', where)": (
        "the next line refuses with the same clause: no style of a consistent manifest names an unknown contest"
    ),
    "paper/fitting.py without refuse('PRT.7', where, say('nothing in effect has the leaf {}', leaf.hex()))": (
        "the next line refuses with the same clause: what has no owner is of no unit"
    ),
}
TIMES = count(1_000_000_000, 10)


def mutants() -> list[Mutant]:
    """Every mutant that a test can notice."""
    return [mutant for mutant in (*deletions(HOUSE), *bends(HOUSE)) if mutant.name not in EQUIVALENT]


class Overlay:
    """A copy of the project in which one file at a time is replaced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for room in ROOMS:
            shutil.copytree(HOUSE / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(HOUSE / "pyproject.toml", folder)
        self.environment = os.environ | {"PYTHONPATH": str(folder), "CI": "1", "PYTHONHASHSEED": "0"}

    def notices(self, mutant: Mutant) -> str:
        """What noticed the mutant; nothing if it survives."""
        file = self.folder / "verifier" / mutant.file
        self._put(file, mutant.source)
        try:
            stem = Path(mutant.file).stem
            if self._fails("-m", "tests.mutation.deciding", stem):
                return "vectors"
            names = dict.fromkeys((stem, *TESTS.get(stem, ())))
            known = [str(file) for name in names for file in (self.folder / "tests").rglob(f"test_{name}.py")]
            quiet = ("-q", "-x", "-p", "no:cacheprovider")
            return " ".join(known) if known and self._fails("-m", "pytest", *quiet, *known) else ""
        finally:
            self._put(file, (HOUSE / "verifier" / mutant.file).read_text())

    def _put(self, file: Path, source: str) -> None:
        """Write a file with a time of its own, so that no bytecode of another version is taken for it."""
        file.write_text(source)
        time = next(TIMES)
        os.utime(file, (time, time))

    def _fails(self, *arguments: str) -> bool:
        run = [sys.executable, "-B", *arguments]
        try:
            done = subprocess.run(
                run, cwd=self.folder, env=self.environment, capture_output=True, timeout=TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired:
            return True
        return done.returncode != 0


def try_all(chosen: list[Mutant]) -> list[str]:
    """Judge the mutants, two at a time; the names of those that survive."""
    overlays: SimpleQueue[Overlay] = SimpleQueue()
    survivors = []
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(WORKERS) as pool:
        for number in range(WORKERS):
            overlays.put(Overlay(Path(scratch) / str(number)))
        honest = overlays.get()
        unchanged = Mutant("", "errors.py", (HOUSE / "verifier/errors.py").read_text(), "")
        if honest.notices(unchanged):
            raise SystemExit("the tests fail on the unchanged verifier: mutants would tell nothing")
        overlays.put(honest)

        def judge(mutant: Mutant) -> tuple[Mutant, str]:
            overlay = overlays.get()
            try:
                return mutant, overlay.notices(mutant)
            finally:
                overlays.put(overlay)

        for mutant, noticed in pool.map(judge, chosen):
            print(f"{'killed by ' + noticed if noticed else 'SURVIVES':<24} {mutant.name}", flush=True)
            if not noticed:
                survivors.append(mutant.name)
    return survivors


def main() -> int:
    """Choose, judge, report."""
    parser = argparse.ArgumentParser(prog="tests.mutation.__main__", description=__doc__)
    parser.add_argument("--sample", type=int, help="only so many, drawn at random")
    parser.add_argument("--seed", default="0", help="of the sample")
    parser.add_argument("--list", action="store_true", help="print the mutants and stop")
    parser.add_argument("--only", default="", help="only mutants whose name contains this")
    asked = parser.parse_args()
    chosen = [mutant for mutant in mutants() if asked.only in mutant.name]
    if asked.sample is not None:
        chosen = random.Random(asked.seed).sample(chosen, min(asked.sample, len(chosen)))
    if asked.list:
        print("\n".join(mutant.name for mutant in chosen))
        return 0
    survivors = try_all(chosen)
    print(f"{len(chosen)} mutants, {len(chosen) - len(survivors)} killed")
    for name in survivors:
        print(f"survives: {name}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
