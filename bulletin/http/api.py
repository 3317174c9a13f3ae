"""The board's service (specs/api.md §1–§5): records and blobs in, places and receipts out."""

import re
from asyncio import to_thread
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import disk_usage

import msgspec

from bulletin.board.admission import Admission, Posted, Refusal, read_record, say_busy
from bulletin.board.lookup import Index
from bulletin.board.overview import Overview
from bulletin.board.sequencer import Sequencer
from bulletin.http.exchange import BYTES, JSON, HttpRequest, Reply, say
from bulletin.http.metrics import Metric, fingerprints, metered, moment_of
from bulletin.http.pages import Pinned
from bulletin.http.routes import HASH, Object, Route
from bulletin.http.uploads import Uploads
from bulletin.http.waiting import Bell
from bulletin.log import disk
from bulletin.log.archive import ArchiveStore, StoreFailed
from bulletin.log.sightings import Sightings
from bulletin.settings import Settings
from verifier.election.assets import Assets
from verifier.log.reading import blob_path
from verifier.log.refusal import BLOB, RECEIPT, RECORD
from verifier.log.tree import hash_leaf
from verifier.records import LIMIT
from verifier.rules import KINDS

DIGEST = re.compile("[0-9a-f]{64}")
LONGEST_WAIT = 25.0
SOON = 1.0  # seconds that anybody may wait for a receipt; longer, only so many at a time
WAIT = {"type": "number", "minimum": 0, "maximum": 25}
SENDER: Object = {"Sender": []}


@dataclass(slots=True)
class Service:
    """What the board's rows answer from; `lasting` requests wait long for a receipt."""

    sequencer: Sequencer
    admission: Admission
    settings: Settings
    store: ArchiveStore
    uploads: Uploads
    index: Index
    pinned: Pinned
    sightings: Sightings
    rounds: Bell = field(init=False)
    publications: Bell = field(init=False)
    lasting: int = 0
    mirroring: None = None
    app: None = None

    def __post_init__(self) -> None:
        self.rounds = Bell(lambda: self.sequencer.round)
        self.publications = Bell(lambda: self.sequencer.publication)

    @property
    def archive(self) -> Path:
        """The directory in which the archive's files are read."""
        return self.store.copy

    def bring(self, name: str) -> None:
        """Have a file that never changes in the directory, if there is one."""
        self.has(name)

    def has(self, name: str) -> bool:
        """Whether the archive has a file that never changes; it is in the directory from now on."""
        try:
            return self.store.bring(name)
        except StoreFailed as error:
            raise say_busy("the archive's store does not answer; ask again", 5) from error

    @property
    def overview(self) -> Overview:
        """The election at a glance."""
        return self.sequencer.overview

    @property
    def listed(self) -> Assets | None:
        """The app in effect, if the board is to serve it."""
        return self.overview.assets if self.settings.app_of_log else None


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
    """Take a record, and answer once it is durable in its place."""
    posted = _read_posted(asked)
    if board.sequencer.find(posted.leaf) is None:
        said = asked.headers.get("authorization", "")
        try:
            board.admission.check_poster(said, posted)
        except Refusal:
            if board.sequencer.writes:
                raise
            # The record that says who this is may have come through another board.
            await to_thread(board.sequencer.catch_up)
            board.admission.check_poster(said, posted)
        await _placed(board, board.sequencer.submit(posted).answer)
    leaf = posted.leaf.hex()
    return say({"leaf": leaf, "status": f"/records/{leaf}"}, 202)


async def get_record(board: Service, _: HttpRequest, leaf: str) -> Reply:
    """Say where a record is."""
    index = _find(board, leaf)
    state = "published" if board.sequencer.is_published(index) else "committed"
    return say({"index": index, "leaf": leaf, "state": state})


async def get_receipt(board: Service, asked: HttpRequest, leaf: str) -> Reply:
    """Give a record's receipt, once there is one; some wait long, so that the others still find a place."""
    asked.about = f"{RECEIPT} {_read_digest(leaf).hex()}"
    index, wait = _find(board, leaf), _read_wait(asked.query)
    published = await _published(board, index, min(wait, SOON))
    if wait > SOON and not published:
        with _lasting(board):
            published = await _published(board, index, wait - SOON)
    if not published:
        raise say_busy("no quorum of witnesses has cosigned a checkpoint with this record yet; ask again", 2)
    return Reply(200, {"content-type": BYTES}, board.sequencer.log.receipt(index))


def put_blob(board: Service, asked: HttpRequest, sha256: str) -> Reply:
    """Take a blob that a key holder or member signed for."""
    digest = _read_digest(sha256)
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


async def _placed(board: Service, answer: Future[int]) -> None:
    """Wait until the record has its place, or is refused."""
    if not await board.rounds.wait(answer.done, board.settings.patience):
        raise say_busy("the record is still being checked; send it again for the answer")
    answer.result()


async def _published(board: Service, index: int, seconds: float) -> bool:
    """Whether a published checkpoint covers this entry, within so many seconds and before the board ends."""
    over = lambda: board.sequencer.is_published(index) or board.sequencer.stopped.is_set()  # noqa: E731  asked twice
    await board.publications.wait(over, seconds)
    return board.sequencer.is_published(index)


@contextmanager
def _lasting(board: Service) -> Iterator[None]:
    """One more request that waits long, or a refusal."""
    if board.lasting >= board.settings.waiters:
        raise say_busy("too many readers wait for receipts; ask again")
    board.lasting += 1
    try:
        yield
    finally:
        board.lasting -= 1


def _find(board: Service, leaf: str) -> int:
    index = board.sequencer.find(_read_digest(leaf))
    if index is None:
        raise Refusal("unknown", "the board does not have this record")
    return index


def _read_digest(shown: str) -> bytes:
    if not DIGEST.fullmatch(shown):
        raise Refusal("unknown", "a hash is written as 64 digits in lower-case hexadecimal")
    return bytes.fromhex(shown)


def _read_wait(query: str) -> float:
    """The seconds that are asked for; none if the question cannot be read."""
    said = next((value for name, _, value in (each.partition("=") for each in query.split("&")) if name == "wait"), "0")
    try:
        wait = float(said)
    except ValueError:
        return 0.0
    return min(LONGEST_WAIT, wait) if wait > 0 else 0.0


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
    Route("POST", "/records", post_record, f"Post a record of at most {LIMIT:,} bytes.", {202: (JSON, Taken)},
        (400, 403, 409, 413, 415, 422, 424), takes=(JSON, KINDS), security=({}, SENDER)),
    Route("GET", "/records/{leaf}", get_record, "Where a record is.", {200: (JSON, Placed)}, (404,), {"leaf": HASH}),
    Route("GET", "/receipts/{leaf}", get_receipt, "A record's receipt; `wait` seconds for it.", {200: (BYTES, bytes)},
        (404,), {"leaf": HASH, "wait": WAIT}),
    Route("PUT", "/blobs/{sha256}", put_blob, "Put a blob, signed for in Authorization.",
        {200: (JSON, Stored), 201: (JSON, Stored)}, (400, 403, 404, 413, 415), {"sha256": HASH}, (BYTES, bytes),
        (SENDER,), streams=True),
    Route("GET", "/health", get_health, "How the board does.", {200: (JSON, Health), 503: (JSON, Health)}),
    metered(METRICS),
)  # fmt: skip
