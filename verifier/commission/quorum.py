"""When a commission's record takes effect: at the signature that completes its quorum (specs/records.md §3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from verifier.commission.roster import Commission, Roster, Signature, check_member, check_roster
from verifier.errors import Detail, refuse
from verifier.place import Place
from verifier.records import Blobs, Record, kind
from verifier.rule import Effect, Finding, Phase, Rule, Severity, Step


class Pending(NamedTuple):
    """A commission's record, and who has signed it so far."""

    position: int
    record: Record
    signers: tuple[str, ...]
    effective: bool


@dataclass
class QuorumState:
    """Of an election's state: its phase, the commissions that the manifest names, and what they have yet to sign.

    `digest` is the manifest's SHA-256, to which every signature is bound; `pending` has each commission's records by
    leaf hash, those in effect too.
    """

    phase: Phase = "setup"
    digest: bytes = b""
    central: str = ""
    commissions: dict[str, Commission] = field(default_factory=dict)
    rosters: dict[str, Roster] = field(default_factory=dict)
    manifest_signed: bool = False
    pending: dict[bytes, Pending] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def find(self, id: str, severity: Severity, where: Place, detail: Detail) -> None:
        """Report what clause `id` must not forbid."""
        self.findings.append(Finding(id, severity, where, detail))

    def begin(self) -> None:
        """The ceremony begins when the manifest and a roster of each commission are in effect."""
        if self.manifest_signed and len(self.rosters) == len(self.commissions):
            self.phase = "ceremony"


def central(state: QuorumState, _record: Record) -> str:
    """The owner of what the central commission signs."""
    return state.central


def own(_state: QuorumState, record: Record) -> str:
    """The owner of a record that names its commission."""
    return str(getattr(record, "commission"))  # noqa: B009  the kinds whose rules say so have one


def check_commission(state: QuorumState, commission: str, where: Place) -> None:
    """The manifest has a commission of this name (CRT.2)."""
    if commission not in state.commissions:
        refuse("CRT.2", where, f"{commission} is not a commission of the manifest")


def prepare_roster(state: QuorumState, record: Roster, where: Place, _blobs: Blobs) -> Step:
    """A commission's first roster (CFG.3)."""
    _check_first(state, record, where)
    return Step(record)


def complete_roster(state: QuorumState, record: Roster, where: Place, _blobs: Blobs) -> Effect:
    """The members on the roster have signed it."""
    _check_first(state, record, where)

    def apply() -> None:
        state.rosters[record.commission] = record
        state.begin()

    return apply


def awaited(state: QuorumState, signature: Signature, where: Place) -> Pending:
    """The record that is signed (CRT.2)."""
    pending = state.pending.get(signature.record)
    if pending is None:
        refuse("CRT.2", where, "there is no such record of a commission")
    return pending


def prepare_signature(state: QuorumState, signature: Signature, rule: Rule, where: Place, blobs: Blobs) -> Step:
    """A member's signature under a record of this rule (CRT.1, CRT.2); it may complete the quorum."""
    pending = awaited(state, signature, where)
    commission = _owner(state, pending.record, rule)
    roster = pending.record if isinstance(pending.record, Roster) else state.rosters.get(commission)
    if roster is None:
        refuse("CRT.2", where, f"{commission} has no roster yet")
    if signature.member in pending.signers:
        refuse("CRT.2", where, f"{signature.member} has signed already")
    check_member(roster, state.digest, signature, where)
    signers = (*pending.signers, signature.member)
    completes = not pending.effective and len(signers) >= state.commissions[commission].quorum
    effect = _effect(state, pending.record, rule, where, blobs) if completes else None

    def apply() -> None:
        if effect is not None:
            effect()
        effective = pending.effective or effect is not None
        state.pending[signature.record] = pending._replace(signers=signers, effective=effective)

    return Step(signature, (), apply)


def _owner(state: QuorumState, record: Record, rule: Rule) -> str:
    assert rule.owner is not None  # noqa: S101  only what a commission owns is pending
    return rule.owner(state, record)


def _effect(state: QuorumState, record: Record, rule: Rule, where: Place, blobs: Blobs) -> Effect:
    if state.phase not in rule.phases:
        refuse("CFG.6", where, f"no {kind(record)} takes effect in phase {state.phase}")
    assert rule.complete is not None  # noqa: S101  what has an owner has an effect
    return rule.complete(state, record, where, blobs)


def _check_first(state: QuorumState, roster: Roster, where: Place) -> None:
    commission = state.commissions.get(roster.commission)
    if commission is None:
        refuse("CFG.3", where, f"{roster.commission} is not a commission of the manifest")
    if roster.commission in state.rosters:
        refuse("CFG.3", where, f"{roster.commission} has a roster already")
    check_roster(commission, roster, where)


ROSTER = Rule(Roster, ("setup",), prepare_roster, own, complete_roster)
