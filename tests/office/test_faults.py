"""Each fault gives rise to exactly what it must, alone and with all the others; an honest election to nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulletin.office.nation.bending import Bent, bend, spent
from bulletin.office.nation.country import is_electronic, leave_registers, narrow
from bulletin.office.nation.faults.fault import PaperFault
from bulletin.office.nation.faults.table import BESIDE, FAULTS, NAMED
from bulletin.office.nation.people import NOBODY, Host, Nation, settle
from bulletin.office.nation.script import Script
from bulletin.office.nation.trial import Tried, differ, try_out
from bulletin.office.plans import Ready
from bulletin.office.plans.ready import ready_plan
from tests.support import copies
from tests.support.elections import ORIGIN
from tests.support.keepers import MemoryKeepers, keepers
from tests.support.nations import PAPERS, fold_all, nation
from verifier import fold
from verifier.audit.audit import Audit
from verifier.audit.trust import decode
from verifier.errors import Rejected
from verifier.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulletin.office.nation.evoters import EVoter

PRECINCTS, TERRITORIES = 24, 3
FIRST_REFUSED, LAST_REFUSED = 37, 44
LACKING = ("a unit of electronic voting", "a line of e-voters who voted on paper")
DAY = 1_508_076_000  # 15 October 2017
TAKEN = st.sampled_from([fault.name for fault in FAULTS if fault.number < FIRST_REFUSED])
SHARES = {"annulled-and-summed", "altered-sum", "altered-row"}  # of few votes a few more change the shares (PRT.26)


@cache
def republic() -> Nation:
    """The President's election of 2017, in a few precincts."""
    return settle(narrow(ready_plan("president-2017"), PRECINCTS), Host(ORIGIN, bytes(range(32))), DAY)


@cache
def country(name: Ready, precincts: int) -> Nation:
    """A ready plan in so many precincts, with its electronic vote, if it has one."""
    plan = narrow(leave_registers(ready_plan(name)), precincts)
    some = keepers() if is_electronic(plan) else NOBODY
    return settle(plan, Host(ORIGIN, bytes(range(32))), max(duty.since for duty in plan.duties), some)


def attempt(bent: Bent) -> Tried:
    """What comes of it in this process."""
    return try_out(bent, lambda log: MemoryKeepers(log, bent.script.nation.manifest))


def ask(bent: Bent) -> list[str]:
    """What differs from what is expected."""
    tried = attempt(bent)
    return tried.strange + differ(bent.expect(tried.positions), spent(bent.script.plan), tried.found)


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_an_honest_election_gives_rise_to_nothing(seed: int) -> None:
    assert ask(bend(Script(nation(), seed), ())) == []


@pytest.mark.parametrize("name", get_args(Ready))
def test_nor_does_an_honest_election_of_a_ready_plan(name: Ready) -> None:
    assert ask(bend(Script(country(name, 10), 7), ())) == []


@pytest.mark.parametrize("name", get_args(Ready))
def test_faults_are_found_in_each_ready_plan(name: Ready) -> None:
    bent = bend(Script(country(name, PRECINCTS), 8), FAULTS)
    assert len(bent.placed) > 12
    assert ask(bent) == []


@pytest.mark.parametrize("precincts", [1, 4])
def test_few_precincts_have_room_for_few_faults(precincts: int) -> None:
    """Where the only unit that is left has no protocol, no fault of a protocol is done."""
    bent = bend(Script(country("village-2023", precincts), 1), FAULTS)
    assert {one.fault.name for one in bent.placed} >= {"missing-protocol", "protocol-not-tally"}
    assert set(bent.absent.values()) >= {"one precinct more than is left"}
    assert ask(bent) == []


@pytest.mark.parametrize("name", NAMED)
def test_each_fault_alone(name: str) -> None:
    fault = NAMED[name]
    bent = bend(Script(country("village-2023", 6) if name in BESIDE else republic(), fault.number), [fault])
    assert bent.absent == {}
    tried = attempt(bent)
    expected = bent.expect(tried.positions)
    assert tried.strange + differ(expected, spent(bent.script.plan), tried.found) == []
    broken, said = {one.id for one in expected[name]}, set(fault.breaks.split())
    assert broken == said or (name in SHARES and broken == said | {"PRT.26"})


@pytest.mark.parametrize("seed", [1, 2])
def test_all_faults_together(seed: int) -> None:
    bent = bend(Script(republic(), seed), FAULTS)
    assert bent.absent == dict(zip(BESIDE, LACKING, strict=True))
    assert len(bent.placed) == len(FAULTS) - len(BESIDE)
    assert len({unit.above for unit in bent.script.plan.units if unit.above.startswith("tec")}) == TERRITORIES
    assert ask(bent) == []


def test_a_plan_says_what_it_has_no_room_for() -> None:
    bent = bend(Script(nation(), 1), [NAMED["late-handover"], NAMED["copy-refused"], NAMED["no-register-of-copies"]])
    assert [one.fault.name for one in bent.placed] == ["copy-refused"]
    assert bent.absent == {
        "late-handover": "a paper of precincts that has a time limit",
        "no-register-of-copies": "a duty to keep a register of copies",
    }
    assert ask(bent) == []


def test_what_is_expected_is_not_what_is_found_elsewhere() -> None:
    """The comparison can fail: it names what is lacking, and what is there besides."""
    bent, honest = (bend(Script(nation(), 3), faults) for faults in ([NAMED["lost-votes"]], []))
    expected = bent.expect(try_out(bent).positions)
    said = differ(expected, spent(PAPERS), try_out(honest).found)
    assert len(said) == len(expected["lost-votes"])
    assert all(line.startswith("lost-votes: not found: PRT.1") for line in said)
    found = differ({}, spent(PAPERS), try_out(bend(Script(nation(), 3), [NAMED["lost-votes"]])).found)
    assert {line[:23] for line in found} == {"found besides: PRT.10 e", "found besides: PRT.12 w"}


def test_ballots_that_are_not_what_the_voters_chose_are_noticed() -> None:
    """The electronic protocol's figures are known before the tally, so a false tally is found on an honest one."""
    bent = bend(Script(country("village-2023", 4), 1), ())

    class Cheating(MemoryKeepers):
        def cast(self, voters: Iterable[EVoter]) -> None:
            super().cast([voter._replace(choices={"samarkandek": (9,)}) for voter in voters])

    tried = try_out(bent, lambda log: Cheating(log, bent.script.nation.manifest))
    said = differ({}, spent(bent.script.plan), tried.found)
    assert {line[:23] for line in said} == {"found besides: PRT.22 e"}
    assert any("against" in line for line in said)


def test_a_board_that_takes_what_it_should_refuse_is_noticed() -> None:
    bent = bend(Script(nation(), 1), [NAMED["second-first-version"]])
    postings = bent.chronicle.postings
    wrong = [one._replace(refused=one.refused._replace(clause="PRT.4")) if one.refused else one for one in postings]
    bent.chronicle.postings[:] = [one for one in wrong if one.refused or one.lane != bent.placed[0].unit]
    assert try_out(bent).strange != []


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if FIRST_REFUSED <= fault.number <= LAST_REFUSED], ids=lambda one: one.name
)
def test_a_board_that_takes_it_all_the_same_is_rejected(fault: PaperFault) -> None:
    bent = bend(Script(nation(), 2), [fault])
    records = [posting.raw for posting in bent.chronicle.postings]
    clauses = {posting.refused.clause for posting in bent.chronicle.postings if posting.refused}
    files = copies.publish(records, bent.chronicle.blobs)
    trusted = decode(copies.sheet(records[0], [nation().authority.der], witness=(), group=(), quorum=("none",)))
    outcome = Audit(files.get, trusted, kept=copies.kept(files)).run()
    assert outcome.verdict == "rejected"
    assert {line.id for line in outcome.failures} == clauses


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.sets(TAKEN, max_size=4), st.randoms(use_true_random=False))
def test_any_admissible_order_ends_in_the_same_state(seed: int, names: set[str], rng: Random) -> None:
    """Each unit keeps its own order; all that is established is the same, but for the positions."""
    bent = bend(Script(nation(), seed), [NAMED[name] for name in sorted(names)])
    mixed = lasting(fold_freely(bent, rng))
    for field, value in lasting(fold_all(bent.chronicle)).items():
        assert mixed[field] == value, field


def test_another_order_of_one_units_records_ends_in_another_state() -> None:
    """The comparison can fail: two versions of one paper change places, and so do two annulments."""
    for name, turned in (("rewritten-after-copies", "versions"), ("annulled", "decided")):
        state = fold_all(bend(Script(nation(), 5), [NAMED[name]]).chronicle)
        before = lasting(state)
        for history in state.versions.values():
            history.reverse()
        state.decided *= 2
        assert lasting(state)[turned] != before[turned]


def fold_freely(bent: Bent, rng: Random) -> State:
    """Post what units have to say, each in its own order, as chance has it; what is refused is posted again later."""
    lanes: dict[str, list[bytes]] = {}
    for posting in bent.chronicle.postings:
        lanes.setdefault(posting.lane, []).append(posting.raw)
    state, number = State(), 0
    ready = sorted(lanes)
    while ready:  # some unit can go on
        lane = rng.choice(ready)
        try:
            step = fold.prepare(state, number, lanes[lane][0], bent.chronicle.blobs.get)
        except Rejected:
            ready.remove(lane)
            continue
        fold.apply(state, step)
        lanes[lane].pop(0)
        ready, number = sorted(lane for lane in lanes if lanes[lane]), number + 1
    assert not any(lanes.values())
    return state


def lasting(state: State) -> dict[str, Any]:
    """All that is established, by field, without the positions at which it was."""
    found = {field.name: without_positions(getattr(state, field.name)) for field in fields(state)}
    for name in ("revoked", "taken", "leaves"):
        found[name] = set(found[name])
    for name in ("decided", "results", "appeals", "attested", "observed", "findings"):
        found[name] = Counter(map(repr, found[name]))
    return found


def without_positions(value: Any) -> Any:
    """The same without the numbers of records."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        names = (name for name in value._fields if name not in {"since", "posted", "position"})
        return [without_positions(getattr(value, name)) for name in names]
    if isinstance(value, dict):
        return {key: without_positions(each) for key, each in value.items()}
    return [without_positions(each) for each in value] if isinstance(value, list | tuple) else value
