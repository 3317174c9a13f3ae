"""What is wrong with what a commission wrote, what was mended in it, what is waited for (specs/desk.md §1.5)."""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

from bulletin.office.wording import speak
from verifier.desk.report.language import Language, words
from verifier.errors import Detail, Said

Severity = Literal["mistake", "waiting", "notice"]


class Mistake(NamedTuple):
    """A kind of `words/mistakes.*.toml`, with the values that its sentence names; `line` 0 is the file as a whole."""

    kind: str
    file: str
    line: int
    values: dict[str, Detail | int]

    @property
    def severity(self) -> Severity:
        """A mistake and what is waited for stop a step; a notice says what the desk has mended by itself."""
        return _severities()[self.kind]

    def tell(self, language: Language) -> str:
        """The sentence: file, line, what is wrong, what to do."""
        w = speak(language)
        told = {name: _told(value, language) for name, value in self.values.items()}
        said = w.say(f"{self.severity}.{self.kind}", **told)
        return w.say("at.line" if self.line else "at.file", file=self.file, line=str(self.line), said=said)


class Mistakes(list[Mistake]):
    """What was found so far, in its order."""

    def note(self, kind: str, file: str, line: int = 0, **values: Detail | int) -> None:
        """Take in one more."""
        self.append(Mistake(kind, file, line, values))

    @property
    def grave(self) -> bool:
        """Whether one of them stops a step."""
        return any(mistake.severity != "notice" for mistake in self)


def _told(value: Detail | int, language: Language) -> str | int:
    """A value as a reader of the language sees it; what the verifier said, in that language if it has the words."""
    return str(words(language).detail(value)) if isinstance(value, Said) else value


@cache
def _severities() -> dict[str, Severity]:
    w = speak("en")
    severities: tuple[Severity, ...] = ("mistake", "waiting", "notice")
    return {kind: severity for severity in severities for kind in w.names(severity)}
