"""Provers that cheat: each yields its attack's name, what must refuse it, and the changes it makes to a vector.

Forgetful ones leave one message out of every challenge: a verifier that forgets it too would believe them. The
others use a false witness and answer honestly, so that all equations but the one that catches them hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from math import prod
from types import ModuleType
from typing import Any, ClassVar
from unittest.mock import patch

import mixnet.ballot
import mixnet.ceremony
import mixnet.decryption
import mixnet.shuffle
from mixnet.ballot import Credential, Prepared
from mixnet.ceremony import Dealer
from mixnet.secrets import Secrets
from mixnet.transcript import Writer
from tests.reference.group import ORDER, Fails, G, Point, Transcript, decode, decode_points, generator, inner
from tests.reference.proofs import points_of
from verifier.election.ballot import Sealed
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import Encodings, Scalars, generators
from verifier.proof.transcript import Context

Vector = dict[str, Any]
Changes = dict[str, Any]
OPENING = ("protocol", "proof", "election", "manifest", "contest", "place")
MATRIX = list[list[int]]


class Forgetful(Writer):
    """A writer whose transcript lacks the messages of one label."""

    forgotten: ClassVar[str] = ""

    def absorb(self, label: str, data: Encodings) -> None:
        if label != self.forgotten:
            super().absorb(label, data)


@contextmanager
def forgetting(module: ModuleType, label: str) -> Iterator[None]:
    """Proofs of this module are made without the messages of a label, and makers do not check their own work."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(module, "Writer", type("Forgetful", (Forgetful,), {"forgotten": label})))
        for check in ("check_shares", "check_shuffle"):
            if hasattr(module, check):
                stack.enter_context(patch.object(module, check, lambda *_: None))
        yield


def number() -> int:
    return int(Secrets.draw().reveal())


def numbers(n: int) -> list[int]:
    return [number() for _ in range(n)]


def join(points: list[Point]) -> bytes:
    return b"".join(map(bytes, points))


def code(*scalars: int) -> bytes:
    return b"".join((s % ORDER).to_bytes(32, "little") for s in scalars)


def divide(P: Point, z: int) -> Point:
    return pow(z, -1, ORDER) * P


def embed_again(column: bytes) -> bytes:
    """A point that carries the bytes with the second smallest counter."""
    found = []
    for n in range(2**14):
        encoding = bytes([2 * (n % 128)]) + column + bytes([n // 128])
        if encoding == bytes(32):
            continue
        try:
            decode(encoding, "next")
        except Fails:
            continue
        found.append(encoding)
        if len(found) == 2:
            break
    return found[1]


# --- Ballots ---


def ballots(
    context: Context, PK: bytes, contest: Any, of: Vector, voter: Credential
) -> Iterator[tuple[str, str, Changes]]:
    def sealed_again() -> Prepared:
        return voter.seal(context, PK, contest, of["style"], [2, 5])

    def fields(prepared: Prepared, by: Credential = voter) -> Changes:
        cast = by.cast(context, prepared)
        return {name: getattr(cast.sealed, name) for name in ("R", "P", "nonce", "proof")} | {
            "signature": cast.signature
        }

    for label in (*OPENING, "PK", "style", "credential", "nonce", "R", "P", "T"):
        with forgetting(mixnet.ballot, label):
            prepared = sealed_again()
        yield f"ballot: {label} not absorbed", "BAL.6", fields(prepared)
    prepared = sealed_again()
    for label in (*OPENING, "credential", "tracker", "prev", "T"):
        with forgetting(mixnet.ballot, label):
            yield f"signature: {label} not absorbed", "BAL.7", fields(prepared)

    copier = Credential()
    copied = Sealed(**{**of_sealed(of), "credential": copier.key})
    copy = Prepared(copied, (), prepared.r, copied.tracker(context.manifest))
    yield "copied by another credential", "BAL.6", fields(copy, copier) | {"credential": copier.key}

    with forgetting(mixnet.ballot, "R"):
        sealed = sealed_again().sealed
    t = Transcript(of, "ballot", of["contest"], "")
    for name in ("PK", "style", "credential", "nonce", "P"):
        t.absorb(name, {"PK": PK, "style": sealed.style.encode()}.get(name) or getattr(sealed, name))
    t.absorb("T", sealed.proof[:32])
    T, z, s = number() * G, t.challenge("z"), number()
    forged = Sealed(
        **{
            **of_sealed(of),
            "nonce": sealed.nonce,
            "P": sealed.P,
            "R": bytes(divide(s * G - T, z)),
            "proof": bytes(T) + code(s),
        }
    )
    prepared = prepared._replace(sealed=forged, tracker=forged.tracker(context.manifest))
    yield "R chosen after the challenge", "BAL.6", fields(prepared)


def of_sealed(of: Vector) -> dict[str, Any]:
    coded = {name: bytes.fromhex(of[name]) for name in ("credential", "nonce", "R", "P", "proof")}
    return {**coded, "contest": of["contest"], "style": of["style"]}


def openings(context: Context, of: Vector, voter: Credential) -> Iterator[tuple[str, str, Changes]]:
    """Sealed with one r in R and another in P, opened with the one of P or of R."""
    PK, M = decode(bytes.fromhex(of["key"]), "key"), decode(points_of(of, of["choice"]), "M")
    r, other = number(), number()
    R, P = bytes(r * G), bytes(M + other * PK)
    t, y = Transcript(of, "ballot", of["contest"], ""), number()
    fields = {**of_sealed(of), "credential": voter.key, "R": R, "P": P}
    for label in ("PK", "style", "credential", "nonce", "R", "P"):
        t.absorb(label, {"PK": bytes(PK), "style": of["style"].encode()}.get(label) or fields[label])
    T = bytes(y * G)
    t.absorb("T", T)
    sealed = Sealed(**{**fields, "proof": T + code(y + t.challenge("z") * r)})
    for name, opened in (("R", r), ("P", other)):
        prepared = Prepared(
            sealed, tuple(of["choice"]), Secrets.of(Scalars.of([opened])), sealed.tracker(context.manifest)
        )
        record = voter.challenge(context, prepared)
        changes = {"R": R, "P": P, "proof": sealed.proof, "signature": record.signature, "r": record.r}
        yield f"two r in one column, that of {name} opened", "SPL.2", changes


# --- The ceremony ---


def contributions(context: Context, of: Vector) -> Iterator[tuple[str, Changes]]:
    for label in (*OPENING, "t", "n", "E", "A", "T"):
        dealer = Dealer.draw(of["t"])
        with forgetting(mixnet.ceremony, label):
            proof = dealer.prove(context, of["attempt"], of["trustee"], of["n"])
        yield f"{label} not absorbed", {"E": dealer.E, "A": dealer.A, "proof": proof}

    T, s = number() * G, number()
    t = Transcript(of, "ceremony", "", f"attempt {of['attempt']} trustee {of['trustee']}")
    for label, data in (
        ("t", of["t"].to_bytes(8, "big")),
        ("n", of["n"].to_bytes(8, "big")),
        ("E", bytes.fromhex(of["E"])),
        ("T", bytes(T)),
    ):
        t.absorb(label, data)
    chosen = divide(s * G - T, t.challenge("z"))
    yield (
        "A chosen after the challenge, to cancel the others",
        {"A": {"at": 0, "hex": bytes(chosen).hex()}, "proof": bytes(T) + code(s)},
    )


def complaints(context: Context, of: Vector) -> Iterator[tuple[str, Changes]]:
    Ei = bytes.fromhex(of["Ei"])
    A = of["A"]
    for label in (*OPENING, "Ei", "Ej", "K", "T1", "T2"):
        complainer = Dealer.draw(2)
        with forgetting(mixnet.ceremony, label):
            K, proof = complainer.complain(context, of["attempt"], of["dealer"], of["trustee"], Ei)
        yield f"{label} not absorbed", {"Ej": complainer.E, "K": K, "proof": proof, "A": A}
    e, other = number(), number()
    yield "a secret that is not of the complainer's key", reveal(of, bytes(e * G), other, other)
    yield "a key that is not of the revealed secret", reveal(of, bytes(e * G), e, other)


def reveal(of: Vector, Ej: bytes, answered: int, shared: int) -> Changes:
    """A complaint whose responses are by the secret `answered`, while K is made with `shared`."""
    Ei = decode(bytes.fromhex(of["Ei"]), "Ei")
    K, y = shared * Ei, number()
    t = Transcript(of, "complaint", "", f"attempt {of['attempt']} from {of['dealer']} to {of['trustee']}")
    T1, T2 = y * G, y * Ei
    for label, data in (("Ei", bytes(Ei)), ("Ej", Ej), ("K", bytes(K)), ("T1", bytes(T1)), ("T2", bytes(T2))):
        t.absorb(label, data)
    s = y + t.challenge("z") * answered
    return {"Ej": Ej, "K": bytes(K), "proof": join([T1, T2]) + code(s)}


# --- The shuffle ---


def invert(M: MATRIX) -> MATRIX:
    """The inverse of a matrix of two rows."""
    (a, b), (c, e) = M
    inverse = pow(a * e - b * c, -1, ORDER)
    return [[e * inverse, -b * inverse], [-c * inverse, a * inverse]]


def times(M: MATRIX, u: list[int]) -> list[int]:
    return [sum(m * x for m, x in zip(row, u, strict=True)) % ORDER for row in M]


def mix(
    of: Vector,
    M: MATRIX,
    *,
    committed: MATRIX | None = None,
    added: tuple[int, int] = (0, 0),
    closed: bool = False,
) -> Changes:
    """A proof for two rows and any matrix M in the place of the permutation's, in plain integers.

    The output rows are the combinations that make Σ u'_i R'_i = Σ u_i R_i for u' = M u. `committed` is the matrix
    that c commits to, `added` has multiples of G to add to the first output's R and P, and `closed` ends the chain
    in u_1 u_2 whatever u' is.
    """
    R1, R2, P1, P2 = decode_points(bytes.fromhex(of["before"]), "input")
    PK = decode(bytes.fromhex(of["key"]), "key")
    rho, r, A, B, y, t = (numbers(2), numbers(2), numbers(2), numbers(2), numbers(2), numbers(4))
    inverse = invert(M)
    turned = [[inverse[0][0], inverse[1][0]], [inverse[0][1], inverse[1][1]]]
    R_ = [inner(row, (R1, R2)) + rho[i] * G for i, row in enumerate(turned)]
    P_ = [inner(row, (P1, P2)) + rho[i] * PK for i, row in enumerate(turned)]
    R_[0], P_[0] = R_[0] + added[0] * G, P_[0] + added[1] * G
    h0, *h = (generator("shuffle", i) for i in range(3))
    T = Transcript(of, "shuffle", of["contest"], f"mix {of['place']}")
    two, one = (2).to_bytes(8, "big"), (1).to_bytes(8, "big")
    statement = (
        ("PK", bytes(PK)),
        ("N", two),
        ("w", one),
        ("R", join([R1, R2])),
        ("P", join([P1, P2])),
        ("R'", join(R_)),
        ("P'", join(P_)),
    )
    sent = []

    def send(label: str, points: list[Point]) -> None:
        sent.append(join(points))
        T.absorb(label, sent[-1])

    for label, data in statement:
        T.absorb(label, data)
    columns = zip(*(committed or M), strict=True)
    send("c", [r[j] * G + inner(column, h) for j, column in enumerate(columns)])
    u = T.challenges("u", 2)
    u_ = times(M, u)
    U = [u_[0], prod(u if closed else u_)]
    send("C", [A[i] * G + U[i] * h0 for i in range(2)])
    send("T1", [t[0] * G])
    send("T2", [t[1] * G])
    send("T3", [t[2] * G + inner(y, h)])
    send("TR", [inner(y, R_) - t[3] * G])
    send("TP", [inner(y, P_) - t[3] * PK])
    send("TC", [B[0] * G + y[0] * h0, B[1] * G + y[1] * U[0] * h0])
    z = T.challenge("z")
    s4 = t[3] + z * (rho[0] * u_[0] + rho[1] * u_[1])
    s = [y[i] + z * u_[i] for i in range(2)]
    sC = [B[i] - y[i] * before + z * (A[i] - u_[i] * before) for i, before in enumerate((0, A[0]))]
    sums = (t[0] + z * sum(r), t[1] + z * A[1], t[2] + z * (r[0] * u[0] + r[1] * u[1]))
    return {"after": join(R_ + P_), "proof": b"".join(sent) + code(*sums, s4, *s, *sC)}


STRAIGHT, CROSSED = [[1, 0], [0, 1]], [[0, 1], [1, 0]]
BENT = [[2, -1], [0, 1]]  # its rows add up to one
STRETCHED = [[2, 0], [0, pow(2, -1, ORDER)]]  # its product is one


def accepted_shuffles(of: Vector) -> Iterator[tuple[str, Changes]]:
    yield "proved in plain integers, rows in place", mix(of, STRAIGHT)
    yield "proved in plain integers, rows exchanged", mix(of, CROSSED)


def shuffles(context: Context, of: Vector) -> Iterator[tuple[str, str, Changes]]:
    yield "rows multiplied by 2 and 1/2", "MIX.5", mix(of, STRETCHED)
    yield "rows combined", "MIX.6", mix(of, BENT)
    yield "another permutation than the one committed to", "MIX.7", mix(of, CROSSED, committed=STRAIGHT)
    yield "a vote replaced by another", "MIX.8", mix(of, CROSSED, added=(0, number()))
    yield "a first component replaced by another", "MIX.8", mix(of, CROSSED, added=(number(), 0))
    yield "rows combined, the chain closed by force", "MIX.9", mix(of, BENT, closed=True)
    with patch.object(mixnet.shuffle, "generators", lambda _, n: generators("trapdoor", n)):
        yield "other generators", "MIX.5 MIX.6 MIX.7 MIX.9", prove(context, of)
    with forgetting(mixnet.shuffle, "P'"):
        forged = prove(context, of)
    s1, s2 = (int.from_bytes(forged["proof"][start : start + 32], "little") for start in (480, 512))
    P1, P2 = decode_points(forged["after"][64:], "output")
    moved = [P1 + s2 * G, P2 - s1 * G]
    yield (
        "votes replaced after the challenge",
        "MIX.5 MIX.6 MIX.7 MIX.8 MIX.9",
        forged | {"after": forged["after"][:64] + join(moved)},
    )


def forgetful_shuffles(context: Context, of: Vector) -> Iterator[tuple[str, Changes]]:
    labels = ("PK", "N", "w", "R", "P", "R'", "P'", "c", "C", "T1", "T2", "T3", "TR", "TP", "TC")
    for label in (*OPENING, *labels):
        with forgetting(mixnet.shuffle, label):
            yield f"{label} not absorbed", prove(context, of)


def prove(context: Context, of: Vector) -> Changes:
    """A true shuffle of the same input, proved with whatever stands in mixnet.shuffle now."""
    before = Ciphertexts.decode(bytes.fromhex(of["before"]), of["w"])
    key = bytes.fromhex(of["key"])
    pad, pi = mixnet.shuffle.Pad.draw(len(before), of["w"]), mixnet.shuffle.draw_permutation(len(before))
    after = mixnet.shuffle.reencrypt(key, before, pad, pi)
    proof = mixnet.shuffle.prove(context, of["contest"], of["place"], key, before, after, pad, pi)
    return {"after": after.encode(), "proof": proof}


# --- Decryption ---


def decryptions(context: Context, of: Vector) -> Iterator[tuple[str, str, Changes]]:
    mixed, mix_digest = Ciphertexts.decode(bytes.fromhex(of["mixed"]), of["w"]), bytes.fromhex(of["mix"])

    def decrypt(x: Secrets) -> Changes:
        D, proof = mixnet.decryption.decrypt(context, of["contest"], of["trustee"], x, mix_digest, mixed)
        return {"X": join([int(x.reveal()) * G]), "shares": b"".join(map(bytes, D)), "proof": proof}

    for label in (*OPENING, "X", "mix", "R", "P", "D", "T1", "T2"):
        with forgetting(mixnet.decryption, label):
            yield f"{label} not absorbed", "DEC.4 DEC.5", decrypt(Secrets.draw())
    yield "made with another secret", "DEC.4", answer(of, number(), shared=number())
    yield "one share made with another secret", "DEC.5", answer(of, number(), spoiled=number())
    with forgetting(mixnet.decryption, "D"):
        forged = decrypt(Secrets.draw())
    D1, D2, D3 = decode_points(forged["shares"], "share")
    t = absorb(of, forged["X"])
    e = t.challenges("e", 3)
    yield (
        "shares replaced after the challenge",
        "DEC.4 DEC.5",
        forged | {"shares": join([D1 + e[1] * G, D2 - e[0] * G, D3])},
    )


def absorb(of: Vector, X: bytes) -> Transcript:
    mixed = bytes.fromhex(of["mixed"])
    t = Transcript(of, "decryption", of["contest"], f"trustee {of['trustee']}")
    for label, data in (("X", X), ("mix", bytes.fromhex(of["mix"])), ("R", mixed[:96]), ("P", mixed[96:])):
        t.absorb(label, data)
    return t


def answer(of: Vector, x: int, *, shared: int | None = None, spoiled: int = 0) -> Changes:
    """Shares and proof by the secret `shared` under the key of x, the first share spoiled."""
    used = x if shared is None else shared
    R = decode_points(bytes.fromhex(of["mixed"])[:96], "R")
    D = [used * P for P in R]
    D[0] = D[0] + spoiled * G
    t, X = number(), bytes((x if shared is None else number()) * G)
    transcript = absorb(of, X)
    transcript.absorb("D", join(D))
    e = transcript.challenges("e", 3)
    T1, T2 = t * G, t * inner(e, R)
    transcript.absorb("T1", bytes(T1))
    transcript.absorb("T2", bytes(T2))
    return {"X": X, "shares": join(D), "proof": join([T1, T2]) + code(t + transcript.challenge("z") * used)}
