"""The words of printed pages in three languages."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from verifier.desk.report.language import Language, Words

HERE = resources.files("bulletin.office.printed")


@cache
def speak(language: Language) -> Words:
    """The words of all printed pages in a language."""
    text = HERE.joinpath("words", f"printed.{language}.toml").read_text(encoding="utf-8")
    return Words(language, tomllib.loads(text), {})
