"""Our log alone beside Tessera's POSIX log: `python -m tests.benchmarks.logs` (specs/measurements.md).

Both are given the same entries on the same disk, in batches of the same size, with a checkpoint a second. Ours waits
for each batch before it takes the next; Tessera, whose program is in `tessera/`, fills one while it writes another.
Without its antispam Tessera does not know which entries it has; with it, it looks each of them up, as a board does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click
from nacl.signing import SigningKey

from bulletin.http import server
from bulletin.log.archive import Files
from bulletin.log.database import open_log
from bulletin.log.tilelog import TileLog
from verifier.log.note import ED25519, Key

PROGRAM = Path(__file__).with_name("tessera")
SIZE, BATCH, INTERVAL = 700, 1000, 1  # bytes of an entry, entries of a batch, seconds between checkpoints


class Filled(NamedTuple):
    """Seconds by the clock and of the processor; bytes that the process held at each checkpoint."""

    seconds: float
    processor: float
    held: list[int]


def memory() -> int:
    """Bytes that this process holds now."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def fill(place: Path, entries: int) -> Filled:
    """Our log alone: entries in committed groups, a signed and published checkpoint a second."""
    secret = SigningKey.generate()
    key = Key("log.example", ED25519, bytes(secret.verify_key))
    sign = lambda message: secret.sign(message).signature  # noqa: E731  a log's key is a function
    log = TileLog(Files(place / server.ARCHIVE), open_log(place / server.DATABASE), key.name, [(key, sign)])
    rest, held = bytes(SIZE - 8), list[int]()
    begun, spent = time.perf_counter(), time.process_time()
    due = begun + INTERVAL
    for first in range(0, entries, BATCH):
        log.append([number.to_bytes(8, "big") + rest for number in range(first, min(first + BATCH, entries))])
        if time.perf_counter() >= due:
            due += INTERVAL
            log.publish(log.integrate().raw)
            held.append(memory())
    log.publish(log.integrate().raw)
    filled = Filled(time.perf_counter() - begun, time.process_time() - spent, [*held, memory()])
    log.close()
    return filled


def fill_tessera(program: Path, place: Path, entries: int, *words: str) -> Filled:
    """Tessera's log with as many entries, in a process of its own."""
    command = [str(each) for each in (program, place, entries, SIZE, BATCH, INTERVAL, *words)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    seconds, processor = map(float, told.stdout.split())
    return Filled(seconds, processor, [])


def lacking() -> str:
    """What keeps Tessera's program from being built here, or ""."""
    if shutil.which("go") is None:
        return "Go is not installed"
    fetched = subprocess.run(["go", "mod", "download"], cwd=PROGRAM, check=False, stderr=subprocess.DEVNULL)
    return "Go's modules cannot be fetched" if fetched.returncode else ""


def build(place: Path) -> Path:
    """Tessera's program, made of the modules that `go.sum` pins."""
    subprocess.run(["go", "build", "-o", str(place / "tessera"), "."], check=True, cwd=PROGRAM)
    return place / "tessera"


@click.command()
@click.option("--entries", default=300_000, help="Entries of each log.")
@click.option("--rounds", default=3, help="Times that each log is filled, in turn.")
def main(entries: int, rounds: int) -> None:
    """Compare the logs on this machine."""
    if reason := lacking():
        print(f"our log beside Tessera's is left out: {reason}")
        return
    with tempfile.TemporaryDirectory() as made:
        program = build(Path(made))
        logs: dict[str, Callable[[Path], Filled]] = {
            "ours": lambda place: fill(place, entries),
            "Tessera": lambda place: fill_tessera(program, place, entries),
            "Tessera, antispam": lambda place: fill_tessera(program, place, entries, "antispam"),
        }
        took: dict[str, list[Filled]] = {name: [] for name in logs}
        for name, log in [*logs.items()] * rounds:
            with tempfile.TemporaryDirectory() as folder:
                took[name].append(log(Path(folder)))
    print(f"{entries:,} entries of {SIZE} bytes, {BATCH:,} a batch, medians of {rounds}; "
          f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")  # fmt: skip
    for name, filled in took.items():
        rate, spent = entries / median(one.seconds for one in filled), median(one.processor for one in filled)
        print(f"{name:20}{rate:8,.0f}/s {spent / entries * 1e6:6.1f} µs of processor time an entry")
    for name in list(logs)[1:]:
        pairs = list(zip(took["ours"], took[name], strict=True))
        clock = median(one.seconds / other.seconds for one, other in pairs)
        spent = median(one.processor / other.processor for one, other in pairs)
        print(f"ours to {name}: {clock:.2f} of its seconds, {spent:.2f} of its processor time")


if __name__ == "__main__":
    main()
