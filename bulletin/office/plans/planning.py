"""A ready plan with the commission's own units and candidates, from tables (specs/desk.md §6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from bulletin.office.candidates import read_text
from bulletin.office.mistake import Mistakes
from bulletin.office.plans import Ready
from bulletin.office.plans.ready import ready_plan
from bulletin.office.table import read
from verifier.election.manifest import Option
from verifier.paper.plan import Plan, PlanContest, Unit

LIST = re.compile(r"[\s,]+")


def make_plan(
    name: Ready, units: Path | None, candidates: Path | None, found: Mistakes, least: Mapping[str, int] | None = None
) -> Plan:
    """The plan; what is wrong with a table is said. Without tables it has synthetic units and candidates.

    A contest whose body the table lacks is determined by the table's first unit, which is above all others. `least`
    lowers how many sign (`lower`).
    """
    plan = lower(ready_plan(name), least or {})
    if candidates is not None:
        plan = _name_candidates(plan, candidates, found)
    if units is None:
        return plan
    own = read_units(units, plan, found)
    ids = [unit.id for unit in own]
    bodies = [contest.body if contest.body in ids else next(iter(ids), "") for contest in plan.contests]
    contests = tuple(replace(one, body=body) for one, body in zip(plan.contests, bodies, strict=True))
    return replace(plan, units=own, contests=contests)


def lower(plan: Plan, least: Mapping[str, int]) -> Plan:
    """The plan whose forms take no more signatures than `least` has for "", or as many as it has for their ids."""
    most = least.get("")
    capped = {form.id: form.least if most is None else min(form.least, most) for form in plan.forms}
    return replace(plan, forms=tuple(replace(one, least=least.get(one.id, capped[one.id])) for one in plan.forms))


def read_units(path: Path, plan: Plan, found: Mistakes) -> tuple[Unit, ...]:
    """The units of a table, in its order; a cell `contests` that is blank means all those of the plan.

    Each has as many members as each of its forms takes signatures.
    """
    contests = [contest.id for contest in plan.contests]
    lines: dict[str, int] = {}
    units = []
    for row in read(path, "units", found):
        named = tuple(filter(None, LIST.split(row["contests"]))) or tuple(contests)
        if row["above"] and row["above"] not in lines:
            found.note("unit-above", path.name, row.line, commission=row["above"])
        if (first := lines.setdefault(row["id"], row.line)) != row.line:
            found.note("doubled-id", path.name, row.line, cell=row["id"], first=first)
        for contest in set(named).difference(contests):
            found.note("unit-contest", path.name, row.line, contest=contest, known=", ".join(contests))
        units.append(
            Unit(
                id=row["id"],
                name=read_text(row),
                level=row["level"],
                above=row["above"],
                contests=named,
                members=int(row["members"]),
                quorum=int(row["quorum"]),
                electronic=bool(row["electronic"]),
                ahead=int(row["ahead"] or 0),
                behind=int(row["behind"] or 0),
            )
        )
        form = max((one for one in plan.forms if one.kind == units[-1].kind), key=lambda one: one.least, default=None)
        if form and form.least > units[-1].members:
            least, members = form.least, units[-1].members
            found.note("small-unit", path.name, row.line, unit=row["id"], members=members, form=form.id, least=least)
    return tuple(units)


def _name_candidates(plan: Plan, path: Path, found: Mistakes) -> Plan:
    """The options of each contest that the table has, in its order; "against all" stays the last line."""
    known = [contest.id for contest in plan.contests]
    options: dict[str, dict[str, Option]] = {}
    lines: dict[tuple[str, str], int] = {}
    for row in read(path, "candidates", found):
        of = row["contest"], row["id"]
        if row["contest"] not in known:
            found.note("unit-contest", path.name, row.line, contest=row["contest"], known=", ".join(known))
        elif (first := lines.setdefault(of, row.line)) != row.line:
            found.note("doubled-id", path.name, row.line, cell=row["id"], first=first)
        else:
            options.setdefault(row["contest"], {})[row["id"]] = Option(row["id"], read_text(row))
    return replace(plan, contests=tuple(_put(contest, options.get(contest.id)) for contest in plan.contests))


def _put(contest: PlanContest, own: dict[str, Option] | None) -> PlanContest:
    """The contest with its own options; reserves name synthetic ones, and go with them."""
    if own is None:
        return contest
    last = {option.id: option for option in contest.options if option.id == contest.against}
    return replace(contest, options=tuple((own | last).values()), reserves=())
