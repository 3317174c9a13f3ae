"""A board, its witness and its mirror as processes of their own: each has a page, a health, metrics and a journal."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests

from bulletin.http.markup import read_words
from bulletin.settings import make_key
from tests.support.commands import PROGRAM
from tests.support.elections import Election
from tests.support.serving import cast, elect, hand_in, set_up
from verifier.client.board import Board
from verifier.log.note import COSIGNATURE, encode_key
from verifier.records import encode

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]


class Process(NamedTuple):
    """A served command, and the journal that it keeps."""

    url: str
    journal: Path

    def page(self, language: str = "en") -> str:
        return requests.get(f"{self.url}/{language}", timeout=10).text

    def health(self) -> Any:
        return requests.get(f"{self.url}/health", timeout=10).json()

    def metrics(self) -> str:
        return requests.get(f"{self.url}/metrics", timeout=10).text

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.read_text().splitlines()]


@contextmanager
def serving(journal: Path, *words: str | Path) -> Iterator[Process]:
    command = [sys.executable, "-c", PROGRAM, *map(str, words), "--port", "0"]
    with journal.open("wb") as kept, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=kept) as process:
        assert process.stdout is not None
        try:
            yield Process(process.stdout.readline().decode().split()[-1], journal)
        finally:
            process.terminate()
            process.wait(30)


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError


def test_each_has_a_page_a_health_metrics_and_a_journal(tmp_path: Path) -> None:
    w, key = read_words("front", "en"), set_up(tmp_path / "board")
    (tmp_path / "witness").mkdir()
    own = make_key(tmp_path / "witness/witness.key", "witness.example", COSIGNATURE)
    election = elect(key)
    words: list[str | Path] = ["witness", tmp_path / "witness", "--name", "witness.example", "--log", encode_key(key)]
    with serving(tmp_path / "witness.jsonl", *words) as witness:
        assert w["uncosigned"] in witness.page()
        policy = [f"witness w1 {encode_key(own)} {witness.url}", "quorum w1", ""]
        (tmp_path / "policy").write_text("\n".join(policy))
        words = ["serve", tmp_path / "board", "--policy", tmp_path / "policy", "--interval", "0.05"]
        with serving(tmp_path / "board.jsonl", *words) as board:
            assert w["empty"] in board.page()
            vote(board, election)
            (tmp_path / "sheet").write_text("\n".join(["aikyn/1 trust", f"log {encode_key(key)}", *policy]))
            words = ["mirror", board.url, tmp_path / "mirror", "--trust", tmp_path / "sheet", "--every", "0.05"]
            with serving(tmp_path / "mirror.jsonl", *words) as mirror:
                wait_until(lambda: w["phases"]["voting"] in mirror.page())
                look_at_all(board, mirror, witness)
    assert witness.lines()[0]["event"] == "started"
    assert witness.lines()[0]["logs"] == {key.name: 0}
    assert all(line.keys() >= {"time", "level", "event"} for each in (board, mirror, witness) for line in each.lines())


def vote(board: Process, election: Election) -> None:
    hand_in(Board(board.url), election)
    Board(board.url).receipt(Board(board.url).post(encode(cast(election, 0))))


def look_at_all(board: Process, mirror: Process, witness: Process) -> None:
    size = board.health()["published"]
    w = read_words("front", "en")
    for each in (board, mirror):
        page = each.page()
        assert w["phases"]["voting"] in page
        assert w["state"].format(size=size) in page
        assert f"<b>1</b> {w['counts']['ballot']}" in page
        assert f"<dt>{w['steps']['first ballot']}</dt>" in page
    assert board.url in mirror.page()
    assert [log["size"] for log in witness.health()["logs"]] == [size]
    assert f"{size} entries" in witness.page()
    assert f"aikyn_board_published_entries {size}\n" in board.metrics()
    assert f"aikyn_mirror_entries {size}\n" in mirror.metrics()
    assert f'aikyn_witness_cosigned_entries{{origin="board.example/tests"}} {size}\n' in witness.metrics()
