"""Rosters: a commission's members, their certificates, and what they sign (specs/records.md §3)."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec
from cryptography.exceptions import InvalidSignature

from verifier.commission.certificate import Certificate, Unfit, check_issued, decode_member, verify_member
from verifier.errors import refuse, say
from verifier.place import Place
from verifier.records import Bytes32, Id, Ordinal, Part, Record, Text

Level = Literal["central", "territorial", "precinct"]
LEVELS: tuple[Level, ...] = get_args(Level)  # from above
MOST_MEMBERS, MOST_CERTIFICATE = 15, 3072  # their product fits a record


class Commission(Part, frozen=True):
    """A commission of the manifest, with `members` members, `quorum` of whom sign for it.

    `above` is the commission that seats its members, "" for the central one.
    """

    id: Id
    name: Text
    level: Level
    above: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{0,40}\Z")]
    quorum: Ordinal
    members: Ordinal


class Member(Part, frozen=True):
    """A member of a commission, with its X.509 certificate in DER."""

    id: Id
    role: Literal["chair", "secretary", "member"]
    certificate: Annotated[bytes, msgspec.Meta(max_length=MOST_CERTIFICATE)]

    @property
    def key(self) -> bytes:
        """The SubjectPublicKeyInfo of the certificate in DER; `Unfit` if that is not taken (specs/certificates.md)."""
        return decode_member(self.certificate).spki


class Roster(Record, frozen=True, tag="roster"):
    """Who sits in a commission."""

    commission: Id
    members: tuple[Member, ...]

    def member(self, id: str) -> Member | None:
        for member in self.members:
            if member.id == id:
                return member
        return None

    def keys(self) -> set[bytes]:
        """The members' keys, by which people are told apart."""
        return {member.key for member in self.members}


class Signature(Record, frozen=True, tag="signature"):
    """A member's signature under a record of its commission."""

    record: Bytes32
    member: Id
    signature: Annotated[bytes, msgspec.Meta(max_length=1024)]


def member_bytes(manifest: bytes, leaf: bytes) -> bytes:
    """What a member signs: the manifest's digest and the record's leaf hash."""
    return b"aikyn/1 member\n" + manifest + leaf


def check_roster(commission: Commission, roster: Roster, where: Place) -> set[bytes]:
    """The members' keys; they are distinct and can be checked, and the members are as the manifest says (CFG.3)."""
    have = len(roster.members)
    if have != commission.members:
        refuse("CFG.3", where, say("{} has {} members, the roster {}", commission.id, commission.members, have))
    for member in roster.members:
        try:
            decode_member(member.certificate)
        except Unfit as error:
            refuse("CFG.3", where, say("{}: {}", member.id, error.said))
    keys = roster.keys()
    for what, distinct in (("id", {member.id for member in roster.members}), ("key", keys)):
        if len(distinct) != have:
            refuse("CFG.3", where, say("two members have the same {}", what))
    return keys


def check_member(roster: Roster, manifest: bytes, signature: Signature, where: Place) -> Member:
    """The signer, who is on the roster (CRT.2), and whose certificate verifies the signature (CRT.1)."""
    member = roster.member(signature.member)
    if member is None:
        refuse("CRT.2", where, say("{} is not a member of {}", signature.member, roster.commission))
    try:
        key = decode_member(member.certificate).key
        verify_member(key, signature.signature, member_bytes(manifest, signature.record))
    except InvalidSignature:
        refuse("CRT.1", where, say("not {}'s signature", signature.member))
    return member


def check_chain(member: Member, anchors: tuple[Certificate, ...], where: Place) -> None:
    """An authority on the trust sheet issued the certificate (CRT.4); its validity in time is another check."""
    try:
        check_issued(decode_member(member.certificate), anchors)
    except Unfit as error:
        refuse("CRT.4", where, say("{}: {}", member.id, error.said))
