"""Vectors of the proofs that voters and, in the key ceremony, trustees make."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from mixnet.ballot import Credential
from mixnet.ceremony import Dealer
from tests.reference.group import ORDER
from tests.vectors import dishonest
from tests.vectors.file import CONTEXT, NO_POINT, OTHER, PK, File, contest, draw_points
from verifier.proof.group import G, Points, Scalars


def ballot_fields(record: Any, act: str, w: int) -> dict[str, Any]:
    sealed = record.sealed
    fields = {name: getattr(sealed, name) for name in ("style", "credential", "nonce", "R", "P", "proof")}
    fields |= {"key": PK, "width": w, "act": act, "prev": record.prev, "signature": record.signature}
    if act == "challenge":
        fields |= {"choice": list(record.choice), "r": record.r, "options": 5, "least": 1, "most": 2}
    return fields


def make_ballot() -> File:
    file = File("ballot")
    voter = Credential()
    for w in (1, 2, 3):
        prepared = voter.seal(CONTEXT, PK, contest(w), "town", [2, 5])
        prev = sha256(b"an earlier ballot").digest() if w == 2 else bytes(32)
        file.accept(f"cast, width {w}", "ballot", **ballot_fields(voter.cast(CONTEXT, prepared, prev), "cast", w))
        prepared = voter.seal(CONTEXT, PK, contest(w), "town", [w])
        opened = voter.challenge(CONTEXT, prepared)
        file.accept(f"challenged, width {w}", "ballot", **ballot_fields(opened, "challenge", w))
    reject_ballots(file, voter)
    reject_openings(file, voter)
    return file


def reject_ballots(file: File, voter: Credential) -> None:
    of, wide = file.accepted["cast, width 1"], file.accepted["cast, width 2"]
    for field, at in (("R", 0), ("P", 0), ("proof", 0), ("signature", 0), ("credential", 0)):
        file.reject_points(of, field, at, "BAL.4")
    file.reject(wide, "the second column does not decode", "BAL.4", P={"at": 32, "hex": NO_POINT})
    for field in ("R", "P", "proof", "signature"):
        file.reject(of, f"{field}: identity", "BAL.5", **{field: {"at": 0, "hex": "00" * 32}})
    file.reject_scalars(of, "proof", {"s": 32}, {"s": "BAL.6 BAL.7"})  # the tracker covers the proof
    file.reject_scalars(of, "signature", {"s": 32}, {"s": "BAL.7"})
    file.reject_scalars(wide, "proof", {"s of the second column": 96}, {"s of the second column": "BAL.6 BAL.7"})
    file.reject(of, "proof: a byte too many", "BAL.2", proof=of["proof"] + "00")
    file.reject(of, "proof: a byte too few", "BAL.2", proof=of["proof"][:-2])
    file.reject(of, "proof: empty", "BAL.2", proof="")
    file.reject(wide, "R: a column too few", "BAL.2", R=wide["R"][:64])
    for field, value in (
        ("election", "example-2028"),
        ("manifest", OTHER.manifest),
        ("contest", "mayor"),
        ("nonce", bytes(16)),
        ("style", "country"),
        ("credential", Credential().key),
    ):
        file.reject(of, f"another {field}", "BAL.6 BAL.7", **{field: value})
    file.reject(of, "another key", "BAL.6", key=bytes(draw_points(1)))
    file.reject(of, "another prev", "BAL.7", prev=sha256(b"prev").digest())
    file.reject(of, "columns exchanged", "BAL.6 BAL.7", R=of["P"], P=of["R"])
    shifted = bytes((Points.packed(bytes.fromhex(of["R"])) + G).point())
    file.reject(of, "malleated: R + G", "BAL.6 BAL.7", R=shifted)
    shifted = bytes((Points.packed(bytes.fromhex(of["P"])) + G).point())
    file.reject(of, "malleated: P + G", "BAL.6 BAL.7", P=shifted)
    negated = [bytes((-(+Points.packed(bytes.fromhex(of[name])))).point()) for name in ("R", "P")]
    file.reject(of, "malleated: both negated", "BAL.6 BAL.7", R=negated[0], P=negated[1])
    for name, expect, changes in dishonest.ballots(CONTEXT, PK, contest(1), of, voter):
        file.reject(of, name, expect, **changes)
    columns = {name: wide[name][64:] + wide[name][:64] for name in ("R", "P")}
    file.reject(wide, "columns swapped", "BAL.6 BAL.7", **columns)
    opened = file.accepted["challenged, width 1"]
    file.reject(
        of,
        "cast with the signature of a challenge",
        "BAL.6 BAL.7",
        **{name: opened[name] for name in ("R", "P", "signature")},
    )
    own = {name: opened[name] for name in ("R", "P", "nonce", "proof", "signature")}
    file.reject(of, "a challenged ballot, cast", "BAL.7", **own)


def reject_openings(file: File, voter: Credential) -> None:
    of, wide = file.accepted["challenged, width 1"], file.accepted["challenged, width 3"]
    r = int.from_bytes(bytes.fromhex(of["r"]), "little")
    file.reject(of, "another choice", "SPL.2", choice=[2])
    file.reject(of, "r + 1", "SPL.2", r=((r + 1) % ORDER).to_bytes(32, "little"))
    file.reject(of, "r + l", "malformed", r=(r + ORDER).to_bytes(32, "little"))
    for name, expect, changes in dishonest.openings(CONTEXT, of, voter):
        file.reject(of, name, expect, **changes)
    file.reject(of, "r = 0", "SPL.2", r=bytes(32))
    file.reject(of, "r: a scalar too many", "BAL.2", r=of["r"] * 2)
    file.reject(wide, "r: last column", "SPL.2", r={"at": 64, "hex": "00" * 32})
    file.reject(of, "a mark too many", "SPL.1", choice=[1, 2, 3])
    file.reject(of, "no mark", "SPL.1", choice=[])
    file.reject(of, "marks descend", "SPL.1", choice=[2, 1])
    file.reject(of, "an option that the contest lacks", "SPL.1", choice=[6])
    file.reject(of, "another key", "BAL.6 SPL.2", key=bytes(draw_points(1)))
    file.reject(of, "the opening of a ballot that was cast", "BAL.7", act="cast")
    file.reject_points(of, "R", 0, "BAL.4")


NO_CONTEST = {"contest": ""}  # a ceremony is of no contest


def make_ceremony() -> File:
    file = File("ceremony")
    for t, n in ((1, 1), (2, 3), (3, 5)):
        dealer = Dealer.draw(t)
        proof = dealer.prove(CONTEXT, 2, n, n)
        file.accept(
            f"contribution, {t} of {n}",
            "contribution",
            **NO_CONTEST,
            attempt=2,
            trustee=n,
            t=t,
            n=n,
            E=dealer.E,
            A=dealer.A,
            proof=proof,
        )
        file.accept(f"key, {t} of {n}", "key", **NO_CONTEST, **joint_key(t, list(range(1, n + 1))))
    file.accept("key without trustees 2 and 4", "key", **NO_CONTEST, **joint_key(2, [1, 3, 5]))
    file.accept("complaint of a wrong share", "complaint", **NO_CONTEST, **complaint(1, liar=1))
    file.accept("complaint of a right share", "complaint", **NO_CONTEST, **complaint(0, liar=3))
    reject_ceremony(file)
    return file


def joint_key(t: int, participants: list[int]) -> dict[str, Any]:
    """Commitments of those who take part, the key that they make, and each one's public share key."""
    first, *others = [Dealer.draw(t) for _ in participants]
    shares = [sum((dealer.share(j) for dealer in others), first.share(j)) for j in participants]
    A = [Points.packed(dealer.A) for dealer in (first, *others)]
    key = bytes(Points.packed(b"".join(bytes(points[0]) for points in A)).sum().point())
    X = b"".join(bytes((x * G).points()) for x in shares)
    return {"participants": participants, "A": [bytes(points).hex() for points in A], "key": key, "X": X}


def complaint(error: int, liar: int) -> dict[str, Any]:
    """Trustee 3 complains of dealer 1, whose share is wrong by `error`."""
    dealer, complainer = Dealer.draw(2), Dealer.draw(2)
    keys = {1: dealer.E, 2: Dealer.draw(2).E, 3: complainer.E}
    sealed = Scalars(dealer.deal(CONTEXT, 1, 1, keys)[64:96]) + Scalars.of([error])
    K, proof = complainer.complain(CONTEXT, 1, 1, 3, dealer.E)
    fields = {"attempt": 1, "dealer": 1, "trustee": 3, "Ei": dealer.E, "Ej": complainer.E, "K": K, "proof": proof}
    return {**fields, "A": dealer.A, "sealed": bytes(sealed), "liar": liar}


def reject_ceremony(file: File) -> None:
    of = file.accepted["contribution, 2 of 3"]
    for field, at in (("E", 0), ("A", 0), ("A", 32), ("proof", 0)):
        if at == 0:
            file.reject_points(of, field, at, "KEY.4")
        file.reject(of, f"{field}: identity at {at}", "KEY.4", **{field: {"at": at, "hex": "00" * 32}})
    file.reject(of, "A: last point does not decode", "KEY.4", A={"at": 32, "hex": NO_POINT})
    file.reject(of, "a coefficient too few", "KEY.3", A=of["A"][:64])
    file.reject(of, "a coefficient too many", "KEY.3", A=of["A"] + of["A"][:64])
    file.reject(of, "no coefficients", "KEY.3", A="")
    file.reject_scalars(of, "proof", {"s": 32}, {"s": "KEY.5"})
    for field, value in (
        ("election", "example-2028"),
        ("manifest", OTHER.manifest),
        ("attempt", 1),
        ("trustee", 1),
        ("n", 4),
        ("E", Dealer.draw(1).E),
    ):
        file.reject(of, f"another {field}", "KEY.5", **{field: value})
    file.reject(of, "coefficients exchanged", "KEY.5", A=of["A"][64:] + of["A"][:64])
    for name, changes in dishonest.contributions(CONTEXT, of):
        file.reject(of, name, "KEY.5", **changes)

    of = file.accepted["complaint of a wrong share"]
    for field in ("Ei", "Ej", "K", "proof"):
        file.reject_points(of, field, 0, "KEY.4")
    file.reject(of, "proof: T2 does not decode", "KEY.4", proof={"at": 32, "hex": NO_POINT})
    file.reject_scalars(of, "proof", {"s": 64}, {"s": "KEY.6"})
    file.reject(of, "dealer and trustee exchanged", "KEY.6", dealer=3, trustee=1)
    file.reject(of, "another attempt", "KEY.6", attempt=2)
    file.reject(of, "another share is opened", "KEY.6", K=bytes(draw_points(1)))
    file.reject(of, "the complainer blamed", "KEY.7", liar=3)
    file.reject(file.accepted["complaint of a right share"], "the dealer blamed", "KEY.7", liar=1)
    for name, changes in dishonest.complaints(CONTEXT, of):
        file.reject(of, name, "KEY.6", **changes)
    of = file.accepted["key, 2 of 3"]
    file.reject(of, "another key", "KEY.8", key=bytes(draw_points(1)))
    file.reject(of, "a contribution left out", "KEY.8", participants=[1, 2], A=of["A"][:2], X=of["X"][:128])
    file.reject(
        file.accepted["key without trustees 2 and 4"], "trustees numbered anew", "KEY.8", participants=[1, 2, 3]
    )
