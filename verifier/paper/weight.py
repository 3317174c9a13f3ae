"""How much the errors of the papers weigh: the votes that they touch, beside the result's margin (specs/figures.md)."""

from __future__ import annotations

from typing import NamedTuple

from verifier.paper.figures import all_returns, at_bottom, owed
from verifier.paper.judgement import Judgement
from verifier.paper.papers import PaperState
from verifier.paper.plan import PlanContest
from verifier.paper.standing import annulled, struck
from verifier.paper.sums import took_part


class ErrorWeight(NamedTuple):
    """Of a contest: errors, units at the bottom that have one, of how many, their votes, the margin if there is one."""

    contest: str
    errors: int
    touched: int
    units: int
    votes: int
    margin: int | None


def weigh_errors(judgement: Judgement) -> list[ErrorWeight]:
    """What the errors found so far touch, contest by contest in the plan's order (specs/figures.md §17)."""
    state = judgement.state
    papers = at_bottom(state)
    weights = []
    errors = [one for one in judgement.findings if (one.severity, one.id[:4]) == ("error", "PRT.")]
    for race in judgement.plan.contests:
        own = [one.where.unit for one in errors if one.where.contest in {"", race.id}]
        units = {
            of.unit for form in all_returns(state) if not form.adds for of in owed(state, form) if of.contest == race.id
        }
        touched = units.intersection(own)
        votes = sum(sum(found.votes) for found in papers if found.of.contest == race.id and found.of.unit in touched)
        weights.append(ErrorWeight(race.id, len(own), len(touched), len(units), votes, margin(judgement, race)))
    return weights


def margin(judgement: Judgement, race: PlanContest) -> int | None:
    """The fewest votes by which the result would be another (specs/figures.md §17)."""
    votes, people = _standing(judgement.state, race)
    ranked = sorted((n for option, n in votes.items() if option != race.against), reverse=True)
    if race.rule == "plurality":
        return ranked[race.seats - 1] - ranked[race.seats] if len(ranked) > race.seats else None
    first, second, third = (*ranked, 0, 0, 0)[:3]
    found = [abs(first - votes[race.against])] if race.against else []
    if 2 * first > people:
        found.append((2 * first - people + 1) // 2)
    else:
        found += [(people - 2 * first) // 2 + 1, *([second - third] if len(ranked) > 2 else [])]
    return min(found)


def _standing(state: PaperState, race: PlanContest) -> tuple[dict[str, int], int]:
    """The votes of each option that count, and how many took part, by the returns at the bottom."""
    voided, without = annulled(state, race.id), struck(state, race.id)
    votes, people = dict.fromkeys((option.id for option in race.options), 0), 0
    for unit, contest, found in ((found.of.unit, found.of.contest, found) for found in at_bottom(state)):
        if contest == race.id and unit not in voided:
            people += took_part(state, found)
            for option, number in zip(votes, found.votes, strict=True):
                votes[option] += number if without.isdisjoint({("", option), (unit, option)}) else 0
    return votes, people
