"""The voter's page in a real browser: every answer in three languages, and every lie it must not believe."""

from __future__ import annotations

import re
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from bulletin.http.markup import LANGUAGES
from bulletin.http.pages import words
from tests.support import browsing, reader
from tests.support.browsing import Hall, forked, omitting
from tests.support.reader import AXE, SHOTS, ask, hand_over, look, receipt_of, standing, steps

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]

browser_type_launch_args, voting, frozen = reader.browser_type_launch_args, browsing.voting, browsing.frozen


def test_a_ballot_is_found(page: Page, voting: Hall) -> None:
    ask(page, voting, voting.code(0), voting.trackers(0)[0])
    assert standing(page) == "PRESENT"
    assert steps(page) == {"signed": "proved", "registered": "proved", "onlog": "proved", "latest": "word"}


CASES = {  # voter, which of the voter's ballots, is the counted set frozen
    "PRESENT": (0, 0, False),
    "SUPERSEDED": (1, 0, False),
    "OVERRIDDEN": (2, 0, False),
    "CHALLENGED": (3, 0, False),
    "COUNTED": (0, 0, True),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("word", CASES)
def test_what_has_become_of_a_ballot(page: Page, voting: Hall, frozen: Hall, word: str, language: str) -> None:
    voter, which, closed = CASES[word]
    at = frozen if closed else voting
    ask(page, at, at.code(voter), at.trackers(voter)[which], language)
    assert standing(page) == word
    expect(page.locator("[data-standing] h2")).to_contain_text(words(language)["answers"][word]["title"])
    expect(page.locator(".not")).to_have_text(words(language)["answers"][word]["not"])
    expect(page.locator("html")).to_have_attribute("lang", language)
    look(page, f"{word}-{language}")


def test_each_status_shows_its_proof(page: Page, voting: Hall, frozen: Hall) -> None:
    ask(page, voting, voting.code(1), voting.trackers(1)[0])
    assert steps(page)["later"] == "proved"
    expect(page.locator("[data-step=later]")).to_contain_text(f"Entry {voting.records(1)[1][0]} ")
    expect(page.locator("[data-step=later]")).to_contain_text(voting.trackers(1)[1])
    ask(page, voting, voting.code(2), voting.trackers(2)[0])
    assert steps(page)["override"] == "proved"
    ask(page, frozen, frozen.code(1), frozen.trackers(1)[1])
    assert (standing(page), steps(page)["counted"], steps(page)["set"]) == ("COUNTED", "proved", "proved")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_slip_leads_to_near_misses(page: Page, voting: Hall, language: str) -> None:
    right = voting.trackers(0)[0]
    slip = right[:3] + ("A" if right[3] != "A" else "B") + right[4:]
    ask(page, voting, voting.code(0), slip, language)
    assert standing(page) == "MISSING"
    expect(page.locator(".complaint")).to_contain_text(voting.election.manifest.telephone)
    look(page, f"MISSING-{language}")
    page.click(f".near button:has-text('{right}')")
    page.wait_for_selector("[data-standing=PRESENT]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_voters_code(page: Page, voting: Hall, language: str) -> None:
    ask(page, voting, voting.code(1), voting.trackers(0)[0], language)
    assert standing(page) == "FOREIGN"
    look(page, f"FOREIGN-{language}")
    ask(page, voting, "Z" + voting.code(1), voting.trackers(0)[0], language)
    assert standing(page) == "UNKNOWN"


def test_the_first_characters_suffice_and_all_are_shown(page: Page, voting: Hall) -> None:
    whole = voting.trackers(0)[0]
    ask(page, voting, f" {voting.code(0).lower()} ", f"{whole[:3]} {whole[3:6].lower()}")
    assert standing(page) == "PRESENT"
    assert (page.locator("[data-standing] .code").text_content() or "") == whole
    ask_wrongly(page, "!!", whole[:5])
    expect(page.locator("#code-wrong")).to_have_text(words("en")["bad_code"])
    expect(page.locator("#tracker-wrong")).to_have_text(words("en")["bad_tracker"])


CYRILLIC = str.maketrans("ABEKMHOPCTYX", "АВЕКМНОРСТУХ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cyrillic_keyboard_is_understood_or_named(page: Page, voting: Hall, language: str) -> None:
    """G7: letters that look alike lead to the ballot; of others the voter is told, and nothing is looked for."""
    whole = voting.trackers(0)[0]
    ask(page, voting, voting.code(0).translate(CYRILLIC), whole.translate(CYRILLIC), language)
    assert standing(page) == "PRESENT"
    ask_wrongly(page, f"{voting.code(0)}Ж", "йцу" + whole)
    expect(page.locator("#code-wrong")).to_have_text(words(language)["keyboard"].replace("{letters}", "Ж"))
    expect(page.locator("#tracker-wrong")).to_have_text(words(language)["keyboard"].replace("{letters}", "Й Ц"))
    look(page, f"KEYBOARD-{language}")


def ask_wrongly(page: Page, code: str, tracker: str) -> None:
    page.fill("#code", code)
    page.fill("#tracker", tracker)
    page.click("button.main")


def bend(page: Page, pattern: str, at: int) -> None:
    """Whoever stands between the board and the page changes one byte of these files."""

    def change(route: Route) -> None:
        answer = route.fetch()
        raw = bytearray(answer.body())
        raw[at % len(raw)] ^= 1
        route.fulfill(response=answer, body=bytes(raw))

    page.route(re.compile(pattern), change)


LIES = {
    "a tile": (r"/tile/0/", 5),
    "the signed root": (r"/checkpoint$", 30),
    "a cosignature": (r"/checkpoint$", -20),
    "the register": (r"/blobs/", 30),
    "the index of credentials": (r"/lookup/credentials/", 12),
    "a tracking code in the index": (r"/lookup/ballots/", 4),
}


@pytest.mark.parametrize(("what", "language"), list(zip(LIES, cycle(LANGUAGES), strict=False)))
def test_a_tampered_answer_is_not_believed(page: Page, voting: Hall, what: str, language: str) -> None:
    bend(page, *LIES[what])
    ask(page, voting, voting.code(0), voting.trackers(0)[0], language)
    if what == "a tracking code in the index":
        assert standing(page) == "PRESENT"  # the voter's own entries say more than the hint
    else:
        assert standing(page) == "UNCHECKED"


def test_a_tampered_ballot_is_not_believed(page: Page, voting: Hall) -> None:
    index = voting.records(0)[0][0]
    before = sum(2 + len(entry) for entry in voting.entries()[:index])
    bend(page, r"/tile/entries/", before + 300)
    ask(page, voting, voting.code(0), voting.trackers(0)[0])
    assert standing(page) == "UNCHECKED"
    expect(page.locator("[data-standing]")).to_contain_text(words("en")["reasons"]["contradiction"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_tampered_tile_in_each_language(page: Page, voting: Hall, language: str) -> None:
    bend(page, r"/tile/0/", 5)
    ask(page, voting, voting.code(0), voting.trackers(0)[0], language)
    expect(page.locator("[data-standing=UNCHECKED]")).to_contain_text(words(language)["reasons"]["contradiction"])
    look(page, f"UNCHECKED-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_old_checkpoint_is_called_old(page: Page, voting: Hall, language: str) -> None:
    page.clock.install()
    page.clock.fast_forward("01:00:00")
    ask(page, voting, voting.code(0), voting.trackers(0)[0], language)
    assert standing(page) == "PRESENT"
    expect(page.locator("[data-stale]")).to_be_visible()
    look(page, f"stale-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_javascript_it_is_the_servers_word(browser: Any, voting: Hall, language: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{voting.app}/{language}/r.html")
    expect(page.locator(".caution")).to_have_text(words(language)["without"])
    expect(page.locator("#ask")).to_be_hidden()
    page.goto(f"{voting.url}/r/{language}")
    page.fill("#code", voting.code(1))
    page.fill("#tracker", voting.trackers(1)[0])
    page.click("button.main")
    expect(page.locator(".answer.word")).to_contain_text(words(language)["word"])
    expect(page.locator(".answer.word h2")).to_have_text(words(language)["words"]["superseded"])
    assert page.url == f"{voting.url}/r/{language}"
    if SHOTS:
        page.set_viewport_size({"width": 360, "height": 800})
        page.screenshot(path=Path(SHOTS) / f"noscript-{language}.png", full_page=True)
    context.close()


def test_axe_would_find_a_fault(page: Page, voting: Hall) -> None:
    page.goto(f"{voting.app}/en/r.html")
    expect(page.locator("#ask")).to_be_visible()
    page.evaluate("document.querySelector('label[for=code]').remove()")
    page.evaluate(AXE)
    assert "label" in page.evaluate("axe.run(document).then((found) => found.violations.map(({id}) => id))")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_false_receipt(page: Page, voting: Hall, frozen: Hall, language: str) -> None:
    right = receipt_of(voting, 0)
    later = voting.run.board.sequencer.log.receipt(voting.records(0)[0][0] + 1)
    wrong_path = later.replace(b"index %d" % (voting.records(0)[0][0] + 1), b"index %d" % voting.records(0)[0][0])
    for false in (right[:-40], receipt_of(frozen, 0), wrong_path, b"hello"):
        hand_over(page, voting, false, "", language)
        assert standing(page) == "MALFORMED"
    look(page, f"MALFORMED-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_histories(page: Page, tmp_path: Path, voting: Hall, language: str) -> None:
    """The board signs another log of the same size with its own key and gives a receipt for it."""
    hand_over(page, voting, forked(voting, tmp_path), "", language)
    assert standing(page) == "ABSENT"
    look(page, f"ABSENT-{language}")


def test_a_board_that_is_behind_the_receipt(page: Page, voting: Hall) -> None:
    old = (voting.run.archive / "checkpoints/0").read_bytes()
    page.route(re.compile(r"/checkpoint$"), lambda route: route.fulfill(body=old))
    hand_over(page, voting, receipt_of(voting, 0))
    assert standing(page) == "UNCHECKED"
    expect(page.locator("[data-standing]")).to_contain_text(words("en")["reasons"]["incomplete"])


def test_an_unreachable_board_is_not_the_voters_fault(page: Page, voting: Hall) -> None:
    page.route(re.compile(r"/(tile|lookup)/"), lambda route: route.abort())
    ask(page, voting, voting.code(0), voting.trackers(0)[0])
    assert standing(page) == "UNCHECKED"
    expect(page.locator("[data-standing]")).to_contain_text(words("en")["reasons"]["incomplete"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_counted_set_without_the_ballot(page: Page, tmp_path: Path, frozen: Hall, language: str) -> None:
    tracker = frozen.records(0)[0][1].sealed.tracker(frozen.election.digest)
    with omitting(frozen, tmp_path, tracker) as liar:
        page.goto(f"{liar.app}/{language}/r.html#{frozen.code(0)}.{frozen.trackers(0)[0]}")
        page.wait_for_selector("[data-standing]")
        assert (standing(page), steps(page)["omitted"]) == ("OMITTED", "proved")
        look(page, f"OMITTED-{language}")
