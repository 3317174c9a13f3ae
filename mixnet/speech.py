"""What voters and key holders are told, in the language that was asked for: words/ has one file for each."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

import click

from verifier.desk.commands.speech import spoken
from verifier.desk.report.language import Language, Words, groups
from verifier.desk.report.letters import visible


class Trouble(Exception):
    """Something that ends a command and that people can mend; `key` is its sentence among the words."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self._key, self._values = key, values

    def __str__(self) -> str:
        return said(self._key, **self._values)


def said(key: str, **values: object) -> str:
    """The sentence with the values in it; others wrote some of the values."""
    return _words(spoken().language).say(key, **{name: visible(str(value)) for name, value in values.items()})


def tell(key: str, **values: object) -> None:
    """Say it on standard output."""
    click.echo(said(key, **values))


def said_key(key: bytes) -> str:
    """The election key in groups of four digits, as the verifier's report prints it (MAN.6)."""
    return said("election.key", groups=" ".join(groups(key.hex())))


@cache
def _words(language: Language) -> Words:
    file = resources.files("mixnet").joinpath("words", f"mix.{language}.toml")
    return Words(language, tomllib.loads(file.read_text(encoding="utf-8")), {})
