"""Postings handed to a real board, moment by moment, over as many connections as it likes."""

from __future__ import annotations

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from time import monotonic, sleep
from typing import TYPE_CHECKING

from verifier.client.board import Board, Refused, Sender

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bulletin.office.nation.bending import Bent
    from bulletin.office.nation.chronicle import Posting
    from bulletin.office.nation.stage import RehearsalStage
    from bulletin.office.nation.watch import WitnessLook

CONNECTIONS = 48


class Poster:
    """Posts by the operator's key; `strange` has what was answered otherwise than it should be."""

    def __init__(self, stage: RehearsalStage, bent: Bent, clock: float = 0.0) -> None:
        nation = bent.script.nation
        self._stage, self._bent, self._clock = stage, bent, clock
        self._sender = Sender(nation.digest, "operator", lambda message: nation.operator.key.sign(message).signature)
        self._own = threading.local()
        self.strange: list[str] = []

    def post(self, looks: Sequence[WitnessLook]) -> None:
        """Everything, while the witnesses look at these times and see nothing at others."""
        moments = {at: list(some) for at, some in groupby(self._bent.chronicle.postings, lambda one: one.at)}
        seen, before = {each.at: each.size for each in looks}, 0
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for at in sorted({*moments, *seen}):
                self._wait(at - before if before else 0)
                self._stage.set_clock(at if at in seen else None)
                for _, wave in groupby(moments.get(at, ()), lambda one: one.rank):
                    for said in pool.map(self._post_lane, lanes(wave)):
                        self.strange += said
                if at in seen:
                    self._stage.await_seen(at, seen[at])
                before = at

    def _wait(self, seconds: int) -> None:
        """Let as much of our time pass as the clock asks for, and see that all processes run."""
        end = monotonic() + (seconds / self._clock if self._clock else 0)
        self._stage.processes.check()
        while (left := end - monotonic()) > 0:
            sleep(min(left, 1))
            self._stage.processes.check()

    def _post_lane(self, postings: list[Posting]) -> list[str]:
        """What a unit posts, one record after the other."""
        return [said for posting in postings for said in self._post(posting)]

    def _post(self, posting: Posting) -> Iterator[str]:
        board, due = self._board(), posting.refused
        for data in posting.blobs if posting.lane else ():  # the plan is there already: no key is known before it
            board.put_blob(data, self._sender)
        try:
            board.post(posting.raw, self._sender)
        except Refused as answer:
            if due is None or (answer.status, answer.clause) != due:
                yield f"{posting.lane}: answered {answer.status} {answer}"
        else:
            if due:
                yield f"{posting.lane}: taken, and {due.clause} was to be refused"

    def _board(self) -> Board:
        """A connection for each thread."""
        if not hasattr(self._own, "board"):
            self._own.board = Board(self._stage.url)
        board: Board = self._own.board
        return board


def lanes(postings: Iterable[Posting]) -> list[list[Posting]]:
    """The postings of each unit, in their order."""
    found: defaultdict[str, list[Posting]] = defaultdict(list)
    for posting in postings:
        found[posting.lane].append(posting)
    return list(found.values())
