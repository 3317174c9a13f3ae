"""The sealed ballot, and what becomes of it: cast or challenged (specs/ballot.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, NamedTuple, Self

import msgspec

from verifier.election.choice import check_choice, encode_points
from verifier.election.manifest import MOST_COLUMNS, Contest
from verifier.election.register import RegisterState
from verifier.errors import Malformed, refuse, say
from verifier.place import Place
from verifier.proof import backend
from verifier.proof.batch import Batch
from verifier.proof.group import SIZE, G, Points, Scalars, has_identity
from verifier.proof.packed import Packed
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

    firsts: Packed = field(default_factory=lambda: backend.Packed(SIZE))
    challenged: int = 0


class Common(NamedTuple):
    """What ballots have in common whose proofs are checked side by side; `style` is its id's length in bytes."""

    context: Context
    contest: str
    key: bytes
    style: int
    width: int
    act: str


ACTS = {Ballot: "cast", Challenge: "challenge"}
_alike = cache(Common)


class Voted(Claim, frozen=True, kw_only=True):
    """Claim: who sealed the ballot knows its randomness, and its credential signed what becomes of it.

    Each row is a proof after that part of its statement that is the ballot's own.
    """

    common: Common
    seal: bytes
    act: bytes

    @classmethod
    def of(
        cls, context: Context, key: bytes, width: int, record: Ballot | Challenge, tracker: bytes, where: Place
    ) -> Self:
        sealed, style, kind = record.sealed, record.sealed.style.encode(), ACTS[type(record)]
        common = _alike(context, sealed.contest, key, len(style), width, kind)
        seal = b"".join((style, sealed.credential, sealed.nonce, sealed.R, sealed.P, sealed.proof))
        act = b"".join((sealed.credential, tracker, record.prev, record.signature))
        return cls(common=common, seal=seal, act=act, where=where)

    @classmethod
    def put(cls, claims: Sequence[Voted], batch: Batch) -> None:
        forms: dict[int, list[Voted]] = {}
        for claim in claims:
            forms.setdefault(id(claim.common), []).append(claim)  # which was made once and is one object
        for check in (check_seals, check_acts):
            for alike in forms.values():
                check(alike, batch)


class Opened(Claim, frozen=True, kw_only=True):
    """Claim: the opened choice M and randomness r, column by column, give the challenged ballot's R and P."""

    key: bytes
    M: bytes
    r: bytes
    R: bytes
    P: bytes

    @classmethod
    def put(cls, claims: Sequence[Opened], batch: Batch) -> None:
        """Require R = rG and P = M + r·PK in every column of ballots opened under one key (specs/ballot.md §11)."""
        columns = [claim.where for claim in claims for _ in range(len(claim.r) // SIZE)]
        r, M, R, P = (b"".join([getattr(claim, name) for claim in claims]) for name in ("r", "M", "R", "P"))
        r_ = Scalars.decode(r, claims[0].where)
        R_, P_ = (batch.read("BAL.4", Points.packed(points), columns.__getitem__) for points in (R, P))
        batch.require("SPL.2", r_ * G, +R_, columns.__getitem__)
        batch.require("SPL.2", r_ * Points.packed(claims[0].key) + Points.packed(M), +P_, columns.__getitem__)


def check_seals(claims: Sequence[Voted], batch: Batch) -> None:
    """Check the proofs of knowledge of ballots that have these in common, all at once (specs/ballot.md §5)."""
    context, contest, key, style, w, _ = claims[0].common
    rows, widths = [claim.seal for claim in claims], (style, SIZE, NONCE, SIZE * w, SIZE * w, SIZE * w, SIZE * w)
    t = Readers("ballot", context, contest, "", rows, widths, batch, "BAL.4", lambda row: claims[row].where)
    t.absorb("PK", key)
    for label in ("style", "credential", "nonce"):
        t.column(label)
    R = t.points("R")
    t.points("P")
    T = t.points("T")
    z = t.challenge("z")
    s = t.scalars("s")
    t.end()

    batch.require("BAL.6", s * G, T + z.repeat(w) * R, lambda i: claims[i // w].where)


def check_acts(claims: Sequence[Voted], batch: Batch) -> None:
    """Check the signatures by which credentials cast or challenge such ballots, all at once (specs/ballot.md §8)."""
    (context, contest, *_, act), rows = claims[0].common, [claim.act for claim in claims]
    t = Readers("signature", context, contest, act, rows, 5 * (SIZE,), batch, "BAL.4", lambda row: claims[row].where)
    K = t.points("credential")
    t.column("tracker")
    t.column("prev")
    T = t.points("T")
    z = t.challenge("z")
    s = t.scalars("s")
    t.end()

    batch.require("BAL.7", s * G, T + z * K, lambda row: claims[row].where)


def prepare_ballot(state: BallotState, record: Ballot, where: Place, _blobs: Blobs) -> Step:
    """A cast ballot (specs/ballot.md §5–12)."""
    sealed = record.sealed
    _, tracker, voted = _check_sealed(state, record, where)
    cast = state.courses[sealed.contest].cast

    def apply() -> None:
        state.firsts.extend(sealed.R)
        cast.put(sealed.credential, where.order, tracker, sealed.R, sealed.P)

    return Step(record, (voted,), apply)


def prepare_challenge(state: BallotState, record: Challenge, where: Place, _blobs: Blobs) -> Step:
    """A challenged ballot with its opening (specs/ballot.md §11)."""
    sealed = record.sealed
    contest, _, voted = _check_sealed(state, record, where)
    try:
        check_choice(contest, record.choice)
    except Malformed as error:
        refuse("SPL.1", where, error.said)
    if len(record.r) != SIZE * contest.width:
        refuse("BAL.2", where, say("r takes {} bytes", SIZE * contest.width))
    Scalars.decode(record.r, where)

    def apply() -> None:
        state.firsts.extend(sealed.R)
        state.challenged += 1

    M = encode_points(contest, record.choice)
    opened = Opened(key=state.key, M=M, r=record.r, R=sealed.R, P=sealed.P, where=where)
    return Step(record, (voted, opened), apply)


def _check_sealed(state: BallotState, record: Ballot | Challenge, where: Place) -> tuple[Contest, bytes, Voted]:
    sealed = record.sealed
    contest = state.contest(sealed.contest, "BAL.1", where)
    _check_entitled(state, sealed, where)
    _check_form(sealed, record.signature, contest.width, where)
    if not state.firsts.lacks(sealed.R):
        refuse("BAL.3", where, "a first component occurs twice: seal the ballot afresh")
    latest = state.courses[contest.id].cast.get(sealed.credential)
    if record.prev != (latest.tracker if latest else FIRST):
        refuse("BAL.8", where, "prev is not the tracker of the credential's latest cast ballot")
    tracker = sealed.tracker(state.digest)
    return contest, tracker, Voted.of(state.context, state.key, contest.width, record, tracker, where)


def _check_entitled(state: BallotState, sealed: Sealed, where: Place) -> None:
    credential = state.credentials.get(sealed.credential)
    if credential is None:
        refuse("BAL.1", where, "the credential is not on the register")
    style = state.styles[credential.style]
    if sealed.style != style.id or sealed.contest not in style.contests:
        said = say("the credential's style is {}, which has the contests {}", style.id, ", ".join(style.contests))
        refuse("BAL.1", where, said)


def _check_form(sealed: Sealed, signature: bytes, width: int, where: Place) -> None:
    half = SIZE * width
    if len(sealed.R) != half or len(sealed.P) != half or len(sealed.proof) != 2 * half:
        refuse("BAL.2", where, say("{} has {} columns", sealed.contest, width))
    if has_identity(sealed.R + sealed.P + sealed.proof[:half] + signature[:SIZE]):
        refuse("BAL.5", where, "a point is the identity")
    Scalars.decode(sealed.proof[half:] + signature[SIZE:], where)


BALLOT = Rule(Ballot, ("voting",), prepare_ballot)
CHALLENGE = Rule(Challenge, ("voting",), prepare_challenge)
