"""A second reader of signatures, in plain integers: Ed25519 (RFC 8032 §5.1), ECDSA on NIST's curves, and RSA.

ML-DSA-44 is that of `cryptography`, as it is the verifier's; Go and JavaScript are the other opinions on it.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from typing import Any, NamedTuple

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


# --- RSA and ECDSA: certificates.md §6.4 and §7 ---


class Curve(NamedTuple):
    """y² = x³ − 3x + b over p, of prime order n, with the base point (x, y); SEC 2, and FIPS 186-4 §D.1."""

    p: int
    b: int
    n: int
    x: int
    y: int


P256 = Curve(
    2**256 - 2**224 + 2**192 + 2**96 - 1,
    0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
P384 = Curve(
    2**384 - 2**128 - 2**96 + 2**32 - 1,
    0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
    0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
    0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
)


@cache
def verifies(kind: Any, way: str, digest: str, message: bytes, signature: bytes) -> bool:
    """Whether a key, 32 bytes or (curve, x, y) or (n, e), has signed in this way."""
    if isinstance(kind, bytes):
        return way == "Ed25519" and is_signed(kind, message, signature)
    if isinstance(kind[0], Curve):
        return way == "ECDSA" and is_ecdsa(kind[0], kind[1:], hashlib.new(digest, message).digest(), signature)
    if way not in {"PKCS1", "PSS"}:
        return False
    n, e = kind
    s = int.from_bytes(signature, "big")
    if len(signature) != (n.bit_length() + 7) // 8 or s >= n:
        return False
    coded = pow(s, e, n)
    return (is_pkcs1 if way == "PKCS1" else is_pss)(coded, n.bit_length(), digest, message)


def is_pkcs1(coded: int, size: int, digest: str, message: bytes) -> bool:
    """RFC 8017 §9.2."""
    last = {"sha256": 1, "sha384": 2, "sha512": 3}[digest]
    hashed = hashlib.new(digest, message).digest()
    name = bytes.fromhex(f"060960864801650304020{last}0500")
    info = bytes([0x30, len(hashed) + 17, 0x30, 13]) + name + bytes([0x04, len(hashed)]) + hashed
    length = (size + 7) // 8
    return coded.to_bytes(length, "big") == b"\0\1" + b"\xff" * (length - len(info) - 3) + b"\0" + info


def is_pss(coded: int, size: int, digest: str, message: bytes) -> bool:
    """RFC 8017 §9.1.2, with a salt as long as the digest."""
    width, free = hashlib.new(digest).digest_size, size - 1
    length = (free + 7) // 8
    if coded >> 8 * length:
        return False
    block, seed, mark = (data := coded.to_bytes(length, "big"))[: -width - 1], data[-width - 1 : -1], data[-1]
    counters = range(-(-len(block) // width))
    mask = b"".join(hashlib.new(digest, seed + counter.to_bytes(4, "big")).digest() for counter in counters)
    plain = int.from_bytes(block, "big") ^ int.from_bytes(mask[: len(block)], "big")
    plain &= (1 << 8 * len(block) - (8 * length - free)) - 1
    padded = plain.to_bytes(len(block), "big")
    salt = padded[-width:]
    hashed = hashlib.new(digest, bytes(8) + hashlib.new(digest, message).digest() + salt).digest()
    unmasked = data[0] >> 8 - (8 * length - free) == 0
    return unmasked and mark == 0xBC and hashed == seed and padded[:-width] == bytes(len(block) - width - 1) + b"\1"


def is_ecdsa(curve: Curve, key: tuple[int, int], hashed: bytes, signature: bytes) -> bool:
    """FIPS 186-4 §6.4, over strict DER."""
    found = re.fullmatch(rb"\x30(?:\x81[\x80-\xff]|[\0-\x7f])\x02(.)(.*)", signature, re.DOTALL)
    if found is None:
        return False
    r = int.from_bytes(found[2][: found[1][0]], "big")
    s = int.from_bytes(found[2][found[1][0] + 2 :], "big")
    if signature != write_numbers(r, s):
        return False
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    z = int.from_bytes(hashed, "big") >> max(0, 8 * len(hashed) - curve.n.bit_length())
    w = pow(s, -1, curve.n)
    one = multiply(curve, z * w % curve.n, (curve.x, curve.y))
    R = add(curve, one, multiply(curve, r * w % curve.n, key))
    return R is not None and R[0] % curve.n == r


def write_numbers(r: int, s: int) -> bytes:
    """The DER of two numbers that are not negative."""
    coded = b""
    for number in (r, s):
        size = number.bit_length() // 8 + 1
        coded += bytes([0x02, size]) + number.to_bytes(size, "big")
    return bytes([0x30, len(coded)] if len(coded) < 128 else [0x30, 0x81, len(coded)]) + coded


Affine = tuple[int, int] | None  # None is the neutral element


def add(curve: Curve, P: Affine, Q: Affine) -> Affine:
    if P is None or Q is None:
        return P or Q
    if P[0] == Q[0] and (P[1] + Q[1]) % curve.p == 0:
        return None
    top, below = (3 * P[0] * P[0] - 3, 2 * P[1]) if P == Q else (Q[1] - P[1], Q[0] - P[0])
    slope = top * pow(below, -1, curve.p) % curve.p
    x = (slope * slope - P[0] - Q[0]) % curve.p
    return x, (slope * (P[0] - x) - P[1]) % curve.p


def multiply(curve: Curve, scalar: int, P: Affine) -> Affine:
    product: Affine = None
    for bit in f"{scalar:b}":
        product = add(curve, product, product)
        if bit == "1":
            product = add(curve, product, P)
    return product
