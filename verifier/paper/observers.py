"""Observers: who is accredited, their copies, and what was handed in without a key (specs/papers.md §6)."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from msgspec.structs import replace

from verifier.commission.certificate import Unfit, decode_member, verify_member
from verifier.commission.quorum import central
from verifier.errors import refuse, say
from verifier.log.tree import hash_leaf
from verifier.paper.fitting import check_figures, check_form, read
from verifier.paper.papers import (
    ALWAYS,
    Accreditation,
    Appeal,
    Attestation,
    Effective,
    Intake,
    Observation,
    PaperState,
)
from verifier.place import Place
from verifier.records import Blobs, Record, check_key_holder, encode
from verifier.rule import Effect, Rule, Step

LEAF = 32


def prepare_accreditation(state: PaperState, record: Accreditation, where: Place, _blobs: Blobs) -> Step:
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
    return Step(record)


def complete_accreditation(state: PaperState, record: Accreditation, where: Place, blobs: Blobs) -> Effect:
    """The central commission's quorum has signed."""
    prepare_accreditation(state, record, where, blobs)

    def apply() -> None:
        state.observers |= {observer.id: observer for observer in record.observers}
        state.withdrawn.update(record.withdrawn)

    return apply


def observer_bytes(manifest: bytes, record: Record) -> bytes:
    """What an observer signs: the manifest's digest, and the record with an empty signature."""
    return b"aikyn/1 observer\n" + manifest + encode(replace(record, signature=b""))


def check_observer(state: PaperState, record: Appeal | Attestation | Observation, unit: str, where: Place) -> None:
    """The key is accredited for the unit, and signed (PRT.8)."""
    observer = state.observers.get(record.observer)
    if observer is None or record.observer in state.withdrawn or (observer.units and unit not in observer.units):
        refuse("PRT.8", where, say("{} is not accredited at {}", record.observer, unit))
    try:
        key = decode_member(observer.certificate).key
        verify_member(key, record.signature, observer_bytes(state.digest, record))
    except InvalidSignature:
        refuse("PRT.8", where, say("not {}'s signature", record.observer))


def prepare_observation(state: PaperState, record: Observation, where: Place, _blobs: Blobs) -> Step:
    """A copy, by an accredited observer or handed in at the board (PRT.3, PRT.4, PRT.7, PRT.8, CRT.3)."""
    form = check_form(state, record.form, record.unit, record.contest, where)
    if record.refused and (record.lines or record.votes):
        refuse("PRT.4", where, "what was refused has no figures")
    if not record.refused:
        check_figures(state, form, record.contest, record.lines, record.votes, where)
    if state.owners.get(record.of, record.unit) != record.unit:
        refuse("PRT.7", where, say("the leaf {} is of another unit than {}", record.of.hex(), record.unit))
    if record.observer:
        check_observer(state, record, record.unit, where)
    else:
        check_key_holder(state.rules.operator, state.digest, record, where)
    noted = Effective(hash_leaf(encode(record)), where.order, record)
    return Step(record, (), lambda: state.observed.append(noted))


def prepare_intake(state: PaperState, record: Intake, where: Place, blobs: Blobs) -> Step:
    """What the operator has yet to show (CRT.3, PRT.9)."""
    check_key_holder(state.rules.operator, state.digest, record, where)
    if record.leaves.length != LEAF * record.count:
        refuse("PRT.9", where, say("{} leaves take {} bytes", record.count, LEAF * record.count))
    data = read(blobs, record.leaves, where)
    taken = [data[i : i + LEAF] for i in range(0, len(data), LEAF)]

    def apply() -> None:
        for leaf in taken:
            state.taken.setdefault(leaf, where.order)
        state.unshown |= {each.leaf: each.reason for each in record.withheld}

    return Step(record, (), apply)


OBSERVED = (
    Rule(Accreditation, ALWAYS, prepare_accreditation, central, complete_accreditation),
    Rule(Observation, ALWAYS, prepare_observation),
    Rule(Intake, ALWAYS, prepare_intake),
)
