"""A second reader of signatures: Ed25519 on the curve behind the group (RFC 8032 §5.1), in plain integers.

ML-DSA-44 is that of `cryptography`, as it is the verifier's; Go and JavaScript are the other opinions on it.
"""

from __future__ import annotations

import hashlib
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from tests.reference.group import ORDER, ZERO, Point, d, p, sqrt_ratio


@cache
def decode_key(coded: bytes) -> Point | None:
    """The point of a canonical encoding, or None."""
    y, sign = int.from_bytes(coded, "little") % 2**255, coded[-1] >> 7
    square, x = sqrt_ratio((y * y - 1) % p, (d * y * y + 1) % p)
    if len(coded) != 32 or y >= p or not square or (x == 0 and sign):
        return None
    return Point(x if x % 2 == sign else -x, y, 1, (x if x % 2 == sign else -x) * y)


def encode_key(P: Point) -> bytes:
    inverse = pow(P.Z, -1, p)
    x, y = P.X * inverse % p, P.Y * inverse % p
    return (y + (x % 2 << 255)).to_bytes(32, "little")


NEUTRAL = encode_key(ZERO)
BASE = decode_key((4 * pow(5, -1, p) % p).to_bytes(32, "little"))


@cache
def is_of_prime_order(key: bytes) -> bool:
    P = decode_key(key)
    return P is not None and key != NEUTRAL and encode_key((ORDER - 1) * P + P) == NEUTRAL


@cache
def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature verifies strictly: canonical encodings, s below the order, no key of small order."""
    P = decode_key(key)
    s = int.from_bytes(signature[32:], "little")
    if P is None or encode_key(8 * P) == NEUTRAL or len(signature) != 64 or s >= ORDER or BASE is None:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    return encode_key(s * BASE + (ORDER - h) * P) == signature[:32]


def is_signed_by(kind: int, key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a key of this type (log.md §3.2) has signed."""
    if kind != 6:
        return is_signed(key, message, signature)
    try:
        MLDSA44PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True
