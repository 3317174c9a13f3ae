"""For the vectors of certificates: twins with another key, issuer or role, and members' signatures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.reference.group import ORDER
from tests.reference.signatures import P256, encode_key
from tests.vectors.authorities import (
    AUTHORITY,
    BASIC,
    CERTIFIES,
    EC_PUBLIC_KEY,
    ED,
    MEMBER,
    NO_AUTHORITY,
    NULL,
    P384,
    P384_ROOT,
    ROOT,
    RSA,
    RSA_ENCRYPTION,
    RSA_ROOT,
    SIGNS,
    STRANGER,
    TRUE,
    UNKNOWN,
    USAGE,
    bits,
    by_ecdsa,
    by_edwards,
    by_pkcs1,
    by_pss,
    ecdsa,
    edwards,
    elliptic,
    extension,
    extensions,
    integer,
    issue,
    oid,
    pkcs1,
    pss,
    rsa_spki,
    seq,
    spki,
    tlv,
    utc,
)
from tests.vectors.ed25519 import EIGHT, TWO
from tests.vectors.ed25519 import A as EDGE

if TYPE_CHECKING:
    from tests.vectors.certificates import Certificates

P256_MEMBER, P384_MEMBER = "a key on P-256", "a key on P-384"
ED_MEMBER, RSA_MEMBER = "a key of Ed25519", "a key of RSA"
Keys = Iterator[tuple[str, str, str, bytes]]  # of which certificate it is a twin, name, reason, SubjectPublicKeyInfo
Twins = Iterator[tuple[str, str, dict[str, bytes]]]  # name, reason, the parts that are other


def other_keys() -> Keys:
    """Keys that are not taken."""
    for keys in (curves, points, edwards_points, rsa_numbers, kinds):
        yield from keys()


POINT = spki(MEMBER)[-65:]
P256_NAME = oid("1.2.840.10045.3.1.7")


def on_curve(data: bytes, curve: bytes = P256_NAME) -> bytes:
    return seq(seq(oid(EC_PUBLIC_KEY), curve), bits(data))


def curves() -> Keys:
    field = seq(oid("1.2.840.10045.1.1"), integer(P256.p))
    base = b"\4" + P256.x.to_bytes(32, "big") + P256.y.to_bytes(32, "big")
    terms = seq(tlv(0x04, (P256.p - 3).to_bytes(32, "big")), tlv(0x04, P256.b.to_bytes(32, "big")))
    explicit = seq(integer(1), field, terms, tlv(0x04, base), integer(P256.n), integer(1))
    for name, curve in {
        "the curve described, not named": explicit,
        "no curve": b"",
        "the curve taken from elsewhere": NULL,
        "P-521": oid("1.3.132.0.35"),
        "secp256k1": oid("1.3.132.0.10"),
        "brainpoolP256r1": oid("1.3.36.3.3.2.8.1.1.7"),
    }.items():
        yield P256_MEMBER, name, "curve", on_curve(POINT, curve)


def points() -> Keys:
    def coded(x: int, y: int) -> bytes:
        return on_curve(b"\4" + x.to_bytes(32, "big") + y.to_bytes(32, "big"))

    x, y = (int.from_bytes(part, "big") for part in (POINT[1:33], POINT[33:]))
    small = next(k for k in range(1, 99) if pow(k**3 - 3 * k + P256.b, (P256.p - 1) // 2, P256.p) == 1)
    root = pow(small**3 - 3 * small + P256.b, (P256.p + 1) // 4, P256.p)
    for name, data in {
        "the point compressed": bytes([2 + POINT[-1] % 2]) + POINT[1:33],
        "the point in the hybrid form": bytes([6 + POINT[-1] % 2]) + POINT[1:],
        "the point at infinity": b"\0",
        "no point": b"",
        "a point of P-384": spki(P384)[-97:],
        "a byte too few": POINT[:-1],
        "a byte too many": POINT + b"\0",
    }.items():
        yield P256_MEMBER, name, "point", on_curve(data)
    yield P256_MEMBER, "a point beside the curve", "point", coded(x, y ^ 1)
    yield P256_MEMBER, "x not below the prime", "point", coded(small + P256.p, root)
    yield P384_MEMBER, "a point of P-256", "point", on_curve(POINT, oid("1.3.132.0.34"))
    yield (
        P256_MEMBER,
        "a key with unused bits",
        "encoding",
        seq(seq(oid(EC_PUBLIC_KEY), P256_NAME), bits(POINT[:-1] + b"\0", 1)),
    )
    yield P256_MEMBER, "a key of three parts", "encoding", seq(seq(oid(EC_PUBLIC_KEY), P256_NAME), bits(POINT), NULL)


def edwards_points() -> Keys:
    ed = seq(oid("1.3.101.112"))
    for name, data in {
        "a byte too few": encode_key(EDGE)[:-1],
        "a byte too many": encode_key(EDGE) + b"\0",
        "a point of order eight": encode_key(EIGHT),
        "a part of order two": encode_key(EDGE + TWO),
        "a part of order eight": encode_key(EDGE + EIGHT),
        "a point that is not canonical": (2**255 - 19 + 4).to_bytes(32, "little"),
    }.items():
        yield ED_MEMBER, name, "point", seq(ed, bits(data))
    yield ED_MEMBER, "parameters of Ed25519", "parameters", seq(seq(oid("1.3.101.112"), NULL), bits(encode_key(EDGE)))


def rsa_numbers() -> Keys:
    n, e = integer(RSA.n), integer(RSA.e)
    yield RSA_MEMBER, "no parameters", "parameters", rsa_spki(n, e, b"")
    for name, modulus in {
        "a modulus of 2,047 bits": integer(2**2047 - 1),
        "a modulus of 8,193 bits": integer(2**8193 - 1),
        "an even modulus": integer(RSA.n + 1),
        "a negative modulus": integer(-RSA.n),
        "a modulus of 0": integer(0),
    }.items():
        yield RSA_MEMBER, name, "modulus", rsa_spki(modulus, e)
    for exponent in (-1, 0, 1, 3, 65_535, 65_536, 65_538, 2**31, 2**31 + 11):
        yield RSA_MEMBER, f"the exponent {exponent:,}", "exponent", rsa_spki(n, integer(exponent))
    coding = bits(seq(b"\2\x82\1\2\0" + n[4:], e))
    yield RSA_MEMBER, "a modulus with a zero too many", "encoding", seq(seq(oid(RSA_ENCRYPTION), NULL), coding)
    yield RSA_MEMBER, "a third number", "encoding", rsa_spki(n + e, e)
    yield RSA_MEMBER, "no numbers", "encoding", seq(seq(oid(RSA_ENCRYPTION), NULL), bits(b""))


def kinds() -> Keys:
    others = {
        "a key of RSA-PSS": "1.2.840.113549.1.1.10",
        "a key of DSA": "1.2.840.10040.4.1",
        "a key of ECDH": "1.3.132.1.12",
        "a key of X25519": "1.3.101.110",
        "a key of Ed448": "1.3.101.113",
        "a key of ML-DSA-44": "2.16.840.1.101.3.4.3.17",
    }
    for name, kind in others.items():
        yield P256_MEMBER, name, "key", seq(seq(oid(kind)), bits(bytes(32)))
    gost = {
        "a key of GOST 34.310, by TUMAR-CSP": "1.3.6.1.4.1.6801.1.5.8",
        "a key of GOST 34.310, by Kazakhstan's name": "1.2.398.3.10.1.1.1.1",
        "a key of GOST R 34.10-2012": "1.2.643.7.1.1.1.1",
    }
    for name, kind in gost.items():
        yield P256_MEMBER, name, "gost", seq(seq(oid(kind), seq()), bits(bytes(64)))


def anchors() -> Twins:

    length = {
        "a negative path length": b"\2\1\xff",
        "a path length in two bytes": b"\2\2\0\1",
        "a path without length": b"\2\0",
    }
    for name, number in length.items():
        yield name, "encoding", {"extensions": extensions(extension(BASIC, seq(TRUE, number), TRUE), CERTIFIES)}
    yield "no basic constraints", "authority", {"extensions": extensions(CERTIFIES)}
    yield "basic constraints of nobody", "authority", {"extensions": extensions(NO_AUTHORITY, CERTIFIES)}
    yield "no extensions", "authority", {"extensions": b""}
    yield "a key usage for signing", "usage", {"extensions": extensions(AUTHORITY, SIGNS)}
    lists = extension(USAGE, bits(b"\2", 1), TRUE)
    yield "a key usage for lists of revocation", "usage", {"extensions": extensions(AUTHORITY, lists)}
    unknown = extension(UNKNOWN, b"", TRUE)
    yield "an unknown critical extension", "critical", {"extensions": extensions(AUTHORITY, CERTIFIES, unknown)}
    yield "an end before the beginning", "validity", {"validity": seq(utc("321229235959Z"), utc("230101000000Z"))}
    gost = seq(seq(oid("1.3.6.1.4.1.6801.1.5.8"), NULL), bits(bytes(64)))
    yield "a key of GOST 34.310", "gost", {"key": gost}
    algorithm = seq(oid(UNKNOWN), b"\x1f\x01\0")
    yield "parameters with a tag in two bytes", "encoding", {"inner": algorithm, "outer": algorithm}


def strangers(honest: bytes) -> Iterator[tuple[str, str, bytes]]:
    """What no anchor has signed, though it looks so."""

    key = spki(MEMBER)
    yield P256_MEMBER, "by another key of the issuer's name", issue(by_ecdsa(STRANGER), key=key)
    yield P256_MEMBER, "by an authority that is not on the sheet", issue(by_ecdsa(elliptic("else")), key=key)
    yield P256_MEMBER, "by itself", issue(by_ecdsa(MEMBER), key=key)
    at = honest.index("Айгүл".encode())
    yield P256_MEMBER, "another letter in the subject", honest[:at] + "О".encode() + honest[at + 2 :]
    yield P256_MEMBER, "another last bit of the signature", honest[:-1] + bytes([honest[-1] ^ 1])
    algorithm, sign = by_ecdsa(ROOT)
    yield (
        P256_MEMBER,
        "a signature with a long length",
        issue((algorithm, lambda tbs: b"\x30\x81" + sign(tbs)[1:]), key=key),
    )
    yield P256_MEMBER, "a signature with a byte after it", issue((algorithm, lambda tbs: sign(tbs) + b"\0"), key=key)
    yield P256_MEMBER, "no signature", issue((algorithm, lambda _: b""), key=key)
    yield P256_MEMBER, "SHA-384 instead of SHA-256", issue((algorithm, by_ecdsa(ROOT, "SHA-384")[1]), key=key)
    yield (
        "by a root on P-384",
        "SHA-256 instead of SHA-384",
        issue((by_ecdsa(P384_ROOT, "SHA-384")[0], by_ecdsa(P384_ROOT)[1]), key=key),
    )
    of = "signed with PKCS #1 and SHA-256"
    algorithm, sign = by_pkcs1(RSA_ROOT)
    yield of, "RSA-PSS instead of PKCS #1", issue((algorithm, by_pss(RSA_ROOT)[1]), key=key)
    yield of, "a signature with a zero in front", issue((algorithm, lambda tbs: b"\0" + sign(tbs)), key=key)
    yield (
        of,
        "a signature of the digest without its name",
        issue((algorithm, lambda tbs: RSA_ROOT.power(b"\0\1" + b"\xff" * 221 + b"\0" + _digest(tbs))), key=key),
    )
    salted = (by_pss(RSA_ROOT)[0], lambda tbs: pss(RSA_ROOT, tbs, salt=bytes(20)))
    yield "signed with RSA-PSS and SHA-256", "a salt of 20 bytes", issue(salted, key=key)
    yield "by a root with Ed25519", "another key of Ed25519", issue(by_edwards(edwards("else")), key=key)


def _digest(message: bytes) -> bytes:
    import hashlib

    return hashlib.sha256(message).digest()


def sign(file: Certificates) -> None:
    """Signatures of members (specs/certificates.md §7)."""

    message = b"aikyn/1 member\n" + bytes(range(64))
    for by, key, order in ((P256_MEMBER, MEMBER, P256.n), (P384_MEMBER, P384, None)):
        good = ecdsa(key, message)
        file.sign(by, "right", message, good, "accepted")
        file.sign(by, "of another message", message + b"\0", good, "rejected")
        file.sign(by, "with SHA-384", message, ecdsa(key, message, "SHA-384"), "rejected")
        if order is not None:
            r, s = decode_dss_signature(good)
            file.sign(by, "(r, n − s)", message, seq(integer(r), integer(order - s)), "accepted")
            for name, coded in {
                "a length in two bytes": b"\x30\x81" + good[1:],
                "a byte after it": good + b"\0",
                "a byte inside after s": seq(good[2:], NULL),
                "r with a zero too many": seq(tlv(0x02, b"\0" * 2 + r.to_bytes(32, "big")), integer(s)),
                "r negative": seq(tlv(0x02, (r - order).to_bytes(33, "big", signed=True)), integer(s)),
                "r and s beside each other": r.to_bytes(32, "big") + s.to_bytes(32, "big"),
                "r of 0": seq(integer(0), integer(s)),
                "s of 0": seq(integer(r), integer(0)),
                "r + n": seq(integer(r + order), integer(s)),
                "s + n": seq(integer(r), integer(s + order)),
                "s of n": seq(integer(r), integer(order)),
                "s alone": seq(integer(s)),
                "a SET": b"\x31" + good[1:],
                "nothing": b"",
            }.items():
                file.sign(by, name, message, coded, "rejected")
    _sign_rsa(file, message)
    good = ED.sign(message)
    s = int.from_bytes(good[32:], "little")
    file.sign(ED_MEMBER, "right", message, good, "accepted")
    file.sign(ED_MEMBER, "of another message", message + b"\0", good, "rejected")
    file.sign(ED_MEMBER, "s + l", message, good[:32] + (s + ORDER).to_bytes(32, "little"), "rejected")
    file.sign(ED_MEMBER, "a byte after it", message, good + b"\0", "rejected")
    file.sign(ED_MEMBER, "nothing", message, b"", "rejected")


def _sign_rsa(file: Certificates, message: bytes) -> None:

    salts = (number.to_bytes(32, "big") for number in range(9999))
    short = next(coded for salt in salts if (coded := pss(RSA, message, salt=salt))[0] == 0)
    above = (int.from_bytes(short, "big") + RSA.n).to_bytes(256, "big")
    file.sign(RSA_MEMBER, "right", message, pss(RSA, message), "accepted")
    file.sign(RSA_MEMBER, "right, with a zero in front", message, short, "accepted")
    for name, coded in {
        "without the zero in front": short[1:],
        "with a zero too many": b"\0" + short,
        "with the modulus added": above,
        "a salt of 20 bytes": pss(RSA, message, salt=bytes(20)),
        "a salt of 222 bytes": pss(RSA, message, salt=bytes(222)),
        "no salt": pss(RSA, message, salt=b""),
        "SHA-384": pss(RSA, message, "SHA-384"),
        "PKCS #1": pkcs1(RSA, message),
        "1": (1).to_bytes(256, "big"),
        "0": bytes(256),
        "nothing": b"",
    }.items():
        file.sign(RSA_MEMBER, name, message, coded, "rejected")
