"""A forged asset (attack on the served app): every bend of what an address serves is named with path and clause."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from tests.corpus import apps
from tests.corpus.twin import bent
from tests.support import copies
from tests.support.addresses import Served, addressed
from tests.support.elections import AUTHORITY, Election, contest
from verifier.client.assets import find_file, headers_of
from verifier.client.declaration import ROOM, WEBCAT, declare
from verifier.desk.commands.main import main
from verifier.desk.commands.site import compare_declared
from verifier.election.assets import BESIDE, Assets, ServedFile, ServedPolicy, app_digest
from verifier.records import Blob

pytestmark = pytest.mark.process

PAGE = b'<script src="../vote.js"></script><a href="/ky/vote.html">x</a><a href="https://elsewhere.example/">y</a>'
PLACES = ("/index.html", "/ky/vote.html", "/page.css", "/trust.txt", "/manifest.json", "/vote.js")


class Scene(NamedTuple):
    """An election whose app is signed, as a copy on disk, and the bytes of the app."""

    copy: Path
    sheet: Path
    app: Assets
    data: dict[str, bytes]
    records: list[bytes]

    def answer(self, path: str) -> Served:
        """What an honest server gives."""
        headers, file = headers_of(self.app, path), find_file(self.app, path)
        if file is None:
            return Served(404, headers | {"Content-Type": "text/plain"}, b"not found\n")
        tag = {"Content-Type": file.type, "ETag": f'"{file.blob.sha256.hex()}"'}
        return Served(200, headers | tag, self.data[file.path])

    def ask(self, *words: object) -> Result:
        given = ["site", *map(str, words), "--trust", self.sheet, "--copy", self.copy]
        evidence = self.copy.parent / "evidence.json"
        return CliRunner().invoke(main, [*map(str, given), "--evidence", str(evidence)])

    @property
    def evidence(self) -> dict[str, Any]:
        found = json.loads((self.copy.parent / "evidence.json").read_text())
        assert isinstance(found, dict)
        return found


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    folder = tmp_path_factory.mktemp("site")
    made = Election([contest("north")]).set_up().hold_ceremony()
    sheet = copies.sheet(made.records[0], [AUTHORITY.der])
    data = dict.fromkeys(PLACES, b"x") | {"/ky/vote.html": PAGE, "/trust.txt": sheet, "/manifest.json": made.records[0]}
    types = {
        "html": apps.HTML,
        "css": "text/css; charset=utf-8",
        "js": apps.SCRIPT,
        "txt": apps.PLAIN,
        "json": apps.JSON,
    }
    listed = [ServedFile(path, types[path.rpartition(".")[2]], Blob.of(data[path])) for path in sorted(data)]
    headers = (ServedPolicy("/", apps.CSP), ServedPolicy("/ky/", apps.CSP.replace(" 'wasm-unsafe-eval'", "")))
    for file, raw in declare(listed, headers):
        data[file.path] = raw
        listed.append(file)
    listed.sort(key=lambda file: file.path)
    app = bent(apps.make(), files=tuple(listed), headers=headers, app=app_digest(listed))
    made.enact(app)
    (folder / "trust.txt").write_bytes(sheet)
    copy = copies.store(folder / "copy", copies.publish(made.records, made.blobs))
    return Scene(copy, folder / "trust.txt", app, data, made.records)


def test_an_honest_server_is_the_same(scene: Scene) -> None:
    with addressed(lambda path, _: scene.answer(path)) as url:
        done = scene.ask(url, f"{url}/")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("SAME: ") == 2
    assert "all 8 files" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("path", PLACES)
def test_one_byte_in_a_file(scene: Scene, path: str) -> None:
    def answer(asked: str, _: dict[str, str]) -> Served:
        given = scene.answer(asked)
        return given._replace(body=bytes([given.body[0] ^ 1]) + given.body[1:]) if asked == path else given

    with addressed(answer) as url:
        done = scene.ask(url)
    assert done.exit_code == 1
    assert f"ART.4 {url}{path}: its SHA-256 is" in done.stderr
    assert done.stderr.count("ART.4 http") == 1


def bend(scene: Scene, bending: Callable[[str, dict[str, str], Served], Served]) -> tuple[str, Result]:
    """What is said of a server whose answers are bent."""
    with addressed(lambda path, asked: bending(path, asked, scene.answer(path))) as url:
        return url, scene.ask(url)


@pytest.mark.parametrize("name", list(headers_of(apps.make(), "/")))
def test_a_header_that_is_missing(scene: Scene, name: str) -> None:
    def bending(path: str, _: dict[str, str], given: Served) -> Served:
        kept = {each: said for each, said in given.headers.items() if each != name}
        return given._replace(headers=kept) if path == "/vote.js" else given

    url, done = bend(scene, bending)
    assert done.exit_code == 1
    assert f"ART.5 {url}/vote.js: the header {name} is missing" in done.stderr


def test_a_space_in_the_policy(scene: Scene) -> None:
    name = "Content-Security-Policy"

    def bending(path: str, _: dict[str, str], given: Served) -> Served:
        spaced = given.headers | {name: given.headers[name].replace("; ", ";  ", 1)}
        return given._replace(headers=spaced) if path == "/ky/vote.html" else given

    url, done = bend(scene, bending)
    assert done.exit_code == 1
    assert f"ART.5 {url}/ky/vote.html: the header {name} is “default-src 'none';  script-src" in done.stderr


def test_headers_of_what_is_not_there(scene: Scene) -> None:
    _, done = bend(scene, lambda _p, _a, given: given._replace(headers={}) if given.status == 404 else given)
    assert done.exit_code == 1
    assert "ART.5" in done.stderr


@pytest.mark.parametrize("path", ["/sw.js", "/ky/sw.js", "/.well-known/security.txt", "/ky/index.html"])
def test_a_file_that_was_added(scene: Scene, path: str) -> None:
    def bending(asked: str, _: dict[str, str], given: Served) -> Served:
        media = "text/javascript" if asked.endswith("js") else "text/html"
        return Served(200, given.headers | {"Content-Type": media}, b"1") if asked == path else given

    url, done = bend(scene, bending)
    assert done.exit_code == 1
    assert f"ART.6 {url}{path}: it is not listed, and the answer is 200, not 404" in done.stderr


def test_a_script_that_was_added_to_a_page(scene: Scene) -> None:
    """The page is another one, and what it loads is not listed."""

    def bending(path: str, _: dict[str, str], given: Served) -> Served:
        if path == "/ky/vote.html":
            return given._replace(body=given.body + b'<script src="more.js">')
        return (
            Served(200, given.headers | {"Content-Type": "text/javascript"}, b"1") if path == "/ky/more.js" else given
        )

    url, done = bend(scene, bending)
    assert done.exit_code == 1
    assert f"ART.4 {url}/ky/vote.html" in done.stderr


def test_a_page_that_says_that_nothing_is_there(scene: Scene) -> None:
    _, done = bend(
        scene,
        lambda _p, _a, given: (
            given._replace(headers=given.headers | {"Content-Type": "text/html"}) if given.status == 404 else given
        ),
    )
    assert done.exit_code == 1
    assert "ART.6" in done.stderr
    assert "of the type text/html" in done.stderr


@pytest.mark.parametrize(
    ("name", "part"), [("accept-language", "ky"), ("user-agent", "Android"), ("accept-encoding", "gzip")]
)
def test_a_server_that_lies_to_some(scene: Scene, name: str, part: str) -> None:
    def bending(path: str, asked: dict[str, str], given: Served) -> Served:
        return given._replace(body=b"y") if path == "/vote.js" and part in asked.get(name, "") else given

    url, done = bend(scene, bending)
    assert done.exit_code == 1
    assert f"ART.4 {url}/vote.js" in done.stderr


def test_an_etag_that_tells_people_apart(scene: Scene) -> None:
    def bending(path: str, asked: dict[str, str], given: Served) -> Served:
        own = (
            {"ETag": f'"{sha256(asked["accept-language"].encode()).hexdigest()}"'} if "accept-language" in asked else {}
        )
        return given._replace(headers=given.headers | own) if path == "/vote.js" else given

    url, done = bend(scene, bending)
    assert done.exit_code == 1
    assert f"ART.4 {url}/vote.js: its ETag is" in done.stderr


def test_a_cookie_a_type_and_a_redirect(scene: Scene) -> None:
    bends = {
        "/vote.js": lambda given: given._replace(headers=given.headers | {"Set-Cookie": "a=b"}),
        "/page.css": lambda given: given._replace(headers=given.headers | {"Content-Type": "text/html"}),
        "/index.html": lambda given: given._replace(status=302, headers=given.headers | {"Location": "/x"}),
    }
    url, done = bend(scene, lambda path, _, given: bends.get(path, lambda given: given)(given))
    assert done.exit_code == 1
    assert f"ART.5 {url}/vote.js: it sets a cookie" in done.stderr
    assert f"ART.4 {url}/page.css: its type is text/html, and text/css; charset=utf-8 was signed" in done.stderr
    assert f"ART.4 {url}/index.html: the answer is 302, not 200" in done.stderr


def test_what_differs_is_kept(scene: Scene) -> None:
    bend(scene, lambda path, _, given: given._replace(body=b"y") if path == "/vote.js" else given)
    kept = scene.evidence
    assert kept.keys() == {"differences", "leaf", "record", "time"}
    [one] = kept["differences"]
    assert (one["clause"], one["path"], one["status"]) == ("ART.4", "/vote.js", 200)
    assert b64decode(one["body"]) == b"y"
    assert one["headers"]["content-security-policy"] == apps.CSP
    assert one["asked"]["Accept-Encoding"]


def test_nobody_answers(scene: Scene) -> None:
    done = scene.ask("http://127.0.0.1:9")
    assert done.exit_code == 2
    assert "COULD NOT BE CHECKED: http://127.0.0.1:9" in done.stderr


def test_one_address_lies_and_nobody_answers_at_another(scene: Scene) -> None:
    with addressed(lambda path, _: scene.answer(path)._replace(status=500)) as url:
        done = scene.ask("http://127.0.0.1:9", url)
    assert done.exit_code == 1


def test_in_each_language(scene: Scene) -> None:
    with addressed(lambda path, _: scene.answer(path)._replace(status=500)) as url:
        said = {scene.ask(url, "--lang", language).stderr for language in ("ky", "ru", "en")}
    assert len(said) == 3


def test_a_sheet_with_another_app_and_a_log_without_one(scene: Scene, tmp_path: Path) -> None:
    """ART.7 and ART.8: the very sheet stands in the app, so one with another line is another sheet."""
    other = tmp_path / "other.txt"
    other.write_bytes(scene.sheet.read_bytes() + b"app " + b"00" * 32 + b"\n")
    with addressed(lambda path, _: scene.answer(path)) as url:
        done = scene._replace(sheet=other).ask(url)
    assert done.exit_code == 1
    assert "ART.7 record" in done.stderr
    assert "ART.8 record" in done.stderr
    bare = Election([contest("north")]).set_up()
    copies.store(tmp_path / "bare", copies.publish(bare.records, bare.blobs))
    other.write_bytes(copies.sheet(bare.records[0], [AUTHORITY.der]))
    done = scene._replace(sheet=other, copy=tmp_path / "bare").ask("http://127.0.0.1:9")
    assert done.exit_code == 2
    assert "the log has no app in effect" in done.stderr


def test_a_list_for_browsers_of_other_files(scene: Scene) -> None:
    """One byte in a listed file, and what is beside it for browsers still tells of the former one."""
    assert list(compare_declared(scene.app)) == []
    bent = tuple(
        ServedFile(file.path, file.type, Blob.of(b"y")) if file.path == "/vote.js" else file for file in scene.app.files
    )
    doubts = list(compare_declared(structs.replace(scene.app, files=bent)))
    assert {(doubt.id, doubt.path.startswith(ROOM)) for doubt in doubts} == {("ART.8", True)}
    assert len(doubts) == 2
    more = ServedFile(f"{WEBCAT}bundle.json", apps.JSON, Blob.of(b"{}"))
    [doubt] = compare_declared(structs.replace(scene.app, files=(*scene.app.files, more)))
    assert doubt.path == more.path
    bare = tuple(file for file in scene.app.files if not file.path.startswith(ROOM))
    assert list(compare_declared(structs.replace(scene.app, files=bare))) == []


def build(folder: Path, files: dict[str, bytes]) -> None:
    """Programs called npm and node, of which the second writes what the source would give."""
    for path, data in files.items():
        (folder / "given" / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
        (folder / "given" / path.lstrip("/")).write_bytes(data)
    for name, does in (("npm", "test -f build.js"), ("node", f'cp -r {folder}/given "$2"')):
        (folder / "bin").mkdir(exist_ok=True)
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{does}\n")
        (folder / "bin" / name).chmod(0o755)
    (folder / "source" / "web").mkdir(parents=True, exist_ok=True)
    (folder / "source" / "web" / "build.js").touch()


BENT: dict[str, dict[str, bytes | None]] = {
    "ART.7 record 14, /vote.js: its SHA-256 is": {"/vote.js": b"y"},
    "ART.7 record 14, /new.js: the source gives this file, and it is not listed": {"/new.js": b""},
    "ART.7 record 14, /page.css: the source does not give this file": {"/page.css": None},
}


@pytest.mark.parametrize("said", ["", *BENT])
def test_the_source_of_a_release(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    own = {path: data for path, data in scene.data.items() if not path.endswith(BESIDE)}
    given = {path: data for path, data in (own | BENT.get(said, {})).items() if data is not None}
    build(tmp_path, given)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    with addressed(lambda path, _: scene.answer(path)) as url:
        done = scene.ask(url, "--rebuild", tmp_path / "source")
    assert done.exit_code == (1 if said else 0), done.output
    number = next(n for n, raw in enumerate(scene.records) if b'"type":"assets"' in raw)
    assert said.replace("record 14", f"record {number}") in done.stderr


def test_a_source_that_gives_something_else_each_time(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {path: data for path, data in scene.data.items() if not path.endswith(BESIDE)}
    build(tmp_path, own)
    (tmp_path / "bin/node").write_text(f'#!/bin/sh\ncp -r {tmp_path}/given "$2" && echo "$2" > "$2/page.css"\n')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    with addressed(lambda path, _: scene.answer(path)) as url:
        done = scene.ask(url, "--rebuild", tmp_path / "source")
    assert done.exit_code == 1
    assert "/page.css: two builds of the source give different bytes" in done.stderr


def test_a_source_that_cannot_be_built(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, {})
    (tmp_path / "bin" / "node").write_text("#!/bin/sh\nexit 3\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    done = scene.ask("http://127.0.0.1:9", "--rebuild", tmp_path / "source")
    assert done.exit_code == 2
    assert "the source does not build" in done.stderr
    monkeypatch.setenv("PATH", str(tmp_path))
    done = scene.ask("http://127.0.0.1:9", "--rebuild", tmp_path / "source")
    assert "npm is not installed here" in done.stderr
