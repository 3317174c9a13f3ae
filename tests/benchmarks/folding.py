"""The fold alone, and what its state takes when everybody has voted: `python -m tests.benchmarks.folding`."""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import click

from tests.benchmarks.scale import Crowd
from tests.support.elections import Election, contest
from verifier import fold
from verifier.election.register import Credentials, Opening, Register, Row
from verifier.proof import backend
from verifier.records import encode
from verifier.state import State

if TYPE_CHECKING:
    from verifier.records import Blobs

PAGE = 4096


def hold(size: int) -> tuple[list[bytes], dict[bytes, bytes]]:
    """The records of an election in which so many voters have cast a ballot each, and its blobs."""
    play = Election([contest("mayor")], trustees=5, threshold=3, mixers=3).set_up().hold_ceremony()
    crowd = Crowd(size)
    rows = Credentials(tuple(Row(f"C{number:07d}", key, "mayor") for number, key in enumerate(crowd.keys)))
    play.enact(Register("precinct", size, play.put(encode(rows))), play.precinct)
    play.enact(Opening(play.state.key, size))
    return [*play.records, *map(encode, crowd.cast(play))], dict(play.blobs)


def replay(records: list[bytes], blobs: Blobs) -> State:
    """The state after these records; nothing of what they claim is kept."""
    state = State()
    for judged in fold.replay(state, enumerate(records), blobs):
        judged.taken()
    return state


def resident() -> int:
    """Bytes that this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def measure(records: list[bytes], blobs: dict[bytes, bytes], size: int, times: int) -> None:
    """Fold these records: first for the memory, in a process that has done nothing before, then for the time."""
    spent, before = [], resident()
    state = replay(records, blobs.get)
    held = resident() - before
    del state
    for _ in range(times):
        begun = time.process_time()
        replay(records, blobs.get)
        spent.append((time.process_time() - begun) / len(records) * 1e6)
    print(f"{size:,} ballots, {backend.NAME}: {median(spent):.1f} µs of the processor a record, hashing it included")
    print(f"the state holds {held / size:,.0f} bytes a ballot")


@click.command()
@click.option("--size", default=100_000, help="Ballots.")
@click.option("--times", default=5, help="How often it is timed.")
@click.option("--in", "place", type=click.Path(path_type=Path), hidden=True)
def main(size: int, times: int, place: Path | None) -> None:
    """Print the fold's processor time a record, and the state's bytes a ballot."""
    if place:
        records, blobs = pickle.loads(place.read_bytes())
        measure(records, blobs, size, times)
        return
    with tempfile.NamedTemporaryFile() as file:
        file.write(pickle.dumps(hold(size)))
        file.flush()
        line = ["--size", str(size), "--times", str(times), "--in", file.name]
        subprocess.run([sys.executable, "-m", "tests.benchmarks.folding", *line], check=True)


if __name__ == "__main__":
    main()
