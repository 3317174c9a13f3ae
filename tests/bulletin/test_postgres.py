"""A database that boards share: one of them writes, and who was stopped or is late commits nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, Table, insert, select, text

from bulletin.board.handover import POSTS
from bulletin.log import postgres
from bulletin.log.archive import Files
from bulletin.log.bucket import Bucket
from bulletin.log.database import CHECKPOINTS, ENTRIES, DatabaseFailed, open_log
from bulletin.log.postgres import Shared
from bulletin.log.rollback import CannotContinue, Overtaken
from bulletin.log.tilelog import TileLog
from tests.support.servers import PostgreSQL, postgresql
from tests.support.stores import Store, store
from tests.support.written import KEY, SIGNERS, number, publish
from verifier.log import receipt, tree

__all__ = ["postgresql", "store"]
pytestmark = pytest.mark.process
LEASE = 0.6


class Machine:
    """A board's stores, and whether its turn has ended."""

    def __init__(self, url: str, bucket: str, copy: Path) -> None:
        self.lost = Event()
        self.database = Shared(url, LEASE)
        self.log = TileLog(Bucket(bucket, copy), self.database, KEY.name, [SIGNERS[KEY]], follows=True)

    def leads(self) -> bool:
        if self.database.lead(self.lost.set):
            self.log.take_over()
            return True
        return False

    def close(self) -> None:
        self.database.dispose()


@pytest.fixture
def machines(postgresql: PostgreSQL, store: Store, tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    url, bucket = postgresql.make(), store.make()
    both = Machine(url, bucket, tmp_path / "a"), Machine(url, bucket, tmp_path / "b")
    yield both
    for machine in both:
        machine.close()


def pause(machine: Machine) -> None:
    """As if its process was stopped: nobody speaks for it, and its sockets stay open."""
    turn = machine.database._turn
    assert turn is not None
    turn._given.set()
    turn._thread.join()


def await_turn(machine: Machine) -> None:
    for _ in range(100):
        if machine.leads():
            return
        machine.lost.wait(0.1)
    raise AssertionError("nobody gave the turn")


def test_one_writes_and_the_other_follows(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    assert one.leads()
    assert not two.leads()
    for step in (3, 300, 1):
        publish(one.log, number(step, one.log.size))
        assert two.log.follow()
        assert not two.log.follow()
        assert (two.log.size, two.log.published) == (one.log.size, one.log.published)
    proof = receipt.decode(two.log.receipt(303))
    receipt.check(proof, tree.hash_leaf(number(304)[303]), KEY.name, [KEY], None)
    with pytest.raises(Overtaken):
        two.log.append([b"strange"])


def test_who_gives_the_turn_is_followed_at_once(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    assert one.leads()
    publish(one.log, number(5))
    one.close()
    assert two.leads()
    publish(two.log, number(300, 5))
    assert two.log.published is not None
    assert two.log.published.body.root == tree.compute_root(map(tree.hash_leaf, number(305)))


def test_a_writer_that_was_stopped_commits_and_signs_nothing_when_it_wakes(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    assert one.leads()
    publish(one.log, number(5))
    one.log.append([b"the last one"])
    pause(one)
    await_turn(two)
    assert two.log.size == 6
    two.log.append([b"another"])
    with pytest.raises(Overtaken):
        one.log.append([b"late"])
    with pytest.raises(Overtaken):
        one.log.integrate()
    signed = two.log.integrate()
    two.log.publish(signed.raw)
    assert list(two.log.entries(5, 7)) == [b"the last one", b"another"]


def test_a_writer_that_was_stopped_in_its_transaction_is_cut_off(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    assert one.leads()
    publish(one.log, number(5))

    def write_and_sleep() -> None:
        with one.database.begin() as connection:
            connection.execute(insert(ENTRIES), {"index": 5, "leaf_hash": tree.hash_leaf(b"half"), "entry": b"half"})
            pause(one)
            await_turn(two)

    with pytest.raises(DatabaseFailed):
        write_and_sleep()
    assert two.log.size == 5


def test_a_transaction_that_is_committing_is_seen_by_the_next_writer(machines: tuple[Machine, Machine]) -> None:
    """The number is locked until the commit: the next writer reads after it, or the commit fails."""
    one, two = machines
    assert one.leads()
    outcomes: list[str] = []

    def write() -> None:
        try:
            while True:
                one.log.append(number(1, one.log.size))
        except (Overtaken, DatabaseFailed) as error:
            outcomes.append(type(error).__name__)

    thread = Thread(target=write)
    thread.start()
    pause(one)
    await_turn(two)
    found = two.log.size
    thread.join(10)
    assert outcomes
    assert one.log.size <= found
    assert two.log.count() == found
    assert list(two.log.entries(0, found)) == number(found)


def test_a_stopped_writer_publishes_nothing_over_the_next_one(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    assert one.leads()
    publish(one.log, number(5))
    one.log.append(number(5, 5))
    late = one.log.integrate()
    pause(one)
    await_turn(two)
    publish(two.log, number(10, 10))
    with pytest.raises(Exception, match=r"exists with other bytes|has written"):
        one.log.publish(late.raw)
    two.log.archive.refresh()
    assert two.log.follow() is False
    assert two.log.published is not None
    assert two.log.published.body.size == 20


def test_no_size_is_signed_twice(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    assert one.leads()
    one.log.append(number(5))
    signed = one.log.integrate()
    pause(one)
    await_turn(two)
    assert two.log.integrate() == signed
    with two.database.connect() as connection:
        assert connection.execute(select(CHECKPOINTS.c.note)).scalars().all() == [signed.raw]


def test_the_turn_ends_with_the_server(machines: tuple[Machine, Machine], postgresql: PostgreSQL) -> None:
    one, two = machines
    assert one.leads()
    publish(one.log, number(5))
    postgresql.restart()
    assert one.lost.wait(10)
    await_turn(two)
    publish(two.log, number(1, 5))
    assert two.log.size == 6


def test_a_database_that_is_older_than_what_was_published_is_refused(
    postgresql: PostgreSQL, store: Store, tmp_path: Path
) -> None:
    bucket = store.make()
    one = Machine(postgresql.make(), bucket, tmp_path / "a")
    assert one.leads()
    publish(one.log, number(5))
    one.close()
    other = Machine(postgresql.make(), bucket, tmp_path / "b")
    with pytest.raises(CannotContinue):
        other.leads()
    other.close()


def test_a_server_that_could_forget_is_refused(postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch) -> None:
    url = postgresql.make()
    monkeypatch.setattr(postgres, "DURABLE", {"synchronous_commit": "off"})
    with pytest.raises(DatabaseFailed, match="synchronous_commit = on"):
        Shared(url, LEASE)
    monkeypatch.setattr(postgres, "OLDEST", 99)
    with pytest.raises(DatabaseFailed, match="too old"):
        Shared(url, LEASE)


def test_the_tables_are_those_that_the_code_names(machines: tuple[Machine, Machine]) -> None:
    named = MetaData()
    for table in (*ENTRIES.metadata.sorted_tables, *POSTS.metadata.sorted_tables):
        table.to_metadata(named)
    with machines[0].database.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), named) == []
    assert set(named.tables) == {"entries", "checkpoints", "terms", "posts", "refusals"}


def test_a_database_of_a_newer_version_is_refused(postgresql: PostgreSQL) -> None:
    url = postgresql.make()
    Shared(url, LEASE).dispose()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'of tomorrow'")
    with pytest.raises(DatabaseFailed, match="run the newer one"):
        Shared(url, LEASE)


def test_what_goes_wrong_is_told_without_secrets(postgresql: PostgreSQL, tmp_path: Path) -> None:
    with pytest.raises(DatabaseFailed, match="cannot be used") as caught:
        Shared(f"postgresql://aikyn:sesame@/log?host={tmp_path}", LEASE)
    assert "sesame" not in str(caught.value)
    with pytest.raises(DatabaseFailed, match="does not exist"):
        Shared(postgresql.url.replace("/postgres?", "/nowhere?"), LEASE)


def test_sqlite_and_postgresql_hold_the_same_log(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    one, _ = machines
    assert one.leads()
    file = TileLog(Files(tmp_path / "files"), open_log(tmp_path / "log.db"), KEY.name, [SIGNERS[KEY]])
    for step in (1, 255, 300):
        for log in (one.log, file):
            publish(log, number(step, log.size))
    for table in (ENTRIES, CHECKPOINTS):
        assert rows_of(one.log, table) == rows_of(file, table)


def rows_of(log: TileLog, table: Table) -> list[tuple[object, ...]]:
    with log._database.connect() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(text("1")))]
