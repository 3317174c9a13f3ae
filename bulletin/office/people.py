"""The people of a rehearsal: an authority that certifies, commissions' members and key holders, with their keys.

Nobody stands behind these keys: a rehearsal, the demo and the tests make them afresh and keep none.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from nacl.signing import SigningKey

from bulletin.office.signing import PrivateKey, countersign
from verifier.client.sign import with_signature
from verifier.commission.roster import Commission, Member, Roster, Signature
from verifier.election.manifest import KeyHolder
from verifier.records import Record

R = TypeVar("R", bound=Record)
BORN = datetime(2023, 1, 1, tzinfo=UTC)
LIFE = timedelta(days=3650)


class Authority:
    """A root that certifies members, for ten years from `born`; `name` is what readers of its certificates see."""

    def __init__(self, name: str, born: datetime = BORN) -> None:
        self.key, self.born = ec.generate_private_key(ec.SECP256R1()), born
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = _usage(key_cert_sign=True, crl_sign=True)
        builder = _builder(self.name, self.name, born).public_key(self.key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.certificate = builder.add_extension(usage, critical=True).sign(self.key, hashes.SHA256())

    @classmethod
    def restore(cls, key: ec.EllipticCurvePrivateKey, der: bytes) -> Authority:
        """The authority that has this key and this certificate."""
        restored = cls.__new__(cls)
        restored.certificate = x509.load_der_x509_certificate(der)
        restored.key, restored.name = key, restored.certificate.subject
        restored.born = restored.certificate.not_valid_before_utc
        return restored

    @property
    def der(self) -> bytes:
        """The root's certificate, as trust sheets have it."""
        return self.certificate.public_bytes(Encoding.DER)

    def certify(self, name: str, key: PrivateKey) -> bytes:
        """A signing certificate in DER."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = _builder(subject, self.name, self.born).public_key(key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)


class Person(NamedTuple):
    """A commission's member and its private key."""

    member: Member
    key: PrivateKey


class Sitting(NamedTuple):
    """A commission with its people."""

    commission: Commission
    people: tuple[Person, ...]

    @classmethod
    def seat(cls, commission: Commission, authority: Authority) -> Sitting:
        """Members with keys of all supported kinds: the chair has RSA, the secretary ECDSA, the others Ed25519."""
        people = []
        for number in range(commission.members):
            role: Literal["chair", "secretary", "member"] = ("chair", "secretary")[number] if number < 2 else "member"
            key = _draw(role)
            id = f"{commission.id}-{number + 1}"
            people.append(Person(Member(id, role, authority.certify(id, key)), key))
        return cls(commission, tuple(people))

    @property
    def roster(self) -> Roster:
        """Who sits here, for the log."""
        return Roster(self.commission.id, tuple(person.member for person in self.people))

    def sign(self, manifest: bytes, leaf: bytes) -> list[Signature]:
        """As many signatures as the quorum takes."""
        quorum = self.people[: self.commission.quorum]
        return [countersign(person.key, person.member.id, manifest, leaf) for person in quorum]


class HolderKey(NamedTuple):
    """A key holder and its Ed25519 key."""

    id: str
    key: SigningKey

    @classmethod
    def draw(cls, id: str) -> HolderKey:
        """A holder with a fresh key."""
        return cls(id, SigningKey.generate())

    @property
    def public(self) -> KeyHolder:
        """The holder as the manifest names it."""
        return KeyHolder(self.id, bytes(self.key.verify_key))

    def sign(self, record: R, manifest: bytes) -> R:
        """The record with this holder's signature."""
        return with_signature(record, manifest, lambda message: self.key.sign(message).signature)


def _draw(role: str) -> PrivateKey:
    if role == "chair":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1()) if role == "secretary" else ed25519.Ed25519PrivateKey.generate()


def _builder(subject: x509.Name, issuer: x509.Name, born: datetime) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(born).not_valid_after(born + LIFE)


def _usage(**given: bool) -> x509.KeyUsage:
    signing = ("digital_signature", "content_commitment", "key_cert_sign", "crl_sign")
    unused = ("key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: given.get(name, False) for name in (*signing, *unused)})
