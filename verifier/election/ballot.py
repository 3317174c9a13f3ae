"""The sealed ballot, and what becomes of it: cast or challenged (specs/ballot.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, NamedTuple, Self, TypeVar

import msgspec

from verifier.election.choice import check_choice, encode_points
from verifier.election.course import Cast
from verifier.election.manifest import MOST_COLUMNS, Contest
from verifier.election.register import RegisterState
from verifier.errors import Malformed, refuse, say
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.group import SIZE, G, Points, Scalars, cut, has_identity
from verifier.proof.transcript import Context, Readers
from verifier.records import Blobs, Bytes16, Bytes32, Bytes64, Id, Ordinal, Part, Record, encode
from verifier.rule import Claim, Rule, Step

Columns = Annotated[bytes, msgspec.Meta(min_length=SIZE, max_length=SIZE * MOST_COLUMNS)]
FIRST = bytes(32)  # `prev` of a credential's first ballot
NONCE = 16


class Sealed(Part, frozen=True):
    """A choice sealed under the election key, with a proof that its maker knows the randomness."""

    contest: Id
    style: Id
    credential: Bytes32
    nonce: Bytes16
    R: Columns
    P: Columns
    proof: Annotated[bytes, msgspec.Meta(max_length=2 * SIZE * MOST_COLUMNS)]

    def tracker(self, manifest: bytes) -> bytes:
        """What names this sealed ballot (specs/ballot.md §7)."""
        return hashlib.sha256(b"aikyn/1 tracker" + manifest + encode(self)).digest()


class Ballot(Record, frozen=True, tag="ballot"):
    """A sealed ballot that its credential casts."""

    sealed: Sealed
    prev: Bytes32
    signature: Bytes64


class Challenge(Record, frozen=True, tag="challenge"):
    """A sealed ballot that its credential opens instead of casting it; never counted."""

    sealed: Sealed
    prev: Bytes32
    signature: Bytes64
    choice: tuple[Ordinal, ...]
    r: Columns


@dataclass
class BallotState(RegisterState):
    """Part of the election's state: all first components of sealed ballots, and how many were challenged."""

    firsts: set[bytes] = field(default_factory=set)
    challenged: int = 0


class Sealing(NamedTuple):
    """What ballots have in common whose seals are checked side by side; `style` is its id's length in bytes."""

    context: Context
    contest: str
    key: bytes
    style: int
    width: int


class Acting(NamedTuple):
    """What ballots have in common whose credentials' signatures are checked side by side."""

    context: Context
    contest: str
    act: str


_sealing, _acting = cache(Sealing), cache(Acting)


class Seal(Claim, frozen=True, kw_only=True):
    """Claim: whoever sealed the ballot knows its randomness. The row is the proof after the ballot's own statement."""

    common: Sealing
    row: bytes

    @classmethod
    def of(cls, context: Context, key: bytes, width: int, sealed: Sealed, where: Place) -> Self:
        style, credential, nonce = sealed.style.encode(), sealed.credential, sealed.nonce
        row = b"".join((style, credential, nonce, sealed.R, sealed.P, sealed.proof))
        return cls(common=_sealing(context, sealed.contest, key, len(style), width), row=row, where=where)

    @classmethod
    def put(cls, claims: Sequence[Seal], batch: Batch) -> None:
        for group in _alike(claims):
            check_seals(group, batch)


class Act(Claim, frozen=True, kw_only=True):
    """Claim: the credential signed what becomes of the ballot. The row is the signature after its own statement."""

    common: Acting
    row: bytes

    @classmethod
    def of(cls, context: Context, record: Ballot | Challenge, tracker: bytes, where: Place) -> Self:
        act = "cast" if isinstance(record, Ballot) else "challenge"
        row = b"".join((record.sealed.credential, tracker, record.prev, record.signature))
        return cls(common=_acting(context, record.sealed.contest, act), row=row, where=where)

    @classmethod
    def put(cls, claims: Sequence[Act], batch: Batch) -> None:
        for group in _alike(claims):
            check_acts(group, batch)


C = TypeVar("C", Seal, Act)


class Opened(Claim, frozen=True, kw_only=True):
    """Claim: the opened choice M and randomness r, column by column, give the challenged ballot's R and P."""

    key: bytes
    M: bytes
    r: bytes
    R: bytes
    P: bytes

    @classmethod
    def put(cls, claims: Sequence[Opened], batch: Batch) -> None:
        check_opened(claims, batch)


def check_seals(claims: Sequence[Seal], batch: Batch) -> None:
    """Check the proofs of knowledge of ballots of one contest and style length, all at once (specs/ballot.md §5)."""
    context, contest, key, style, w = claims[0].common
    widths = (style, SIZE, NONCE, SIZE * w, SIZE * w, SIZE * w, SIZE * w)
    t = Readers("ballot", context, contest, "", _rows(claims), widths, batch, "BAL.4", _places(claims))
    t.absorb("PK", key)
    t.column("style")
    t.column("credential")
    t.column("nonce")
    R = t.points("R")
    t.points("P")
    T = t.points("T")
    z = t.challenge("z")
    s = t.scalars("s")
    t.end()

    batch.require("BAL.6", s * G, T + z.repeat(w) * R, lambda i: claims[i // w].where)


def check_acts(claims: Sequence[Act], batch: Batch) -> None:
    """Check the signatures by which credentials cast or challenge in one contest, all at once (specs/ballot.md §8)."""
    context, contest, act = claims[0].common
    widths = (SIZE, SIZE, SIZE, SIZE, SIZE)
    t = Readers("signature", context, contest, act, _rows(claims), widths, batch, "BAL.4", _places(claims))
    K = t.points("credential")
    t.column("tracker")
    t.column("prev")
    T = t.points("T")
    z = t.challenge("z")
    s = t.scalars("s")
    t.end()

    batch.require("BAL.7", s * G, T + z * K, _places(claims))


def check_opened(claims: Sequence[Opened], batch: Batch) -> None:
    """Check R = rG and P = M + r·PK in every column of all challenged ballots under one key (specs/ballot.md §11)."""
    columns = [claim.where for claim in claims for _ in range(len(claim.r) // SIZE)]
    r, M, R, P = (b"".join([getattr(claim, name) for claim in claims]) for name in ("r", "M", "R", "P"))
    r_ = Scalars.decode(r, claims[0].where)
    R_, P_ = (batch.read("BAL.4", Points.packed(points), columns.__getitem__) for points in (R, P))
    batch.require("SPL.2", r_ * G, +R_, columns.__getitem__)
    batch.require("SPL.2", r_ * Points.packed(claims[0].key) + Points.packed(M), +P_, columns.__getitem__)


def prepare_ballot(state: BallotState, record: Ballot, where: Place, _blobs: Blobs) -> Step:
    """A cast ballot (specs/ballot.md §5–12)."""
    sealed = record.sealed
    contest, tracker = _check_sealed(state, record, where)
    course = state.courses[contest.id]

    def apply() -> None:
        state.firsts.update(cut(sealed.R))
        course.cast[sealed.credential] = Cast(where.order, tracker, sealed.R, sealed.P)

    return Step(record, _claims(state, contest, record, tracker, where), apply)


def prepare_challenge(state: BallotState, record: Challenge, where: Place, _blobs: Blobs) -> Step:
    """A challenged ballot with its opening (specs/ballot.md §11)."""
    sealed = record.sealed
    contest, tracker = _check_sealed(state, record, where)
    try:
        check_choice(contest, record.choice)
    except Malformed as error:
        refuse("SPL.1", where, error.said)
    if len(record.r) != SIZE * contest.width:
        refuse("BAL.2", where, say("r takes {} bytes", SIZE * contest.width))
    Scalars.decode(record.r, where)

    def apply() -> None:
        state.firsts.update(cut(sealed.R))
        state.challenged += 1

    M = encode_points(contest, record.choice)
    opened = Opened(key=state.key, M=M, r=record.r, R=sealed.R, P=sealed.P, where=where)
    return Step(record, (*_claims(state, contest, record, tracker, where), opened), apply)


def _claims(
    state: BallotState, contest: Contest, record: Ballot | Challenge, tracker: bytes, where: Place
) -> tuple[Seal, Act]:
    seal = Seal.of(state.context, state.key, contest.width, record.sealed, where)
    return seal, Act.of(state.context, record, tracker, where)


def _check_sealed(state: BallotState, record: Ballot | Challenge, where: Place) -> tuple[Contest, bytes]:
    sealed = record.sealed
    contest = state.contest(sealed.contest, "BAL.1", where)
    _check_entitled(state, sealed, where)
    _check_form(sealed, record.signature, contest.width, where)
    firsts = cut(sealed.R)
    if len(set(firsts)) != len(firsts) or not state.firsts.isdisjoint(firsts):
        refuse("BAL.3", where, "a first component occurs twice: seal the ballot afresh")
    latest = state.courses[contest.id].cast.get(sealed.credential)
    if record.prev != (latest.tracker if latest else FIRST):
        refuse("BAL.8", where, "prev is not the tracker of the credential's latest cast ballot")
    return contest, sealed.tracker(state.digest)


def _check_entitled(state: BallotState, sealed: Sealed, where: Place) -> None:
    credential = state.credentials.get(sealed.credential)
    if credential is None:
        refuse("BAL.1", where, "the credential is not on the register")
    style = state.styles[credential.style]
    if sealed.style != style.id or sealed.contest not in style.contests:
        said = say("the credential's style is {}, which has the contests {}", style.id, ", ".join(style.contests))
        refuse("BAL.1", where, said)


def _check_form(sealed: Sealed, signature: bytes, width: int, where: Place) -> None:
    if (len(sealed.R), len(sealed.P), len(sealed.proof)) != (SIZE * width, SIZE * width, 2 * SIZE * width):
        refuse("BAL.2", where, say("{} has {} columns", sealed.contest, width))
    half = SIZE * width
    if has_identity(sealed.R + sealed.P + sealed.proof[:half] + signature[:SIZE]):
        refuse("BAL.5", where, "a point is the identity")
    Scalars.decode(sealed.proof[half:] + signature[SIZE:], where)


def _alike(claims: Sequence[C]) -> Iterable[list[C]]:
    """The claims in groups by what they have in common, which was made once and is one object."""
    groups: dict[int, list[C]] = {}
    for claim in claims:
        groups.setdefault(id(claim.common), []).append(claim)
    return groups.values()


def _rows(claims: Sequence[Seal] | Sequence[Act]) -> list[bytes]:
    return [claim.row for claim in claims]


def _places(claims: Sequence[Seal] | Sequence[Act]) -> Callable[[int], Place]:
    return lambda row: claims[row].where


BALLOT = Rule(Ballot, ("voting",), prepare_ballot)
CHALLENGE = Rule(Challenge, ("voting",), prepare_challenge)
