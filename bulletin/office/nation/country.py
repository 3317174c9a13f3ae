"""Which part of a plan is played: so many precincts, in a few territories, and all that is above them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from verifier.paper.plan import Plan, Unit

TOGETHER = 8  # precincts in each territory of a small rehearsal, as far as there are


def bottom(plan: Plan) -> list[Unit]:
    """The units that count by hand: none is beneath them."""
    above = {unit.above for unit in plan.units}
    return [unit for unit in plan.units if unit.id not in above and not unit.electronic]


def is_electronic(plan: Plan) -> bool:
    """Whether some vote electronically."""
    return any(unit.electronic and unit.contests for unit in plan.units)


def leave_registers(plan: Plan) -> Plan:
    """The same plan without duties about registers, and without those that are bound to time limits of a manifest."""
    gone = {duty.id for duty in plan.duties if duty.limit or duty.evidence.of == "register"}
    duties = (
        replace(
            duty,
            after=tuple(id for id in duty.after if id not in gone),
            ideally=tuple(id for id in duty.ideally if id not in gone),
        )
        for duty in plan.duties
        if duty.id not in gone
    )
    return replace(plan, duties=tuple(duties))


def narrow(plan: Plan, precincts: int) -> Plan:
    """The same plan with this many precincts, spread evenly over a few territories; all if there are no more.

    Contests that are held nowhere else are left out.
    `ValueError` unless there is one at least.
    """
    if precincts < 1:
        raise ValueError("a rehearsal has one precinct at least")
    groups: dict[str, list[str]] = {}
    for unit in bottom(plan):
        groups.setdefault(unit.above, []).append(unit.id)
    if precincts >= sum(map(len, groups.values())):
        return plan
    some = min(len(groups), -(-precincts // TOGETHER))
    while sum(len(group) for group in list(groups.values())[:some]) < precincts:
        some += 1
    chosen = _spread([groups[above] for above in list(groups)[:some]], precincts)
    every = {unit.id: unit for unit in plan.units}
    kept = {id for each in chosen for id in climb(every, each)}
    kept |= {unit.id for unit in plan.units if unit.electronic and unit.above in kept}
    units = [unit for unit in plan.units if unit.id in kept]
    races = {race for unit in units if unit.id in chosen for race in unit.contests}
    some_races = tuple(race for race in plan.contests if race.id in races)
    bound = (replace(unit, contests=tuple(race for race in unit.contests if race in races)) for unit in units)
    return replace(plan, units=tuple(bound), contests=some_races)


def _spread(groups: list[list[str]], number: int) -> list[str]:
    """The first of each group, then the second, until there are enough."""
    longest = max(map(len, groups))
    rounds = (group[place] for place in range(longest) for group in groups if place < len(group))
    return [id for id, _ in zip(rounds, range(number), strict=False)]


def climb(units: Mapping[str, Unit], unit: str) -> Iterator[str]:
    """The unit and all above it, from below."""
    while unit:
        yield unit
        unit = units[unit].above
