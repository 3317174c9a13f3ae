"""The corpus of elections: what is broken is refused by its clause at its place, what is odd but honest is accepted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.corpus import boards, replay, vectors
from tests.corpus.odd import ODD, Odd, hold
from tests.corpus.twin import FAULTS, Fault, tell
from tests.support import copies
from tests.support.elections import AUTHORITY

FILE = replay.load()


@pytest.mark.parametrize("vector", FILE["rejected"], ids=lambda vector: f"{vector['expect']} {vector['name']}")
def test_a_broken_election_is_rejected(vector: dict[str, Any]) -> None:
    replay.check_rejected(FILE, vector)


@pytest.mark.parametrize("vector", FILE["accepted"], ids=lambda vector: vector["name"])
def test_an_odd_election_is_accepted(vector: dict[str, Any]) -> None:
    replay.check_accepted(FILE, vector)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.expect} {fault.name}")
def test_a_broken_election_made_afresh(fault: Fault) -> None:
    liar = tell(fault)
    report = copies.audit(copies.publish(liar.records, liar.blobs), copies.sheet(liar.records[0], [AUTHORITY.der]))
    assert replay.failures(report)[0] == (fault.expect, liar.at)
    assert report.exit == 1


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.name)
def test_an_odd_election_made_afresh(odd: Odd) -> None:
    held = hold(odd)
    report = copies.audit(copies.publish(held.records, held.blobs), copies.sheet(held.records[0], [AUTHORITY.der]))
    assert (report.verdict, report.phase) == (odd.verdict, odd.phase)


def test_the_file_holds_every_lie_and_every_oddity() -> None:
    kept = [(vector["name"], vector["expect"]) for vector in FILE["rejected"]]
    assert kept == [(fault.name, fault.expect) for fault in vectors.told()]
    assert [vector["name"] for vector in FILE["accepted"]] == [odd.name for odd in ODD]
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


def test_both_counts_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Elections without liars, or without honest ones, would show nothing: how many there are stands in the log."""
    liars, honest = len(FAULTS) + len(boards.LIES), len(FILE["accepted"])
    with capsys.disabled():
        print(f"\n{liars} liars to be refused, {honest} honest elections to be accepted")
    assert liars >= 300
    assert honest >= 25
