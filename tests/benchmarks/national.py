"""A national electronic vote, made and verified on one machine, stage by stage: `make national`.

A stage that was done is not done again; `--fresh` begins anew. `--part 100` plays a hundredth (specs/measurements.md).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tests.benchmarks import electing, merging
from tests.benchmarks.electing import MIXES, THRESHOLD, TRUSTEES, Making
from tests.benchmarks.merging import Audited, computed, shared_part
from tests.benchmarks.scale import peak
from verifier.desk.workers import ROWS
from verifier.proof import backend

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 4_300_000
DISK = 3_000  # bytes of a ballot, with what its stages leave for each other
TABLE = (2, 8, 32)
MAKING = (
    "register",
    "ballots",
    "freeze",
    *(f"mix-{place}" for place in range(1, MIXES + 1)),
    *(f"share-{j}" for j in range(1, THRESHOLD + 1)),
    "tally",
)
STAGES = (*MAKING, "publish", "verify", "verify-shared", "workers")
Times = dict[str, dict[str, Any]]


def do(stage: str, at: Making, size: int, seed: int) -> dict[str, Any]:
    """One stage in this process; what it has to say besides its time."""
    name, _, number = stage.partition("-")
    work: dict[str, Callable[[], Any]] = {
        "register": lambda: electing.register(at, size),
        "ballots": lambda: electing.ballots(at, size, seed),
        "freeze": lambda: electing.freeze(at, size),
        "mix": lambda: electing.mix(at, int(number)),
        "share": lambda: electing.share(at, int(number)),
        "tally": lambda: electing.tally(at),
        "publish": lambda: electing.publish(at, list(MAKING)),
        "verify": lambda: merging.shared(at.place) if number else merging.audit(at.place)._asdict(),
        "workers": merging.measure,
    }
    return work[name]() or {}


def timed(stage: str, at: Making, size: int, seed: int) -> dict[str, Any]:
    start = time.perf_counter()
    said = do(stage, at, size, seed)
    took = time.perf_counter() - start
    return {"took": took, "processor": time.process_time(), "peak": peak(), **said}


def run(place: Path, size: int, seed: int) -> Times:
    """All stages, each in a process of its own; those that a former run has done are taken from it."""
    kept = place / "work/times"
    times: Times = json.loads(kept.read_text()) if kept.exists() else {}
    for stage in STAGES:
        if stage in times:
            continue
        print(f"… {stage}", file=sys.stderr, flush=True)
        line = ["--in", str(place), "--stage", stage, "--size", str(size), "--seed", str(seed)]
        command = [sys.executable, "-m", "tests.benchmarks.national", *line]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(f"{stage}: status {done.returncode}; the same command goes on from here")
        times[stage] = json.loads(done.stdout)
        kept.with_suffix(".new").write_text(json.dumps(times, indent=1))
        kept.with_suffix(".new").replace(kept)
    return times


def show(times: Times, size: int) -> None:
    """What was measured."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    print(
        f"{size:,} ballots, {MIXES} mixes, {THRESHOLD} of {TRUSTEES} trustees; {os.cpu_count()} cores, {memory:.0f} GB"
    )
    print(f"{backend.NAME}; load {os.getloadavg()[0]:.1f} at the end\n")
    print(f"{'measured':24}{'s':>10}{'processor, s':>14}{'µs a ballot':>13}{'peak, GB':>10}")
    for stage, one in times.items():
        if stage != "workers":
            cost = one["took"] / size * 1e6
            print(f"{stage:24}{one['took']:10.1f}{one['processor']:14.1f}{cost:13.1f}{one['peak'] / 1e9:10.2f}")
    made = sum(times[stage]["took"] for stage in (*MAKING, "publish"))
    print(f"{'making, all of it':24}{made:10.1f}{'':14}{made / size * 1e6:13.1f}\n")


def show_workers(times: Times) -> None:
    """What was measured of workers, and what follows from it for more of them."""
    spent, audited = times["workers"], Audited(*(times["verify"][name] for name in Audited._fields))
    shared, parcels = times["verify-shared"], audited.sent // ROWS
    same = shared["report"] == audited.report
    one, two, ms = spent["one"], spent["two"], {name: 1e3 * seconds for name, seconds in spent.items()}
    for line in (
        f"a product of {merging.PARCELS} parcels by one worker {one:.2f} s, by two {two:.2f} s:",
        f"  {one / two:.2f} times as fast; they and who asks share {os.cpu_count()} cores",
        f"a parcel of {ROWS:,} points, {64 * ROWS / 1e6:.1f} MB: {ms['parcel']:.0f} ms of a worker's processor,",
        f"  {ms['merging']:.1f} ms of who cuts, sends and merges, {ms['passing']:.1f} ms of the scheduler",
        f"the audit with two workers: {'the same report' if same else 'ANOTHER REPORT'};",
        f"  {shared['answered']} parcels by them, {shared['redone']} here instead",
        f"its products have {audited.sent:,} points in {parcels:,} parcels for workers; {audited.kept:,} stay here",
    ):
        print(line if line.startswith(" ") else f"measured: {line}")
    show_computed(times["verify"]["processor"], audited, spent)
    if not same or shared["redone"]:
        raise SystemExit(1)


def show_computed(processor: float, audited: Audited, spent: dict[str, float]) -> None:
    """The audit with more workers than there are here."""
    alone, parcels = computed(1, processor, audited, spent), audited.sent // ROWS
    print(f"\n{'computed: workers':24}{'verify, s':>10}{'gain':>7}{'their part, s':>15}{'Gbit/s':>8}")
    for workers in TABLE:
        took, products = computed(workers, processor, audited, spent), shared_part(workers, audited, spent)
        wire = parcels * 64 * ROWS * 8 / products / 1e9 if parcels else 0.0
        print(f"{workers:<24}{took:10.1f}{alone / took:7.2f}{products:15.1f}{wire:8.2f}")


@click.command()
@click.option("--part", default=1, type=click.IntRange(min=1), help="Play one part of so many: 100 is a hundredth.")
@click.option("--seed", default=1, help="Who chooses what.")
@click.option("--fresh", is_flag=True, help="Begin anew, whatever a former run has done.")
@click.option("--in", "place", type=click.Path(path_type=Path), help="Where; by default build/national-PART.")
@click.option("--stage", type=click.Choice(STAGES), hidden=True)
@click.option("--size", type=int, hidden=True)
def main(part: int, seed: int, place: Path | None, stage: str | None, size: int | None, *, fresh: bool) -> None:
    """Make a national election, verify it, and compute what more machines would take."""
    place, size = place or Path(f"build/national-{part}"), size or SIZE // part
    if stage:
        print(json.dumps(timed(stage, Making(place), size, seed)))
        return
    if fresh:
        shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(place).free
    if free < DISK * size and not (place / "work/times").exists():
        raise SystemExit(f"this takes {DISK * size / 1e9:.0f} GB of disk, and {free / 1e9:.0f} GB are free")
    times = run(place, size, seed)
    show(times, size)
    show_workers(times)


if __name__ == "__main__":
    main()
