"""Five thousand idle and slow clients do not stop honest ones, behind the documented front; and what holds alone."""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bulletin.log import disk
from tests.benchmarks.load import Sent
from tests.support.elections import Election
from tests.support.fronts import ARCHIVE, fill, fronted, serving
from tests.support.house import HOUSE
from tests.support.needs import lacking
from tests.support.serving import cast
from verifier.log.reading import blob_path
from verifier.records import encode

pytestmark = pytest.mark.process

COUNT, SECONDS = 5000, 14
HONEST, RATE = 240, 30  # ballots, and how many a second: some eight seconds
PATIENCE = 8.0  # seconds from a post to the receipt, for all but one in a hundred
BEHIND, ALONE = 48 << 20, 256 << 20  # bytes that the board may hold more than before
BLOB = b"a mix " * (1 << 20)


class Told(NamedTuple):
    """What slow clients and honest ones saw, and the board's memory before and at the end."""

    slow: dict[str, Any]
    honest: dict[str, Any]
    before: int
    after: int


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 2 * COUNT:
        lacking(f"this machine does not let a process open {2 * COUNT:,} files")
    return tmp_path_factory.mktemp("slow")


@contextmanager
def raised() -> Iterator[None]:
    """As many files as may be, for the processes begun meanwhile."""
    kept = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (kept[1], kept[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, kept)


def memory(process: subprocess.Popen[bytes]) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def besiege(url: str, board: subprocess.Popen[bytes], ballots: list[bytes], place: Path, kinds: list[str]) -> Told:
    """Honest clients post and fetch receipts while slow ones hold all that they can."""
    (place / "ballots").write_bytes(pickle.dumps([[Sent(ballot)] for ballot in ballots]))
    before = memory(board)
    words = [sys.executable, "-m", "tests.benchmarks.slow", url, str(SECONDS), str(COUNT), *kinds]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HOUSE) as slow:
        assert slow.stdin is not None
        assert slow.stdout is not None
        slow.stdin.write(f"{blob_path(sha256(BLOB).digest())}\n".encode())
        slow.stdin.flush()
        assert slow.stdout.readline() == b"ready\n"
        load = [sys.executable, "-m", "tests.benchmarks.load", url, str(place / "ballots"), str(RATE), "60"]
        done = subprocess.run(load, stdout=subprocess.PIPE, check=True, timeout=60, cwd=HOUSE)
        after = memory(board)
        told = Told(json.loads(slow.stdout.readline()), json.loads(done.stdout), before, after)
    print(summary(told))
    return told


def summary(told: Told) -> str:
    took = told.honest["took"]
    held = f"{min(told.slow['held']):,} to {max(told.slow['held']):,} held, {told.slow['again']:,} came again"
    spent = f"board {told.before >> 20} MiB before, {told.after >> 20} MiB among them"
    return f"{held}; p50 {took[len(took) // 2]:.2f} s, p99 {took[int(len(took) * 0.99)]:.2f} s; {spent}"


def expect(told: Told, growth: int) -> None:
    took, held = told.honest["took"], sorted(told.slow["held"])
    assert held[-1] >= COUNT - 100
    assert held[len(held) // 2] >= COUNT * 4 // 5, "they come again, so that they are there all the time"
    assert (len(took), told.honest["busy"]) == (HONEST, 0)
    assert took[int(len(took) * 0.99)] < PATIENCE, summary(told)
    assert told.after - told.before < growth, summary(told)


def prepare(place: Path) -> tuple[Election, list[bytes]]:
    election = fill(place, HONEST, 0)
    disk.store_blob(place / ARCHIVE, BLOB)
    (place / "policy").write_text("quorum none\n")
    return election, [encode(cast(election, voter)) for voter in range(HONEST)]


def test_behind_the_front_they_cost_the_board_nothing(place: Path) -> None:
    _, ballots = prepare(place / "board")
    words = ("serve", place / "board", "--policy", place / "board/policy")
    with raised(), serving(*words) as (url, board), fronted(place / "nginx", url, place / "board" / ARCHIVE) as front:
        told = besiege(front.url, board, ballots, place, ["idle", "head", "body", "reader"])
    expect(told, BEHIND)


def test_without_it_the_board_bears_those_who_do_not_read(place: Path) -> None:
    """Who asks for much and reads slowly is the front's to bear: each holds one of the board's requests."""
    _, ballots = prepare(place / "alone")
    words = ("serve", place / "alone", "--policy", place / "alone/policy")
    with raised(), serving(*words) as (url, board):
        told = besiege(url, board, ballots, place, ["idle", "head", "body", "chunked"])
    expect(told, ALONE)
