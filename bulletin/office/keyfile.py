"""A member's private key, from the file that a certification service gave: PKCS#12, or PEM."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, pkcs12

from bulletin.office.objection import Objection
from bulletin.office.signing import MemberKey

LARGEST = 1 << 20  # bytes
PEM = b"-----BEGIN "
GOST = (bytes.fromhex("2a8503"), bytes.fromhex("2a830e030a"))  # arcs of Russia and Kazakhstan, in DER
RC2 = bytes.fromhex("2a864886f70d010c0106"), bytes.fromhex("2a864886f70d010c0105")  # with 40 bits, with 128
PFX = bytes.fromhex("020103")  # the version with which PKCS#12 begins
ENCRYPTED = b"ENCRYPTED"
WRONG = ("password", "decrypt")  # what the library says of a wrong password


class OpenedKey(NamedTuple):
    """A private key, and the certificates that lie beside it in DER, its own first if it is there."""

    key: MemberKey
    certificates: tuple[bytes, ...]

    @property
    def spki(self) -> bytes:
        """The SubjectPublicKeyInfo of the key in DER, by which members are found."""
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def open_key(path: Path, password: str) -> OpenedKey:
    """The key in a file; `Objection` says why it cannot be opened."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Objection("unreadable", file=str(path), reason=error.strerror or "") from error
    return unlock(raw, path.name, password)


def unlock(raw: bytes, file: str, password: str) -> OpenedKey:
    """The key in the bytes of a file of this name."""
    if len(raw) > LARGEST:
        raise Objection("no-key-file", file=file)
    try:
        return _open_pem(raw, password) if PEM in raw[:4096] else _open_pkcs12(raw, password)
    except (UnsupportedAlgorithm, ValueError, TypeError) as error:
        raise Objection(_why(raw, error), file=file) from error


def _open_pkcs12(raw: bytes, password: str) -> OpenedKey:
    key, certificate, others = _load(raw, password)
    certificates = [each for each in (certificate, *others) if each is not None]
    return _opened(key, certificates)


def _load(raw: bytes, password: str) -> tuple[object, x509.Certificate | None, list[x509.Certificate]]:
    """No password, and an empty one, are two things in PKCS#12, and one for people."""
    ways: list[bytes | None] = [password.encode()] if password else [None, b""]
    for last, way in enumerate(ways, 1 - len(ways)):
        try:
            return pkcs12.load_key_and_certificates(raw, way)
        except ValueError:
            if last == 0:
                raise
    raise AssertionError


def _open_pem(raw: bytes, password: str) -> OpenedKey:
    blocks = [part for part in raw.split(b"-----BEGIN ") if b"PRIVATE KEY-----" in part]
    if not blocks:
        raise ValueError("no key")
    pem = PEM + blocks[0]
    secret = password.encode() if ENCRYPTED in pem else None
    return _opened(
        load_pem_private_key(pem, secret), x509.load_pem_x509_certificates(raw) if b"CERTIFICATE-" in raw else []
    )


def _opened(key: object, certificates: Sequence[x509.Certificate]) -> OpenedKey:
    if not isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise UnsupportedAlgorithm("no key, or of another kind")
    mine = OpenedKey(key, ()).spki
    spkis = {each: each.public_bytes(Encoding.DER) for each in certificates}
    own = [der for each, der in spkis.items() if mine in der]
    return OpenedKey(key, (*own, *(der for der in spkis.values() if der not in own)))


def _why(raw: bytes, error: Exception) -> str:
    """Why the library did not open the file: it says no more than that it could not."""
    if any(arc in raw for arc in GOST):
        return "gost-key"
    locked = PFX in raw[:16] or ENCRYPTED in raw
    if isinstance(error, UnsupportedAlgorithm) or (locked and not any(said in str(error).lower() for said in WRONG)):
        return "old-key-file" if any(cipher in raw for cipher in RC2) else "strange-key"
    return "wrong-password" if locked else "no-key-file"
