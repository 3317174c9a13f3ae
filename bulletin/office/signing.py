"""What a member of a commission signs, with the key of its certificate (specs/records.md §3)."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from verifier.commission.roster import Signature, member_bytes

PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def sign(key: PrivateKey, message: bytes) -> bytes:
    """Ed25519, ECDSA with SHA-256, or RSA-PSS with SHA-256, as the key is."""
    match key:
        case ed25519.Ed25519PrivateKey():
            return key.sign(message)
        case ec.EllipticCurvePrivateKey():
            return key.sign(message, ec.ECDSA(hashes.SHA256()))
        case rsa.RSAPrivateKey():
            return key.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def countersign(key: PrivateKey, member: str, manifest: bytes, leaf: bytes) -> Signature:
    """A member's signature under a record of its commission."""
    return Signature(leaf, member, sign(key, member_bytes(manifest, leaf)))
