"""A log's entries in its database: a sequence that only grows, read back with care (specs/log.md §8)."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from sqlalchemy import Dialect, bindparam, func, insert, select

from bulletin.log.database import ENTRIES, RUN, START, Database, run_of, start_of
from bulletin.log.rollback import RESTORE, CannotContinue
from verifier.errors import Malformed
from verifier.log import tiles, tree

AT_ONCE = 1024  # rows that are fetched together: whoever reads a whole log holds few of them, and no transaction
LAST = select(func.max(ENTRIES.c.index))
BETWEEN = (
    select(ENTRIES.c.index, ENTRIES.c.leaf_hash, ENTRIES.c.entry)
    .where(ENTRIES.c.index >= bindparam("first"), ENTRIES.c.index < bindparam("stop"))
    .order_by(ENTRIES.c.index)
)
PLACES = select(ENTRIES.c.index).where(
    run_of.in_(bindparam("runs", expanding=True)),
    start_of == bindparam("start"),
    ENTRIES.c.leaf_hash == bindparam("leaf"),
)


class Entries:
    """The committed entries, numbered from 0; one process appends, any may read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self) -> int:
        """How many there are, if none is missing."""
        with self._database.connect() as connection:
            last = connection.execute(LAST).scalar()
        return 0 if last is None else last + 1

    def check(self) -> None:
        """CannotContinue if one is missing before the last."""
        with self._database.connect() as connection:
            rows, last = connection.execute(select(func.count(), func.max(ENTRIES.c.index))).one()
        if rows and last != rows - 1:
            raise CannotContinue(f"entries are missing in the database: {RESTORE}")

    def append(self, first: int, entries: Sequence[bytes]) -> None:
        """Commit entries (at most 65,535 bytes each) durably under the numbers from `first` on, all of them or none."""
        if any(len(entry) > tiles.MAX_ENTRY for entry in entries):
            raise Malformed(f"an entry has at most {tiles.MAX_ENTRY} bytes")
        rows = [(index, tree.hash_leaf(entry), entry) for index, entry in enumerate(entries, first)]
        if rows:
            with self._database.begin() as connection:
                connection.exec_driver_sql(_insertion(connection.dialect), rows)

    def read(self, index: int) -> bytes:
        """One of them, or Malformed if there is none."""
        with self._database.connect() as connection:
            found = connection.execute(select(ENTRIES.c.entry).where(ENTRIES.c.index == index)).scalar()
        if found is None:
            raise Malformed(f"there is no entry {index}")
        return bytes(found)

    def read_back(self, start: int, stop: int) -> Iterator[tuple[bytes, bytes]]:
        """Leaf hashes and entries start ≤ i < stop; a bit that changed in the database is CannotContinue."""
        for first in range(start, stop, AT_ONCE):
            with self._database.connect() as connection:
                rows = connection.execute(BETWEEN, {"first": first, "stop": min(first + AT_ONCE, stop)}).all()
            for index, leaf_hash, entry in rows:
                if tree.hash_leaf(entry) != leaf_hash:
                    raise CannotContinue(f"entry {index} changed in the database: {RESTORE}")
                yield leaf_hash, entry

    def find(self, leaf_hash: bytes) -> int | None:
        """Number of the first entry with this leaf hash, or None; each run of the index is asked."""
        with self._database.connect() as connection:
            last = connection.execute(LAST).scalar()
            runs = range(0 if last is None else (last >> RUN) + 1)
            asked = {"runs": runs, "start": leaf_hash[:START], "leaf": leaf_hash}
            return min(connection.execute(PLACES, asked).scalars(), default=None)


@lru_cache
def _insertion(dialect: Dialect) -> str:
    """The statement for many rows, as the driver takes it: SQLAlchemy would look at each value of each row."""
    return str(insert(ENTRIES).compile(dialect=dialect))
