"""What is wrong with what a commission wrote, what was mended in it, what is waited for (specs/desk.md §1.5)."""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple

from bulletin.office.objection import Objection, Told, told
from bulletin.office.wording import speak
from verifier.desk.report.language import Language

Gravity = Literal["mistake", "waiting", "notice"]


class Mistake(NamedTuple):
    """A kind of `words/mistakes.*.toml`, with the values that its sentence names; `line` 0 is the file as a whole."""

    kind: str
    file: str
    line: int
    values: dict[str, Told | Objection]

    @property
    def severity(self) -> Gravity:
        """A mistake and what is waited for stop a step; a notice says what the desk has mended by itself."""
        return _gravities()[self.kind]

    def tell(self, language: Language) -> str:
        """The sentence: file, line, what is wrong, what to do."""
        w = speak(language)
        written = {name: _written(value, language) for name, value in self.values.items()}
        said = w.say(f"{self.severity}.{self.kind}", **written)
        return w.say("at.line" if self.line else "at.file", file=self.file, line=str(self.line), said=said)


class Mistakes(list[Mistake]):
    """What was found so far, in its order."""

    def note(self, kind: str, file: str, line: int = 0, **values: Told | Objection) -> None:
        """Take in one more."""
        self.append(Mistake(kind, file, line, values))

    @property
    def grave(self) -> bool:
        """Whether one of them stops a step."""
        return any(mistake.severity != "notice" for mistake in self)


def _written(value: Told | Objection, language: Language) -> object:
    return value.tell(language) if isinstance(value, Objection) else told(value, language)


@cache
def _gravities() -> dict[str, Gravity]:
    w = speak("en")
    gravities: tuple[Gravity, ...] = ("mistake", "waiting", "notice")
    return {kind: gravity for gravity in gravities for kind in w.names(gravity)}
