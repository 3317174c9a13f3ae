"""What the log and the witness must remember: entries, signed checkpoints, witnessed heads (specs/log.md §8).

The database is trusted: whoever can change it can make the log sign a second history. The files are not.
"""

import sqlite3
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Protocol

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Engine,
    ExceptionContext,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    func,
    insert,
    literal_column,
)
from sqlalchemy.pool import ConnectionPoolEntry

from bulletin.log.rollback import RESTORE
from verifier.log.checkpoint import SignedCheckpoint

PAGE = 16384  # bytes, as SQLite cuts a file: twenty ballots, or hundreds of places of the index
HELD = 64 << 20  # bytes of pages in memory, and of the write-ahead log before it is brought home

WAITING = 30.0  # seconds for another program that holds the file
MENDS = {  # by SQLite's names of errors, the first that fits
    ("SQLITE_BUSY", "SQLITE_LOCKED"): "end the program that holds it open",
    ("SQLITE_FULL", "SQLITE_IOERR"): "make room on its disk, see that the disk is sound, and start again",
    ("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_CANTOPEN"): "let this user write it and its directory",
    ("SQLITE_",): RESTORE,
}

_number = BigInteger().with_variant(Integer, "sqlite")
_log = MetaData()
_witness = MetaData()

ENTRIES = Table(
    "entries",
    _log,
    Column("index", _number, primary_key=True, autoincrement=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("entry", LargeBinary, nullable=False),
)

# Leaf hashes fall anywhere in an index. So it is kept in runs of 2¹⁶ entries, of which a commit touches the last one.
RUN, START = 16, 8  # bits of a number within its run, bytes of a leaf hash
run_of = ENTRIES.c.index.bitwise_rshift(literal_column(str(RUN)))
start_of = func.substr(ENTRIES.c.leaf_hash, literal_column("1"), literal_column(str(START)))
Index("places", run_of, start_of)

# Every checkpoint that the log ever signed, committed before the signature leaves the process.
CHECKPOINTS = Table(
    "checkpoints",
    _log,
    Column("size", _number, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
)

# The largest checkpoint that the witness cosigned for each log, with its own line.
HEADS = Table(
    "heads",
    _witness,
    Column("origin", Text, primary_key=True),
    Column("size", _number, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
)


class DatabaseFailed(Exception):
    """A database that cannot be used; the sentence has SQLite's words, never a record's, and what to do."""


class Database(Protocol):
    """What a log asks of its database; an Engine is one, where no other process may write."""

    def connect(self) -> Connection:
        """A connection that reads."""

    def begin(self) -> AbstractContextManager[Connection]:
        """One transaction, durable when it is left; Overtaken if another process is the writer by now."""

    def dispose(self) -> None:
        """Let go of the database."""


def open_log(file: Path) -> Engine:
    """The log's database, made when it does not exist; every commit is durable."""
    return open_durable(file, _log)


def remember(log: Database, signed: SignedCheckpoint) -> None:
    """Commit a checkpoint that the log signed; a size that is taken is an error of the database."""
    row = {"size": signed.body.size, "root": signed.body.root, "note": signed.raw}
    with log.begin() as connection:
        connection.execute(insert(CHECKPOINTS), row)


def open_witness(file: Path) -> Engine:
    """The witness's database, made when it does not exist; every commit is durable."""
    return open_durable(file, _witness)


def open_durable(file: Path, tables: MetaData) -> Engine:
    """A database with its tables, made when they do not exist; every commit is durable.

    What fails is DatabaseFailed.
    """
    engine = _engine(file)
    event.listen(engine, "connect", _set_durable)
    tables.create_all(engine)
    return engine


def open_index(file: Path, tables: MetaData) -> Engine:
    """A database that can be made anew at any time. What fails is DatabaseFailed."""
    engine = _engine(file)
    tables.create_all(engine)
    return engine


def explain(file: Path, error: sqlite3.Error) -> DatabaseFailed:
    """What SQLite says of a file, and what to do."""
    name = getattr(error, "sqlite_errorname", "SQLITE_")
    mend = next(mend for names, mend in MENDS.items() if name.startswith(names))
    return DatabaseFailed(f"the database {file} cannot be used ({error}): {mend}")


def _engine(file: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(file)), connect_args={"timeout": WAITING})
    event.listen(engine, "handle_error", partial(_translate, file))
    return engine


def _translate(file: Path, context: ExceptionContext) -> DatabaseFailed | None:
    """SQLite says what is wrong with the file; what is wrong with a row is for the caller."""
    error = context.original_exception
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.IntegrityError):
        return explain(file, error)
    return None


def _set_durable(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    """A commit returns once the write-ahead log is on the disk; NORMAL would lose receipts in a power cut.

    Pages that are written again and again, as those of the index are, are brought home seldom.
    """
    connection.execute(f"PRAGMA page_size = {PAGE}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{HELD >> 10}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {HELD // PAGE}")
