"""All papers of a national election, judged: `python -m tests.benchmarks.papers [precincts]`."""

from __future__ import annotations

import random
import sys
import time

from msgspec.structs import replace

from bulletin.results.weight import weigh_errors
from tests.support.counts import Poll, judged, morning
from tests.support.papers import PLAN, unit
from verifier.paper.plan import Plan

PRECINCTS, TERRITORIES = 2_375, 54
LIMIT = 1.0  # seconds


def national(precincts: int) -> Plan:
    """The small plan with so many precincts, each under one of the territories."""
    tecs = [unit(f"tec-{n}", "territorial", "cec") for n in range(TERRITORIES)]
    below = [unit(f"p-{n}", "precinct", f"tec-{n % TERRITORIES}") for n in range(precincts)]
    return replace(PLAN, units=(PLAN.units[0], *tecs, *below, unit("e-1", "precinct", "tec-0", electronic=True)))


def polls(precincts: int) -> dict[str, Poll]:
    """Honest figures of about a thousand voters each, the same each time."""
    chance, found = random.Random(1), {}
    for n in range(precincts):
        votes = (chance.randint(150, 350), chance.randint(100, 250), chance.randint(20, 90), chance.randint(0, 20))
        found[f"p-{n}"] = Poll(chance.randint(900, 2_000), votes, chance.randint(0, 9), chance.randint(0, 20), 2, 150)
    return found


def main(precincts: int) -> None:
    state = morning(polls(precincts), national(precincts))
    begin = time.process_time()
    judgement = judged(state)
    (weight,) = weigh_errors(judgement)
    took = time.process_time() - begin
    papers, asked = sum(map(len, state.versions.values())), judgement.counts.total()
    print(f"{precincts:,} precincts, {papers:,} papers, {asked:,} questions: {took:.2f} s; margin {weight.margin:,}")
    if judgement.findings or took > LIMIT:
        sys.exit(f"{len(judgement.findings)} findings; more than {LIMIT} s is too slow")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PRECINCTS)
