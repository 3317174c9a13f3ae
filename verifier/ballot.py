"""The sealed ballot, and what becomes of it: cast or challenged (specs/ballot.md)."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeVar

import msgspec

from verifier.choice import check_choice, encode_points
from verifier.errors import Malformed, refuse
from verifier.group import IDENTITY, SIZE, G, Points, Scalars
from verifier.manifest import MOST_COLUMNS
from verifier.records import Bytes16, Bytes32, Bytes64, Id, Ordinal, Part, Record, encode
from verifier.state import Cast, Step, known_contest
from verifier.transcript import Context, Readers, opening

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verifier.batch import Batch
    from verifier.manifest import Contest
    from verifier.state import State

Columns = Annotated[bytes, msgspec.Meta(min_length=SIZE, max_length=SIZE * MOST_COLUMNS)]
C = TypeVar("C")
FIRST = bytes(32)  # `prev` of a credential's first ballot


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


class Seal(NamedTuple):
    """Claim: whoever sealed the ballot knows its randomness."""

    context: Context
    key: bytes
    width: int
    sealed: Sealed
    where: str

    @classmethod
    def put(cls, claims: Sequence[Seal], batch: Batch) -> None:
        keys = [(claim[:3], claim.sealed.contest, len(claim.sealed.style)) for claim in claims]
        for group in _groups(claims, keys):
            check_seals(group, batch)


class Act(NamedTuple):
    """Claim: the credential signed what becomes of the ballot."""

    context: Context
    contest: str
    act: str
    credential: bytes
    tracker: bytes
    prev: bytes
    signature: bytes
    where: str

    @classmethod
    def put(cls, claims: Sequence[Act], batch: Batch) -> None:
        for group in _groups(claims, [claim[:3] for claim in claims]):
            check_acts(group, batch)


class Opened(NamedTuple):
    """Claim: the opened choice and randomness give the challenged ballot."""

    key: bytes
    M: bytes
    r: bytes
    sealed: Sealed
    where: str

    @classmethod
    def put(cls, claims: Sequence[Opened], batch: Batch) -> None:
        for claim in claims:
            check_opened(claim, batch)


def check_seals(claims: Sequence[Seal], batch: Batch) -> None:
    """Proofs of knowledge of ballots of one contest and style length, all at once (specs/ballot.md §5)."""
    context, key, w, sealed, _ = claims[0]
    place = _places(claims)
    t = Readers(
        opening("ballot", context, sealed.contest, ""), [claim.sealed.proof for claim in claims], batch, "BAL.4", place
    )
    t.absorb("PK", key)
    t.absorb("style", [claim.sealed.style.encode() for claim in claims])
    t.absorb("credential", [claim.sealed.credential for claim in claims])
    t.absorb("nonce", [claim.sealed.nonce for claim in claims])
    R = t.absorb("R", [claim.sealed.R for claim in claims])
    P = t.absorb("P", [claim.sealed.P for claim in claims])
    T = t.points("T", w)
    z = t.challenge("z")
    s = t.scalars("s", w)
    t.end()

    R_ = batch.read("BAL.4", Points.packed(R), lambda i: place(i // w))
    batch.read("BAL.4", Points.packed(P), lambda i: place(i // w))
    batch.require("BAL.6", s * G, T + z.repeat(w) * R_, lambda i: place(i // w))


def check_acts(claims: Sequence[Act], batch: Batch) -> None:
    """Signatures by which credentials cast or challenge in one contest, all at once (specs/ballot.md §8)."""
    context, contest, act = claims[0][:3]
    place = _places(claims)
    t = Readers(
        opening("signature", context, contest, act), [claim.signature for claim in claims], batch, "BAL.4", place
    )
    K = t.absorb("credential", [claim.credential for claim in claims])
    t.absorb("tracker", [claim.tracker for claim in claims])
    t.absorb("prev", [claim.prev for claim in claims])
    T = t.points("T", 1)
    z = t.challenge("z")
    s = t.scalars("s", 1)
    t.end()

    K_ = batch.read("BAL.4", Points.packed(K), place)
    batch.require("BAL.7", s * G, T + z * K_, place)


def check_opened(claim: Opened, batch: Batch) -> None:
    """R = rG and P = M + r·PK in every column (specs/ballot.md §11)."""
    key, M, r, sealed, where = claim
    r_ = Scalars.decode(r, where)
    R, P = (batch.read("BAL.4", Points.packed(points), where) for points in (sealed.R, sealed.P))
    batch.require("SPL.2", r_ * G, +R, where)
    batch.require("SPL.2", r_ * Points.packed(key) + Points.packed(M), +P, where)


def prepare_ballot(state: State, index: int, record: Ballot, where: str) -> Step:
    """A cast ballot (specs/ballot.md §5–12)."""
    sealed = record.sealed
    contest, claims = _check_sealed(state, record, "cast", where)
    course, act = state.courses[contest.id], claims[1]

    def apply() -> None:
        state.firsts.update(_columns(sealed.R))
        course.cast[sealed.credential] = Cast(index, act.tracker, sealed.R, sealed.P)

    return Step(claims, apply)


def prepare_challenge(state: State, index: int, record: Challenge, where: str) -> Step:
    """A challenged ballot with its opening (specs/ballot.md §11)."""
    del index
    sealed = record.sealed
    contest, claims = _check_sealed(state, record, "challenge", where)
    try:
        check_choice(contest, record.choice)
    except Malformed as error:
        refuse("SPL.1", where, error.detail)
    if len(record.r) != SIZE * contest.width:
        refuse("BAL.2", where, f"r takes {SIZE * contest.width} bytes")
    Scalars.decode(record.r, where)

    def apply() -> None:
        state.firsts.update(_columns(sealed.R))
        state.challenged += 1

    opened = Opened(state.key, encode_points(contest, record.choice), record.r, sealed, where)
    return Step((*claims, opened), apply)


def _check_sealed(state: State, record: Ballot | Challenge, act: str, where: str) -> tuple[Contest, tuple[Seal, Act]]:
    sealed = record.sealed
    contest = known_contest(state, sealed.contest, "BAL.1", where)
    _check_entitled(state, sealed, where)
    _check_form(sealed, record.signature, contest.width, where)
    firsts = _columns(sealed.R)
    if len(set(firsts)) != len(firsts) or not state.firsts.isdisjoint(firsts):
        refuse("BAL.3", where, "a first component occurs twice: seal the ballot afresh")
    latest = state.courses[contest.id].cast.get(sealed.credential)
    if record.prev != (latest.tracker if latest else FIRST):
        refuse("BAL.8", where, "prev is not the tracker of the credential's latest cast ballot")
    context = state.context
    tracker = sealed.tracker(state.digest)
    return contest, (
        Seal(context, state.key, contest.width, sealed, where),
        Act(context, contest.id, act, sealed.credential, tracker, record.prev, record.signature, where),
    )


def _check_entitled(state: State, sealed: Sealed, where: str) -> None:
    credential = state.credentials.get(sealed.credential)
    if credential is None:
        refuse("BAL.1", where, "the credential is not on the register")
    style = next(style for style in state.rules.styles if style.id == credential.style)
    if sealed.style != style.id or sealed.contest not in style.contests:
        refuse(
            "BAL.1", where, f"the credential's style is {style.id}, which has the contests {', '.join(style.contests)}"
        )


def _check_form(sealed: Sealed, signature: bytes, width: int, where: str) -> None:
    if (len(sealed.R), len(sealed.P), len(sealed.proof)) != (SIZE * width, SIZE * width, 2 * SIZE * width):
        refuse("BAL.2", where, f"{sealed.contest} has {width} columns")
    half = SIZE * width
    if IDENTITY in _columns(sealed.R + sealed.P + sealed.proof[:half] + signature[:SIZE]):
        refuse("BAL.5", where, "a point is the identity")
    Scalars.decode(sealed.proof[half:] + signature[SIZE:], where)


def _columns(packed: bytes) -> list[bytes]:
    return [packed[start : start + SIZE] for start in range(0, len(packed), SIZE)]


def _places(claims: Sequence[Seal] | Sequence[Act]) -> Callable[[int], str]:
    return lambda row: claims[row].where


def _groups(claims: Sequence[C], keys: Sequence[object]) -> list[Sequence[C]]:
    """The claims with equal keys; usually all of an election's have the same."""
    if len(set(keys)) == 1:
        return [claims]
    groups: defaultdict[object, list[C]] = defaultdict(list)
    for claim, key in zip(claims, keys, strict=True):
        groups[key].append(claim)
    return list(groups.values())
