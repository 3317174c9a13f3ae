"""Certificates: which are taken, whose key each gives, and who issued it (specs/certificates.md).

They are read here, byte by byte. `cryptography` never sees one: it verifies signatures with the keys that were read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from verifier import ed25519
from verifier.commission import der
from verifier.commission.der import Element, Elements, only
from verifier.errors import Detail, Malformed, say
from verifier.place import NOWHERE, Place

PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey
Way = tuple[padding.AsymmetricPadding, hashes.HashAlgorithm] | ec.ECDSA | None  # how RSA, ECDSA and Ed25519 sign

LARGEST = 8192  # bytes
VERSION_3 = bytes.fromhex("a003020102")
EXTENSIONS = 0xA3
BASIC_CONSTRAINTS, KEY_USAGE = "2.5.29.19", "2.5.29.15"
SIGNING, CERTIFYING = 0xC0, 0x04  # bits 0 and 1, and bit 5, of a key usage's first byte
STRINGS = {
    **dict.fromkeys((0x12, 0x13, 0x16, 0x1A), "ascii"),
    0x0C: "utf-8",
    0x14: "latin-1",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
SHORT = {"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU"}
GOST = ("1.2.643.", "1.2.398.3.10.1.1.", "1.3.6.1.4.1.6801.1.2.", "1.3.6.1.4.1.6801.1.5.")
CURVE = "1.2.840.10045.2.1"
ED25519 = bytes.fromhex("300506032b6570")
RSA = bytes.fromhex("300d06092a864886f70d0101010500")
CURVES: dict[bytes, ec.EllipticCurve] = {
    bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107"): ec.SECP256R1(),
    bytes.fromhex("301006072a8648ce3d020106052b81040022"): ec.SECP384R1(),
}


def _signatures() -> dict[bytes, Way]:
    """How each AlgorithmIdentifier says that a certificate is signed."""
    found: dict[bytes, Way] = {ED25519: None}
    for number, digest in enumerate((hashes.SHA256(), hashes.SHA384(), hashes.SHA512()), 1):
        named = f"300d060960864801650304020{number}0500"
        pss = f"a00f{named}a11c301a06092a864886f70d010108{named}a2030201{digest.digest_size:02x}"
        found |= {
            bytes.fromhex(f"300d06092a864886f70d01010{number + 10:x}0500"): (padding.PKCS1v15(), digest),
            bytes.fromhex(f"304106092a864886f70d01010a3034{pss}"): _pss(digest),
            bytes.fromhex(f"300a06082a8648ce3d04030{number + 1}"): ec.ECDSA(digest),
        }
    return found


def _pss(digest: hashes.HashAlgorithm) -> Way:
    return padding.PSS(padding.MGF1(digest), digest.digest_size), digest


SIGNATURES = _signatures()


class Unfit(Malformed):
    """A certificate that is not taken; `reason` is a word of specs/certificates.md §9."""

    def __init__(self, reason: str, said: Detail, where: Place | str = NOWHERE) -> None:
        super().__init__(said, where)
        self.args = (reason, said, where)
        self.reason = reason


class Certificate(NamedTuple):
    """What a certificate says, and the parts that its issuer's signature is about.

    `not_before` and `not_after` are the first and last second of its validity in POSIX time, `spki` is the key's one
    coding, `usage` the first byte of its key usage. `issuer` and `subject` are for people: no rule compares them.
    """

    der: bytes
    tbs: bytes
    algorithm: Element
    signature: bytes
    issuer: str
    subject: str
    not_before: int
    not_after: int
    spki: bytes
    key: PublicKey
    authority: bool
    usage: int


def decode(raw: bytes) -> Certificate:
    """Read a certificate of anybody; `Unfit` says what is wrong with it."""
    if len(raw) > LARGEST:
        raise Unfit("size", say("a certificate has at most {} bytes", LARGEST))
    try:
        return _decode(raw)
    except Unfit:
        raise
    except Malformed as error:
        raise Unfit("encoding", say("not the DER of a certificate: {}", error.said)) from error


@lru_cache(maxsize=1 << 15)  # each of a member's signatures asks, and a country has 23,000 members
def decode_member(raw: bytes) -> Certificate:
    """Read the certificate of a commission's member."""
    certificate = decode(raw)
    if certificate.authority:
        raise Unfit("authority", "this is an authority's certificate, not a member's")
    if not certificate.usage & SIGNING:
        raise Unfit("usage", "its key usage does not let the key sign")
    if certificate.algorithm.raw not in SIGNATURES:
        raise _strange("algorithm", "it is signed in a way that is not taken", certificate.algorithm, SIGNATURES)
    return certificate


def decode_anchor(raw: bytes) -> Certificate:
    """Read an authority's certificate of a trust sheet, root or subordinate; its own signature is not judged."""
    certificate = decode(raw)
    if not certificate.authority:
        raise Unfit("authority", "its basic constraints do not say that it is an authority's")
    if not certificate.usage & CERTIFYING:
        raise Unfit("usage", "its key usage does not let the key sign certificates")
    return certificate


def check_issued(member: Certificate, anchors: Iterable[Certificate]) -> None:
    """`Unfit` unless the key of one of the anchors signed the member's certificate."""
    for anchor in anchors:
        try:
            _verify(anchor.key, SIGNATURES[member.algorithm.raw], member.signature, member.tbs)
        except InvalidSignature:
            continue
        return
    raise Unfit("issuer", say("no trusted root has the key that signed it; its issuer is {}", member.issuer))


def verify_member(key: PublicKey, signature: bytes, signed: bytes) -> None:
    """`InvalidSignature` unless it is the signature of a member with this key (specs/certificates.md §7)."""
    match key:
        case rsa.RSAPublicKey():
            _verify(key, _pss(hashes.SHA256()), signature, signed)
        case ec.EllipticCurvePublicKey():
            _verify(key, ec.ECDSA(hashes.SHA256()), signature, signed)
        case _:
            _verify(key, None, signature, signed)


def _verify(key: PublicKey, way: Way, signature: bytes, signed: bytes) -> None:
    """The library itself asks for strict DER of r and s, both in range; it would take RSA that is too short."""
    match key, way:
        case Ed25519PublicKey(), None:
            ed25519.verify(key.public_bytes_raw(), signed, signature)
        case ec.EllipticCurvePublicKey(), ec.ECDSA():
            key.verify(signature, signed, way)
        case rsa.RSAPublicKey(), (how, digest) if len(signature) == (key.key_size + 7) // 8:
            key.verify(signature, signed, how, digest)
        case _:
            raise InvalidSignature


def _decode(raw: bytes) -> Certificate:
    whole = Elements(only(raw, der.SEQUENCE))
    tbs, algorithm, signature = whole.next(der.SEQUENCE), whole.next(der.SEQUENCE), whole.bits()
    whole.end()
    fields = Elements(tbs.body)
    if fields.any().raw != VERSION_3:
        raise Unfit("version", "it is not of version 3")
    if not 0 < fields.integer() < 1 << 159:
        raise Unfit("serial", "its serial number is not above 0 and of at most 20 bytes")
    if fields.next(der.SEQUENCE).raw != algorithm.raw:
        raise Unfit("mismatch", "it says in two places how it is signed, and the two differ")
    _algorithm(algorithm)
    issuer, validity, subject = _name(fields), fields.inside(der.SEQUENCE), _name(fields)
    first, last = _time(validity.any()), _time(validity.any())
    validity.end()
    if last < first:
        raise Unfit("validity", "it ends before it begins")
    spki = fields.next(der.SEQUENCE)
    authority, usage = _extensions(fields)
    return Certificate(
        raw, tbs.raw, algorithm, signature, issuer, subject, first, last, spki.raw, _key(spki), authority, usage
    )


def _algorithm(algorithm: Element) -> str:
    """The algorithm's object identifier; at most one element of parameters follows it."""
    parts = Elements(algorithm.body)
    identifier = parts.identifier()
    if parts.more():
        parts.any()
    parts.end()
    return identifier


def _strange(reason: str, detail: str, algorithm: Element, known: Iterable[bytes]) -> Unfit:
    """Why an algorithm is not among those that are known."""
    identifier = _algorithm(algorithm)
    if identifier.startswith(GOST):
        return Unfit("gost", "it is of GOST, and no maintained library checks such signatures; RSA and ECDSA are taken")
    if identifier in {_algorithm(Element(0, only(one, der.SEQUENCE), one)) for one in known}:
        return Unfit("parameters", say("the parameters of {} are not those that its standard prescribes", identifier))
    return Unfit(reason, say("{}, {}", say(detail), identifier))


def _name(fields: Elements) -> str:
    """A name as people read it, in its own order and with the marks of RFC 4514."""
    names, shown = fields.inside(der.SEQUENCE), []
    while names.more():
        attributes, before = names.inside(der.SET), b""
        while attributes.more():
            attribute = attributes.next(der.SEQUENCE)
            if attribute.raw <= before:
                raise Malformed("the attributes of a name are not in order")
            before, parts = attribute.raw, Elements(attribute.body)
            kind, value = parts.identifier(), parts.any()
            parts.end()
            shown.append(f"{SHORT.get(kind, kind)}={_text(value)}")
        if not before:
            raise Unfit("name", "a part of its names is empty")
    if not shown:
        raise Unfit("name", "its issuer or subject has no name")
    return ", ".join(shown)


def _text(value: Element) -> str:
    if value.tag not in STRINGS:
        raise Unfit("name", "a part of its names is no string")
    text = re.sub(r'([,+"\\<>;=])', r"\\\1", value.body.decode(STRINGS[value.tag], "replace"))
    return "".join(letter if letter.isprintable() else f"\\{ord(letter):x}" for letter in text)


def _time(element: Element) -> int:
    """POSIX seconds of a UTCTime through 2049, of a GeneralizedTime from 2050 on."""
    match element:
        case Element(tag=der.UTC_TIME, body=digits):
            digits = (b"19" if digits >= b"5" else b"20") + digits
        case Element(tag=der.GENERALIZED_TIME, body=digits) if digits >= b"2050":
            pass
        case _:
            digits = b""
    try:
        if re.fullmatch(rb"[0-9]{14}Z", digits):
            return int(datetime.strptime(digits.decode(), "%Y%m%d%H%M%S%z").timestamp())
    except ValueError:
        pass
    raise Unfit("time", "a time is not YYMMDDhhmmssZ through 2049, YYYYMMDDhhmmssZ from 2050 on, and of the calendar")


def _key(spki: Element) -> PublicKey:
    parts = Elements(spki.body)
    algorithm, bits = parts.next(der.SEQUENCE), parts.bits()
    parts.end()
    if algorithm.raw == RSA:
        return _modulus(bits)
    if algorithm.raw == ED25519 and ed25519.is_key(bits):
        return Ed25519PublicKey.from_public_bytes(bits)
    if algorithm.raw in CURVES and bits[:1] == b"\4":
        with suppress(ValueError):
            return ec.EllipticCurvePublicKey.from_encoded_point(CURVES[algorithm.raw], bits)
    if algorithm.raw in {ED25519, *CURVES}:
        raise Unfit("point", "its key is not a point in its one coding")
    if _algorithm(algorithm) == CURVE:
        raise Unfit("curve", "its key is on a curve that is not named P-256 or P-384")
    raise _strange("key", "its key is of a kind that is not taken", algorithm, (RSA, ED25519))


def _modulus(bits: bytes) -> rsa.RSAPublicKey:
    numbers = Elements(only(bits, der.SEQUENCE))
    n, e = numbers.integer(), numbers.integer()
    numbers.end()
    if n % 2 == 0 or not 1 << 2047 <= n < 1 << 8192:
        raise Unfit("modulus", "its RSA modulus is even, or not of 2,048 to 8,192 bits")
    if e % 2 == 0 or not 65_537 <= e < 1 << 31:
        raise Unfit("exponent", "its RSA exponent is even, or not from 65,537 to 2,147,483,647")
    return rsa.RSAPublicNumbers(e, n).public_key()


def _extensions(fields: Elements) -> tuple[bool, int]:
    """Whether it is an authority's, and the first byte of its key usage."""
    found: dict[str, bytes] = {}
    if fields.more():
        extensions = Elements(only(fields.next(EXTENSIONS).body, der.SEQUENCE))
        fields.end()
        while extensions.more() or not found:
            extension = extensions.inside(der.SEQUENCE)
            kind, critical, value = extension.identifier(), extension.flag(), extension.next(der.OCTET_STRING).body
            extension.end()
            if kind in found:
                raise Unfit("duplicate", say("the extension {} occurs twice", kind))
            if critical and kind not in {BASIC_CONSTRAINTS, KEY_USAGE}:
                raise Unfit("critical", say("its critical extension {} demands what this version does not know", kind))
            found[kind] = value
    authority = BASIC_CONSTRAINTS in found and _authority(found[BASIC_CONSTRAINTS])
    return authority, _usage(found[KEY_USAGE]) if KEY_USAGE in found else 0xFF


def _authority(value: bytes) -> bool:
    constraints = Elements(only(value, der.SEQUENCE))
    authority = constraints.flag()
    if constraints.more() and (constraints.integer() < 0 or not authority):
        raise Malformed("a path length is an authority's, and not below 0")
    constraints.end()
    return authority


def _usage(value: bytes) -> int:
    bits = only(value, der.BIT_STRING)
    unused = bits[0] if len(bits) == 2 else 7
    if len(bits) not in {2, 3} or bits[0] != unused or unused > 7 or bits[-1] & (2 << unused) - 1 != 1 << unused:
        raise Malformed("a key usage is 1 to 9 bits, of which the last is set")
    return bits[1]
