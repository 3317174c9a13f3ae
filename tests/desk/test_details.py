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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.desk.report.language import Language

ROOT = Path(verifier.__file__).parent
SAYS = {"say", "refuse", "Malformed", "Incomplete", "Rejected", "Unfit", "Finding", "Answer", "_strange"}
PROSE = {
    "audit/validity.py",
    "commission/quorum.py",
    "commission/roster.py",
    "election/ceremony.py",
    "election/counting.py",
    "election/decryption.py",
    "election/logkey.py",
    "election/manifest.py",
    "election/register.py",
    "election/shuffle.py",
    "election/tally.py",
    "fold.py",
}  # whose sentences still hold their values
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


def spoken() -> set[str]:
    """What is said in the calls that end a check; a place or a word of one's own is no sentence."""
    found = set()
    for tree in trees():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SAYS:
                first = call.args[:1] if call.func.id == "say" else call.args
                found |= {text for each in first for text in template(each) if text.count(" ") > 1}
    return found


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
        inside = path.relative_to(ROOT)
        if "desk" in inside.parts or inside.as_posix() in PROSE:
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SAYS:
                texts = [text for each in call.args if isinstance(each, ast.JoinedStr) for text in template(each)]
                assert not [text for text in texts if text.count(" ") > 1], (path, texts)


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_wrong_with_a_certificate_is_told_in_the_language(language: Language) -> None:
    """D1: the reader of certificates says what is wrong, in the reader's language."""
    for raw in (b"", b"\x30\x80", b"\x30\x02\x05\x00", bytes(9000), b"\x30\x03\x30\x00\x00"):
        with pytest.raises(Unfit) as caught:
            decode(raw)
        told = words(language).detail(caught.value.said)
        assert not isinstance(told, Quote), caught.value.detail
        assert re.search("[а-яөүң]{4}", told)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id", CERTIFIED)
def test_why_a_certificate_is_not_taken_is_explained_by_the_words_of_the_page(id: str, language: Language) -> None:
    """D1: each reason of the page has its line, in the page's order, in every language."""
    page = (HOUSE / "specs" / "certificates.md").read_text(encoding="utf-8").partition("## 9")[2]
    listed = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    said = CliRunner().invoke(main, ["explain", id, "--lang", language]).stdout
    lines = [line.split(maxsplit=1) for line in said.splitlines() if line.startswith("  ")]
    assert [word for word, _ in lines] == listed
    assert len(listed) > 20
    assert all(words(language)["unfit." + word] == why for word, why in lines)
    assert len({why for _, why in lines}) == len(lines)
    assert language == "en" or all(re.search("[а-яөүң]{3}", why) for _, why in lines)
