"""What the board can do: `python -m tests.benchmarks.board` (specs/measurements.md).

Ballots come from a process of their own, over HTTP, on the same machine. There are no witnesses.
"""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from nacl.signing import SigningKey

from bulletin.board import snapshots
from bulletin.http import server
from bulletin.log import disk
from bulletin.log.archive import Files
from bulletin.log.database import open_log
from bulletin.log.tilelog import TileLog
from bulletin.operate import migration
from bulletin.settings import load
from tests.benchmarks import logs
from tests.benchmarks import reads as readbench
from tests.benchmarks.load import Sent
from tests.support.elections import Election
from tests.support.servers import PostgreSQL
from tests.support.serving import cast, elect, posted, set_up, tile_log
from tests.support.stores import KEYS, storing
from verifier.audit.timeline import Snapshot, Timeline
from verifier.client import snapshot
from verifier.election.register import Row, padded
from verifier.log.note import ED25519, Key
from verifier.log.reading import blob_path
from verifier.proof.backend import Packed

SHARED = 6_000  # most ballots that are posted to boards that share a log, by a twelfth as many clients


def fill(place: Path, entries: int) -> None:
    """The log alone: opaque entries in committed groups, a signed and published checkpoint a second."""
    filled = logs.fill(place, entries)
    early = max(filled.held[: len(filled.held) // 4 + 1]) >> 20
    print(f"the log alone: {entries:,} entries, {entries / filled.seconds:,.0f}/s; memory {early} MiB at a quarter, "
          f"{filled.held[-1] >> 20} MiB at the end")  # fmt: skip


def restart(place: Path, entries: int) -> None:
    """Open that log again with the snapshot of an election as large: everything that a start does but the tail."""
    election = elect(set_up(place / "key"), voters=1)
    state = election.state
    drawn = os.urandom(32 * entries)
    rows = [Row(f"D{number}", drawn[32 * number : 32 * (number + 1)], "north") for number in range(entries)]
    state.leaves = Packed(32)
    state.leaves.extend(drawn)
    state.firsts.extend(drawn)
    state.codes["precinct"].extend(b"".join([padded(row.code) for row in rows]))
    state.credentials.enter(rows, "precinct", 0)
    for number, row in enumerate(rows):
        state.courses["north"].cast.put(row.key, number, row.key, row.key, row.key)
    secret = SigningKey.generate()
    key = Key("log.example", ED25519, bytes(secret.verify_key))
    archive = place / server.ARCHIVE
    signed = disk.read(archive, "checkpoint") or b""
    (place / snapshots.FILE).write_bytes(snapshot.encode(Snapshot(signed, state, Timeline())))
    del state, rows, drawn, election
    begun = time.perf_counter()
    log = TileLog(Files(archive), open_log(place / server.DATABASE), key.name, [])
    opened = time.perf_counter()
    kept = snapshots.load(place / snapshots.FILE, log)
    took = time.perf_counter() - begun
    assert kept.size == log.size == entries
    print(f"restart with {entries:,} entries: {took:.1f} s, of which {took - (opened - begun):.1f} s for the snapshot")


def prepare(place: Path, ballots: int) -> list[bytes]:
    """A board on which voting has begun, and ballots of different voters."""
    election: Election = elect(set_up(place), voters=-(-ballots // 2))
    log = tile_log(place)
    for digest, data in election.blobs.items():
        disk.write_once(log.directory, {blob_path(digest): data})
    log.append(election.records)
    log.publish(log.integrate().raw)
    log.close()
    (place / "policy").write_text("quorum none\n")
    return [posted(cast(election, voter)).raw for voter in range(ballots)]


@contextmanager
def served(place: Path, held: int) -> Iterator[str]:
    """The board as a process that counts its time, and holds so many requests."""
    words = ["serve", place, "--policy", place / "policy", "--port", "0"]
    command = [sys.executable, "-m", "tests.benchmarks.measured", str(place / "spent"), *map(str, words)]
    room = {"AIKYN_REQUESTS": str(2 * held), "AIKYN_QUEUE": str(2 * held)}
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "env": os.environ | room}
    with subprocess.Popen(command, **told) as process:  # type: ignore[call-overload]
        assert process.stdout is not None
        try:
            yield process.stdout.readline().decode().split()[-1]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def offer(place: Path, ballots: list[bytes], rate: float, held: int) -> dict[str, float]:
    """Post these ballots at this rate (0: as fast as it goes); seconds, percentiles, and the board's own seconds."""
    (place / "ballots").write_bytes(pickle.dumps([[Sent(raw)] for raw in ballots]))
    with served(place, held) as url:
        command = [sys.executable, "-m", "tests.benchmarks.load", url, str(place / "ballots"), str(rate), str(held)]
        told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    took = told["took"]
    spent = json.loads((place / "spent").read_text())
    middle, late = (took[int(len(took) * part)] for part in (0.5, 0.99))
    return {"seconds": told["seconds"], "p50": middle, "p99": late, "busy": told["busy"], **spent}


def admit(ballots: int, held: int) -> None:
    """Real ballots over HTTP as fast as it goes, each posted for its receipt."""
    with tempfile.TemporaryDirectory() as folder:
        told = offer(Path(folder), prepare(Path(folder), ballots), 0, held)
    rate = ballots / told["seconds"]
    print(f"admission over HTTP: {ballots:,} ballots and their receipts, {rate:,.0f}/s by {held} clients "
          f"(p50 {told['p50']:.2f} s, p99 {told['p99']:.2f} s, {told['busy']:.0f} told to come again)")  # fmt: skip
    shares = {name: seconds for name, seconds in told.items() if name not in ("seconds", "p50", "p99", "busy")}
    total = sum(shares.values())
    for name, seconds in sorted(shares.items(), key=lambda share: -share[1]):
        print(f"  {name:24}{seconds / ballots * 1e6:8.0f} µs a ballot {seconds / total:6.0%}")


def admit_shared(ballots: int, held: int) -> None:
    """The same through two boards that share a log on PostgreSQL and S3, all of it on this machine."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = Path(folder)
        store = stack.enter_context(storing(place))
        postgresql = PostgreSQL(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.callback(postgresql.stop)
        raw = prepare(place / "a", ballots)
        given = {"AIKYN_DATABASE": postgresql.make(), "AIKYN_ARCHIVE": store.make()}
        os.environ.update(KEYS)
        stores = load(place / "a" / "board.toml", given, {})
        migration.migrate(place / "a", stores, server.load_signers(place / "a"))
        (place / "b").mkdir()
        for name in (server.KEY, "policy"):
            shutil.copy2(place / "a" / name, place / "b" / name)
        os.environ.update(given)
        loads = []
        for number, name in enumerate(("a", "b")):
            lanes = [[Sent(one)] for one in raw[number::2]]
            (place / name / "ballots").write_bytes(pickle.dumps(lanes))
            url = stack.enter_context(served(place / name, held))
            words = [sys.executable, "-m", "tests.benchmarks.load", url, str(place / name / "ballots"), "0"]
            loads.append([*words, str(held // 2)])
        time.sleep(2.0)  # until one of them writes
        running = [subprocess.Popen(command, stdout=subprocess.PIPE) for command in loads]
        told = [json.loads(process.communicate()[0]) for process in running]
        for name in given:
            del os.environ[name]
    took = sorted(each for one in told for each in one["took"])
    rate = ballots / max(one["seconds"] for one in told)
    middle, late = (took[int(len(took) * part)] for part in (0.5, 0.99))
    print(f"the same through two boards on PostgreSQL and S3: {rate:,.0f}/s (p50 {middle:.2f} s, p99 {late:.2f} s, "
          f"{sum(one['busy'] for one in told):.0f} told to come again)")  # fmt: skip


def wait_for(ballots: int, rate: float) -> None:
    """How long a voter waits for a receipt at this rate."""
    with tempfile.TemporaryDirectory() as folder:
        told = offer(Path(folder), prepare(Path(folder), ballots), rate, 256)
    print(f"a receipt at {rate:.0f} ballots/s: p50 {told['p50']:.2f} s, p99 {told['p99']:.2f} s")


@click.command()
@click.option("--entries", default=1_000_000, help="Entries of the log alone.")
@click.option("--ballots", default=20_000, help="Ballots that are posted.")
@click.option("--held", default=2_000, help="Clients that post at the same time.")
@click.option("--only", type=click.Choice(["log", "admission", "latency", "reads"]), help="One part.")
def main(entries: int, ballots: int, held: int, only: str | None) -> None:
    """Measure the board on this machine."""
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if only in (None, "log"):
        with tempfile.TemporaryDirectory() as folder:
            fill(Path(folder), entries)
            restart(Path(folder), entries)
    if only in (None, "admission"):
        admit(ballots, held)
        admit_shared(min(ballots, SHARED), min(held, SHARED // 12))
    if only in (None, "latency"):
        wait_for(min(ballots, 2_000), 200.0)
    if only in (None, "reads"):
        readbench.compare()


if __name__ == "__main__":
    main()
