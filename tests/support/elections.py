"""A small honest election, made in memory record by record; what the tests bend, break and replay."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING

from nacl.signing import SigningKey

from bulletin.office.people import Authority, HolderKey, Sitting
from mixnet.ballot import Credential
from mixnet.ceremony import Dealer
from mixnet.decryption import decrypt
from mixnet.secrets import Secrets
from mixnet.shuffle import shuffle
from verifier import fold
from verifier.client.plaintexts import recombine
from verifier.commission.roster import Commission, Level
from verifier.election.ballot import FIRST
from verifier.election.ceremony import Acknowledgement, Contribution, Dealing, Message, Pledge, election_key
from verifier.election.counting import Close, Freeze, Override, counted_set, frozen
from verifier.election.decryption import Share
from verifier.election.manifest import Contest, Manifest, Option, Style
from verifier.election.register import Credentials, Opening, Register, Row
from verifier.election.shuffle import Mix
from verifier.election.tally import Tally, recount
from verifier.election.timetable import TimeLimit
from verifier.log.tree import hash_leaf
from verifier.records import Blob, Record, Text, encode
from verifier.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from verifier.proof.group import Points as Vector

ORIGIN = "board.example/tests"
LOG = HolderKey("log", SigningKey(b"the log's key of the test corpus"))
HOLDERS: dict[str, HolderKey] = {"log": LOG}
SITTINGS: dict[tuple[str, str, int, int], Sitting] = {}
LEVEL: dict[str, Level] = {"central": "central", "district": "territorial"}
AUTHORITY = Authority("Test Root")


def text(name: str) -> Text:
    """The same words in the three languages."""
    return Text(name, name, name)


def contest(id: str, options: int = 3, least: int = 0, most: int = 1, width: int = 1) -> Contest:
    choices = tuple(Option(f"{id}-{number}", text(f"Option {number}")) for number in range(1, options + 1))
    return Contest(id, text(id), choices, least, most, width)


class Election:
    """An election under way: `post` admits a record as a board would and keeps it."""

    def __init__(
        self,
        contests: Sequence[Contest] | None = None,
        trustees: int = 3,
        threshold: int = 2,
        mixers: int = 2,
        minimum: int = 0,
        origin: str = ORIGIN,
        log_key: bytes | None = None,
        policy: str = "",
        timetable: tuple[TimeLimit, ...] = (),
    ) -> None:
        self.contests = tuple(contests or (contest("north"), contest("south", 4, 1, 2)))
        self.trustees = [holder(f"trustee-{number}") for number in range(1, trustees + 1)]
        self.mixers = [holder(f"mixer-{number}") for number in range(1, mixers + 1)]
        self.operator = holder("operator")
        self.central, self.precinct = sitting("central", "", 3, 2), sitting("precinct", "central", 2, 2)
        self.district, self.suburb = sitting("district", "central", 1, 1), sitting("suburb", "district", 1, 1)
        self.registrars = dict.fromkeys((contest.id for contest in self.contests), self.precinct)
        self.records: list[bytes] = []
        self.blobs: dict[bytes, bytes] = {}
        self.state = State()
        self.dealers: dict[int, Dealer] = {}
        self.proofs: dict[int, bytes] = {}
        self.x: dict[int, Secrets] = {}
        self.voters: list[Credential] = []
        self.manifest = Manifest(
            spec="aikyn/1",
            election="test-election",
            title=text("A test"),
            nonce=bytes(32),
            origin=origin,
            log_key=log_key or bytes(holder("log").key.verify_key),
            operator=bytes(self.operator.key.verify_key),
            policy=policy,
            contests=self.contests,
            styles=tuple(Style(contest.id, (contest.id,)) for contest in self.contests),
            commissions=tuple(
                sitting.commission for sitting in (self.central, self.precinct, self.district, self.suburb)
            ),
            central="central",
            roster=hash_leaf(encode(self.central.roster)),
            trustees=tuple(trustee.public for trustee in self.trustees),
            threshold=threshold,
            least_trustees=threshold,
            mixers=tuple(mixer.public for mixer in self.mixers),
            mixes=1,
            minimum=minimum,
            telephone="+996 312 000000",
            timetable=timetable,
        )

    @cached_property
    def digest(self) -> bytes:
        return hashlib.sha256(encode(self.manifest)).digest()

    def post(self, record: Record) -> bytes:
        """Admit, settle, keep; the leaf hash."""
        raw = encode(record)
        step = fold.prepare(self.state, len(self.records), raw, self.blobs.get)
        fold.settle(step.claims)
        fold.apply(self.state, step)
        self.records.append(raw)
        return hash_leaf(raw)

    def put(self, data: bytes) -> Blob:
        blob = Blob.of(data)
        self.blobs[blob.sha256] = data
        return blob

    def enact(self, record: Record, sitting: Sitting | None = None) -> None:
        """A commission's record with the signatures of its quorum."""
        leaf = self.post(record)
        for signature in (sitting or self.central).sign(self.digest, leaf):
            self.post(signature)

    def set_up(self) -> Election:
        """Manifest and rosters; those of the district and its suburb can wait (`seat_others`)."""
        leaf = self.post(self.manifest)
        self.post(self.central.roster)
        self.enact(self.precinct.roster)
        for signature in self.central.sign(self.digest, leaf):
            self.post(signature)
        return self

    def seat_others(self) -> Election:
        """The rosters of the district and of the suburb below it."""
        self.enact(self.district.roster)
        self.enact(self.suburb.roster, self.district)
        return self

    def hold_ceremony(self) -> Election:
        """The present attempt, by those who take part in it."""
        return self.pledge().contribute().deal().acknowledge()

    def pledge(self) -> Election:
        """Everybody draws secrets and pledges."""
        context, attempt = self.state.context, self.state.ceremony.attempt
        dealers = self.dealers = {i: Dealer.draw(self.manifest.threshold) for i in self.state.participants}
        self.proofs = {i: dealer.prove(context, attempt, i, len(dealers)) for i, dealer in dealers.items()}
        for i, dealer in dealers.items():
            self.say(Pledge(attempt, i, dealer.E, hashlib.sha256(dealer.A + self.proofs[i]).digest(), bytes(64)))
        return self

    def contribute(self) -> Election:
        for i, dealer in self.dealers.items():
            self.say(Contribution(self.state.ceremony.attempt, i, dealer.A, self.proofs[i], bytes(64)))
        return self

    def deal(self) -> Election:
        attempt, keys = self.state.ceremony.attempt, {i: dealer.E for i, dealer in self.dealers.items()}
        for i, dealer in self.dealers.items():
            self.say(Dealing(attempt, i, dealer.deal(self.state.context, attempt, i, keys), bytes(64)))
        return self

    def acknowledge(self) -> Election:
        """Everybody opens its shares and acknowledges the key."""
        held = self.state.ceremony
        keys = {i: dealer.E for i, dealer in self.dealers.items()}
        told = (keys, {i: dealing.shares for i, dealing in held.dealings.items()}, held.commitments())
        for j, dealer in self.dealers.items():
            self.x[j] = dealer.open(self.state.context, held.attempt, j, *told)
        key = bytes(election_key(list(held.commitments().values())))
        for j in self.dealers:
            self.say(Acknowledgement(held.attempt, j, key, bytes(64)))
        return self

    def say(self, message: Message) -> bytes:
        """Post a trustee's message, signed by it."""
        return self.post(self.trustees[message.trustee - 1].sign(message, self.digest))

    def register(self, voters: int = 4) -> Election:
        """`voters` credentials for each contest, on the registers of its commissions, and the opening."""
        rows: dict[str, list[Row]] = {}
        for contest in self.contests:
            for _ in range(voters):
                own = rows.setdefault(self.registrars[contest.id].commission.id, [])
                self.voters.append(Credential())
                own.append(Row(f"C{len(own) + 1:05d}", self.voters[-1].key, contest.id))
        for commission, listed in rows.items():
            self.list(commission, listed)
        self.enact(Opening(self.state.key, len(self.state.credentials)))
        return self

    def list(self, commission: str, rows: Sequence[Row]) -> None:
        """A commission's register."""
        blob = self.put(encode(Credentials(tuple(rows))))
        self.enact(Register(commission, len(rows), blob), self.sitting(commission))

    def sitting(self, id: str) -> Sitting:
        """A commission's people."""
        return next(s for s in (self.central, self.precinct, self.district, self.suburb) if s.commission.id == id)

    def vote(self, voter: int, choice: Sequence[int], *, challenge: bool = False) -> bytes:
        """Cast (or challenge) a choice by the voter's number; the leaf hash."""
        credential = self.voters[voter]
        style = self.state.credentials[credential.key].style
        contest = next(contest for contest in self.contests if contest.id == style)
        latest = self.state.courses[style].cast.get(credential.key)
        prepared = credential.seal(self.state.context, self.state.key, contest, style, choice)
        act = credential.challenge if challenge else credential.cast
        return self.post(act(self.state.context, prepared, latest.tracker if latest else FIRST))

    def override(self, voters: Iterable[int]) -> Election:
        """The commissions that registered these say that they have voted on paper."""
        named: dict[str, list[bytes]] = {}
        for key in (self.voters[voter].key for voter in voters):
            named.setdefault(self.state.credentials[key].commission, []).append(key)
        for commission, keys in named.items():
            self.enact(Override(commission, tuple(keys)), self.sitting(commission))
        return self

    def close(self) -> Election:
        """Close, by the operator, and freeze."""
        self.post(self.operator.sign(Close(b""), self.digest))
        return self.freeze()

    def freeze(self) -> Election:
        """The counted sets, fixed."""
        blobs = {contest.id: counted_set(self.state, contest.id).trackers for contest in self.contests}
        for trackers in blobs.values():
            self.put(trackers)
        self.enact(Freeze(tuple(frozen(id, trackers) for id, trackers in blobs.items())))
        return self

    def mix(self) -> Election:
        """All contests by all mix servers that have yet to mix them."""
        for contest in self.state.mixable():
            while self.state.waiting(contest.id):
                self.mix_one(contest.id)
        return self

    def mix_one(self, contest: str, by: str = "") -> None:
        """A contest by this server, or else by the one whose turn it is."""
        course, place = self.state.courses[contest], len(self.state.courses[contest].digests)
        id = by or self.state.waiting(contest)[0].id
        mixer = next(one for one in self.mixers if one.id == id)
        after, proof = shuffle(self.state.context, contest, place, self.state.key, course.lists[-1])
        output, blob = self.put(after.encode()), self.put(proof)
        mix = Mix(contest, place, mixer.id, course.digests[-1], output, blob, bytes(64))
        self.post(mixer.sign(mix, self.digest))

    def decrypt(self, trustees: Sequence[int] | None = None) -> Election:
        """Shares by these trustees, by default just enough."""
        for contest in self.state.mixable():
            course = self.state.courses[contest.id]
            for j in trustees or list(self.state.share_keys)[: self.manifest.threshold] if course.counted else ():
                mix = course.digests[-1]
                D, proof = decrypt(self.state.context, contest.id, j, self.x[j], mix, course.lists[-1])
                share = Share(contest.id, j, mix, self.put(_joined(D)), proof, bytes(64))
                self.post(self.trustees[j - 1].sign(share, self.digest))
        return self

    def tally(self) -> Election:
        """The counts, certified."""
        self.enact(self.count())
        return self

    def count(self) -> Tally:
        """The tally that the shares give."""
        counts = []
        for contest in self.state.mixable():
            course = self.state.courses[contest.id]
            M = recombine(course.lists[-1], course.shares[: self.manifest.threshold])
            counts.append(recount(contest, M, self.put(_joined(M))))
        withheld = tuple(contest.id for contest in self.contests if self.state.withheld(contest.id))
        return Tally(tuple(counts), withheld)


def holder(id: str) -> HolderKey:
    """Key holders keep their keys from one test to the next."""
    return HOLDERS.setdefault(id, HolderKey.draw(id))


def sitting(id: str, above: str, members: int, quorum: int) -> Sitting:
    """A commission whose certificates are made once."""
    key = (id, above, members, quorum)
    if key not in SITTINGS:
        level = LEVEL.get(id, "precinct")
        SITTINGS[key] = Sitting.seat(Commission(id, text(id), level, above, quorum, members), AUTHORITY)
    return SITTINGS[key]


def whole(**given: object) -> Election:
    """A whole small election: votes, a re-vote, a challenge, an override; certified."""
    made = Election(**given).set_up().hold_ceremony().register()  # type: ignore[arg-type]
    for voter in range(len(made.voters)):
        made.vote(voter, [1 + voter % 3])
    made.vote(0, [2])
    made.vote(1, [3], challenge=True)
    return made.override([2]).close().mix().decrypt().tally()


def _joined(columns: Sequence[Vector]) -> bytes:
    return b"".join(bytes(points) for points in columns)
