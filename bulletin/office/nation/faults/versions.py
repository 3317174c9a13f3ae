"""Faults of versions and signatures (9 to 14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bulletin.office.nation.country import climb
from bulletin.office.nation.faults.fault import (
    Bending,
    NotPlanned,
    alter,
    exchange,
    mistype,
    refile,
    result_of,
    return_of,
)
from bulletin.office.nation.faults.ledger import Expected, FaultLedger
from bulletin.office.nation.schedule import STEP
from verifier.place import Place

if TYPE_CHECKING:
    from bulletin.office.nation.script import Script
    from verifier.paper.papers import Of


def correct(script: Script, unit: str) -> Bending:
    """A number is mistyped, and put right before anything is summed."""
    _, of, cue = return_of(script, unit)
    yield
    alter(script.scenes[cue], mistype("received", -1))
    refile(script, unit, lambda paper: replace(paper, reason=replace(paper.reason, text="received: mistyped")))
    ledger = yield
    return {Expected("PRT.13", "information", ledger.place(of))}


def rewrite_watched(script: Script, unit: str) -> Bending:
    """Other votes are written when observers have their copies."""
    _, of, _ = return_of(script, unit)
    yield
    refile(script, unit, exchange)
    ledger = yield
    return ledger.figures(unit) | ledger.miscopied(of) | {Expected("PRT.13", "information", ledger.place(of))}


def rewrite_late(script: Script, unit: str) -> Bending:
    """Other votes are written when the sums are signed, and there is a result."""
    _, of, _ = return_of(script, unit)
    race = script.races[of.contest]
    yield
    result = result_of(script, race)
    refile(script, unit, exchange, at=result.at + STEP)
    ledger = yield
    found = ledger.figures(unit)
    found.add(Expected("PRT.13", "error", ledger.place(of)))
    found.add(Expected("PRT.27", "error", Place(unit=race.body, contest=race.id, record=ledger.effect(result.cue))))
    if script.is_made_of(of.form):
        found.add(Expected("DUT.5", "error", ledger.place(of)))
    return found | apart(ledger, unit, of)


def apart(ledger: FaultLedger, unit: str, of: Of) -> set[Expected]:
    """Where the sum above all others no longer is the sum from the bottom, since this unit's votes moved."""
    units, (first, *_, last) = ledger.script.units, ledger.chronicle.papers[of]
    *_, top = (each for each in climb(units, unit) if of.contest in units[each].contests)
    moved = zip(ledger.script.races[of.contest].options, first.record.votes, last.record.votes, strict=True)  # type: ignore[attr-defined]
    keys = [option.id for option, one, other in moved if one != other]
    return {Expected("PRT.19", "error", ledger.place(ledger.returned(top, of.contest), key)) for key in keys}


def fall_short(script: Script, unit: str) -> Bending:
    """A second version is posted, and too few sign it."""
    form, of, _ = return_of(script, unit)
    if form.least < 2:
        raise NotPlanned("a return that takes two signatures at least")
    yield
    scene = refile(script, unit, exchange)
    scene.signers = scene.signers[: form.least - 1]
    ledger = yield
    where = Place(record=ledger.posted(scene.cue), unit=unit, contest=of.contest, form=of.form)
    return {Expected("PRT.16", "warning", where)}


def refuse_to_sign(script: Script, unit: str) -> Bending:
    """One who was present does not sign."""
    form, of, cue = return_of(script, unit)
    if len(script.present(form, unit)) <= max(form.least, 2):
        raise NotPlanned("a return at which more are present than must sign")
    yield
    script.scenes[cue].signers = script.scenes[cue].signers[:-1]
    ledger = yield
    return {Expected("PRT.14", "warning", ledger.place(of))}


def type_alone(script: Script, unit: str) -> Bending:
    """One person typed the figures twice."""
    _, of, cue = return_of(script, unit)
    yield
    alter(script.scenes[cue], lambda paper: replace(paper, typed=paper.typed[:1] * 2))
    ledger = yield
    return {Expected("PRT.15", "warning", ledger.place(of))}
