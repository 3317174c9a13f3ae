"""clause = check = vector = mutant: the lists are equal, and the catalogue says of a clause what the spec says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests import mutants
from tests.corpus import boards, replay
from tests.mutation.bends import bends
from tests.mutation.deletions import deletions
from verifier.catalogue import CATALOGUE, CLAUSES, Clause
from verifier.report import checks

ROOT = Path(__file__).parent.parent
SPECS = ROOT / "specs"
ROW = re.compile(r"^\| ([A-Z]{3}\.\d+) \| (\w+) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def rejected() -> set[str]:
    """Clauses for which a committed vector must be refused, or found."""
    ids: set[str] = set()
    for path in (SPECS / "vectors").glob("*.json"):
        file = json.loads(path.read_text())
        for vector in file.get("rejected", []):
            expect = vector.get("expect", [])
            ids.update([expect] if isinstance(expect, str) else expect)
        ids.update(receipt["result"] for receipt in file.get("receipts", []))
    ids.update(told.expect for told in boards.LIES)
    return ids & CLAUSES.keys()


def test_the_table_of_the_spec_is_the_catalogue() -> None:
    table = ROW.findall((SPECS / "verification.md").read_text())
    assert table == [(clause.id, clause.category, clause.text, clause.spec) for clause in CATALOGUE]
    assert len(CLAUSES) == len(CATALOGUE)


def test_every_clause_is_carried_by_a_call_and_no_call_carries_another() -> None:
    assert {mutant.id for mutant in deletions(ROOT) if re.fullmatch(r"[A-Z]{3}\.\d+", mutant.id)} == set(CLAUSES)


def test_every_clause_has_a_rejected_vector() -> None:
    assert set(CLAUSES) - rejected() == set()


def test_every_clause_has_a_mutant() -> None:
    assert {mutant.id for mutant in mutants.mutants()} & set(CLAUSES) == set(CLAUSES)


def test_findings_are_found_in_an_accepted_election() -> None:
    file = replay.load()
    found = [vector for vector in file["accepted"] if vector["verdict"] == "accepted with findings"]
    ids = {line.id for vector in found for line in replay.Replay(file, vector).audit().findings}
    assert ids == {clause.id for clause in CATALOGUE if "(finding)" in clause.text} == {"KEY.7"}


@pytest.mark.parametrize("clause", CATALOGUE, ids=lambda clause: clause.id)
def test_the_named_paragraph_exists(clause: Clause) -> None:
    page, _, numbers = clause.spec.partition(" §")
    text = (SPECS / f"{page}.md").read_text()
    for number in range(int(numbers.split("–")[0]), int(numbers.split("–")[-1]) + 1) if numbers else ():
        assert re.search(rf"^(?:## )?{number}\. ", text, re.MULTILINE), f"{clause.spec} is not there"


def test_every_mutant_still_applies() -> None:
    every = [*deletions(ROOT), *bends(ROOT)]
    assert len({mutant.name for mutant in every}) == len(every)
    assert len(bends(ROOT)) >= 60
    for mutant in every:
        assert mutant.source != (ROOT / "verifier" / mutant.file).read_text()
        compile(mutant.source, mutant.name, "exec")
    assert mutants.EQUIVALENT.keys() <= {mutant.name for mutant in every}
    assert all(len(reason) > 20 for reason in mutants.EQUIVALENT.values())


def test_a_report_has_a_line_for_each_clause() -> None:
    table = checks(dict.fromkeys(CLAUSES, 1), [], [], {})
    assert [(check.id, check.status) for check in table] == [(clause.id, "PASS") for clause in CATALOGUE]
