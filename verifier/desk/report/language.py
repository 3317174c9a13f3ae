"""The report's words in three languages, and how figures, times and details are written in them."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from importlib import resources
from string import Formatter
from typing import TYPE_CHECKING, Any, Literal, get_args

import msgspec

from verifier.desk.report.letters import is_blank
from verifier.errors import Said

if TYPE_CHECKING:
    from verifier.errors import Detail
    from verifier.records import Text

Language = Literal["en", "ky", "ru"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
NBSP = "\u00a0"
BISHKEK = timezone(timedelta(hours=6))


class Quote(msgspec.Struct, frozen=True):
    """What the verifier said in English, for which this language has no words."""

    quoted: str


class Words:
    """One language's words; `words["a.b"]` is the text at that place of the language's files."""

    def __init__(self, language: Language, table: dict[str, Any], details: dict[str, str]) -> None:
        self.language = language
        self._table = table
        self._details = details

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
        """The section's name for this key; the key itself if the section does not know it."""
        return str(self._table[section].get(key, key))

    def names(self, section: str) -> dict[str, str]:
        """What a section calls each of its keys."""
        return dict(self._table[section])

    def text(self, text: Text) -> str:
        """The manifest's text in this language, or in another if it is blank."""
        return text_in(self.language, text)

    def detail(self, detail: Detail) -> str | Quote:
        """What the verifier said, by its English text and its values, in this language."""
        if self.language == "en":
            return str(detail)
        text, values = (detail.text, detail.values) if isinstance(detail, Said) else (detail, ())
        form = self._details.get(text)
        told = [self.detail(value) if isinstance(value, Said) or value in self._details else value for value in values]
        if form is None or any(isinstance(value, Quote) for value in told):
            return Quote(str(detail))
        return _Form(self).vformat(form, told, {}) if isinstance(detail, Said) else form

    def number(self, number: int) -> str:
        """A whole number with its thousands apart."""
        return f"{number:,}".replace(",", self["form.thousands"])

    def share(self, part: int, whole: int) -> str:
        """A part as a percentage of the whole, to one place; "–" if there is nothing."""
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

    def day(self, seconds: int) -> str:
        """The day in Bishkek, as people write it, and the bare seconds if no calendar has it."""
        try:
            day = datetime.fromtimestamp(seconds, BISHKEK)
        except (OverflowError, ValueError, OSError):
            return str(seconds)
        return self["form.day"].format(day=day.day, month=self[f"months.{day.month}"], year=day.year)

    def moment(self, seconds: int | None) -> str:
        """Day and time in Bishkek, "–" if it is not shown; a whole minute is written without seconds."""
        if seconds is None:
            return "–"
        try:
            time = datetime.fromtimestamp(seconds, BISHKEK)
        except (OverflowError, ValueError, OSError):
            return str(seconds)
        return self["form.moment"].format(day=self.day(seconds), time=f"{time:%H:%M:%S}".removesuffix(":00"))


class _Form(Formatter):
    """Fills a translation: `{0:kinds}` is the first value by the name that the section `kinds` has for it."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def format_field(self, value: Any, section: str) -> str:  # noqa: ANN401  as the library has it
        return self._words.name(section, str(value)) if section else str(value)


def text_in(language: Language, text: Text) -> str:
    """A text in the language, or in another if it is blank; "–" if all are."""
    said: tuple[str, ...] = (getattr(text, language), text.ru, text.ky, text.en)
    return next((one for one in said if not is_blank(one)), "–")


@cache
def words(language: Language) -> Words:
    """The words of a language."""
    table = _table(f"report.{language}.toml") | _table(f"commands.{language}.toml")
    return Words(language, table, {} if language == "en" else _table(f"details.{language}.toml"))


def _table(name: str) -> dict[str, Any]:
    file = resources.files("verifier.desk").joinpath("words", name)
    return tomllib.loads(file.read_text(encoding="utf-8"))


def groups(digits: str) -> list[str]:
    """Hexadecimal digits in groups of four, as they are read aloud."""
    return [digits[start : start + 4] for start in range(0, len(digits), 4)]
