"""Clauses explained: every id in every language, complete, and in that language's own words."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import resources
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.audit.clauses import CLAUSES
from verifier.desk.report import clauses
from verifier.desk.report.catalogue import BLOCKS, MANUAL, SERVED
from verifier.desk.report.clauses import CATALOGUED, about, category, explain, title
from verifier.desk.report.language import LANGUAGES, Language
from verifier.errors import Malformed

OTHERS = tuple(language for language in LANGUAGES if language != "en")
KYRGYZ = set("өүңӨҮҢ")
# Letters that look like Kyrgyz ones and are not; official pages sometimes have them.
LOOKALIKES = set("ѳѲӊӉ")
CATEGORIES = set(CATALOGUED["categories"])
SENTENCES = {id: said["text"] for id, said in CATALOGUED["clauses"].items()}


def spoken(language: Language) -> list[str]:
    """Everything that a language says, but for the titles."""
    told = [part for id in SENTENCES for part in explain(id, language) if part]
    return told + [about(block.id, language) for block in BLOCKS]


def sentences(text: str) -> int:
    return len(re.findall(r"[.?!](?= |$)", text))


def test_all_ids_and_no_others_are_explained_in_every_language() -> None:
    assert set(SENTENCES) == {*CLAUSES, *(item.id for item in (*SERVED, *MANUAL))}
    for language in LANGUAGES:
        assert set(clauses._file(language)["clauses"]) == set(SENTENCES), language


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_has_a_sentence_a_meaning_and_an_act(language: Language) -> None:
    for id in SENTENCES:
        told = explain(id, language)
        assert sentences(told.text) == 1, id
        assert 1 <= sentences(told.means) <= 2, id
        assert 1 <= sentences(told.do) <= 3, id
        assert all(part == part.strip() and part.endswith(".") for part in (told.text, told.means, told.do)), id


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_is_said_in_a_few_words_that_a_sentence_can_go_on_from(language: Language) -> None:
    for id in CLAUSES:
        wrong = explain(id, language).wrong
        assert 10 < len(wrong) < 100, id
        assert wrong[0].isupper(), id
        assert not re.search(r"[.:;?!]$|[{}]", wrong), id
    assert {explain(item.id, language).wrong for item in (*SERVED, *MANUAL)} == {""}


def test_the_english_sentence_is_the_catalogues() -> None:
    for id, sentence in SENTENCES.items():
        assert explain(id).text == explain(id, "en").text == sentence
    for block in BLOCKS:
        assert (title(block.id), about(block.id)) == (block.title, block.about)
    assert all(category(name) == name for name in CATEGORIES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_said_twice(language: Language) -> None:
    said = spoken(language)
    assert {text for text in said if said.count(text) > 1} == set()


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_speaks_for_itself(language: Language) -> None:
    others = [other for other in LANGUAGES if other != language]
    for id in SENTENCES:
        for other in others:
            assert not set(explain(id, language)) & set(explain(id, other)) - {""}, id
    for block in BLOCKS:
        assert about(block.id, language) != block.about
    assert len({category(name, language) for name in CATEGORIES} - CATEGORIES) == len(CATEGORIES)


@pytest.mark.parametrize("language", OTHERS)
def test_cyrillic_is_cyrillic(language: Language) -> None:
    """No Latin letter hides in a Cyrillic word, and no look-alike stands for a Kyrgyz one."""
    for text in spoken(language):
        words = re.findall(r"\w+", text)
        assert not [word for word in words if re.search("[A-Za-z]", word) and re.search("[а-яА-ЯөүңёЁ]", word)], text
        assert not set(text) & LOOKALIKES, text


def test_russian_and_kyrgyz_are_not_confused() -> None:
    assert not KYRGYZ & set("".join(spoken("ru")))
    assert all(KYRGYZ & set("".join(explain(id, "ky"))) for id in SENTENCES)


def test_what_has_a_meaning_of_its_own_in_the_law_is_not_said_of_a_second_ballot() -> None:
    """In Kyrgyz "кайра добуш берүү" is the second round, in Russian "повторное голосование"."""
    assert not [text for text in spoken("ky") if re.search(r"кайра добуш бер", text, re.IGNORECASE)]
    assert not [text for text in spoken("ru") if re.search(r"повторн\w+ голосован", text, re.IGNORECASE)]


def test_the_files_travel_with_the_package() -> None:
    files = resources.files("verifier.desk").joinpath("words")
    assert {f"clauses.{language}.toml" for language in get_args(Language)} <= {file.name for file in files.iterdir()}


@given(st.text(max_size=8).filter(lambda text: text not in SENTENCES))
def test_other_ids_are_refused(id: str) -> None:
    with pytest.raises(Malformed, match="there is no clause"):
        explain(id)


@pytest.mark.process
def test_only_the_language_that_is_asked_for_is_read() -> None:
    script = (
        "from verifier.desk.report import clauses\n"
        "assert clauses._file.cache_info().currsize == 0\n"
        "clauses.explain('MIX.8', 'ky')\n"
        "assert clauses._file.cache_info().currsize == 1\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
