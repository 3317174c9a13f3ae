"""What `aikyn-mix` says has the same sentences, with the same values, in every language."""

from __future__ import annotations

import re
import tomllib
from string import Formatter

import pytest

from tests.support.house import HOUSE
from tests.support.sources import TEXTS

SOURCES = "".join(text for name, text in TEXTS.items() if name.startswith("mixnet/") and name.endswith(".py"))


def sentences(language: str) -> dict[str, str]:
    table = tomllib.loads((HOUSE / f"mixnet/words/mix.{language}.toml").read_text())
    return {f"{section}.{name}": text for section, words in table.items() for name, text in words.items()}


def values(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_every_sentence_is_there_with_its_values(language: str) -> None:
    english, other = sentences("en"), sentences(language)
    assert list(english) == list(other)
    assert {key: values(text) for key, text in english.items()} == {key: values(text) for key, text in other.items()}
    assert [key for key, text in other.items() if not re.search("[а-яөүң]{2}", text) and key not in SHAPES] == []


def test_no_sentence_is_unused() -> None:
    assert [key for key in sentences("en") if key.split(".")[1] not in SOURCES] == []


SHAPES = {"show.option", "show.contest"}  # places for values, and no word
