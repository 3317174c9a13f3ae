"""Rosters: distinct members with distinct keys, their signatures, and who certified them (specs/records.md §3)."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from bulletin.office.people import Authority
from bulletin.office.signing import countersign
from tests.support.elections import AUTHORITY, sitting
from tests.vectors.authorities import ROOT, authority, by_ecdsa, by_root, integer, seq
from verifier.commission.certificate import Certificate, decode_anchor, decode_member
from verifier.commission.der import BIT_STRING, SEQUENCE, Elements, only
from verifier.commission.roster import Member, Roster, check_chain, check_member, check_roster
from verifier.errors import Rejected, VerifierError
from verifier.place import Place

ROOTS = (decode_anchor(AUTHORITY.der),)
SITTING = sitting("central", "", 3, 2)
MEMBERS = SITTING.roster.members
HERE = Place("roster of central")
P256_ORDER = ec.SECP256R1().group_order


def member(certificate: bytes) -> Member:
    return Member("central-1", "chair", certificate)


def seated(*certificates: bytes) -> Roster:
    """A roster of the central commission with other certificates."""
    members = zip(MEMBERS, certificates, strict=True)
    return Roster("central", tuple(msgspec.structs.replace(one, certificate=der) for one, der in members))


def refused(certificate: bytes, *roots: Certificate, said: str = "no trusted root") -> None:
    with pytest.raises(Rejected, match=rf"CRT\.4 .*{said}"):
        check_chain(member(certificate), roots, HERE)


def twisted(der: bytes) -> bytes:
    """The same certificate with n − s for s in its signature, which verifies too."""
    whole = Elements(only(der, SEQUENCE))
    tbs, algorithm = whole.next(SEQUENCE), whole.next(SEQUENCE)
    numbers = Elements(only(whole.bits(), SEQUENCE))
    r, s = numbers.integer(), numbers.integer()
    signature = seq(integer(r), integer(P256_ORDER - s))
    return seq(tbs.raw, algorithm.raw, bytes([BIT_STRING, len(signature) + 1, 0]) + signature)


def test_members_chain_to_a_root_among_others() -> None:
    others = tuple(decode_anchor(Authority(name).der) for name in ("Another Root", "Test Root"))
    for one in MEMBERS:
        check_chain(one, ROOTS, HERE)
        check_chain(one, (*others, *ROOTS), HERE)
        refused(one.certificate, *others)
        refused(one.certificate)


def test_a_root_given_twice_is_one_root() -> None:
    check_chain(MEMBERS[0], ROOTS * 2, HERE)


def test_the_refusal_names_the_true_reason() -> None:
    refused(by_root(), *ROOTS, said="no trusted root .* its issuer is C=KG, CN=Root")
    refused(authority(by_ecdsa(ROOT), ROOT), *ROOTS, said="authority's certificate")
    refused(b"no certificate", *ROOTS, said="not the DER of a certificate")


def test_one_key_has_one_seat() -> None:
    """A1: The same key under another certificate, or under the same one with its signature's other spelling."""
    chair, secretary, third = (one.certificate for one in MEMBERS)
    check_roster(SITTING.commission, seated(chair, secretary, third), HERE)
    again = AUTHORITY.certify("another name", SITTING.people[1].key)
    assert decode_member(again).spki == decode_member(secretary).spki
    for der in (secretary, again, twisted(secretary)):
        check_chain(member(der), ROOTS, HERE)
        with pytest.raises(Rejected, match=r"CFG\.3 .*two members have the same key"):
            check_roster(SITTING.commission, seated(chair, secretary, der), HERE)


def test_a_certificate_that_is_not_taken_is_refused_with_its_roster() -> None:
    chair, secretary, _ = (one.certificate for one in MEMBERS)
    with pytest.raises(Rejected, match=r"CFG\.3 .*central-3: not the DER of a certificate: 1 bytes are left over"):
        check_roster(SITTING.commission, seated(chair, secretary, chair + b"\0"), HERE)


@pytest.mark.parametrize("seat", range(3))
def test_a_member_signs_for_its_own_seat_only(seat: int) -> None:
    person, manifest, leaf = SITTING.people[seat], b"m" * 32, b"l" * 32
    signed = countersign(person.key, person.member.id, manifest, leaf)
    check_member(SITTING.roster, manifest, signed, HERE)
    for changed in (
        {"record": b"L" * 32},
        {"member": MEMBERS[seat - 1].id},
        {"signature": signed.signature + b"\0"},
        {"signature": b""},
    ):
        with pytest.raises(Rejected, match=r"CRT\.1"):
            check_member(SITTING.roster, manifest, msgspec.structs.replace(signed, **changed), HERE)
    with pytest.raises(Rejected, match=r"CRT\.2"):
        check_member(SITTING.roster, manifest, msgspec.structs.replace(signed, member="central-9"), HERE)


@given(st.sampled_from([*(one.certificate for one in MEMBERS), AUTHORITY.der]), st.integers(0), st.integers(1, 255))
def test_a_bent_certificate_is_refused_and_nothing_else_happens(der: bytes, at: int, by: int) -> None:
    bent = bytearray(der)
    bent[at % len(bent)] ^= by
    with pytest.raises(VerifierError):
        check_chain(member(bytes(bent)), ROOTS, HERE)
    with suppress(VerifierError):  # what is on the sheet is trusted: its own signature is not looked at
        check_chain(MEMBERS[0], (decode_anchor(bytes(bent)),), HERE)
