"""Boards for tests: set up in a directory, served in this process, and the ballots that are posted to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask, Response
from werkzeug.serving import make_server

from bulletin.board.admission import Posted, read_record
from bulletin.http import server
from bulletin.http.app import Application
from bulletin.http.gateway import Gateway
from bulletin.http.server import OpenBoard
from bulletin.log.tilelog import TileLog
from bulletin.settings import Settings, load_key, make_key
from tests.support import stored
from tests.support.elections import ORIGIN, Election
from verifier.audit.trust import TrustSheet, decode
from verifier.client import board as remote
from verifier.election.ballot import FIRST, Ballot
from verifier.log import policy
from verifier.log.note import ED25519, Key, encode_key
from verifier.log.policy import Policy
from verifier.records import encode

if TYPE_CHECKING:
    from mixnet.ballot import Prepared

ALONE = policy.decode(b"quorum none\n")
QUICK: dict[str, Any] = {"interval": 0.05, "retry": 0.1, "witness_timeout": 1.0, "patience": 10.0}


def set_up(place: Path) -> Key:
    """A board's directory with a fresh key."""
    if not (place / server.KEY).exists():
        place.mkdir(parents=True, exist_ok=True)
        make_key(place / server.KEY, ORIGIN, ED25519)
    return load_key(place / server.KEY, ED25519)[0]


def sheet_of(key: Key) -> TrustSheet:
    """What an auditor has who knows the log's key, and nothing more."""
    return decode(f"aikyn/1 trust\nlog {encode_key(key)}\n".encode())


def elect(key: Key, voters: int = 4, **given: Any) -> Election:
    """An election for this log, on which voting has begun; `voters` credentials for each contest."""
    return Election(origin=key.name, log_key=key.public, **given).set_up().hold_ceremony().register(voters)


def tile_log(place: Path) -> TileLog:
    """The log of a board that does not run."""
    return stored.current.open_log(place)


def settings_of(place: Path, **given: Any) -> Settings:
    """The settings of a quick board in `place`."""
    return Settings(**(QUICK | stored.current.settings(place) | given))


def open_board(place: Path, trust: Policy = ALONE, **settings: Any) -> OpenBoard:
    """A board that is not started."""
    return server.open_board(place, settings_of(place, **settings), trust)


@contextmanager
def going(board: OpenBoard, *, alone: bool = True) -> Iterator[OpenBoard]:
    """A board whose sequencer runs meanwhile and, if it is `alone`, writes; what keeps it from beginning is raised."""
    sequencer = board.sequencer
    try:
        sequencer.start()
        while alone and not (sequencer.writes or sequencer.stopped.wait(0.01)):
            pass
        if sequencer.fault and not sequencer.writes:
            raise sequencer.fault
        yield board
    finally:
        sequencer.stop()
        sequencer.log.close()


def start(place: Path, trust: Policy = ALONE) -> OpenBoard:
    """Start a board and stop it again."""
    with going(open_board(place, trust)) as board:
        return board


class Running(NamedTuple):
    """A board that is served, and a client of it."""

    board: OpenBoard
    client: remote.Board
    archive: Path
    gateway: Gateway


@contextmanager
def listening(gateway: Gateway) -> Iterator[str]:
    """The URL of a server that answers meanwhile, on a thread of this process."""
    thread = Thread(target=gateway.serve_forever)
    thread.start()
    server.await_listening(gateway, thread)
    try:
        yield f"http://127.0.0.1:{gateway.port}"
    finally:
        gateway.shutdown()
        thread.join()


def serving(app: Application, **settings: Any) -> AbstractContextManager[str]:
    """The URL of an application that is served meanwhile, on a free port."""
    return listening(Gateway(app, Settings(port=0, **settings)))


@contextmanager
def running(place: Path, trust: Policy = ALONE, **settings: Any) -> Iterator[Running]:
    """The board of a directory, served on a free port."""
    set_up(place)
    given = settings_of(place, **({"port": 0} | settings))
    board = server.open_board(place, given, trust)
    gateway = Gateway(board.app, given)
    shares = "database" in settings  # with boards that write before it
    with listening(gateway) as url, going(board, alone=not shares):
        yield Running(board, remote.Board(url, timeout=10), place / server.ARCHIVE, gateway)


@contextmanager
def behind(place: Path, **settings: Any) -> Iterator[tuple[OpenBoard, Gateway, str]]:
    """A board, its gateway, and the URL."""
    with running(place, **settings) as run:
        yield run.board, run.gateway, run.client.url


@contextmanager
def answering(answer: Callable[[], Response]) -> Iterator[remote.Board]:
    """A client of a server that answers everything so."""
    app = Flask("a board that errs", static_folder=None)
    app.add_url_rule("/<path:_>", view_func=lambda _: answer(), methods=["GET", "POST", "PUT"])
    made = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=made.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield remote.Board(f"http://127.0.0.1:{made.port}", timeout=2)
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


def operator_of(election: Election) -> remote.Sender:
    return remote.Sender(election.digest, "operator", lambda m: election.operator.key.sign(m).signature)


def put_blobs(client: remote.Board, election: Election) -> None:
    for data in election.blobs.values():
        client.put_blob(data, operator_of(election))


def hand_in(client: remote.Board, election: Election) -> None:
    """Post everything that an election has, blobs before the records that name them."""
    client.post(election.records[0])
    put_blobs(client, election)
    for raw in election.records[1:]:
        client.post(raw, operator_of(election))


def seal(election: Election, voter: int, choice: list[int]) -> Prepared:
    credential = election.voters[voter]
    style = election.state.credentials[credential.key].style
    contest = next(contest for contest in election.contests if contest.id == style)
    return credential.seal(election.state.context, election.state.key, contest, style, choice)


def cast(election: Election, voter: int, prepared: Prepared | None = None, prev: bytes = FIRST) -> Ballot:
    """A ballot that is not posted anywhere."""
    sealed = prepared or seal(election, voter, [1])
    return election.voters[voter].cast(election.state.context, sealed, prev)


def posted(record: Any) -> Posted:
    return read_record(encode(record))


def outcome(posted: Posted) -> Any:
    """The index, or the refusal's code and clause, once the record is settled."""
    end = monotonic() + 10
    while not posted.settled:
        assert monotonic() < end
        sleep(0.005)
    refusal = posted.refusal
    return f"{refusal.code} {refusal.clause}".strip() if refusal else posted.index
