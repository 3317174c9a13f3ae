"""Members' certificates as they come: in which file form, and whether the auditor will take them."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from re import DOTALL
from re import compile as pattern

from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from bulletin.office.mistake import Mistakes
from verifier.commission.certificate import Certificate, Unfit, check_issued, decode, decode_anchor, decode_member
from verifier.commission.roster import MOST_CERTIFICATE
from verifier.errors import Detail

PEM = pattern(rb"-----BEGIN ([A-Z0-9 ]+)-----\s*(.*?)-----END \1-----", DOTALL)
PKCS12 = pattern(rb"\x30\x82..\x02\x01\x03\x30|\x30\x80\x02\x01\x03", DOTALL)  # its version 3 comes first
WEAK = {"modulus", "exponent", "algorithm", "curve", "key"}
OWN = {"gost", "authority", "usage", "issuer"}  # reasons of specs/certificates.md §9 with a sentence of their own


def read_blocks(path: Path, file: str, line: int, found: Mistakes) -> list[bytes]:
    """The certificates in a file, in DER: DER itself, PEM, or a bundle of PKCS #7; what is none is said."""
    try:
        raw = path.read_bytes()
    except OSError:
        found.note("no-certificate-file", file, line, certificate=path.name)
        return []
    blocks = {kind: bytes(body) for kind, body in PEM.findall(raw)}
    if any(b"PRIVATE KEY" in kind for kind in blocks) or PKCS12.match(raw):
        found.note("private-key", file, line, certificate=path.name)
        return []
    certificates: list[bytes] = []
    with suppress(NotBase64):
        certificates = [
            b64decode(b"".join(body.split())) for kind, body in PEM.findall(raw) if kind.endswith(b"CERTIFICATE")
        ]
    with suppress(ValueError):
        load = pkcs7.load_pem_pkcs7_certificates if b"PKCS7" in blocks else pkcs7.load_der_pkcs7_certificates
        certificates += [each.public_bytes(Encoding.DER) for each in load(raw)] if not certificates else []
    return certificates or [raw]


def read_member(path: Path, file: str, line: int, found: Mistakes) -> Certificate | None:
    """The one certificate in the file that is a person's, as the auditor reads it."""
    blocks = read_blocks(path, file, line, found)
    persons = find_persons(blocks)
    if not blocks:
        return None
    if len(persons) != 1:
        found.note("several-certificates", file, line, certificate=path.name, count=len(persons))
        return None
    try:
        certificate = decode_member(persons[0])
    except Unfit as error:
        _note(error, path, file, line, found)
        return None
    if len(persons[0]) > MOST_CERTIFICATE:
        found.note("large-certificate", file, line, certificate=path.name, most=MOST_CERTIFICATE)
        return None
    return certificate


def find_persons(blocks: list[bytes]) -> list[bytes]:
    """Of several certificates, those that are no authority's."""
    return [raw for raw in blocks if not _is_authority(raw)] if len(blocks) > 1 else blocks


def read_roots(directory: Path, found: Mistakes) -> tuple[Certificate, ...]:
    """The authorities' certificates in a directory, each once."""
    roots: dict[bytes, Certificate] = {}
    for path in sorted(directory.iterdir()) if directory.is_dir() else ():
        if path.name.startswith("."):
            continue
        file = f"{directory.name}/{path.name}"
        for raw in read_blocks(path, file, 0, found):
            try:
                roots[raw] = decode_anchor(raw)
            except Unfit as error:
                found.note("root-unfit", file, reason=error.said)
    return tuple(roots.values())


def judge(
    certificate: Certificate,
    name: str,
    anchors: tuple[Certificate, ...],
    times: tuple[datetime, datetime],
    file: str,
    line: int,
    found: Mistakes,
) -> None:
    """It is issued by an authority of the sheet and valid from today through the election's last date, `times`."""
    now, end = times
    first, last = (datetime.fromtimestamp(each, UTC) for each in (certificate.not_before, certificate.not_after))
    if last < now:
        found.note("expired", file, line, certificate=name, day=f"{last:%d.%m.%Y}")
    elif first > now:
        found.note("not-yet-valid", file, line, certificate=name, day=f"{first:%d.%m.%Y}")
    elif last < end:
        found.note("expires-early", file, line, certificate=name, day=f"{last:%d.%m.%Y}")
    try:
        check_issued(certificate, anchors)
    except Unfit:
        found.note("stranger", file, line, certificate=name, issuer=certificate.issuer)


def _note(error: Unfit, path: Path, file: str, line: int, found: Mistakes) -> None:
    reason: Detail = error.said
    kind = error.reason if error.reason in OWN else "weak" if error.reason in WEAK else "unfit"
    found.note(f"certificate-{kind}", file, line, certificate=path.name, reason=reason)


def _is_authority(raw: bytes) -> bool:
    with suppress(Unfit):
        return decode(raw).authority
    return False
