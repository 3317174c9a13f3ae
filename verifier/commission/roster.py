"""Rosters: a commission's members, their certificates, and what they sign (specs/records.md §3)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature

from verifier.commission.certificate import LARGEST, Certificate, Unfit, check_issued, decode_member, verify_member
from verifier.errors import refuse
from verifier.place import Place
from verifier.records import Bytes32, Id, Ordinal, Part, Record, Text


class Commission(Part, frozen=True):
    """A commission of the manifest, with `members` members, `quorum` of whom sign for it."""

    id: Id
    name: Text
    level: Literal["central", "territorial", "precinct"]
    quorum: Ordinal
    members: Ordinal


class Member(Part, frozen=True):
    """A member of a commission, with its X.509 certificate in DER."""

    id: Id
    role: Literal["chair", "secretary", "member"]
    certificate: Annotated[bytes, msgspec.Meta(max_length=LARGEST)]


class Roster(Record, frozen=True, tag="roster"):
    """Who sits in a commission."""

    commission: Id
    members: tuple[Member, ...]

    def member(self, id: str) -> Member | None:
        return next((member for member in self.members if member.id == id), None)


class Signature(Record, frozen=True, tag="signature"):
    """A member's signature under a record of its commission."""

    record: Bytes32
    member: Id
    signature: Annotated[bytes, msgspec.Meta(max_length=1024)]


def member_bytes(manifest: bytes, leaf: bytes) -> bytes:
    """What a member signs: the manifest's digest and the record's leaf hash."""
    return b"aikyn/1 member\n" + manifest + leaf


def check_roster(commission: Commission, roster: Roster, where: Place) -> None:
    """As many members as the manifest says, distinct, with keys we can verify (CFG.3)."""
    if len(roster.members) != commission.members:
        refuse(
            "CFG.3", where, f"{roster.commission} has {commission.members} members, the roster {len(roster.members)}"
        )
    keys = set()
    for member in roster.members:
        try:
            keys.add(decode_member(member.certificate).spki)
        except Unfit as error:
            refuse("CFG.3", where, f"{member.id}: {error.detail}")
    for what, distinct in (("id", {member.id for member in roster.members}), ("key", keys)):
        if len(distinct) != len(roster.members):
            refuse("CFG.3", where, f"two members have the same {what}")


def check_member(roster: Roster, manifest: bytes, signature: Signature, where: Place) -> None:
    """The signer is on the roster (CRT.2) and the signature verifies under its certificate (CRT.1)."""
    member = roster.member(signature.member)
    if member is None:
        refuse("CRT.2", where, f"{signature.member} is not a member of {roster.commission}")
    try:
        key = decode_member(member.certificate).key
        verify_member(key, signature.signature, member_bytes(manifest, signature.record))
    except InvalidSignature:
        refuse("CRT.1", where, f"not {signature.member}'s signature")


def check_chain(member: Member, anchors: tuple[Certificate, ...], where: Place) -> None:
    """An authority on the trust sheet issued the certificate (CRT.4); its validity in time is another check."""
    try:
        check_issued(decode_member(member.certificate), anchors)
    except Unfit as error:
        refuse("CRT.4", where, f"{member.id}: {error.detail}")
