"""A board as a process: what it is made of, how it is served, how it ends."""

import fcntl
import gc
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, NamedTuple

from bulletin.board import anchors, snapshots
from bulletin.board.admission import Admission
from bulletin.board.feeder import Feeder
from bulletin.board.limits import Senders
from bulletin.board.lookup import Index
from bulletin.board.refusals import Refuser
from bulletin.board.sequencer import Sequencer
from bulletin.board.snapshots import Keeper
from bulletin.http import api, assets, files, front, openapi, opening, pages, receipts
from bulletin.http.app import Application, Warrant
from bulletin.http.gateway import LAST_ANSWERS, Gateway
from bulletin.http.headers import SHARED, public
from bulletin.http.pages import Pinned
from bulletin.http.service import Service
from bulletin.http.uploads import Uploads
from bulletin.journal import summary
from bulletin.log import disk, stores
from bulletin.log.archive import read_blobs
from bulletin.log.database import open_log
from bulletin.log.rollback import check_witnesses
from bulletin.log.sightings import Sightings
from bulletin.log.tilelog import Signer, TileLog
from bulletin.settings import Settings, Unusable, load_key
from verifier.errors import VerifierError
from verifier.log.note import ED25519
from verifier.log.policy import Policy
from verifier.log.reading import blob_path
from verifier.paper.plan import CODEC

if TYPE_CHECKING:
    from bulletin.log.postgres import Shared

LOGGER = logging.getLogger("aikyn.board")
KEY, DATABASE, ARCHIVE, SCRATCH, LOCK = "log.key", stores.DATABASE, stores.ARCHIVE, "uploads", "lock"
FORMER = "log.former.key"  # signs beside the present key while a log changes it (specs/operation.md §9)
INDEX = "lookup.db"
STARTING = 10.0  # seconds that a server is given to listen
LOOK = 0.5  # seconds between looks for a signal
UNCOLLECTED = 50_000  # objects more, after which the collector looks through the new ones
ROUTES = openapi.described(
    (
        *(*api.ROUTES, *receipts.ROUTES, *files.ROUTES, *assets.routes(assets.UNDER)),
        *(*pages.ROUTES, *opening.ROUTES, *front.ROUTES),
    ),
    lambda board: board.settings.address,
)


class OpenBoard(NamedTuple):
    """A board's sequencer, not started yet, what answers in front of it, and what keeps its snapshot."""

    sequencer: Sequencer
    app: Application
    keeper: Keeper


def load_signers(directory: Path) -> list[Signer]:
    """The log's key and, while it is there, the former one, each with what signs; `Unusable` if one of them is bad."""
    signers = [
        load_key(directory / name, ED25519) for name in (KEY, FORMER) if name == KEY or (directory / name).exists()
    ]
    if len({key.name for key, _ in signers}) > 1:
        raise Unusable(
            f"{directory / FORMER} is the key of another log: put the former one of {signers[0][0].name} there"
        )
    return signers


def open_board(directory: Path, settings: Settings, trust: Policy) -> OpenBoard:
    """The board kept in `directory`: its key, database, archive, snapshot, and blobs under way.

    CannotContinue if it lacks something that it once signed.
    """
    signers = load_signers(directory)
    key, sign = signers[0]
    listed = trust.log_keys(key.name)
    if listed and key not in listed:
        raise Unusable(f"the policy gives another key for {key.name} than {directory / KEY} holds")
    scratch = directory / SCRATCH
    disk.make_directory(scratch)
    for left in scratch.iterdir():
        left.unlink()  # blobs that were under way when the board last ended
    archive = stores.open_archive(directory, settings)
    shared = stores.open_shared(settings) if settings.database else None
    log = TileLog(archive, shared or open_log(directory / DATABASE), key.name, signers, follows=bool(shared))

    def check() -> None:
        check_witnesses(log.signed, log.root_at, trust, listed or [key])
        if settings.plan and not log.size:
            plan = read_plan(Path(settings.plan))
            archive.write_once({blob_path(sha256(plan).digest()): plan})

    kept = snapshots.load(directory / snapshots.FILE, log)
    roots = anchors.read(Path(settings.roots)) if settings.roots else ()
    if not roots:
        LOGGER.warning("no roots", extra={"fields": {"so": "members' certificates are judged in the audit alone"}})
    admission = Admission(
        read_blobs(archive), key.name, [key], bytes.fromhex(settings.manifest), kept.state, roots, kept.timeline
    )
    sequencer = _sequence(log, admission, Feeder(trust, settings.witness_timeout), settings, shared, check)
    keeper = Keeper(directory, archive.copy, key, kept.size, lambda: log.published.body.size if log.published else 0)
    pinned = Pinned(
        key.name, listed or (key,), trust, settings.manifest, settings.address, settings.mirrors, settings.app
    )
    uploads, index = Uploads(archive, scratch, settings), Index(archive.copy, directory / INDEX)
    sightings = Sightings(archive.copy, trust)
    service = Service(sequencer, admission, settings, archive, uploads, index, pinned, sightings)
    warrant = Warrant(Senders(settings), Refuser(key.name, sign))
    frame, make_room = (*public(settings.address), *SHARED), service.publications.make_room
    app = Application(ROUTES, service, frame, warrant, make_room=make_room)
    return OpenBoard(sequencer, app, keeper)


def _sequence(
    log: TileLog,
    admission: Admission,
    feeder: Feeder,
    settings: Settings,
    shared: "Shared | None",
    check: Callable[[], None],
) -> Sequencer:
    """What gives records their places: at once, or when it is our turn."""
    if shared is None:
        check()
        return Sequencer(log, admission, feeder, settings)
    from bulletin.board.sharing import SharedSequencer  # noqa: PLC0415  it stands on what few boards have

    return SharedSequencer(log, admission, feeder, settings, shared, check)


def read_plan(file: Path) -> bytes:
    """The bytes of a plan, which become a blob; `Unusable` if it is none."""
    try:
        data = file.read_bytes()
        CODEC.decode(data)
    except OSError as error:
        raise Unusable(f"{file}: it cannot be read ({error.strerror})") from error
    except VerifierError as error:
        raise Unusable(f"{file}: it is no plan ({error.detail})") from error
    return data


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep other processes from serving `directory` meanwhile; the lock ends with the process, however that ends."""
    with (directory / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Unusable(f"another process serves {directory}") from error
        yield


def spare_the_collector() -> None:
    """Have it look less often for what refers to itself: what is here stays, and few such things are made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(UNCOLLECTED)


def run(server: Gateway, ended: Event, finish: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT or until `ended` is set; then `finish`, and let the answers under way go out.

    A second signal ends the process at once. A server that does not listen, or stops of itself, is Unusable.
    """
    spare_the_collector()
    thread = Thread(target=server.serve_forever, name="server", daemon=True)
    thread.start()
    await_listening(server, thread)
    host = f"[{server.host}]" if ":" in server.host else server.host
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.default_int_handler)
        print(f"listening on http://{host}:{server.port}", flush=True)  # noqa: T201  who started us reads the port here
        while thread.is_alive() and not ended.wait(LOOK):
            pass  # a signal that comes just before a wait interrupts nothing: it is seen when the wait ends
    except KeyboardInterrupt:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
    died = not thread.is_alive()
    finish()
    if died:
        raise _say_dead(server)
    server.shutdown()
    thread.join(2 * LAST_ANSWERS)  # what was promised is on the disk: a server that does not end keeps nobody waiting


def await_listening(server: Gateway, thread: Thread) -> None:
    """Wait until the server answers: before that, its address is not told, and it is not stopped half begun.

    Unusable if nobody answers in time, or the server's thread has ended.
    """
    end = monotonic() + STARTING
    while thread.is_alive() and monotonic() < end:
        try:
            with socket.create_connection((server.host, server.port), 1.0) as asking:
                asking.sendall(b"GET /health HTTP/1.0\r\n\r\n")
                if asking.recv(1):
                    return
        except OSError:
            sleep(0.01)
    raise _say_dead(server)


def _say_dead(server: Gateway) -> Unusable:
    reason = summary(server.fault) if server.fault else f"nobody answers within {STARTING:.0f} seconds"
    return Unusable(f"the server at {server.host} port {server.port} does not serve: {reason}; look into the journal")
