"""Sums with their tables, lists of participants, and the result by the rule, from what stands in a chronicle."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from bulletin.office.nation.country import bottom, climb
from verifier.paper.papers import NONE, ElectionResult, Of, Paper, SummaryRow
from verifier.paper.results import WHOLE, determine
from verifier.paper.standing import renamed
from verifier.paper.sums import PARTICIPANTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulletin.office.nation.chronicle import Chronicle
    from verifier.paper.plan import Form, Plan, PlanContest, Unit

UNITS, ANNULLED = "units", "annulled"  # lines that count rows


class FilledPaper(NamedTuple):
    """A paper's figures, and the rows that they are the sum of."""

    lines: dict[str, int]
    votes: tuple[int, ...]
    rows: tuple[SummaryRow, ...]


def add_up(chronicle: Chronicle, form: Form, unit: str, contest: str) -> FilledPaper:
    """The sum of the papers in force beneath that are not annulled, with its table."""
    plan = chronicle.nation.plan
    race = next(race for race in plan.contests if race.id == contest)
    keys = {line.key for line in form.lines}
    rows, total = [], Counter[str](dict.fromkeys(keys, 0))
    for below, source in _beneath(plan, form, unit, contest):
        written = chronicle.last(Of(below.id, contest, source.id))
        void = chronicle.is_annulled(below.id, contest)
        if written is None or void or not isinstance(paper := written.record, Paper):
            rows.append(SummaryRow(below.id, NONE, {}, ()))
            total[ANNULLED] += void
            continue
        lines = dict(renamed(form.takes(source), paper))
        rows.append(SummaryRow(below.id, written.leaf, lines, paper.votes))
        total.update(lines)
        total[UNITS] += not source.adds
    votes = [sum(column) for column in zip(*(row.votes for row in rows if row.votes), strict=True)]
    lines = {line.key: total[line.key] for line in form.lines}
    return FilledPaper(lines, tuple(votes) or (0,) * len(race.options), tuple(rows))


def _beneath(plan: Plan, form: Form, unit: str, contest: str) -> Iterator[tuple[Unit, Form]]:
    """The units whose papers are added, each with the form of its paper."""
    forms = {each.electronic: each for each in plan.forms if each.id in form.adds}
    for below in plan.units:
        if below.above == unit and contest in below.contests and below.electronic in forms:
            yield below, forms[below.electronic]


def list_participants(chronicle: Chronicle, unit: str) -> FilledPaper:
    """How many took part in each precinct under the unit by its returns in force, and in all."""
    plan, took_part = chronicle.nation.plan, Counter[str]()
    units = {each.id: each for each in plan.units}
    for of, history in chronicle.papers.items():
        paper = history[-1].record
        if isinstance(paper, Paper) and paper.votes:
            number = sum(paper.lines.get(key, 0) for key in plan.participants)
            took_part[of.unit] = max(took_part[of.unit], number)
    inside = [each.id for each in bottom(plan) if unit in climb(units, each.id)]
    rows = tuple(SummaryRow(id, NONE, {PARTICIPANTS: took_part[id]}, ()) for id in inside)
    return FilledPaper({PARTICIPANTS: sum(took_part[id] for id in inside)}, (), rows)


def declare(chronicle: Chronicle, race: PlanContest, form: str) -> ElectionResult:
    """What the rule gives on the sum of the body that determines the result; whole shares are rounded down."""
    written = chronicle.last(Of(race.body, race.id, form))
    if written is None or not isinstance(paper := written.record, Paper):
        raise ValueError(f"{race.body} has no sum of {race.id} to determine a result on")
    denominator = tuple(key for key in chronicle.nation.plan.participants if key in paper.lines)
    whole = sum(paper.lines[key] for key in denominator)
    ruled = determine(race, paper.votes, whole)
    if ruled.tied:
        raise ValueError(f"some have equal votes in {race.id}, and a lot would have to decide: take another seed")
    return ElectionResult(
        commission=race.body,
        contest=race.id,
        on=(written.leaf,),
        denominator=denominator,
        outcome=ruled.outcome,
        options=ruled.options,
        shares=tuple(votes * WHOLE // whole if whole else 0 for votes in paper.votes),
        lots=(),
    )
