"""Whole packed archives, each with its sheet: three auditors say the same of every one of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reference import archives as reference
from tests.support.backends import BACKENDS, judge_on
from tests.support.house import read_vectors
from tests.vectors import carried, filed, packing
from tests.vectors.archives import FOLDER, judged, make
from verifier.audit.clauses import CLAUSES

FILE = read_vectors("archives")
ARCHIVES = FILE["archives"]
LARGEST, ALL = 60_000, 2_000_000  # bytes
PHASES = {
    *("setup", "ceremony", "registration", "voting", "closed"),
    *("frozen", "mixing", "decrypting", "tallied", "certified", "papers"),
}


@pytest.mark.parametrize("vector", ARCHIVES, ids=lambda vector: vector["name"])
def test_an_archive_is_judged_as_its_vector_says(vector: dict[str, Any]) -> None:
    """E8: a whole archive, packed, has the verdict, the phase, the clauses and the places of its vector."""
    said = judged((FOLDER / vector["archive"]).read_bytes(), FILE["sheets"][vector["sheet"]])
    assert {**vector, **said} == vector
    assert vector.keys() - said.keys() == {"name", "archive", "sheet"}


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_archives_on_either_backend(backend: str) -> None:
    """E8: kernel and libsodium give the same."""
    judge_on(backend, "tests.vectors.archives")


@pytest.mark.slow
def test_the_reference_agrees_on_archives() -> None:
    """E8: who has only read the pages comes to the same."""
    agrees = reference.judge_archives(FILE, FOLDER)
    assert [name for name, agreed in agrees.items() if not agreed] == []
    assert list(agrees) == [vector["name"] for vector in ARCHIVES]


def test_the_reference_notices_what_is_expected_wrongly() -> None:
    short = next(vector for vector in ARCHIVES if vector["name"] == "two histories")
    changes: list[dict[str, Any]] = [
        {"verdict": "accepted"},
        {"phase": "voting"},
        {"false": []},
        {"open": [["BRD.1", "checkpoint"]]},
    ]
    for bent in changes:
        assert reference.judge_archives({**FILE, "archives": [short | bent]}, FOLDER) == {short["name"]: False}
    assert reference.judge_archives({**FILE, "archives": [short]}, FOLDER) == {short["name"]: True}


@pytest.mark.slow
def test_the_committed_archives_are_those_that_are_made() -> None:
    """Byte by byte, but for how deflate spells them, which zlib does not promise."""
    file, packed = make([*carried.every(), *filed.filed()])
    assert file == FILE
    assert sorted(packed) == sorted(path.name for path in FOLDER.iterdir())
    for name, raw in packed.items():
        assert packing.entries(raw) == packing.entries((FOLDER / name).read_bytes()), name


def test_the_archives_cover_every_verdict_phase_and_clause() -> None:
    """E8: all that an audit can say of a log is said of one of them, or of an election on paper; receipts are not."""
    told = {line[0] for vector in ARCHIVES for kind in ("false", "open", "found") for line in vector[kind]}
    elections = [vector for name in filed.WHOLE for vector in read_vectors(name)["accepted"]]
    told |= {clause for vector in elections for clause, _ in vector["findings"]}
    assert set(CLAUSES) - told - {clause for clause in CLAUSES if clause.startswith("RCP")} == set()
    assert {vector["phase"] for vector in ARCHIVES} == PHASES
    assert len({vector["verdict"] for vector in ARCHIVES}) == 4
    assert {stands for vector in ARCHIVES if (stands := vector.get("stands")) is not None} == {True, False}
    assert len({vector["name"] for vector in ARCHIVES}) == len(ARCHIVES) >= 40


def test_the_archives_are_small() -> None:
    sizes = [path.stat().st_size for path in FOLDER.iterdir()]
    assert max(sizes) <= LARGEST
    assert sum(sizes) <= ALL
