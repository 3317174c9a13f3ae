"""The ballot page for everybody: by keyboard, by screen reader, at twice the size, in each language and state."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from bulletin.http.markup import LANGUAGES, read_words
from tests.support import elector, reader
from tests.support.elector import RECEIPTS, RECORDS, Elector, Place, hurry, look_at, look_small
from tests.support.polls import NAMES
from verifier.election.ballot import Ballot, Challenge

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
browser_type_launch_args, place = reader.browser_type_launch_args, elector.place


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_for_everybody(page: Page, browser: Browser, place: Place, language: str) -> None:
    at = place.elector(page, language)
    before_the_key(at)
    at.open().type_key()
    see(at, "marking")
    at.mark(1)
    see(at, "reviewing")
    at.go()
    see(at, "sealed")
    page.click("details.test summary")
    look_small(page, f"sealed-test-{language}")
    other = browser.new_context().new_page()
    watch_closely(other, at)
    see(at, "opened")
    other.context.close()
    at.go()
    at.seal(2)
    page.route(RECORDS, hurry)
    page.route(RECORDS, lambda route: route.abort(), times=1)
    page.route(RECEIPTS, lambda route: route.abort(), times=2)
    page.route(re.compile("/relay$"), lambda route: route.abort())
    at.cast()
    see(at, "sending")
    see(at, "placed")
    see(at, "receipt")
    page.click("#stage .acts >> nth=-1 >> button >> nth=0")
    at.seal(1)
    at.vote_elsewhere()
    at.cast()
    see(at, "turned")
    assert at.faults == []


STILL = {  # a state that lasts for some milliseconds, the button that leads to it, and what makes it last
    "sealing": ("button.main", "(kept => { window.setTimeout = () => { window.setTimeout = kept; } })(setTimeout)"),
    "signing": ("button.great", "IDBDatabase.prototype.transaction = () => ({ objectStore: () => ({ put() {} }) })"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_short_or_wrong_is_for_everybody(page: Page, place: Place, language: str) -> None:
    at = place.elector(page, language, voter=1)
    at.open().see("key")
    page.fill("#line-1", "12")
    page.click("#key summary")
    at.go()
    look_small(page, f"key-wrong-{language}")
    at.open().type_key()
    at.see("marking")
    at.go()
    look_small(page, f"marking-none-{language}")
    at.mark(1, 2, 3)
    look_small(page, f"marking-many-{language}")
    page.uncheck("#option-3")
    at.go()
    for state, (button, still) in STILL.items():
        page.evaluate(still)
        page.click(button)
        see(at, state)
        page.reload()
        at.ready(1)
    assert at.faults == []


def see(at: Elector, state: str) -> None:
    at.see(state)
    look_small(at.page, f"{state}-{at.language}")


def before_the_key(at: Elector) -> None:
    """What is seen while something is not answered."""
    at.page.route(re.compile("/trust.txt$"), lambda _: None, times=1)
    at.open()
    see(at, "loading")
    at.page.route(re.compile("/trust.txt$"), lambda route: route.abort(), times=1)
    at.open()
    see(at, "halted")
    at.go()
    see(at, "key")
    at.page.route(re.compile("/lookup/head$"), lambda _: None, times=1)
    at.type_key()
    see(at, "checking")


def watch_closely(other: Page, at: Elector) -> None:
    """The second device, from its form to the complaint, while the first one opens its ballot."""
    other.goto(f"{at.app}/{at.language}/check.html")
    look_small(other, f"check-{at.language}")
    other.fill("#tracker", at.tracker)
    other.click("button.main")
    for state in ("waiting", "opened", "other"):
        if state == "opened":
            at.page.click("details.test button")
        if state == "other":
            other.click("#stage .acts button >> nth=1")
        other.wait_for_selector(f"body[data-state={state}]", timeout=20_000)
        look_small(other, f"check-{state}-{at.language}")


class Keys:
    """A keyboard, and nothing else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, selector: str, key: str = "Tab") -> None:
        """Go on to what is wanted; it is seen where the focus is."""
        for _ in range(30):
            if self.page.evaluate("(s) => document.activeElement.matches(s)", selector):
                assert self.page.evaluate(IN_SIGHT), selector
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{selector} is not reached")

    def press(self, selector: str, key: str = "Enter") -> None:
        self.reach(selector)
        self.page.keyboard.press(key)


IN_SIGHT = """() => {
  const { top, bottom } = document.activeElement.getBoundingClientRect();
  return top < innerHeight && bottom > 0;
}"""


def test_by_keyboard_alone(page: Page, place: Place) -> None:
    """A choice is changed, a ballot is tested, another one is cast, the receipt saved, the device cleared."""
    at, keys = place.elector(page), Keys(page)
    at.open().see("key")
    type_key(at, keys)
    for number, act in ((2, "test"), (1, "cast")):
        mark(at, keys, number)
        if act == "cast":
            keys.press("#stage .acts button")
            mark(at, keys, number + 1)
        keys.press("button.main")
        at.see("sealed")
        if act == "test":
            keys.press("details.test summary")
            keys.press("details.test button")
            at.see("opened")
            keys.press("button.main")
    keys.press("button.great")
    at.see("receipt")
    with page.expect_download():
        keys.press("button.great")
    keys.press("#stage > div > div > .acts button:last-child")
    at.see("key")
    assert at.kinds == [Challenge, Ballot]


def type_key(at: Elector, keys: Keys) -> None:
    keys.reach("#code")
    at.page.keyboard.type(at.sheet.code)
    for number, line in enumerate(at.sheet.lines, start=1):
        keys.reach(f"#line-{number}")
        at.page.keyboard.type(line)
    at.page.keyboard.press("Enter")


def mark(at: Elector, keys: Keys, number: int) -> None:
    """Arrows go from one option to the next."""
    at.see("marking")
    keys.reach("label.option input")
    at.page.keyboard.press("Space")
    keys.reach(f"#option-{number}", "ArrowDown")
    at.page.keyboard.press("Space")
    keys.press("button.main")
    at.see("reviewing")


def read_tree(page: Page) -> list[tuple[str, str, dict[str, Any]]]:
    """What a screen reader is told, in its order: role, name, properties."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    return [
        (
            node["role"]["value"],
            node.get("name", {}).get("value", ""),
            {each["name"]: each["value"].get("value") for each in node.get("properties", [])},
        )
        for node in nodes
        if not node["ignored"]
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("voter", "role", "count"), [(0, "radio", 3), (1, "checkbox", 4)])
def test_a_screen_reader_is_told(page: Page, place: Place, language: str, voter: int, role: str, count: int) -> None:
    at, w = place.elector(page, language, voter), read_words("vote", language)
    names = [each[LANGUAGES.index(language)] for each in NAMES[:count]]
    at.open().see("key")
    told = read_tree(page)
    fields = [name for role_, name, _ in told if role_ == "textbox"]
    assert fields == [w["code"], *(w["line"].format(number=number) for number in (1, 2, 3))]
    at.type_key()
    at.see("marking")
    page.check("#option-2")
    told = read_tree(page)
    options = [(name, of["checked"]) for role_, name, of in told if role_ == role]
    assert options == [(name, "true" if at_ == 1 else "false") for at_, name in enumerate(names)]
    rule = w["rule_one" if role == "radio" else "rule"].format(least=0 if voter else 1, most=2 if voter else 1)
    assert ("group", rule) in [(role_, name) for role_, name, _ in told]
    assert w["said"]["marking"] in "".join(name for _, name, _ in told)
    at.go()
    at.see("reviewing")
    at.go()
    at.see("sealed")
    told = read_tree(page)
    assert ("button", w["cast"]) in [(role_, name) for role_, name, _ in told]
    assert ("image", w["qr"]) in [(role_, name) for role_, name, _ in told]
    unnamed = [role_ for role_, name, of in told if of.get("focusable") and not name]
    assert unnamed == ["status"]  # which is read out by itself, and has no name but its sentence


# A window that is enlarged twice, and a phone on which letters are twice as large.
LARGE = {"window": (640, 400, "100%"), "letters": (360, 640, "200%")}
HIDDEN = """() => {
  const width = document.documentElement.clientWidth, found = [];
  for (const each of document.body.querySelectorAll('*')) {
    const box = each.getBoundingClientRect(), look = getComputedStyle(each);
    if (!box.width || look.position === 'absolute') continue;
    if (box.left < -1 || box.right > width + 1) found.push(`${each.tagName} ${each.className} to ${box.right}`);
    if (look.overflowX !== 'visible' && each.scrollWidth > each.clientWidth + 1) found.push(`${each.tagName} is cut`);
  }
  return found;
}"""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("how", LARGE)
def test_at_twice_the_size(page: Page, place: Place, how: str, language: str) -> None:
    at = place.elector(page, language)
    width, height, letters = LARGE[how]
    page.set_viewport_size({"width": width, "height": height})

    def see(state: str) -> None:
        at.see(state)
        page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", letters)
        assert page.evaluate(HIDDEN) == [], state
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state
        look_at(page, f"large-{how}-{state}-{language}")

    at.open()
    see("key")
    at.type_key()
    see("marking")
    at.mark(1)
    see("reviewing")
    at.go()
    see("sealed")
    page.click("details.test summary")
    see("sealed")
    at.cast()
    see("receipt")
