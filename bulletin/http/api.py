"""The board's service (specs/api.md §1–§3, §5): records and blobs in, places out."""

from asyncio import to_thread
from shutil import disk_usage
from time import monotonic

import msgspec

from bulletin.board.admission import Posted, Refusal, read_record, say_busy
from bulletin.http import receipts
from bulletin.http.exchange import BYTES, JSON, HttpRequest, Reply, say
from bulletin.http.metrics import Metric, fingerprints, metered, moment_of
from bulletin.http.receipts import WAIT
from bulletin.http.routes import HASH, Object, Route
from bulletin.http.service import Service, read_digest
from bulletin.log import disk
from bulletin.log.archive import StoreFailed
from verifier.log.reading import blob_path
from verifier.log.refusal import BLOB, RECORD
from verifier.log.tree import hash_leaf
from verifier.records import LIMIT
from verifier.rules import KINDS

SENDER: Object = {"Sender": []}


class Taken(msgspec.Struct, forbid_unknown_fields=True):
    """A record was taken: its leaf hash, and where its state is told."""

    leaf: str
    status: str


class Placed(msgspec.Struct, forbid_unknown_fields=True):
    """A record's place; `published` once a cosigned checkpoint covers it."""

    index: int
    leaf: str
    state: str


class Stored(msgspec.Struct, forbid_unknown_fields=True):
    """A blob that is there."""

    length: int
    sha256: str


class Seen(msgspec.Struct, forbid_unknown_fields=True):
    """A witness, and the seconds since it last cosigned."""

    name: str
    seen: float | None


class Health(msgspec.Struct, forbid_unknown_fields=True):
    """What the board says of itself."""

    size: int
    published: int
    phase: str
    witnesses: list[Seen]
    quorum: bool


async def post_record(board: Service, asked: HttpRequest) -> Reply:
    """Take a record, and answer once it is durable in its place, or with its receipt if there is one in time."""
    begun, posted = monotonic(), _read_posted(asked)
    posted.index = board.sequencer.find(posted.leaf)
    if posted.index is None:
        await _check_poster(board, asked.headers.get("authorization", ""), posted)
        posted = board.sequencer.submit(posted)
    wait = receipts.read_wait(asked.query)
    if wait:
        await board.publications.wait(lambda: _is_over(board, posted), begun + wait - monotonic())
        if posted.index is not None and board.sequencer.is_published(posted.index):
            return receipts.give(board, posted.index)
    await _await_place(board, posted, begun + board.settings.patience - monotonic())
    leaf = posted.leaf.hex()
    return say({"leaf": leaf, "status": f"/records/{leaf}"}, 202)


async def get_record(board: Service, _: HttpRequest, leaf: str) -> Reply:
    """Say where a record is."""
    index = board.find(leaf)
    state = "published" if board.sequencer.is_published(index) else "committed"
    return say({"index": index, "leaf": leaf, "state": state})


def put_blob(board: Service, asked: HttpRequest, sha256: str) -> Reply:
    """Take a blob that a key holder or member signed for."""
    digest = read_digest(sha256)
    asked.about = f"{BLOB} {sha256}"
    asked.check_media(BYTES)
    length = asked.length
    if length is None:
        raise Refusal("malformed", "say the blob's Content-Length, which its signature covers")
    if length > board.settings.blob_limit:
        raise Refusal("too-large", f"this board takes blobs of at most {board.settings.blob_limit:,} bytes")
    said = asked.headers.get("authorization", "")
    try:
        board.admission.check_uploader(said, digest, length)
    except Refusal:
        if board.sequencer.writes:
            raise
        board.sequencer.catch_up()  # as above
        board.admission.check_uploader(said, digest, length)
    known = board.has(blob_path(digest))
    if not known:
        try:
            board.uploads.receive(digest, length, asked.read)
        except StoreFailed as error:
            raise say_busy("the archive's store does not answer; put the blob again", 5) from error
        except disk.NotDurable as fault:
            board.sequencer.fail(fault)
            raise
    return say({"length": length, "sha256": sha256}, 200 if known else 201)


async def get_health(board: Service, _: HttpRequest) -> Reply:
    """Say how the board does."""
    return say(board.sequencer.report(), 200 if board.sequencer.healthy else 503)


def _read_posted(asked: HttpRequest) -> Posted:
    asked.check_media(JSON)
    if (asked.length or 0) > LIMIT:
        raise Refusal("too-large", f"a record has at most {LIMIT:,} bytes; put bulk data in a blob")
    try:
        posted = read_record(asked.body)
    except Refusal:
        if len(asked.body) <= LIMIT:
            asked.about = f"{RECORD} {hash_leaf(asked.body).hex()}"
        raise
    asked.about = f"{RECORD} {posted.leaf.hex()}"
    return posted


async def _check_poster(board: Service, said: str, posted: Posted) -> None:
    try:
        board.admission.check_poster(said, posted)
    except Refusal:
        if board.sequencer.writes:
            raise
        # The record that says who this is may have come through another board.
        await to_thread(board.sequencer.catch_up)
        board.admission.check_poster(said, posted)


def _is_over(board: Service, posted: Posted) -> bool:
    """Whether waiting for the record's receipt brings no more."""
    if posted.index is not None and board.sequencer.is_published(posted.index):
        return True
    return posted.refusal is not None or board.sequencer.stopped.is_set()


async def _await_place(board: Service, posted: Posted, seconds: float) -> None:
    """Wait until the record has its place; a refusal if it gets none."""
    await board.rounds.wait(lambda: posted.settled, seconds)
    if posted.index is None:
        raise posted.refusal or say_busy("the record is still being checked; send it again for the answer")


def _free(board: Service) -> int:
    return disk_usage(board.archive).free


METRICS = (
    Metric("aikyn_board_entries", "Entries committed to the log.", lambda board: board.sequencer.log.size),
    Metric("aikyn_board_published_entries", "Entries that a published checkpoint covers.",
        lambda board: board.sequencer.report()["published"]),
    Metric("aikyn_board_published_timestamp_seconds", "When this process last published a checkpoint.",
        lambda board: moment_of(board.sequencer.published_at)),
    Metric("aikyn_board_quorum", "1 if the witnesses that cosigned last time were a quorum.",
        lambda board: int(board.sequencer.quorum)),
    Metric("aikyn_board_witness_cosigned_timestamp_seconds", "When this witness last cosigned for this process.",
        lambda board: {name: moment_of(seen) for name, seen in board.sequencer.seen.items()}, "witness"),
    Metric("aikyn_board_phase_info", "The phase of the election.", lambda board: {board.sequencer.state.phase: 1},
        "phase"),
    Metric("aikyn_board_writing", "1 if this board writes the log, 0 if it follows one that does.",
        lambda board: int(board.sequencer.writes)),
    Metric("aikyn_board_waiting_records", "Records that wait for their place.",
        lambda board: board.sequencer.waiting),
    Metric("aikyn_board_placed_records_total", "Records that this process has placed.",
        lambda board: board.sequencer.placed),
    Metric("aikyn_board_refused_records_total", "Records that this process has refused after a look at them.",
        lambda board: board.sequencer.refused),
    Metric("aikyn_board_disk_free_bytes", "Free bytes of the archive's disk.", _free),
    Metric("aikyn_board_disk_reserve_bytes", "Free bytes below which no blob is taken.",
        lambda board: board.settings.disk_reserve),
    Metric("aikyn_board_key_info", "The log's key, by its fingerprint.",
        lambda board: fingerprints(board.pinned.keys), "key"),
)  # fmt: skip
ROUTES = (
    Route("POST", "/records", post_record, f"Post a record of at most {LIMIT:,} bytes; `wait` seconds for its receipt.",
        {200: (BYTES, bytes), 202: (JSON, Taken)}, (400, 403, 409, 413, 415, 422, 424), {"wait": WAIT},
        takes=(JSON, KINDS), security=({}, SENDER)),
    Route("GET", "/records/{leaf}", get_record, "Where a record is.", {200: (JSON, Placed)}, (404,), {"leaf": HASH}),
    Route("PUT", "/blobs/{sha256}", put_blob, "Put a blob, signed for in Authorization.",
        {200: (JSON, Stored), 201: (JSON, Stored)}, (400, 403, 404, 413, 415), {"sha256": HASH}, (BYTES, bytes),
        (SENDER,), streams=True),
    Route("GET", "/health", get_health, "How the board does.", {200: (JSON, Health), 503: (JSON, Health)}),
    metered(METRICS),
)  # fmt: skip
