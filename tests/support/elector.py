"""A voter before the ballot page in a real browser, and what the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect

from bulletin.http.markup import read_words
from tests.support.polls import SHARED, Polls, Sheet, opened
from tests.support.reader import AXE, SHOTS
from verifier.election.ballot import FIRST, Ballot
from verifier.log.tree import hash_leaf
from verifier.records import encode

RECORDS, RECEIPTS = re.compile(r"/records(\?|$)"), re.compile(r"/receipts/")

VIOLATIONS = (
    "addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective, e.blockedURI))"
)


def hurry(route: Route) -> None:
    """The board answers a post before there is a receipt."""
    route.continue_(url=route.request.url.partition("?")[0])


class Device:
    """A device with the page open, and the sheet in hand; `faults` is what the page breaks of its policy, or throws."""

    def __init__(self, page: Page, app: str, sheet: Sheet, language: str = "en") -> None:
        self.page, self.app, self.sheet, self.language = page, app, sheet, language
        self.faults: list[str] = []
        page.add_init_script(VIOLATIONS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def _hear(self, said: ConsoleMessage) -> None:
        if "CSP" in said.text or "Security Policy" in said.text:
            self.faults.append(said.text)

    @property
    def address(self) -> str:
        return f"{self.app}/{self.language}/vote.html"

    def open(self) -> Self:
        self.page.goto(self.address)
        return self

    def see(self, state: str, said: str = "") -> None:
        """The page comes to this state, and says the sentence of this key; it is not wider than the device."""
        self.page.wait_for_selector(f"body[data-state={state}]", timeout=20_000)
        assert (
            self.page.evaluate("(({scrollWidth, clientWidth}) => scrollWidth - clientWidth)(document.scrollingElement)")
            == 0
        )
        if said:
            expect(self.page.locator("#said")).to_have_text(read_words("vote", self.language)["said"][said])

    def type_key(self) -> None:
        self.see("key")
        self.page.fill("#code", self.sheet.code)
        for number, line in enumerate(self.sheet.lines, start=1):
            self.page.fill(f"#line-{number}", f"{line[:5]} {line[5:10]} {line[10:]}")
        self.go()

    def go(self) -> None:
        """The great button of the present view."""
        self.page.click("#stage button.main")

    def mark(self, *numbers: int) -> None:
        self.see("marking")
        for number in numbers:
            self.page.check(f"#option-{number}")
        self.go()

    def seal(self, *numbers: int) -> str:
        """Mark, look, seal; the tracking code."""
        self.mark(*numbers)
        self.see("reviewing")
        self.go()
        self.see("sealed", "sealed")
        return self.tracker

    def ready(self, *numbers: int) -> str:
        """From the start to a sealed ballot; the tracking code."""
        self.open().type_key()
        return self.seal(*numbers)

    @property
    def tracker(self) -> str:
        return self.page.get_attribute("[data-tracker]", "data-tracker") or ""

    def cast(self) -> None:
        self.page.click("button.great")

    def test(self) -> None:
        """Open the sealed ballot for a test."""
        self.page.click("details.test summary")
        self.page.click("details.test button")


class Elector(Device):
    """A voter of polls, by number."""

    def __init__(self, page: Page, polls: Polls, app: str, voter: int = 0, language: str = "en") -> None:
        super().__init__(page, app, polls.sheets[voter], language)
        self.polls, self.voter = polls, voter

    @property
    def kinds(self) -> list[type[object]]:
        """What of this voter stands on the log."""
        return [type(each) for each in self.polls.acts(self.voter)]

    def vote_elsewhere(self) -> bytes:
        """Cast on another device meanwhile; the tracker."""
        polls = self.polls
        election, before = polls.election, [each for each in polls.acts(self.voter) if isinstance(each, Ballot)]
        voter, elder = election.voters[self.voter], election.contests[0]
        prepared = voter.seal(election.state.context, election.state.key, elder, "elder", [3])
        latest = before[-1].sealed.tracker(election.digest) if before else FIRST
        raw = encode(voter.cast(election.state.context, prepared, latest))
        polls.run.client.post(raw)
        polls.run.client.receipt(hash_leaf(raw))
        return prepared.tracker


class Place:
    """The polls, a mirror of their board, and the app that knows both."""

    def __init__(self, polls: Polls) -> None:
        self.polls, self.mirror = polls, polls.mirror()
        self.app = polls.show(polls.place / "app", (self.mirror,))
        self.electors = iter(range(0, SHARED - 1, 2))

    def elector(self, page: Page, language: str = "en", voter: int | None = None) -> Elector:
        """A voter who has not voted yet; of the elder's electors unless told."""
        page.set_viewport_size({"width": 360, "height": 640})
        return Elector(page, self.polls, self.app, next(self.electors) if voter is None else voter, language)

    def second(self, browser: Browser, code: str, app: str = "") -> Page:
        """Another device waits for this code."""
        page = browser.new_context().new_page()
        page.goto(f"{app or self.app}/en/check.html")
        page.fill("#tracker", code[:8].lower())
        page.click("button.main")
        page.wait_for_selector("body[data-state=waiting]")
        return page


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened(tmp_path_factory.mktemp("polls") / "board") as made:
        yield Place(made)


def look_small(page: Page, name: str) -> None:
    """Nobody is shut out, nothing is cut off, on a phone and on a desktop."""
    for width, height in ((360, 640), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        page.evaluate(AXE)
        assert page.evaluate("axe.run(document).then((found) => found.violations)") == [], name
        look_at(page, f"{name}-{width}")


def look_at(page: Page, name: str) -> None:
    """Screenshots are kept where AIKYN_SCREENSHOTS says."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
