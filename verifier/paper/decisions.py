"""What commissions decide, declare, are asked and attest to (specs/papers.md §6)."""

from __future__ import annotations

from typing import Any

from verifier.commission.quorum import own
from verifier.errors import refuse, say
from verifier.log.tree import hash_leaf
from verifier.paper.fitting import check_owned
from verifier.paper.observers import check_observer
from verifier.paper.papers import ALWAYS, NONE, Appeal, Attestation, Decision, Effective, ElectionResult, PaperState
from verifier.paper.standing import decisions
from verifier.place import Place
from verifier.records import Blobs, encode
from verifier.rule import Effect, Rule, Step

RESTORED = {"annul", "strike", "withdraw"}  # what a decision to restore revokes


def prepare_decision(state: PaperState, record: Decision, where: Place, _blobs: Blobs) -> Step:
    """What a level may decide, about units of its own (PRT.3, PRT.7, DUT.1)."""
    by, race = state.units.get(record.commission), state.races.get(record.contest)
    if by is None or by.level not in state.planned.may.get(record.what, ()):
        refuse("PRT.3", where, say("{} may not decide to {}", record.commission, record.what))
    for unit in record.units:
        if unit not in state.units or record.commission not in state.above(unit):
            refuse("PRT.3", where, say("{} is not under {}", unit, record.commission))
    if race is None and (record.contest or record.option):
        refuse("PRT.3", where, say("the plan has no contest {}", record.contest or "-"))
    if (record.what in {"strike", "withdraw"}) != bool(record.option):
        refuse("PRT.4", where, "a decision to strike or withdraw names an option, and no other does")
    if race and record.option and record.option not in {option.id for option in race.options}:
        refuse("PRT.4", where, say("{} is not an option of {}", record.option, race.id))
    _check_amended(state, record, where)
    check_owned(state, record.about, record.commission, where)
    _check_revoked(state, record, where)
    return Step(record)


def _check_amended(state: PaperState, record: Decision, where: Place) -> None:
    """An amendment of the calendar is of the top level and names a duty with a date (DUT.1)."""
    dated = {duty.id for duty in state.planned.duties if duty.until}
    if record.what != "amend" and (record.duty or record.until):
        refuse("DUT.1", where, "only a decision to amend names a duty and a date")
    if record.what == "amend" and not (record.duty in dated and record.until):
        refuse("DUT.1", where, "an amendment names a duty that has a date, and its new date")
    if record.what == "amend" and state.units[record.commission].above:
        refuse("DUT.1", where, "only the commission above all others amends the calendar")


def _check_revoked(state: PaperState, record: Decision, where: Place) -> None:
    """It revokes a decision in force of the same commission or of one beneath (PRT.7)."""
    former = next((one.record for one in decisions(state) if one.leaf == record.revokes), None)
    if record.what == "restore" and record.revokes == NONE:
        refuse("PRT.7", where, "a decision to restore names the one that it revokes")
    if record.revokes != NONE and (former is None or record.commission not in state.above(former.commission)):
        refuse("PRT.7", where, "it revokes no decision in force of this commission or one beneath it")
    if record.what == "restore" and former and former.what not in RESTORED:
        refuse("PRT.7", where, "a decision to restore revokes the one that annulled or struck")


def prepare_result(state: PaperState, record: ElectionResult, where: Place, _blobs: Blobs) -> Step:
    """The result of a contest, by the body that determines it, on papers in effect (PRT.3, PRT.4, PRT.7)."""
    race = state.races.get(record.contest)
    if race is None or race.body != record.commission:
        refuse("PRT.3", where, say("{} does not determine the result of {}", record.commission, record.contest))
    known = {option.id for option in race.options}
    if not known.issuperset(record.options) or len(set(record.options)) != len(record.options):
        refuse("PRT.4", where, "the options declared are not options of the contest, each once")
    if len(record.shares) != len(race.options):
        refuse("PRT.4", where, say("{} shares for {} options", len(record.shares), len(race.options)))
    check_owned(state, (*record.on, *record.lots), record.commission, where)
    return Step(record)


def said_by(_state: PaperState, record: Appeal | Attestation) -> str:
    """The owner: the commission, unless an observer has signed."""
    return "" if record.observer else record.commission


def prepare_said(state: PaperState, record: Appeal | Attestation, where: Place, _blobs: Blobs) -> Step:
    """A complaint to a unit, or what somebody attests of it (PRT.3, PRT.7, PRT.8)."""
    unit = state.units.get(record.commission)
    if unit is None:
        refuse("PRT.3", where, say("the plan has no unit {}", record.commission))
    if record.observer:
        check_observer(state, record, record.commission, where)
    elif record.signature:
        refuse("PRT.8", where, "a member's record is signed by a record of its own")
    if isinstance(record, Appeal):
        check_owned(state, record.about, record.commission, where)
    else:
        duties = (each for each in state.planned.duties if each.evidence.kind in {"stand", "publication"})
        if (record.duty, unit.level) not in {(each.id, each.level) for each in duties}:
            refuse("PRT.3", where, say("{} attests to no duty {}", record.commission, record.duty))
    return Step(record)


def complete_lasting(state: PaperState, record: Any, where: Place, _blobs: Blobs) -> Effect:  # noqa: ANN401  one of four
    """Enough have signed: it stands, a decision until another one revokes it."""
    if isinstance(record, Decision):
        _check_revoked(state, record, where)
    leaf = hash_leaf(encode(record))
    decided, results, appeals, attested = state.decided, state.results, state.appeals, state.attested
    lists: dict[type, Any] = {Decision: decided, ElectionResult: results, Appeal: appeals, Attestation: attested}
    kept = lists[type(record)]

    def apply() -> None:
        kept.append(Effective(leaf, where.order, record))
        state.owners[leaf] = record.commission
        if isinstance(record, Decision) and record.revokes != NONE:
            state.revoked[record.revokes] = where.order

    return apply


RULINGS = (
    Rule(Decision, ALWAYS, prepare_decision, own, complete_lasting),
    Rule(Appeal, ALWAYS, prepare_said, said_by, complete_lasting),
    Rule(Attestation, ALWAYS, prepare_said, said_by, complete_lasting),
    Rule(ElectionResult, ALWAYS, prepare_result, own, complete_lasting),
)
