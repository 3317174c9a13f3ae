"""Where entries stand is found by their leaf hashes, however long the log is (specs/log.md §8.14)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from bulletin.log.database import ENTRIES, RUN, START, Database, open_log
from bulletin.log.entries import AT_ONCE, Entries
from bulletin.log.postgres import Shared
from bulletin.log.rollback import CannotContinue
from tests.support.servers import postgresql
from tests.support.written import number
from verifier.errors import Malformed
from verifier.log.tree import hash_leaf

__all__ = ["postgresql"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.process)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        made: Database = open_log(tmp_path / "log.db")
    else:
        made = Shared(request.getfixturevalue("postgresql").make(), 5.0)
        assert made.lead(lambda: None)
    yield made
    made.dispose()


def test_the_first_of_equal_entries_is_found_in_any_run(database: Database) -> None:
    entries = Entries(database)
    for first, some in ((0, [b"one", b"two"]), (1 << RUN, [b"two", b"three"]), (5 << RUN, [b"four", b"one"])):
        entries.append(first, some)
    found = [entries.find(hash_leaf(entry)) for entry in (b"one", b"two", b"three", b"four", b"five")]
    assert found == [0, 1, (1 << RUN) + 1, 5 << RUN, None]


def test_hashes_that_begin_alike_are_told_apart(database: Database) -> None:
    alike = [bytes(START) + bytes([last]) * 24 for last in (3, 1, 2)]
    with database.begin() as connection:
        rows = [{"index": index, "leaf_hash": leaf, "entry": b""} for index, leaf in enumerate(alike)]
        connection.execute(insert(ENTRIES), rows)
    entries = Entries(database)
    assert [entries.find(leaf) for leaf in alike] == [0, 1, 2]
    assert entries.find(bytes(32)) is None


def test_an_empty_log_has_no_places(database: Database) -> None:
    entries = Entries(database)
    entries.append(0, [])
    assert (entries.count(), entries.find(hash_leaf(b""))) == (0, None)


def test_a_look_up_does_not_read_the_log(tmp_path: Path) -> None:
    """The expressions of the index and of the question are the same, or SQLite would read every row."""
    log, asked = open_log(tmp_path / "log.db"), list[tuple[str, Any]]()
    Entries(log).append(1 << RUN, [b"one"])
    event.listen(log, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
    Entries(log).find(hash_leaf(b"one"))
    statement, values = asked[-1]
    with log.connect() as connection:
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    log.dispose()
    assert [step.partition(" (")[0] for step in plan] == ["SEARCH entries USING INDEX places"]


def test_many_are_read_back_in_order_and_a_changed_one_is_not(database: Database) -> None:
    entries, count = Entries(database), 2 * AT_ONCE + 1
    entries.append(0, number(count))
    assert [entry for _, entry in entries.read_back(1, count)] == number(count)[1:]
    with database.begin() as connection:
        connection.execute(text('UPDATE entries SET entry = :entry WHERE "index" = 1500'), {"entry": b"another"})
    with pytest.raises(CannotContinue, match="entry 1500 changed"):
        list(entries.read_back(0, count))


def test_an_entry_that_is_too_long_leaves_the_log_as_it_was(database: Database) -> None:
    entries = Entries(database)
    with pytest.raises(Malformed, match="65535"):
        entries.append(0, [b"short", bytes(65_536)])
    assert entries.count() == 0
    with pytest.raises(Malformed, match="no entry 0"):
        entries.read(0)
