"""A request on its way to its answer."""

from dataclasses import dataclass, field

from bulletin.board.admission import Refusal
from bulletin.http.exchange import HttpRequest
from bulletin.http.incoming import Incoming
from bulletin.http.routes import UNKNOWN, Entry


@dataclass(slots=True)
class Question:
    """A request on its way to its answer.

    `keeps`: the connection outlives the answer. `whole`: all of it has come. `queued`: it waits for its answer or has
    it. `begun`: somebody reads its body. `refusal` is the answer if nobody is to be asked, `incoming` the body if it is
    read while it comes.
    """

    asked: HttpRequest
    keeps: bool = True
    whole: bool = False
    queued: bool = False
    begun: bool = False
    body: bytearray = field(default_factory=bytearray)
    incoming: Incoming | None = None
    refusal: Refusal | None = None
    entry: Entry = UNKNOWN
    parts: dict[str, str] = field(default_factory=dict)
