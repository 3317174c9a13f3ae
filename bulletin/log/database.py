"""What the log and the witness must remember: entries, signed checkpoints, witnessed heads (specs/log.md §8).

The database is trusted: who can change it can make the log sign a second history. The files are not.
"""

from pathlib import Path
from sqlite3 import Connection

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    insert,
)
from sqlalchemy.pool import ConnectionPoolEntry

from verifier.log.checkpoint import SignedCheckpoint

PAGE = 4096  # bytes, as SQLite cuts a file
HELD = 64 << 20  # bytes of pages in memory, and of the write-ahead log before it is brought home

_number = BigInteger().with_variant(Integer, "sqlite")
_log = MetaData()
_witness = MetaData()

ENTRIES = Table(
    "entries",
    _log,
    Column("index", _number, primary_key=True, autoincrement=False),
    Column("leaf_hash", LargeBinary, nullable=False, index=True),
    Column("entry", LargeBinary, nullable=False),
)

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


def open_log(file: Path) -> Engine:
    """The log's database, made when it does not exist; every commit is durable."""
    return _open(file, _log)


def remember(log: Engine, signed: SignedCheckpoint) -> None:
    """Commit a checkpoint that the log signed; a size that is taken is an error of the database."""
    row = {"size": signed.body.size, "root": signed.body.root, "note": signed.raw}
    with log.begin() as connection:
        connection.execute(insert(CHECKPOINTS), row)


def open_witness(file: Path) -> Engine:
    """The witness's database, made when it does not exist; every commit is durable."""
    return _open(file, _witness)


def _open(file: Path, tables: MetaData) -> Engine:
    engine = create_engine(f"sqlite:///{file}", connect_args={"timeout": 30})
    event.listen(engine, "connect", _set_durable)
    tables.create_all(engine)
    return engine


def _set_durable(connection: Connection, _: ConnectionPoolEntry) -> None:
    """A commit returns once the write-ahead log is on the disk; NORMAL would lose receipts in a power cut.

    Leaf hashes fall anywhere in their index: it is held in memory, and its pages are brought home seldom.
    """
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{HELD >> 10}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {HELD // PAGE}")
