"""The key ceremony: joint Feldman, t of n, with commitments before the first reveal (specs/ceremony.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Annotated, Any, TypeVar

import msgspec

from verifier.commission.quorum import central
from verifier.election.manifest import MOST_TRUSTEES, ManifestState
from verifier.errors import Malformed, refuse, say
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.group import IDENTITY, SIZE, G, Points, Scalars, Sum, has_identity
from verifier.proof.transcript import Context, Reader, Transcript
from verifier.records import Blobs, Bytes32, Bytes64, Ordinal, Record, check_key_holder
from verifier.rule import Claim, Effect, Rule, Step

Many = Annotated[bytes, msgspec.Meta(max_length=SIZE * MOST_TRUSTEES)]


class Message(Record, frozen=True):
    """A trustee's record of an attempt."""

    attempt: Ordinal
    trustee: Ordinal


class Pledge(Message, frozen=True, tag="pledge"):
    """A trustee's sealing key, and the digest of the contribution it will reveal."""

    sealing_key: Bytes32
    digest: Bytes32
    signature: Bytes64


class Contribution(Message, frozen=True, tag="contribution"):
    """Commitments to a trustee's polynomial, and a proof that it knows the constant term."""

    points: Many
    proof: Bytes64
    signature: Bytes64

    def digest(self) -> bytes:
        return hashlib.sha256(self.points + self.proof).digest()


class Dealing(Message, frozen=True, tag="dealing"):
    """The sealed shares for all participants."""

    shares: Many
    signature: Bytes64


class Acknowledgement(Message, frozen=True, tag="acknowledgement"):
    """The trustee holds valid shares of this election key."""

    key: Bytes32
    signature: Bytes64


class Complaint(Message, frozen=True, tag="complaint"):
    """The trustee says that a share dealt to it does not hold, and reveals the secret that opens it."""

    against: Ordinal
    secret: Bytes32
    proof: Annotated[bytes, msgspec.Meta(min_length=3 * SIZE, max_length=3 * SIZE)]
    signature: Bytes64


class Restart(Record, frozen=True, tag="restart"):
    """The central commission begins another attempt, without those trustees for whom nobody is to wait."""

    attempt: Ordinal
    without: tuple[Ordinal, ...]


M = TypeVar("M", bound=Message)


@dataclass
class Ceremony:
    """One attempt, by trustee; `without` are those whom the central commission has left out."""

    attempt: int = 1
    without: tuple[int, ...] = ()
    pledges: dict[int, Pledge] = field(default_factory=dict)
    contributions: dict[int, Contribution] = field(default_factory=dict)
    dealings: dict[int, Dealing] = field(default_factory=dict)
    acknowledgements: dict[int, Acknowledgement] = field(default_factory=dict)

    def commitments(self) -> dict[int, Points]:
        """Each participant's A, of t points, once all have contributed."""
        return {i: Points.packed(self.contributions[i].points) for i in sorted(self.contributions)}


@dataclass
class CeremonyState(ManifestState):
    """Part of the election's state: the attempt at hand, then the election key and the participants' share keys."""

    ceremony: Ceremony = field(default_factory=Ceremony)
    key: bytes = b""
    share_keys: dict[int, Points] = field(default_factory=dict)

    @property
    def participants(self) -> list[int]:
        """Who takes part in the attempt, by the numbers of the manifest (specs/ceremony.md §7)."""
        return [i for i in range(1, len(self.rules.trustees) + 1) if i not in self.ceremony.without]


class Contributed(Claim, frozen=True):
    """Claim: the trustee knows its constant term."""

    context: Context
    place: str
    t: int
    n: int
    E: bytes
    A: bytes
    proof: bytes

    def check(self, batch: Batch) -> None:
        """Require of `batch` that the trustee knows the logarithm of A's first point (specs/ceremony.md §2)."""
        batch.read("KEY.4", Points.packed(self.E), self.where)
        A = batch.read("KEY.4", Points.packed(self.A), self.where)
        r = Reader("ceremony", self.context, "", self.place, self.proof, batch, "KEY.4", self.where)
        absorb_contribution(r, self.t, self.n, self.E, self.A)
        T = r.point("T")
        z = r.challenge("z")
        s = r.scalar("s")
        r.end()

        batch.require("KEY.5", s * G, T + z * A[0], self.where)


class Complained(Claim, frozen=True):
    """Claim: the revealed secret is the Diffie–Hellman value of both sealing keys."""

    context: Context
    place: str
    E_i: bytes
    E_j: bytes
    K: bytes
    proof: bytes

    def check(self, batch: Batch) -> None:
        """Require of `batch` that log_G E_j = log_{E_i} K (specs/ceremony.md §6)."""
        where = self.where
        Ei, Ej, K = (batch.read("KEY.4", Points.packed(point), where) for point in (self.E_i, self.E_j, self.K))
        r = Reader("complaint", self.context, "", self.place, self.proof, batch, "KEY.4", where)
        for label, point in (("Ei", Ei), ("Ej", Ej), ("K", K)):
            r.absorb(label, bytes(point))
        T1, T2 = r.point("T1"), r.point("T2")
        z = r.challenge("z")
        s = r.scalar("s")
        r.end()

        batch.require("KEY.6", s * G, T1 + z * Ej, where)
        batch.require("KEY.6", s * Ei, T2 + z * K, where)


def absorb_contribution(transcript: Transcript, t: int, n: int, E: bytes, A: bytes) -> None:
    """Sizes, sealing key and commitments, before the challenge (specs/ceremony.md §2)."""
    for label, data in (("t", t.to_bytes(8, "big")), ("n", n.to_bytes(8, "big")), ("E", E), ("A", A)):
        transcript.absorb(label, data)


def pad(context: Context, attempt: int, i: int, j: int, K: bytes) -> Scalars:
    """What seals the share from trustee i to trustee j (specs/ceremony.md §4)."""
    transcript = Transcript("dealing", context, "", f"attempt {attempt} from {i} to {j}")
    transcript.absorb("K", K)
    return transcript.challenge("pad")


def committed(A: Points, j: int) -> Sum:
    """f(j)·G as the commitments to f give it: Σ j^k A_k."""
    return Scalars.of(j**k for k in range(len(A))) @ A


def election_key(commitments: Sequence[Points]) -> Points:
    """PK = Σ A_{i,0}."""
    return Points.packed(b"".join(bytes(A[0]) for A in commitments)).sum().point()


def share_key(commitments: Sequence[Points], j: int) -> Points:
    """X_j = Σ_i Σ_k j^k A_{i,k}."""
    return reduce(add, (committed(A, j) for A in commitments)).point()


def prepare_message(state: CeremonyState, record: Message, where: Place, _blobs: Blobs) -> Step:
    """A participant's record of the present attempt, in its order (KEY.1–KEY.8)."""
    attempt = state.ceremony.attempt
    if record.trustee not in state.participants:
        refuse("KEY.1", where, say("trustee {} takes no part in attempt {}", record.trustee, attempt))
    check_key_holder(state.rules.trustees[record.trustee - 1].key, state.digest, record, where)
    if record.attempt != attempt:
        refuse("KEY.1", where, say("this is attempt {}, the record is of attempt {}", attempt, record.attempt))
    return _MESSAGES[type(record)](state, state.ceremony, record, where)


def _pledge(state: CeremonyState, ceremony: Ceremony, record: Pledge, where: Place) -> Step:
    if record.sealing_key == IDENTITY:
        refuse("KEY.4", where, "the sealing key is the identity")
    return _first(state, ceremony.pledges, record, where)


def _contribution(state: CeremonyState, ceremony: Ceremony, record: Contribution, where: Place) -> Step:
    t, n = state.rules.threshold, len(state.participants)
    step = _first(state, ceremony.contributions, record, where, ceremony.pledges, "pledged")
    pledge = ceremony.pledges[record.trustee]
    if record.digest() != pledge.digest:
        refuse("KEY.2", where, "not the contribution that was pledged")
    if len(record.points) != SIZE * t:
        refuse("KEY.3", where, say("a contribution has exactly {} coefficients", t))
    if has_identity(record.points + record.proof[:SIZE]):
        refuse("KEY.4", where, "a point of the contribution is the identity")
    place, E = f"attempt {record.attempt} trustee {record.trustee}", pledge.sealing_key
    step.claims = (Contributed(state.context, place, t, n, E, record.points, record.proof, where=where),)
    return step


def _dealing(state: CeremonyState, ceremony: Ceremony, record: Dealing, where: Place) -> Step:
    step = _first(state, ceremony.dealings, record, where, ceremony.contributions, "contributed")
    if len(Scalars.decode(record.shares, where)) != len(state.participants):
        refuse("KEY.1", where, say("a dealing has a share for each of the {} participants", len(state.participants)))
    return step


def _acknowledgement(state: CeremonyState, ceremony: Ceremony, record: Acknowledgement, where: Place) -> Step:
    step = _first(state, ceremony.acknowledgements, record, where, ceremony.dealings, "dealt")
    commitments = list(ceremony.commitments().values())
    try:
        share_keys = {j: share_key(commitments, j) for j in state.participants}
        if record.key != bytes(election_key(commitments)):
            refuse("KEY.8", where, "the acknowledged key is not the sum of the contributions")
    except Malformed as error:
        refuse("KEY.8", where, error.said)

    def apply() -> None:
        if len(ceremony.acknowledgements) == len(state.participants):
            state.key, state.share_keys, state.phase = record.key, share_keys, "registration"

    return step.also(apply)


def _complaint(state: CeremonyState, ceremony: Ceremony, record: Complaint, where: Place) -> Step:
    i, j = record.against, record.trustee
    if i not in ceremony.dealings:
        refuse("KEY.1", where, say("trustee {} has dealt nothing", i))
    start = SIZE * state.participants.index(j)
    sealed = ceremony.dealings[i].shares[start : start + SIZE]
    share = Scalars(sealed) - pad(state.context, ceremony.attempt, i, j, record.secret)
    try:
        holds = (share * G).point() == committed(ceremony.commitments()[i], j).point()
    except Malformed as error:
        refuse("KEY.6", where, error.said)

    def apply() -> None:
        state.ceremony = Ceremony(ceremony.attempt + 1, ceremony.without)
        liar, other = (j, "complained of a share that holds") if holds else (i, "dealt a share that does not hold")
        state.find("KEY.7", "error", where, say("trustee {} {}; attempt {} is void", liar, other, ceremony.attempt))

    place, (E_i, E_j) = f"attempt {record.attempt} from {i} to {j}", (ceremony.pledges[k].sealing_key for k in (i, j))
    return Step(record, (Complained(state.context, place, E_i, E_j, record.secret, record.proof, where=where),), apply)


def complete_restart(state: CeremonyState, record: Restart, where: Place, _blobs: Blobs) -> Effect:
    """The commission's quorum begins another attempt, with enough trustees (KEY.10; specs/ceremony.md §7)."""
    attempt, without, n = state.ceremony.attempt + 1, record.without, len(state.rules.trustees)
    least = state.rules.least_trustees
    if record.attempt != attempt:
        refuse("KEY.10", where, say("only attempt {} can be begun", attempt))
    if list(without) != sorted({*without} & {*range(1, n + 1)}) or n - len(without) < least:
        refuse("KEY.10", where, say("who is left out is told in ascending order, and {} remain", least))

    def apply() -> None:
        state.ceremony = Ceremony(attempt, without)
        for i in without:
            state.find("KEY.10", "information", where, say("attempt {} goes on without trustee {}", attempt, i))

    return apply


def _first(
    state: CeremonyState, have: dict[int, M], record: M, where: Place, before: Mapping[int, object] = {}, did: str = ""
) -> Step:
    """A participant's first message of its kind in this attempt, after all have sent the one before (KEY.1)."""
    missing = [str(i) for i in state.participants if did and i not in before]
    if missing:
        refuse("KEY.1", where, say("trustees {} have not {} yet", ", ".join(missing), did))
    if record.trustee in have:
        refuse("KEY.1", where, say("trustee {} has posted this already in this attempt", record.trustee))
    return Step(record, (), lambda: have.update({record.trustee: record}))


_MESSAGES: dict[type[Message], Callable[[CeremonyState, Ceremony, Any, Place], Step]] = {
    Pledge: _pledge,
    Contribution: _contribution,
    Dealing: _dealing,
    Acknowledgement: _acknowledgement,
    Complaint: _complaint,
}
MESSAGES = tuple(Rule(kind, ("ceremony",), prepare_message) for kind in _MESSAGES)
RESTART = Rule(Restart, ("ceremony",), owner=central, complete=complete_restart)
