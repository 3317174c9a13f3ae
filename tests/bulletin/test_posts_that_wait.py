"""Posts that wait for their receipts: what they are answered, for how long, and whom they give way to (api.md §1)."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import pytest
import requests

from bulletin.board.feeder import NoQuorum
from bulletin.http.server import OpenBoard
from tests.support.commands import run, started
from tests.support.elections import ORIGIN, Election
from tests.support.serving import behind, cast, elect, hand_in, set_up
from verifier.client.board import Board
from verifier.log import note, receipt, refusal
from verifier.log.note import COSIGNATURE, Key, encode_key
from verifier.log.tree import hash_leaf
from verifier.records import encode

pytestmark = [
    pytest.mark.process,
    pytest.mark.usefixtures("stores"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
JSON = {"Content-Type": "application/json"}
BYTES = "application/octet-stream"


def post(url: str, raw: bytes, query: str = "?wait=10") -> requests.Response:
    return requests.post(f"{url}/records{query}", raw, headers=JSON, timeout=30)


def check_promised(answer: requests.Response, raw: bytes, key: Key) -> int:
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, BYTES)
    found = receipt.decode(answer.content)
    receipt.check(found, hash_leaf(raw), key.name, [key], None)
    return found.index


def check_taken(answer: requests.Response, raw: bytes) -> None:
    leaf = hash_leaf(raw).hex()
    assert (answer.status_code, answer.json()) == (202, {"leaf": leaf, "status": f"/records/{leaf}"})


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def silence(board: OpenBoard) -> None:
    """From now on no quorum of witnesses is to be had."""

    def say_nothing(*_: object) -> bytes:
        raise NoQuorum("the witnesses are silent")

    board.sequencer._feeder.feed = say_nothing  # type: ignore[method-assign, assignment]


@contextmanager
def posting(url: str, ballots: list[bytes], query: str = "?wait=20") -> Iterator[list[Future[requests.Response]]]:
    """Posts that are under way, each of them begun after the one before is on the log."""
    with ThreadPoolExecutor(len(ballots)) as threads, requests.Session() as session:
        posts = []
        for raw in ballots:
            posts.append(threads.submit(post, url, raw, query))
            place = f"{url}/records/{hash_leaf(raw).hex()}"
            until(lambda place=place: session.get(place, timeout=10).status_code == 200)  # type: ignore[misc]
        yield posts


def ballots_of(election: Election, count: int) -> list[bytes]:
    return [encode(cast(election, voter)) for voter in range(count)]


def test_a_post_gets_the_receipt_that_it_would_fetch(tmp_path: Path) -> None:
    key = set_up(tmp_path)
    election = elect(key)
    with behind(tmp_path) as (board, _, url):
        hand_in(Board(url), election)
        raw = ballots_of(election, 1)[0]
        answer = post(url, raw)
        assert check_promised(answer, raw, key) == board.sequencer.find(hash_leaf(raw))
        fetched = requests.get(f"{url}/receipts/{hash_leaf(raw).hex()}", timeout=10)
        assert (fetched.content, fetched.headers["Content-Type"]) == (answer.content, BYTES)
        assert post(url, raw).content == answer.content, "the same bytes again"
        check_taken(post(url, raw, ""), raw)
        size = board.sequencer.log.size
    with behind(tmp_path) as (board, _, url):
        check_promised(post(url, raw), raw, key)
        assert board.sequencer.log.size == size


@pytest.mark.parametrize(
    ("query", "status"),
    [
        *[(f"?wait={said}", 202) for said in ("", "0", "-1", "nan", "-inf", "abc", "1,5", "9_", "%2035", "0&wait=5")],
        *[("?" + said, 202) for said in ("", "wait", "wait==5", "Wait=5", "&&&=", "x=1;wait=5", "wait=5" * 2000)],
        *[(f"?wait={said}", 200) for said in ("5", "5&wait=0", "1e999", "inf", "5e0", "25.001", "9" * 400)],
        ("?x=1&wait=5", 200),
    ],
)
def test_whatever_is_said_as_wait(queried: tuple[Key, str, bytes], query: str, status: int) -> None:
    key, url, raw = queried
    answer = post(url, raw, query)
    assert answer.status_code == status
    if status == 200:
        check_promised(answer, raw, key)
    else:
        check_taken(answer, raw)


@pytest.fixture(scope="module")
def queried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Key, str, bytes]]:
    place = tmp_path_factory.mktemp("queried")
    key = set_up(place)
    election = elect(key)
    with behind(place) as (_, _, url):
        hand_in(Board(url), election)
        yield key, url, ballots_of(election, 1)[0]


def test_what_is_refused_is_refused_without_waiting(tmp_path: Path) -> None:
    key = set_up(tmp_path)
    election = elect(key)
    with behind(tmp_path) as (board, _, url):
        hand_in(Board(url), election)
        silence(board)
        begun = time.monotonic()
        for raw, status, clause in (
            (b"{}", 400, "CFG.4"),
            (encode(cast(election, 0, prev=bytes(32 * [1]))), 422, "BAL.8"),
        ):
            answer = post(url, raw, "?wait=25")
            said = refusal.decode(answer.content)
            refusal.check(said, key.name, [key])
            assert (answer.status_code, said.clause, said.refused) == (status, clause, f"record {hash_leaf(raw).hex()}")
        assert time.monotonic() - begun < 10


def test_slow_witnesses_are_waited_for_and_silent_ones_for_no_longer_than_asked(tmp_path: Path) -> None:
    key = set_up(tmp_path)
    election = elect(key)
    with behind(tmp_path) as (board, _, url):
        hand_in(Board(url), election)
        slow, late, never = ballots_of(election, 3)
        feed = board.sequencer._feeder.feed

        def feed_slowly(*given: object) -> bytes:
            time.sleep(1.5)
            return feed(*given)  # type: ignore[arg-type]

        board.sequencer._feeder.feed = feed_slowly  # type: ignore[method-assign, assignment]
        check_promised(post(url, slow), slow, key)
        check_taken(post(url, late, "?wait=0.2"), late)
        Board(url).receipt(hash_leaf(late))
        silence(board)
        for wait in (0.5, 2.0):
            begun = time.monotonic()
            check_taken(post(url, never, f"?wait={wait}"), never)
            assert wait <= time.monotonic() - begun < wait + 5
        assert board.sequencer.find(hash_leaf(never)) == board.sequencer.log.size - 1


def test_who_waits_for_a_receipt_gives_way_to_who_posts(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path), voters=6)
    with behind(tmp_path, requests=4) as (board, gateway, url):
        hand_in(Board(url), election)
        silence(board)
        *waiting, last = ballots_of(election, 6)
        with ThreadPoolExecutor(1) as threads, posting(url, waiting[:1], "?wait=25") as first:
            asked = threads.submit(requests.get, f"{url}/receipts/{hash_leaf(waiting[0]).hex()}?wait=25", timeout=30)
            until(lambda: gateway._count == 2)
            with posting(url, waiting[1:], "?wait=25") as others:
                check_taken(first[0].result(), waiting[0])
                turned_away = asked.result()
                assert (turned_away.status_code, turned_away.json()["code"]) == (503, "busy")
                waits = [not each.done() for each in others]
                assert waits == sorted(waits), "who has waited longest goes first"
                assert sum(waits) >= 3, "and no more than are in the way"
                check_taken(post(url, last, ""), last)
                assert requests.get(f"{url}/checkpoint", timeout=10).status_code == 200
                board.sequencer.stop()
        for raw, each in zip(waiting[1:], others, strict=True):
            check_taken(each.result(), raw)
        assert gateway._count == 0


def test_who_has_gone_holds_no_place_for_long(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path))
    with behind(tmp_path, requests=2) as (board, gateway, url):
        hand_in(Board(url), election)
        silence(board)
        ballots = ballots_of(election, 3)
        for raw in ballots[:2]:
            with socket.create_connection((gateway.host, gateway.port), timeout=10) as made:
                head = "POST /records?wait=25 HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\n"
                made.sendall(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw)
                until(lambda raw=raw: board.sequencer.find(hash_leaf(raw)) is not None)  # type: ignore[misc]
        check_taken(post(url, ballots[2], ""), ballots[2])
        board.sequencer.stop()
        until(lambda: gateway._count == 0)


@pytest.mark.parametrize("witnessed", [True, False])
def test_a_board_that_stops_answers_whoever_waits(tmp_path: Path, *, witnessed: bool) -> None:
    """The last round is placed and published; without witnesses it is on the log, and the receipt comes later."""
    home = tmp_path / "board"
    key = note.decode_key(run("init", str(home), "--origin", ORIGIN))
    election = elect(key, voters=8)
    (home / "policy").write_text("quorum none\n")
    with started("serve", str(home)) as (_, url):
        hand_in(Board(url), election)
    if not witnessed:
        silent = encode_key(Key("w1.example", COSIGNATURE, bytes(set_up(tmp_path / "other").public)))
        (home / "policy").write_text(f"witness w1 {silent} http://127.0.0.1:9\nquorum w1\n")
    ballots = ballots_of(election, 8)
    with started("serve", str(home), "--interval", "3600") as (process, url), ThreadPoolExecutor(8) as threads:
        posts = [threads.submit(post, url, raw, "?wait=25") for raw in ballots]
        until(lambda: f"aikyn_board_waiting_records {len(posts)}\n" in requests.get(f"{url}/metrics", timeout=10).text)
        end(process)
        for raw, each in zip(ballots, posts, strict=True):
            if witnessed:
                check_promised(each.result(), raw, key)
            else:
                check_taken(each.result(), raw)


def end(process: Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(20)
