"""Every duty of the law's calendar has a row that says where it stands and what is asked of it (specs/duties.md)."""

from __future__ import annotations

import re

import pytest

from tests.mutation.deletions import carried
from tests.support.house import HOUSE
from verifier.audit.clauses import CLAUSES
from verifier.desk.report.catalogue import MANUAL

PAGE = (HOUSE / "specs" / "duties.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if re.match(r"\| [AB]\d", line)
]
HEADS = ["duty", "what is due", "record (form)", "who signs", "evidence", "checks", "page"]
KNOWN = CLAUSES.keys() | carried(HOUSE) | {item.id for item in MANUAL}


def test_every_duty_has_its_row() -> None:
    assert [row[0] for row in ROWS] == [f"A{n}" for n in range(1, 9)] + [f"B{n}" for n in range(1, 28)]
    assert f"| {' | '.join(HEADS)} |" in PAGE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_no_cell_of_a_row_is_empty(row: list[str]) -> None:
    assert len(row) == len(HEADS)
    assert "" not in row


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_check_of_a_row_exists_or_comes_later(row: list[str]) -> None:
    """A4 to A7 hang on what a voter sees, which a later version has."""
    checks = row[HEADS.index("checks")].split(", ")
    assert len(set(checks)) == len(checks)
    missing = [one for one in checks if one not in KNOWN]
    assert [one for one in missing if not one.startswith("later: ")] == []
    assert bool(missing) == (row[0] in {"A4", "A6"})
    assert any("later: " in cell for cell in row) == (row[0] in {"A4", "A6", "A7"})


def test_every_clause_of_a_duty_is_asked_somewhere() -> None:
    asked = {one for row in ROWS for one in row[HEADS.index("checks")].split(", ")}
    named = asked | set(re.findall(r"DUT\.\d+", PAGE))
    assert {f"DUT.{number}" for number in (2, 3, 4, 5, 6, 7, 8, 9, 12)} <= named
