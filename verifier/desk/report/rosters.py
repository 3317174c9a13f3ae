"""Who sits in the commissions, by the rosters in effect: what people compare with the decisions that appointed them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from cryptography import x509
from cryptography.x509.oid import NameOID

from verifier.records import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.commission.roster import Member
    from verifier.state import State

# Never the serial number: it may be a personal number, which a report has no need of.
SHOWN = (NameOID.COMMON_NAME, NameOID.TITLE, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.ORGANIZATION_NAME)


class Seat(msgspec.Struct, frozen=True):
    """A member by the subject of its certificate, and that certificate's SHA-256 in hexadecimal."""

    id: str
    role: str
    subject: str
    certificate: str


class Seats(msgspec.Struct, frozen=True):
    """A commission and its members, `quorum` of whom sign for it."""

    commission: str
    name: Text
    quorum: int
    members: tuple[Seat, ...]


def seats(state: State) -> Iterator[Seats]:
    """The commissions in the manifest's order, each by its roster in effect."""
    for commission in state.manifest.commissions if state.manifest else ():
        history = state.rosters.get(commission.id)
        members = tuple(map(_seat, history[-1].roster.members)) if history else ()
        yield Seats(commission.id, commission.name, commission.quorum, members)


def _seat(member: Member) -> Seat:
    return Seat(member.id, member.role, _subject(member.certificate), sha256(member.certificate).hexdigest())


def _subject(der: bytes) -> str:
    """What the certificate calls its holder; "" if this library cannot read it."""
    try:
        subject = x509.load_der_x509_certificate(der).subject
        found = (attribute for oid in SHOWN for attribute in subject.get_attributes_for_oid(oid))
        return ", ".join(str(attribute.value) for attribute in found)
    except (ValueError, TypeError, x509.InvalidVersion):
        return ""
