"""Rosters: a commission's members, their certificates, and what they sign (specs/records.md §3)."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal, get_args

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from verifier.errors import Malformed, refuse
from verifier.place import Place
from verifier.records import Bytes32, Id, Ordinal, Part, Record, Text

Level = Literal["central", "territorial", "precinct"]
LEVELS: tuple[Level, ...] = get_args(Level)  # from above
MemberKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey
RSA_BITS = 2048
MOST_MEMBERS, MOST_CERTIFICATE = 15, 3072  # their product fits a record
UNREADABLE = (  # what the library says of certificates that it cannot read
    *(ValueError, TypeError, UnsupportedAlgorithm),
    *(x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType),
)


class Commission(Part, frozen=True):
    """A commission of the manifest, with `members` members, `quorum` of whom sign for it.

    `above` is the commission that seats its members, "" for the central one.
    """

    id: Id
    name: Text
    level: Level
    above: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{0,40}\Z")]
    quorum: Ordinal
    members: Ordinal


class Member(Part, frozen=True):
    """A member of a commission, with its X.509 certificate in DER."""

    id: Id
    role: Literal["chair", "secretary", "member"]
    certificate: Annotated[bytes, msgspec.Meta(max_length=MOST_CERTIFICATE)]


class Roster(Record, frozen=True, tag="roster"):
    """Who sits in a commission."""

    commission: Id
    members: tuple[Member, ...]

    def member(self, id: str) -> Member | None:
        return next((member for member in self.members if member.id == id), None)

    def keys(self) -> set[bytes]:
        """The members' public keys, by which people are told apart; `Malformed` if one is of no kind that we verify."""
        return {public_key(member) for member in self.members}


class Signature(Record, frozen=True, tag="signature"):
    """A member's signature under a record of its commission."""

    record: Bytes32
    member: Id
    signature: Annotated[bytes, msgspec.Meta(max_length=1024)]


def member_bytes(manifest: bytes, leaf: bytes) -> bytes:
    """What a member signs: the manifest's digest and the record's leaf hash."""
    return b"aikyn/1 member\n" + manifest + leaf


def check_roster(commission: Commission, roster: Roster, where: Place) -> set[bytes]:
    """As many members as the manifest says, distinct, with distinct keys that we can verify: these keys (CFG.3)."""
    if len(roster.members) != commission.members:
        refuse("CFG.3", where, f"{commission.id} has {commission.members} members, the roster {len(roster.members)}")
    try:
        keys = roster.keys()
    except Malformed as error:
        refuse("CFG.3", where, error.detail)
    for what, distinct in (("id", {member.id for member in roster.members}), ("key", keys)):
        if len(distinct) != len(roster.members):
            refuse("CFG.3", where, f"two members have the same {what}")
    return keys


def check_member(roster: Roster, manifest: bytes, signature: Signature, where: Place) -> Member:
    """The signer, who is on the roster (CRT.2), and whose certificate verifies the signature (CRT.1)."""
    member = roster.member(signature.member)
    if member is None:
        refuse("CRT.2", where, f"{signature.member} is not a member of {roster.commission}")
    try:
        verify_member(member_key(member), signature.signature, member_bytes(manifest, signature.record))
    except (InvalidSignature, ValueError):
        refuse("CRT.1", where, f"not {signature.member}'s signature")
    return member


def check_chain(member: Member, roots: tuple[x509.Certificate, ...], where: Place) -> None:
    """The certificate is issued by a trusted root for signing (CRT.4); its validity in time is another check."""
    certificate = load_certificate(member.certificate)
    for root in roots:
        try:
            certificate.verify_directly_issued_by(root)
            if root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca and _signs(certificate):
                return
        except (*UNREADABLE, InvalidSignature, x509.ExtensionNotFound):
            continue
    refuse("CRT.4", where, f"no trusted root issued {member.id}'s certificate for signing")


def load_certificate(der: bytes) -> x509.Certificate:
    """An X.509 certificate from DER, or `Malformed`."""
    try:
        return x509.load_der_x509_certificate(der)
    except UNREADABLE as error:
        raise Malformed("not an X.509 certificate") from error


def member_key(member: Member) -> MemberKey:
    """The certificate's key, `Malformed` if it is of a kind we do not verify (specs/records.md §3.3)."""
    try:
        key = load_certificate(member.certificate).public_key()
    except UNREADABLE as error:
        raise Malformed("a certificate with an unreadable key") from error
    match key:
        case ed25519.Ed25519PublicKey():
            return key
        case ec.EllipticCurvePublicKey() if isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
            return key
        case rsa.RSAPublicKey() if key.key_size >= RSA_BITS:
            return key
    raise Malformed("only Ed25519, ECDSA P-256 or P-384, and RSA of 2,048 bits or more are supported")


def verify_member(key: MemberKey, signature: bytes, signed: bytes) -> None:
    """`InvalidSignature` unless the signature is right."""
    match key:
        case ed25519.Ed25519PublicKey():
            key.verify(signature, signed)
        case ec.EllipticCurvePublicKey():
            key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
        case rsa.RSAPublicKey():
            key.verify(signature, signed, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


@lru_cache(1 << 12)
def public_key(member: Member) -> bytes:
    """The SubjectPublicKeyInfo of a member's certificate in DER; `Malformed` if we do not verify keys of its kind."""
    return member_key(member).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _signs(certificate: x509.Certificate) -> bool:
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    return usage.digital_signature or usage.content_commitment
