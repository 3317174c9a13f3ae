"""How much the errors of the papers weigh: the votes that they touch, beside the result's margin (specs/figures.md)."""

from __future__ import annotations

from typing import NamedTuple

from verifier.paper.figures import at_bottom
from verifier.paper.plan import PlanContest
from verifier.paper.results import counted, result_form
from verifier.paper.standing import Judgement


class ErrorWeight(NamedTuple):
    """Of a contest: errors, units at the bottom that have one, of how many, their votes, the margin if there is one."""

    contest: str
    errors: int
    touched: int
    units: int
    votes: int
    margin: int | None


def weigh_errors(notes: Judgement) -> list[ErrorWeight]:
    """What the errors found so far touch, contest by contest in the plan's order (specs/figures.md §17)."""
    state = notes.state
    papers = at_bottom(state)
    weights = []
    errors = [one for one in notes.findings if (one.severity, one.id[:4]) == ("error", "PRT.")]
    for race in notes.plan.contests:
        own = [one.where.unit for one in errors if one.where.contest in {"", race.id}]
        owing = (of for form in state.returns() if not form.adds for of in state.owed(form))
        units = {of.unit for of in owing if of.contest == race.id}
        touched = units.intersection(own)
        votes = sum(sum(found.votes) for found in papers if found.of.contest == race.id and found.of.unit in touched)
        weights.append(ErrorWeight(race.id, len(own), len(touched), len(units), votes, margin(notes, race)))
    return weights


def margin(notes: Judgement, race: PlanContest) -> int | None:
    """The fewest votes by which the result would be another (specs/figures.md §17)."""
    if (form := result_form(notes.state, race)) is None:
        return None
    sums = counted(notes.state, race, form)
    votes = dict(zip((option.id for option in race.options), sums.votes, strict=True))
    people, against = sum(sums.lines[key] for key in notes.plan.participants), votes.pop(race.against, None)
    ranked = sorted(votes.values(), reverse=True)
    if race.rule == "plurality":
        return ranked[race.seats - 1] - ranked[race.seats] if len(ranked) > race.seats else None
    first, second, third = (*ranked, 0, 0, 0)[:3]
    found = [] if against is None else [abs(first - against)]
    if 2 * first > people:
        found.append((2 * first - people + 1) // 2)
    else:
        found += [(people - 2 * first) // 2 + 1, *([second - third] if len(ranked) > 2 else [])]
    return min(found)
