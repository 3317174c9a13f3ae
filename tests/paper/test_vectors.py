"""Elections on paper in `specs/vectors/`: lies are refused at their place, and what is found is what the files say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.corpus import evenings, findings, papers, replay
from verifier.audit.clauses import ORDER

FILES = {name: replay.load(name) for name in ("papers", "evenings", "joined")}
LIES = [pytest.param(v, id=f"{v['expect']} {v['name']}") for v in FILES["papers"]["rejected"]]
ACCEPTED = [pytest.param(name, v, id=f"{name} {v['name']}") for name, file in FILES.items() for v in file["accepted"]]


@pytest.mark.parametrize("vector", LIES)
def test_a_lie_on_paper_is_rejected(vector: dict[str, Any]) -> None:
    replay.check_rejected(FILES["papers"], vector)


@pytest.mark.parametrize(("name", "vector"), ACCEPTED)
def test_nothing_else_is_rejected(name: str, vector: dict[str, Any]) -> None:
    replay.check_accepted(FILES[name], vector)


def test_the_files_hold_every_lie_and_every_oddity() -> None:
    told = sorted(papers.PAPER_LIES, key=lambda lie: (ORDER[lie.expect], lie.name))
    kept = [(vector["name"], vector["expect"]) for vector in FILES["papers"]["rejected"]]
    assert kept == [(lie.name, lie.expect) for lie in told]
    entered = {
        "papers": [odd.name for odd in findings.ODD_PAPERS],
        "evenings": [evening.name for evening in evenings.every()],
        "joined": [odd.name for odd in findings.JOINED],
    }
    assert {name: [vector["name"] for vector in file["accepted"]] for name, file in FILES.items()} == entered


def test_each_file_tells_what_it_is_about() -> None:
    """What is expected of a vector is found in it; only what is expected of nothing finds nothing."""
    expected = {
        "papers": {odd.name: odd.expect for odd in findings.ODD_PAPERS},
        "evenings": {evening.name: evening.expect for evening in evenings.every()},
        "joined": {odd.name: odd.expect for odd in findings.JOINED},
    }
    for name, file in FILES.items():
        for vector in file["accepted"]:
            clauses = {clause for clause, _ in vector["findings"]}
            clause = expected[name][vector["name"]]
            assert clause in clauses if clause else not clauses, vector["name"]
