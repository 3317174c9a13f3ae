"""The ballot to sign off, as page and as PDF: every name in three languages, in order; text stays text."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bulletin.office.printed.ballot import print_ballot, show_ballot
from bulletin.office.printed.wording import speak
from tests.support.pdf import everything, letters, pages, streams
from tests.support.printed import HOSTILE, NAMES, TITLE, manifest, same
from verifier.desk.report.language import LANGUAGES, Language, groups
from verifier.desk.report.letters import visible
from verifier.election.manifest import Manifest, Style
from verifier.records import Text, encode

pytest.importorskip("typst", reason="pages are set by typst, an extra")
VOID = {"meta", "input"}
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "p", "h1", "h2", "bdi"),
    *("dl", "dt", "dd", "ol", "li", "label", "input", "span", "small", "strong"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


class Page(HTMLParser):
    """What a browser sees of a page: elements, inputs, texts of `bdi`; unbalanced elements fail."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.marks: list[str] = []
        self.names: list[str] = []
        self.style = ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag == "input":
            self.marks.append(dict(attrs)["type"] or "")
        if tag == "bdi":
            self.names.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["bdi"]:
            self.names[-1] += data
        if self.open[-1:] == ["style"]:
            self.style += data


def show(shown: Manifest, language: Language) -> str:
    return show_ballot(shown, shown.styles[0], language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_fetches_nothing_and_runs_nothing(language: Language) -> None:
    text = show(manifest(), language)
    page = Page(text)
    assert page.elements <= ALLOWED
    assert page.attributes <= {"lang", "charset", "http-equiv", "content", "name", "class", "type", "disabled", "scope"}
    digest = b64encode(sha256(page.style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in text
    assert "://" not in text
    assert f'<html lang="{language}">' in text
    assert text == show(manifest(), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_stands_in_its_order_and_in_all_languages(language: Language) -> None:
    page = Page(show(manifest(), language))
    w = speak(language)
    wanted = []
    for name in (TITLE, *NAMES):
        others = dict.fromkeys((name.ky, name.ru, name.en))
        wanted.append([w.text(name), *(one for one in others if one != w.text(name))])
    told = page.names[page.names.index(wanted[0][0], 1) :]
    assert told[: 3 * (1 + len(NAMES))] == [one for names in wanted for one in names]


def test_a_name_that_all_languages_share_stands_once() -> None:
    assert Page(show(manifest(names=[same("Үсөн"), same("Ңүө")]), "ru")).names.count("Үсөн") == 1


@pytest.mark.parametrize(
    ("least", "most", "kind", "rule"),
    [
        (1, 1, "radio", "Mark one."),
        (0, 1, "radio", "Mark one, or none."),
        (0, 2, "checkbox", "Mark at most 2, or none."),
        (1, 3, "checkbox", "Mark at least 1 and at most 3."),
        (2, 2, "checkbox", "Mark exactly 2."),
    ],
)
def test_the_rule_is_told_in_words(least: int, most: int, kind: str, rule: str) -> None:
    text = show(manifest(least=least, most=most), "en")
    assert Page(text).marks == [kind] * len(NAMES)
    assert f'<p class="rule">{rule}</p>' in text


def test_members_see_the_digest_and_sign() -> None:
    shown = manifest(members=7)
    text = show(shown, "ky")
    assert re.findall(r"<span>([0-9a-f]{4})</span>", text) == groups(sha256(encode(shown)).hexdigest())
    assert text.count("<tr><td></td>") == 7


def test_a_style_shows_its_own_contests_in_its_order() -> None:
    one = manifest()
    second = replace(one.contests[0], id="second", title=same("Second"))
    shown = replace(one, contests=(*one.contests, second), styles=(Style("both", ("second", "head")),))
    told = Page(show(shown, "en")).names
    assert told.index("Second") < told.index(NAMES[0].en)
    assert "Second" not in Page(show_ballot(shown, Style("one", ("head",)), "en")).names


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_stays_a_text(text: str) -> None:
    shown = manifest(title=same(text), names=[same(text), same("x")])
    page = Page(show(shown, "en"))
    assert page.elements <= ALLOWED
    assert page.names.count(visible(text)) == 3
    assert print_ballot(shown, shown.styles[0], "en").startswith(b"%PDF")


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_any_name_stays_a_text(text: str) -> None:
    page = Page(show(manifest(names=[same(text), same("x")]), "ru"))
    assert page.elements <= ALLOWED
    assert "\u202e" not in "".join(page.names)


@pytest.mark.slow
@settings(max_examples=15)
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_name_can_be_set(text: str) -> None:
    shown = manifest(title=same(text), names=[same(text), same("x")])
    assert print_ballot(shown, shown.styles[0], "ky").startswith(b"%PDF")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_lasts_and_can_be_read_aloud(language: Language) -> None:
    shown = manifest()
    pdf = print_ballot(shown, shown.styles[0], language)
    held = everything(pdf)
    assert b"pdfaid:part>3<" in held
    assert b"pdfuaid:part>1<" in held
    assert set("".join(name.ky + name.ru + name.en for name in NAMES)) <= letters(pdf)
    assert print_ballot(shown, shown.styles[0], language) == pdf


def test_the_longest_ballot_goes_on_over_pages() -> None:
    names = [Text(f"Candidate {number}", f"Талапкер {number}", f"Кандидат {number}") for number in range(255)]
    shown = manifest(names=names, least=0, most=5, members=15)
    assert Page(show(shown, "en")).marks == ["checkbox"] * 255
    assert pages(print_ballot(shown, shown.styles[0], "en")) > 10


def test_a_trial_is_marked_on_page_and_pdf() -> None:
    shown = manifest(title=Text("TEST: x", "СЫНОО: x", "ПРОБА: x"))
    assert "FOR TRYING OUT" in show(shown, "en")
    assert "FOR TRYING OUT" not in show(manifest(), "en")
    marked = [stream for stream in streams(print_ballot(shown, shown.styles[0], "en")) if b".862" in stream]
    assert marked
