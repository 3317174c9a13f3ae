"""The documented front: files from the disk under the board's own headers, everything else the board's answer."""

from __future__ import annotations

import gzip
import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

import pytest
import requests

from tests.support.asking import TRICKS, Answer, ask
from tests.support.elections import AUTHORITY, Election
from tests.support.fronts import ARCHIVE, DEPLOY, SHARED, Front, fill, fronted, serving, witnessed
from tests.support.serving import cast, operator_of, put_blobs, sheet_of
from verifier.client.board import Board, authorized_bytes
from verifier.client.download import download
from verifier.client.files import Directory, decode_path
from verifier.log import policy, receipt
from verifier.log.note import ED25519, Key, encode_base64, encode_key
from verifier.log.reading import blob_path
from verifier.log.tiles import Tile
from verifier.records import encode

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]
BALLOTS = 300
BIG = os.urandom(3 << 20)
FRAMING = {"date", "server", "connection", "transfer-encoding", "keep-alive"}  # the two servers', not the file's
RANGES = (
    "bytes=0-0",
    "bytes=9-",
    "bytes=-7",
    "bytes=0-999999999",
    "bytes=0-1,3-4",
    "records=0-1",
    "bytes",
    "bytes=9-3",
)
BEYOND = ("bytes=999999999-", "bytes=x-y", "bytes=-")


class Scene(NamedTuple):
    """A board with some hundred ballots, its own address, and the nginx before it."""

    front: Front
    direct: str
    election: Election
    archive: Path
    kinds: tuple[str, ...]
    policy: list[str]

    @property
    def log(self) -> Key:
        return Key(self.election.manifest.origin, ED25519, self.election.manifest.log_key)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    place = tmp_path_factory.mktemp("front")
    election = fill(place / "board", BALLOTS + 20, BALLOTS)
    archive = place / "board" / ARCHIVE
    blob = blob_path(next(iter(election.blobs)))
    paths = (path.relative_to(archive).as_posix() for path in archive.rglob("*") if path.is_file())
    kinds = (*sorted(path for path in paths if not path.startswith("blobs")), blob)
    log = Key(election.manifest.origin, ED25519, election.manifest.log_key)
    with witnessed(place / "witness", log) as policy:
        (place / "policy").write_text("\n".join([*policy, ""]))
        words = ("serve", place / "board", "--policy", place / "policy", "--interval", "0.05")
        with serving(*words) as (direct, _), fronted(place / "nginx", direct, archive) as front:
            yield Scene(front, direct, election, archive, kinds, policy)


def told(answer: Answer) -> dict[str, str]:
    """What an answer says of the file; HSTS is the front's own, and a 304 of nginx lacks a `W/`."""
    assert answer.headers.get("strict-transport-security", "max-age=31536000") == "max-age=31536000"
    ours = {name: value for name, value in answer.headers.items() if name not in FRAMING}
    ours.pop("strict-transport-security", None)
    if answer.status == 304:
        ours["etag"] = ours["etag"].removeprefix("W/")
    if "content-encoding" in ours:
        ours.pop("content-length", None)
    return ours


def differ(scene: Scene, path: str, method: str = "GET", **headers: str) -> list[Any]:
    """Where nginx and the board differ about this request; both compress, each in its way."""
    front, board = (ask(url, path, method, **headers) for url in (scene.front.url, scene.direct))
    bodies = [
        gzip.decompress(each.body) if each.body and "content-encoding" in each.headers else each.body
        for each in (front, board)
    ]
    if (front.status, told(front), bodies[0]) == (board.status, told(board), bodies[1]):
        return []
    return [(path, method, headers, front.status, board.status, told(front), told(board), bodies[0] == bodies[1])]


def test_the_scene_has_every_kind_of_file(scene: Scene) -> None:
    found = {decode_path(kind) for kind in scene.kinds if kind.startswith("tile/")}
    assert {(tile.level, tile.width == 256) for tile in found} >= {(-1, True), (-1, False), (0, True), (0, False)}
    assert {"checkpoint", "checkpoints/0", "checkpoints/1"} <= set(scene.kinds)


def test_nginx_says_of_every_file_what_the_board_says(scene: Scene) -> None:
    found = []
    for kind in scene.kinds:
        tag = ask(scene.direct, kind).headers.get("etag", '"none"')
        for method in ("GET", "HEAD", "OPTIONS"):
            for coding in ("identity", "gzip", "gzip;q=0, br"):
                found += differ(scene, kind, method, Accept_Encoding=coding)
                found += differ(scene, kind, method, Accept_Encoding=coding, If_None_Match=f'"other", W/{tag}')
        found += differ(scene, kind, If_None_Match='"other"')
        found += differ(scene, kind, If_Modified_Since="Thu, 01 Jan 2099 00:00:00 GMT")
        found += differ(scene, kind, If_None_Match=tag, Range="bytes=0-1")
        for shown in (*RANGES, *BEYOND):
            found += differ(scene, kind, Range=shown)
            found += differ(scene, kind, Range=shown, Accept_Encoding="gzip", If_Range=tag)
            found += differ(scene, kind, Range=shown, If_Range='"other"')
    assert found == []


@pytest.mark.parametrize("path", TRICKS)
def test_there_is_no_other_file(scene: Scene, path: str) -> None:
    answer, board = (ask(url, path) for url in (scene.front.url, scene.direct))
    assert answer.status in {400, 404}, answer
    assert b"PRIVATE" not in answer.body
    if answer.status == 404:
        assert told(answer) | {"content-length": ""} == told(board) | {"content-length": ""}
        assert json.loads(answer.body)["code"] == "unknown"


def test_what_nginx_refuses_it_refuses_in_the_boards_form(scene: Scene) -> None:
    answer = ask(scene.front.url, "checkpoint", "DELETE")
    assert (answer.status, json.loads(answer.body)["code"]) == (405, "unknown")
    large = requests.post(
        f"{scene.front.url}/records", bytes(70_000), headers={"Content-Type": "application/json"}, timeout=10
    )
    assert (large.status_code, large.json()["code"]) == (413, "too-large")
    assert large.headers["Access-Control-Allow-Origin"] == "*"


def test_headers_of_the_boards_own_answers_stand_once(scene: Scene) -> None:
    for path in ("health", "ky", "page.css", "r/ky", "lookup/head", "nothing"):
        answer = requests.get(f"{scene.front.url}/{path}", timeout=10)
        for name in ("Access-Control-Allow-Origin", "X-Content-Type-Options", "Cache-Control"):
            assert len(answer.raw.headers.getlist(name)) == 1, (path, name)
        direct = ask(scene.direct, path)
        assert told(ask(scene.front.url, path)) == told(direct)


def test_the_public_does_not_read_what_the_operators_machine_watches(scene: Scene) -> None:
    assert ask(scene.direct, "metrics").status == 200
    for path in ("metrics", "metrics?x", "metrics/", "/metrics", "%6detrics"):
        answer = ask(scene.front.url, path)
        assert answer.status in {400, 404}, path
        assert b"aikyn_" not in answer.body


def test_a_ballot_and_its_receipt(scene: Scene) -> None:
    board, election = Board(scene.front.url), scene.election
    raw = encode(cast(election, BALLOTS))
    promised, leaf = board.hand_in(raw), board.post(raw)
    trusted = policy.decode("\n".join([*scene.policy, ""]).encode())
    for found in (promised or b"", board.receipt(leaf)):
        receipt.check(receipt.decode(found), leaf, scene.log.name, [scene.log], trusted)
    page = requests.options(f"{scene.front.url}/records", timeout=10)
    assert "POST" in page.headers["Access-Control-Allow-Methods"]


def test_blobs_of_key_holders_go_through_and_others_fill_no_disk(scene: Scene) -> None:
    election = scene.election
    put_blobs(Board(scene.front.url), election)

    def sign(message: bytes) -> bytes:
        return bytes(election.operator.key.sign(message).signature)

    blob = Board(scene.front.url).put_blob(BIG, operator_of(election))
    name = blob_path(blob.sha256)
    assert ask(scene.front.url, name).body == BIG
    url = f"{scene.front.url}/blobs/{'0' * 64}"
    signed = f"Aikyn operator {encode_base64(sign(authorized_bytes(election.digest, bytes(32), 1)))}"
    media = {"Content-Type": "application/octet-stream"}
    for headers in ({}, {"Authorization": signed}):
        answer = requests.put(url, b"some bytes", headers=media | headers, timeout=10)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-signed")
    huge = ask(scene.front.url, f"blobs/{'0' * 64}", "PUT", Content_Length=str(1 << 30))
    assert (huge.status, json.loads(huge.body)["code"]) == (413, "too-large")
    assert not [path for path in (scene.front.place / "temp").rglob("*") if path.is_file()]


def test_a_partial_tile_that_is_gone_is_404_and_the_full_one_is_taken(scene: Scene, tmp_path: Path) -> None:
    full = scene.archive / Tile(0, 0).path
    assert ask(scene.front.url, f"{Tile(0, 0).path}.p/200").status == 404
    download(Board(scene.front.url), tmp_path, sheet_of(scene.log))
    assert Directory(tmp_path)(Tile(0, 0).path) == full.read_bytes()


def test_an_auditor_accepts_the_election_through_it(scene: Scene, tmp_path: Path) -> None:
    Board(scene.front.url).receipt(Board(scene.front.url).post(encode(cast(scene.election, BALLOTS + 1))))
    sheet = [
        "aikyn/1 trust",
        f"log {encode_key(scene.log)}",
        f"manifest {scene.election.digest.hex()}",
        f"root {encode_base64(AUTHORITY.der)}",
        *scene.policy,
    ]
    (tmp_path / "trust.txt").write_text("\n".join([*sheet, ""]))
    program = [sys.executable, "-c", "from verifier.desk.commands.main import main; main(prog_name='aikyn-verify')"]
    words = ["election", scene.front.url, "--trust", str(tmp_path / "trust.txt")]
    done = subprocess.run([*program, *words], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ACCEPTED" in done.stdout


def test_nobody_is_named_in_any_log(scene: Scene) -> None:
    for path in ("records", "nothing", "tile/0/999", "../x"):
        ask(scene.front.url, path)
    logs = list((scene.front.place / "logs").iterdir())
    assert [log.name for log in logs] == ["error.log"]
    assert b"127.0.0.1" not in logs[0].read_bytes() + (scene.front.place / "told").read_bytes()


def test_tls_and_the_redirect(scene: Scene) -> None:
    context = ssl.create_default_context(cafile=str(scene.front.place / "fullchain.pem"))
    with urlopen(Request(f"{scene.front.tls}/checkpoint"), context=context, timeout=10) as answer:
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert answer.read() == (scene.archive / "checkpoint").read_bytes()
    moved = requests.get(f"{scene.front.redirecting}/r/ky", allow_redirects=False, timeout=10)
    assert (moved.status_code, moved.headers["Location"]) == (301, "https://board.example/r/ky")


def test_without_its_board_the_archive_stays_readable(tmp_path: Path, scene: Scene) -> None:
    with fronted(tmp_path / "alone", "http://127.0.0.1:1", scene.archive) as front:
        assert ask(front.url, "checkpoint").body == (scene.archive / "checkpoint").read_bytes()
        assert ask(front.url, "tile/0/000.p/7").status == 404
        answer = ask(front.url, "health")
        assert (answer.status, json.loads(answer.body)["code"], answer.headers["retry-after"]) == (503, "busy", "2")


def test_what_a_shared_boards_copy_lacks_is_the_boards_to_give(tmp_path: Path, scene: Scene) -> None:
    page = (DEPLOY / "three-machines.md").read_text()
    assert all(f"s/{former}/{put}/" in page for former, put in SHARED.items())
    (tmp_path / "copy").mkdir()
    with fronted(tmp_path / "shared", scene.direct, tmp_path / "copy", shared=True) as front:
        for path in scene.kinds:
            given, own = ask(front.url, path), ask(scene.direct, path)
            assert (given.status, given.body) == (own.status, own.body) == (200, own.body), path
            assert {**told(given), "strict-transport-security": ""} == {**told(own), "strict-transport-security": ""}
        assert ask(front.url, "tile/0/999").status == 404


def test_a_script_is_told_to_come_again_and_readers_are_not(tmp_path: Path, scene: Scene) -> None:
    with fronted(tmp_path / "limited", "http://127.0.0.1:1", scene.archive) as front, requests.Session() as session:
        said = [session.post(f"{front.url}/records", b"{}", timeout=10) for _ in range(700)]
        assert {answer.status_code for answer in said} == {503, 429}
        limited = next(answer for answer in said if answer.status_code == 429)
        assert (limited.json()["code"], limited.headers["Retry-After"]) == ("busy", "2")
        assert said.index(limited) >= 500
        assert ask(front.url, "checkpoint").status == 200
        assert b"127.0.0.1" not in (front.place / "logs/error.log").read_bytes()


def test_only_the_front_says_from_where_a_request_comes() -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    assert text.count("X-Forwarded-For") == 1
    assert text.count("proxy_set_header X-Forwarded-For $remote_addr;") == 1
