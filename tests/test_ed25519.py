"""Ed25519 at the edges, beside the vectors of notes: a key is judged wherever a signature is (specs/log.md §3.3)."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from nacl.signing import SigningKey

from tests.reference.group import ZERO
from tests.reference.signatures import encode_key, is_of_prime_order, is_signed
from tests.vectors.ed25519 import EIGHT, R_SECRET, TEXT, TWO, A, R, sign, times
from verifier import ed25519

KEYS = {
    "of prime order": A,
    "the identity": ZERO,
    **{f"of small order, {k}": times(k, EIGHT) for k in range(1, 8)},
    "with a part of order two": A + TWO,
    "with a part of order eight": A + EIGHT,
}


@pytest.mark.parametrize("name", KEYS)
def test_keys(name: str) -> None:
    key = encode_key(KEYS[name])
    assert ed25519.is_key(key) == is_of_prime_order(key) == (name == "of prime order")
    assert not ed25519.is_key(key[:-1])
    assert not ed25519.is_key(key + b"\0")


def test_the_identity_signs_nothing() -> None:
    """Under it sB = R for every message, and a library that does not look at keys says yes."""
    key = encode_key(ZERO)
    signature = encode_key(R) + R_SECRET.to_bytes(32, "little")
    with pytest.raises(InvalidSignature):
        ed25519.verify(key, TEXT, signature)


@pytest.mark.parametrize("size", [0, 1, 32, 63, 65, 128])
def test_a_signature_has_64_bytes(size: int) -> None:
    key = encode_key(A)
    ed25519.verify(key, TEXT, sign(encode_key(R), R_SECRET, key))
    with pytest.raises(InvalidSignature):
        ed25519.verify(key, TEXT, bytes(size))


def test_what_libsodium_signs_verifies() -> None:
    secret = SigningKey(bytes(range(32)))
    key, signature = bytes(secret.verify_key), secret.sign(TEXT).signature
    ed25519.verify(key, TEXT, signature)
    assert is_signed(key, TEXT, signature)
    with pytest.raises(InvalidSignature):
        ed25519.verify(key, TEXT + b"\0", signature)
