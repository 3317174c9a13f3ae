"""The front page in a real browser: no script, no fault that axe finds, nothing cut off, keyboard alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from bulletin.http.markup import LANGUAGES, read_words
from bulletin.mirror.follower import Follower, create_app
from bulletin.mirror.mirror import Mirror
from tests.support import browsing, reader
from tests.support.browsing import Hall
from tests.support.reader import look
from tests.support.serving import running, serving
from verifier.audit.trust import TrustSheet
from verifier.client.board import Board

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]

browser_type_launch_args, voting, frozen = reader.browser_type_launch_args, browsing.voting, browsing.frozen


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phase", ["voting", "frozen"])
def test_nobody_is_shut_out(page: Page, voting: Hall, frozen: Hall, phase: str, language: str) -> None:
    at = {"voting": voting, "frozen": frozen}[phase]
    page.goto(f"{at.url}/{language}")
    expect(page.locator(".phase")).to_have_text(read_words("front", language)["phases"][phase])
    look(page, f"front-{phase}-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_is_a_page_for_everybody(page: Page, voting: Hall, language: str) -> None:
    page.set_extra_http_headers({"Accept-Language": language})
    page.goto(f"{voting.url}/nothing")
    look(page, f"refusal-{language}")
    page.click("main a")
    assert page.url == f"{voting.url}/{language}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_board_that_waits_for_its_manifest(page: Page, tmp_path: Path, language: str) -> None:
    with running(tmp_path) as run:
        page.goto(f"{run.client.url}/{language}")
        expect(page.locator(".phase")).to_have_text(read_words("front", language)["empty"])
        look(page, f"front-empty-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mirror_and_a_witness_are_for_everybody_too(page: Page, voting: Hall, tmp_path: Path, language: str) -> None:
    pinned = voting.run.board.app._context.pinned  # type: ignore[attr-defined]
    sheet = TrustSheet(pinned.origin, pinned.keys, pinned.policy, (), None, None)
    mirror = Mirror(Board(voting.url), tmp_path, sheet)
    follower = Follower(mirror, 60)
    follower.visit()
    with serving(create_app(follower, mirror.archive)) as url:
        page.goto(f"{url}/{language}")
        expect(page.locator(".phase")).to_have_text(read_words("front", language)["phases"]["voting"])
        look(page, f"mirror-{language}")
    witness = next(iter(pinned.policy.witnesses.values())).url
    page.goto(f"{witness}/{language}")
    expect(page.locator("dt")).to_have_text(pinned.origin)
    look(page, f"witness-{language}")


def test_it_works_without_javascript_and_by_keyboard_alone(browser: Any, voting: Hall) -> None:
    context = browser.new_context(java_script_enabled=False, locale="ru-RU")
    page = context.new_page()
    page.goto(voting.url)
    assert page.url == f"{voting.url}/ru"
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.locator(":focus").text_content())
    assert reached == ["Кыргызча", "Русский", "English", read_words("front", "ru")["mine_do"]]
    page.keyboard.press("Enter")
    page.wait_for_url(f"{voting.url}/r/ru")
    context.close()


def test_nothing_is_asked_of_anybody_else(page: Page, voting: Hall) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{voting.url}/en")
    assert {url for url in asked if not url.startswith("data:")} == {f"{voting.url}/en", f"{voting.url}/page.css"}
    assert page.context.cookies() == []
