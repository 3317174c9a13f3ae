"""The group and the transcript of the second verifier, in plain integers (group.md, transcript.md, RFC 9496)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from typing import Any

# --- The field and the curve behind ristretto255 (RFC 9496 §4) ---

p = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
d = -121665 * pow(121666, -1, p) % p
SQRT_M1 = pow(2, (p - 1) // 4, p)


class Fails(Exception):
    """The clause, or word, under which a vector is refused."""


def is_negative(x: int) -> bool:
    return x % p % 2 == 1


def absolute(x: int) -> int:
    return -x % p if is_negative(x) else x % p


def sqrt_ratio(u: int, v: int) -> tuple[bool, int]:
    """RFC 9496 §4.2: whether u/v is a square, and the root of it or of i·u/v that is not negative."""
    r = u * v**3 * pow(u * v**7, (p - 5) // 8, p) % p
    check = v * r * r % p
    if check in (-u % p, -u * SQRT_M1 % p):
        r = r * SQRT_M1 % p
    return check in (u % p, -u % p), absolute(r)


INVSQRT_A_MINUS_D = sqrt_ratio(1, -1 - d)[1]
SQRT_AD_MINUS_ONE = -sqrt_ratio(-d - 1, 1)[1] % p


class Point:
    """A point in extended coordinates, x = X/Z, y = Y/Z, T = XY/Z; `s * P`, `P + Q` and `P == Q` are the group's."""

    def __init__(self, X: int, Y: int, Z: int, T: int) -> None:
        self.X, self.Y, self.Z, self.T = X % p, Y % p, Z % p, T % p

    def __add__(self, other: Point) -> Point:
        A = (self.Y - self.X) * (other.Y - other.X)
        B = (self.Y + self.X) * (other.Y + other.X)
        C = 2 * d * self.T * other.T
        D = 2 * self.Z * other.Z
        E, F, G, H = (B - A) % p, (D - C) % p, (D + C) % p, (B + A) % p
        return Point(E * F, G * H, F * G, E * H)

    def __neg__(self) -> Point:
        return Point(-self.X, self.Y, self.Z, -self.T)

    def __sub__(self, other: Point) -> Point:
        return self + -other

    def __rmul__(self, scalar: int) -> Point:
        product = ZERO
        for bit in f"{scalar % ORDER:b}":
            product = product + product
            if bit == "1":
                product = product + self
        return product

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, Point)
        return 0 in ((self.X * other.Y - self.Y * other.X) % p, (self.Y * other.Y - self.X * other.X) % p)

    __hash__ = None  # type: ignore[assignment]

    def __bytes__(self) -> bytes:
        """RFC 9496 §4.3.2."""
        X, Y, Z, T = self.X, self.Y, self.Z, self.T
        u1, u2 = (Z + Y) * (Z - Y), X * Y
        _, root = sqrt_ratio(1, u1 * u2**2)
        den1, den2 = root * u1, root * u2
        inverse = den1 * den2 * T % p
        if is_negative(T * inverse):
            X, Y, den2 = Y * SQRT_M1, X * SQRT_M1, den1 * INVSQRT_A_MINUS_D
        if is_negative(X * inverse):
            Y = -Y
        return absolute(den2 * (Z - Y)).to_bytes(32, "little")


ZERO = Point(0, 1, 1, 0)


def decode(encoding: bytes, clause: str) -> Point:
    """RFC 9496 §4.3.1; fails under the clause given (group.md §2)."""
    s = int.from_bytes(encoding, "little")
    if s >= p or is_negative(s):
        raise Fails(clause)
    u1, u2 = 1 - s * s, 1 + s * s
    v = -d * u1 * u1 - u2 * u2
    square, root = sqrt_ratio(1, v * u2 * u2)
    x = absolute(2 * s * root * u2)
    y = u1 * root * root * u2 * v % p
    if not square or is_negative(x * y) or y == 0:
        raise Fails(clause)
    return Point(x, y, 1, x * y)


def map_half(data: bytes) -> Point:
    """RFC 9496 §4.3.4, MAP of a field element."""
    t = int.from_bytes(data, "little") % 2**255
    r = SQRT_M1 * t * t
    u, v = (r + 1) * (1 - d * d), (-1 - r * d) * (r + d)
    square, s = sqrt_ratio(u % p, v % p)
    c = -1
    if not square:
        s, c = -absolute(s * t), r
    n = c * (r - 1) * (d - 1) ** 2 - v
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return Point(w0 * w3, w2 * w1, w1 * w3, w0 * w2)


def map_to_group(data: bytes) -> Point:
    return map_half(data[:32]) + map_half(data[32:])


@cache
def generator(label: str, i: int) -> Point:
    """group.md §10."""
    name = label.encode()
    return 2 * map_to_group(
        hashlib.sha512(b"aikyn/1 generator" + bytes([len(name)]) + name + i.to_bytes(8, "big")).digest()
    )


G = decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"), "G")


def total(points: Iterable[Point]) -> Point:
    return sum(points, ZERO)


def inner(scalars: Iterable[int], points: Iterable[Point]) -> Point:
    return total(s * P for s, P in zip(scalars, points, strict=True))


def cut(data: bytes) -> list[bytes]:
    return [data[i : i + 32] for i in range(0, len(data), 32)]


def decode_points(data: bytes, clause: str) -> list[Point]:
    return [decode(encoding, clause) for encoding in cut(data)]


def decode_scalars(data: bytes) -> list[int]:
    """group.md §7."""
    scalars = [int.from_bytes(coded, "little") for coded in cut(data)]
    if len(data) % 32 or any(s >= ORDER for s in scalars):
        raise Fails("malformed")
    return scalars


# --- The transcript ---


class Transcript:
    """transcript.md; if a proof is given, its messages are read from it, points under the clause `decodes`."""

    def __init__(
        self, v: dict[str, Any], name: str, contest: str, place: str, proof: bytes = b"", decodes: str = ""
    ) -> None:
        self.absorbed = b""
        self.proof, self.decodes = proof, decodes
        self.absorb("protocol", b"aikyn/1")
        self.absorb("proof", name.encode())
        self.absorb("election", v["election"].encode())
        self.absorb("manifest", bytes.fromhex(v["manifest"]))
        self.absorb("contest", contest.encode())
        self.absorb("place", place.encode())

    def absorb(self, label: str, data: bytes) -> None:
        self.absorbed += bytes([len(label)]) + label.encode() + len(data).to_bytes(8, "big") + data

    def challenge(self, label: str) -> int:
        self.absorb(label, b"")
        return int.from_bytes(hashlib.sha512(self.absorbed).digest(), "little") % ORDER

    def challenges(self, label: str, n: int) -> list[int]:
        self.absorb(label, n.to_bytes(8, "big"))
        digest = hashlib.sha512(self.absorbed).digest()
        blocks = [hashlib.sha512(digest + (i // 3).to_bytes(8, "big")).digest() for i in range(n)]
        return [int.from_bytes(block[20 * (i % 3) :][:20], "little") for i, block in enumerate(blocks)]

    def read(self, label: str, n: int) -> bytes:
        if len(self.proof) < 32 * n:
            raise Fails("malformed")
        data, self.proof = self.proof[: 32 * n], self.proof[32 * n :]
        self.absorb(label, data)
        return data

    def points(self, label: str, n: int) -> list[Point]:
        return decode_points(self.read(label, n), self.decodes)

    def point(self, label: str) -> Point:
        return self.points(label, 1)[0]

    def scalars(self, label: str, n: int) -> list[int]:
        return decode_scalars(self.read(label, n))

    def scalar(self, label: str) -> int:
        return self.scalars(label, 1)[0]

    def end(self) -> None:
        if self.proof:
            raise Fails("malformed")
