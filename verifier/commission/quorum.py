"""When a commission's record takes effect: at the signature that completes its quorum (specs/records.md §3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, get_args

from verifier.commission.roster import Commission, Roster, Signature, check_member, check_roster
from verifier.errors import Detail, refuse, say
from verifier.log.tree import hash_leaf
from verifier.place import Place
from verifier.records import Blobs, Record, encode, kind
from verifier.rule import Effect, Finding, Phase, Rule, Severity, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verifier.commission.roster import Member


class Seated(NamedTuple):
    """A commission's roster, and the record at which it took effect."""

    since: int
    roster: Roster


class Signing(NamedTuple):
    """A member by its id, and the record that is its signature."""

    position: int
    member: str


class Pending(NamedTuple):
    """A commission's record, and who has signed it so far."""

    position: int
    record: Record
    signers: tuple[Signing, ...] = ()
    effective: bool = False


@dataclass
class QuorumState:
    """Part of the election's state: its phase, the manifest's commissions, and what they have yet to sign.

    `digest` is the manifest's SHA-256, to which every signature is bound; `appointed` the leaf hash of the central
    commission's first roster; `rosters` are in the order in which they took effect, `seats` who sits where now, by key.
    `pending` has each commission's records by leaf hash, those in effect too. Members of `unrooted` commissions need no
    certificate of an authority.
    """

    phase: Phase = "setup"
    digest: bytes = b""
    central: str = ""
    appointed: bytes = b""
    commissions: dict[str, Commission] = field(default_factory=dict)
    rosters: dict[str, list[Seated]] = field(default_factory=dict)
    seats: dict[bytes, str] = field(default_factory=dict)
    pending: dict[bytes, Pending] = field(default_factory=dict)
    unrooted: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    def find(self, id: str, severity: Severity, where: Place, detail: Detail) -> None:
        """Report a finding of clause `id`: what is not forbidden, but must be seen."""
        self.findings.append(Finding(id, severity, where, detail))

    def enters(self, phase: Phase) -> Effect:
        """The effect that a phase begins."""

        def apply() -> None:
            self.phase = phase

        return apply

    def roster(self, commission: str, position: int) -> Roster | None:
        """The commission's roster that is in force for the record at this position."""
        return next((one for since, one in reversed(self.rosters.get(commission, ())) if since < position), None)

    def signed(self, commission: str, signer: Signing) -> Member:
        """The member who signed, on the roster that was in force then."""
        roster = self.roster(commission, signer.position)
        member = roster and roster.member(signer.member)
        assert member  # noqa: S101  nobody else's signature was admitted
        return member

    def least(self, commission: str, _record: Record) -> int:
        """How many of its members sign a record of the commission."""
        return self.commissions[commission].quorum

    def is_quorum(self, commission: str, record: Record, signers: Sequence[Signing]) -> bool:
        """Whether those of the signers who sit in the commission when the last one signs are enough for the record."""
        roster = self.roster(commission, signers[-1].position)
        keys = {self.signed(commission, signer).key for signer in signers}
        return len(keys & roster.keys()) >= self.least(commission, record) if roster else False


def central(state: QuorumState, _record: Record) -> str:
    """The owner of what the central commission signs."""
    return state.central


def own(_state: QuorumState, record: Record) -> str:
    """The owner of a record that names its commission."""
    return str(getattr(record, "commission"))  # noqa: B009  the kinds whose rules say so have one


def above(state: QuorumState, roster: Roster) -> str:
    """The owner of a roster: the commission above, or the central one itself; none for the one the manifest fixes."""
    if roster.commission != state.central:
        seated = state.commissions.get(roster.commission)
        return seated.above if seated else roster.commission
    return "" if hash_leaf(encode(roster)) == state.appointed else state.central


def prepare_roster(state: QuorumState, record: Roster, where: Place, _blobs: Blobs) -> Step:
    """A commission's roster; posting it needs no authority, since it waits for the commission above to sign."""
    _check_seats(state, record, where)
    return Step(record)


def complete_roster(state: QuorumState, record: Roster, where: Place, _blobs: Blobs) -> Effect:
    """The quorum above has signed: whoever sat in the commission before makes room."""
    keys = _check_seats(state, record, where)
    former = state.roster(record.commission, where.order)

    def apply() -> None:
        for key in former.keys() if former else ():
            del state.seats[key]
        state.seats.update(dict.fromkeys(keys, record.commission))
        state.rosters.setdefault(record.commission, []).append(Seated(where.order, record))

    return apply


def prepare_signature(
    rules: Mapping[type[Record], Rule], state: QuorumState, signature: Signature, where: Place, blobs: Blobs
) -> Step:
    """A member's signature under a commission's record (CRT.1, CRT.2); it may complete the quorum."""
    pending = state.pending.get(signature.record)
    if pending is None:
        refuse("CRT.2", where, "there is no such record of a commission")
    rule = rules[type(pending.record)]
    commission = rule.owner(state, pending.record)
    roster = state.roster(commission, where.order)
    if roster is None:
        refuse("CRT.2", where, say("{} has no roster yet", commission))
    member = check_member(roster, state.digest, signature, where)
    if member.key in {state.signed(commission, signer).key for signer in pending.signers}:
        refuse("CRT.2", where, say("{} has signed already", signature.member))
    signers = (*pending.signers, Signing(where.order, signature.member))
    effect = None
    if rule.complete and not pending.effective and state.is_quorum(commission, pending.record, signers):
        if state.phase not in rule.phases:
            refuse("CFG.6", where, say("no {} takes effect in phase {}", kind(pending.record), state.phase))
        effect = rule.complete(state, pending.record, where, blobs)

    def apply() -> None:
        if effect:
            effect()
        effective = pending.effective or effect is not None
        state.pending[signature.record] = pending._replace(signers=signers, effective=effective)

    return Step(signature, (), apply, pending.record if effect else None)


def _check_seats(state: QuorumState, roster: Roster, where: Place) -> set[bytes]:
    """The members' keys, none of which sits in another commission (CFG.3)."""
    keys = check_roster(state.commissions[roster.commission], roster, where)
    elsewhere = {state.seats.get(key, roster.commission) for key in keys} - {roster.commission}
    if elsewhere:
        refuse("CFG.3", where, say("a member sits in {} already", ", ".join(sorted(elsewhere))))
    return keys


ROSTER = Rule(Roster, get_args(Phase), prepare_roster, above, complete_roster)
