"""Every sentence that a check may end with has its translation, and no translation has lost its sentence."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import verifier
from tests.support.house import HOUSE
from verifier.commission.certificate import Unfit, decode
from verifier.desk.commands.clauses import CERTIFIED
from verifier.desk.commands.main import main
from verifier.desk.report.language import LANGUAGES, Quote, words
from verifier.errors import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.desk.report.language import Language

ROOT = Path(verifier.__file__).parent
SAYS = {"say", "refuse", "Malformed", "Incomplete", "Rejected", "Unfit", "Finding", "Answer", "_strange"}
TRANSLATED = [language for language in LANGUAGES if language != "en"]


def trees() -> Iterator[ast.Module]:
    """All sources of the verifier."""
    for path in sorted(ROOT.rglob("*.py")):
        yield ast.parse(path.read_text(encoding="utf-8"))


def template(node: ast.expr) -> Iterator[str]:
    """The sentence with {} for its values, as it is looked up."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.IfExp(body=body, orelse=other):
            yield from template(body)
            yield from template(other)


def said(node: ast.AST) -> list[ast.expr]:
    """What a call that ends a check says, or what is given to one to say; places and names of keys too."""
    match node:
        case ast.Call(func=ast.Name(id="say"), args=[first, *_]):
            return [first]
        case ast.Call(func=ast.Name(id=name), args=parts) if name in SAYS:
            return parts
        case ast.Call(func=ast.Attribute(attr="find"), args=[_, _, _, last]):
            return [last]
        case ast.Yield(value=ast.Tuple(elts=[_, ast.Constant() as one, *_])) | ast.Yield(value=ast.expr() as one):
            return [one]
    return []


def spoken() -> set[str]:
    """All sentences that are said; a place or a word of one's own is none."""
    nodes = (node for tree in trees() for node in ast.walk(tree))
    return {text for node in nodes for each in said(node) for text in template(each) if text.count(" ") > 1}


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_of_a_check_has_its_translation(language: Language) -> None:
    """F7: every sentence of a report is in the reader's language."""
    sentences = spoken()
    assert len(sentences) > 150
    assert sorted(sentences - words(language)._details.keys()) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_translation_has_lost_its_sentence(language: Language) -> None:
    written = {
        text for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.expr) for text in template(node)
    }
    assert sorted(words(language)._details.keys() - written) == []


def test_no_detail_is_an_f_string() -> None:
    """F7: details carry values, not prose; what is wrapped is told by its own sentence."""
    for path in sorted(ROOT.rglob("*.py")):
        if "desk" in path.relative_to(ROOT).parts:
            continue
        parts = [part for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for part in said(node)]
        texts = [text for part in parts if isinstance(part, ast.JoinedStr) for text in template(part)]
        assert not [text for text in texts if text.count(" ") > 1], (path, texts)
        wrapped = [part for part in parts if isinstance(part, ast.Attribute) and part.attr == "detail"]
        assert wrapped == [], path


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_sentence_inside_a_sentence_is_translated_too(language: Language) -> None:
    """F7: what is wrapped is told in the reader's language, whether it has values of its own or not."""
    w = words(language)
    for inner in ("this is not base64", say("the key id should be {}", "0a1b2c3d")):
        told = w.detail(say("its policy is not well formed: {}", inner))
        assert isinstance(told, str)
        assert str(w.detail(inner)) in told
        assert str(inner) not in told


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_wrong_with_a_certificate_is_told_in_the_language(language: Language) -> None:
    """D: the reader of certificates says what is wrong, in the reader's language."""
    for raw in (b"", b"\x30\x80", b"\x30\x02\x05\x00", bytes(9000), b"\x30\x03\x30\x00\x00"):
        with pytest.raises(Unfit) as caught:
            decode(raw)
        told = words(language).detail(caught.value.said)
        assert not isinstance(told, Quote), caught.value.detail
        assert re.search("[а-яөүң]{4}", told)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id", CERTIFIED)
def test_why_a_certificate_is_not_taken_is_explained_by_the_words_of_the_page(id: str, language: Language) -> None:
    """D: each reason of the page has its line, in the page's order, in every language."""
    page = (HOUSE / "specs" / "certificates.md").read_text(encoding="utf-8").partition("## 9")[2]
    listed = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    said = CliRunner().invoke(main, ["explain", id, "--lang", language]).stdout
    lines = [line.split(maxsplit=1) for line in said.splitlines() if line.startswith("  ")]
    assert [word for word, _ in lines] == listed
    assert len(listed) > 20
    assert all(words(language)["unfit." + word] == why for word, why in lines)
    assert len({why for _, why in lines}) == len(lines)
    assert language == "en" or all(re.search("[а-яөүң]{3}", why) for _, why in lines)
