"""Ready plans played in memory by a few precincts; where a plan has a unit of e-voters, it joins the sums."""

from __future__ import annotations

from functools import cache
from random import Random

from msgspec.structs import replace

from bulletin.office.nation.chronicle import play
from bulletin.office.nation.country import leave_registers, narrow
from bulletin.office.nation.people import Host, Nation, settle
from bulletin.office.nation.script import Script
from bulletin.office.plans import Ready
from bulletin.office.plans.ready import ready_plan
from tests.support.counts import bend, count_electronic, roster_of, sum_up, vote_electronically
from tests.support.elections import ORIGIN
from tests.support.nations import fold_all
from verifier.commission.quorum import Seated
from verifier.commission.roster import Roster
from verifier.paper.plan import Plan
from verifier.paper.standing import Papers

CREDENTIALS = 30  # at each precinct; the first is overridden


def take_paper(plan: Plan) -> Plan:
    """The same plan without an electronic vote, and so without its units, registers and their time limits."""
    return replace(
        leave_registers(plan),
        units=tuple(unit for unit in plan.units if not unit.electronic),
        contests=tuple(replace(race, electronic="") for race in plan.contests),
    )


@cache
def part(name: Ready, precincts: int) -> Plan:
    """The plan in so many precincts, with its electronic unit."""
    return narrow(ready_plan(name), precincts)


@cache
def country(name: Ready, precincts: int) -> Nation:
    """The same without an electronic vote, and its people."""
    plan = take_paper(part(name, precincts))
    return settle(plan, Host(ORIGIN, bytes(range(32))), max(duty.since for duty in plan.duties))


def fold_ready(name: Ready, precincts: int, seed: int) -> Papers:
    """The state after an honest election of a ready plan: all its records were admitted, and e-voters' added."""
    nation = country(name, precincts)
    chronicle = play(nation, Script(nation, seed).compose().scenes.values())
    state = fold_all(chronicle)
    if any(unit.electronic for unit in part(name, precincts).units):
        join(state, part(name, precincts), Random(seed))
    return state


def join(state: Papers, plan: Plan, random: Random) -> None:
    """E-voters, their tally, what their unit signs of it, and the sums made with it, as if nothing had been summed."""
    state.beneath, state.alike = {}, {}
    state.adopt(plan)
    (race,) = plan.contests
    lists = [of for of in state.versions if of.form == "list-totals"]
    vote_electronically(
        state,
        tuple(random.randint(0, 9) for _ in race.options),
        race,
        dict.fromkeys((of.unit for of in lists), CREDENTIALS),
    )
    for of in lists:
        bend(state, of, {"e-on-paper": 1})
    summed = [of for of in state.versions if state.forms[of.form].adds]
    for id in {of.unit for of in summed} | {unit.id for unit in plan.units if unit.electronic}:
        sit_besides(state, id)
    for of in summed:
        del state.versions[of]
    state.results.clear()
    count_electronic(state)
    sum_up(state, contest=race.id)


def sit_besides(state: Papers, unit: str) -> None:
    """Three more members, who sign what is added."""
    (seated,) = state.rosters.get(unit, [Seated(0, Roster(unit, ()))])
    members = (*seated.roster.members, *roster_of(unit).members)
    state.rosters[unit] = [seated._replace(roster=Roster(unit, members))]
