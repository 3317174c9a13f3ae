"""The pages in a real browser: no fault that axe finds, nothing cut off, no script, the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page

from bulletin.http.markup import LANGUAGES
from bulletin.results.reading import PublishedLog
from bulletin.results.site import Site
from bulletin.results.tongue import read_words
from tests.support import copies, reader
from tests.support.elections import AUTHORITY
from tests.support.published import Silent, evening, keep
from tests.support.reader import look
from verifier.audit import trust
from verifier.records import encode

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]

browser_type_launch_args = reader.browser_type_launch_args
PAGES = (
    *("index", "preliminary", "voting", "result", "disagree", "disagree/PRT.12", "timetable", "whatif", "history"),
    *("decisions", "observers", "units", "data", "t/cec", "t/tec-1", "p/p-1", "p/p-3", "print/p-1"),
    *("v/p-1.protocol.president.1", "v/p-1.protocol.president.2"),
)


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "bypass_csp": True}  # for axe alone: a page lets nothing run


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with everything on it, as any web server shows it."""
    place = tmp_path_factory.mktemp("site")
    election, stops = evening()
    sheet = trust.decode(copies.sheet(encode(election.manifest), [AUTHORITY.der]))
    Site(place).publish(PublishedLog(keep(election, stops, place / "archive"), sheet).advance())
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(place / "current")))
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_nobody_is_shut_out(page: Page, url: str, path: str, language: str) -> None:
    page.goto(f"{url}/{language}/{path}.html")
    assert page.get_attribute("html", "lang") == language
    look(page, f"results-{path.replace('/', '-')}-{language}")


def test_the_choice_of_languages_is_for_everybody(page: Page, url: str) -> None:
    page.goto(url)
    look(page, "results-languages")
    page.click("text=Русский")
    assert page.url == f"{url}/ru/index.html"


def test_it_works_without_javascript_and_by_keyboard_alone(browser: Any, url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{url}/ru/index.html")
    reached = []
    for _ in range(7):
        page.keyboard.press("Tab")
        reached.append((page.locator(":focus").text_content() or "").strip())
    w = read_words("ru")
    names = [read_words(language)["name"] for language in LANGUAGES]
    assert reached == [w["skip"], "Synthetic election <b>&", *names, w["nav"]["index"], w["nav"]["preliminary"]]
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/ru/preliminary.html")
    context.close()


def test_a_page_keeps_its_own_rules(browser: Any, url: str) -> None:
    """With its policy in force a page has its style, and asks nobody for anything."""
    context = browser.new_context()
    page, asked, said = context.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{url}/ky/p/p-1.html")
    assert page.evaluate("getComputedStyle(document.querySelector('.unlike td:last-child')).fontWeight") == "700"
    assert [one for one in asked if not one.startswith(url)] == [one for one in asked if one.startswith("data:")]
    assert said == []
    context.close()


def test_a_printed_protocol_leaves_the_rest_out(page: Page, url: str) -> None:
    page.goto(f"{url}/ky/print/p-1.html")
    page.emulate_media(media="print")
    assert not page.locator("header").is_visible()
    assert page.locator("table").is_visible()
    size = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.poster td.number')).fontSize)")
    assert size > 24
