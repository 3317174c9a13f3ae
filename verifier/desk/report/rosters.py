"""Who sits in the commissions, by the rosters in effect: what people compare with the decisions that appointed them."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from verifier.commission.certificate import Unfit, decode
from verifier.records import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.commission.roster import Member
    from verifier.state import State

# A name, title, unit and organization; never the serial number, which may be a personal number.
SHOWN = ("CN", "2.5.4.12", "OU", "O")
PART = re.compile(r"(?:^|, )([^=,]+)=((?:\\.|[^\\,])*)")  # of a name, with the marks of RFC 4514


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
    """What the certificate calls its holder; "" if the certificate is not taken."""
    try:
        parts = PART.findall(decode(der).subject)
    except Unfit:
        return ""
    found = (value for kind in SHOWN for name, value in parts if name == kind)
    return ", ".join(re.sub(r'\\([,+"\\<>;=])', r"\1", value) for value in found)
