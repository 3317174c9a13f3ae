"""`make crash`: a board dies many times under load, and must have kept its promises each time."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

import click

from tests.crash.faults import CRASHES, LIES, STORE
from tests.crash.shared import FAULTS, STEPS, run_shared
from tests.crash.trial import AT_RANDOM, Broken, run


@click.command()
@click.option("--times", default=200, help="Kills at random points.")
@click.option("--seed", default=1, help="Where the random points come from.")
@click.option("--only", type=click.Choice([*CRASHES, *STORE, *LIES, *FAULTS]), help="Nothing but this fault.")
@click.option("--shared", is_flag=True, help="Two boards that share a log on PostgreSQL and S3, and die together.")
def main(times: int, seed: int, only: str | None, *, shared: bool) -> None:
    """Kill a board `--times` times at random, and once at each step of the order of durability."""
    begun = time.monotonic()
    draw = random.Random(seed)
    if only:
        faults = [only] * times
    elif shared:
        faults = [*draw.choices([*FAULTS], k=times), *STEPS]
    else:
        faults = [AT_RANDOM] * times + [*CRASHES, *STORE]
    draw.shuffle(faults)
    with tempfile.TemporaryDirectory() as folder:
        try:
            trial = (run_shared if shared else run)(Path(folder), faults, seed)
        except Broken as broken:
            raise SystemExit(f"seed {seed}: {broken}") from broken
        clients = trial.clients
        print(f"{len(faults)} deaths in {time.monotonic() - begun:.0f} s, seed {seed}")
        kept = f"{len(clients.receipts)} receipts, {len(clients.seen)} checkpoints, {len(clients.blobs)} blobs"
        print(f"{len(clients.taken)} records were taken; {kept}")
        print("every receipt verifies, no two checkpoints are inconsistent, no entry is lost or doubled")


if __name__ == "__main__":
    main()
