"""Receipts, for those who ask for one and for those who post (specs/api.md §1, §4): who waits for one, and how long."""

from bulletin.board.admission import say_busy
from bulletin.http.exchange import BYTES, HttpRequest, Reply
from bulletin.http.routes import HASH, Route
from bulletin.http.service import Service, read_digest
from verifier.log.refusal import RECEIPT

LONGEST_WAIT = 25.0
SOON = 1.0  # seconds that anybody may wait for a receipt; longer, only so many at a time
WAIT = {"type": "number", "minimum": 0, "maximum": 25}


async def get_receipt(board: Service, asked: HttpRequest, leaf: str) -> Reply:
    """Give a record's receipt, once there is one."""
    asked.about = f"{RECEIPT} {read_digest(leaf).hex()}"
    return await give(board, board.find(leaf), read_wait(asked.query))


async def give(board: Service, index: int, seconds: float) -> Reply:
    """The receipt of entry `index`, waited for so long; a refusal if there is none, or no place to wait for it."""
    sequencer, asked_long = board.sequencer, seconds > SOON
    lasts = asked_long and board.lasting < board.settings.waiters
    board.lasting += lasts
    try:
        over = lambda: sequencer.is_published(index) or sequencer.stopped.is_set()  # noqa: E731  asked at every ring
        await board.publications.wait(over, seconds if lasts else min(seconds, SOON))
    finally:
        board.lasting -= lasts
    if sequencer.is_published(index):
        return Reply(200, {"content-type": BYTES}, sequencer.log.receipt(index))
    if asked_long and not lasts:
        raise say_busy("too many readers wait for receipts; ask again")
    raise say_busy("no quorum of witnesses has cosigned a checkpoint with this record yet; ask again", 2)


def read_wait(query: str) -> float:
    """The seconds that are asked for; none if the question cannot be read."""
    said = next((value for name, _, value in (each.partition("=") for each in query.split("&")) if name == "wait"), "0")
    try:
        wait = float(said)
    except ValueError:
        return 0.0
    return min(LONGEST_WAIT, wait) if wait > 0 else 0.0


ROUTES = (
    Route("GET", "/receipts/{leaf}", get_receipt, "A record's receipt; `wait` seconds for it.", {200: (BYTES, bytes)},
        (404,), {"leaf": HASH, "wait": WAIT}),
)  # fmt: skip
