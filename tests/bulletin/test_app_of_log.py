"""Boards and mirrors serve the app in effect from their blobs, and `site` has nothing to say (specs/assets.md §2)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
import requests
from click.testing import CliRunner

from bulletin.http import assets
from bulletin.http.app import Application
from bulletin.http.exchange import HttpRequest, Reply
from bulletin.http.headers import PUBLIC, SHARED
from bulletin.log.disk import store_blob
from bulletin.mirror.follower import Follower, create_app
from tests.corpus import apps
from tests.corpus.twin import bent
from tests.support import copies
from tests.support.elections import AUTHORITY, Election, contest
from tests.support.mirrors import open_mirror, staged
from tests.support.serving import running, serving
from verifier.audit import trust
from verifier.client.assets import headers_of
from verifier.desk.commands.main import main
from verifier.election.assets import Assets, ServedFile, ServedPolicy, app_digest
from verifier.log.reading import blob_path
from verifier.records import Blob

DATA = {"/index.html": b"<p>", "/ky/r.html": b"<p>" * 1000, "/r.js": b"1"}
TYPES = {"html": apps.HTML, "js": apps.SCRIPT}


class Held(NamedTuple):
    """What the rows answer from."""

    listed: Assets | None
    archive: Path
    app: Path | None = None

    def bring(self, name: str) -> None:
        pass


@pytest.fixture
def held(tmp_path: Path) -> Held:
    listed = tuple(ServedFile(path, TYPES[path.rpartition(".")[2]], Blob.of(data)) for path, data in DATA.items())
    for data in DATA.values():
        place = tmp_path / blob_path(Blob.of(data).sha256)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    headers = (ServedPolicy("/", apps.CSP), ServedPolicy("/ky/", apps.CSP.replace(" 'wasm-unsafe-eval'", "")))
    return Held(bent(apps.make(), files=listed, headers=headers, app=app_digest(listed)), tmp_path)


def get(held: Held, path: str, **headers: str) -> Reply:
    """The answer of the handler, as the routes find it."""
    rest = path.removeprefix("/app/")
    asked = HttpRequest("GET", path, "", headers={name.replace("_", "-"): said for name, said in headers.items()})
    return assets.get_asset(held, asked, rest)


@pytest.mark.parametrize("path", DATA)
def test_each_file_is_given_as_it_is_listed(held: Held, path: str) -> None:
    assert held.listed is not None
    given = get(held, f"/app{path}")
    assert (given.status, given.body) == (200, DATA[path])
    assert given.headers["content-type"] == TYPES[path.rpartition(".")[2]]
    assert given.headers["etag"] == f'"{Blob.of(DATA[path]).sha256.hex()}"'
    for name, said in headers_of(held.listed, path).items():
        assert given.headers[name.lower()] == said
    assert ("wasm" in given.headers["content-security-policy"]) == (not path.startswith("/ky/"))


def test_a_folder_is_its_index(held: Held) -> None:
    assert get(held, "/app/").body == DATA["/index.html"]
    assert get(held, "/app/ky/").status == 404


def test_what_is_not_listed_has_the_headers_too(held: Held) -> None:
    assert held.listed is not None
    for path in ("/sw.js", "/ky/x", "/../trust.txt", "/.well-known/x"):
        given = get(held, f"/app{path}")
        assert given.status == 404
        assert "html" not in given.headers["content-type"]
        for name, said in headers_of(held.listed, path).items():
            assert given.headers[name.lower()] == said


def test_a_blob_that_this_copy_lacks(held: Held) -> None:
    (held.archive / blob_path(Blob.of(DATA["/r.js"]).sha256)).unlink()
    given = get(held, "/app/r.js")
    assert given.status == 404
    assert given.headers["content-security-policy"] == apps.CSP


def test_compressed_it_is_the_same_file(held: Held) -> None:
    given = get(held, "/app/ky/r.html", accept_encoding="gzip")
    assert given.headers["content-encoding"] == "gzip"
    assert given.headers["etag"] == f'W/"{Blob.of(DATA["/ky/r.html"]).sha256.hex()}"'


def test_nothing_is_served_unless_it_is_asked_for(held: Held) -> None:
    with pytest.raises(Exception, match="no such file"):
        get(held._replace(listed=None), "/app/index.html")


def test_the_headers_of_the_app_go_before_those_of_the_mirror(held: Held) -> None:
    app = Application(assets.routes("/app"), held, (*PUBLIC, *SHARED))
    framed = app._framed(get(held, "/app/r.js"))
    assert framed.headers["content-security-policy"] == apps.CSP
    assert framed.headers["cache-control"] == "no-cache"


@pytest.mark.process
def test_a_mirror_that_follows_a_log_serves_its_app(tmp_path: Path) -> None:
    """The mirror takes the blobs that the record names; whoever asks it finds the app that was signed."""
    made = Election([contest("north")]).set_up().hold_ceremony()
    sheet = copies.sheet(made.records[0], [AUTHORITY.der])
    data = DATA | {"/trust.txt": sheet, "/manifest.json": made.records[0]}
    types = TYPES | {"txt": apps.PLAIN, "json": apps.JSON}
    listed = tuple(ServedFile(path, types[path.rpartition(".")[2]], Blob.of(data[path])) for path in sorted(data))
    for each in data.values():
        made.put(each)
    made.enact(bent(apps.make(), files=listed, app=app_digest(listed)))
    (tmp_path / "trust.txt").write_bytes(sheet)
    with staged() as stage:
        stage.files = copies.publish(made.records, made.blobs)
        following = Follower(open_mirror(stage, tmp_path / "mirror", trust.decode(sheet)), 60)
        following.visit()
    archive = tmp_path / "mirror" / "archive"
    with serving(create_app(following, archive, of_log=True)) as url:
        given = ["--trust", str(tmp_path / "trust.txt"), "--copy", str(archive)]
        kept = ["--evidence", str(tmp_path / "evidence.json")]
        done = CliRunner().invoke(main, ["site", f"{url}/app", *given, *kept])
        assert done.exit_code == 0, done.output
        (archive / blob_path(Blob.of(DATA["/r.js"]).sha256)).write_bytes(b"2")
        done = CliRunner().invoke(main, ["site", f"{url}/app", *given, *kept])
        assert done.exit_code == 1
        assert f"ART.4 {url}/app/r.js: its SHA-256 is" in done.stderr
    with serving(create_app(following, archive)) as url:
        assert "the answer is 404, not 200" in CliRunner().invoke(main, ["site", f"{url}/app", *given, *kept]).stderr


@pytest.mark.process
@pytest.mark.parametrize("asked", [True, False])
def test_a_board_serves_the_app_if_its_settings_ask_for_it(tmp_path: Path, asked: bool) -> None:  # noqa: FBT001
    """Under /app/, as a mirror does."""
    listed = (ServedFile("/index.html", apps.HTML, Blob.of(b"<p>")),)
    held = bent(apps.make(), files=listed, app=app_digest(listed))
    with running(tmp_path, app_of_log=asked) as run:
        run.board.sequencer.state.assets = held  # what every look over the state finds from now on
        run.board.sequencer._look_over()
        store_blob(run.archive, b"<p>")
        answer = requests.get(f"{run.client.url}/app/", timeout=10)
    assert answer.status_code == (200 if asked else 404)
    assert (answer.headers["Content-Security-Policy"] == apps.CSP) == asked
