"""The language that a command was asked to speak, and how it tells what ended it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, cast

import click

from verifier.desk.report.folding import where
from verifier.desk.report.language import LANGUAGES, Language, Quote, words
from verifier.desk.report.letters import visible
from verifier.errors import Malformed, Rejected

if TYPE_CHECKING:
    from verifier.desk.report.language import Words
    from verifier.errors import Detail, VerifierError
    from verifier.place import Place

_SPOKEN: ContextVar[Language] = ContextVar("language", default="en")


def spoken() -> Words:
    """The words of the language that was asked for."""
    return words(_SPOKEN.get())


def _speak(_context: click.Context, _option: click.Parameter, language: str) -> str:
    _SPOKEN.set(cast("Language", language))
    return language


LANG = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default="en",
    is_eager=True,
    expose_value=False,
    callback=_speak,
    help="Language of the answer.",
)


def tell(key: str, **values: object) -> None:
    """Say this on standard output."""
    click.echo(_say(key, values))


def warn(key: str, **values: object) -> None:
    """Say this on standard error, beside the output."""
    click.echo(_say(key, values), err=True)


def _say(key: str, values: dict[str, object]) -> str:
    """The words with the values in them; others wrote some of the values."""
    seen = {name: value if type(value) is int else visible(str(value)) for name, value in values.items()}
    return spoken().say(key, **seen)


def told(detail: Detail) -> str:
    """What the verifier said, in this language, or else in its own words."""
    said = spoken().detail(detail)
    return said.quoted if isinstance(said, Quote) else said


def explained(error: VerifierError) -> str:
    """The clause that is false, the place, and what was said about it."""
    return stated(error.id if isinstance(error, Rejected) else "", error.where, error.said)


def stated(id: str, place: Place, detail: Detail) -> str:
    """The clause, the place, and what was said about it."""
    head = " ".join(filter(None, (id, where([place], spoken()) if place else "")))
    return ": ".join(filter(None, (head, told(detail))))


def ended(error: VerifierError) -> None:
    """Say what ended the command."""
    kind = {Rejected: "rejected", Malformed: "malformed"}.get(type(error), "incomplete")
    warn(f"ended.{kind}", said=explained(error))
