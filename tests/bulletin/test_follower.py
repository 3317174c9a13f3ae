"""A mirror at work: it survives a kill, serves what it holds, and says what ails it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import requests

from bulletin.mirror.follower import Follower, create_app
from tests.support.asking import direct
from tests.support.commands import PROGRAM
from tests.support.copies import KEY
from tests.support.mirrors import LONG, SHEET, Stage, open_mirror, served, staged
from verifier.log.reading import LATEST

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with staged() as made:
        yield made


def command(stage_url: str, place: Path, *more: str) -> list[str]:
    (place / "sheet").write_bytes(SHEET)
    words = ["mirror", stage_url, str(place / "mirror"), "--trust", str(place / "sheet"), *more]
    return [sys.executable, "-c", PROGRAM, *words]


def test_a_mirror_that_is_killed_goes_on(stage: Stage, tmp_path: Path) -> None:
    stage.files = served()
    reached, go_on = Event(), Event()

    def pause(_: str) -> None:
        if len(stage.asked) == 6:
            reached.set()
            go_on.wait(20)

    stage.before = pause
    with started(command(stage.url, tmp_path, "--once")) as process:
        assert reached.wait(20)
        process.kill()
        process.wait(20)
    stage.before = lambda _: None
    go_on.set()
    archive = tmp_path / "mirror/archive"
    assert not (archive / LATEST).exists()
    fetched = {name for name in stage.asked if (tmp_path / "mirror/incoming" / name).is_file()}
    assert len(fetched) >= 3
    time.sleep(0.1)
    stage.asked.clear()
    subprocess.run(command(stage.url, tmp_path, "--once"), check=True, timeout=30, stdout=subprocess.DEVNULL)
    assert not fetched & set(stage.asked)
    assert {p.relative_to(archive).as_posix(): p.read_bytes() for p in archive.rglob("*") if p.is_file()} == stage.files


@contextmanager
def started(words: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(url: str, is_there: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    for _ in range(200):
        health: dict[str, Any] = requests.get(f"{url}/health", timeout=5).json()
        if is_there(health):
            return health
        time.sleep(0.05)
    raise AssertionError(health)


def test_a_mirror_serves_what_it_holds_whatever_the_board_becomes(stage: Stage, tmp_path: Path) -> None:
    stage.files = served(300)
    words = command(stage.url, tmp_path, "--every", "0.05", "--port", "0")
    with started(words) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().split()[-1]
        wait_for(url, lambda health: health["size"] == 300 and not health["problem"])
        assert requests.get(f"{url}/health", timeout=5).status_code == 200
        stage.files = served(LONG, branch=1)
        health = wait_for(url, lambda health: health["refused"] is not None and health["problem"])
        answer = requests.get(f"{url}/health", timeout=5)
        assert (answer.status_code, health["size"], health["origin"]) == (503, 300, KEY.name)
        assert abs(health["refused"]["since"] - time.time()) < 60
        assert (tmp_path / "mirror/evidence" / health["refused"]["evidence"] / "README").is_file()
        for name, data in served(300).items():
            answer = requests.get(f"{url}/{name}", timeout=5)
            assert (answer.content, answer.headers["Access-Control-Allow-Origin"]) == (data, "*")
        assert requests.get(f"{url}/evidence", timeout=5).status_code == 404
        assert requests.post(f"{url}/records", b"{}", timeout=5).status_code in {404, 405}
        process.send_signal(signal.SIGTERM)
        journal = [json.loads(line) for line in process.stderr.read().splitlines()]
        assert process.wait(20) == 0
    assert {line["event"] for line in journal} == {"followed", "not followed", "request"}
    done = subprocess.run(
        command(stage.url, tmp_path, "--once"), capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 1
    assert "BRD.3" in done.stderr
    assert "two histories" in done.stderr


def test_a_mirror_says_what_ails_it(stage: Stage, tmp_path: Path) -> None:
    mirror = open_mirror(stage, tmp_path)
    follower = Follower(mirror, 60)
    app = create_app(follower, mirror.archive)

    def ask() -> tuple[int, dict[str, Any]]:
        answer = direct(app, "GET", "/health")
        return answer.status, json.loads(answer.body)

    assert ask()[0] == 503
    follower.visit()
    status, said = ask()
    assert (status, said["seen"], said["refused"]) == (503, None, None)
    assert "has not published" in said["problem"]
    stage.files = served(3)
    follower.visit()
    status, said = ask()
    assert (status, said["size"], said["problem"]) == (200, 3, "")
    assert 0 <= said["seen"] < 60
