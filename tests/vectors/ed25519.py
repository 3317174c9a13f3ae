"""`python -m tests.vectors.ed25519` makes the vectors of Ed25519 at the edges of the curve, in note.json."""

from __future__ import annotations

import hashlib
import json

from tests.reference.group import ORDER, ZERO, Point, p
from tests.reference.signatures import BASE, decode_key, encode_key
from tests.support.house import VECTORS, read_vectors
from tests.vectors.cosignature import File
from verifier.log.note import ED25519, Key, Note, SignatureLine, encode
from verifier.log.note import encode_key as encode_vkey

NAME, TEXT = "board.example/2027", b"Ed25519 at its edges\n"
A_SECRET, R_SECRET = 1_234_567, 7_654_321
MADE = "Ed25519"  # in the comment of each vector that is made here
assert BASE is not None


def times(scalar: int, P: Point) -> Point:
    """Without reducing the scalar, since P may have any order."""
    product = ZERO
    for bit in f"{scalar:b}":
        product = product + product
        if bit == "1":
            product = product + P
    return product


def of_order_eight() -> Point:
    """The least y of a point that has a part of order eight gives it."""
    for y in range(2, 99):
        P = decode_key(y.to_bytes(32, "little"))
        if P is not None and encode_key(times(4 * ORDER, P)) != encode_key(ZERO):
            return times(ORDER, P)
    raise AssertionError("half of the points have one")


EIGHT = of_order_eight()
TWO = times(4, EIGHT)
A, R = times(A_SECRET, BASE), times(R_SECRET, BASE)


def sign(R: bytes, r: int, A: bytes, *, above: int = 0) -> bytes:
    h = int.from_bytes(hashlib.sha512(R + A + TEXT).digest(), "little")
    return R + ((r + h * A_SECRET) % ORDER + above).to_bytes(32, "little")


def make_notes() -> list[File]:
    key, own = encode_key(A), encode_key(R)
    neutral = encode_key(ZERO)
    signatures = {
        "an honest signature": (sign(own, R_SECRET, key), "accepted"),
        "R is the identity": (sign(neutral, 0, key), "accepted"),
        "R has a part of order two": (sign(encode_key(R + TWO), R_SECRET, key), "rejected"),
        "R has a part of order eight": (sign(encode_key(R + EIGHT), R_SECRET, key), "rejected"),
        "R has order eight": (sign(encode_key(EIGHT), 0, key), "rejected"),
        "R is the identity, not canonical": (sign((p + 1).to_bytes(32, "little"), 0, key), "rejected"),
        "s is not below the group's order": (sign(own, R_SECRET, key, above=ORDER), "rejected"),
    }
    log = Key(NAME, ED25519, key)
    return [
        {
            "comment": f"{MADE}: {comment}",
            "key": encode_vkey(log),
            "note": encode(Note(TEXT, (SignatureLine(NAME, log.id, signature),))).decode(),
            "result": result,
        }
        for comment, (signature, result) in signatures.items()
    ]


def make_keys() -> list[File]:
    keys = {
        "a point of prime order": (encode_key(A), "accepted"),
        "a part of order two": (encode_key(A + TWO), "malformed"),
        "a part of order eight": (encode_key(A + EIGHT), "malformed"),
        "a point of order eight": (encode_key(EIGHT), "malformed"),
        "y is not below the prime": ((p + 4).to_bytes(32, "little"), "malformed"),
        "no point": ((2).to_bytes(32, "little"), "malformed"),
    }
    return [
        {"comment": f"{MADE}: {comment}", "vkey": encode_vkey(Key(NAME, ED25519, public)), "result": result}
        for comment, (public, result) in keys.items()
    ]


def build() -> File:
    """The file of notes, with these vectors in place of those that were made here before."""
    file = read_vectors("note")
    for name, made in (("notes", make_notes()), ("keys", make_keys())):
        file[name] = [vector for vector in file[name] if not vector["comment"].startswith(f"{MADE}: ")] + made
    return file


if __name__ == "__main__":
    (VECTORS / "note.json").write_text(json.dumps(build(), indent=1, ensure_ascii=False) + "\n")
