"""A way round a silent board: a mirror hands a ballot on, and keeps it until the board answers (specs/mirror.md §5)."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from itertools import islice
from threading import BoundedSemaphore, Event, Lock, Thread
from time import monotonic
from typing import NamedTuple, Protocol

import requests

from bulletin.board.admission import Refusal, read_record, say_busy
from bulletin.http.exchange import JSON, PIECE, HttpRequest, Reply
from bulletin.http.routes import Route
from verifier.client.board import MAX_ANSWER, anonymous
from verifier.election.ballot import Ballot, Challenge
from verifier.log.tree import hash_leaf
from verifier.records import LIMIT

LOGGER = logging.getLogger("aikyn.mirror")
HOUR = 3600.0  # seconds that a record is kept
ROOM = 64 << 20  # bytes of records that are kept
AT_ONCE = 16  # requests that wait for the board
REACH, ANSWER = 3.0, 30.0  # seconds for the board to be reached, and to answer
PAUSE = 2.0  # seconds after which a silent board is asked again
OPEN = frozenset({408, 429, 500, 502, 503, 504})  # answers after which a record may still be placed
GATEWAYS = frozenset({502, 504})  # what stands before the board says that it is silent
PASSED_ON = ("content-type", "retry-after")


class Parked(NamedTuple):
    """A record and until when it is kept, by the clock."""

    raw: bytes
    until: float


class Relay:
    """Hands records on to the board at `url`; what it could not hand on is tried again in a thread, in its order."""

    def __init__(self, url: str, pause: float = PAUSE, clock: Callable[[], float] = monotonic) -> None:
        self._url, self._pause, self._clock = f"{url.rstrip('/')}/records", pause, clock
        self._kept: OrderedDict[bytes, Parked] = OrderedDict()
        self._held = 0
        self._silent = float("-inf")  # until when the board is not asked
        self._lock, self._places = Lock(), BoundedSemaphore(AT_ONCE)
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="relay", daemon=True)

    def start(self) -> None:
        """Begin to try again what is kept."""
        self._thread.start()

    def stop(self) -> None:
        """End; what is kept is lost, and whoever sent it sends it again."""
        self._stopping.set()
        self._thread.join(self._pause)

    def __len__(self) -> int:
        return len(self._kept)

    def hand_on(self, raw: bytes) -> Reply:
        """The board's very answer to a record; `Refusal` if the board is not reached, and then the record is kept."""
        leaf, answer = hash_leaf(raw), None
        if self._clock() >= self._silent:
            if not self._places.acquire(blocking=False):
                raise say_busy("this mirror hands on as many records as it can; send it again")
            try:
                answer = self._send(raw)
            finally:
                self._places.release()
        if answer is None:
            self._keep(leaf, raw)
            detail = "the board does not answer; this mirror keeps the record for an hour at most and tries again"
            raise Refusal("not-reached", detail, status=504, retry=10)
        if answer.status not in OPEN:
            self._drop(leaf)
        return answer

    def try_again(self) -> int:
        """Send what is kept, the oldest first, until the board is silent; how many it has answered."""
        answered = 0
        for leaf, kept in list(self._kept.items()):
            if kept.until < self._clock():
                self._drop(leaf)
            elif self._clock() >= self._silent:
                answer = self._send(kept.raw)
                if answer is not None and answer.status not in OPEN:
                    self._drop(leaf)
                    answered += 1
        return answered

    def _send(self, raw: bytes) -> Reply | None:
        """One request; None if the board is not reached."""
        try:
            with requests.Session() as session:
                session.auth = anonymous
                headers, limits = {"Content-Type": JSON}, (REACH, ANSWER)
                with session.post(
                    self._url, raw, headers=headers, timeout=limits, stream=True, allow_redirects=False
                ) as answer:
                    body = b"".join(islice(answer.iter_content(PIECE), MAX_ANSWER // PIECE))
                    said = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
        except (requests.RequestException, OSError):
            self._silent = self._clock() + self._pause
            return None
        if answer.status_code in GATEWAYS:
            self._silent = self._clock() + self._pause
            return None
        return Reply(answer.status_code, said, body)

    def _keep(self, leaf: bytes, raw: bytes) -> None:
        with self._lock:
            if leaf in self._kept:
                return
            if self._held + len(raw) > ROOM:
                raise say_busy("the board does not answer, and this mirror keeps as many records as it can")
            self._kept[leaf] = Parked(raw, self._clock() + HOUR)
            self._held += len(raw)

    def _drop(self, leaf: bytes) -> None:
        with self._lock:
            kept = self._kept.pop(leaf, None)
            self._held -= len(kept.raw) if kept else 0

    def _run(self) -> None:
        while not self._stopping.wait(self._pause):
            try:
                answered = self.try_again()
            except Exception:  # nothing that a board says may end this
                LOGGER.exception("not relayed")
            else:
                if answered:
                    LOGGER.info("relayed", extra={"fields": {"records": answered}})


class Relaying(Protocol):
    """What may have a relay."""

    @property
    def relay(self) -> Relay | None: ...


def post_relay(at: Relaying, asked: HttpRequest) -> Reply:
    """Hand a ballot or challenge on to the board."""
    asked.check_media(JSON)
    if max(asked.length or 0, len(asked.body)) > LIMIT:
        raise Refusal("too-large", f"a record has at most {LIMIT:,} bytes")
    if at.relay is None:
        raise Refusal("unknown", "this mirror hands nothing on")
    if not isinstance(read_record(asked.body).record, Ballot | Challenge):
        raise Refusal("rejected", "a mirror hands on ballots and challenges, and nothing else")
    return at.relay.hand_on(asked.body)


ROUTES = (
    Route("POST", "/relay", post_relay, "Hand a ballot or challenge on to the board.", {202: None},
        (400, 413, 415, 422, 504)),
)  # fmt: skip
