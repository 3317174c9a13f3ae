"""Elections bent at random: this verifier's judges and those of tests/reference find the same of each."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from tests.corpus import evenings, papers
from tests.reference.elections import judge_papers
from tests.reference.papers import Papers
from tests.support.bending import Bender
from tests.support.papers import RACE
from tests.support.returns import NIGHT, PaperElection, counted
from verifier.paper.papers import NONE, PaperBatch, Typed, TypedPapers
from verifier.paper.weigh import weigh
from verifier.records import encode

if TYPE_CHECKING:
    from collections.abc import Callable

SOME, ALL = 12, 120
NEVER = float("inf")


def bent(seed: int) -> Bender:
    """An election in which one to three things are bent, before or after its end."""
    random = Random(seed)
    dated = random.choice((True, False))
    whole = evenings.twin() if dated else papers.twin()[0]
    reported = evenings.sizes()[1] if dated else papers.twin()[1]
    early, lacking = random.choice((True, False)), random.choice(("", "", "p-3"))
    size = first_paper(whole) if lacking else reported
    bender = Bender(whole, size if early else len(whole.records), random)
    bender.begin(whole.records[len(bender.records) : reported], lacking)
    for _ in range(random.choice((1, 2, 3))):
        bender.bend()
    if early and random.choice((True, True, False)):
        bender.conclude()
    return bender


def first_paper(whole: PaperElection) -> int:
    return next(n for n, raw in enumerate(whole.records) if b'"type":"paper"' in raw)


def looks(seed: int, size: int) -> Callable[[int], tuple[float, float]]:
    """When all witnesses looked, by the log's size."""
    random = Random(-seed)
    sizes = [*sorted(random.sample(range(20, size), 12)), size]
    times = sorted(NIGHT + random.choice((-9_000, -1, 0, 1, 1_800, 3_599, 3_600, 9_000, 400_000)) for _ in sizes)
    stamps = list(zip(sizes, times, strict=True))

    def bounds(record: int) -> tuple[float, float]:
        low = [time for at, time in stamps if at <= record]
        up = [time for at, time in stamps if at > record]
        return max(low, default=-NEVER), min(up, default=NEVER)

    return bounds


def check_agreement(seed: int) -> Counter[str]:
    """Both find the same; how much of each clause."""
    bender = bent(seed)
    size = len(bender.records)
    bounds = looks(seed, size) if seed % 4 else None
    judgement = weigh(bender.state, bounds)
    assert judgement is not None
    mine = Counter(
        (f.id, f.severity, *(f.where.unit, f.where.contest, f.where.form, f.where.version, f.where.key, f.where.record))
        for f in judgement.findings
    )
    blobs = {digest.hex(): b64encode(data).decode() for digest, data in bender.blobs.items()}
    fold = Papers(blobs, [])
    fold.replay(bender.records)
    assert fold.failures == bender.refused
    other = Counter(tuple(found[:8]) for found in judge_papers(fold, size, bounds))
    assert mine == other
    return Counter(clause for clause, *_ in mine)


@pytest.mark.parametrize("seed", range(SOME))
def test_both_verifiers_find_the_same(seed: int) -> None:
    check_agreement(seed)


def test_a_sum_may_have_what_was_entered_from_above() -> None:
    """A row of such figures has no leaf, and all lines and votes (specs/figures.md §8.3)."""
    whole, reported = papers.twin()
    bender = Bender(whole, first_paper(whole), Random(0))
    bender.begin(whole.records[len(bender.records) : reported], "p-3")
    lines, votes = counted("p-3")
    blob = bender.put(encode(TypedPapers((Typed("p-3", RACE, lines, votes),))))
    bender.enact_by(PaperBatch("tec-1", "protocol", "a call", 1, blob), "tec-1", 2)
    summed = bender.sum_up("tec-1", "protocol-tec")
    assert bender.table("tec-1", "protocol-tec").rows[2].paper == NONE
    bender.file(replace(summed, lines=dict(summed.lines) | {"units": 3}))
    assert bender.refused == []
    judgement = weigh(bender.state, None)
    assert judgement is not None
    assert {found.id for found in judgement.findings if found.where.unit == "tec-1"} == set()


@pytest.mark.slow
def test_both_verifiers_find_the_same_in_many() -> None:
    """Nearly every clause finds something in one of them."""
    found: Counter[str] = Counter()
    for seed in range(SOME, ALL):
        found += check_agreement(seed)
    assert len(found) >= 30, found
