"""The web server that deploy/ documents for the voter's app: a real nginx with the very file, letter by letter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from bulletin.http import assets, layout
from bulletin.operate.commands import main
from bulletin.settings import Unusable
from tests.support.browsing import write_sheet
from tests.support.elections import Election
from tests.support.fronts import fronted_app
from tests.support.needs import lacking
from tests.support.serving import ALONE, elect, serving, set_up

pytestmark = pytest.mark.process
BOARD = "https://board.example"


@pytest.fixture(scope="module")
def election(tmp_path_factory: pytest.TempPathFactory) -> tuple[Election, bytes]:
    """An election and its trust sheet."""
    key = set_up(tmp_path_factory.mktemp("board"))
    made = elect(key)
    return made, write_sheet(key, ALONE, made.digest)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, election: tuple[Election, bytes]) -> Iterator[str]:
    """The address of nginx before a folder of the app."""
    if not assets.BUILT.is_dir():
        lacking("run `make .venv/web` first: the voter's app is not built")
    place = tmp_path_factory.mktemp("front")
    layout.lay_out(place / "app", election[1], election[0].records[0], layout.write_addresses(BOARD))
    with fronted_app(place / "nginx", place / "app") as served:
        yield served.url


def check_headers(answer: requests.Response) -> None:
    for name, value in assets.HEADERS:
        assert answer.headers[name] == value, name
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Set-Cookie" not in answer.headers
    assert "Last-Modified" not in answer.headers


@pytest.mark.parametrize("packed", ["gzip", "identity"])
def test_each_file_is_served_as_the_table_says(front: str, packed: str) -> None:
    for asset, data in assets.list_built():
        answer = requests.get(f"{front}/{asset.path}", headers={"Accept-Encoding": packed}, timeout=10)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, asset.media), asset.path
        assert answer.content == data
        packable = len(data) >= 1024 and asset.media != "font/woff2"
        assert ("Content-Encoding" in answer.headers) == (packed == "gzip" and packable)
        check_headers(answer)
    assert requests.get(front, timeout=10).content == (assets.BUILT / "index.html").read_bytes()


@pytest.mark.parametrize("path", ["sw.js", "ky", "ky/", "en/votes.html", "%2e%2e/x", ".well-known/x", "-/absent"])
def test_a_refusal_has_the_headers_too_and_is_no_page(front: str, path: str) -> None:
    answer = requests.get(f"{front}/{path}", timeout=10)
    assert answer.status_code in {400, 404}
    if answer.status_code == 404:
        assert answer.headers["Content-Type"].startswith("application/json")
        check_headers(answer)


def test_what_browsers_compare_by_is_served_with_its_type(front: str, tmp_path: Path) -> None:
    """Both servers: nginx, and the one of `aikyn-board app --port`."""
    served = requests.get(f"{front}/trust.txt", timeout=10), requests.get(f"{front}/manifest.json", timeout=10)
    layout.lay_out(tmp_path, served[0].content, served[1].content, layout.write_addresses(BOARD))
    found = {path.relative_to(tmp_path).as_posix(): path for path in (tmp_path / ".well-known").rglob("*.json")}
    assert len(found) == 2
    with serving(assets.create_app(tmp_path)) as own:
        for name, path in found.items():
            for url in (front, own):
                answer = requests.get(f"{url}/{name}", timeout=10)
                assert (answer.status_code, answer.content) == (200, path.read_bytes())
                assert answer.headers["Content-Type"] == assets.media_of(name)
    assert {assets.media_of(name) for name in found} == {"application/json", "application/waict-integrity-manifest"}


def test_nothing_can_be_handed_in(front: str) -> None:
    answer = requests.post(f"{front}/ky/r.html", b"x", timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (405, "unknown")
    check_headers(answer)


@pytest.mark.parametrize(("page", "script"), [("r", "receipt"), ("vote", "vote"), ("check", "check")])
def test_what_is_asked_for_first_is_small(front: str, page: str, script: str) -> None:
    """What a phone loads before the first question, compressed: page, words, script, style, the three files."""
    names = (f"ky/{page}.html", f"{page}.ky.js", f"{script}.js", "page.css", "trust.txt", "manifest.json", "site.json")
    sizes = {}
    for name in names:
        with requests.get(f"{front}/{name}", headers={"Accept-Encoding": "gzip"}, timeout=10, stream=True) as answer:
            sizes[name] = len(answer.raw.read(decode_content=False))
    print(sizes, sum(sizes.values()))
    assert sum(sizes.values()) < 60_000


def test_the_command_lays_the_app_out(election: tuple[Election, bytes], tmp_path: Path) -> None:
    if not assets.BUILT.is_dir():
        lacking("run `make .venv/web` first: the voter's app is not built")
    (tmp_path / "trust.txt").write_bytes(election[1])
    (tmp_path / "manifest.json").write_bytes(election[0].records[0])
    words = ["app", str(tmp_path / "app"), "--trust", str(tmp_path / "trust.txt"), "--board", f"{BOARD}/"]
    words += ["--manifest", str(tmp_path / "manifest.json"), "--mirror", "https://m.example"]
    (tmp_path / "app").mkdir()
    (tmp_path / "app/former.js").write_text("1")
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.output
    held = {path.relative_to(tmp_path / "app").as_posix() for path in (tmp_path / "app").rglob("*") if path.is_file()}
    beside = {path for path in held if path.startswith(".well-known/")}
    assert {path.split("/")[1] for path in beside} == {"webcat", "waict"}
    wanted = {asset.path for asset, _ in assets.list_built()} | {"trust.txt", "manifest.json", "site.json"}
    assert held - beside == wanted
    assert (tmp_path / "app/trust.txt").read_bytes() == election[1]
    expected = '{"board":"https://board.example","check":"","mirrors":["https://m.example"],"practice":""}'
    assert (tmp_path / "app/site.json").read_text() == expected
    (tmp_path / "app/notes.doc").write_text("x")
    assert "is not the app's" in CliRunner().invoke(main, words).output


def test_it_refuses_what_does_not_fit(election: tuple[Election, bytes], tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(election[0].records[1])
    words = ["app", str(tmp_path / "app"), "--board", BOARD, "--manifest", str(tmp_path / "manifest.json"), "--trust"]
    sheet = tmp_path / "trust.txt"
    for raw, said in (
        (election[1], "not the manifest that the trust sheet names"),
        (b"\n".join(line for line in election[1].split(b"\n") if b"manifest" not in line), "has no line `manifest`"),
    ):
        sheet.write_bytes(raw)
        assert said in CliRunner().invoke(main, [*words, str(sheet)]).output
    for address in ("board.example", "ftp://board.example", "https://board.example/x", "javascript:1", ""):
        with pytest.raises(Unusable):
            layout.write_addresses(address)
    assert not (tmp_path / "app").exists()
