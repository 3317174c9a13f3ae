"""What commissions decide and declare, and what observers and others say (specs/papers.md §6)."""

from cryptography.exceptions import InvalidSignature
from msgspec.structs import replace

from verifier.commission.certificate import Unfit, decode_member, verify_member
from verifier.commission.quorum import central
from verifier.errors import refuse, say
from verifier.paper.fitting import check_figures, check_form, check_owned, filed
from verifier.paper.papers import Accreditation, Appeal, Attestation, Decision, ElectionResult, Intake, Observation
from verifier.paper.standing import Papers
from verifier.place import Place
from verifier.records import Blobs, Record, check_key_holder, encode, fetch
from verifier.rule import nobody

LEAF = 32
RESTORED = {"annul", "strike", "withdraw"}  # what a decision to restore revokes


def check_decision(state: Papers, record: Decision, where: Place, blobs: Blobs) -> None:
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
    _check_revoked(state, record, where, blobs)


def _check_amended(state: Papers, record: Decision, where: Place) -> None:
    """An amendment of the calendar is of the top level and names a duty with a date (DUT.1)."""
    dated = {duty.id for duty in state.planned.duties if duty.until}
    if record.what != "amend" and (record.duty or record.until):
        refuse("DUT.1", where, "only a decision to amend names a duty and a date")
    if record.what == "amend" and not (record.duty in dated and record.until):
        refuse("DUT.1", where, "an amendment names a duty that has a date, and its new date")
    if record.what == "amend" and state.units[record.commission].above:
        refuse("DUT.1", where, "only the commission above all others amends the calendar")


def _check_revoked(state: Papers, record: Decision, where: Place, _blobs: Blobs) -> None:
    """It revokes a decision in force of the same commission or of one beneath (PRT.7)."""
    former = next((one.record for one in state.decisions() if one.leaf == record.revokes), None)
    if record.is_revoking and (former is None or record.commission not in state.above(former.commission)):
        refuse("PRT.7", where, "it revokes no decision in force of this commission or one beneath it")
    if record.what == "restore" and (former is None or former.what not in RESTORED):
        refuse("PRT.7", where, "a decision to restore revokes the one that annulled or struck")


def check_result(state: Papers, record: ElectionResult, where: Place, _blobs: Blobs) -> None:
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


def said_by(_state: Papers, record: Appeal | Attestation) -> str:
    """The owner: the commission, unless an observer has signed."""
    return "" if record.observer else record.commission


def check_said(state: Papers, record: Appeal | Attestation, where: Place, _blobs: Blobs) -> None:
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


def check_accreditation(state: Papers, record: Accreditation, where: Place, _blobs: Blobs) -> None:
    """New observers, whose certificates are taken, with units of the plan (PRT.8)."""
    ids = [observer.id for observer in record.observers]
    if len(set(ids)) != len(ids) or not state.observers.keys().isdisjoint(ids):
        refuse("PRT.8", where, "an observer's id is given twice")
    if not state.observers.keys() >= set(record.withdrawn):
        refuse("PRT.8", where, "nobody of this id is accredited")
    for observer in record.observers:
        try:
            decode_member(observer.certificate)
        except Unfit as error:
            refuse("PRT.8", where, say("{}: {}", observer.id, error.said))
        if not state.units.keys() >= set(observer.units):
            refuse("PRT.8", where, say("{} is accredited at a unit that the plan lacks", observer.id))


def observer_bytes(manifest: bytes, record: Record) -> bytes:
    """What an observer signs: the manifest's digest, and the record with an empty signature."""
    return b"aikyn/1 observer\n" + manifest + encode(replace(record, signature=b""))


def check_observer(state: Papers, record: Appeal | Attestation | Observation, unit: str, where: Place) -> None:
    """The key is accredited for the unit, and signed (PRT.8)."""
    observer = state.observers.get(record.observer)
    if observer is None or record.observer in state.withdrawn or (observer.units and unit not in observer.units):
        refuse("PRT.8", where, say("{} is not accredited at {}", record.observer, unit))
    try:
        key = decode_member(observer.certificate).key
        verify_member(key, record.signature, observer_bytes(state.digest, record))
    except InvalidSignature:
        refuse("PRT.8", where, say("not {}'s signature", record.observer))


def check_observation(state: Papers, record: Observation, where: Place, _blobs: Blobs) -> None:
    """A copy, by an accredited observer or handed in at the board (PRT.3, PRT.4, PRT.7, PRT.8, CRT.3)."""
    form = check_form(state, record.form, record.unit, record.contest, where)
    if record.refused and (record.lines or record.votes):
        refuse("PRT.4", where, "what was refused has no figures")
    if not record.refused:
        check_figures(state, form, record, where)
    if state.owners.get(record.of, record.unit) != record.unit:
        refuse("PRT.7", where, say("the leaf {} is of another unit than {}", record.of.hex(), record.unit))
    if record.observer:
        check_observer(state, record, record.unit, where)
    else:
        check_key_holder(state.rules.operator, state.digest, record, where)


def check_intake(state: Papers, record: Intake, where: Place, _blobs: Blobs) -> None:
    """What the operator has yet to show (CRT.3, PRT.9)."""
    check_key_holder(state.rules.operator, state.digest, record, where)
    if record.leaves.length != LEAF * record.count:
        refuse("PRT.9", where, say("{} leaves take {} bytes", record.count, LEAF * record.count))


def _leaves(_state: Papers, record: Intake, where: Place, blobs: Blobs) -> list[bytes]:
    """They stand in the blob one after the other."""
    data = fetch(blobs, record.leaves, where, "PRT.9")
    return [data[i : i + LEAF] for i in range(0, len(data), LEAF)]


RULINGS = (
    filed(Decision, check_decision, again=_check_revoked),
    filed(Appeal, check_said, said_by),
    filed(Attestation, check_said, said_by),
    filed(ElectionResult, check_result),
    filed(Accreditation, check_accreditation, central, check_accreditation),
    filed(Observation, check_observation, nobody),
    filed(Intake, check_intake, nobody, _leaves),
)
