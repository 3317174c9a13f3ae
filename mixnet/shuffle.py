"""The shuffle: a mix server's work and its proof (specs/shuffle.md §3)."""

from __future__ import annotations

import secrets as system
from array import array
from typing import TYPE_CHECKING, NamedTuple

from mixnet.secrets import Secrets
from mixnet.transcript import Writer
from verifier.election.shuffle import Shuffled, absorb_statement, check_shuffle
from verifier.place import Place
from verifier.proof import backend
from verifier.proof.batch import Batch
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import ONE, ZERO, G, Points, generators

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.proof.transcript import Context


class Pad(NamedTuple):
    """The secrets of one shuffle but the permutation. Used once, kept in memory only."""

    rho: tuple[Secrets, ...]
    r: Secrets
    A: Secrets
    B: Secrets
    y: Secrets

    @classmethod
    def draw(cls, N: int, w: int) -> Pad:
        """For N rows of w columns."""
        return cls(tuple(Secrets.draw(N) for _ in range(w)), *(Secrets.draw(N) for _ in range(4)))


def draw_permutation(N: int) -> Sequence[int]:
    """A uniform permutation of 0 … N−1: the order of N distinct random keys of 128 bits."""
    while True:
        drawn = system.token_bytes(16 * N)
        keys = [drawn[i : i + 16] for i in range(0, 16 * N, 16)]
        if len(set(keys)) == N:
            return array("I", sorted(range(N), key=keys.__getitem__))


def shuffle(context: Context, contest: str, place: int, key: bytes, before: Ciphertexts) -> tuple[Ciphertexts, bytes]:
    """Shuffle, prove, and check the proof as everyone will check it; gives the output and its proof."""
    if len(before) == 0:
        return before, b""
    after, proof = _make(context, contest, place, key, before)
    batch = Batch()
    for points in (*before.R, *before.P):
        batch.read("MIX.4", points, "the input")
    check_shuffle(
        Shuffled(
            context=context,
            contest=contest,
            place=place,
            key=key,
            before=before,
            after=after,
            proof=proof,
            where=Place("our own shuffle"),
        ),
        batch,
    )
    batch.settle()
    return after, proof


def _make(context: Context, contest: str, place: int, key: bytes, before: Ciphertexts) -> tuple[Ciphertexts, bytes]:
    """The output and its proof; the secrets end here, before anything is checked."""
    pi, pad = draw_permutation(len(before)), Pad.draw(len(before), before.width)
    after = reencrypt(key, before, pad, pi)
    return after, prove(context, contest, place, key, before, after, pad, pi)


def reencrypt(key: bytes, before: Ciphertexts, pad: Pad, pi: Sequence[int]) -> Ciphertexts:
    """Permute and re-encrypt: row i of the output is row π(i) of the input under fresh randomness."""
    PK = Points.packed(key)
    R = tuple((rho * G + permute(R, pi)).points() for R, rho in zip(before.R, pad.rho, strict=True))
    P = tuple((rho * PK + permute(P, pi)).points() for P, rho in zip(before.P, pad.rho, strict=True))
    return Ciphertexts(R, P)


def permute(points: Points, order: Sequence[int]) -> Points:
    """The points in another order, as a new root."""
    return Points.packed(backend.take(bytes(points), order))


def prove(
    context: Context,
    contest: str,
    place: int,
    key: bytes,
    before: Ciphertexts,
    after: Ciphertexts,
    pad: Pad,
    pi: Sequence[int],
) -> bytes:
    """The proof that `after` is `before` under the permutation and the pad's randomness (specs/shuffle.md §3)."""
    N, w, PK = len(before), before.width, Points.packed(key)
    h = generators("shuffle", N + 1)
    h0, h = h[0], h[1:]
    rho, r, A, B, y = pad
    t1, t2, t3, t4 = Secrets.draw(), Secrets.draw(), Secrets.draw(), Secrets.draw(w)

    t = Writer("shuffle", context, contest, f"mix {place}")
    absorb_statement(t, key, before, after)
    t.write("c", r * G + permute(h, _inverse(pi)))
    u = t.challenges("u", N)
    u_ = Secrets.of(u).permuted(pi)
    U = u_.products()
    t.write("C", A * G + U * h0)
    t.write("T1", t1 * G)
    t.write("T2", t2 * G)
    t.write("T3", t3 * G + y @ h)
    t.write("TR", [y @ R_ + -t4[k] * G for k, R_ in enumerate(after.R)])
    t.write("TP", [y @ P_ + -t4[k] * PK for k, P_ in enumerate(after.P)])
    t.write("TC", B * G + (y * U.after(ONE)) * h0)
    z = t.challenge("z")
    A_before = A.after(ZERO)
    t.write("s1", t1 + z * r.sum())
    t.write("s2", t2 + z * A[-1])
    t.write("s3", t3 + z * (r @ u))
    t.write("s4", [t4[k] + z * (rho[k] @ u_) for k in range(w)])
    t.write("s", y + z * u_)
    t.write("sC", B - y * A_before + z * (A - u_ * A_before))
    return t.proof()


def _inverse(pi: Sequence[int]) -> Sequence[int]:
    inverse = array("I", pi)
    for i, j in enumerate(pi):
        inverse[j] = i
    return inverse
