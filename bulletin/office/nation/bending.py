"""Faults put into a script, each at a unit of its own as far as there are enough, and what they must give rise to."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from bulletin.office.nation.chronicle import Chronicle, play
from bulletin.office.nation.faults.fault import NotPlanned
from bulletin.office.nation.faults.ledger import Expected, FaultLedger
from verifier.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bulletin.office.nation.faults.fault import Bending, PaperFault
    from bulletin.office.nation.script import Script
    from verifier.paper.plan import Plan


RETURN = "return"  # touched by a fault after which a unit has none


class PlacedFault(NamedTuple):
    """A fault at its unit, and what is still to come of it."""

    fault: PaperFault
    unit: str
    bending: Bending


class Bent(NamedTuple):
    """A script with its faults, written down; `absent` says which faults the plan has no room for, and why."""

    script: Script
    chronicle: Chronicle
    placed: list[PlacedFault]
    absent: dict[str, str]

    def expect(self, positions: Mapping[bytes, int]) -> dict[str, set[Expected]]:
        """What each fault must give rise to once each record stands at its position, by leaf; can be asked once."""
        ledger, found = FaultLedger(self.script, self.chronicle, positions), {}
        for fault, _, bending in self.placed:
            try:
                bending.send(ledger)
            except StopIteration as end:
                found[fault.name] = end.value
        return found


def bend(script: Script, faults: Iterable[PaperFault]) -> Bent:
    """Let each fault have its way with the script, which is composed meanwhile; who needs a whole unit goes first."""
    taken: defaultdict[str, set[str]] = defaultdict(set)
    placed, absent = [], {}
    for fault in sorted(faults, key=lambda fault: "*" not in fault.touches):
        try:
            unit = find_unit(script, fault, taken)
            bending = fault.bend(script, unit)
            next(bending)
        except NotPlanned as error:
            absent[fault.name] = str(error)
        else:
            taken[unit] |= set(fault.touches.split())
            placed.append(PlacedFault(fault, unit, bending))
    script.compose()
    for one in list(placed):
        try:
            next(one.bending)
        except NotPlanned as error:
            absent[one.fault.name] = str(error)
            placed.remove(one)
    return Bent(script, play(script.nation, script.scenes.values()), placed, absent)


def find_unit(script: Script, fault: PaperFault, taken: Mapping[str, set[str]]) -> str:
    """A unit that has observers, or none, as the fault asks: an untouched one, or one on which it touches nothing else.

    The first precinct, where an observer of its own is, and those with complaints stay as they are.
    """
    if fault.electronic:
        return _find_electronic(script)
    usual = [unit for unit in script.precincts[1:] if unit not in script.appealed] or script.precincts
    fit = [unit for unit in usual if (unit in script.watched) == fault.watched]
    touches = set(fault.touches.split())
    if touches:
        free = [unit for unit in fit if not taken.get(unit)]
        shared = (unit for unit in fit if "*" not in taken[unit] | touches and taken[unit].isdisjoint(touches))
        chosen = [*free, *shared]
    else:
        chosen = [unit for unit in reversed(fit or usual) if RETURN not in taken.get(unit, ())]
    if not chosen:
        raise NotPlanned("one precinct more than is left")
    return chosen[0]


def _find_electronic(script: Script) -> str:
    for unit in script.plan.units:
        if unit.electronic and unit.contests:
            return unit.id
    raise NotPlanned("a unit of electronic voting")


def spent(plan: Plan) -> set[Expected]:
    """What is found in an honest election too: how long things took that are due at once (DUT.6)."""
    soon = (duty for duty in plan.duties if duty.soon and duty.after)
    return {Expected("DUT.6", "information", Place(key=duty.id)) for duty in soon}
