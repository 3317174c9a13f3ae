"""Rosters: which certificates and keys are taken, and who certified them (specs/records.md §3)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from demo.people import BORN, LIFE, Authority, _usage
from tests.support.elections import AUTHORITY, sitting
from verifier.commission.roster import Member, check_chain, load_certificate, member_key
from verifier.errors import Malformed, Rejected, VerifierError
from verifier.place import Place

ROOTS = (AUTHORITY.certificate,)
MEMBERS = sitting("central", "", 3, 2).roster.members
SIGNS = _usage(digital_signature=True)


class Issuer:
    """An authority that certifies as it is told; it may itself be certified by another."""

    def __init__(self, name: str = "Issuer", *, ca: bool | None = True, by: Issuer | None = None) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = load_certificate((by or self).issue(self.key, SIGNS, ca=ca, name=self.name))

    def issue(
        self, key: Any, usage: x509.KeyUsage | None, *, ca: bool | None = False, name: x509.Name | None = None
    ) -> bytes:
        subject = name or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "member")])
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).serial_number(7)
        builder = builder.not_valid_before(BORN).not_valid_after(BORN + LIFE).public_key(key.public_key())
        if ca is not None:
            builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if usage is not None:
            builder = builder.add_extension(usage, critical=True)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)


def member(certificate: bytes) -> Member:
    return Member("central-1", "chair", certificate)


def check_member_of(certificate: bytes) -> None:
    """What is asked of a member: a key that we know, and a root of the sheet."""
    member_key(member(certificate))
    check_chain(member(certificate), ROOTS, Place("roster of central"))


def refused(certificate: bytes, *roots: x509.Certificate) -> None:
    with pytest.raises(Rejected, match=r"CRT\.4"):
        check_chain(member(certificate), roots, Place("roster of central"))


def test_members_chain_to_a_root_among_others() -> None:
    others = (Authority("Another Root").certificate, Authority("Test Root").certificate)
    for one in MEMBERS:
        check_chain(one, ROOTS, Place(""))
        check_chain(one, (*others, *ROOTS), Place(""))
        refused(one.certificate, *others)
        refused(one.certificate)


def test_only_an_authority_certifies_and_only_for_signing() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = Issuer()
    for usage in (SIGNS, _usage(content_commitment=True), _usage(content_commitment=True, digital_signature=True)):
        check_chain(member(issuer.issue(key, usage)), (issuer.certificate,), Place(""))
    for wrong in (_usage(key_agreement=True), _usage(key_cert_sign=True), _usage(crl_sign=True), None):
        refused(issuer.issue(key, wrong), issuer.certificate)
    for ca in (False, None):
        not_authority = Issuer(ca=ca)
        refused(not_authority.issue(key, SIGNS), not_authority.certificate)


def test_a_chain_is_one_certificate_long() -> None:
    root = Issuer("Root")
    between = Issuer("Between", by=root)
    certificate = between.issue(ec.generate_private_key(ec.SECP256R1()), SIGNS)
    refused(certificate, root.certificate)
    check_chain(member(certificate), (between.certificate,), Place(""))


def test_a_root_is_no_member_of_itself_by_name_alone() -> None:
    root, same_name = Issuer("Root"), Issuer("Root")
    refused(same_name.issue(ec.generate_private_key(ec.SECP256R1()), SIGNS), root.certificate)


@pytest.mark.parametrize(
    ("key", "taken"),
    [
        (ed25519.Ed25519PrivateKey.generate(), True),
        (ec.generate_private_key(ec.SECP256R1()), True),
        (ec.generate_private_key(ec.SECP384R1()), True),
        (rsa.generate_private_key(public_exponent=65537, key_size=2048), True),
        (rsa.generate_private_key(public_exponent=65537, key_size=2040), False),
        (ec.generate_private_key(ec.SECP521R1()), False),
        (ec.generate_private_key(ec.SECP256K1()), False),
        (ed448.Ed448PrivateKey.generate(), False),
        (dsa.generate_private_key(1024), False),
    ],
    ids=["Ed25519", "P-256", "P-384", "RSA 2048", "RSA 2040", "P-521", "secp256k1", "Ed448", "DSA"],
)
def test_keys_that_are_taken(key: Any, taken: bool) -> None:  # noqa: FBT001  a case of a table
    certificate = Issuer().issue(key, SIGNS)
    if taken:
        assert member_key(member(certificate)) == key.public_key()
    else:
        with pytest.raises(Malformed):
            member_key(member(certificate))


@pytest.mark.filterwarnings("ignore")  # the library warns of what it will refuse
@given(st.sampled_from([*(one.certificate for one in MEMBERS), AUTHORITY.der]), st.integers(0), st.integers(1, 255))
def test_a_bent_certificate_is_refused_and_nothing_else_happens(der: bytes, at: int, by: int) -> None:
    bent = bytearray(der)
    bent[at % len(bent)] ^= by
    with pytest.raises(VerifierError):
        check_member_of(bytes(bent))
    with suppress(VerifierError):  # what is on the sheet is trusted: its own signature is not looked at
        check_chain(MEMBERS[0], (load_certificate(bytes(bent)),), Place("roster of central"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (bytes.fromhex("2a8648ce3d0201"), bytes.fromhex("2a8648ce3d0209")),  # a key of an algorithm that nobody knows
        (bytes.fromhex("2a8648ce3d030107"), bytes.fromhex("2a8648ce3d030109")),  # a curve that nobody knows
        (bytes.fromhex("a003020102"), bytes.fromhex("a003020143")),  # a version that there is not
        (bytes.fromhex("551d0f"), bytes.fromhex("551d13")),  # an extension twice
    ],
    ids=["algorithm", "curve", "version", "extension"],
)
def test_what_the_library_cannot_read_is_refused(old: bytes, new: bytes) -> None:
    certificate = MEMBERS[1].certificate
    assert old in certificate
    with pytest.raises(VerifierError):
        check_member_of(certificate.replace(old, new))
