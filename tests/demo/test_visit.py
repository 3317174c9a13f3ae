"""The board of a run that has ended is served again, and a voter's ballot is looked up on its page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

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
    assert again.keys() == {"practice", "vote", "key sheet", "page", "link", "or type", "or choose"}
    app = again["page"].split()[0].removesuffix("/")
    assert again["link"].startswith(f"{app}/en/r.html#")
    board = requests.get(f"{app}/site.json", timeout=5).json()["board"]
    health = requests.get(f"{board}/health", timeout=5).json()
    assert (health["phase"], health["published"]) == ("certified", health["size"])


def test_a_newcomer_votes_with_what_is_printed(again: Told, page: Page) -> None:
    typed = re.fullmatch(r"or type voter code (\S+), lines (\d{14}) · (\d{14}) · (\d{14})", again["key sheet"])
    assert typed
    page.set_default_timeout(60_000)
    page.goto(again["vote"].partition(": ")[0])
    expect(page.locator("#practice")).to_be_visible()
    page.fill("#code", typed[1])
    for number in (1, 2, 3):
        page.fill(f"#line-{number}", typed[number + 1])
    page.click("button.main")
    page.check("#option-1")
    for state in ("reviewing", "sealed"):
        page.click("#stage button.main")
        page.wait_for_selector(f"body[data-state={state}]")
    page.click("button.great")
    page.wait_for_selector("body[data-state=receipt]")


def test_the_closed_election_leads_to_the_practice(again: Told, page: Page) -> None:
    page.goto(f"{again['page'].split()[0]}en/vote.html")
    page.click("#practise")
    page.wait_for_selector("#take")
    assert page.url == again["vote"].partition(": ")[0]


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
