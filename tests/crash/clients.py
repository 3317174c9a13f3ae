"""Clients of a board that may die at any moment: they post ballots and blobs, and keep what they were told."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import cycle
from threading import Event, Lock, Thread
from typing import NamedTuple

import requests

from tests.support.elections import Election
from tests.support.serving import cast, seal
from verifier.client.board import Board, authorized_bytes
from verifier.election.ballot import FIRST
from verifier.log.note import encode_base64
from verifier.log.tree import hash_leaf
from verifier.records import encode

THREADS = 4


class Wanted(NamedTuple):
    """A ballot that its voter sends until there is an answer, and the tracker that the voter's next one names."""

    voter: int
    raw: bytes
    tracker: bytes


class Clients:
    """`taken`: records that the board has, by leaf. `receipts`: by leaf; `checked`: those that were verified.

    `seen`: checkpoints shown. `blobs`: stored.
    """

    def __init__(self, election: Election, draw: random.Random) -> None:
        self.election = election
        self.taken: dict[bytes, bytes] = {}
        self.receipts: dict[bytes, bytes] = {}
        self.checked: set[bytes] = set()
        self.seen: set[bytes] = set()
        self.blobs: set[bytes] = set()
        self.refused: list[str] = []
        self._draw, self._lock = draw, Lock()
        self._idle = deque((voter, FIRST) for voter in range(len(election.voters)))
        self._unsure: deque[Wanted] = deque()

    @contextmanager
    def posting(self, *urls: str) -> Iterator[None]:
        """Clients that post meanwhile, each at one of these boards."""
        ended = Event()
        works = [*[self._vote] * THREADS, self._watch, self._upload]
        threads = [Thread(target=work, args=(url, ended)) for work, url in zip(works, cycle(urls), strict=False)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            ended.set()
            for thread in threads:
                thread.join()

    def settle(self, url: str) -> None:
        """Send again whatever has no answer yet, and fetch every receipt that is missing."""
        board = Board(url)
        while self._unsure:
            one = self._unsure.popleft()
            self.taken[board.post(one.raw)] = one.raw
        for leaf in self.taken.keys() - self.receipts.keys():
            self.receipts[leaf] = board.receipt(leaf)

    def _vote(self, url: str, ended: Event) -> None:
        """Cast; every other ballot is posted for its receipt, which is fetched for the others."""
        session = requests.Session()
        for query in cycle(("", "?wait=5")):
            if ended.is_set():
                return
            one = self._choose()
            leaf = hash_leaf(one.raw)
            try:
                answer = session.post(
                    f"{url}/records{query}", one.raw, headers={"Content-Type": "application/json"}, timeout=10
                )
                if answer.status_code == 202:
                    self._take(one, leaf)
                    answer = session.get(f"{url}/receipts/{leaf.hex()}?wait=5", timeout=10)
                elif answer.status_code == 200:
                    self._take(one, leaf)
                elif answer.status_code not in (500, 503):
                    self.refused.append(f"a true ballot was refused: {answer.text}")
                if answer.status_code == 200:
                    self.receipts[leaf] = answer.content
            except requests.RequestException:
                ended.wait(0.02)
            if leaf not in self.taken:
                with self._lock:
                    self._unsure.append(one)

    def _choose(self) -> Wanted:
        """What has no answer yet comes first, then a new ballot of a voter who waits for none."""
        with self._lock:
            if self._unsure:
                return self._unsure.popleft()
            voter, prev = self._idle.popleft()
        prepared = seal(self.election, voter, [1])
        return Wanted(voter, encode(cast(self.election, voter, prepared, prev)), prepared.tracker)

    def _take(self, one: Wanted, leaf: bytes) -> None:
        with self._lock:
            self.taken[leaf] = one.raw
            self._idle.append((one.voter, one.tracker))

    def _watch(self, url: str, ended: Event) -> None:
        """A reader who keeps every checkpoint that was ever shown."""
        session = requests.Session()
        while not ended.wait(0.02):
            try:
                answer = session.get(f"{url}/checkpoint", timeout=5)
            except requests.RequestException:
                continue
            if answer.status_code == 200:
                self.seen.add(answer.content)

    def _upload(self, url: str, ended: Event) -> None:
        session, operator = requests.Session(), self.election.operator.key
        while not ended.wait(0.05):
            data = self._draw.randbytes(self._draw.randint(1, 100_000))
            digest = sha256(data).digest()
            signed = operator.sign(authorized_bytes(self.election.digest, digest, len(data))).signature
            headers = {
                "Authorization": f"Aikyn operator {encode_base64(signed)}",
                "Content-Type": "application/octet-stream",
            }
            try:
                answer = session.put(f"{url}/blobs/{digest.hex()}", data, headers=headers, timeout=10)
            except requests.RequestException:
                continue
            if answer.status_code == 201:
                self.blobs.add(digest)
