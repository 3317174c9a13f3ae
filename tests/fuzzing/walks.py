"""Random walks of quarrelling parties over the real admission: what was admitted is never rejected.

And the central quorum, as many trustees as the manifest asks for and its least number of mix servers can always finish
(specs/decisions/going-on.md). A walk begins with the manifest in effect. What a board would refuse changes nothing.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, get_args

from hypothesis import HealthCheck, seed, settings
from hypothesis import Phase as Stage
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from bulletin.office.people import Authority
from bulletin.office.signing import countersign
from mixnet.ballot import Credential
from mixnet.ceremony import Cheated, Dealer
from tests.corpus.seats import seat
from tests.corpus.twin import with_scalar
from tests.support.copies import published
from tests.support.elections import Election, contest
from verifier.commission.roster import Roster
from verifier.election.ceremony import Acknowledgement, Complaint, Contribution, Dealing, Pledge, Restart, election_key
from verifier.election.counting import Close, Freeze, Override, counted_set, frozen
from verifier.election.register import Credentials, Opening, Register, Row
from verifier.election.shuffle import Skip
from verifier.errors import VerifierError
from verifier.log.tree import hash_leaf
from verifier.records import Record, encode
from verifier.rule import Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulletin.office.people import Person, Sitting

NORTH = "north"
STEPS = 30  # acts of a walk, at most
COMMISSIONS = ("central", "precinct", "district", "suburb")
PHASES, LEAST = get_args(Phase), 2
TRUSTEES, MIXERS, VOTERS, MEMBERS = (1, 2, 3), ("mixer-1", "mixer-2"), range(3), range(3)


@cache
def strangers(id: str) -> Sitting:
    """People whom nobody has appointed to this commission, certified by nobody that the auditor knows."""
    return seat(fresh().sitting(id).commission, "a", "b", "c", authority=Authority("Nobody's root"))


def fresh() -> Election:
    """Two of three trustees open the ballots, one of two mix servers suffices."""
    return Election((contest(NORTH),), trustees=3, threshold=2, mixers=2)


class Quarrel(RuleBasedStateMachine):
    """Everybody does what they like, in any order; then those who have the right to finish do."""

    def __init__(self) -> None:
        super().__init__()
        self.election = fresh()
        self.drawn: dict[tuple[int, int], tuple[Dealer, bytes]] = {}

    @initialize(trustee=st.sampled_from((0, *TRUSTEES)), mixer=st.sampled_from(("", *MIXERS)))
    def begin(self, trustee: int, mixer: str) -> None:
        """Whose silence nobody can help."""
        self.trustee, self.mixer = trustee, mixer
        self.election.set_up()

    # What anybody may try.

    @rule(id=st.sampled_from(COMMISSIONS), signing=st.booleans())
    def squat(self, id: str, *, signing: bool) -> None:
        """A stranger posts a roster, and those who stand on it sign it."""
        sitting = strangers(id)
        self.attempt(sitting.roster)
        for person in sitting.people if signing else ():
            self.sign(person, sitting.roster)

    @rule(id=st.sampled_from(COMMISSIONS), by=st.sampled_from(COMMISSIONS), seats=st.sets(st.sampled_from(MEMBERS)))
    def appoint(self, id: str, by: str, seats: set[int]) -> None:
        """Members of any commission sign any commission's true roster."""
        record = self.election.sitting(id).roster
        self.attempt(record)
        self.sign_some(record, by, seats)

    @rule(
        without=st.sets(st.sampled_from(TRUSTEES)),
        more=st.integers(0, 2),
        seats=st.sets(st.sampled_from(MEMBERS)),
    )
    def restart(self, without: set[int], more: int, seats: set[int]) -> None:
        record = Restart(self.election.state.ceremony.attempt + more, tuple(sorted(without)))
        self.attempt(record)
        self.sign_some(record, "central", seats)

    @rule(mixer=st.sampled_from(MIXERS), seats=st.sets(st.sampled_from(MEMBERS)))
    def skip(self, mixer: str, seats: set[int]) -> None:
        self.attempt(Skip(mixer))
        self.sign_some(Skip(mixer), "central", seats)

    @rule(seats=st.sets(st.sampled_from(MEMBERS)), operator=st.booleans())
    def close(self, seats: set[int], *, operator: bool) -> None:
        election = self.election
        record = election.operator.sign(Close(b""), election.digest) if operator else Close(b"")
        self.attempt(record)
        self.sign_some(record, "central", seats)

    @rule(
        id=st.sampled_from(COMMISSIONS),
        seats=st.sets(st.sampled_from(MEMBERS)),
        voters=st.sets(st.sampled_from(VOTERS)),
    )
    def override(self, id: str, seats: set[int], voters: set[int]) -> None:
        keys = tuple(sorted(each.key for number, each in enumerate(self.election.voters) if number in voters))
        self.attempt(Override(id, keys))
        self.sign_some(Override(id, keys), id, seats)

    @rule(at=st.integers(0, 99), by=st.sampled_from(COMMISSIONS), number=st.sampled_from(MEMBERS))
    def sign_anything(self, at: int, by: str, number: int) -> None:
        """One more signature, wanted or not; no quorum seats strangers, for these would then be the commission."""
        waiting = list(self.election.state.pending.values())
        if waiting:
            record = waiting[at % len(waiting)].record
            strange = isinstance(record, Roster) and record == strangers(record.commission).roster
            self.sign_some(record, by, {0 if strange else number})

    @rule(voter=st.sampled_from(VOTERS), choice=st.sampled_from([(), (1,), (2,)]), challenged=st.booleans())
    def vote(self, voter: int, choice: tuple[int, ...], *, challenged: bool) -> None:
        if self.election.state.key and self.election.voters:
            self.tried(lambda: self.election.vote(voter, choice, challenge=challenged))

    @rule(mixer=st.sampled_from(MIXERS))
    def mix(self, mixer: str) -> None:
        """A server mixes, whose turn it may not be."""
        if self.election.state.courses[NORTH].lists:
            self.tried(lambda: self.election.mix_one(NORTH, mixer))

    @rule(j=st.sampled_from(TRUSTEES))
    def share(self, j: int) -> None:
        """A trustee decrypts, for which it may be too early."""
        if self.election.state.courses[NORTH].lists and j in self.election.state.share_keys:
            self.tried(lambda: self.election.decrypt([j]))

    @rule(j=st.sampled_from(TRUSTEES), false=st.booleans())
    def speak(self, j: int, *, false: bool) -> None:
        """A trustee's next message in the attempt at hand; its dealing may be false."""
        self.tried(lambda: self._speak(j, false=false))

    def _speak(self, j: int, *, false: bool) -> None:
        election, held = self.election, self.election.state.ceremony
        attempt, context = held.attempt, election.state.context
        if election.state.phase != "ceremony" or j not in election.state.participants:
            return
        dealer, proof = self._dealer(attempt, j)
        keys = {i: held.pledges[i].sealing_key for i in sorted(held.pledges)}
        if j not in held.pledges:
            election.say(Pledge(attempt, j, dealer.E, sha256(dealer.A + proof).digest(), bytes(64)))
        elif j not in held.contributions:
            election.say(Contribution(attempt, j, dealer.A, proof, bytes(64)))
        elif j not in held.dealings:
            shares = dealer.deal(context, attempt, j, keys)
            election.say(Dealing(attempt, j, with_scalar(shares, 0) if false else shares, bytes(64)))
        elif len(held.dealings) == len(election.state.participants):
            told = (keys, {i: held.dealings[i].shares for i in sorted(held.dealings)}, held.commitments())
            try:
                election.x[j] = dealer.open(context, attempt, j, *told)
            except Cheated as cheated:
                K, proof = dealer.complain(context, attempt, cheated.dealer, j, keys[cheated.dealer])
                election.say(Complaint(attempt, j, cheated.dealer, K, proof, bytes(64)))
            else:
                key = bytes(election_key(list(held.commitments().values())))
                election.say(Acknowledgement(attempt, j, key, bytes(64)))

    def _dealer(self, attempt: int, j: int) -> tuple[Dealer, bytes]:
        """A trustee's secrets of an attempt, and what it proves of them."""
        if (attempt, j) not in self.drawn:
            election = self.election
            dealer = Dealer.draw(election.manifest.threshold)
            proof = dealer.prove(election.state.context, attempt, j, len(election.state.participants))
            self.drawn[attempt, j] = dealer, proof
        return self.drawn[attempt, j]

    @rule()
    def go_on(self) -> None:
        """The next step of an honest election, so that walks come far."""
        self.step()

    # Those who have the right to finish.

    def finish(self) -> None:
        """The central quorum, two trustees and one mix server bring any election to its end."""
        for _ in PHASES:
            self.step()
        assert self.election.state.phase == "certified", self.election.state.phase

    def step(self) -> None:
        """From the present phase into the next, without those who are silent."""
        election, state = self.election, self.election.state
        if state.phase == "ceremony":
            self.decide(Restart(state.ceremony.attempt + 1, (self.trustee,) if self.trustee else ()), election.central)
            election.hold_ceremony()
        elif state.phase == "registration":
            self.register()
            self.decide(Opening(state.key, len(state.credentials)), election.central)
        elif state.phase == "voting":
            self.decide(Close(b""), election.central)
        elif state.phase == "closed":
            trackers = counted_set(state, NORTH).trackers
            election.put(trackers)
            self.decide(Freeze((frozen(NORTH, trackers),)), election.central)
        elif state.phase in ("frozen", "mixing"):
            if self.mixer:
                self.decide(Skip(self.mixer), election.central)
            election.mix()
        elif state.phase in ("decrypting", "tallied"):
            given = {share.trustee for share in state.courses[NORTH].shares}
            able = [j for j in state.share_keys if j not in given and j != self.trustee]
            if state.courses[NORTH].counted and len(given) < LEAST:
                election.decrypt(able[: LEAST - len(given)])
            self.decide(election.count(), election.central)

    def register(self) -> None:
        """The precinct's register, if none is in effect."""
        election = self.election
        if not election.state.credentials:
            election.voters = [Credential() for _ in VOTERS]
            rows = tuple(Row(f"C{n:05d}", voter.key, NORTH) for n, voter in enumerate(election.voters))
            blob = election.put(encode(Credentials(rows)))
            self.decide(Register("precinct", len(rows), blob), election.precinct)

    def decide(self, record: Record, sitting: Sitting) -> None:
        """A commission's record with the signatures that it lacks."""
        self.attempt(record)
        for person in sitting.people:
            waiting = self.election.state.pending.get(hash_leaf(encode(record)))
            if waiting and not waiting.effective:
                self.sign(person, record)

    def attempt(self, record: Record) -> None:
        self.tried(lambda: self.election.post(record))

    def sign_some(self, record: Record, by: str, seats: set[int]) -> None:
        people = self.election.sitting(by).people
        for number in sorted(seats):
            if number < len(people):
                self.sign(people[number], record)

    def sign(self, person: Person, record: Record) -> None:
        leaf = hash_leaf(encode(record))
        self.attempt(countersign(person.key, person.member.id, self.election.digest, leaf))

    def tried(self, act: Callable[[], object]) -> None:
        """What is refused changes nothing."""
        try:
            act()
        except VerifierError:
            return

    def teardown(self) -> None:
        self.judge()
        self.finish()
        self.judge()

    def judge(self) -> None:
        report = published(self.election.records, self.election.blobs)
        assert report.verdict != "rejected", report.failures


def walk(times: int, start: str, *, shrink: bool = True) -> None:
    """So many walks, the same ones for the same `start`; what goes wrong is told by the shortest walk to it."""
    stages = (Stage.generate, Stage.shrink) if shrink else (Stage.generate,)
    chosen = settings(
        max_examples=times,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=stages,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seed(start)(type("Quarrel", (Quarrel,), {})), settings=chosen)
