"""The election: a fold over the log; the rules of admission are the rules of audit (specs/election.md)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from verifier.commission.roster import Roster, Signature, check_member, check_roster
from verifier.election.ballot import Ballot, Challenge, prepare_ballot, prepare_challenge
from verifier.election.ceremony import (
    Acknowledgement,
    Complaint,
    Contribution,
    Dealing,
    Pledge,
    Restart,
    complete_restart,
    prepare_message,
)
from verifier.election.counting import Close, Freeze, Override, complete_freeze, complete_override, prepare_close
from verifier.election.decryption import Share, prepare_share
from verifier.election.logkey import LogKey, complete_log_key
from verifier.election.manifest import SPEC, Manifest, check_manifest
from verifier.election.register import Opening, Register, complete_opening, complete_register, registered
from verifier.election.shuffle import Mix, prepare_mix
from verifier.election.tally import Tally, complete_tally, prepare_tally
from verifier.errors import Incomplete, Malformed, Rejected, refuse
from verifier.log.tree import hash_leaf
from verifier.proof.batch import Batch
from verifier.records import Codec, Record
from verifier.state import Course, Pending, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verifier.state import Blobs, Claim, Phase, State

KINDS = (
    Manifest | Roster | Signature | Pledge | Contribution | Dealing | Acknowledgement | Complaint | Restart | Register
    | Opening | Ballot | Challenge | Override | Close | Freeze | Mix | Share | Tally | LogKey
)  # fmt: skip
CODEC: Codec[Record] = Codec(KINDS)

_TRUSTEES = (Pledge, Contribution, Dealing, Acknowledgement, Complaint)
ADMITTED: dict[Phase, tuple[type[Record], ...]] = {
    "setup": (Manifest, Roster, Signature),
    "ceremony": (*_TRUSTEES, Restart, Signature, LogKey),
    "registration": (Register, Opening, Signature, LogKey),
    "voting": (Ballot, Challenge, Override, Close, Signature, LogKey),
    "closed": (Override, Freeze, Signature, LogKey),
    "frozen": (Mix, Signature, LogKey),
    "mixing": (Mix, Signature, LogKey),
    "decrypting": (Share, Tally, Signature, LogKey),
    "tallied": (Share, Tally, Signature, LogKey),
    "certified": (Share, Signature, LogKey),
}


def admit(state: State, index: int, raw: bytes, blobs: Blobs) -> tuple[Claim, ...]:
    """Take one record into the state, or raise and change nothing; returns the claims it makes, yet to be settled."""
    step = prepare(state, index, raw, blobs)
    apply(state, raw, step)
    return step.claims


def apply(state: State, raw: bytes, step: Step) -> None:
    """Do what the step prepared for this record does; nothing can go wrong any more."""
    step.apply()
    state.leaves.add(hash_leaf(raw))


def prepare(state: State, index: int, raw: bytes, blobs: Blobs) -> Step:
    """What admitting the record would claim and do; `Rejected` if inadmissible, `Incomplete` if a blob is missing."""
    where = f"record {index}"
    try:
        record = CODEC.decode(raw, where)
        if hash_leaf(raw) in state.leaves:
            refuse("CFG.5", where, "the log has this record already")
        return _prepare(state, index, raw, record, where, blobs)
    except Malformed as error:
        refuse("CFG.4", where, error.detail)


def settle(claims: Sequence[Claim], only: frozenset[str] = frozenset()) -> None:
    """Prove all claims together; `Rejected` with the first that is false, and `also` with the others.

    With `only`, no more than what they say about clauses of these blocks.
    """
    kinds: dict[type[Claim], list[Claim]] = {}
    for claim in claims:
        kinds.setdefault(type(claim), []).append(claim)
    batch = Batch(only)
    try:
        for kind, group in kinds.items():
            kind.put(group, batch)
    except Malformed as error:
        if len(claims) == 1:
            refuse("CFG.4", error.where, error.detail)
        _settle_apart(only, claims[: len(claims) // 2], claims[len(claims) // 2 :])
    batch.settle()


def _settle_apart(only: frozenset[str], *parts: Sequence[Claim]) -> None:
    """What is not well formed must not hide what is false."""
    failures: list[Rejected] = []
    for part in parts:
        try:
            settle(part, only)
        except Rejected as error:
            failures += [error, *error.also]
    failures[0].also = tuple(failures[1:])
    raise failures[0]


def _prepare(state: State, index: int, raw: bytes, record: Record, where: str, blobs: Blobs) -> Step:
    if state.manifest is None or isinstance(record, Manifest):
        return _prepare_manifest(state, index, raw, record, where)
    if not isinstance(record, ADMITTED[state.phase]):
        refuse("CFG.6", where, f"no {kind(record)} is admitted in phase {state.phase}")
    match record:
        case Signature():
            return _prepare_signature(state, record, where, blobs)
        case Pledge() | Contribution() | Dealing() | Acknowledgement() | Complaint():
            return prepare_message(state, index, record, where)
        case Ballot():
            return prepare_ballot(state, index, record, where)
        case Challenge():
            return prepare_challenge(state, index, record, where)
        case Close():
            return prepare_close(state, index, record, where)
        case Mix():
            return prepare_mix(state, index, record, where, blobs)
        case Share():
            return prepare_share(state, index, record, where, blobs)
    return _prepare_pending(state, index, raw, record, where, blobs)


def _prepare_manifest(state: State, index: int, raw: bytes, record: Record, where: str) -> Step:
    if index or not isinstance(record, Manifest):
        refuse("CFG.1", where, "the first record of a log, and no other, is the manifest")
    if record.spec != SPEC:
        raise Incomplete(f"the log follows {record.spec}; this verifier knows {SPEC}", where)
    check_manifest(record, where)

    def apply() -> None:
        state.manifest = record
        state.digest = hashlib.sha256(raw).digest()
        state.courses = {contest.id: Course() for contest in record.contests}
        state.log_keys = [record.log_key]
        state.pending[hash_leaf(raw)] = Pending(index, record, (), effective=False)

    return Step(record, (), apply)


def _prepare_pending(state: State, index: int, raw: bytes, record: Record, where: str, blobs: Blobs) -> Step:
    """A commission's record waits for its quorum; what can be said against it now is said now."""
    if isinstance(record, Roster):
        check_roster(state.rules, set(state.rosters), record, where)
    owner(state, record, where)
    claims: tuple[Claim, ...] = ()
    tallied = Step(record, (), lambda: None)
    match record:
        case Register():
            claims = (registered(state, record, where, blobs),)
        case Tally():
            tallied = prepare_tally(state, index, record, where, blobs)

    def apply() -> None:
        tallied.apply()
        state.pending[hash_leaf(raw)] = Pending(index, record, (), effective=False)

    return Step(record, (*claims, *tallied.claims), apply)


def owner(state: State, record: Record, where: str) -> str:
    """The commission whose members sign the record."""
    commission = record.commission if isinstance(record, Roster | Register | Override) else state.rules.central
    if state.rules.commission(commission) is None:
        refuse("CRT.2", where, f"{commission} is not a commission of the manifest")
    return commission


def _prepare_signature(state: State, signature: Signature, where: str, blobs: Blobs) -> Step:
    pending = state.pending.get(signature.record)
    if pending is None:
        refuse("CRT.2", where, "there is no such record of a commission")
    commission = owner(state, pending.record, where)
    roster = pending.record if isinstance(pending.record, Roster) else state.rosters.get(commission)
    if roster is None:
        refuse("CRT.2", where, f"{commission} has no roster yet")
    if signature.member in pending.signers:
        refuse("CRT.2", where, f"{signature.member} has signed already")
    check_member(roster, state.digest, signature, where)
    signers = (*pending.signers, signature.member)
    rules = state.rules.commission(commission)
    completes = not pending.effective and rules is not None and len(signers) >= rules.quorum
    effect = _completed(state, pending.record, where, blobs) if completes else None

    def apply() -> None:
        if effect is not None:
            effect()
        effective = pending.effective or effect is not None
        state.pending[signature.record] = pending._replace(signers=signers, effective=effective)

    return Step(signature, (), apply)


def _completed(state: State, record: Record, where: str, blobs: Blobs) -> Callable[[], None]:
    """The effect of a commission's record at the signature that completes its quorum."""
    if not isinstance(record, ADMITTED[state.phase]):
        refuse("CFG.6", where, f"no {kind(record)} takes effect in phase {state.phase}")
    match record:
        case Roster():
            return _complete_roster(state, record, where)
        case Restart():
            return complete_restart(state, record, where)
        case Register():
            return complete_register(state, record, where, blobs)
        case Opening():
            return complete_opening(state, record, where)
        case Override():
            return complete_override(state, record, where)
        case Freeze():
            return complete_freeze(state, record, where, blobs)
        case Tally():
            return complete_tally(state, record)
        case LogKey():
            return complete_log_key(state, record, where)
    return lambda: _begin(state, manifest_signed=True)


def _complete_roster(state: State, record: Roster, where: str) -> Callable[[], None]:
    check_roster(state.rules, set(state.rosters), record, where)

    def apply() -> None:
        state.rosters[record.commission] = record
        _begin(state, manifest_signed=state.manifest_signed)

    return apply


def _begin(state: State, *, manifest_signed: bool) -> None:
    state.manifest_signed = manifest_signed
    if manifest_signed and len(state.rosters) == len(state.rules.commissions):
        state.phase = "ceremony"


def kind(record: Record) -> str:
    """The record's type, as it is coded."""
    return str(record.__struct_config__.tag)
