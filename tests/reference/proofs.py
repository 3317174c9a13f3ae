"""A second verifier of the proofs, written from specs/ alone, in plain integers and the standard library.

It is slow and never batches: every equation is computed by itself. `failures` names the clauses that a vector of
specs/vectors breaks. First, and alone, comes what is seen without the group: lengths, identities, counts; then scalars
that are not canonical (`malformed`) and points that do not decode; then all equations.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from tests.reference.group import (
    ORDER,
    Fails,
    G,
    Point,
    Transcript,
    cut,
    decode,
    decode_points,
    decode_scalars,
    generator,
    inner,
    total,
)

IDENTITY = bytes(32)
Vector = dict[str, Any]


def unhex(v: Vector, *names: str) -> list[bytes]:
    return [bytes.fromhex(v[name]) for name in names]


def u64(number: int) -> bytes:
    return number.to_bytes(8, "big")


def refuse_unless(clause: str, holds: bool) -> None:  # noqa: FBT001  a clause and whether it holds
    if not holds:
        raise Fails(clause)


def failed(equations: dict[str, bool]) -> list[str]:
    return [clause for clause, holds in equations.items() if not holds]


# --- transcript.md ---


def check_transcript(v: Vector) -> list[str]:
    t = Transcript(v, v["proof"], v["contest"], v["place"])
    for label, data in v["messages"]:
        t.absorb(label, bytes.fromhex(data))
    challenge = t.challenge("z").to_bytes(32, "little")
    short = b"".join(u.to_bytes(20, "little") for u in t.challenges("u", v["count"]))
    return [] if (challenge.hex(), short.hex()) == (v["z"], v["u"]) else ["differs"]


# --- ballot.md §1–3: choices ---


def encode_choice(v: Vector, choice: Sequence[int]) -> bytes:
    allowed = v["least"] <= len(choice) <= v["most"] and set(choice) <= set(range(1, v["options"] + 1))
    refuse_unless("invalid", allowed and list(choice) == sorted(set(choice)))
    return bytes([len(choice), *choice]).ljust(30 * v["width"], b"\0")


def embed(column: bytes) -> bytes:
    for n in range(2**14):
        encoding = bytes([2 * (n % 128)]) + column + bytes([n // 128])
        if encoding == IDENTITY:
            continue
        try:
            decode(encoding, "next")
        except Fails:
            continue
        return encoding
    raise Fails("invalid")


def decode_row(v: Vector, row: bytes) -> list[int]:
    """The choice in a row of encodings."""
    coded = b"".join(encoding[1:31] for encoding in cut(row))
    choice = list(coded[1 : 1 + coded[0]])
    refuse_unless("invalid", encode_choice(v, choice) == coded)
    refuse_unless("invalid", all(embed(encoding[1:31]) == encoding for encoding in cut(row)))
    return choice


def points_of(v: Vector, choice: Sequence[int]) -> bytes:
    coded = encode_choice(v, choice)
    return b"".join(embed(coded[i : i + 30]) for i in range(0, len(coded), 30))


def check_choice(v: Vector) -> list[str]:
    choice = decode_row(v, bytes.fromhex(v["points"]))
    return [] if choice == v["choice"] and points_of(v, choice).hex() == v["points"] else ["differs"]


# --- ballot.md §4–11 ---


def tracker(v: Vector) -> bytes:
    """ballot.md §7."""
    coded = {
        name: base64.b64encode(bytes.fromhex(v[name])).decode() for name in ("R", "P", "proof", "nonce", "credential")
    }
    sealed = json.dumps({**coded, "contest": v["contest"], "style": v["style"]}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(b"aikyn/1 tracker" + bytes.fromhex(v["manifest"]) + sealed.encode()).digest()


def check_ballot(v: Vector) -> list[str]:
    key, credential, nonce, prev = unhex(v, "key", "credential", "nonce", "prev")
    R, P, proof, signature = unhex(v, "R", "P", "proof", "signature")
    w = v["width"]
    refuse_unless("BAL.2", (len(R), len(P), len(proof)) == (32 * w, 32 * w, 64 * w))
    refuse_unless("BAL.5", IDENTITY not in cut(R + P + proof[: 32 * w] + signature[:32]))
    decode_scalars(proof[32 * w :] + signature[32:])
    if v["act"] == "challenge":
        refuse_unless("SPL.1", is_allowed(v, v["choice"]))
        refuse_unless("BAL.2", len(v["r"]) == 64 * w)
        decode_scalars(bytes.fromhex(v["r"]))

    t = Transcript(v, "ballot", v["contest"], "", proof, "BAL.4")
    for label, data in (
        ("PK", key),
        ("style", v["style"].encode()),
        ("credential", credential),
        ("nonce", nonce),
        ("R", R),
        ("P", P),
    ):
        t.absorb(label, data)
    T, z, s = t.points("T", w), t.challenge("z"), t.scalars("s", w)
    t.end()
    PK, K, R_, P_ = (
        decode(key, "key"),
        decode(credential, "BAL.4"),
        decode_points(R, "BAL.4"),
        decode_points(P, "BAL.4"),
    )
    equations = {"BAL.6": all(s[k] * G == T[k] + z * R_[k] for k in range(w))}

    t = Transcript(v, "signature", v["contest"], v["act"], signature, "BAL.4")
    for label, data in (("credential", credential), ("tracker", tracker(v)), ("prev", prev)):
        t.absorb(label, data)
    T1, z, s1 = t.point("T"), t.challenge("z"), t.scalar("s")
    t.end()
    equations["BAL.7"] = s1 * G == T1 + z * K

    if v["act"] == "challenge":
        r, M = decode_scalars(bytes.fromhex(v["r"])), decode_points(points_of(v, v["choice"]), "M")
        equations["SPL.2"] = all(R_[k] == r[k] * G and P_[k] == M[k] + r[k] * PK for k in range(w))
    return failed(equations)


def is_allowed(v: Vector, choice: Sequence[int]) -> bool:
    try:
        encode_choice(v, choice)
    except Fails:
        return False
    return True


# --- ceremony.md ---


def check_contribution(v: Vector) -> list[str]:
    E, A, proof = unhex(v, "E", "A", "proof")
    refuse_unless("KEY.3", len(A) == 32 * v["t"])
    refuse_unless("KEY.4", IDENTITY not in cut(E + A + proof[:32]))
    place = f"attempt {v['attempt']} trustee {v['trustee']}"
    t = Transcript(v, "ceremony", "", place, proof, "KEY.4")
    for label, data in (("t", u64(v["t"])), ("n", u64(v["n"])), ("E", E), ("A", A)):
        t.absorb(label, data)
    T, z, s = t.point("T"), t.challenge("z"), t.scalar("s")
    t.end()
    decode(E, "KEY.4")
    return failed({"KEY.5": s * G == T + z * decode_points(A, "KEY.4")[0]})


def committed(A: Sequence[Point], j: int) -> Point:
    """Σ j^k A_k."""
    return inner([j**k for k in range(len(A))], A)


def check_complaint(v: Vector) -> list[str]:
    E_i, E_j, K, proof, sealed = unhex(v, "Ei", "Ej", "K", "proof", "sealed")
    A = decode_points(bytes.fromhex(v["A"]), "KEY.4")
    place = f"attempt {v['attempt']} from {v['dealer']} to {v['trustee']}"
    t = Transcript(v, "complaint", "", place, proof, "KEY.4")
    for label, data in (("Ei", E_i), ("Ej", E_j), ("K", K)):
        t.absorb(label, data)
    T1, T2, z, s = t.point("T1"), t.point("T2"), t.challenge("z"), t.scalar("s")
    t.end()
    Ei, Ej, K_ = (decode(encoding, "KEY.4") for encoding in (E_i, E_j, K))
    refuse_unless("KEY.6", s * G == T1 + z * Ej and s * Ei == T2 + z * K_)

    dealing = Transcript(v, "dealing", "", place)
    dealing.absorb("K", K)
    (sealed_share,) = decode_scalars(sealed)
    share = sealed_share - dealing.challenge("pad")
    liar = v["trustee"] if share * G == committed(A, v["trustee"]) else v["dealer"]
    return failed({"KEY.7": liar == v["liar"]})


def check_key(v: Vector) -> list[str]:
    A = [decode_points(bytes.fromhex(points), "KEY.4") for points in v["A"]]
    X = [total(committed(points, j) for points in A) for j in v["participants"]]
    key = total(points[0] for points in A)
    holds = bytes(key).hex() == v["key"] and b"".join(map(bytes, X)).hex() == v["X"]
    return failed({"KEY.8": holds})


# --- shuffle.md ---


def columns(data: bytes, N: int) -> list[bytes]:
    return [data[i : i + 32 * N] for i in range(0, len(data), 32 * N)] if N else []


def check_shuffle(v: Vector) -> list[str]:
    N, w = v["N"], v["w"]
    key, before, after, proof = unhex(v, "key", "before", "after", "proof")
    size = 32 * (5 * N + 6 + 3 * w) if N else 0
    refuse_unless("MIX.3", (len(after), len(proof)) == (64 * w * N, size))
    if N == 0:
        return []
    t = Transcript(v, "shuffle", v["contest"], f"mix {v['place']}", proof, "MIX.4")
    for label, data in (("PK", key), ("N", u64(N)), ("w", u64(w))):
        t.absorb(label, data)
    for prime, coded in (("", before), ("'", after)):
        for k, column in enumerate(columns(coded, N)):
            t.absorb("RP"[k % 2] + prime, column)
    c, u, C = t.points("c", N), t.challenges("u", N), t.points("C", N)
    T1, T2, T3 = t.point("T1"), t.point("T2"), t.point("T3")
    TR, TP, TC = t.points("TR", w), t.points("TP", w), t.points("TC", N)
    z = t.challenge("z")
    s1, s2, s3 = t.scalar("s1"), t.scalar("s2"), t.scalar("s3")
    s4, s, sC = t.scalars("s4", w), t.scalars("s", N), t.scalars("sC", N)
    t.end()

    PK = decode(key, "key")
    inputs = [decode_points(column, "input") for column in columns(before, N)]
    outputs = [decode_points(column, "MIX.4") for column in columns(after, N)]
    R, P, R_, P_ = inputs[0::2], inputs[1::2], outputs[0::2], outputs[1::2]
    h0, *h = (generator("shuffle", i) for i in range(N + 1))
    C_before = [h0, *C[:-1]]
    return failed(
        {
            "MIX.5": s1 * G == T1 + z * (total(c) - total(h)),
            "MIX.6": s2 * G == T2 + z * (C[-1] - prod(u) * h0),
            "MIX.7": s3 * G + inner(s, h) == T3 + z * inner(u, c),
            "MIX.8": all(
                inner(s, R_[k]) - s4[k] * G == TR[k] + z * inner(u, R[k])
                and inner(s, P_[k]) - s4[k] * PK == TP[k] + z * inner(u, P[k])
                for k in range(w)
            ),
            "MIX.9": all(sC[i] * G + s[i] * C_before[i] == TC[i] + z * C[i] for i in range(N)),
        }
    )


# --- decryption.md ---


def check_shares(v: Vector) -> list[str]:
    N, w = v["N"], v["w"]
    X, mix, mixed, shares, proof = unhex(v, "X", "mix", "mixed", "shares", "proof")
    refuse_unless("DEC.2", len(shares) == 32 * w * N)
    t = Transcript(v, "decryption", v["contest"], f"trustee {v['trustee']}", proof, "DEC.3")
    t.absorb("X", X)
    t.absorb("mix", mix)
    for k, column in enumerate(columns(mixed, N)):
        t.absorb("RP"[k % 2], column)
    for column in columns(shares, N):
        t.absorb("D", column)
    e = t.challenges("e", w * N)
    T1, T2, z, s = t.point("T1"), t.point("T2"), t.challenge("z"), t.scalar("s")
    t.end()

    R = decode_points(b"".join(columns(mixed, N)[0::2]), "input")
    D = decode_points(shares, "DEC.3")
    return failed({"DEC.4": s * G == T1 + z * decode(X, "X"), "DEC.5": s * inner(e, R) == T2 + z * inner(e, D)})


# --- tally.md ---


def lagrange(trustees: Sequence[int], j: int) -> int:
    """decryption.md §6."""
    others = [other for other in trustees if other != j]
    return prod(others) * pow(prod(other - j for other in others), -1, ORDER)


def recount(v: Vector, rows: Sequence[bytes]) -> dict[str, Any]:
    marks: Counter[int] = Counter()
    valid = 0
    for row in rows:
        try:
            marks.update(decode_row(v, row))
        except Fails:
            continue
        valid += 1
    return {"valid": valid, "invalid": len(rows) - valid, "votes": [marks[i] for i in range(1, v["options"] + 1)]}


def check_tally(v: Vector) -> list[str]:
    N, w = v["N"], v["width"]
    mixed, plaintexts = unhex(v, "mixed", "plaintexts")
    refuse_unless("TAL.3", len(plaintexts) == 32 * w * N)
    rows = [b"".join(cut(column)[i] for column in columns(plaintexts, N)) for i in range(N)]
    refuse_unless("TAL.5", all(v[name] == number for name, number in recount(v, rows).items()))

    M = decode_points(plaintexts, "TAL.3")
    P = decode_points(b"".join(columns(mixed, N)[1::2]), "input")
    trustees = [j for j, _ in v["given"][: v["threshold"]]]
    D = {j: decode_points(bytes.fromhex(shares), "DEC.3") for j, shares in v["given"]}
    opened = [total(lagrange(trustees, j) * D[j][i] for j in trustees) for i in range(w * N)]
    return failed({"TAL.4": all(M[i] + opened[i] == P[i] for i in range(w * N))})


CHECKS: dict[str, Callable[[Vector], list[str]]] = {
    "transcript": check_transcript,
    "choice": check_choice,
    "ballot": check_ballot,
    "contribution": check_contribution,
    "complaint": check_complaint,
    "key": check_key,
    "shuffle": check_shuffle,
    "decryption": check_shares,
    "tally": check_tally,
}


def failures(v: Vector) -> list[str]:
    """The clauses that a vector breaks, ascending; none if it is accepted."""
    try:
        return CHECKS[v["kind"]](v)
    except Fails as refusal:
        return [str(refusal)]
