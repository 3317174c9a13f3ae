"""Postings handed to a real board, moment by moment, over many connections at a time."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from itertools import groupby
from time import monotonic, sleep
from typing import TYPE_CHECKING

from bulletin.office.nation.chronicle import BoardRefusal
from bulletin.office.nation.connection import Connection
from verifier.client.board import Sender, authorized_bytes, posted_bytes
from verifier.log.tree import hash_leaf
from verifier.records import Blob

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

    from bulletin.office.nation.bending import Bent
    from bulletin.office.nation.chronicle import Posting
    from bulletin.office.nation.connection import BoardAnswer
    from bulletin.office.nation.stage import RehearsalStage
    from bulletin.office.nation.watch import WitnessLook
    from verifier.state import State

CONNECTIONS = 256  # a board takes what waits for it together: the more there is, the fewer checkpoints are cosigned
TAKEN, STORED, KNOWN = BoardRefusal(202, ""), BoardRefusal(201, ""), BoardRefusal(200, "")
RECORD, BLOB = {"Content-Type": "application/json"}, {"Content-Type": "application/octet-stream"}


class Poster:
    """Posts by the operator's key; `strange` has what was answered otherwise than it should be."""

    def __init__(self, stage: RehearsalStage, bent: Bent, clock: float = 0.0) -> None:
        nation = bent.script.nation
        self._stage, self._bent, self._clock = stage, bent, clock
        self._sender = Sender(nation.digest, "operator", lambda message: nation.operator.key.sign(message).signature)
        self._connections = [Connection(stage.url) for _ in range(CONNECTIONS)]
        self._precincts = set(bent.script.precincts)
        self._runner = asyncio.Runner()
        self.strange: list[str] = []

    def post(self, looks: Sequence[WitnessLook], scenes: Mapping[int, Callable[[], None]]) -> None:
        """Everything, while the witnesses look at these times and see nothing at others.

        What else is done at some of these times, after the postings of the moment, is in `scenes`.
        """
        moments = {at: list(some) for at, some in groupby(self._bent.chronicle.postings, lambda one: one.at)}
        seen, before, besides = {each.at: each.size for each in looks}, 0, 0
        for at in sorted({*moments, *seen}):
            self._wait(at - before if before else 0)
            self._stage.set_clock(at if at in seen else None)
            self.hand_in(moments.get(at, ()))
            if at in scenes:
                scenes[at]()
                besides = self._stage.count_records() - seen[at]
            if at in seen:
                self._stage.await_seen(at, seen[at] + besides)
            before = at

    def hand_in(self, postings: Iterable[Posting]) -> None:
        """Post what belongs to one moment."""
        for wave in waves(postings, self._precincts):
            self._runner.run(self._post_wave(lanes(wave)))

    def read_state(self) -> State:
        """What stands on the log."""
        return self._stage.read_state()

    def close(self) -> None:
        """Let go of all connections."""
        self._runner.run(self._part())
        self._runner.close()

    def _wait(self, seconds: int) -> None:
        """Let as much of our time pass as the clock asks for, and see that all processes run."""
        end = monotonic() + (seconds / self._clock if self._clock else 0)
        self._stage.processes.check()
        while (left := end - monotonic()) > 0:
            sleep(min(left, 1))
            self._stage.processes.check()

    async def _post_wave(self, some: list[list[Posting]]) -> None:
        """What may be posted at the same time; the longest lanes first, so that none is left over at the end."""
        waiting = iter(sorted(some, key=len, reverse=True))
        await asyncio.gather(*(self._post_lanes(each, waiting) for each in self._connections[: len(some)]))

    async def _post_lanes(self, connection: Connection, waiting: Iterator[list[Posting]]) -> None:
        """What one unit after the other posts, one record after the other."""
        for lane in waiting:
            for posting in lane:
                await self._post(connection, posting)

    async def _post(self, connection: Connection, posting: Posting) -> None:
        for data in posting.blobs if posting.lane else ():  # the plan is there already: no key is known before it
            blob = Blob.of(data)
            told = self._sender.authorize(authorized_bytes(self._sender.manifest, blob.sha256, blob.length))
            answer = await connection.insist("PUT", f"/blobs/{blob.sha256.hex()}", data, BLOB | told)
            self._compare(posting, answer, STORED, KNOWN)
        told = self._sender.authorize(posted_bytes(self._sender.manifest, hash_leaf(posting.raw)))
        answer = await connection.insist("POST", "/records", posting.raw, RECORD | told)
        self._compare(posting, answer, posting.refused or TAKEN)

    def _compare(self, posting: Posting, answer: BoardAnswer, *due: BoardRefusal) -> None:
        """Note an answer that is none of those that are due."""
        if (answer.status, answer.clause) not in due:
            self.strange.append(f"{posting.lane}: answered {answer.status} {answer.clause}, and not {due[0].status}")

    async def _part(self) -> None:
        for each in self._connections:
            await each.close()


def waves(postings: Iterable[Posting], precincts: Container[str]) -> Iterator[list[Posting]]:
    """What may be posted together at one moment: ranks come one after the other where a unit above precincts posts.

    Precincts do not wait for each other.
    """
    ranked = [list(wave) for _, wave in groupby(postings, lambda one: one.rank)]
    for alone, some in groupby(ranked, lambda wave: all(one.lane in precincts for one in wave)):
        if alone:
            yield [posting for wave in some for posting in wave]
        else:
            yield from some


def lanes(postings: Iterable[Posting]) -> list[list[Posting]]:
    """The postings of each unit, in their order."""
    found: defaultdict[str, list[Posting]] = defaultdict(list)
    for posting in postings:
        found[posting.lane].append(posting)
    return list(found.values())
