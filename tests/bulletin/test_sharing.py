"""Boards that share a log: whichever is asked answers, one writes, and another goes on where it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
import requests

from bulletin.board.sharing import SharedSequencer
from bulletin.http import server
from bulletin.operate import inspection
from mixnet.ballot import Prepared
from tests.support.elections import Election
from tests.support.servers import PostgreSQL, postgresql
from tests.support.serving import Running, cast, elect, hand_in, operator_of, put_blobs, running, seal, set_up
from tests.support.stores import Store, store
from verifier.client.board import Refused
from verifier.log import receipt
from verifier.log.note import Key
from verifier.log.tree import hash_leaf
from verifier.records import encode

__all__ = ["postgresql", "store"]
pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]


class Boards:
    """Boards of one log, each in a directory of its own."""

    def __init__(self, place: Path, database: str, archive: str) -> None:
        self.place = place
        self.given: dict[str, Any] = {"database": database, "archive": archive, "lease": 1.0}
        self.key: Key = set_up(place / "a")
        self.running: dict[str, tuple[Running, ExitStack]] = {}

    def start(self, name: str, **settings: Any) -> Running:
        directory = self.place / name
        if not directory.exists():
            directory.mkdir()
            copyfile(self.place / "a" / server.KEY, directory / server.KEY)
            (directory / server.KEY).chmod(0o600)
        stack = ExitStack()
        run = stack.enter_context(running(directory, **(self.given | settings)))
        self.running[name] = run, stack
        return run

    def start_both(self) -> tuple[Running, Running]:
        """The board that writes, and the one that follows it."""
        one = self.start("a")
        until(lambda: sequencer_of(one).writes)
        return one, self.start("b")

    def stop(self, name: str) -> None:
        self.running.pop(name)[1].close()

    def close(self) -> None:
        for name in list(self.running):
            self.stop(name)


def sequencer_of(run: Running) -> SharedSequencer:
    found = run.board.sequencer
    assert isinstance(found, SharedSequencer)
    return found


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def boards(postgresql: PostgreSQL, store: Store, tmp_path: Path) -> Iterator[Boards]:
    made = Boards(tmp_path, postgresql.make(), store.make())
    yield made
    made.close()


def check_receipt(board: Running, raw: bytes, key: Key) -> int:
    leaf = hash_leaf(raw)
    found = receipt.decode(board.client.receipt(leaf))
    receipt.check(found, leaf, key.name, [key], None)
    return found.index


def ballots_of(election: Election) -> list[bytes]:
    return [encode(cast(election, voter)) for voter in range(len(election.voters))]


def test_any_board_takes_what_another_one_places(boards: Boards) -> None:
    one, two = boards.start_both()
    for board, writes in ((one, 1), (two, 0)):
        assert f"aikyn_board_writing {writes}\n" in requests.get(f"{board.client.url}/metrics", timeout=10).text
    election = elect(boards.key, voters=6)
    hand_in(two.client, election)
    ballots = ballots_of(election)
    with ThreadPoolExecutor(len(ballots)) as pool:
        taken = list(pool.map(lambda at: (one, two)[at % 2].client.post(ballots[at]), range(len(ballots))))
    assert taken == [hash_leaf(raw) for raw in ballots]
    indices = [check_receipt(board, raw, boards.key) for raw in ballots for board in (one, two)]
    assert sorted(set(indices)) == list(range(len(election.records), len(election.records) + len(ballots)))
    assert two.client.post(ballots[0]) == hash_leaf(ballots[0]), "again, with the same answer"
    assert sequencer_of(one).log.size == len(election.records) + len(ballots)


def test_whichever_board_takes_a_post_answers_it_with_the_receipt(boards: Boards) -> None:
    one, two = boards.start_both()
    election = elect(boards.key)
    hand_in(one.client, election)
    for board, raw in zip((one, two), ballots_of(election), strict=False):
        answer = requests.post(
            f"{board.client.url}/records?wait=20", raw, headers={"Content-Type": "application/json"}, timeout=30
        )
        found = receipt.decode(answer.content)
        receipt.check(found, hash_leaf(raw), boards.key.name, [boards.key], None)
        assert (answer.status_code, found.index) == (200, check_receipt(board, raw, boards.key))


def test_what_the_writer_refuses_is_refused_where_it_was_posted(boards: Boards) -> None:
    one, two = boards.start_both()
    election = elect(boards.key)
    hand_in(one.client, election)
    forged = cast(election, 0, prev=bytes(32 * [1]))
    for _ in range(2):
        with pytest.raises(Refused, match=r"BAL\.8"):
            two.client.post(encode(forged))
    assert two.client.post(encode(cast(election, 0)))
    with pytest.raises(Refused):
        two.client.put_blob(b"strange", operator_of(election)._replace(id="nobody"))


def test_a_blob_that_came_through_one_board_is_read_from_the_other(boards: Boards) -> None:
    one, two = boards.start("a"), boards.start("b")
    election = elect(boards.key)
    one.client.post(election.records[0])
    put_blobs(two.client, election)
    for digest, data in election.blobs.items():
        path = f"blobs/{digest.hex()[:2]}/{digest.hex()}"
        assert requests.get(f"{one.client.url}/{path}", timeout=10).content == data
    latest = [requests.get(f"{each.client.url}/checkpoint", timeout=10).status_code for each in (one, two)]
    assert latest == [200, 200]


def test_what_is_on_a_shared_log_is_inspected_from_the_copy(boards: Boards, tmp_path: Path) -> None:
    one = boards.start("a")
    election = elect(boards.key)
    hand_in(one.client, election)
    check_receipt(one, election.records[-1], boards.key)
    until(lambda: list(inspection._read_log(tmp_path / "a")) == election.records)


def test_when_the_writer_ends_another_goes_on(boards: Boards) -> None:
    _one, two = boards.start_both()
    election = elect(boards.key, voters=6)
    hand_in(two.client, election)
    ballots = ballots_of(election)
    for raw in ballots[:3]:
        two.client.post(raw)
    boards.stop("a")
    for raw in ballots[3:]:
        two.client.post(raw)
    assert sequencer_of(two).writes
    again = boards.start("a")
    indices = [check_receipt(each, raw, boards.key) for raw in ballots for each in (again, two)]
    assert sorted(set(indices)) == list(range(len(election.records), len(election.records) + len(ballots)))


def test_a_second_ballot_of_a_credential_waits_though_two_boards_took_them(boards: Boards) -> None:
    one, two = boards.start("a"), boards.start("b")
    election = elect(boards.key)
    hand_in(one.client, election)
    first: Prepared = seal(election, 0, [1])
    raw = [encode(cast(election, 0, first)), encode(cast(election, 0, prev=first.tracker))]
    one.client.post(raw[0])
    two.client.post(raw[1])
    assert check_receipt(two, raw[0], boards.key) < check_receipt(one, raw[1], boards.key)


def test_without_a_database_what_is_published_is_served(boards: Boards, postgresql: PostgreSQL) -> None:
    one, two = boards.start_both()
    election = elect(boards.key)
    hand_in(one.client, election)
    with postgresql.stopped():
        until(sequencer_of(one).stopped.is_set)
        until(lambda: not sequencer_of(two).healthy)
        answer = requests.post(
            f"{two.client.url}/records",
            encode(cast(election, 0)),
            headers={"Content-Type": "application/json"},
            timeout=30,
        )
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert requests.get(f"{two.client.url}/checkpoint", timeout=10).status_code == 200
    until(lambda: sequencer_of(two).writes)
    assert two.client.post(encode(cast(election, 0)))


def test_a_database_that_comes_back_is_gone_on_with(boards: Boards, postgresql: PostgreSQL) -> None:
    one, two = boards.start_both()
    election = elect(boards.key)
    hand_in(one.client, election)
    postgresql.restart()
    until(sequencer_of(one).stopped.is_set)
    until(lambda: sequencer_of(two).writes)
    raw = encode(cast(election, 0))
    two.client.post(raw)
    assert check_receipt(two, raw, boards.key) == len(election.records)
    boards.stop("a")
    assert check_receipt(boards.start("a"), raw, boards.key) == len(election.records)
