"""Decryption: a trustee's shares of a contest, and how they recombine (specs/decryption.md)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Annotated

import msgspec

from verifier.election.counting import CountState
from verifier.election.course import Given
from verifier.errors import refuse, say
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import ORDER, SIZE, G, Points, Scalars, Sum
from verifier.proof.transcript import Context, Reader, Transcript
from verifier.records import Blob, Blobs, Bytes32, Bytes64, Id, Ordinal, Record, check_key_holder, fetch
from verifier.rule import Claim, Rule, Step


class Share(Record, frozen=True, tag="share"):
    """A trustee's decryption shares of a contest's last mix."""

    contest: Id
    trustee: Ordinal
    mix: Bytes32
    shares: Blob
    proof: Annotated[bytes, msgspec.Meta(min_length=3 * SIZE, max_length=3 * SIZE)]
    signature: Bytes64


class Decrypted(Claim, frozen=True):
    """Claim: the shares are made with the secret of the trustee's public share key."""

    context: Context
    contest: str
    trustee: int
    X: Points
    mix: bytes
    mixed: Ciphertexts
    D: tuple[Points, ...]
    proof: bytes

    def check(self, batch: Batch) -> None:
        check_shares(self, batch)


def absorb_statement(t: Transcript, X: Points, mix: bytes, mixed: Ciphertexts, D: Sequence[Points]) -> None:
    """Share key, mix, all ciphertexts and all shares, before the challenge (specs/decryption.md §2)."""
    t.absorb("X", bytes(X))
    t.absorb("mix", mix)
    for R, P in zip(mixed.R, mixed.P, strict=True):
        t.absorb("R", bytes(R))
        t.absorb("P", bytes(P))
    for shares in D:
        t.absorb("D", bytes(shares))


def check_shares(claim: Decrypted, batch: Batch) -> None:
    """Require of `batch` that every share is x·R for the x of X = xG (specs/decryption.md §4)."""
    X, mixed, D, where = claim.X, claim.mixed, claim.D, claim.where
    N, w = len(mixed), mixed.width
    for shares in D:
        batch.read("DEC.3", shares, lambda i: where.within(row=i + 1))
    trustee = f"trustee {claim.trustee}"
    t = Reader("decryption", claim.context, claim.contest, trustee, claim.proof, batch, "DEC.3", where)
    absorb_statement(t, X, claim.mix, mixed, D)
    e = t.challenges("e", w * N)
    T1, T2 = t.point("T1"), t.point("T2")
    z = t.challenge("z")
    s = t.scalar("s")
    t.end()

    batch.require("DEC.4", s * G, T1 + z * X, where)
    batch.require("DEC.5", s * weighted(e, mixed.R), T2 + z * weighted(e, D), where)


def weighted(e: Scalars, columns: Sequence[Points]) -> Sum:
    """Σ e · P over all rows of all columns."""
    N = len(columns[0])
    return reduce(add, (e[k * N : (k + 1) * N] @ points for k, points in enumerate(columns)))


def lagrange(trustees: Sequence[int]) -> list[Scalars]:
    """Lagrange's coefficients at 0 for these trustees' shares."""
    coefficients = []
    for j in trustees:
        over, under = 1, 1
        for other in trustees:
            if other != j:
                over, under = over * other % ORDER, under * (other - j) % ORDER
        coefficients.append(Scalars.of([over * pow(under, -1, ORDER)]))
    return coefficients


def recombined(given: Sequence[Given], column: int) -> Sum:
    """Σ λ · D, which the secret randomness adds to the plaintexts (specs/decryption.md §6)."""
    factors = lagrange([share.trustee for share in given])
    return reduce(add, (factor * share.shares[column] for factor, share in zip(factors, given, strict=True)))


def prepare_share(state: CountState, record: Share, where: Place, blobs: Blobs) -> Step:
    """A trustee's shares of the last mix, once a contest (DEC.1, DEC.2, DEC.6)."""
    contest = state.contest(record.contest, "DEC.1", where)
    course = state.courses[contest.id]
    if record.trustee not in state.share_keys:
        refuse("DEC.1", where, say("trustee {} has no share of the key", record.trustee))
    check_key_holder(state.rules.trustees[record.trustee - 1].key, state.digest, record, where)
    if state.withheld(contest.id):
        refuse("DEC.6", where, say("{} is below the minimum size and is not decrypted", contest.id))
    if record.mix != course.digests[-1] or not course.counted:
        refuse("DEC.1", where, "the shares are not of the contest's last mix")
    if any(given.trustee == record.trustee for given in course.shares):
        refuse("DEC.1", where, say("trustee {} has given its shares already", record.trustee))
    mixed = course.lists[-1]
    N, size = len(mixed), SIZE * len(mixed) * contest.width
    if record.shares.length != size:
        refuse("DEC.2", where, say("{} rows of {} columns make {} bytes of shares", N, contest.width, size))
    data = fetch(blobs, record.shares, where)
    D = tuple(Points.packed(data[start : start + SIZE * N]) for start in range(0, len(data), SIZE * N))
    X, of = state.share_keys[record.trustee], (state.context, contest.id, record.trustee)
    claim = Decrypted(*of, X, record.mix, mixed, D, record.proof, where=where)
    return Step(record, (claim,), lambda: course.shares.append(Given(record.trustee, D)))


SHARE = Rule(Share, ("decrypting", "tallied", "certified"), prepare_share)
