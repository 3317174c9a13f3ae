"""Tests have walls too: those of the verifier's checks stand on who makes honest records, and on nothing else upstairs.

Key holders' records are made by mixnet/, commissions' by bulletin/office/; no board runs, and no demo.
"""

from __future__ import annotations

import ast

from tests.support.house import HOUSE

CHECKS = ("log", "proof", "commission", "election", "audit", "corpus", "fuzzing", "reference", "vectors")
UPSTAIRS = ("bulletin", "demo")
MAKERS = "bulletin.office."


def imported(file: str) -> set[str]:
    """The modules that a file imports, wherever in it, as a.b and a.b.c of `from a.b import c`."""
    nodes = list(ast.walk(ast.parse((HOUSE / file).read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    return plain | {f"{node.module}.{alias.name}" for node in named for alias in node.names}


def reached(files: set[str]) -> dict[str, set[str]]:
    """These files of the tests and all that they import of the tests, with what each imports."""
    found: dict[str, set[str]] = {}
    while files:
        file = files.pop()
        found[file] = imported(file)
        modules = {name for name in found[file] if name.startswith("tests.")}
        paths = {name.replace(".", "/") + ".py" for each in modules for name in (each, each.rpartition(".")[0])}
        files |= {path for path in paths if (HOUSE / path).is_file()} - found.keys()
    return found


def test_checks_are_tested_without_a_board_and_without_the_demo() -> None:
    files = {str(path.relative_to(HOUSE)) for room in CHECKS for path in (HOUSE / "tests" / room).glob("*.py")}
    files |= {str(path.relative_to(HOUSE)) for path in (HOUSE / "tests").glob("test_*.py")}
    found = reached(files)
    assert "tests/support/elections.py" in found
    strangers = {
        (file, name)
        for file, names in found.items()
        for name in names
        if name.split(".")[0] in UPSTAIRS and not name.startswith(MAKERS)
    }
    assert strangers == set()


def test_no_test_imports_another() -> None:
    files = {str(path.relative_to(HOUSE)) for path in (HOUSE / "tests").rglob("*.py")}
    between = {(file, name) for file in files for name in imported(file) if ".test_" in name.rpartition(".")[0]}
    assert between == set()
