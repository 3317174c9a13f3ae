"""A board that is killed again and again under load, and must keep every promise that it has signed.

Real processes: a board, a witness, clients that post ballots over HTTP and keep what they were told. After each death
the files on the disk are read as an auditor would, before the board has a chance to mend them.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bulletin.http import server
from bulletin.log import disk
from bulletin.settings import load_key
from tests.crash.clients import Clients
from tests.crash.faults import STORE
from tests.support.elections import Election
from tests.support.serving import elect, set_up, tile_log
from verifier.client.board import Refused
from verifier.client.files import Directory
from verifier.errors import Incomplete, VerifierError
from verifier.log import checkpoint, policy, receipt
from verifier.log.reading import LATEST, Log, blob_path
from verifier.log.tree import hash_leaf

VOTERS = 300
LONGEST = 0.9  # seconds under load before a kill at random
PATIENCE = 20.0  # seconds for a step to be reached, or for a board to end by itself
KILLED = -signal.SIGKILL
AT_RANDOM = ""


class Broken(Exception):
    """A promise was not kept; the sentence says which."""


class Trial:
    """One board's life in `place`, through all its deaths."""

    def __init__(self, place: Path, seed: int) -> None:
        self.place, self.board = place, place / "board"
        self.archive = self.board / server.ARCHIVE
        self.random = random.Random(seed)
        self.key = set_up(self.board)
        self.election: Election = elect(self.key, VOTERS)
        log = tile_log(self.board)
        for digest, data in self.election.blobs.items():
            disk.write_once(self.archive, {blob_path(digest): data})
        log.append(self.election.records)
        log.close()
        self.clients = Clients(self.election, self.random)
        self.deaths: dict[str, int] = {}
        self._journal = (place / "journal").open("ab")

    def endure(self, faults: list[str]) -> None:
        """Set everything up, die these deaths, and come to the end; `Broken` if a promise was not kept."""
        with self.witnessed():
            self.finish()
            for fault in faults:
                self.live(fault)
            self.finish()

    @contextmanager
    def witnessed(self) -> Iterator[None]:
        """A witness that lives meanwhile, and the policy that names it."""
        from verifier.log import note

        memory = self.place / "witness"
        words = ["witness", str(memory), "--name", "w1.example", "--log", note.encode_key(self.key), "--port", "0"]
        line = f"from bulletin.operate.commands import main; main({words!r}, prog_name='aikyn-board')"
        with subprocess.Popen([sys.executable, "-c", line], stdout=subprocess.PIPE, stderr=self._journal) as process:
            try:
                url = self._listening(process)
                key, _ = load_key(memory / "witness.key", note.COSIGNATURE)
                text = f"witness w1 {note.encode_key(key)} {url}\nquorum w1\n"
                (self.place / "policy").write_text(text)
                self.trust = policy.decode(text.encode())
                yield
            finally:
                process.terminate()
                self._journal.close()

    def live(self, fault: str) -> None:
        """Start the board, load it, let it die, and look at what is left."""
        number = self.random.randint(1, 4)
        with self._started(fault, number) as process:
            url = self._listening(process)
            if url:
                with self.clients.posting(url):
                    self._await_death(process, fault)
            code = process.wait(PATIENCE)
        self._judge_end(fault, code)
        if self.clients.refused:
            raise Broken(self.clients.refused[0])
        self.deaths[fault] = self.deaths.get(fault, 0) + 1
        self.look()

    def finish(self) -> None:
        """One life without a fault, in which everything that was taken is published."""
        with self._started("none", 0) as process:
            try:
                self.clients.settle(self._listening(process))
            except (Refused, Incomplete) as error:
                raise Broken(f"what was taken is not there: {error}") from error
            process.terminate()
            if code := process.wait(PATIENCE):
                raise Broken(f"the board did not end in peace, but with {code}: {self._said()}")
        self.look()
        log = self._log()
        lost = self.clients.taken.keys() - {hash_leaf(entry) for _, entry in log.entries()}
        if lost:
            raise Broken(f"{len(lost)} records that were taken are not on the log")

    def look(self) -> None:
        """The files as an auditor finds them: they continue every checkpoint and receipt, and double nothing."""
        try:
            self._look()
        except VerifierError as error:
            raise Broken(f"the archive is refused: {error}") from error

    def _look(self) -> None:
        log = self._log()
        log.check_latest([self.key], self.trust)
        log.check_published([self.key], self.trust)
        leaves = [hash_leaf(entry) for _, entry in log.entries()]
        if len(set(leaves)) != len(leaves):
            raise Broken("an entry stands on the log twice")
        for leaf, raw in self.clients.receipts.items():
            kept = receipt.decode(raw)
            if raw not in self.clients.checked:
                receipt.check(kept, leaf, self.key.name, [self.key], self.trust)
                self.clients.checked.add(raw)
            if log.size <= kept.index or leaves[kept.index] != leaf:
                raise Broken(f"receipt {kept.index}: the log has something else there")
            self.clients.seen.add(kept.checkpoint)
        for raw in self.clients.seen:
            body = checkpoint.decode(raw).body
            if body.size > log.size or log.root_at(body.size) != body.root:
                raise Broken(
                    f"a checkpoint of {body.size} entries was shown that the log of {log.size} does not continue"
                )
        for digest in self.clients.blobs:
            if Directory(self.archive)(blob_path(digest)) is None:
                raise Broken("a blob that was taken is gone")

    def _log(self) -> Log:
        """The archive as who copies it has it: without a checkpoint that is kept and not served yet."""
        read = Directory(self.archive)
        latest = read(LATEST)

        def copied(name: str) -> bytes | None:
            raw = read(name)
            later = raw and latest and name.startswith("checkpoints/") and size_of(raw) > size_of(latest)
            return None if later else raw

        return Log(copied, self.key.name, [self.key])

    @contextmanager
    def _started(self, fault: str, number: int) -> Iterator[subprocess.Popen[bytes]]:
        words = ["serve", self.board, "--policy", self.place / "policy", "--port", "0", "--interval", "0.05"]
        command = [sys.executable, "-m", "tests.crash.faults", fault or "none", str(number), *map(str, words)]
        environment = os.environ | {"AIKYN_BALLOT_RATE": "1000000"}  # its voters cast without a pause
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self._journal, env=environment) as process:
            try:
                yield process
            finally:
                process.kill()

    def _listening(self, process: subprocess.Popen[bytes]) -> str:
        """The URL, or "" if the process ends before it has one."""
        assert process.stdout is not None
        return process.stdout.readline().decode().strip().removeprefix("listening on ")

    def _await_death(self, process: subprocess.Popen[bytes], fault: str) -> None:
        if fault == AT_RANDOM or (fault in STORE and not STORE[fault][0]):
            time.sleep(self.random.uniform(0.02, LONGEST))
            process.kill()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Broken(f"{fault}: nothing happened in {PATIENCE:.0f} seconds") from None

    def _judge_end(self, fault: str, code: int) -> None:
        ends_itself = fault in STORE and STORE[fault][0]
        if ends_itself != (code == 1) or code not in (1, KILLED):
            raise Broken(f"{fault or 'at random'}: the board ended with {code}: {self._said()}")

    def _said(self) -> str:
        return (self.place / "journal").read_bytes()[-2000:].decode(errors="replace")


def size_of(raw: bytes) -> int:
    return checkpoint.decode(raw).body.size


def run(place: Path, faults: list[str], seed: int) -> Trial:
    """A board's life through these deaths; `Broken` if it did not keep its promises."""
    trial = Trial(place, seed)
    trial.endure(faults)
    return trial
