"""Names stand as people look them up, by the letters of each language: here and in the browser (specs/alphabet.md)."""

from __future__ import annotations

import json
import random
import subprocess
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.house import HOUSE, read_vectors
from tests.support.needs import lacking
from verifier.desk.report.alphabet import order, read_alphabets
from verifier.desk.report.language import LANGUAGES, Language

VECTORS = read_vectors("alphabet")["ordered"]
SORT = """
import { readFileSync } from 'node:fs';
import { ordering } from './src/alphabet.js';
const { alphabets, lists } = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(lists.map(([language, names]) => names.sort(ordering(alphabets, language)))));
"""
SIGNS = "".join(read_alphabets().values()) + "ЁҢӨҮABZ0019 -№«»ä\u0308\u0306😀ﬁ"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_any_two_names_stand_in_this_order(vector: dict[str, Any]) -> None:
    placed = [order(name, vector["language"]) for name in vector["names"]]
    assert all(before < after for before, after in combinations(placed, 2))


def test_each_language_has_its_letters_once() -> None:
    alphabets = read_alphabets()
    assert {language: len(letters) for language, letters in alphabets.items()} == {"ky": 36, "ru": 33, "en": 26}
    for letters in alphabets.values():
        assert len(set(letters)) == len(letters)
        assert letters == letters.lower()
        assert all(len(letter.upper()) == 1 for letter in letters)
    assert set(alphabets["ky"]) - set(alphabets["ru"]) == set("ңөү")


@given(st.lists(st.text(SIGNS), min_size=2, max_size=3), st.sampled_from(LANGUAGES))
def test_the_order_is_one_and_tells_apart_what_differs(names: list[str], language: Language) -> None:
    placed = [order(name, language) for name in names]
    for one, other in combinations(placed, 2):
        assert (one < other) + (other < one) == (one.text != other.text)


@pytest.mark.process
def test_a_browser_sorts_as_the_house_does() -> None:
    """The vectors shuffled, and names drawn from all that is awkward."""
    if not (HOUSE / "web/node_modules").is_dir():
        lacking("run `make .venv/web` first: the page's packages are not installed")
    dice = random.Random(1)
    lists = [[vector["language"], dice.sample(vector["names"], len(vector["names"]))] for vector in VECTORS]
    drawn = ["".join(dice.choices(SIGNS, k=dice.randrange(6))) for _ in range(300)]
    lists += [[language, drawn] for language in LANGUAGES]
    command = ["node", "--input-type=module", "-e", SORT]
    given_ = json.dumps({"alphabets": read_alphabets(), "lists": lists})
    done = subprocess.run(command, input=given_, text=True, capture_output=True, cwd=HOUSE / "web", check=True)
    for (language, names), found in zip(lists, json.loads(done.stdout), strict=True):
        placed = [order(name, language).text for name in found]
        assert placed == [one.text for one in sorted(order(name, language) for name in names)]
