"""Every answer of board, mirror and witness carries the strict headers, and none tells a version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from bulletin.http.headers import PUBLIC, public
from bulletin.mirror import follower
from bulletin.mirror.follower import Follower
from bulletin.settings import Settings
from bulletin.witness import app as witness
from tests.support.elections import Election
from tests.support.mirrors import TRUST
from tests.support.serving import QUICK, behind, cast, elect, hand_in, running, serving, set_up
from tests.support.witnesses import make
from verifier.client.board import Board
from verifier.records import encode

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]
HTTPS = "https://board.example"
PATHS = (
    "checkpoint",
    "checkpoints/0",
    "tile/entries/000.p/1",
    "health",
    "nothing",
    "lookup/head",
    "r/",
    "r/ky",
    "",
    "page.css",
)
JSON = {"Content-Type": "application/json"}


def check(told: Mapping[str, str], address: str = "", *, page: bool = False) -> None:
    for name, value in PUBLIC:
        if page and name == "Content-Security-Policy":
            assert "frame-ancestors 'none'" in told[name]
            assert "script-src" not in told[name]
        else:
            assert told[name] == value
    assert told.get("Strict-Transport-Security") == ("max-age=31536000" if address.startswith("https") else None)
    assert not re.search(r"\d", told.get("Server", ""))
    assert "Set-Cookie" not in told


def ask_all(url: str, election: Election, address: str) -> None:
    leaf = Board(url).post(encode(cast(election, 0))).hex()
    for path in (*PATHS, f"receipts/{leaf}?wait=9", f"records/{leaf}", "receipts/x"):
        answer = requests.get(f"{url}/{path}", timeout=10, allow_redirects=False)
        check(answer.headers, address, page=path.startswith("r/"))
    for body in (encode(cast(election, 1)), b"{}"):
        check(requests.post(f"{url}/records", body, headers=JSON, timeout=10).headers, address)
    check(requests.options(f"{url}/records", timeout=10).headers, address)
    check(requests.put(f"{url}/blobs/x", b"", timeout=10).headers, address)


@pytest.mark.parametrize("address", ["", HTTPS, "http://board.example"])
def test_every_answer_of_a_board(tmp_path: Path, address: str) -> None:
    election = elect(set_up(tmp_path))
    with running(tmp_path, address=address) as run:
        hand_in(run.client, election)
        ask_all(run.client.url, election, address)


def test_who_is_turned_away_is_told_so_under_the_same_headers(tmp_path: Path) -> None:
    with behind(tmp_path, address=HTTPS) as (_, gateway, url):
        gateway._most = 0
        answer = requests.get(f"{url}/checkpoint", timeout=10)
        assert answer.status_code == 503
        check(answer.headers, HTTPS)


def test_every_answer_of_a_mirror(tmp_path: Path) -> None:
    class Still:
        origin, board, lacking, latest, refused, archive, trust = "o", "b", 0, None, None, tmp_path, TRUST

    mirror: Any = Still()
    (tmp_path / "checkpoint").write_bytes(b"x")
    app = follower.create_app(Follower(mirror, 1.0), tmp_path, HTTPS)
    with serving(app) as url:
        for path in ("checkpoint", "health", "nothing", "", "app/ky/r.html"):
            check(requests.get(f"{url}/{path}", timeout=10, allow_redirects=False).headers, HTTPS)
        check(requests.post(f"{url}/records", b"{}", timeout=10).headers, HTTPS)


def test_every_answer_of_a_witness(tmp_path: Path) -> None:
    app = witness.create_app(make(tmp_path), HTTPS)
    with serving(app) as url:
        for path in (f"{'0' * 64}/checkpoint", "nothing"):
            check(requests.get(f"{url}/{path}", timeout=10).headers, HTTPS)
        check(requests.post(f"{url}/add-checkpoint", b"", timeout=10).headers, HTTPS)


def test_who_has_no_https_does_not_promise_it() -> None:
    assert public("http://x") == public() == PUBLIC
    assert Settings(**QUICK).address == ""
