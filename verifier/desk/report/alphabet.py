"""The order in which people look names up, by each language's own letters (specs/alphabet.md)."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import NamedTuple

from verifier.desk.report.language import Language

PARTS = re.compile(r"[0-9]+|.", re.DOTALL)
OTHER, NUMBER, LETTER = range(3)
Rank = tuple[int, int, str]  # what a part is; its place, or how many digits; the digits


class Order(NamedTuple):
    """Where a name stands; smaller is earlier."""

    parts: tuple[Rank, ...]
    capitals: tuple[bool, ...]
    length: int
    text: str


@cache
def read_alphabets() -> dict[str, str]:
    """The letters of each language, in their order."""
    place = resources.files("verifier.desk") / "words" / "alphabets.toml"
    return tomllib.loads(place.read_text(encoding="utf-8"))


def order(name: str, language: Language) -> Order:
    """What to sort a name by on a page of this language (§2)."""
    text, places = unicodedata.normalize("NFC", name), _places(language)
    parts = PARTS.findall(text)
    capitals = tuple(part in places and part != part.lower() for part in parts)
    return Order(tuple(_rank(part, places) for part in parts), capitals, len(text), text)


def _rank(part: str, places: dict[str, int]) -> Rank:
    if part[0] in "0123456789":
        digits = part.lstrip("0")
        return NUMBER, len(digits), digits
    return (LETTER, places[part], "") if part in places else (OTHER, ord(part), "")


@cache
def _places(language: Language) -> dict[str, int]:
    """The place of each letter, small or capital: the page's language first (§1.2)."""
    alphabets = read_alphabets()
    letters = dict.fromkeys(alphabets[language] + "".join(alphabets[each] for each in ("ky", "ru", "en")))
    return {sign: place for place, letter in enumerate(letters) for sign in (letter, letter.upper())}
