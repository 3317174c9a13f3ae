"""The key ceremony: joint Feldman, t of n, with commitments before the first reveal (specs/ceremony.md)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import msgspec

from verifier.commission.quorum import central
from verifier.election.manifest import MOST_TRUSTEES, ManifestState
from verifier.errors import Malformed, refuse
from verifier.place import Place
from verifier.proof.group import IDENTITY, SIZE, G, Points, Scalars, Sum
from verifier.proof.transcript import Context, Reader, Transcript
from verifier.records import Blobs, Bytes32, Bytes64, Ordinal, Record, check_key_holder
from verifier.rule import Claim, Effect, Rule, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verifier.proof.batch import Batch

Many = Annotated[bytes, msgspec.Meta(max_length=SIZE * MOST_TRUSTEES)]


class Pledge(Record, frozen=True, tag="pledge"):
    """A trustee's sealing key, and the digest of the contribution it will reveal."""

    attempt: Ordinal
    trustee: Ordinal
    sealing_key: Bytes32
    digest: Bytes32
    signature: Bytes64


class Contribution(Record, frozen=True, tag="contribution"):
    """Commitments to a trustee's polynomial, and a proof that it knows the constant term."""

    attempt: Ordinal
    trustee: Ordinal
    points: Many
    proof: Bytes64
    signature: Bytes64

    def digest(self) -> bytes:
        return hashlib.sha256(self.points + self.proof).digest()


class Dealing(Record, frozen=True, tag="dealing"):
    """The sealed shares for all trustees."""

    attempt: Ordinal
    trustee: Ordinal
    shares: Many
    signature: Bytes64


class Acknowledgement(Record, frozen=True, tag="acknowledgement"):
    """The trustee holds valid shares of this election key."""

    attempt: Ordinal
    trustee: Ordinal
    key: Bytes32
    signature: Bytes64


class Complaint(Record, frozen=True, tag="complaint"):
    """The trustee says that a share dealt to it does not hold, and reveals the secret that opens it."""

    attempt: Ordinal
    trustee: Ordinal
    against: Ordinal
    secret: Bytes32
    proof: Annotated[bytes, msgspec.Meta(min_length=3 * SIZE, max_length=3 * SIZE)]
    signature: Bytes64


class Restart(Record, frozen=True, tag="restart"):
    """The central commission makes an attempt void because somebody is missing."""

    attempt: Ordinal


Message = Pledge | Contribution | Dealing | Acknowledgement | Complaint


@dataclass
class Ceremony:
    """One attempt, by trustee."""

    attempt: int = 1
    void: bool = False
    pledges: dict[int, Pledge] = field(default_factory=dict)
    contributions: dict[int, Contribution] = field(default_factory=dict)
    dealings: dict[int, Dealing] = field(default_factory=dict)
    acknowledgements: dict[int, Acknowledgement] = field(default_factory=dict)

    def commitments(self, n: int) -> list[Points]:
        """A_1 … A_n, each of t points."""
        return [Points.packed(self.contributions[i].points) for i in range(1, n + 1)]


@dataclass
class CeremonyState(ManifestState):
    """Of an election's state: the attempt at hand, then the election key and the trustees' share keys."""

    ceremony: Ceremony | None = None
    key: bytes = b""
    share_keys: tuple[Points, ...] = ()


class Contributed(Claim, frozen=True, kw_only=True):
    """Claim: the trustee knows its constant term."""

    context: Context
    attempt: int
    trustee: int
    t: int
    n: int
    E: bytes
    A: bytes
    proof: bytes

    @classmethod
    def put(cls, claims: Sequence[Contributed], batch: Batch) -> None:
        for claim in claims:
            check_contribution(claim, batch)


class Complained(Claim, frozen=True, kw_only=True):
    """Claim: the revealed secret is the Diffie–Hellman value of both sealing keys."""

    context: Context
    attempt: int
    dealer: int
    trustee: int
    E_i: bytes
    E_j: bytes
    K: bytes
    proof: bytes

    @classmethod
    def put(cls, claims: Sequence[Complained], batch: Batch) -> None:
        for claim in claims:
            check_complaint(claim, batch)


def check_contribution(claim: Contributed, batch: Batch) -> None:
    """Require of `batch` that the trustee knows the logarithm of A's first point (specs/ceremony.md §2)."""
    where, place = claim.where, f"attempt {claim.attempt} trustee {claim.trustee}"
    batch.read("KEY.4", Points.packed(claim.E), where)
    A = batch.read("KEY.4", Points.packed(claim.A), where)
    r = Reader("ceremony", claim.context, "", place, claim.proof, batch, "KEY.4", where)
    absorb_contribution(r, claim.t, claim.n, claim.E, claim.A)
    T = r.point("T")
    z = r.challenge("z")
    s = r.scalar("s")
    r.end()

    batch.require("KEY.5", s * G, T + z * A[0], where)


def check_complaint(claim: Complained, batch: Batch) -> None:
    """Require of `batch` that log_G E_j = log_{E_i} K (specs/ceremony.md §6)."""
    where, place = claim.where, f"attempt {claim.attempt} from {claim.dealer} to {claim.trustee}"
    Ei, Ej, K = (batch.read("KEY.4", Points.packed(point), where) for point in (claim.E_i, claim.E_j, claim.K))
    r = Reader("complaint", claim.context, "", place, claim.proof, batch, "KEY.4", where)
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
    transcript.absorb("t", t.to_bytes(8, "big"))
    transcript.absorb("n", n.to_bytes(8, "big"))
    transcript.absorb("E", E)
    transcript.absorb("A", A)


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
    total = committed(commitments[0], j)
    for A in commitments[1:]:
        total = total + committed(A, j)
    return total.point()


def prepare_message(state: CeremonyState, record: Message, where: Place, _blobs: Blobs) -> Step:
    """A trustee's record of the current attempt, in its order (KEY.1–KEY.8)."""
    rules = state.rules
    ceremony = state.ceremony or Ceremony()
    if record.trustee > len(rules.trustees):
        refuse("KEY.1", where, f"there is no trustee {record.trustee}")
    check_key_holder(rules.trustees[record.trustee - 1].key, state.digest, record, where)
    if isinstance(record, Pledge) and ceremony.void and record.attempt == ceremony.attempt + 1:
        ceremony = Ceremony(record.attempt)
    if record.attempt != ceremony.attempt or ceremony.void:
        expected = ceremony.attempt + ceremony.void
        refuse("KEY.1", where, f"this is attempt {expected}, the record is of attempt {record.attempt}")
    match record:
        case Pledge():
            return _pledge(state, ceremony, record, where)
        case Contribution():
            return _contribution(state, ceremony, record, where)
        case Dealing():
            return _dealing(state, ceremony, record, where)
        case Acknowledgement():
            return _acknowledgement(state, ceremony, record, where)
        case Complaint():
            return _complaint(state, ceremony, record, where)


def _pledge(state: CeremonyState, ceremony: Ceremony, record: Pledge, where: Place) -> Step:
    _once(ceremony.pledges, record.trustee, where)
    if record.sealing_key == IDENTITY:
        refuse("KEY.4", where, "the sealing key is the identity")

    def apply() -> None:
        ceremony.pledges[record.trustee] = record
        state.ceremony = ceremony

    return Step(record, (), apply)


def _contribution(state: CeremonyState, ceremony: Ceremony, record: Contribution, where: Place) -> Step:
    t, n = state.rules.threshold, len(state.rules.trustees)
    _all(ceremony.pledges, n, "pledged", where)
    _once(ceremony.contributions, record.trustee, where)
    pledge = ceremony.pledges[record.trustee]
    if record.digest() != pledge.digest:
        refuse("KEY.2", where, "not the contribution that was pledged")
    if len(record.points) != SIZE * t:
        refuse("KEY.3", where, f"a contribution has exactly {t} coefficients")
    if Points.packed(record.points + record.proof[:SIZE]).has_identity():
        refuse("KEY.4", where, "a point of the contribution is the identity")

    def apply() -> None:
        ceremony.contributions[record.trustee] = record

    claim = Contributed(
        context=state.context,
        attempt=record.attempt,
        trustee=record.trustee,
        t=t,
        n=n,
        E=pledge.sealing_key,
        A=record.points,
        proof=record.proof,
        where=where,
    )
    return Step(record, (claim,), apply)


def _dealing(state: CeremonyState, ceremony: Ceremony, record: Dealing, where: Place) -> Step:
    n = len(state.rules.trustees)
    _all(ceremony.contributions, n, "contributed", where)
    _once(ceremony.dealings, record.trustee, where)
    if len(Scalars.decode(record.shares, where)) != n:
        refuse("KEY.1", where, f"a dealing has a share for each of the {n} trustees")

    def apply() -> None:
        ceremony.dealings[record.trustee] = record

    return Step(record, (), apply)


def _acknowledgement(state: CeremonyState, ceremony: Ceremony, record: Acknowledgement, where: Place) -> Step:
    n = len(state.rules.trustees)
    _all(ceremony.dealings, n, "dealt", where)
    _once(ceremony.acknowledgements, record.trustee, where)
    commitments = ceremony.commitments(n)
    try:
        share_keys = tuple(share_key(commitments, j) for j in range(1, n + 1))
        if record.key != bytes(election_key(commitments)):
            refuse("KEY.8", where, "the acknowledged key is not the sum of the contributions")
    except Malformed as error:
        refuse("KEY.8", where, error.detail)

    def apply() -> None:
        ceremony.acknowledgements[record.trustee] = record
        if len(ceremony.acknowledgements) == n:
            state.key = record.key
            state.share_keys = share_keys
            state.phase = "registration"

    return Step(record, (), apply)


def _complaint(state: CeremonyState, ceremony: Ceremony, record: Complaint, where: Place) -> Step:
    n = len(state.rules.trustees)
    i, j = record.against, record.trustee
    if i not in ceremony.dealings:
        refuse("KEY.1", where, f"trustee {i} has dealt nothing")
    sealed = ceremony.dealings[i].shares[SIZE * (j - 1) : SIZE * j]
    share = Scalars(sealed) - pad(state.context, ceremony.attempt, i, j, record.secret)
    try:
        holds = (share * G).point() == committed(ceremony.commitments(n)[i - 1], j).point()
    except Malformed as error:
        refuse("KEY.6", where, error.detail)

    def apply() -> None:
        ceremony.void = True
        liar, other = (j, "complained of a share that holds") if holds else (i, "dealt a share that does not hold")
        state.find("KEY.7", "error", where, f"trustee {liar} {other}; attempt {ceremony.attempt} is void")

    claim = Complained(
        context=state.context,
        attempt=ceremony.attempt,
        dealer=i,
        trustee=j,
        E_i=ceremony.pledges[i].sealing_key,
        E_j=ceremony.pledges[j].sealing_key,
        K=record.secret,
        proof=record.proof,
        where=where,
    )
    return Step(record, (claim,), apply)


def complete_restart(state: CeremonyState, record: Restart, where: Place, _blobs: Blobs) -> Effect:
    """The commission's quorum starts another attempt (specs/ceremony.md §7)."""
    ceremony = state.ceremony or Ceremony()
    if record.attempt != ceremony.attempt + 1 or ceremony.void:
        refuse("KEY.1", where, f"only attempt {ceremony.attempt + 1} can be started")

    def apply() -> None:
        ceremony.void = True
        state.ceremony = ceremony

    return apply


def _once(have: Mapping[int, object], trustee: int, where: Place) -> None:
    if trustee in have:
        refuse("KEY.1", where, f"trustee {trustee} has posted this already in this attempt")


def _all(have: Mapping[int, object], n: int, verb: str, where: Place) -> None:
    missing = [str(i) for i in range(1, n + 1) if i not in have]
    if missing:
        refuse("KEY.1", where, f"trustees {', '.join(missing)} have not {verb} yet")


MESSAGES = tuple(
    Rule(kind, ("ceremony",), prepare_message) for kind in (Pledge, Contribution, Dealing, Acknowledgement, Complaint)
)
RESTART = Rule(Restart, ("ceremony",), owner=central, complete=complete_restart)
