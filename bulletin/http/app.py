"""What answers at one address: a table of routes, and what stands around every answer (specs/api.md §6, §13, §14).

The journal says nothing about who asked, or for which record; of a ballot that is taken, it does not even say when.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from functools import lru_cache, partial
from time import monotonic
from typing import NamedTuple

from bulletin.board.admission import Refusal
from bulletin.board.limits import Senders
from bulletin.board.refusals import Refuser
from bulletin.http.apology import apologize, wants_page
from bulletin.http.exchange import JSON, WRITES, Framed, Headers, HttpRequest, Reply, say
from bulletin.http.routes import Entry, Route, RouteTable, WrongMethod

LOGGER = logging.getLogger("aikyn.board")
TAKEN = frozenset({200, 202})
KEPT = 256  # sets of headers that are written once
FAULT = Refusal("fault", "the board failed at this request; it is logged")


class Warrant(NamedTuple):
    """What is done for those who hand something in: a board or mirror counts them, a board signs what it refuses."""

    senders: Senders
    refuser: Refuser | None = None


class Application:
    """Answers requests by a table; `context` is what its rows answer from, `frame` the headers of every answer.

    `untold` are the statuses of what is handed in that the journal keeps quiet about. Without `pages` a browser is
    refused as a program is. `make_room` has a request that waits give way to another one, and says whether one did.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        context: object,
        frame: Iterable[tuple[str, str]],
        warrant: Warrant | None = None,
        untold: frozenset[int] = TAKEN,
        *,
        pages: bool = True,
        make_room: Callable[[], bool] = lambda: False,
    ) -> None:
        self._table, self._context, self._warrant, self._untold = RouteTable(routes), context, warrant, untold
        self._pages, self.make_room = pages, make_room
        framing = {name.lower(): value for name, value in frame}
        self._frame = lru_cache(KEPT)(lambda own: Headers({**framing, **dict(own)}))

    def find(self, asked: HttpRequest) -> tuple[Entry, dict[str, str]]:
        """What answers this request, and the parts of its path."""
        return self._table.find(asked.method, asked.path)

    def count(self, asked: HttpRequest, peer: str) -> None:
        """Refuse whoever has handed in too much; `peer` is the address at the other end of the connection."""
        if self._warrant and asked.method in WRITES:
            self._warrant.senders.take(peer, asked.headers.get("x-forwarded-for", ""))

    async def answer(self, asked: HttpRequest, entry: Entry, parts: Mapping[str, str], threads: Executor) -> Framed:
        """The answer, framed; whatever goes wrong is one too."""
        begun = monotonic()
        try:
            if entry.at_once:
                answer: Reply = await entry.answer(self._context, asked, **parts)
            else:
                work = partial(entry.answer, self._context, asked, **parts)
                answer = await asyncio.get_running_loop().run_in_executor(threads, work)
        except Refusal as refusal:
            answer = self._refuse(asked, refusal)
        except Exception:
            LOGGER.exception("fault")
            answer = self._refuse(asked, FAULT)
        if asked.method in WRITES and answer.status not in self._untold:
            took = round(1000 * (monotonic() - begun))
            fields = {
                "method": asked.method,
                "rule": entry.route.path if entry.route else "",
                "status": answer.status,
                "milliseconds": took,
            }
            LOGGER.info("request", extra={"fields": fields})
        return self._framed(answer)

    def turn_away(self, refusal: Refusal, asked: HttpRequest) -> Framed:
        """Refuse before anything is read: whoever comes within one second gets the same bytes."""
        signed = self._warrant.refuser.repeat(refusal) if self._warrant and self._warrant.refuser else None
        return self._framed(self._say_no(asked, refusal, signed))

    def _refuse(self, asked: HttpRequest, refusal: Refusal) -> Reply:
        signed = None
        if self._warrant and self._warrant.refuser and is_signed(asked.method, asked.path):
            signed = self._warrant.refuser.write(refusal, asked.about)
        return self._say_no(asked, refusal, signed)

    def _say_no(self, asked: HttpRequest, refusal: Refusal, signed: bytes | None) -> Reply:
        """The refusal as a person's page, as the signed body, or bare."""
        if self._pages and wants_page(asked) and not is_signed(asked.method, asked.path):
            answer = apologize(asked, refusal)
        elif signed is not None:
            answer = Reply(refusal.status, {"content-type": JSON}, signed)
        else:
            bare = {"clause": refusal.clause, "code": refusal.code, "detail": refusal.detail}
            answer = say(bare, refusal.status)
        more = {} if refusal.retry is None else {"retry-after": str(refusal.retry)}
        if isinstance(refusal, WrongMethod):
            more["allow"] = refusal.allowed
        return answer._replace(headers={**answer.headers, **more})

    def _framed(self, answer: Reply) -> Framed:
        return Framed(answer.status, self._frame(tuple(answer.headers.items())), answer.body)


def is_signed(method: str, path: str) -> bool:
    """Whether a refusal of this request is signed: if something is handed in, or a receipt is asked for."""
    return method in WRITES or path.startswith("/receipts/")
