"""What a clause says, what its failure means and what to do then, in three languages (words/clauses.*.toml)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal, NamedTuple

from verifier.desk.report.catalogue import BLOCKS, CATALOGUE, MANUAL, SERVED, Clause, Item
from verifier.errors import Malformed, say

if TYPE_CHECKING:
    from verifier.desk.report.language import Language

Topic = Literal["clauses", "blocks", "categories"]
_STATED: tuple[Clause | Item, ...] = (*CATALOGUE, *SERVED, *MANUAL)
# What the catalogue says already is not said again in the English file.
CATALOGUED: dict[Topic, dict[str, dict[str, str]]] = {
    "clauses": {said.id: {"text": said.text} for said in _STATED},
    "blocks": {block.id: {"title": block.title, "about": block.about} for block in BLOCKS},
    "categories": {clause.category: {"name": clause.category} for clause in CATALOGUE},
}


class Explained(NamedTuple):
    """A clause's sentence, what its failure means for the election, what to do, and what is wrong in a few words."""

    text: str
    means: str
    do: str
    wrong: str = ""


def explain(id: str, language: Language = "en") -> Explained:
    """A clause, what an address is asked, or a line of the manual sheet; `Malformed` if there is none of this id."""
    if id not in CATALOGUED["clauses"]:
        raise Malformed(say("there is no clause {}: `aikyn-verify checks` lists them", id))
    return Explained(**_said("clauses", id, language))


def recall(id: str, language: Language) -> Explained:
    """The clause explained; nothing is known of a clause that only a later version has."""
    return explain(id, language) if id in CATALOGUED["clauses"] else Explained("", "", "")


def title(block: str, language: Language = "en") -> str:
    """A block's title."""
    return _said("blocks", block, language)["title"]


def about(block: str, language: Language = "en") -> str:
    """What a block is about."""
    return _said("blocks", block, language)["about"]


def category(name: str, language: Language = "en") -> str:
    """A category's name."""
    return _said("categories", name, language)["name"]


def _said(section: Topic, key: str, language: Language) -> dict[str, str]:
    return CATALOGUED[section][key] | _file(language).get(section, {}).get(key, {})


@cache
def _file(language: Language) -> dict[Topic, dict[str, dict[str, str]]]:
    """The file of one language, read when it is first asked for."""
    path = resources.files("verifier.desk") / "words" / f"clauses.{language}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))  # type: ignore[return-value]
