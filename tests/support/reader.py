"""A voter at a browser: what tests of the page do and see."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from bulletin.http.assets import BUILT
from tests.support.browsing import Hall
from tests.support.house import HOUSE
from tests.support.needs import lacking

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
LOOKS = ((360, "light"), (1280, "dark"))  # axe is slow: the other two pairs are looked at with screenshots
MORE = ((360, "dark"), (1280, "light"))
WEB = HOUSE / "web"
AXE = (WEB / "node_modules/axe-core/axe.min.js").read_text() if (WEB / "node_modules").is_dir() else ""
SHOTS = os.environ.get("AIKYN_SCREENSHOTS", "")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    if CHROMIUM is None:
        lacking("there is no Chromium")
    if not BUILT.is_dir():
        lacking("run `make .venv/web` first: the voter's app is not built")
    return {"executable_path": CHROMIUM, "args": FLAGS}


def ask(page: Page, at: Hall, code: str, tracker: str, language: str = "en") -> None:
    """Type both codes and wait for the answer."""
    page.goto(f"{at.app}/{language}/r.html")
    page.fill("#code", code)
    page.fill("#tracker", tracker)
    page.click("button.main")
    page.wait_for_selector("[data-standing]")


def standing(page: Page) -> str:
    return page.get_attribute("[data-standing]", "data-standing") or ""


def steps(page: Page) -> dict[str, str]:
    """Each line of the proof, and whether it is shown or only said."""
    lines = page.locator("[data-step]").all()
    return {line.get_attribute("data-step") or "": line.get_attribute("class") or "" for line in lines}


def look(page: Page, name: str) -> None:
    """Nobody is shut out, nothing is cut off; screenshots are kept where AIKYN_SCREENSHOTS says."""
    for width, scheme in (*LOOKS, *MORE) if SHOTS else LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate(AXE)
        assert page.evaluate("axe.run(document).then((found) => found.violations)") == []
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)


def hand_over(page: Page, at: Hall, receipt: bytes, code: str = "", language: str = "en") -> None:
    """Give the receipt page a receipt's file, and the credential code if the voter has it at hand."""
    give(page, at.app, receipt, code, language)


def give(page: Page, app: str, receipt: bytes, code: str = "", language: str = "en") -> None:
    """The same in the app at this address."""
    page.goto(f"{app}/{language}/r.html")
    page.fill("#code", code)
    page.set_input_files("#file", {"name": "5.tlog-proof", "mimeType": "text/plain", "buffer": receipt})
    page.wait_for_selector("[data-standing]")


def receipt_of(at: Hall, voter: int, which: int = 0) -> bytes:
    return at.run.board.sequencer.log.receipt(at.records(voter)[which][0])
