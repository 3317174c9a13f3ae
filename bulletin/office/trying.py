"""Test certificates for those who try the desk out: made here, with their keys, and marked as tests everywhere."""

from __future__ import annotations

from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from bulletin.office.folder import Folder, write
from bulletin.office.people import Authority
from verifier.records import Text

NAME = "TEST"
PASSWORD = "test"  # noqa: S105  it protects nothing, and the desk says it aloud
MARK = Text(en="TEST: ", ky="СЫНОО: ", ru="ПРОБА: ")
T = TypeVar("T")


def mark(title: Text) -> Text:
    """The title of an election in which a test certificate signs: whoever reads it anywhere sees that."""
    return Text(en=MARK.en + title.en, ky=MARK.ky + title.ky, ru=MARK.ru + title.ru)


def make_certificate(folder: Folder, id: str) -> bytes:
    """A member's test certificate in DER, made with its key in `test/<id>.p12` unless it is there."""
    made = folder.tests / f"{id}.cer"
    if not made.exists():
        authority, key = _authority(folder), ec.generate_private_key(ec.SECP256R1())
        der = authority.certify(f"{NAME} {id}", key)
        certificate = x509.load_der_x509_certificate(der)
        encryption = BestAvailableEncryption(PASSWORD.encode())
        p12 = pkcs12.serialize_key_and_certificates(id.encode(), key, certificate, None, encryption)
        write(folder.tests / f"{id}.p12", p12)
        write(made, der)
    return made.read_bytes()


def root(folder: Folder) -> bytes:
    """The test authority's certificate in DER."""
    return _authority(folder).der


def _authority(folder: Folder) -> Authority:
    key, certificate = folder.tests / "authority.key", folder.tests / "authority.cer"
    if not certificate.exists():
        made = Authority(f"{NAME} authority (no election)")
        write(key, made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        write(certificate, made.der)
    held = load_pem_private_key(key.read_bytes(), None)
    assert isinstance(held, ec.EllipticCurvePrivateKey)  # noqa: S101  made above
    return Authority.restore(held, certificate.read_bytes())
