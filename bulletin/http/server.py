"""A board as a process: what it is made of, how it is served, how it ends."""

import fcntl
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Condition, Event, Thread
from time import monotonic, sleep
from typing import Protocol

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler
from werkzeug.serving import make_server as make_werkzeug_server

from bulletin.board import snapshots
from bulletin.board.admission import Admission
from bulletin.board.feeder import Feeder
from bulletin.board.limits import Senders
from bulletin.board.lookup import Index
from bulletin.board.refusals import Refuser
from bulletin.board.sequencer import Sequencer
from bulletin.board.snapshots import Keeper
from bulletin.http.api import create_app
from bulletin.http.openapi import add_document
from bulletin.http.pages import Pinned, add_pages
from bulletin.log import disk
from bulletin.log.database import open_log
from bulletin.log.rollback import check_witnesses
from bulletin.log.tilelog import TileLog
from bulletin.settings import Settings, Unusable, load_key
from verifier.log.note import ED25519
from verifier.log.policy import Policy
from verifier.log.reading import blob_path

KEY, DATABASE, ARCHIVE, SCRATCH, LOCK, SETTINGS = "log.key", "log.db", "archive", "uploads", "lock", "board.toml"
INDEX = "lookup.db"
STARTING = 10.0  # seconds that a server is given to listen
LOOK = 0.5  # seconds between looks for a signal
LAST_ANSWERS = 5.0  # seconds that answers under way are given at the end


@dataclass(frozen=True, slots=True)
class Board:
    """A board's sequencer, not started yet, and the application in front of it."""

    sequencer: Sequencer
    app: Flask
    keeper: Keeper
    refuser: Refuser
    senders: Senders


def open_board(directory: Path, settings: Settings, trust: Policy) -> Board:
    """The board kept in `directory`: its key, database, archive, snapshot, and blobs under way.

    CannotContinue if it lacks something that it once signed.
    """
    key, sign = load_key(directory / KEY, ED25519)
    listed = trust.log_keys(key.name)
    if listed and key not in listed:
        raise Unusable(f"the policy gives another key for {key.name} than {directory / KEY} holds")
    archive, scratch = directory / ARCHIVE, directory / SCRATCH
    for each in (archive, scratch):
        disk.make_directory(each)
    for left in scratch.iterdir():
        left.unlink()  # blobs that were under way when the board last ended
    log = TileLog(archive, open_log(directory / DATABASE), key.name, [(key, sign)])
    check_witnesses(log.signed, log.root_at, trust, [key])
    kept = snapshots.load(directory / snapshots.FILE, log)
    blobs = lambda digest: disk.read(archive, blob_path(digest))  # noqa: E731  one line more would say less
    admission = Admission(blobs, key.name, [key], bytes.fromhex(settings.manifest), kept.state)
    sequencer = Sequencer(log, admission, Feeder(trust, settings.witness_timeout), settings)
    keeper = Keeper(directory, archive, key, kept.size, lambda: log.published.body.size if log.published else 0)
    refuser = Refuser(key.name, sign)
    senders = Senders(settings)
    app = create_app(sequencer, admission, settings, scratch, refuser, senders)
    pinned = Pinned(key.name, (key,), trust, settings.manifest, settings.address, settings.mirrors)
    add_pages(app, Index(archive, directory / INDEX), pinned)
    add_document(app, settings.address)
    return Board(sequencer, app, keeper, refuser, senders)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep other processes from serving `directory` meanwhile; the lock ends with the process, however that ends."""
    with (directory / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Unusable(f"another process serves {directory}") from error
        yield


class Handler(WSGIRequestHandler):
    """Answers at once (headers and body are two writes, which Nagle would hold back 40 ms) and keeps no addresses."""

    disable_nagle_algorithm = True
    timeout = 60.0

    def version_string(self) -> str:
        """The Server header: no versions."""
        return "aikyn"

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: the application keeps the journal."""

    def run_wsgi(self) -> None:
        answering = self.server.answering  # type: ignore[attr-defined]
        with answering:
            super().run_wsgi()


class Answering:
    """Counts answers under way, so that the end can wait for them."""

    def __init__(self) -> None:
        self._count, self._changed = 0, Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Until none is under way."""
        with self._changed:
            self._changed.wait_for(lambda: not self._count, seconds)


def make_server(app: Flask, host: str, port: int) -> BaseWSGIServer:
    """A threaded server; port 0 takes a free one, `.port` says which."""
    server = make_werkzeug_server(host, port, app, threaded=True, request_handler=Handler)
    server.answering = Answering()  # type: ignore[attr-defined]
    return server


class Endpoint(Protocol):
    """What serves an application: werkzeug's server, or granian behind `gateway`."""

    host: str
    port: int

    def serve_forever(self, poll_interval: float = ...) -> None: ...
    def shutdown(self) -> None: ...


def make_endpoint(board: Board, settings: Settings) -> Endpoint:
    """The fastest server that is installed."""
    if find_spec("granian") is None:
        return make_server(board.app, settings.host, settings.port)
    from bulletin.http.gateway import Gateway, Usual  # noqa: PLC0415  granian is an extra

    return Gateway(board, Usual(board.sequencer, settings), settings)


def run(server: Endpoint, ended: Event, finish: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT or until `ended` is set; then `finish`, and let the answers under way go out.

    A second signal ends the process at once.
    """
    thread = Thread(target=server.serve_forever, args=(0.1,), name="server", daemon=True)
    thread.start()
    _await_listening(server.host, server.port)
    host = f"[{server.host}]" if ":" in server.host else server.host
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.default_int_handler)
        print(f"listening on http://{host}:{server.port}", flush=True)  # noqa: T201  who started us reads the port here
        while not ended.wait(LOOK):
            pass  # a signal that comes just before a wait interrupts nothing: it is seen when the wait ends
    except KeyboardInterrupt:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
    finish()
    server.answering.wait(LAST_ANSWERS)  # type: ignore[attr-defined]
    server.shutdown()
    thread.join(LAST_ANSWERS)  # what was promised is on the disk: a server that does not end keeps nobody waiting


def _await_listening(host: str, port: int) -> None:
    """Nobody is told of an address at which nobody answers yet; nor is a server stopped that is only half begun."""
    end = monotonic() + STARTING
    while monotonic() < end:
        try:
            with socket.create_connection((host, port), 1.0) as asking:
                asking.sendall(b"GET /health HTTP/1.0\r\n\r\n")
                if asking.recv(1):
                    return
        except OSError:
            sleep(0.01)
