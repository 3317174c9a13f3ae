"""Vectors of the voter's client: ballots and challenges sealed and signed with all randomness given."""

from __future__ import annotations

import random
from hashlib import sha256
from typing import Any

from tests.reference import proofs
from tests.reference import sealing as reference
from tests.reference.group import ORDER, G, Point, decode
from tests.reference.proofs import Vector
from tests.vectors.file import COMMON, NO_POINT, OTHER, TOO_LARGE, UNDECODABLE, File


def scalar(name: bytes) -> int:
    """Nobody's secret, the same each time."""
    return int.from_bytes(sha256(name).digest(), "little") % ORDER


K, OTHER_K = (scalar(name).to_bytes(32, "little") for name in (b"a voter", b"another voter"))
PK, OTHER_PK = (bytes(scalar(name) * G) for name in (b"an election", b"another election"))
SHARED = {"style": "town", "k": K, "key": PK, "act": "cast", "prev": bytes(32), "least": 0}
CASES: dict[str, dict[str, Any]] = {
    "one mark of one, width 1": {"choice": [3], "most": 1, "options": 5, "width": 1},
    "no mark, width 1": {"choice": [], "most": 1, "options": 5, "width": 1},
    "many marks, width 1": {"choice": list(range(2, 60, 2)), "most": 29, "options": 60, "width": 1},
    "no mark, width 2": {"choice": [], "most": 40, "options": 255, "width": 2},
    "many marks, width 2": {"choice": list(range(200, 256)), "most": 59, "options": 255, "width": 2},
    "one mark, width 8": {"choice": [255], "most": 239, "options": 255, "width": 8},
    "many marks, width 8": {"choice": list(range(1, 240)), "most": 239, "options": 255, "width": 8},
}


def make_sealing() -> File:
    file = File("sealing", page="ballot", judge=reference.failures)
    for number, (name, case) in enumerate(CASES.items()):
        for act in ("cast", "challenge"):
            prev = sha256(name.encode()).digest() if number % 2 else bytes(32)
            accept(file, f"{name}, {act}", **{**case, "act": act, "prev": prev})
    accept_others(file)
    reject_inputs(file)
    reject_points(file)
    return file


def accept(file: File, name: str, **fields: Any) -> Vector:
    """What the reference makes of these inputs; the randomness is drawn from the vector's name, for nobody uses it."""
    v = {**SHARED, **fields}
    given = random.Random(name).randbytes(64 * (2 * v["width"] + 1) + 16)
    v = {"random": given, **v}
    plain = {key: each.hex() if isinstance(each, bytes) else each for key, each in v.items()}
    made = reference.record_of({**COMMON, **plain})
    return file.accept(name, "sealing", **v, **made)


def accept_others(file: File) -> None:
    """One voter in the contests of a style, and again; another voter; an election and a style with other letters."""
    one = {"choice": [1, 2], "most": 2, "options": 4, "width": 1}
    first = accept(file, "a contest of two", contest="mayor", **one)
    accept(file, "the other contest of the style", contest="council", **{**one, "choice": [4]})
    again = bytes.fromhex(first["tracker"])
    accept(file, "another ballot in the first contest", contest="mayor", prev=again, **{**one, "choice": [3]})
    accept(file, "a challenge after a ballot", contest="mayor", prev=again, act="challenge", **one)
    accept(file, "another voter and style", k=OTHER_K, style="village-of-forty-letters-at-most-in-an-id", **one)
    accept(file, "another election", election="e", manifest=OTHER.manifest.hex(), **one)
    accept(file, "the smallest key", k=(1).to_bytes(32, "little"), **one)
    accept(file, "the largest key", k=(ORDER - 1).to_bytes(32, "little"), act="challenge", **one)


def reject_inputs(file: File) -> None:
    of, wide = file.accepted["one mark of one, width 1, cast"], file.accepted["many marks, width 2, challenge"]
    for what, choice in (
        ("a mark too many", [1, 2]),
        ("marks descend", [2, 1]),
        ("a mark twice", [2, 2]),
        ("option 0", [0]),
        ("an option that the contest lacks", [6]),
    ):
        file.reject(of, what, "malformed", choice=choice)
    file.reject(of, "marks in another order", "malformed", choice=[3, 1], most=2)
    file.reject(of, "fewer marks than allowed", "malformed", least=2, most=2)
    k = int.from_bytes(K, "little")
    file.reject(of, "k + l", "malformed", k=(k + ORDER).to_bytes(32, "little"))
    file.reject(of, "k = l", "malformed", k=ORDER.to_bytes(32, "little"))
    file.reject(of, "k = 0", "malformed", k=bytes(32))
    for what, key in (("negative", UNDECODABLE), ("above p", TOO_LARGE), ("no point", NO_POINT)):
        file.reject(of, f"key: encoding refused, {what}", "KEY.4", key=key)
    file.reject(of, "key: identity", "KEY.4", key=bytes(32))
    for vector in (of, wide):
        for field, value in (
            ("k", OTHER_K),
            ("key", OTHER_PK),
            ("election", "example-2028"),
            ("manifest", OTHER.manifest),
            ("contest", "mayor"),
            ("style", "country"),
            ("prev", sha256(b"prev").digest()),
            ("act", "challenge" if vector is of else "cast"),
            ("choice", [2] if vector is of else [200]),
        ):
            file.reject(vector, f"another {field}", "differs", **{field: value})
    file.reject(of, "another r", "differs", random={"at": 0, "hex": "00"})
    file.reject(of, "another t", "differs", random={"at": 64, "hex": "00"})
    file.reject(of, "another nonce", "differs", random={"at": 128, "hex": "00"})
    file.reject(of, "another t of the signature", "differs", random={"at": 144, "hex": "00"})
    file.reject(
        of, "r and t exchanged", "differs", random=of["random"][128:256] + of["random"][:128] + of["random"][256:]
    )
    file.reject(
        wide,
        "columns of r exchanged",
        "differs",
        random=wide["random"][128:256] + wide["random"][:128] + wide["random"][256:],
    )


def reject_points(file: File) -> None:
    of, wide = file.accepted["one mark of one, width 1, cast"], file.accepted["many marks, width 2, challenge"]
    zero, order = "00" * 64, ORDER.to_bytes(64, "little").hex()
    for what, wide_zero in (("zero", zero), ("the order", order)):
        file.reject(of, f"r is {what}: R is the identity", "BAL.5", random={"at": 0, "hex": wide_zero})
        file.reject(of, f"t is {what}: T is the identity", "BAL.5", random={"at": 64, "hex": wide_zero})
        file.reject(of, f"t of the signature is {what}", "BAL.5", random={"at": 144, "hex": wide_zero})
        file.reject(wide, f"the second column's r is {what}", "BAL.5", random={"at": 64, "hex": wide_zero})
        file.reject(wide, f"the second column's t is {what}", "BAL.5", random={"at": 192, "hex": wide_zero})
    file.reject(of, "a key under which P is the identity", "BAL.5", key=bytes(cancelling(of)))


def cancelling(v: Vector) -> Point:
    """PK = −M/r."""
    r = int.from_bytes(bytes.fromhex(v["random"])[:64], "little") % ORDER
    return -pow(r, -1, ORDER) % ORDER * decode(proofs.points_of(v, v["choice"]), "M")
