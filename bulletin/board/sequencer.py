"""The one thread that gives records their places: it admits, commits, answers, signs, publishes (specs/api.md §7)."""

import logging
from collections.abc import Iterable
from concurrent.futures import Future
from threading import Condition, Event, Thread
from time import monotonic
from typing import NamedTuple

from bulletin.board.admission import Admission, Posted, credential_of, explain, is_ballot, say_busy
from bulletin.board.feeder import Feeder, NoQuorum
from bulletin.board.limits import Voters
from bulletin.board.overview import Overview, survey
from bulletin.journal import summary
from bulletin.log.archive import StoreFailed
from bulletin.log.rollback import CannotContinue
from bulletin.log.tilelog import TileLog
from bulletin.settings import Settings
from verifier.election.counting import Close
from verifier.log.checkpoint import SignedCheckpoint
from verifier.state import State

LOGGER = logging.getLogger("aikyn.board")
RECENT = 1 << 16  # records whose places are held in memory


class Pool(NamedTuple):
    """What a round takes: records that stand in arrival order, ballots, and records that end the voting."""

    plain: list[Posted]
    ballots: list[Posted]
    last: list[Posted]


class Sequencer:
    """Takes posted records from any thread and puts them on the log in rounds.

    Ballots wait for a tick of a clock that no arrival moves, so that their places do not tell when they came; other
    records are placed at once. `round` is done when the next answers are given; `publication` then too, and when the
    next checkpoint is published. `stopped` is set when the thread has ended; `fault` says why if nobody asked it to.
    """

    def __init__(self, log: TileLog, admission: Admission, feeder: Feeder, settings: Settings) -> None:
        self.log = log
        self.fault: BaseException | None = None
        self.stopped = Event()
        self._admission, self._feeder, self._settings = admission, feeder, settings
        self._arrived = Condition()
        self._pool = Pool([], [], [])
        self._waiting: dict[bytes, Posted] = {}
        self._recent: dict[bytes, int] = {}
        self.round: Future[None] = Future()
        self.publication: Future[None] = Future()
        self._voters = Voters(settings)
        self._stopping = False
        self._tick = self._due = monotonic()
        self._problem = (
            "" if log.published and log.published.body == (log.signed or log.published).body else "not asked"
        )
        self._seen: dict[str, float | None] = {}
        self.overview = Overview()
        self.writes = True  # the log, and no other board does
        self.published_at: float | None = None  # of the monotonic clock
        self.placed = self.refused = 0  # records, since the board began
        self._thread = Thread(target=self._run, name="sequencer", daemon=True)

    @property
    def state(self) -> State:
        """The election so far; for reading only."""
        return self._admission.state

    def start(self) -> None:
        """Replay what the state does not have yet, then begin."""
        known = len(self.state.leaves)
        self._admission.replay(self.log.entries(known, self.log.size), known)
        self._look_over()
        fields = {"size": self.log.size, "replayed": self.log.size - known, "phase": self.state.phase}
        LOGGER.info("started", extra={"fields": fields})
        self._thread.start()

    def stop(self) -> None:
        """Place what waits in one last round, publish it, and end."""
        with self._arrived:
            self._stopping = True
            self._arrived.notify_all()
        if self._thread.ident:
            self._thread.join()

    def fail(self, fault: BaseException) -> None:
        """End without placing anything more: what is on the disk is not known (specs/log.md §8.7)."""
        with self._arrived:
            self.fault, self._stopping = fault, True
            self._arrived.notify_all()

    def submit(self, posted: Posted) -> Posted:
        """Queue a record, or join the same bytes that wait already; it is settled once it is durable or refused."""
        with self._arrived:
            if self._stopping or self.stopped.is_set():
                raise say_busy("the board is stopping; send the record again when it is back", 5)
            if posted.leaf in self._waiting:
                return self._waiting[posted.leaf]
            if len(self._waiting) >= self._settings.queue:
                raise say_busy("too many records wait for their place; send the record again")
            if is_ballot(posted.record):
                self._voters.check(credential_of(posted))
            self._waiting[posted.leaf] = posted
            self._part(posted).append(posted)
            if self._pool.plain:
                self._arrived.notify_all()  # ballots wait for the tick
            return posted

    def catch_up(self) -> None:
        """Wait until the state has all that is on the log by now; it always has, if no other board writes."""

    def find(self, leaf: bytes) -> int | None:
        """Index of the record on the log with this leaf hash; most are asked for soon after they were placed."""
        if leaf not in self.state.leaves:
            return None
        index = self._recent.get(leaf)
        return self.log.find(leaf) if index is None else index

    def is_published(self, index: int) -> bool:
        """Whether a published checkpoint covers entry `index`."""
        published = self.log.published
        return published is not None and index < published.body.size

    def report(self) -> dict[str, object]:
        """The board's health (specs/api.md §5)."""
        now, published = monotonic(), self.log.published
        return {
            "size": self.log.size,
            "published": published.body.size if published else 0,
            "phase": self.state.phase,
            "witnesses": [
                {"name": name, "seen": None if seen is None else round(now - seen, 1)}
                for name, seen in self.seen.items()
            ],
            "quorum": self.quorum,
        }

    @property
    def quorum(self) -> bool:
        """Whether the witnesses that cosigned last time were a quorum."""
        return not self._problem

    @property
    def seen(self) -> dict[str, float | None]:
        """When each witness last cosigned, by the monotonic clock."""
        return dict(self._seen)

    @property
    def waiting(self) -> int:
        """How many records wait for their place."""
        return len(self._waiting)

    @property
    def healthy(self) -> bool:
        """Whether the sequencer runs and the latest checkpoint has its quorum."""
        return self.quorum and not self.stopped.is_set()

    def _part(self, posted: Posted) -> list[Posted]:
        """Where a record waits; `close` comes after the ballots that were there before it."""
        if is_ballot(posted.record):
            return self._pool.ballots
        return self._pool.last if isinstance(posted.record, Close) else self._pool.plain

    def _run(self) -> None:
        try:
            if not self._await_turn():
                return
            self._publish()
            ending = False
            while not ending:
                ending = self._stopping
                self._place(self._take())
                self._publish()
        except BaseException as fault:
            self.fault = fault
            LOGGER.critical("the board stops: what it holds in memory may be ahead of the log", exc_info=fault)
        finally:
            self._end()

    def _await_turn(self) -> bool:
        """Whether this board may write the log; it may, if no other board shares it."""
        return True

    def _end(self) -> None:
        """Nobody waits for a thread that has ended."""
        with self._arrived:
            self.stopped.set()
            for posted in self._waiting.values():
                posted.refusal = say_busy("the board has stopped; send the record again when it is back", 5)
            self._waiting.clear()
        self._end_round()

    def _end_round(self) -> None:
        ended, self.round = self.round, Future()
        ended.set_result(None)
        self._tell_readers()  # what is refused, or is on the log already, waits for no checkpoint

    def _tell_readers(self) -> None:
        waited, self.publication = self.publication, Future()
        waited.set_result(None)

    def _take(self) -> Pool:
        """Wait for records to place: others at once, ballots at the next tick."""
        with self._arrived:
            self._arrived.wait_for(lambda: self._stopping or bool(self._pool.plain), self._patience())
            if self.fault:
                raise self.fault
            late = monotonic() - self._tick
            if late < 0 and not self._stopping:
                taken, self._pool = self._pool._replace(ballots=[], last=[]), self._pool._replace(plain=[])
                return taken
            self._tick += self._settings.interval * (late // self._settings.interval + 1)
            taken, self._pool = self._pool, Pool([], [], [])
            return taken

    def _patience(self) -> float:
        """Seconds that may pass before something is done though nothing comes."""
        return self._tick - monotonic()

    def _place(self, pool: Pool) -> None:
        """One round: admit in final order, commit in one transaction, then answer.

        Once a record has changed the state, whatever fails before the commit ends the thread.
        """
        plain, ballots, last = (self._drop_known(part) for part in pool)
        placed: list[Posted] = []
        refused = self._admit(plain, placed)
        selection = self._admission.select(self.log.size + len(placed), ballots)
        refused += selection.refused + self._admit(selection.chosen, placed)
        refused += self._admit(last, placed)
        with self._arrived:
            self._pool.ballots[:0] = selection.later
        indices = self.log.append([posted.raw for posted in placed])
        with self._arrived:
            for posted in (*placed, *(posted for posted, _ in refused)):
                del self._waiting[posted.leaf]
        for posted, index in zip(placed, indices, strict=True):
            if is_ballot(posted.record):
                self._voters.count(credential_of(posted))
            self._answer(posted, index)
        for posted, error in refused:
            self._refuse(posted, error)
        self._end_round()
        self.placed, self.refused = self.placed + len(placed), self.refused + len(refused)
        if placed or refused:
            counts = {"placed": len(placed), "refused": len(refused), "size": self.log.size, "phase": self.state.phase}
            LOGGER.info("round", extra={"fields": counts})

    def _drop_known(self, part: list[Posted]) -> list[Posted]:
        """Answer records that came onto the log after their sender looked them up; gives the rest."""
        for posted in part:
            if posted.leaf in self.state.leaves:
                with self._arrived:
                    del self._waiting[posted.leaf]
                self._answer(posted, self.log.find(posted.leaf) or 0)
        return [posted for posted in part if posted.leaf not in self.state.leaves]

    def _admit(self, part: Iterable[Posted], placed: list[Posted]) -> list[tuple[Posted, Exception]]:
        """Admit one after the other, adding to `placed`; gives those refused, which have changed nothing."""
        refused: list[tuple[Posted, Exception]] = []
        for posted in part:
            try:
                step = self._admission.prepare(self.log.size + len(placed), posted)
            except Exception as error:  # noqa: BLE001  a fault in one record is answered to its sender alone
                refused.append((posted, error))
            else:
                self._admission.apply(step)
                placed.append(posted)
        return refused

    def _answer(self, posted: Posted, index: int) -> None:
        self._recent[posted.leaf] = index
        if len(self._recent) > RECENT:
            del self._recent[next(iter(self._recent))]
        posted.index = index

    def _refuse(self, posted: Posted, error: Exception) -> None:
        refusal = explain(error, posted.record)
        if refusal.code == "fault":
            LOGGER.error("fault", exc_info=error, extra={"fields": {"kind": type(posted.record).__name__}})
        posted.refusal = refusal

    def _publish(self) -> None:
        """Sign what is committed, have it cosigned, publish; an idle log is published again now and then."""
        signed = self.log.signed
        if signed and self.log.size == signed.body.size and monotonic() < self._due:
            return
        try:
            signed = self.log.integrate()
            self._publish_cosigned(signed)
        except StoreFailed as problem:
            LOGGER.warning("store", extra={"fields": {"problem": str(problem)}})
            self._due = monotonic() + self._settings.retry

    def _publish_cosigned(self, signed: SignedCheckpoint) -> None:
        try:
            cosigned = self._feeder.feed(signed, self.log.consistency)
        except CannotContinue:
            raise
        except NoQuorum as problem:
            self._note_feeding(self._settings.retry, str(problem))
        except Exception as fault:
            LOGGER.exception("fault", extra={"fields": {"at": "witnesses"}})
            self._note_feeding(self._settings.retry, summary(fault))
        else:
            if self.log.published is None or cosigned != self.log.published.raw:
                self.log.publish(cosigned)
            self._note_feeding(self._settings.republish, "")
            self.published_at = monotonic()
            self._look_over()
            self._tell_readers()

    def _look_over(self) -> None:
        self.overview = survey(self.overview, self.log.size, self.state, self._admission.timeline)

    def _note_feeding(self, pause: float, problem: str) -> None:
        if problem and problem != self._problem:
            LOGGER.warning("no quorum", extra={"fields": {"problem": problem}})
        now = monotonic()
        self._due, self._problem = now + pause, problem
        for report in self._feeder.reports:
            self._seen[report.witness] = self._seen.get(report.witness) if report.problem else now
