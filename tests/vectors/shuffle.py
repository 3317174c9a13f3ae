"""Vectors of the proofs that mix servers and decrypting trustees make."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import mixnet.shuffle
from mixnet.decryption import decrypt
from mixnet.secrets import Secrets
from tests.vectors import dishonest
from tests.vectors.file import COMMON, CONTEXT, HIGH_BIT, NO_POINT, OTHER, PK, File, Vector, draw_ballots, draw_points
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import G, Points, Scalars

SHUFFLE = ["MIX.5", "MIX.6", "MIX.7", "MIX.8", "MIX.9"]


def make_shuffle() -> File:
    file = File("shuffle")
    for w in (1, 2):
        for N in (0, 1, 2, 3, 5):
            before = draw_ballots(N, w)
            after, proof = mixnet.shuffle.shuffle(CONTEXT, COMMON["contest"], 1, PK, before)
            sizes = {"N": N, "w": w, "place": 1, "key": PK}
            file.accept(
                f"N = {N}, w = {w}", "shuffle", **sizes, before=before.encode(), after=after.encode(), proof=proof
            )
    degenerate = Ciphertexts((Points.packed(bytes(64)),), (Points.packed(bytes(64)),))
    after, proof = mixnet.shuffle.shuffle(CONTEXT, COMMON["contest"], 2, PK, degenerate)
    file.accept(
        "identities as input",
        "shuffle",
        N=2,
        w=1,
        place=2,
        key=PK,
        before=bytes(128),
        after=after.encode(),
        proof=proof,
    )
    of = file.accepted["N = 2, w = 1"]
    for name, changes in dishonest.accepted_shuffles(of):
        file.accept(name, "shuffle", **{k: v for k, v in of.items() if k not in {"name", "kind", *COMMON}} | changes)
    reject_shuffles(file, of)
    reject_reshaped(file, of)
    return file


def reject_shuffles(file: File, of: Vector) -> None:
    places = {
        "s1": 13,
        "s2": 14,
        "s3": 15,
        "s4": 16,
        "s": 17,
        "sC 1": 19,
        "sC 2": 20,
    }  # N = 2, w = 1: c, C, T1 … TP, TC
    places = {label: 32 * (place - 2) for label, place in places.items()}
    broken = {
        "s1": "MIX.5",
        "s2": "MIX.6",
        "s3": "MIX.7",
        "s4": "MIX.8",
        "s": "MIX.7 MIX.8 MIX.9",
        "sC 1": "MIX.9",
        "sC 2": "MIX.9",
    }
    file.reject_scalars(of, "proof", places, dict(broken))
    wide = file.accepted["N = 3, w = 2"]
    file.reject_scalars(wide, "proof", {"s4 of column 2": 32 * 20}, {"s4 of column 2": "MIX.8"})
    for label, at in (("c", 0), ("C", 2), ("T1", 4), ("TR", 7), ("TC", 10)):
        file.reject(of, f"proof: {label} does not decode", "MIX.4", proof={"at": 32 * at, "hex": NO_POINT})
        file.reject(of, f"proof: {label} is the identity", SHUFFLE, proof={"at": 32 * at, "hex": "00" * 32})
    file.reject_points(of, "after", 0, "MIX.4")
    file.reject(of, "after: the last point does not decode", "MIX.4", after={"at": 96, "hex": HIGH_BIT})
    for name, changes in dishonest.forgetful_shuffles(CONTEXT, of):
        file.reject(of, name, SHUFFLE, **changes)
    for name, expect, changes in dishonest.shuffles(CONTEXT, of):
        file.reject(of, name, expect, **changes)


def reject_reshaped(file: File, of: Vector) -> None:
    """Parts of the statement, or whole vectors, exchanged, taken away or added."""
    one, three, empty = (file.accepted[f"N = {N}, w = 1"] for N in (1, 3, 0))
    for name, value in (("election", "example-2028"), ("manifest", OTHER.manifest), ("contest", "mayor"), ("place", 2)):
        file.reject(of, f"another {name}", SHUFFLE, **{name: value})
    file.reject(of, "another key", SHUFFLE, key=bytes(draw_points(1)))
    file.reject(of, "another input", SHUFFLE, before=draw_ballots(2, 1).encode())
    rows = [of["after"][i : i + 64] for i in range(0, 256, 64)]
    file.reject(of, "output rows exchanged", SHUFFLE, after="".join(rows[i] for i in (1, 0, 3, 2)))
    file.reject(of, "an output row twice", SHUFFLE, after="".join(rows[i] for i in (0, 0, 2, 2)))
    file.reject(of, "R and P exchanged", SHUFFLE, after="".join(rows[i] for i in (2, 3, 0, 1)))
    file.reject(of, "the output is the input", SHUFFLE, after=of["before"])
    file.reject(of, "an output row removed", "MIX.3", after=one["after"])
    file.reject(of, "a row removed, with a proof for what is left", "MIX.3", after=one["after"], proof=one["proof"])
    file.reject(of, "a row added, with a proof for three", "MIX.3", after=three["after"], proof=three["proof"])
    file.reject(of, "empty output and proof", "MIX.3", after="", proof="")
    file.reject(of, "empty proof", "MIX.3", proof="")
    file.reject(of, "a byte too many", "MIX.3", proof=of["proof"] + "00")
    file.reject(of, "a byte too few", "MIX.3", proof=of["proof"][:-2])
    file.reject(empty, "a proof where none is needed", "MIX.3", proof=of["proof"])
    wide = file.accepted["N = 2, w = 2"]
    halves = wide["after"][256:] + wide["after"][:256]
    file.reject(wide, "columns of the output exchanged", SHUFFLE, after=halves)
    file.reject(
        wide,
        "rows of one column exchanged",
        SHUFFLE,
        after=wide["after"][:256]
        + wide["after"][320:384]
        + wide["after"][256:320]
        + wide["after"][448:]
        + wide["after"][384:448],
    )


def make_decryption() -> File:
    file = File("decryption")
    x = Secrets.draw()
    for N, w in ((1, 1), (3, 1), (3, 2)):
        mixed = draw_ballots(N, w)
        file.accept(f"N = {N}, w = {w}", "decryption", **shares(x, mixed))
    file.accept("identities", "decryption", **shares(x, Ciphertexts((Points.packed(bytes(64)),), (draw_points(2),))))
    file.accept("secret zero", "decryption", **shares(Secrets.of(Scalars.of([0])), draw_ballots(1, 1)))
    of, wide = file.accepted["N = 3, w = 1"], file.accepted["N = 3, w = 2"]
    both = "DEC.4 DEC.5"
    file.reject_points(of, "shares", 64, "DEC.3")
    file.reject_points(of, "proof", 32, "DEC.3")
    file.reject_scalars(of, "proof", {"s": 64}, {"s": both})
    file.reject(of, "a share too few", "DEC.2", shares=of["shares"][:-64])
    file.reject(of, "a share too many", "DEC.2", shares=of["shares"] + of["shares"][:64])
    file.reject(of, "no shares", "DEC.2", shares="")
    file.reject(of, "proof: a byte too many", "malformed", proof=of["proof"] + "00")
    file.reject(of, "proof: a byte too few", "malformed", proof=of["proof"][:-2])
    for name, value in (
        ("election", "example-2028"),
        ("manifest", OTHER.manifest),
        ("contest", "mayor"),
        ("trustee", 1),
        ("mix", sha256(b"another mix").digest()),
        ("X", bytes(draw_points(1))),
        ("mixed", draw_ballots(3, 1).encode()),
    ):
        file.reject(of, f"another {name}", both, **{name: value})
    file.reject(
        of, "the second components exchanged", both, mixed=of["mixed"][:192] + of["mixed"][256:] + of["mixed"][192:256]
    )
    file.reject(of, "shares exchanged", both, shares=of["shares"][64:] + of["shares"][:64])
    file.reject(of, "the identity as a share", both, shares={"at": 0, "hex": "00" * 32})
    file.reject(wide, "columns exchanged", both, shares=wide["shares"][192:] + wide["shares"][:192])
    for name, expect, changes in dishonest.decryptions(CONTEXT, of):
        file.reject(of, name, expect, **changes)
    return file


def shares(x: Secrets, mixed: Ciphertexts) -> dict[str, Any]:
    mix = mixed.digest()
    D, proof = decrypt(CONTEXT, COMMON["contest"], 2, x, mix, mixed)
    fields = {
        "trustee": 2,
        "X": bytes((x * G).points()),
        "N": len(mixed),
        "w": mixed.width,
        "mix": mix,
        "mixed": mixed.encode(),
    }
    return {**fields, "shares": b"".join(map(bytes, D)), "proof": proof}
