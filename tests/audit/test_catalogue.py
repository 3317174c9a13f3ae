"""clause = check = vector = mutant: the lists are equal, and the catalogue says of a clause what the spec says."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from itertools import groupby

import pytest

from tests.corpus import boards, replay
from tests.mutation import __main__ as mutants
from tests.mutation.bends import bends
from tests.mutation.deletions import deletions
from tests.support.house import HOUSE
from verifier.audit.clauses import CLAUSES
from verifier.audit.verdict import checks
from verifier.desk.report.catalogue import BLOCKS, CATALOGUE, MANUAL, SERVED, Clause

SPECS = HOUSE / "specs"
PAGE = (SPECS / "verification.md").read_text()
ROW = re.compile(r"^\| ([A-Z]{3}\.\d+) \| (\w+) \| (.+?) \| (.+?) \|$", re.MULTILINE)
ITEM = re.compile(r"^\| ((?:MAN|ART)\.\d+) \| (\w+) \| ([^|]+?) \|$", re.MULTILINE)
BLOCK = re.compile(r"^\| ([A-Z]{3}) \| ([^|]+?) \| ([^|]+?) \| (by the verifier|by people) \|$", re.MULTILINE)
ID = re.compile(rf"\b(?:{'|'.join(block.id for block in BLOCKS)})\.\d+\b")
IDS = CLAUSES.keys() | {item.id for item in (*SERVED, *MANUAL)}
CHECKED = {"verifier": "by the verifier", "people": "by people"}
FOUND_ON = ("papers", "evenings", "joined", "assets")  # logs on which findings are vectors too
SPEAKING = {"refuse", "require", "Rejected"}


def rejected() -> set[str]:
    """Clauses for which a committed vector must be refused, or found."""
    ids: set[str] = set()
    for path in (SPECS / "vectors").glob("*.json"):
        file = json.loads(path.read_text())
        for vector in file.get("rejected", []):
            expect = vector.get("expect", [])
            ids.update([expect] if isinstance(expect, str) else expect)
        ids.update(receipt["result"] for receipt in file.get("receipts", []))
        if path.stem in FOUND_ON:
            ids.update(id for vector in file["accepted"] for id, _ in vector["findings"])
    ids.update(told.expect for told in boards.LIES)
    return ids & CLAUSES.keys()


def test_the_table_of_the_spec_is_the_catalogue() -> None:
    table = ROW.findall(PAGE)
    assert table == [(clause.id, clause.category, clause.text, clause.spec) for clause in CATALOGUE]
    assert list(CLAUSES) == [clause.id for clause in CATALOGUE]


def test_every_clause_is_carried_by_a_call_and_no_call_carries_another() -> None:
    assert {mutant.id for mutant in deletions(HOUSE) if re.fullmatch(r"[A-Z]{3}\.\d+", mutant.id)} == set(CLAUSES)


def test_every_clause_has_a_rejected_vector() -> None:
    assert set(CLAUSES) - rejected() == set()


@pytest.mark.slow
def test_every_clause_has_a_mutant() -> None:
    assert {mutant.id for mutant in mutants.mutants()} & set(CLAUSES) == set(CLAUSES)


def test_findings_are_found_in_an_accepted_election() -> None:
    file = replay.load()
    found = [vector for vector in file["accepted"] if vector["verdict"] == "accepted with findings"]
    ids = {line.id for vector in found for line in replay.Replay(file, vector).audit().findings}
    ids |= {told.expect for told in boards.LIES if told.verdict == "accepted with findings"}
    ids |= {id for name in FOUND_ON for vector in replay.load(name)["accepted"] for id, _ in vector["findings"]}
    findings = {"CFG.7", "KEY.7", "KEY.10", "MIX.10", "BRD.5", *(f"PRT.{n}" for n in range(10, 36))}
    findings |= {"ART.3", *(f"DUT.{number}" for number in range(2, 13))}
    assert {clause.id for clause in CATALOGUE if "(finding)" in clause.text} == findings
    assert ids == findings | {"CRT.4"}  # and CRT.5, which hangs on what the witnesses saw


def paragraph(page: str, number: int) -> str:
    """A chapter of a page of the specs, or a numbered paragraph, to where the next one begins."""
    text = (SPECS / f"{page}.md").read_text()
    for begin, end in ((rf"## {number}\. ", "## "), (rf"{number}\. ", rf"(?:## )?{number + 1}\. ")):
        if found := re.search(rf"^{begin}.*?(?=^{end}|\Z)", text, re.MULTILINE | re.DOTALL):
            return found[0]
    raise AssertionError(f"{page} §{number} is not there")


@pytest.mark.parametrize("clause", CATALOGUE, ids=lambda clause: clause.id)
def test_the_named_paragraph_settles_the_clause(clause: Clause) -> None:
    page, _, numbers = clause.spec.partition(" §")
    if not numbers:
        assert f"`{clause.id}`" in (SPECS / f"{page}.md").read_text() or page == "verification"
        return
    first, last = int(numbers.split("–")[0]), int(numbers.split("–")[-1])
    assert any(f"`{clause.id}`" in paragraph(page, number) for number in range(first, last + 1))


def test_no_page_names_a_clause_that_is_not_there() -> None:
    named = {path.name: set(ID.findall(path.read_text())) for path in [*SPECS.glob("*.md"), *SPECS.glob("*/*.md")]}
    assert {page: ids - IDS for page, ids in named.items() if ids - IDS} == {}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call by which a room says that something is false, and its file."""
    for path in (path for room in ("verifier", "mixnet", "bulletin") for path in (HOUSE / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in SPEAKING:
                yield path.name, node


@pytest.mark.slow
def test_nothing_is_called_false_but_by_a_clause_of_the_spec() -> None:
    """The id stands at the call, or comes as a parameter from calls where it stands."""
    strangers = []
    for file, call in calls():
        match call.args[:1]:
            case [ast.Constant(value=str(id))] if id in CLAUSES:
                continue
            case [ast.Name(id="clause" | "id") | ast.Attribute(attr="id")]:
                continue
        strangers.append(f"{file}: {ast.unparse(call)}")
    assert strangers == []
    made = {file for file, call in calls() if isinstance(call.func, ast.Name) and call.func.id == "Rejected"}
    assert made <= {"errors.py", "batch.py"}


def test_no_file_names_a_clause_that_is_not_there() -> None:
    files = [
        path for room in ("verifier", "mixnet", "bulletin", "demo", "tests") for path in (HOUSE / room).rglob("*.py")
    ]
    named = {str(path.relative_to(HOUSE)): set(ID.findall(path.read_text())) for path in files}
    assert {file: ids - IDS for file, ids in named.items() if ids - IDS} == {}


def test_the_blocks_of_the_spec_are_the_catalogues() -> None:
    assert BLOCK.findall(PAGE) == [(block.id, block.title, block.about, CHECKED[block.by]) for block in BLOCKS]
    assert [block.id for block in BLOCKS if block.by == "verifier"] == list(dict.fromkeys(id[:3] for id in CLAUSES))
    assert {block.id for block in BLOCKS if block.by == "people"} == {item.id[:3] for item in MANUAL}


def test_ids_are_numbered_within_their_block() -> None:
    """A clause that is given up keeps its number; the next one gets the next. Duties of a later version have theirs."""
    for block, ids in groupby([*CLAUSES, *(item.id for item in (*SERVED, *MANUAL))], lambda found: found[:3]):
        numbers = [int(id[4:]) for id in ids]
        assert numbers == list(range(1, len(numbers) + 1)), block


def test_the_manual_sheet_of_the_spec_is_the_catalogues() -> None:
    assert ITEM.findall(PAGE) == [tuple(item) for item in (*SERVED, *MANUAL)]
    assert {item.category for item in MANUAL} == {clause.category for clause in CATALOGUE}


def test_no_program_passes_a_line_of_the_manual_sheet() -> None:
    assert not {item.id for item in (*SERVED, *MANUAL)} & CLAUSES.keys()
    assert not {check.id for check in checks({item.id: 1 for item in MANUAL}, [], [], {})} - CLAUSES.keys()


@pytest.mark.slow
def test_every_mutant_still_applies() -> None:
    every = [*deletions(HOUSE), *bends(HOUSE)]
    assert len({mutant.name for mutant in every}) == len(every)
    assert len(bends(HOUSE)) >= 60
    for mutant in every:
        assert mutant.source != (HOUSE / "verifier" / mutant.file).read_text()
        compile(mutant.source, mutant.name, "exec")
    assert mutants.EQUIVALENT.keys() <= {mutant.name for mutant in every}
    assert all(len(reason) > 20 for reason in mutants.EQUIVALENT.values())


def test_a_report_has_a_line_for_each_clause() -> None:
    table = checks(dict.fromkeys(CLAUSES, 1), [], [], {})
    assert [(check.id, check.status) for check in table] == [(clause.id, "PASS") for clause in CATALOGUE]
