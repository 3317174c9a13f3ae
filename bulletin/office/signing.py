"""What a commission's member or an observer signs, with the key of a certificate (specs/records.md §3)."""

from __future__ import annotations

from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from verifier.commission.certificate import PublicKey
from verifier.commission.roster import Signature, member_bytes
from verifier.paper.decisions import observer_bytes
from verifier.paper.papers import Appeal, Attestation, Observation
from verifier.records import Record

PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class KeptKey(Protocol):
    """A private key that stays where it is kept, and signs there."""

    def public_key(self) -> PublicKey:
        """The key that verifies."""

    def sign(self, message: bytes) -> bytes:
        """The signature in the form of specs/certificates.md §7."""


MemberKey = PrivateKey | KeptKey


def sign(key: MemberKey, message: bytes) -> bytes:
    """Ed25519, ECDSA with SHA-256, or RSA-PSS with SHA-256, as the key is."""
    match key:
        case ec.EllipticCurvePrivateKey():
            return key.sign(message, ec.ECDSA(hashes.SHA256()))
        case rsa.RSAPrivateKey():
            return key.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        case _:
            return key.sign(message)


def countersign(key: MemberKey, member: str, manifest: bytes, leaf: bytes) -> Signature:
    """A member's signature under a record of its commission."""
    return Signature(leaf, member, sign(key, member_bytes(manifest, leaf)))


def observer_of(record: Record) -> str:
    """The observer whose signature stands in the record itself, "" if nobody's does."""
    return record.observer if isinstance(record, Appeal | Attestation | Observation) else ""


def asked_bytes(record: Record, manifest: bytes, leaf: bytes) -> bytes:
    """What a request asks to be signed: the record by an observer (specs/papers.md §2.4), its leaf by members."""
    return observer_bytes(manifest, record) if observer_of(record) else member_bytes(manifest, leaf)
