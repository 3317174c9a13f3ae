"""What is wrong with a TOML file is said in our words, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulletin.office.mistake import Mistakes
from bulletin.office.toml import REASONS, read_toml
from verifier.desk.report.language import LANGUAGES


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a = 1\nb 2", 2, "a name has no ="),
        ("a = “x”", 1, "a value is none"),
        ("a = True", 1, "a value is none"),
        ('a = "x\ny"', 1, "a quotation mark is not closed"),
        ("a = 'x", 1, "a quotation mark is not closed"),
        ("a = [1,\n2", 2, "a bracket is not closed"),
        ("[a\nb = 1", 1, "a bracket is not closed"),
        ("a = 1\na = 2", 2, "given twice"),
        ("[a]\n[a]\n", 2, "given twice"),
        ("a = 2027-13-01", 1, "stands behind a value"),
        ('a = "C:\\q"', 1, "a backslash"),
        ("ключ = 1", 1, "does not begin with a name of Latin letters"),
    ],
)
def test_what_is_no_toml_is_said_in_our_words(tmp_path: Path, text: str, line: int, said: str) -> None:
    path, found = tmp_path / "election.toml", Mistakes()
    path.write_text(text, encoding="utf-8")
    assert read_toml(path, found) is None
    [mistake] = found
    assert (mistake.kind, mistake.line, said in mistake.tell("en")) == ("toml", line, True)
    told = [mistake.tell(language) for language in LANGUAGES]
    assert len(set(told)) == 3
    assert not any(begins in sentence for begins in REASONS for sentence in told)
