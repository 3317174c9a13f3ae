"""Every fault that was seen has tests, and `tests/faults.md` names them."""

from __future__ import annotations

import ast
import re

from tests.support.sources import TEXTS

ROWS = [f"{part}{row}" for part, rows in {"A": 5, "B": 5, "C": 7}.items() for row in range(1, rows + 1)]
ROWS += ["D", *(f"{part}{row}" for part, rows in {"E": 14, "F": 13, "G": 12}.items() for row in range(1, rows + 1))]
BEGINS = re.compile(r"([A-G]\d*(?:, [A-G]\d*)*): ")


def listed() -> dict[str, set[str]]:
    """The tests that the page names for each row, as `file::name`."""
    page = TEXTS["tests/faults.md"]
    parts = re.split(r"^- \*\*(\w+)\.\*\* ", page, flags=re.MULTILINE)[1:]
    assert parts[::2] == ROWS
    rows: dict[str, set[str]] = {}
    for row, text in zip(parts[::2], parts[1::2], strict=True):
        files = re.split(r"`(tests/[\w/]+\.py)`:", text)[1:]
        rows[row] = {
            f"{file}::{name}"
            for file, names in zip(files[::2], files[1::2], strict=True)
            for name in re.findall(r"`(test_\w+)`", names)
        }
    return rows


def written() -> dict[str, set[str]]:
    """The tests whose docstring begins with a row's id."""
    rows: dict[str, set[str]] = {row: set() for row in ROWS}
    for file, text in TEXTS.items():
        if re.fullmatch(r"tests/.*/test_\w+\.py", file):
            for node in ast.walk(ast.parse(text)):
                said = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
                begins = BEGINS.match(said or "")
                for row in begins[1].split(", ") if begins else ():
                    rows[row].add(f"{file}::{getattr(node, 'name', '')}")
    return rows


def test_every_row_is_held_by_the_tests_that_the_page_names() -> None:
    named = listed()
    assert named == written()
    assert [row for row in ROWS if not named[row]] == []
