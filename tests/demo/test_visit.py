"""The board of a run that has ended is served again, and a voter's ballot is looked up on its page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page

from demo.__main__ import MARK
from tests.support import reader
from tests.support.playing import VOTERS, served
from tests.support.reader import look, standing, steps

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]

Told = dict[str, str]
browser_type_launch_args = reader.browser_type_launch_args


@pytest.fixture(scope="module")
def again(demo: tuple[Path, str]) -> Iterator[Told]:
    with served(demo[0]) as told:
        yield told


def test_an_earlier_run_is_served_without_playing_again(again: Told) -> None:
    assert again.keys() == {"page", "link", "or type", "or choose"}
    app = again["page"].split()[0].removesuffix("/")
    assert again["link"].startswith(f"{app}/en/r.html#")
    board = requests.get(f"{app}/site.json", timeout=5).json()["board"]
    health = requests.get(f"{board}/health", timeout=5).json()
    assert (health["phase"], health["published"]) == ("certified", health["size"])


def test_the_link_leads_to_a_counted_ballot(again: Told, page: Page) -> None:
    page.goto(again["link"])
    page.wait_for_selector("[data-standing]")
    assert standing(page) == "COUNTED"
    assert set(steps(page).values()) == {"proved"}
    look(page, "demo-link")


def test_the_codes_can_be_typed(again: Told, page: Page) -> None:
    typed = re.fullmatch(r"credential code (\S+), tracking code (.+)", again["or type"])
    assert typed
    page.goto(f"{again['page'].split()[0]}ru/r.html")
    page.fill("#code", typed[1])
    page.fill("#tracker", typed[2])
    page.click("button.main")
    page.wait_for_selector("[data-standing]")
    assert standing(page) == "COUNTED"


def test_the_receipt_can_be_chosen(again: Told, demo: tuple[Path, str], page: Page) -> None:
    [receipt] = [file for file in (demo[0] / "receipts").iterdir() if file.name in again["or choose"]]
    page.goto(f"{again['page'].split()[0]}ky/r.html")
    page.set_input_files("#file", receipt)
    page.wait_for_selector("[data-standing]")
    assert standing(page) == "COUNTED"


def test_what_was_not_played_to_its_end_is_played_first(tmp_path: Path) -> None:
    (tmp_path / MARK).touch()
    with served(tmp_path, "--voters", str(VOTERS)) as told:
        assert told["ACCEPTED"]
        assert told["link"]
