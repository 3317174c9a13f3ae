"""A log that boards share: entries, signed checkpoints, whose term it is, and what is handed to the writer."""

from alembic import op
from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, Text, func, text

revision = "shared_log"
down_revision = None


def upgrade() -> None:
    """From an empty database."""
    op.create_table(
        "entries",
        Column("index", BigInteger, primary_key=True, autoincrement=False),
        Column("leaf_hash", LargeBinary, nullable=False),
        Column("entry", LargeBinary, nullable=False),
    )
    op.create_index("places", "entries", [text('("index" >> 16)'), text("substr(leaf_hash, 1, 8)")])
    op.create_table(
        "checkpoints",
        Column("size", BigInteger, primary_key=True, autoincrement=False),
        Column("root", LargeBinary, nullable=False),
        Column("note", LargeBinary, nullable=False),
    )
    terms = op.create_table("terms", Column("term", BigInteger, primary_key=True, autoincrement=False))
    op.bulk_insert(terms, [{"term": 0}])
    op.create_table(
        "posts",
        Column("leaf_hash", LargeBinary, primary_key=True),
        Column("record", LargeBinary, nullable=False),
    )
    op.create_table(
        "refusals",
        Column("leaf_hash", LargeBinary, primary_key=True),
        Column("code", Text, nullable=False),
        Column("detail", Text, nullable=False),
        Column("clause", Text, nullable=False),
        Column("retry", Integer),
        Column("status", Integer, nullable=False),
        Column("refused", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )
