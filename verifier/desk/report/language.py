"""The report's words in three languages, and how figures, times and places are written in them."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from verifier.records import Text

Language = Literal["en", "ky", "ru"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
NBSP = "\u00a0"


class Words:
    """One language's words; `words["a.b"]` is the text at that place of the language's file."""

    def __init__(self, language: Language, table: dict[str, Any]) -> None:
        self.language = language
        self._table = table
        self._places = [(re.compile(pattern), said) for pattern, said in table["places"].items()]

    def __getitem__(self, key: str) -> str:
        found: Any = self._table
        for name in key.split("."):
            found = found[name]
        return str(found)

    def say(self, key: str, **values: object) -> str:
        """The text at this place with the values in it; whole numbers are written as figures."""
        written = {name: self.number(value) if type(value) is int else value for name, value in values.items()}
        return self[key].format(**written)

    def name(self, section: str, key: str) -> str:
        """What a section calls this key; a key that it does not know calls itself."""
        return str(self._table[section].get(key, key))

    def text(self, text: Text) -> str:
        """The manifest's text in this language, or in another if it is blank; "–" if all are."""
        said: tuple[str, ...] = (getattr(text, self.language), text.ru, text.ky, text.en)
        return next((one for one in said if one.strip()), "–")

    def place(self, where: str) -> str:
        """Where a failure is, as the verifier says it, in this language."""
        for pattern, said in self._places:
            where = pattern.sub(said, where)
        return where

    def number(self, number: int) -> str:
        """A whole number with its thousands apart."""
        return f"{number:,}".replace(",", self["form.thousands"])

    def share(self, part: int, whole: int) -> str:
        """A part in hundredths of the whole, to one place; "–" of nothing."""
        if not whole:
            return "–"
        return f"{100 * part / whole:.1f}{NBSP}%".replace(".", self["form.decimal"])

    def time(self, seconds: int | None) -> str:
        """A moment in UTC, "–" if it is not shown, and the bare seconds if no calendar has it."""
        if seconds is None:
            return "–"
        try:
            return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
        except (OverflowError, ValueError, OSError):
            return str(seconds)


@cache
def words(language: Language) -> Words:
    """The words of a language."""
    file = resources.files("verifier.desk").joinpath("words", f"report.{language}.toml")
    return Words(language, tomllib.loads(file.read_text(encoding="utf-8")))


def visible(text: str) -> str:
    """The text with everything invisible written out: controls, marks of direction, lone surrogates."""
    return "".join(_shown(sign) for sign in text)


def _shown(sign: str) -> str:
    return f"\\u{{{ord(sign):x}}}" if unicodedata.category(sign)[0] == "C" or sign in "\u2028\u2029" else sign


def groups(digits: str) -> list[str]:
    """Hexadecimal digits in groups of four, as they are read aloud."""
    return [digits[start : start + 4] for start in range(0, len(digits), 4)]
