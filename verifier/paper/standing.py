"""What stood at which record: versions, annulments, and the sums that follow from the papers at the bottom.

A position is a record's number on the log; what took effect at that record or before stands. (specs/papers.md §8)
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from verifier.paper.papers import NONE, Of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from verifier.paper.papers import Decision, Effective, Paper, PaperState
    from verifier.paper.plan import Form, PlanContest, Unit

END = 2**53  # after every record


class Figures(NamedTuple):
    """What is known of a unit: by its own paper, of this version and leaf, or as entered from above, version 0."""

    of: Of
    version: int
    leaf: bytes
    since: int
    lines: Mapping[str, int]
    votes: tuple[int, ...]
    paper: Paper | None = None


class Totals(NamedTuple):
    """The sum over the papers at the bottom: by line, by option; how many units gave it, were annulled, are missing."""

    lines: Counter[str]
    votes: tuple[int, ...]
    summed: tuple[str, ...]
    annulled: tuple[str, ...]
    missing: tuple[str, ...]


def figures(state: PaperState, of: Of, position: int = END) -> Figures | None:
    """The unit's own version in force, or what was entered from above, the last of each; None if there is neither."""
    number = len(history := state.versions.get(of, ()))
    for version in reversed(history):
        if version.since <= position:
            paper = version.paper
            return Figures(of, number, version.leaf, version.since, paper.lines, paper.votes, paper)
        number -= 1
    for entered in reversed(state.entered.get(of, ())):
        if entered.since <= position:
            return Figures(of, 0, NONE, entered.since, entered.typed.lines, entered.typed.votes)
    return None


def decisions(state: PaperState, position: int = END) -> Iterator[Effective[Decision]]:
    """The decisions in force, in the order in which they took effect."""
    for one in state.decided:
        if one.since <= position < state.revoked.get(one.leaf, END + 1):
            yield one


def annulled(state: PaperState, contest: str, position: int = END) -> set[str]:
    """The units whose results in the contest are annulled."""
    return {
        unit
        for _, _, decision in decisions(state, position)
        if decision.what == "annul" and decision.contest in {"", contest}
        for unit in decision.units
    }


def struck(state: PaperState, contest: str, position: int = END) -> set[tuple[str, str]]:
    """(unit, option): whose votes do not count in the result, unit "" for all."""
    return {
        (unit, decision.option)
        for _, _, decision in decisions(state, position)
        if decision.what in {"strike", "withdraw"} and decision.contest == contest
        for unit in decision.units or ("",)
    }


def signers(state: PaperState, form: Form, contest: str = "") -> list[Unit]:
    """The units that owe a paper of this form, in the plan's order."""
    return [
        unit
        for unit in state.units.values()
        if unit.level == form.level and unit.electronic == form.electronic and (not contest or contest in unit.contests)
    ]


def returns(state: PaperState, level: str) -> list[Form]:
    """The forms in which units of the level state the results of voting: of the paper ones, of the electronic ones."""
    return [f for f in state.forms.values() if f.level == level and f.votes and f.stage in {"voting", "election"}]


def sources(state: PaperState, form: Form) -> dict[str, dict[str, str]]:
    """The forms at the bottom of a sum, each with the sum's key of each of its lines that is added up."""
    if not form.adds:
        return {form.id: {line.key: line.key for line in form.lines}}
    keys = {line.key for line in form.lines}
    found: dict[str, dict[str, str]] = {}
    for below, renamed in form.adds.items():
        for source, names in sources(state, state.forms[below]).items():
            above = {key: renamed.get(name, name) for key, name in names.items()}
            found[source] = {key: name for key, name in above.items() if name in keys}
    return found


def under(state: PaperState, unit: str) -> Iterator[str]:
    """The unit and all beneath it."""
    yield unit
    for below in state.beneath.get(unit, ()):
        yield from under(state, below)


def totals(state: PaperState, race: PlanContest, form: Form, top: str, position: int = END) -> Totals:
    """The sum form's figures for the units under `top`, from the papers at the bottom that stood at `position`."""
    lines, votes = Counter[str](), [0] * len(race.options)
    summed, left, missing = [], [], []
    voided, inside = annulled(state, race.id, position), set(under(state, top))
    for source, names in sources(state, form).items():
        for unit in signers(state, state.forms[source], race.id):
            if unit.id not in inside:
                continue
            found = figures(state, Of(unit.id, race.id, source), position)
            if unit.id in voided:
                left.append(unit.id)
            elif found is None:
                missing.append(unit.id)
            else:
                summed.append(unit.id)
                for key, name in names.items():
                    lines[name] += found.lines.get(key, 0)
                votes = [one + other for one, other in zip(votes, found.votes, strict=True)]
    return Totals(lines, tuple(votes), tuple(summed), tuple(left), tuple(missing))
