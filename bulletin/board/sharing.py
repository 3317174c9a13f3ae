"""A sequencer among several that share a log: one writes, the others hand over to it and follow (specs/log.md §8.12).

Each of them answers at its own address. Who writes is decided by the database; the others are ready to go on, for they
have its state.
"""

import logging
from collections.abc import Callable
from concurrent.futures import wait
from time import monotonic

from bulletin.board.admission import Admission, Posted, Refusal, explain, read_record, say_busy
from bulletin.board.feeder import Feeder
from bulletin.board.handover import Handover
from bulletin.board.sequencer import Pool, Sequencer
from bulletin.log.archive import StoreFailed
from bulletin.log.database import DatabaseFailed
from bulletin.log.postgres import Shared
from bulletin.log.rollback import Overtaken
from bulletin.log.tilelog import TileLog
from bulletin.settings import Settings

LOGGER = logging.getLogger("aikyn.board")
CATCHING_UP = 5.0  # seconds at most
LOOK = 0.05  # seconds between looks into the database, on both sides


class SharedSequencer(Sequencer):
    """A sequencer that waits for its turn, and answers meanwhile by what the writer does.

    `check` looks at a log that we have taken over, before we write to it; it raises what `open_board` does.
    """

    def __init__(
        self,
        log: TileLog,
        admission: Admission,
        feeder: Feeder,
        settings: Settings,
        database: Shared,
        check: Callable[[], None],
    ) -> None:
        super().__init__(log, admission, feeder, settings)
        self._database, self._check, self._handover = database, check, Handover(database)
        self._handed: set[bytes] = set()  # by us, as long as we do not write
        self._drawn: set[bytes] = set()  # from those who do not, since we do
        self._settled: tuple[list[bytes], list[tuple[bytes, Refusal]]] = [], []
        self._next_turn = self._next_look = 0.0
        self._cut_off = False
        self.writes = False

    def find(self, leaf: bytes) -> int | None:
        """Index of the record on the log with this leaf hash, also if we have not followed so far."""
        if self.writes:
            return super().find(leaf)
        if leaf in self._recent:
            return self._recent[leaf]
        if self._cut_off:  # asking again would hold up those who read
            raise say_busy("the database does not answer; ask again", 5)
        try:
            return self.log.find(leaf)
        except DatabaseFailed as error:
            raise say_busy("the database does not answer; ask again", 5) from error

    def catch_up(self) -> None:
        """Wait until the state has what was on the log when this was called."""
        for _ in range(2):  # the look under way may have begun before
            if not (self.writes or self.stopped.is_set()):
                wait([self.round], CATCHING_UP)

    def _await_turn(self) -> bool:
        """Follow the writer until there is none, and be it; False if we end before."""
        while not self._stopping:
            try:
                if self._is_our_turn():
                    return True
                self._hand_over()
                self._follow()
                self._note_trouble("" if self.log.published else "nothing is published")
                self._cut_off = False
            except (DatabaseFailed, StoreFailed) as problem:
                self._note_trouble(str(problem))
                self._cut_off = isinstance(problem, DatabaseFailed)
                self._next_look = monotonic() + self._settings.retry
            with self._arrived:
                self._arrived.wait_for(lambda: self._stopping or any(self._pool), LOOK)
        if self.fault:
            raise self.fault
        return False

    def _is_our_turn(self) -> bool:
        if monotonic() < self._next_turn:
            return False
        self._next_turn = monotonic() + self._settings.lease / 4
        if not self._database.lead(lambda: self.fail(Overtaken("this board's turn is over: others may write"))):
            return False
        try:
            self.log.take_over()
            self._check()
        except BaseException:
            self._database.give()
            raise
        known = len(self.state.leaves)
        self._admission.replay(self.log.entries(known, self.log.size), known)
        with self._arrived:
            self._pool = Pool([], [], [])
            for posted in self._waiting.values():
                self._part(posted).append(posted)
            self._drawn, self._handed = set(self._waiting), set()
        self.writes = True
        LOGGER.info("writes", extra={"fields": {"size": self.log.size}})
        return True

    def _hand_over(self) -> None:
        with self._arrived:
            self._pool = Pool([], [], [])
            fresh = [posted for posted in self._waiting.values() if posted.leaf not in self._handed]
        self._handover.hand(fresh)
        self._handed |= {posted.leaf for posted in fresh}

    def _follow(self) -> None:
        """Take in what is committed, and now and then what is published; answer those who wait for it."""
        known = len(self.state.leaves)
        if self.log.count() > known:
            self._admission.replay(self.log.entries(known, self.log.size), known)
        self._answer_handed()
        if monotonic() >= self._next_look:
            self._next_look = monotonic() + self._settings.interval
            if self.log.follow():
                self._note_publication()
        self._end_round()

    def _answer_handed(self) -> None:
        waiting = [posted for posted in list(self._waiting.values()) if posted.leaf in self._handed]
        placed = self._drop_known(waiting)
        self._handed -= {posted.leaf for posted in waiting} - {posted.leaf for posted in placed}
        refused = self._handover.refusals(self._handed) if self._handed else {}
        for posted in placed:
            if posted.leaf in refused:
                self._handed.discard(posted.leaf)
                with self._arrived:
                    del self._waiting[posted.leaf]
                self._refuse(posted, refused[posted.leaf])

    def _take(self) -> Pool:
        self._draw()
        return super()._take()

    def _patience(self) -> float:
        return min(LOOK, super()._patience())

    def _draw(self) -> None:
        """Queue what others have handed over, as if it had been posted here."""
        for raw in self._handover.draw(self._drawn, self._settings.queue):
            posted = read_record(raw)
            self._drawn.add(posted.leaf)
            try:
                self.submit(posted)
            except Refusal as refusal:
                self._settled[1].append((posted.leaf, refusal))

    def _place(self, pool: Pool) -> None:
        super()._place(pool)
        placed, refused = self._settled
        if placed or refused:
            self._handover.settle(placed, refused)
            self._drawn -= {*placed, *(leaf for leaf, _ in refused)}
            self._settled = [], []

    def _answer(self, posted: Posted, index: int) -> None:
        super()._answer(posted, index)
        if posted.leaf in self._drawn:
            self._settled[0].append(posted.leaf)

    def _refuse(self, posted: Posted, error: Exception) -> None:
        super()._refuse(posted, error)
        if posted.leaf in self._drawn:
            self._settled[1].append((posted.leaf, explain(error, posted.record)))

    def _note_publication(self) -> None:
        self.published_at = monotonic()
        self._look_over()
        self._tell_readers()

    def _note_trouble(self, problem: str) -> None:
        if problem and problem != self._problem:
            LOGGER.warning("follows", extra={"fields": {"problem": problem}})
        self._problem = problem

    def _end(self) -> None:
        super()._end()
        self._database.give()
