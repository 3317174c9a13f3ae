"""Why the desk does not do what it was asked, in three languages, with what to do about it."""

from __future__ import annotations

from bulletin.office.wording import speak
from verifier.desk.report.language import Language, words
from verifier.errors import Detail, Said


class Objection(Exception):
    """A sentence of the section `objection` in `words/acts.*.toml`, with its values; nothing was done."""

    def __init__(self, kind: str, **values: Detail | int) -> None:
        super().__init__(kind, values)
        self.kind, self.values = kind, values

    def __str__(self) -> str:
        return self.tell("en")

    def tell(self, language: Language) -> str:
        """The sentence; what the verifier said stands in it in that language, if it has the words."""
        told = {name: _told(value, language) for name, value in self.values.items()}
        return speak(language).say(f"objection.{self.kind}", **told)


def _told(value: Detail | int, language: Language) -> object:
    if not isinstance(value, Said):
        return value
    said = words(language).detail(value)
    return said if isinstance(said, str) else said.quoted
