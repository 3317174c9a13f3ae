"""Boards that share a log, killed and stopped under load, with a database that restarts and a store that fails.

Real processes: two boards, a witness, PostgreSQL, an S3 server, clients that post at both boards. Each life ends with
the death of both; then the bucket is read as an auditor would, before a board has a chance to mend anything.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copyfile, rmtree
from tempfile import TemporaryDirectory

from bulletin.http import server
from bulletin.http.gateway import claim
from bulletin.log.bucket import Bucket
from bulletin.log.postgres import Shared
from bulletin.log.tilelog import TileLog
from bulletin.settings import load_key
from tests.crash.clients import Clients
from tests.crash.faults import CRASHES
from tests.crash.trial import KILLED, PATIENCE, Broken, Trial
from tests.support.servers import PostgreSQL
from tests.support.serving import elect, set_up
from tests.support.stores import KEYS, Store, storing
from verifier.client.board import Board, Refused
from verifier.errors import Incomplete
from verifier.log.note import ED25519
from verifier.log.reading import blob_path
from verifier.log.tree import hash_leaf

NAMES = ("a", "b")
LEASE = 1.0
ANEW = 10  # deaths after which the whole bucket is read again
STEPS = tuple(name for name in CRASHES if not name.startswith(("a blob", "some of the partial")))


class SharedTrial(Trial):
    """Two boards of one log in `place`, through all their deaths."""

    def __init__(self, place: Path, seed: int, postgresql: PostgreSQL, store: Store) -> None:
        self.place, self.postgresql, self.store = place, postgresql, store
        self.random = random.Random(seed)
        self.key = set_up(place / "a")
        for name in NAMES[1:]:
            (place / name).mkdir()
            copyfile(place / "a" / server.KEY, place / name / server.KEY)
            (place / name / server.KEY).chmod(0o600)
        self.election = elect(self.key, 300)
        self.given = {"AIKYN_DATABASE": postgresql.make(), "AIKYN_ARCHIVE": store.make(), "AIKYN_LEASE": str(LEASE)}
        self.archive = place / "auditor"
        self._begin()
        self.clients = Clients(self.election, self.random)
        self.deaths: dict[str, int] = {}
        self._read = dict.fromkeys(NAMES, 0)
        self._wrote: dict[str, list[float]] = {name: [] for name in NAMES}
        self.boards: dict[str, subprocess.Popen[bytes]] = {}
        self.urls: dict[str, str] = {}
        self._journal = (place / "journal").open("ab")

    def live(self, fault: str) -> None:
        """Start both boards, load them, let the fault happen and both die, and look at what is left."""
        with self._both("none" if fault in FAULTS else fault), self.clients.posting(*self.urls.values()):
            time.sleep(self.random.uniform(0.1, 1.0))
            FAULTS.get(fault, await_death)(self)
            time.sleep(self.random.uniform(0.1, 1.0))
            self._judge()
        if self.clients.refused:
            raise Broken(self.clients.refused[0])
        self.deaths[fault] = self.deaths.get(fault, 0) + 1
        self.look()

    def finish(self) -> None:
        """One life without a fault, in which everything that was taken is published at both boards."""
        with self._both("none"):
            for url in self.urls.values():
                try:
                    self.clients.settle(url)
                    for leaf in list(self.clients.taken)[-20:]:
                        self.clients.receipts[leaf] = Board(url).receipt(leaf)
                except (Refused, Incomplete) as error:
                    raise Broken(f"what was taken is not there: {error}") from error
            for process in self.boards.values():
                process.terminate()
            codes = [process.wait(PATIENCE) for process in self.boards.values()]
            if codes != [0, 0]:
                raise Broken(f"the boards did not end in peace, but with {codes}: {self._said()}")
        rmtree(self.archive, ignore_errors=True)
        self.look()
        lost = self.clients.taken.keys() - {hash_leaf(entry) for _, entry in self._log().entries()}
        if lost:
            raise Broken(f"{len(lost)} records that were taken are not on the log")

    def look(self) -> None:
        """The bucket as an auditor finds it; as a rule one who has most of it from the last time."""
        if sum(self.deaths.values()) % ANEW == 0:
            rmtree(self.archive, ignore_errors=True)
        bucket = Bucket(self.given["AIKYN_ARCHIVE"], self.archive)
        bucket.refresh()
        for digest in self.clients.blobs:
            bucket.bring(blob_path(digest))
        super().look()

    @property
    def writer(self) -> str:
        """The board that became the writer last."""
        return max(NAMES, key=lambda name: max(self._turns(name), default=0.0))

    def kill(self, name: str) -> None:
        self.boards[name].send_signal(signal.SIGKILL)
        self.boards[name].wait(PATIENCE)

    def start(self, name: str, fault: str = "none") -> None:
        """Start a board and wait until it listens."""
        words = ["serve", self.place / name, "--policy", self.place / "policy", "--interval", "0.05"]
        number = str(self.random.randint(1, 4))
        command = [sys.executable, "-m", "tests.crash.faults", fault, number, *map(str, words), "--port"]
        port = self.urls[name].rpartition(":")[2] if name in self.urls else str(claim("127.0.0.1", 0)[1])
        environment = os.environ | KEYS | self.given | {"AIKYN_BALLOT_RATE": "1000000"}
        with (self.place / f"journal-{name}").open("ab") as journal:
            self.boards[name] = subprocess.Popen(
                [*command, port], stdout=subprocess.PIPE, stderr=journal, env=environment
            )
        self.urls[name] = f"http://127.0.0.1:{port}"

    def await_writer(self, since: float) -> None:
        """Wait until a board has become the writer after this time."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if any(turn >= since for name in NAMES for turn in self._turns(name)):
                return
            time.sleep(0.05)
        raise Broken(f"nobody wrote the log in {PATIENCE:.0f} seconds: {self._said()}")

    def _begin(self) -> None:
        """The log up to the voting, and its blobs."""
        key, sign = load_key(self.place / "a" / server.KEY, ED25519)
        database = Shared(self.given["AIKYN_DATABASE"], LEASE)
        database.lead(lambda: None)
        bucket = Bucket(self.given["AIKYN_ARCHIVE"], self.archive)
        log = TileLog(bucket, database, key.name, [(key, sign)])
        bucket.write_once({blob_path(digest): data for digest, data in self.election.blobs.items()})
        log.append(self.election.records)
        log.close()

    @contextmanager
    def _both(self, fault: str) -> Iterator[None]:
        begun = time.time()
        try:
            for name in NAMES:
                self.start(name, fault)
            for name in NAMES:
                if not self._listening(self.boards[name]) and fault == "none":
                    raise Broken(f"{name} does not begin: {self._said()}")
            if fault == "none":
                self.await_writer(begun)
            yield
        finally:
            for name in NAMES:
                self.boards[name].send_signal(signal.SIGCONT)
                self.kill(name)
                stdout = self.boards[name].stdout
                assert stdout is not None
                stdout.close()

    def _judge(self) -> None:
        """A board that ended by itself says so with status 1."""
        codes = {name: process.poll() for name, process in self.boards.items()}
        if strange := {name: code for name, code in codes.items() if code not in (None, 1, KILLED)}:
            raise Broken(f"a board ended with {strange}: {self._said()}")

    def _turns(self, name: str) -> list[float]:
        """When this board became the writer, from its journal, of which each line is read once."""
        with (self.place / f"journal-{name}").open("rb") as journal:
            journal.seek(self._read[name])
            lines = journal.read().split(b"\n")
        self._read[name] += sum(len(line) + 1 for line in lines[:-1])
        said = [json.loads(line) for line in lines[:-1] if line.startswith(b"{")]
        self._wrote[name] += [line["time"] for line in said if line["event"] == "writes"]
        return self._wrote[name]

    def _said(self) -> str:
        return "\n".join((self.place / f"journal-{name}").read_text()[-2000:] for name in NAMES)


def kill_writer(trial: SharedTrial) -> None:
    """The other goes on, and the dead one comes back."""
    begun, name = time.time(), trial.writer
    trial.kill(name)
    trial.await_writer(begun)
    trial.start(name)


def pause_writer(trial: SharedTrial) -> None:
    """The writer is stopped past its lease, and wakes when another one writes."""
    begun, process = time.time(), trial.boards[trial.writer]
    process.send_signal(signal.SIGSTOP)
    trial.await_writer(begun)
    time.sleep(trial.random.uniform(0.0, LEASE))
    process.send_signal(signal.SIGCONT)


def pause_briefly(trial: SharedTrial) -> None:
    """A writer that is stopped for less than its lease goes on."""
    process = trial.boards[trial.writer]
    process.send_signal(signal.SIGSTOP)
    time.sleep(trial.random.uniform(0.1, LEASE / 2))
    process.send_signal(signal.SIGCONT)


def restart_database(trial: SharedTrial) -> None:
    begun = time.time()
    trial.postgresql.restart()
    trial.await_writer(begun)


def break_store(trial: SharedTrial) -> None:
    with trial.store.bent("broken"):
        time.sleep(trial.random.uniform(0.2, 2.0))


def slow_store(trial: SharedTrial) -> None:
    with trial.store.bent("slow 0.3"):
        time.sleep(trial.random.uniform(0.5, 3.0))


def await_death(trial: SharedTrial) -> None:
    """The writer dies at a step of the order of durability, and so does the one after it."""
    end = time.monotonic() + PATIENCE
    while any(process.poll() is None for process in trial.boards.values()):
        if time.monotonic() > end:
            raise Broken(f"nobody died in {PATIENCE:.0f} seconds: {trial._said()}")
        time.sleep(0.05)


FAULTS: dict[str, Callable[[SharedTrial], None]] = {
    "both are killed": lambda _: None,
    "the writer is killed": kill_writer,
    "the writer is stopped past its lease": pause_writer,
    "the writer is stopped for a moment": pause_briefly,
    "the database restarts": restart_database,
    "the store is broken": break_store,
    "the store is slow": slow_store,
}


def run_shared(place: Path, faults: list[str], seed: int) -> SharedTrial:
    """The life of two boards through these deaths; `Broken` if they did not keep their promises."""
    with ExitStack() as stack:
        store = stack.enter_context(storing(place))
        os.environ.update(KEYS)
        postgresql = PostgreSQL(Path(stack.enter_context(TemporaryDirectory())))
        stack.callback(postgresql.stop)
        trial = SharedTrial(place, seed, postgresql, store)
        trial.endure(faults)
    return trial
