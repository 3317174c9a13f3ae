"""A few of the voters use the ballot page: a real Chromium, in which each types a key sheet and marks a ballot."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, ViewportSize, sync_playwright

from bulletin.http import assets
from demo.electorate import Citizen
from verifier.desk.report.language import LANGUAGES

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--disable-gpu", "--disable-background-networking", "--disable-sync")
PATIENCE = 60_000  # ms; the machine may be busy
PHONE: ViewportSize = {"width": 360, "height": 640}


class NoBrowser(Exception):
    """The page cannot be opened on this machine; the sentence says why."""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Chromium; `NoBrowser` if it is not here, or there is no page for it."""
    if not assets.BUILT.is_dir():
        raise NoBrowser("the page is not built, which needs npm")
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        raise NoBrowser("there is no Chromium on this machine")
    with sync_playwright() as driver:
        try:
            flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]  # Chromium has no sandbox for root
            browser = driver.chromium.launch(executable_path=program, args=flags)
        except Error as error:
            raise NoBrowser(f"{program} does not start") from error
        yield browser


def vote(browser: Browser, app: str, citizens: Iterable[Citizen], receipts: Path) -> None:
    """Each of them casts a ballot in a language of one's own, and saves the receipt."""
    for citizen, language in zip(citizens, cycle(LANGUAGES), strict=False):
        _vote(browser, app, citizen, language, receipts)


def _vote(browser: Browser, app: str, citizen: Citizen, language: str, receipts: Path) -> None:
    """From the key sheet to the receipt, on a device of one's own."""
    with browser.new_context(viewport=PHONE) as device:
        page = device.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{app}/{language}/vote.html")
        page.fill("#code", citizen.row.code)
        for number, line in enumerate(citizen.sheet, 1):
            page.fill(f"#line-{number}", line)
        _go_on(page, "marking")
        for option in citizen.choices[-1]:
            page.check(f"#option-{option}")
        _go_on(page, "reviewing")
        _go_on(page, "sealed")
        page.click("button.great")
        page.wait_for_selector("body[data-state=receipt]")
        with page.expect_download() as saving:
            page.click("button.great")
        saving.value.save_as(receipts / saving.value.suggested_filename)


def _go_on(page: Page, state: str) -> None:
    page.click("#stage button.main")
    page.wait_for_selector(f"body[data-state={state}]")
