"""Faults that observers see, what commissions leave undone (23 to 26), and what is shown otherwise (48)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulletin.office.nation import drafts
from bulletin.office.nation.chronicle import Cue, Scene
from bulletin.office.nation.faults.fault import AFTER, Bending, NotPlanned, leading, move, return_of
from bulletin.office.nation.faults.ledger import Expected, copies_of
from verifier.paper.copies import GIVEN, REFUSED
from verifier.place import Place

if TYPE_CHECKING:
    from bulletin.office.nation.script import Script


def disagree(script: Script, unit: str) -> Bending:
    """The second observer's copy has other votes than the first one's."""
    _, of, _ = return_of(script, unit)
    yield
    seen, votes = copies_of(script, of)[1], script.polls[unit].votes[of.contest]
    first, second = leading(votes)[:2]
    script.recopy(seen, 1, of, votes=move(votes, first, second, 1))
    ledger = yield
    where = Place(unit=unit, contest=of.contest, form=of.form, record=ledger.posted(seen))
    return {Expected("PRT.28", "error", where), Expected("PRT.29", "warning", where)}


def refuse_copy(script: Script, unit: str) -> Bending:
    """An observer was refused a copy, and the register of copies does not say so."""
    _, of, cue = return_of(script, unit)
    level = script.units[unit].level
    registers = [form for form in script.plan.forms if form.level == level and not form.contest and not form.electronic]
    register = next((form for form in registers if {GIVEN, REFUSED} <= form.keys), None)
    if register is None:
        raise NotPlanned("a register of copies")
    yield
    first = script.scenes[cue]
    refused = {"refused": True, "stamped": False, "lines": {}, "votes": (), "photos": ()}
    make = drafts.observe(script.nation, 0, of, first.at, **refused)
    script.add(Scene(Cue("refused", unit), first.at, first.rank + AFTER, make))
    ledger = yield
    since = ledger.effect(Cue(register.id, unit))
    return {Expected("PRT.30", "warning", Place(unit=unit, form=register.id, record=since))}


def leave_undecided(script: Script, unit: str) -> Bending:
    """A complaint is entered before the protocol, and never decided."""
    *_, cue = return_of(script, unit)
    yield
    first, asked = script.scenes[cue], Cue("appeal", unit)
    script.add(Scene(asked, first.at, 0, drafts.complain(unit, first.at), unit, (1,)))
    ledger = yield
    return {Expected("PRT.32", "error", Place(unit=unit, record=ledger.effect(asked)))}


def leave_uncounted(script: Script, unit: str) -> Bending:
    """A recount is ordered, and not made."""
    _, of, cue = return_of(script, unit)
    by = script.decider("recount", unit)
    if not by:
        raise NotPlanned("somebody who may order a recount")
    yield
    first, ordered = script.scenes[cue], Cue("recount", unit)
    make = drafts.decide("recount", by, unit, contest=of.contest)
    script.add(Scene(ordered, first.at, first.rank + AFTER, make, by, script.quorum(by)))
    ledger = yield
    where = Place(unit=unit, contest=of.contest, record=ledger.effect(ordered))
    return {Expected("PRT.33", "warning", where)}


def alter_page(_script: Script, _unit: str) -> Bending:
    """The unit's page is served with another digit; its papers stay as they are."""
    yield
    yield
    found: set[Expected] = set()
    return found
