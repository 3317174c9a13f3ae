"""A writer of certificates that does whatever it is told, with keys that are the same each time; for vectors only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NULL, TRUE = b"\x05\x00", b"\x01\x01\xff"
DIGESTS = {"SHA-1": hashes.SHA1(), "SHA-256": hashes.SHA256(), "SHA-384": hashes.SHA384(), "SHA-512": hashes.SHA512()}

# --- DER ---


def tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else bytes([128 + len(size)]) + size) + body


def seq(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def integer(number: int) -> bytes:
    return tlv(0x02, number.to_bytes((number if number >= 0 else ~number).bit_length() // 8 + 1, "big", signed=True))


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    coded = b""
    for number in (40 * first + second, *rest):
        septets = [number >> 7 * k & 127 for k in range(max(1, -(-number.bit_length() // 7)))][::-1]
        coded += bytes([*(128 + septet for septet in septets[:-1]), septets[-1]])
    return tlv(0x06, coded)


def bits(data: bytes, unused: int = 0) -> bytes:
    return tlv(0x03, bytes([unused]), data)


def attribute(kind: str, text: str | bytes, tag: int = 0x0C) -> bytes:
    return seq(oid(kind), tlv(tag, text.encode() if isinstance(text, str) else text))


def named(text: str, tag: int = 0x0C) -> bytes:
    """A name of a country and a common name."""
    return seq(tlv(0x31, attribute("2.5.4.6", "KG", 0x13)), tlv(0x31, attribute("2.5.4.3", text, tag)))


def utc(text: str) -> bytes:
    return tlv(0x17, text.encode())


def generalized(text: str) -> bytes:
    return tlv(0x18, text.encode())


def extension(kind: str, value: bytes, critical: bytes = b"") -> bytes:
    return seq(oid(kind), critical, tlv(0x04, value))


def extensions(*parts: bytes) -> bytes:
    return tlv(0xA3, seq(*parts))


# --- Keys ---


@cache
def prime(seed: str, size: int) -> int:
    """A prime of so many bits, the two highest set, and the first that the seed's stream leads to."""
    stream = b"".join(hashlib.sha512(f"{seed} {k}".encode()).digest() for k in range(-(-size // 512)))
    number = int.from_bytes(stream, "big") >> 8 * len(stream) - size | 3 << size - 2 | 1
    while any(number % small == 0 for small in range(3, 2000, 2)) or any(
        pow(base, number - 1, number) != 1 for base in (2, 3, 5)
    ):
        number += 2
    return number


class RsaKey(NamedTuple):
    p: int
    q: int
    e: int = 65_537

    @property
    def n(self) -> int:
        return self.p * self.q

    def power(self, coded: bytes) -> bytes:
        d = pow(self.e, -1, (self.p - 1) * (self.q - 1))
        return pow(int.from_bytes(coded, "big"), d, self.n).to_bytes((self.n.bit_length() + 7) // 8, "big")


Key = RsaKey | ec.EllipticCurvePrivateKey | Ed25519PrivateKey


def rsa_key(seed: str, size: int = 2048) -> RsaKey:
    return RsaKey(prime(f"{seed} p", size // 2), prime(f"{seed} q", size // 2))


def elliptic(seed: str, curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big") >> 1
    return ec.derive_private_key(number, curve or ec.SECP256R1())


def edwards(seed: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())


RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"


def rsa_spki(n: bytes, e: bytes, parameters: bytes = NULL) -> bytes:
    return seq(seq(oid(RSA_ENCRYPTION), parameters), bits(seq(n, e)))


def spki(key: Key) -> bytes:
    if isinstance(key, RsaKey):
        return rsa_spki(integer(key.n), integer(key.e))
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


# --- Signatures ---


def pkcs1(key: RsaKey, message: bytes, digest: str = "SHA-256") -> bytes:
    last = {"SHA-256": 1, "SHA-384": 2, "SHA-512": 3}
    name = oid("1.3.14.3.2.26") if digest == "SHA-1" else oid(f"2.16.840.1.101.3.4.2.{last[digest]}")
    info = seq(seq(name, NULL), tlv(0x04, _hash(digest, message)))
    size = (key.n.bit_length() + 7) // 8
    return key.power(b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info)


def pss(key: RsaKey, message: bytes, digest: str = "SHA-256", salt: bytes | None = None) -> bytes:
    """RFC 8017 §9.1.1, for a modulus of whole bytes, with a salt that is given."""
    size, width = key.n.bit_length() // 8, DIGESTS[digest].digest_size
    salt = bytes(width) if salt is None else salt
    seed = _hash(digest, bytes(8) + _hash(digest, message) + salt)
    block = b"\1" + salt
    block = bytes(size - width - 1 - len(block)) + block
    counters = range(-(-len(block) // width))
    mask = b"".join(_hash(digest, seed + counter.to_bytes(4, "big")) for counter in counters)[: len(block)]
    masked = bytes(one ^ other for one, other in zip(block, mask, strict=True))
    return key.power(bytes([masked[0] & 127]) + masked[1:] + seed + b"\xbc")


def ecdsa(key: ec.EllipticCurvePrivateKey, message: bytes, digest: str = "SHA-256") -> bytes:
    return key.sign(message, ec.ECDSA(DIGESTS[digest], deterministic_signing=True))


def _hash(digest: str, message: bytes) -> bytes:
    return hashlib.new(digest.replace("-", "") if digest == "SHA-1" else digest, message).digest()


Sign = Callable[[bytes], bytes]
Way = tuple[bytes, Sign]  # an AlgorithmIdentifier, and how it is followed


def by_ecdsa(key: ec.EllipticCurvePrivateKey, digest: str = "SHA-256") -> Way:
    last = {"SHA-1": "1", "SHA-256": "3.2", "SHA-384": "3.3", "SHA-512": "3.4"}[digest]
    return seq(oid(f"1.2.840.10045.4.{last}")), lambda message: ecdsa(key, message, digest)


def by_pkcs1(key: RsaKey, digest: str = "SHA-256") -> Way:
    last = {"SHA-1": 5, "SHA-256": 11, "SHA-384": 12, "SHA-512": 13}[digest]
    return seq(oid(f"1.2.840.113549.1.1.{last}"), NULL), lambda message: pkcs1(key, message, digest)


def by_pss(key: RsaKey, digest: str = "SHA-256") -> Way:
    return pss_algorithm(digest, DIGESTS[digest].digest_size), lambda message: pss(key, message, digest)


def pss_algorithm(digest: str, salt: int, after: bytes = b"", parameters: bytes = NULL) -> bytes:
    last = {"SHA-256": 1, "SHA-384": 2, "SHA-512": 3}[digest]
    hashed = seq(oid(f"2.16.840.1.101.3.4.2.{last}"), parameters)
    masked = seq(oid("1.2.840.113549.1.1.8"), hashed)
    told = seq(tlv(0xA0, hashed), tlv(0xA1, masked), tlv(0xA2, integer(salt)), after)
    return seq(oid("1.2.840.113549.1.1.10"), told)


def by_edwards(key: Ed25519PrivateKey) -> Way:
    return seq(oid("1.3.101.112")), key.sign


# --- Certificates ---

BASIC, USAGE = "2.5.29.19", "2.5.29.15"
NO_AUTHORITY, AUTHORITY = extension(BASIC, seq(), TRUE), extension(BASIC, seq(TRUE), TRUE)
SIGNS = extension(USAGE, bits(b"\xc0", 6), TRUE)
CERTIFIES = extension(USAGE, bits(b"\x06", 1), TRUE)
SPAN = seq(utc("230101000000Z"), utc("321229235959Z"))


def issue(way: Way, /, **parts: bytes) -> bytes:
    """A certificate of these parts, in their order; `outer`, `string` and `after` are not signed.

    Parts: version, serial, inner, issuer, validity, subject, key, unique, extensions; `outer` is the algorithm beside
    the signature, `string` the BIT STRING instead of the one made, and `after` follows it.
    """
    algorithm, sign = way
    given = {
        "version": tlv(0xA0, integer(2)),
        "serial": integer(7),
        "inner": algorithm,
        "issuer": named("Root"),
        "validity": SPAN,
        "subject": named("Айгүл"),
        "key": b"",
        "unique": b"",
        "extensions": extensions(NO_AUTHORITY, SIGNS),
    }
    signed = seq(*(given | {name: part for name, part in parts.items() if name in given}).values())
    string = parts.get("string", bits(sign(signed)))
    return seq(signed, parts.get("outer", algorithm), string, parts.get("after", b""))


# --- Who is in the vectors ---

ROOT, RSA_ROOT, STRANGER = elliptic("root"), rsa_key("root"), elliptic("stranger")
P384_ROOT, ED_ROOT, BELOW = elliptic("root 384", ec.SECP384R1()), edwards("root"), elliptic("below")
MEMBER, P384, ED, RSA = elliptic("member"), elliptic("member 384", ec.SECP384R1()), edwards("member"), rsa_key("member")
UNKNOWN = "1.3.6.1.4.1.32473.1"  # an arc for examples, RFC 5612


def authority(way: Way, key: Key, name: str = "Root", /, **parts: bytes) -> bytes:
    """The certificate of an authority, which is its own issuer unless another is given."""
    given = {"key": spki(key), "subject": named(name), "issuer": named(name)}
    return issue(way, **given | {"extensions": extensions(AUTHORITY, CERTIFIES)} | parts)


def by_root(**parts: bytes) -> bytes:
    """A member's certificate of the root on P-256."""
    return issue(by_ecdsa(ROOT), **{"key": spki(MEMBER), **parts})


def of_size(size: int) -> bytes:
    """A member's certificate of so many bytes, by an extension that says nothing."""
    fills = (extensions(NO_AUTHORITY, SIGNS, extension(UNKNOWN, bytes(size - less))) for less in range(360, 400))
    return next(found for fill in fills if len(found := by_root(extensions=fill)) == size)
