"""Receipts, for those who ask for one and for those who post (specs/api.md §1, §4), and how long they wait."""

from functools import lru_cache

from bulletin.board.admission import say_busy
from bulletin.http.exchange import BYTES, HttpRequest, Reply
from bulletin.http.routes import HASH, Route
from bulletin.http.service import Service, read_digest
from verifier.log.refusal import RECEIPT

LONGEST_WAIT = 25.0
KEPT = 256  # questions that were read
WAIT = {"type": "number", "minimum": 0, "maximum": 25}


async def get_receipt(board: Service, asked: HttpRequest, leaf: str) -> Reply:
    """Give a record's receipt, once there is one."""
    asked.about = f"{RECEIPT} {read_digest(leaf).hex()}"
    sequencer, index = board.sequencer, board.find(leaf)
    over = lambda: sequencer.is_published(index) or sequencer.stopped.is_set()  # noqa: E731  asked at every ring
    await board.publications.wait(over, read_wait(asked.query))
    if not sequencer.is_published(index):
        raise say_busy("no quorum of witnesses has cosigned a checkpoint with this record yet; ask again", 2)
    return give(board, index)


def give(board: Service, index: int) -> Reply:
    """The receipt of a published entry."""
    return Reply(200, {"content-type": BYTES}, board.sequencer.log.receipt(index))


@lru_cache(KEPT)
def read_wait(query: str) -> float:
    """The seconds that are asked for; none if the question cannot be read."""
    for each in query.split("&"):
        name, _, said = each.partition("=")
        if name == "wait":
            try:
                wait = float(said)
            except ValueError:
                return 0.0
            return min(LONGEST_WAIT, wait) if wait > 0 else 0.0
    return 0.0


ROUTES = (
    Route("GET", "/receipts/{leaf}", get_receipt, "A record's receipt; `wait` seconds for it.", {200: (BYTES, bytes)},
        (404,), {"leaf": HASH, "wait": WAIT}),
)  # fmt: skip
