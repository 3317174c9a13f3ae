"""The voter's app as files: nothing of it is bent, everything keeps its own rules, in a real browser (specs/app.md)."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from bulletin.http import assets, layout
from bulletin.http.markup import LANGUAGES
from bulletin.http.pages import words
from bulletin.mirror import follower
from bulletin.mirror.follower import Follower
from bulletin.mirror.mirror import Mirror
from tests.support import browsing, reader
from tests.support.browsing import Hall, mirroring, showing
from tests.support.reader import WEB, ask, look, standing
from tests.support.serving import serving
from verifier.audit import trust
from verifier.client.board import Board
from verifier.desk.report.language import words as report_words

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]

browser_type_launch_args, voting = reader.browser_type_launch_args, browsing.voting
WATCHING = """
window.broken = [];
addEventListener('securitypolicyviolation', (event) => window.broken.push(event.violatedDirective));
"""


def test_nothing_breaks_the_apps_own_policy(page: Page, tmp_path: Path) -> None:
    """An answer, its QR code, a mirror's answer, a complaint, the camera's script: all under Trusted Types."""
    page.add_init_script(WATCHING)
    page.set_viewport_size({"width": 360, "height": 640})
    with mirroring(tmp_path) as (at, _):
        ask(page, at, at.code(1), at.trackers(1)[0])
        page.click("summary:has-text('QR')")
        expect(page.locator(".qr svg path")).to_be_visible()
        page.click(".acts button >> nth=0")
        expect(page.locator("[data-standing=SUPERSEDED]")).to_have_count(2)
        with page.expect_download():
            page.click(f"button:has-text('{words('en')['complain_save']}')")
        page.click("#scan")
        expect(page.locator("#camera-wrong")).to_have_text(words("en")["scan_no"])
        assert page.evaluate("typeof aikyn_camera.scan") == "function"
        assert page.evaluate("window.broken") == []


def test_the_policy_is_in_force(page: Page, voting: Hall) -> None:
    page.add_init_script(WATCHING)
    page.goto(f"{voting.app}/en/r.html")
    expect(page.locator("#ask")).to_be_visible()
    for attempt in (
        "document.body.innerHTML = '<b>x</b>'",
        "document.createElement('script').src = 'receipt.js'",
        "trustedTypes.createPolicy('any', {})",
    ):
        assert (
            page.evaluate(f"() => {{ try {{ {attempt}; return '' }} catch (error) {{ return error.name }} }}")
            == "TypeError"
        )
    assert len(page.evaluate("window.broken")) == 3
    assert page.evaluate("[window.opener, document.cookie, navigator.serviceWorker.controller]") == [None, "", None]


@pytest.mark.parametrize("path", ["receipt.js", "r.en.js", "page.css", "ml-dsa.js"])
def test_a_file_that_was_changed_alone_does_not_run(page: Page, voting: Hall, path: str) -> None:
    """Its page has the digest: of a script nothing runs, and without ML-DSA nothing is asked."""

    def add(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.body() + (b" body { color: red }" if "css" in path else b";"))

    page.route(f"**/{path}", add)
    page.goto(f"{voting.app}/en/r.html")
    if path == "page.css":
        expect(page.locator("#ask")).to_be_visible()
        assert page.evaluate("document.styleSheets.length") == 0
    else:
        if path == "ml-dsa.js":
            expect(page.locator("#trouble")).to_contain_text(words("en")["unready"])
        page.wait_for_load_state("networkidle")
        expect(page.locator("#ask")).to_be_hidden()


def _without_manifest(sheet: bytes) -> bytes:
    return re.sub(rb"manifest .*\n", b"", sheet)


BENT: dict[str, tuple[str, Callable[[bytes], bytes | None]]] = {
    "no sheet": ("trust.txt", lambda _: None),
    "a sheet without a manifest": ("trust.txt", _without_manifest),
    "what is no sheet": ("trust.txt", lambda sheet: b"<!doctype html>" + sheet),
    "another manifest": ("manifest.json", lambda raw: raw.replace(b"312", b"313", 1) + b" "),
    "no addresses": ("site.json", lambda _: None),
    "an address that leads elsewhere": ("site.json", lambda raw: raw.replace(b'"board":"http', b'"board":"ftp')),
    "an address with a path": ("site.json", lambda raw: raw.replace(b'","check"', b'/x","check"')),
    "another member": ("site.json", lambda raw: raw.replace(b"{", b'{"a":1,', 1)),
}


@pytest.mark.parametrize("what", BENT)
def test_without_its_three_files_nothing_is_asked(page: Page, voting: Hall, what: str) -> None:
    name, change = BENT[what]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    def bend(route: Route) -> None:
        answer = route.fetch()
        body = change(answer.body())
        if body is None:
            route.fulfill(status=404, body="{}")
        else:
            assert body != answer.body()
            route.fulfill(response=answer, body=body)

    page.route(f"**/{name}", bend)
    page.goto(f"{voting.app}/en/r.html#{voting.code(0)}.{voting.trackers(0)[0]}")
    expect(page.locator("#trouble")).to_contain_text(words("en")["unready"])
    expect(page.locator("#ask")).to_be_hidden()
    assert not [url for url in asked if url.startswith(voting.url)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_lacking_is_said_in_each_language(page: Page, voting: Hall, language: str) -> None:
    page.route("**/site.json", lambda route: route.fulfill(status=404, body="{}"))
    page.goto(f"{voting.app}/{language}/r.html")
    expect(page.locator("#trouble")).to_contain_text(words(language)["unready"])
    look(page, f"unready-{language}")


def test_the_first_page_leads_to_the_others(page: Page, voting: Hall) -> None:
    page.goto(f"{voting.app}/")
    look(page, "app-index")
    page.click("a[lang=ky]")
    expect(page.locator("html")).to_have_attribute("lang", "ky")
    expect(page.locator("#ask")).to_be_visible()


def test_names_of_the_manifest_stay_text(page: Page, voting: Hall, tmp_path: Path) -> None:
    """What a commission calls itself is never markup: the page shows it as it stands."""
    title = '<img src=x onerror="window.broken.push(1)"><script>window.broken.push(2)</script>'
    page.add_init_script(WATCHING)
    manifest = json.loads(voting.election.records[0])
    manifest["telephone"] = title
    raw = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    sheet = requests.get(f"{voting.app}/trust.txt", timeout=10).content
    digest, other = (hashlib.sha256(one).hexdigest().encode() for one in (voting.election.records[0], raw))
    with showing(tmp_path, sheet.replace(digest, other), raw, voting.url) as app:
        page.goto(f"{app}/en/r.html#{voting.code(0)}.{voting.trackers(0)[0]}")
        page.wait_for_selector("[data-standing=UNCHECKED]")  # the log has another manifest
        assert page.evaluate("window.broken") == []
        assert page.locator("img, main script").count() == 0


def test_a_mirror_shows_the_same_app(page: Page, voting: Hall, tmp_path: Path) -> None:
    """Under `/app/`, byte for byte and with the app's own policy; the mirror's front page leads there."""
    page.add_init_script(WATCHING)
    sheet = requests.get(f"{voting.app}/trust.txt", timeout=10).content
    layout.lay_out(tmp_path / "app", sheet, voting.election.records[0], layout.write_addresses(voting.url))
    following = Follower(Mirror(Board(voting.url), tmp_path / "mirror", trust.decode(sheet)), 60)
    following.visit()
    app = follower.create_app(following, tmp_path / "mirror/archive", app=tmp_path / "app")
    with serving(app) as url:
        for path in (*(asset.path for asset, _ in assets.list_built()), "trust.txt", "manifest.json", "site.json"):
            here, there = (requests.get(f"{at}/{path}", timeout=10) for at in (f"{url}/app", voting.app))
            assert (here.status_code, here.content) == (200, there.content), path
            check_headers(here)
        page.goto(f"{url}/en")
        page.click("a.button.main")
        page.wait_for_url(f"{url}/app/en/r.html")
        page.fill("#code", voting.code(0))
        page.fill("#tracker", voting.trackers(0)[0])
        page.click("button.main")
        page.wait_for_selector("[data-standing=PRESENT]")
        assert page.evaluate("window.broken") == []


def check_headers(answer: requests.Response) -> None:
    for name, value in assets.HEADERS:
        assert answer.headers[name] == value, name
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["", "ky/r.html", "receipt.js", "page.css", "trust.txt", "manifest.json", "site.json"])
def test_every_file_has_the_headers(voting: Hall, path: str) -> None:
    answer = requests.get(f"{voting.app}/{path}", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == assets.media_of(path or "index.html")
    check_headers(answer)
    again = requests.get(answer.url, headers={"If-None-Match": answer.headers["ETag"]}, timeout=10)
    assert (again.status_code, again.content) == (304, b"")
    check_headers(again)


@pytest.mark.parametrize("path", ["sw.js", "ky", "ky/", "ky/votes.html", "%2e%2e/x.html", ".well-known/x"])
def test_a_refusal_has_them_too_and_is_no_page(voting: Hall, path: str) -> None:
    answer = requests.get(f"{voting.app}/{path}", headers={"Accept": "text/html"}, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/json")
    check_headers(answer)
    posted = requests.post(f"{voting.app}/ky/r.html", b"x", timeout=10)
    assert posted.status_code == 405
    check_headers(posted)


def test_each_page_names_what_it_loads_with_its_digest() -> None:
    files = {asset.path: data for asset, data in assets.list_built()}
    pages = {path: data.decode() for path, data in files.items() if path.endswith(".html")}
    assert pages.keys() == {
        "index.html",
        *(f"{language}/{name}.html" for language in LANGUAGES for name in ("vote", "check", "r")),
    }
    for path, text in pages.items():
        loaded = re.findall(r"<(?:script|link rel=\"stylesheet\")[^>]*>", text)
        assert loaded, path
        for tag in loaded:
            named, digest = (
                re.search(r"(?:src|href)=\"([^\"]+)\"", tag),
                re.search(r"integrity=\"sha256-([^\"]+)\"", tag),
            )
            assert named, tag
            assert digest, tag
            data = files[os.path.normpath(Path(path).parent / named[1])]
            assert digest[1] == b64encode(hashlib.sha256(data).digest()).decode()
        assert re.findall(r"<script[^>]*>(?!</script>)|<style|\son\w+=|\sstyle=|https?:", text) == []


def test_two_builds_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        subprocess.run(["node", "build.js", str(tmp_path / name)], cwd=WEB, check=True, timeout=120)
    built = {asset.path: data for asset, data in assets.list_built()}
    for name in ("one", "two"):
        held = {
            path.relative_to(tmp_path / name).as_posix(): path.read_bytes() for path in (tmp_path / name).rglob("*.*")
        }
        assert held == built


MOMENTS = [0, 59, 1_806_242_400, 1_806_242_401, 1_798_761_599, 253_402_279_199, 253_402_300_799, -1]
NUMBERS = [0, 7, 999, 1000, 70_012, 1_234_567, 10**15]
SPEAK = """
import { moment, number, plural } from './src/words.js';
import { words } from './pages.js';
const { language, moments, numbers } = JSON.parse(process.argv[1]);
const w = words('receipts', language);
const forms = { one: 'one', few: 'few', many: 'many', other: 'other' };
console.log(JSON.stringify([
  moments.map((each) => moment(w, BigInt(each))), numbers.map((each) => number(w, each)),
  [1, 2, 5, 21].map((each) => plural(w, forms, each)),
]));
"""
PLURALS = {
    "ky": ["one", "other", "other", "other"],
    "ru": ["one", "few", "many", "one"],
    "en": ["one", "other", "other", "other"],
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_app_writes_as_the_report_does(language: Any) -> None:
    told = json.dumps({"language": language, "moments": MOMENTS, "numbers": NUMBERS})
    command = ["node", "--input-type=module", "-e", SPEAK, told]
    moments, numbers, plurals = json.loads(subprocess.check_output(command, cwd=WEB, timeout=60))
    w = report_words(language)
    assert moments == [w.moment(each) for each in MOMENTS[:-1]] + ["-1"]
    assert numbers == [w.number(each) for each in NUMBERS]
    assert plurals == PLURALS[language]


def test_an_answer_is_for_a_phone(page: Page, voting: Hall) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    for language in LANGUAGES:
        ask(page, voting, voting.code(0), voting.trackers(0)[0], language)
        assert standing(page) == "PRESENT"
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        if reader.SHOTS:
            page.screenshot(path=Path(reader.SHOTS) / f"phone-{language}.png")
