"""The fold as a machine: whatever is posted in any order, what is refused changes nothing, what is admitted stands."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.corpus import replay
from tests.corpus.mixes import remix
from tests.corpus.shares import share
from tests.corpus.twin import HAMLET, NORTH, SOUTH, Liar, honest, phases
from tests.support import copies
from tests.support.elections import AUTHORITY
from verifier import fold
from verifier.election.counting import Close, Freeze, Override, counted_set, frozen
from verifier.errors import Incomplete, Rejected, VerifierError
from verifier.log.tree import hash_leaf
from verifier.proof.group import SIZE, cut
from verifier.records import encode
from verifier.rule import Phase
from verifier.state import State

if TYPE_CHECKING:
    from verifier.records import Record

PHASES = list(phases())
OTHERS = [raw for raw in honest().records if json.loads(raw)["type"] in {"mix", "share", "tally"}]
PENDING = {"roster", "override", "freeze", "register", "opening"}  # posted, they wait for signatures that nobody gives
STEPS = {*pairwise(PHASES), ("closed", "decrypting")}  # nothing may be left to mix
VOTERS = st.sampled_from([*NORTH, *SOUTH, *HAMLET])


def shown(state: State) -> dict[str, Any]:
    """Everything in a state, by value."""
    return {one.name: _plain(getattr(state, one.name)) for one in fields(state)}


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return [(key, _plain(item)) for key, item in value.items()]
        case list():
            return [_plain(item) for item in value]
        case set():
            return frozenset(value)
        case _ if is_dataclass(value):
            return [_plain(getattr(value, one.name)) for one in fields(value)]
    return value


class Voting(RuleBasedStateMachine):
    """From the opening of the voting to the certified tally, by people who do what they like in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[int, bytes] = {}  # tracker of each voter's last ballot
        self.overridden: set[int] = set()
        self.old: list[bytes] = []

    @initialize(begun=st.sampled_from(["voting", "voting", "closed", "frozen", "mixing", "decrypting"]))
    def begin(self, begun: str) -> None:
        """With the opening of the voting, or later, when the honest people have done their part."""
        self.begun = begun
        self.election = Liar(honest(), phases()[begun])
        if begun != "voting":
            self.overridden = {2}
            for voter in (*NORTH, *SOUTH, HAMLET[0]):
                self.model[voter] = self.election.latest(voter)

    def offer(self, record: Record | bytes) -> str:
        """Post as a board does; the clause that refuses it, or nothing. A refusal must leave the state as it was."""
        made, raw = self.election, record if isinstance(record, bytes) else encode(record)
        before = shown(made.state)
        try:
            step = fold.prepare(made.state, len(made.records), raw, made.blobs.get)
            assert shown(made.state) == before
            fold.settle(step.claims)
        except Rejected as error:
            assert shown(made.state) == before
            return error.id
        except Incomplete:
            assert shown(made.state) == before
            return "incomplete"
        phase = made.state.phase
        fold.apply(made.state, step)
        made.records.append(raw)
        assert (phase, self.phase) in STEPS or phase == self.phase
        return ""

    @property
    def phase(self) -> str:
        return self.election.state.phase

    def enact(self, record: Record, sitting: str = "central") -> str:
        """A commission's record and the signatures of its quorum; the first refusal."""
        people = self.election.central if sitting == "central" else self.election.precinct
        if refused := self.offer(record):
            return refused
        for signature in people.sign(self.election.digest, hash_leaf(encode(record))):
            if refused := self.offer(signature):
                return refused
        return ""

    @precondition(lambda self: self.phase in {"voting", "closed"})
    @rule(voter=VOTERS, option=st.integers(1, 3))
    def cast(self, voter: int, option: int) -> None:
        ballot = self.election.cast(voter, [option])
        refused = self.offer(ballot)
        assert refused == ("" if self.phase == "voting" else "CFG.6")
        if not refused:
            self.model[voter] = ballot.sealed.tracker(self.election.digest)
            self.old.append(self.election.records[-1])

    @precondition(lambda self: self.phase in {"voting", "closed"})
    @rule(voter=VOTERS)
    def challenge(self, voter: int) -> None:
        assert self.offer(self.election.challenge(voter)) == ("" if self.phase == "voting" else "CFG.6")

    @precondition(lambda self: self.old)
    @rule(data=st.data())
    def replay_a_ballot(self, data: st.DataObject) -> None:
        assert self.offer(data.draw(st.sampled_from(self.old))) == "CFG.5"

    @precondition(lambda self: self.phase in {"voting", "closed", "frozen"})
    @rule(voters=st.lists(VOTERS, max_size=2))
    def override(self, voters: list[int]) -> None:
        keys = tuple(self.election.voters[voter].key for voter in voters)
        refused = self.enact(Override("precinct", keys), "precinct")
        if not refused:
            assert self.phase in {"voting", "closed"}
            assert len(set(voters)) == len(voters)
            assert self.overridden.isdisjoint(voters)
            self.overridden |= set(voters)
        else:
            assert refused in {"CFG.5", "CFG.6", "SEL.1", "CRT.2"}

    @precondition(lambda self: self.phase in {"voting", "closed"})
    @rule()
    def close(self) -> None:
        voting = self.phase == "voting"
        record = self.election.operator.sign(Close(bytes(64)), self.election.digest)
        assert self.offer(record) == ("" if voting else "CFG.5")

    @precondition(lambda self: self.phase == "closed")
    @rule(drop=st.booleans())
    def freeze(self, drop: bool) -> None:  # noqa: FBT001  drawn
        state = self.election.state
        blobs = {contest.id: counted_set(state, contest.id).trackers for contest in self.election.contests}
        if drop and blobs["north"]:
            blobs["north"] = blobs["north"][SIZE:]
        for trackers in blobs.values():
            self.election.put(trackers)
        changed = blobs["north"] != counted_set(state, "north").trackers
        refused = self.enact(Freeze(tuple(frozen(id, trackers) for id, trackers in blobs.items())))
        assert refused in ({"SEL.2", "CFG.5"} if changed else {"", "CFG.5"})

    @precondition(lambda self: self.phase in {"frozen", "mixing"})
    @rule()
    def mix(self) -> None:
        state, servers = self.election.state, len(self.election.mixers)
        contest = next(one.id for one in state.mixable() if len(state.courses[one.id].digests) <= servers)
        assert self.offer(remix(self.election, contest, len(state.courses[contest].digests))) == ""

    @precondition(lambda self: self.phase in {"decrypting", "tallied", "certified"})
    @rule(trustee=st.integers(1, 3), contest=st.sampled_from(["north", "south", "hamlet"]))
    def give_shares(self, trustee: int, contest: str) -> None:
        state = self.election.state
        if state.withheld(contest):
            assert self.offer(share(self.election, contest, trustee)) == "DEC.6"
        else:
            given = {one.trustee for one in state.courses[contest].shares}
            assert self.offer(share(self.election, contest, trustee)) == ("DEC.1" if trustee in given else "")

    @precondition(lambda self: self.phase in {"decrypting", "tallied"})
    @rule()
    def tally(self) -> None:
        ready = all(len(self.election.state.courses[c.id].shares) >= 2 for c in self.election.state.mixable())
        if ready:
            assert self.enact(self.election.count()) in {"", "CFG.5"}

    @precondition(lambda self: self.begun == "voting")
    @rule(record=st.sampled_from(OTHERS))
    def post_what_another_election_came_to(self, record: bytes) -> None:
        assert self.offer(record) in {"CFG.6", "MIX.1", "MIX.2", "DEC.1", "DEC.6", "TAL.2", "TAL.3", "TAL.6"}

    @rule(record=st.sampled_from(honest().records), at=st.integers(0), data=st.binary(min_size=1, max_size=4))
    def post_bent_bytes(self, record: bytes, at: int, data: bytes) -> None:
        at %= len(record)
        bent = record[:at] + data + record[at + len(data) :]
        if bent != record and not self.offer(bent):
            assert json.loads(bent)["type"] in PENDING

    @invariant()
    def what_is_counted_is_the_last_ballot_of_each_voter_who_is_not_overridden(self) -> None:
        """A model in five lines against the fold."""
        expected = {tracker for voter, tracker in self.model.items() if voter not in self.overridden}
        state = self.election.state
        counted = [counted_set(state, contest) for contest in state.courses]
        assert {tracker for each in counted for tracker in cut(each.trackers)} == expected
        if PHASES.index(self.phase) >= PHASES.index("frozen"):
            assert [course.counted for course in state.courses.values()] == [len(each.sealed) for each in counted]

    def teardown(self) -> None:
        """What was admitted is accepted by whoever audits it."""
        made = self.election
        report = copies.audit(copies.publish(made.records, made.blobs), copies.sheet(made.records[0], [AUTHORITY.der]))
        assert (report.verdict, report.phase) == ("accepted", made.state.phase)


TestVoting = pytest.mark.slow(Voting.TestCase)
TestVoting.settings = settings(max_examples=30, stateful_step_count=40)


@pytest.mark.parametrize("begun", PHASES)
def test_every_refused_record_leaves_every_phase_as_it_was(begun: str) -> None:
    """What the committed lies say at their own place is said, or something else is, but nothing ever changes."""
    made = Liar(honest(), phases()[begun])
    before = shown(made.state)
    blobs = dict(made.blobs)
    file = replay.load()
    for vector in file["rejected"]:
        for part in vector["log"]:
            if isinstance(part, str):
                with suppress(VerifierError):
                    fold.prepare(made.state, len(made.records), part.encode(), blobs.get)
    assert shown(made.state) == before


def test_phases_follow_in_the_order_of_the_spec() -> None:
    assert list(get_args(Phase)) == [*PHASES, "papers"]  # a phase of elections on paper alone
    assert list(phases().values()) == sorted(phases().values())
