"""A log's database on PostgreSQL, which several boards share and one writes (specs/log.md §8.11).

Who writes is decided by the server: an advisory lock says who may begin, and a number that grows with each of them is
compared in every transaction that writes. So a writer that was stopped for an hour commits nothing when it wakes.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import psycopg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    ExceptionContext,
    MetaData,
    Table,
    create_engine,
    event,
    make_url,
    select,
    text,
    update,
)

from bulletin.log.database import DatabaseFailed
from bulletin.log.rollback import Overtaken

LOGGER = logging.getLogger("aikyn.board")
TURN, MAKING = 0x61696B79, 0x61696B7A  # numbers of advisory locks: the writer's, and of whoever makes the tables
CONNECTING = 5  # seconds
UNANSWERED = 15_000  # milliseconds after which a server that does not acknowledge what it is sent is given up
OLDEST = 14  # the first version that ends idle sessions
DURABLE = {"fsync": "on", "full_page_writes": "on", "transaction_read_only": "off"}

SHARED = MetaData()
# One row: how many writers there have been. The last of them holds the number.
TERMS = Table("terms", SHARED, Column("term", BigInteger, primary_key=True, autoincrement=False))
REVISIONS = Path(__file__).with_name("revisions")
MAKE = text(f"SELECT pg_advisory_xact_lock({MAKING})")
HOLDING = text(
    "SELECT pid FROM pg_locks WHERE locktype = 'relation' AND relation = 'terms'::regclass AND pid <> pg_backend_pid()"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class Turn:
    """The advisory lock of the writer, held by a session that the server ends after `lease` seconds of silence."""

    def __init__(self, url: str, lease: float, lost: Callable[[], None]) -> None:
        """Take the lock, or raise Overtaken if another session has it."""
        options = f"-c idle_session_timeout={round(lease * 1000)}"
        self._session = psycopg.connect(
            url,
            autocommit=True,
            options=options,
            connect_timeout=CONNECTING,
            tcp_user_timeout=round(lease * 1000),
        )
        with ExitStack() as stack:
            stack.callback(self._session.close)
            if self._session.execute("SELECT pg_try_advisory_lock(%s)", (TURN,)).fetchone() != (True,):
                raise Overtaken("another board is the writer")
            stack.pop_all()
        self._lease, self._lost, self._given = lease, lost, Event()
        self._thread = Thread(target=self._keep, name="turn", daemon=True)
        self._thread.start()

    def give(self) -> None:
        """Let go of the lock, so that another writer begins at once."""
        self._given.set()
        self._thread.join()
        with suppress(psycopg.Error):  # a session that has ended holds nothing
            self._session.execute("SELECT pg_advisory_unlock(%s)", (TURN,))  # the server hears of a closing one later
        self._session.close()

    def _keep(self) -> None:
        """Speak before the lease is over; whatever goes wrong, the turn is over."""
        try:
            while not self._given.wait(self._lease / 4):
                self._session.execute("SELECT 1")
        except psycopg.Error:
            self._lost()


class Shared:
    """The database at a URL; it is read by anybody, and written in transactions of its writer alone."""

    def __init__(self, url: str, lease: float) -> None:
        self._url, self._lease = url, lease
        self._engine = _open(url)
        self._term: int | None = None
        self._turn: Turn | None = None
        try:
            self._prepare()
        except BaseException:
            self._engine.dispose()
            raise

    def _prepare(self) -> None:
        with self._engine.begin() as connection:
            _check_server(connection)
            connection.execute(MAKE)
            _bring_forward(connection)

    def lead(self, lost: Callable[[], None]) -> bool:
        """Become the writer, if there is none: the number grows, and nobody commits under an older one any more.

        `lost` is called if the turn ends before it is given.
        """
        self.give()
        try:
            self._turn = Turn(self._url, self._lease, lost)
        except Overtaken:
            return False
        except psycopg.Error as error:
            raise _explain(self._engine, error) from error
        try:
            self._begin_term()
        except BaseException:
            self.give()
            raise
        return True

    def _begin_term(self) -> None:
        with self._engine.connect() as connection:  # a former writer that was stopped in the middle of a transaction
            for (pid,) in connection.execute(HOLDING).all():
                connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with self._engine.begin() as connection:
            grown = update(TERMS).values(term=TERMS.c.term + 1).returning(TERMS.c.term)
            self._term = connection.execute(grown).scalar_one()

    def connect(self) -> Connection:
        """A connection that reads."""
        return self._engine.connect()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction of the writer; Overtaken if there is another by now.

        The row stays locked until the commit: a new writer waits for it, and then reads what it wrote.
        """
        with self._engine.begin() as connection:
            term = connection.execute(select(TERMS.c.term).with_for_update(read=True)).scalar()
            if self._term is None or term != self._term:
                raise Overtaken("another board is the writer by now: this one has committed nothing since")
            yield connection

    @contextmanager
    def hand(self) -> Iterator[Connection]:
        """A transaction of anybody, for what is no part of the log: records on their way to the writer."""
        with self._engine.begin() as connection:
            yield connection

    def give(self) -> None:
        """Be the writer no more, if we are, so that another begins at once."""
        turn, self._turn, self._term = self._turn, None, None
        if turn:
            turn.give()

    def dispose(self) -> None:
        """Give the turn and let go of the database."""
        self.give()
        self._engine.dispose()


def _open(url: str) -> Engine:
    """An engine every commit of which is durable before it returns."""
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        connect_args={
            "options": "-c synchronous_commit=on",
            "connect_timeout": CONNECTING,
            "tcp_user_timeout": UNANSWERED,
        },
        paramstyle="format",  # values of many rows stand in their order, as SQLite's do
        pool_pre_ping=True,
        hide_parameters=True,
    )
    event.listen(engine, "handle_error", _translate)
    return engine


def _bring_forward(connection: Connection) -> None:
    """Give the database the newest form; boards that begin at the same time do it one after the other."""
    config = Config()
    config.set_main_option("script_location", str(REVISIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseFailed(
            f"the database has a form that this version does not know ({error}): run the newer one"
        ) from error


def _check_server(connection: Connection) -> None:
    version = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000
    if version < OLDEST:
        raise DatabaseFailed(f"PostgreSQL {version} is too old: take {OLDEST} or newer")
    for name, wanted in DURABLE.items():
        found = connection.execute(text(f"SHOW {name}")).scalar_one()
        if found != wanted:
            raise DatabaseFailed(f"the database has {name} = {found}: set it to {wanted}, or receipts could be lost")


def _translate(context: ExceptionContext) -> DatabaseFailed | None:
    """PostgreSQL's failures in a sentence; what is wrong with a row is for the caller."""
    error = context.original_exception
    if not context.is_pre_ping and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return _explain(context.engine, error)
    return None


def _explain(engine: Engine | None, error: psycopg.Error) -> DatabaseFailed:
    where = engine.url.render_as_string() if engine else "PostgreSQL"
    said = error.diag.message_primary or str(error).partition("\n")[0]
    return DatabaseFailed(f"the database {where} cannot be used ({said}): see that it runs and can be reached")
