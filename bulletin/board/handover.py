"""What boards that share a database hand to the one that writes, and what it answers them (specs/log.md §8.12).

A record waits in a row until it has its place or is refused; a refusal waits until those who asked have read it. Rows
have no time and no order of arrival: ballots must not tell when they came.
"""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.types import DateTime

from bulletin.board.admission import Posted, Refusal
from bulletin.log.postgres import SHARED, Shared

KEPT = "interval '1 minute'"  # that a refusal can be read

POSTS = Table(
    "posts",
    SHARED,
    Column("leaf_hash", LargeBinary, primary_key=True),
    Column("record", LargeBinary, nullable=False),
)
REFUSALS = Table(
    "refusals",
    SHARED,
    Column("leaf_hash", LargeBinary, primary_key=True),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("retry", Integer),
    Column("status", Integer, nullable=False),
    Column("refused", DateTime(timezone=True), nullable=False, server_default=func.now()),
)


class Handover:
    """The rows of a shared database in which records wait for the writer."""

    def __init__(self, database: Shared) -> None:
        self._database = database

    def hand(self, posts: Sequence[Posted]) -> None:
        """Leave records for the writer; one that waits already is left once."""
        if not posts:
            return
        rows = [{"leaf_hash": posted.leaf, "record": posted.raw} for posted in posts]
        leaves = [posted.leaf for posted in posts]
        with self._database.hand() as connection:
            connection.execute(delete(REFUSALS).where(REFUSALS.c.leaf_hash.in_(leaves)))
            connection.execute(upsert(POSTS).on_conflict_do_nothing(), rows)

    def refusals(self, leaves: Collection[bytes]) -> dict[bytes, Refusal]:
        """What was refused of these, by leaf hash."""
        chosen = select(REFUSALS).where(REFUSALS.c.leaf_hash.in_(leaves))
        with self._database.connect() as connection:
            return {
                row.leaf_hash: Refusal(row.code, row.detail, row.clause, row.retry, row.status)
                for row in connection.execute(chosen)
            }

    def draw(self, known: Collection[bytes], most: int) -> list[bytes]:
        """Records that wait, apart from those that the writer knows."""
        chosen = select(POSTS.c.record).where(POSTS.c.leaf_hash.not_in(known)).order_by(POSTS.c.leaf_hash).limit(most)
        with self._database.connect() as connection:
            return list(connection.execute(chosen).scalars())

    def settle(self, placed: Iterable[bytes], refused: Collection[tuple[bytes, Refusal]]) -> None:
        """Nobody waits for these any more: they are on the log, or are refused."""
        rows = [
            {
                "leaf_hash": leaf,
                "code": said.code,
                "detail": said.detail,
                "clause": said.clause,
                "retry": said.retry,
                "status": said.status,
            }
            for leaf, said in refused
        ]
        leaves = [*placed, *(leaf for leaf, _ in refused)]
        with self._database.begin() as connection:
            connection.execute(delete(POSTS).where(POSTS.c.leaf_hash.in_(leaves)))
            connection.execute(delete(REFUSALS).where(REFUSALS.c.refused < func.now() - text(KEPT)))
            if rows:
                connection.execute(insert(REFUSALS), rows)
