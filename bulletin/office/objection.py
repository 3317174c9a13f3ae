"""Why the desk does not do what it was asked, in three languages, with what to do about it."""

from __future__ import annotations

from typing import NamedTuple

from bulletin.office.wording import speak
from verifier.desk.report.language import Language, words
from verifier.errors import Detail


class Named(NamedTuple):
    """Words of the report, by its section and their keys."""

    section: str
    keys: tuple[str, ...]


Told = Detail | int | Named


class Objection(Exception):
    """A sentence of the section `objection` in `words/acts.*.toml`, with its values; nothing was done."""

    def __init__(self, kind: str, **values: Told) -> None:
        super().__init__(kind, values)
        self.kind, self.values = kind, values

    def __str__(self) -> str:
        return self.tell("en")

    def tell(self, language: Language) -> str:
        """The sentence; what the verifier said stands in it in that language, if it has the words."""
        written = {name: told(value, language) for name, value in self.values.items()}
        return speak(language).say(f"objection.{self.kind}", **written)


class Unable(Objection):
    """It may be right, but it could not be done: something is missing, out of reach or unreadable."""


def told(value: Told, language: Language) -> object:
    """A value as a sentence has it; what the verifier said, in the language if it has the words."""
    if isinstance(value, Named):
        return ", ".join(words(language).name(value.section, key) for key in value.keys)
    if isinstance(value, int):
        return value
    said = words(language).detail(value)
    return said if isinstance(said, str) else said.quoted
