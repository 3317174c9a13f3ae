"""What a member of a commission signs, with the key of its certificate (specs/records.md §3)."""

from __future__ import annotations

from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from verifier.commission.certificate import PublicKey
from verifier.commission.roster import Signature, member_bytes

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
