"""The shuffle: a mix server's work and its proof (specs/shuffle.md §3)."""

from __future__ import annotations

import secrets as system
from typing import TYPE_CHECKING, NamedTuple

from mixnet.secrets import Rows, Secrets
from mixnet.transcript import Writer
from verifier.election.shuffle import Shuffled, absorb_statement, check_shuffle
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import ONE, SIZE, ZERO, G, Points, Root, generators

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.proof.transcript import Context


class Pad(NamedTuple):
    """The offline part of one shuffle: secrets and their multiples of G and PK. Used once, kept in memory only."""

    rho: tuple[Secrets, ...]
    r: Secrets
    A: Secrets
    B: Secrets
    y: Secrets
    rho_G: tuple[Points, ...]
    rho_PK: tuple[Points, ...]
    r_G: Points
    A_G: Points
    B_G: Points

    @classmethod
    def draw(cls, N: int, w: int, key: bytes) -> Pad:
        """For N rows of w columns under this election key."""
        PK = Points.packed(key)
        rho = tuple(Secrets.draw(N) for _ in range(w))
        r, A, B, y = (Secrets.draw(N) for _ in range(4))
        rho_G, rho_PK = tuple((s * G).kept() for s in rho), tuple((s * PK).kept() for s in rho)
        return cls(rho, r, A, B, y, rho_G, rho_PK, (r * G).kept(), (A * G).kept(), (B * G).kept())


def draw_permutation(N: int) -> list[int]:
    """A uniform permutation of 0 … N−1: the order of N distinct random keys of 128 bits."""
    while True:
        drawn = system.token_bytes(16 * N)
        keys = [drawn[i : i + 16] for i in range(0, 16 * N, 16)]
        if len(set(keys)) == N:
            return sorted(range(N), key=keys.__getitem__)


def shuffle(
    context: Context, contest: str, place: int, key: bytes, before: Ciphertexts, pad: Pad | None = None
) -> tuple[Ciphertexts, bytes]:
    """Shuffle, prove, and check the proof as everyone will check it; gives the output and its proof."""
    N = len(before)
    if N == 0:
        return before, b""
    pad = pad or Pad.draw(N, before.width, key)
    pi = draw_permutation(N)
    kept = reencrypt(before, pad, pi)
    proof = prove(context, contest, place, key, before, kept, pad, pi)
    after = Ciphertexts.decode(kept.encode(), before.width)
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


def reencrypt(before: Ciphertexts, pad: Pad, pi: Sequence[int]) -> Ciphertexts:
    """Permute and re-encrypt: row i of the output is row π(i) of the input under fresh randomness."""
    R = tuple((Rows.of(a) + permute(R, pi)).kept() for R, a in zip(before.R, pad.rho_G, strict=True))
    P = tuple((Rows.of(a) + permute(P, pi)).kept() for P, a in zip(before.P, pad.rho_PK, strict=True))
    return Ciphertexts(R, P)


def permute(points: Points, order: Sequence[int]) -> Points:
    """The points in another order, as a new root."""
    if points.root.decoded is not None:
        return Points(Root(b"", points.root.decoded.take([points.start + i for i in order])))
    encodings = bytes(points)
    return Points.packed(b"".join([encodings[i * SIZE : i * SIZE + SIZE] for i in order]))


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
    rho, r, A, B, y = pad[:5]
    t1, t2, t3, t4 = Secrets.draw(), Secrets.draw(), Secrets.draw(), Secrets.draw(w)

    t = Writer("shuffle", context, contest, f"mix {place}")
    absorb_statement(t, key, before, after)
    t.write("c", Rows.of(pad.r_G) + permute(h, _inverse(pi)))
    u = t.challenges("u", N)
    u_ = Secrets.of(u).permuted(pi)
    U = u_.products()
    t.write("C", pad.A_G + U * h0)
    t.write("T1", t1 * G)
    t.write("T2", t2 * G)
    t.write("T3", t3 * G + y @ h)
    t.write("TR", [y @ R_ + -t4[k] * G for k, R_ in enumerate(after.R)])
    t.write("TP", [y @ P_ + -t4[k] * PK for k, P_ in enumerate(after.P)])
    t.write("TC", pad.B_G + (y * U.after(ONE)) * h0)
    z = t.challenge("z")
    A_before = A.after(ZERO)
    t.write("s1", t1 + z * r.sum())
    t.write("s2", t2 + z * A[-1])
    t.write("s3", t3 + z * (r @ u))
    t.write("s4", [t4[k] + z * (rho[k] @ u_) for k in range(w)])
    t.write("s", y + z * u_)
    t.write("sC", B - y * A_before + z * (A - u_ * A_before))
    return t.proof()


def _inverse(pi: Sequence[int]) -> list[int]:
    inverse = [0] * len(pi)
    for i, j in enumerate(pi):
        inverse[j] = i
    return inverse
