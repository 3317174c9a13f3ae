"""Ed25519: the one judge of its keys and signatures, on the log and off it (specs/log.md §3.3)."""

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.bindings import crypto_core_ed25519_is_valid_point

SIZE = 32  # bytes of a public key


@lru_cache(maxsize=4096)
def is_key(public: bytes) -> bool:
    """Whether these bytes are a public key: the canonical encoding of a point of prime order."""
    return len(public) == SIZE and crypto_core_ed25519_is_valid_point(public)


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """`InvalidSignature` unless these 64 bytes are the key's signature of `message`.

    OpenSSL's equation has no cofactor: sB − hA is R, byte for byte. libsodium's has one or none, by its version.
    """
    if not is_key(public):
        raise InvalidSignature
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
