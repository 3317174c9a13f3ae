"""The report's words in three languages, and how figures, times and places are written in them."""

from __future__ import annotations

import tomllib
import unicodedata
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from verifier.place import Place
    from verifier.records import Text

Language = Literal["en", "ky", "ru"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
NBSP = "\u00a0"


class Words:
    """One language's words; `words["a.b"]` is the text at that place of the language's file."""

    def __init__(self, language: Language, table: dict[str, Any]) -> None:
        self.language = language
        self._table = table

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

    def place(self, place: Place) -> str:
        """Where a failure is."""
        item = {"": "row", "output row": "row", "plaintext row": "row", "credential": "credential"}.get(place.part, "")
        spoken = (
            place.copy,
            self._file(place),
            "" if place.record is None else self.say("place.record", number=str(place.record)),
            "" if place.line is None else self.say("place.line", number=str(place.line)),
            "" if place.column is None else self.say("place.column", number=str(place.column)),
            place.part
            if place.row is None
            else self.say(f"place.{item}", number=str(place.row))
            if item
            else f"{place.part} {place.row}",
        )
        return ", ".join(part for part in spoken if part)

    def _file(self, place: Place) -> str:
        folder, _, number = place.file.partition("/")
        if folder == "checkpoints":
            return self.say("place.kept", number=number)
        return self.name("files", place.file) + (f" {place.unit}" if place.unit else "")

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
