"""The words of printed pages: three languages that say the same things, in their own letters."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from bulletin.office.printed.invitation import COMMANDS
from bulletin.office.printed.wording import speak
from verifier.desk.page.typesetting import legible
from verifier.desk.report.language import LANGUAGES, Language

SECTIONS = ("form", "page", "trial", "signing", "trust", "ballot", "invitation", *COMMANDS)


def words(language: Language) -> dict[str, str]:
    return {f"{part}.{name}": said for part in SECTIONS for name, said in speak(language).names(part).items()}


def test_the_three_languages_say_the_same_things() -> None:
    en, ky, ru = (words(language) for language in LANGUAGES)
    assert en.keys() == ky.keys() == ru.keys()
    assert set(SECTIONS) == set(speak("en")._table)
    for key in en:
        named = [{name for _, name, _, _ in Formatter().parse(table[key]) if name} for table in (en, ky, ru)]
        assert named[0] == named[1] == named[2], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_are_of_their_language_and_in_the_fonts(language: Language) -> None:
    for key, said in words(language).items():
        assert legible(said) == said.replace("\n", ""), key
        assert not re.search("[\u0370-\u03ff\u0472\u0473\u04b0\u04b1]|[а-яңөү][a-z]|[a-z][а-яңөү]", said), key
        assert bool(re.search("[а-яёңөү]", said)) == (language != "en") or key in LATIN, key


LATIN = {"form.thousands", "form.decimal", "trust.digest", "trial.mark", "signing.seal", "trust.address"}


def test_voting_anew_is_not_called_a_second_round() -> None:
    assert not any("кайра добуш" in said for said in words("ky").values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_task_has_words_for_each_of_its_commands(language: Language) -> None:
    for task, commands in COMMANDS.items():
        said = {name for name in speak(language).names(task) if name.startswith("step_")}
        assert said == {f"step_{step}" for step, _ in commands}
