"""Certificates in time: a member's was valid when the witnesses saw the member's signature (specs/records.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.commission.certificate import decode_member
from verifier.commission.roster import Roster
from verifier.errors import refuse
from verifier.place import Place
from verifier.rule import Finding
from verifier.rules import owner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.audit.timeline import Signed, Witnessed
    from verifier.commission.roster import Member
    from verifier.state import State


def check_validity(state: State, signed: Signed, witnessed: Witnessed) -> Iterator[Finding]:
    """The certificate was valid between the bounds of the signature's record (CRT.5), or a finding if that is open."""
    where = Place(record=signed.position)
    certificate = decode_member(_member(state, signed).certificate)
    first, last = certificate.not_before, certificate.not_after
    low, up = witnessed.bounds(signed.position)
    if low > last:
        refuse("CRT.5", where, f"{signed.member}'s certificate had expired, and the witnesses had not seen this yet")
    if up < first:
        refuse("CRT.5", where, f"the witnesses saw this before {signed.member}'s certificate became valid")
    if up > last:
        detail = f"the witnesses do not show that {signed.member} signed before the certificate expired"
        yield Finding("CRT.5", "warning", where, detail)


def _member(state: State, signed: Signed) -> Member:
    record = state.pending[signed.record].record
    roster = record if isinstance(record, Roster) else state.rosters[owner(state, record) or ""]
    return next(member for member in roster.members if member.id == signed.member)
