"""Signatures judged one by one: who certified the member, and was the certificate valid then (specs/records.md §3)."""

from __future__ import annotations

from collections.abc import Iterator

from verifier.audit.timeline import Witnessed
from verifier.commission.certificate import Certificate, decode_member
from verifier.commission.quorum import Signing
from verifier.commission.roster import Member, check_chain
from verifier.errors import Rejected, refuse, say
from verifier.place import Place
from verifier.rule import Finding
from verifier.rules import rule
from verifier.state import State


def judge_signatures(
    state: State, roots: tuple[Certificate, ...], witnessed: Witnessed | None
) -> Iterator[Finding | Rejected]:
    """What is wrong with members and their signatures, as far as roots are known and witnesses saw the time.

    A void signature breaks its clause only if what took effect has no quorum without it; else it is a finding.
    """
    strangers: dict[bytes, Rejected] = {}
    rooted = (history for unit, history in state.rosters.items() if roots and unit not in state.unrooted)
    for roster in (seated.roster for history in rooted for seated in history):
        for member in roster.members:
            try:
                check_chain(member, roots, Place("roster", unit=roster.commission))
            except Rejected as error:
                strangers.setdefault(member.certificate, error)
    yield from map(_excused, strangers.values())
    for pending in state.pending.values():
        if not pending.effective:
            continue
        commission = rule(pending.record).owner(state, pending.record)
        void: dict[Signing, Rejected] = {}
        for signer in pending.signers:
            where, member = Place(record=signer.position), state.signed(commission, signer)
            try:
                if member.certificate in strangers:
                    refuse("CRT.4", where, strangers[member.certificate].said)
                if witnessed is not None:
                    yield from check_validity(member, where, witnessed)
            except Rejected as error:
                void[signer] = error
        valid = [signer for signer in pending.signers if signer not in void]
        stands = any(state.is_quorum(commission, pending.record, valid[: last + 1]) for last in range(len(valid)))
        yield from map(_excused, void.values()) if stands else void.values()


def check_validity(member: Member, where: Place, witnessed: Witnessed) -> Iterator[Finding]:
    """The certificate was valid between the bounds of the signature's record (CRT.5), or a finding if that is open."""
    certificate = decode_member(member.certificate)
    first, last = certificate.not_before, certificate.not_after
    low, up = witnessed.bounds(where.order)
    if low > last:
        refuse("CRT.5", where, say("{}'s certificate had expired, and the witnesses had not seen this yet", member.id))
    if up < first:
        refuse("CRT.5", where, say("the witnesses saw this before {}'s certificate became valid", member.id))
    if up > last:
        detail = say("the witnesses do not show that {} signed before the certificate expired", member.id)
        yield Finding("CRT.5", "warning", where, detail)


def _excused(error: Rejected) -> Finding:
    return Finding(error.id, "warning", error.where, error.said)
