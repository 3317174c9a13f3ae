"""One more on any figure that stands, and whether a finding names it (specs/figures.md §18)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from verifier.errors import Said
from verifier.paper.papers import Of, Paper, SummaryRow, Typed
from verifier.paper.plan import VOTES, Plan
from verifier.paper.standing import Papers
from verifier.paper.weigh import weigh
from verifier.rule import Finding

T = TypeVar("T", Paper, SummaryRow, Typed)


class FigureAt(NamedTuple):
    """A line or an option of a paper in force, or of a row of its table, counted from 1."""

    of: Of
    key: str
    row: int = 0
    option: int = -1

    @property
    def kind(self) -> tuple[str, str, bool]:
        """The form, the line, and whether it is a table's."""
        return self.of.form, self.key, self.row > 0


def figures_of(state: Papers) -> list[FigureAt]:
    """Every figure of all that is in force: papers, rows of tables, what was entered from above."""
    found = []
    for of in {**state.entered, **state.versions}:
        held = [(0, last(state, of)), *enumerate(state.tables.get(leaf(state, of), ()), 1)]
        for number, one in held:
            found += [FigureAt(of, key, number) for key in one.lines]
            options = state.races[of.contest].options if one.votes else ()
            found += [FigureAt(of, option.id, number, place) for place, option in enumerate(options)]
    return found


def one_of_each(figures: list[FigureAt], random: Random) -> list[FigureAt]:
    """Of each line and option of each form, and of its rows, one figure."""
    kinds: dict[tuple[str, str, bool], list[FigureAt]] = {}
    for at in figures:
        kinds.setdefault(at.kind, []).append(at)
    return [random.choice(alike) for alike in kinds.values()]


def last(state: Papers, of: Of) -> Paper | Typed:
    """What is in force."""
    return state.versions[of][-1].paper if of in state.versions else state.entered[of][-1].typed


def leaf(state: Papers, of: Of) -> bytes:
    return state.versions[of][-1].leaf if of in state.versions else b""


@contextmanager
def one_more(state: Papers, at: FigureAt) -> Iterator[None]:
    """The figure is one more meanwhile, where it stands, as if it had been signed so."""
    if at.row:
        before = state.tables[key := leaf(state, at.of)]
        changed = (raised(row, at) if number == at.row else row for number, row in enumerate(before, 1))
        state.tables[key] = tuple(changed)
        yield
        state.tables[key] = before
    elif at.of in state.versions:
        version = state.versions[at.of].pop()
        state.versions[at.of].append(version._replace(paper=raised(version.paper, at)))
        yield
        state.versions[at.of][-1] = version
    else:
        entered = state.entered[at.of].pop()
        state.entered[at.of].append(entered._replace(typed=raised(entered.typed, at)))
        yield
        state.entered[at.of][-1] = entered


def raised(one: T, at: FigureAt) -> T:
    """The same with one more."""
    if at.option < 0:
        return replace(one, lines=one.lines | {at.key: one.lines[at.key] + 1})
    return replace(one, votes=tuple(number + (place == at.option) for place, number in enumerate(one.votes)))


def grave(state: Papers) -> list[Finding]:
    """What the clauses of papers find that is more than information; duties are about times."""
    judgement = weigh(state, None)
    assert judgement
    return [found for found in judgement.findings if found.id.startswith("PRT") and found.severity != "information"]


def is_named(plan: Plan, at: FigureAt, found: Finding) -> bool:
    """Whether a finding's place has the figure, a ratio over it, or what it is compared with."""
    where, inside = found.where, {at.key} if at.option < 0 else {at.key, VOTES}
    if where.unit != at.of.unit or (at.of.contest and where.contest != at.of.contest):
        return False
    if where.form == at.of.form and (where.row or 0) == at.row:
        sides = [{*one.left, *one.right} for one in plan.ratios if (one.id, one.form) == (where.key, where.form)]
        return where.key == at.key or (found.id == "PRT.10" and any(inside & each for each in sides))
    said = found.detail.values if isinstance(found.detail, Said) else ()
    return any(
        match.id in said and match.forms == (at.of.form, where.form) and said[1] == at.of.form
        for match in plan.matches
        if {pair[1] if pair[1] != VOTES else at.key for pair in match.pairs if pair[0] in inside} & {where.key}
    )


def unnamed(state: Papers, figures: list[FigureAt]) -> list[FigureAt]:
    """Those of the figures which could be one more without a finding that names them; nothing may be wrong before."""
    assert grave(state) == []
    missed = []
    for at in figures:
        with one_more(state, at):
            if not any(is_named(state.planned, at, found) for found in grave(state)):
                missed.append(at)
    return missed
