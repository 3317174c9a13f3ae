"""Letters that no font of the system has come from the fonts beside the pages, which are else not fetched."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from bulletin.http import assets, layout
from tests.support import reader
from tests.support.browsing import write_sheet
from tests.support.serving import ALONE, elect, serving, set_up

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]

browser_type_launch_args = reader.browser_type_launch_args
KYRGYZ = "ңөүҢӨҮ"
BARE = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""
WATCHING = """
window.broken = [];
addEventListener('securitypolicyviolation', (event) => window.broken.push(event.violatedDirective));
"""
LATIN = """
import { readFileSync, writeFileSync } from 'node:fs';
import subset from 'subset-font';
const [from, to] = JSON.parse(process.argv[1]);
const letters = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).join('');
writeFileSync(to, await subset(readFileSync(from), letters, { targetFormat: 'sfnt' }));
"""
WRITE = """([text, weight]) => {
  const line = document.createElement('p');
  line.id = 'line';
  line.style.fontWeight = weight;
  line.textContent = text;
  document.querySelector('main').prepend(line);
  return document.fonts.ready.then(() => [...document.fonts].filter((face) => face.status === 'loaded').length);
}"""
DRAW = """(letters) => [...letters].map((letter) => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 60;
  const pen = canvas.getContext('2d');
  pen.font = `40px ${getComputedStyle(document.body).fontFamily}`;
  pen.fillText(letter, 5, 45);
  return canvas.toDataURL();
})"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an election's app."""
    place = tmp_path_factory.mktemp("app")
    key = set_up(place / "board")
    made = elect(key)
    sheet = write_sheet(key, ALONE, made.digest)
    layout.lay_out(place / "app", sheet, made.records[0], layout.write_addresses("http://127.0.0.1:9"))
    with serving(assets.create_app(place / "app")) as url:
        yield url


@pytest.fixture
def bare(browser_type: BrowserType, browser_type_launch_args: dict[str, Any], tmp_path: Path) -> Iterator[Browser]:
    """A browser on a system whose only font has Latin letters: without any, Chromium ends."""
    (tmp_path / "fonts").mkdir()
    told = json.dumps([str(assets.BUILT / "noto-sans-latin-400.woff2"), str(tmp_path / "fonts/latin.ttf")])
    subprocess.run(["node", "--input-type=module", "-e", LATIN, told], cwd=reader.WEB, check=True, timeout=60)
    config = tmp_path / "fonts.conf"
    config.write_text(BARE.format(fonts=tmp_path / "fonts", cache=tmp_path / "cache"))
    browser = browser_type.launch(**browser_type_launch_args, env={**os.environ, "FONTCONFIG_FILE": str(config)})
    yield browser
    browser.close()


def fonts_of(page: Page, selector: str) -> dict[str, int]:
    """How many letters of an element are drawn by which font; those beside the page have a mark."""
    talk = page.context.new_cdp_session(page)
    talk.send("DOM.enable")
    talk.send("CSS.enable")
    root = talk.send("DOM.getDocument")["root"]["nodeId"]
    line = talk.send("DOM.querySelector", {"nodeId": root, "selector": selector})["nodeId"]
    found = talk.send("CSS.getPlatformFontsForNode", {"nodeId": line})["fonts"]
    return {("ours " if one["isCustomFont"] else "") + one["familyName"]: one["glyphCount"] for one in found}


def fetched(page: Page) -> list[str]:
    """The fonts that are asked for from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]) if "woff2" in request.url else None)
    return asked


@pytest.mark.parametrize("weight", [400, 700])
def test_the_six_letters_are_drawn_where_the_system_has_no_font(bare: Browser, app: str, weight: int) -> None:
    page = bare.new_page()
    page.add_init_script(WATCHING)
    asked = fetched(page)
    page.goto(f"{app}/ky/r.html")
    expect(page.locator("html.lettered")).to_be_attached()
    page.evaluate(WRITE, [KYRGYZ, weight])
    assert fonts_of(page, "#line") == {"ours Noto Sans": 6}
    assert f"noto-sans-kyrgyz-{weight}.woff2" in asked
    drawn = page.evaluate(DRAW, KYRGYZ + "НОУ\U0010ffff")
    assert len(set(drawn)) == len(drawn)  # none is the box of a letter that is lacking
    assert page.evaluate("window.broken") == []
    reader.look(page, f"fonts-{weight}")


@pytest.mark.parametrize("path", ["ky/vote.html", "ky/check.html", "ru/r.html", ""])
def test_what_was_drawn_before_the_font_came_is_drawn_again(bare: Browser, app: str, path: str) -> None:
    page = bare.new_page()
    page.goto(f"{app}/{path}")
    expect(page.locator("html.lettered")).to_be_attached()
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready.then(() => true)")
    for selector in ("h1", "a[lang=ky]"):
        assert set(fonts_of(page, selector)) == {"ours Noto Sans"}


def test_nothing_is_fetched_where_the_system_has_the_letters(page: Page, app: str) -> None:
    asked = fetched(page)
    page.goto(f"{app}/ky/r.html")
    page.evaluate(WRITE, [KYRGYZ, 400])
    if any(name.startswith("ours") for name in fonts_of(page, "#line")):
        pytest.skip("no font of this system has the letters")
    page.wait_for_load_state("networkidle")
    assert asked == []
    expect(page.locator("html.lettered")).not_to_be_attached()


def test_a_weight_has_22_kilobytes_at_most() -> None:
    built = {asset.path: len(data) for asset, data in assets.list_built() if asset.media == "font/woff2"}
    for weight in (400, 700):
        sizes = [size for path, size in built.items() if path.endswith(f"-{weight}.woff2")]
        assert len(sizes) == 3
        assert sum(sizes) <= 22_000
    assert b"SIL OPEN FONT LICENSE" in (assets.BUILT / "noto-sans.txt").read_bytes()
