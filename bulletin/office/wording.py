"""The desk's words in three languages: every file of `words/` that ends in the language's name."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from verifier.desk.report.language import Language, Words


@cache
def speak(language: Language) -> Words:
    """The desk's words in a language."""
    table: dict[str, Any] = {}
    files = resources.files("bulletin.office").joinpath("words").iterdir()
    for file in sorted(files, key=lambda each: each.name):
        if file.name.endswith(f".{language}.toml"):
            for section, held in tomllib.loads(file.read_text(encoding="utf-8")).items():
                table.setdefault(section, {}).update(held)
    return Words(language, table, {})
