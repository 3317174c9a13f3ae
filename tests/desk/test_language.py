"""The words of reports: three languages that say the same things."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.reports import accepted, unchecked
from verifier.audit.standing import Standing
from verifier.audit.timeline import Milestone
from verifier.audit.verdict import Status
from verifier.desk.report.folding import where
from verifier.desk.report.gravity import GRAVITY
from verifier.desk.report.language import LANGUAGES, Language, groups, words
from verifier.desk.report.report import EXIT
from verifier.desk.report.results import Announced, Basis
from verifier.paper.plan import Ruling
from verifier.place import Place
from verifier.rule import Phase
from verifier.rules import KINDS


def leaves(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, held in table.items():
        found |= leaves(held, f"{prefix}{key}/") if isinstance(held, dict) else {prefix + key: held}
    return found


def test_the_three_languages_say_the_same_things() -> None:
    en, ky, ru = (leaves(words(language)._table) for language in LANGUAGES)
    said = [set(table) for table in (en, ky, ru)]
    assert said[0] == said[1] == said[2]
    for key in said[0]:
        named = [{name for _, name, _, _ in Formatter().parse(table[key]) if name} for table in (en, ky, ru)]
        assert named[0] == named[1] == named[2], key
        assert all(table[key].strip() for table in (en, ky, ru)) or key.startswith("form/"), key
    cyrillic = [key for key in said[0] if re.search("[а-яё]", en[key])]
    latin = [key for key in said[0] if not re.search("[а-яёА-ЯЁңөүҢӨҮ]", ru[key] + ky[key])]
    assert cyrillic == []
    assert {key.partition("/")[0] for key in latin} <= {"form", "head", "environment", "place", "verdict"}


def test_kyrgyz_letters_are_kyrgyz_letters() -> None:
    """Look-alikes of other alphabets (Greek, Latin inside a word, ѳ and ү's cousins) are typing faults."""
    for language in ("ky", "ru"):
        for key, text in leaves(words(language)._table).items():
            assert not re.search("[\u0370-\u03ff\u0472\u0473\u04b0\u04b1]|[а-яңөү][a-z]|[a-z][а-яңөү]", text), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_a_report_may_name_has_a_word(language: Language) -> None:
    table = words(language)._table
    kinds = {str(kind.__struct_config__.tag) for kind in get_args(KINDS)}
    assert kinds | set(accepted().figures) <= table["figures"].keys()
    assert set(get_args(Phase)) <= table["phases"].keys()
    assert set(get_args(Milestone)) <= table["steps"].keys()
    assert set(get_args(Status)) <= table["status"].keys()
    assert EXIT.keys() == table["verdict"].keys()
    assert kinds <= table["kinds"].keys()
    assert set(get_args(Announced)) <= table["announced"].keys()
    assert set(get_args(Basis)) <= table["results"].keys()
    assert set(get_args(Standing)) <= table["standings"].keys()
    assert set(get_args(Ruling)) == table["rulings"].keys()
    assert {degree for degree in GRAVITY if "now" in table["gravity"][degree]} == set(GRAVITY)
    reasons = {check.detail for check in unchecked().checks if check.status == "SKIPPED"}
    assert reasons
    assert all(isinstance(words(language).detail(reason), str) for reason in reasons)


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_times_and_places_are_written_in_the_language(language: Language) -> None:
    w = words(language)
    assert re.fullmatch(r"1[,\u00a0]234[,\u00a0]567", w.number(1_234_567))
    assert w.share(1, 3) == ("33.3\u00a0%" if language == "en" else "33,3\u00a0%")
    assert (w.share(1, 0), w.time(None)) == ("–", "–")
    assert w.time(1_680_998_400) == "2023-04-09 00:00:00"
    assert w.time(2**62) == str(2**62)
    assert (
        where([Place(record=12, column=3)], w)
        == {
            "en": "record 12, column 3",
            "ky": "12-жазуу, 3-тилке",
            "ru": "запись 12, столбец 3",
        }[language]
    )


@given(st.binary(max_size=64))
def test_groups_lose_no_digit(data: bytes) -> None:
    made = groups(data.hex())
    assert "".join(made) == data.hex()
    assert all(len(group) == 4 for group in made[:-1])
