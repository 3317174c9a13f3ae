"""The docket's words: each objection has its sentence in three languages, with the same values."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib import resources
from string import Formatter
from typing import Any

import pytest
from click.testing import CliRunner

from bulletin.office.acting import act
from bulletin.office.toml import REASONS
from bulletin.operate.commands import main
from verifier.desk.report.language import LANGUAGES

OFFICE = resources.files("bulletin.office")
FALLBACK = "refused-"  # a clause whose sentence says what to do besides


def table(language: str) -> dict[str, dict[str, str]]:
    held: dict[str, dict[str, Any]] = {}
    for name in ("acts", "papers", "token"):
        text = OFFICE.joinpath("words", f"{name}.{language}.toml").read_text(encoding="utf-8")
        for section, words in tomllib.loads(text).items():
            assert not held.get(section, {}).keys() & words.keys()
            held.setdefault(section, {}).update(words)
    return held


def named(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def raised() -> dict[str, set[str]]:
    """The kinds of objection that the office's modules raise, each with its values."""
    found: dict[str, set[str]] = {}
    for file in OFFICE.iterdir():
        if not file.name.endswith(".py"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in {"Objection", "Unable"}:
                continue
            kind = node.args[0]
            if isinstance(kind, ast.Constant):
                found.setdefault(str(kind.value), set()).update(word.arg for word in node.keywords if word.arg)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_languages_say_the_same(language: str) -> None:
    ours, theirs = table(language), table("en")
    assert {section: set(held) for section, held in ours.items()} == {s: set(held) for s, held in theirs.items()}
    for section, held in theirs.items():
        assert {key: named(text) for key, text in ours[section].items()} == {k: named(text) for k, text in held.items()}


def test_every_objection_has_a_sentence() -> None:
    sentences = table("en")["objection"]
    values = raised()
    assert len(values) > 30
    assert {kind for kind, given in values.items() if not named(sentences[kind]) <= given} == set()


def test_no_sentence_is_left_over() -> None:
    computed = {"unknown-codes", "doubled-codes", "codes-again", "gost-key", "old-key-file", "strange-key"}
    computed |= {"wrong-password", "no-key-file", "mistaken"}
    computed |= {f"token-{kind}" for kind in ("wrong-pin", "last-try", "locked", "failed", "no-key", "no-such-key")}
    computed |= {"toml-other", *REASONS.values()}
    computed |= {"token-unset", "token-pin-expired", "token-gone"}
    kinds = {kind for kind in table("en")["objection"] if not kind.startswith(FALLBACK)}
    assert kinds - set(raised()) - computed == set()


def test_the_list_of_acts_says_of_each_a_whole_sentence() -> None:
    said = CliRunner().invoke(main, ["act", "--help"]).output.partition("Commands:\n")[2]
    listed = dict(re.findall(r"^  ([a-z-]+) +((?:.+\n(?:   +.+\n)*))", said, re.MULTILINE))
    assert listed.keys() == act.commands.keys()
    assert {"paper", "batch", "observation", "intake", "sum", "result"} < listed.keys()
    assert [name for name, text in listed.items() if not re.match(r"[A-Z][^…]*[a-z`A-Z]\.\n\Z", text)] == []
