"""Smart cards made of software: tokens of SoftHSM with members' keys on them, for tests of PKCS#11."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import NamedTuple

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11.util.ec import decode_ec_private_key
from pkcs11.util.rsa import decode_rsa_private_key

from bulletin.office.signing import PrivateKey
from tests.support.needs import lacking

PIN = "482913"
LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)
CURVES = {"secp256r1": "06082a8648ce3d030107", "secp384r1": "06052b81040022"}


class Tokens(NamedTuple):
    """A machine into which tokens are plugged."""

    library: Path

    def plug(self, label: str) -> None:
        """One more token, with its PIN."""
        line = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "5" * 8]
        subprocess.run(line, check=True, capture_output=True, timeout=60)
        pkcs11.unload(str(self.library))  # the library counts its slots when it begins

    def keep(self, token: str, key: PrivateKey, certificate: bytes | None, label: str = "mine", id: int = 1) -> None:
        """Put a key and its certificate on a token."""
        held = {Attribute.TOKEN: True, Attribute.LABEL: label, Attribute.ID: bytes([id])}
        with pkcs11.lib(str(self.library)).get_token(token_label=token).open(rw=True, user_pin=PIN) as session:
            signing = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.PRIVATE: True, Attribute.SIGN: True}
            session.create_object({**held, **signing, **_attributes(key)})
            if certificate is not None:
                kind = {
                    Attribute.CLASS: ObjectClass.CERTIFICATE,
                    Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                }
                session.create_object({**held, **kind, Attribute.SUBJECT: b"0\0", Attribute.VALUE: certificate})


@pytest.fixture
def tokens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tokens]:
    """A machine with SoftHSM and no token in it yet."""
    library = next((Path(path) for path in LIBRARIES if Path(path).exists()), None)
    if library is None or which("softhsm2-util") is None:
        lacking("SoftHSM is not installed; on Debian and Ubuntu: sudo apt install softhsm2")
    place = tmp_path / "tokens"
    place.mkdir()
    settings = tmp_path / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {place}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
    yield Tokens(library)
    pkcs11.unload(str(library))


def _attributes(key: PrivateKey) -> dict[Attribute, object]:
    match key:
        case rsa.RSAPrivateKey():
            return decode_rsa_private_key(_traditional(key))
        case ec.EllipticCurvePrivateKey():
            return {
                **decode_ec_private_key(_traditional(key)),
                Attribute.EC_PARAMS: bytes.fromhex(CURVES[key.curve.name]),
            }
        case ed25519.Ed25519PrivateKey():
            return {
                Attribute.KEY_TYPE: KeyType.EC_EDWARDS,
                Attribute.EC_PARAMS: bytes.fromhex("130c656477617264733235353139"),
                Attribute.VALUE: key.private_bytes_raw(),
            }


def _traditional(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
