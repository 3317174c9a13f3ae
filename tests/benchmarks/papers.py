"""All papers of a national election, judged, then written and audited: `python -m tests.benchmarks.papers [precincts]`.

The second is the President's election of 2017 as a rehearsal plays it, an honest one. Processor time of one thread.
"""

from __future__ import annotations

import os
import random
import sys
import time

from msgspec.structs import replace

from bulletin.office.nation.chronicle import play
from bulletin.office.nation.country import narrow
from bulletin.office.nation.people import Host, settle
from bulletin.office.nation.script import Script
from bulletin.office.nation.watch import look
from bulletin.office.plans.ready import ready_plan
from tests.support import copies
from tests.support.counts import Poll, judged, morning
from tests.support.elections import LOG, ORIGIN
from tests.support.papers import EVENING, PLAN, unit
from verifier.audit.audit import Audit
from verifier.audit.trust import decode
from verifier.desk.report.margin import weigh_errors
from verifier.paper.plan import Plan
from verifier.paper.weigh import weigh
from verifier.proof import backend

PRECINCTS, TERRITORIES = 2_375, 54
LIMIT = 1.0  # seconds
AUDIT_LIMIT = 30.0  # seconds


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


def audit(precincts: int) -> None:
    """Write the papers of a nation, and audit the log as anybody would who holds a copy."""
    begin = time.process_time()
    nation = settle(narrow(ready_plan("president-2017"), precincts), Host(ORIGIN, bytes(LOG.key.verify_key)), EVENING)
    chronicle = play(nation, Script(nation, 1).compose().scenes.values())
    records = chronicle.placed()
    looks = [(each.size, each.at) for each in look(nation.plan, chronicle.postings)]
    files = copies.stamped(records, chronicle.blobs, *looks)
    built, begin = time.process_time() - begin, time.process_time()
    trusted = decode(copies.sheet(records[0], [nation.authority.der]))
    done = Audit(files.get, trusted, kept=copies.kept(files))
    outcome = done.run()
    audited, begin = time.process_time() - begin, time.process_time()
    weigh(done.state, None)
    judged_again = time.process_time() - begin
    size = sum(map(len, records)) / 1e6
    print(
        f"{precincts:,} precincts: {len(records):,} records, {size:.0f} MB, written in {built:.1f} s; {outcome.verdict}"
    )
    print(
        f"audited in {audited:.1f} s, of which {judged_again:.1f} s are judging; {os.cpu_count()} cores, {backend.NAME}"
    )
    if {finding.id for finding in outcome.findings} - {"DUT.6"} or audited > AUDIT_LIMIT:
        sys.exit(f"{len(outcome.findings)} findings; more than {AUDIT_LIMIT} s is too slow")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PRECINCTS)
    audit(int(sys.argv[1]) if len(sys.argv) > 1 else PRECINCTS)
