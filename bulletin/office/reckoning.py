"""Sums and results, computed from the papers on the log and never typed (specs/desk.md §5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from bulletin.office.acts import Enactment
from bulletin.office.drafts import forms_of, head, need_contest, need_unit
from bulletin.office.objection import Objection
from verifier.paper.fitting import rows_due
from verifier.paper.papers import (
    NONE,
    ElectionResult,
    Of,
    Paper,
    Reason,
    SummaryRow,
    SummaryTable,
)
from verifier.paper.plan import Form, PlanContest, Unit
from verifier.paper.results import WHOLE, counted, determine, result_form
from verifier.paper.standing import Figures, Papers, renamed
from verifier.paper.sums import COUNTING, PARTICIPANTS, took_part
from verifier.records import Blob, encode

VALID = "valid"  # of which shares are taken where the rule asks for no others
SHOWN = 20  # units in a sentence


class Summed(NamedTuple):
    """A sum's figures and its table, as the papers beneath give them now."""

    form: Form
    contest: str
    lines: Mapping[str, int]
    votes: tuple[int, ...]
    table: SummaryTable


def add_up(state: Papers, unit: str, form: str = "", contest: str = "") -> Summed:
    """What this unit's sum says by the papers in force beneath it."""
    one = need_unit(state, unit)
    forms = {each.id: each for each in forms_of(state, one) if each.table != "none"}
    if not forms or (form and form not in forms):
        raise Objection("no-sum", unit=unit, known=", ".join(each.id for each in forms_of(state, one)) or "–")
    what = forms[form] if form else next(iter(forms.values()))
    race = need_contest(one, what, contest)
    if what.table == PARTICIPANTS:
        rows = tuple(_count_participants(state, what, race, below) for below in rows_due(state, what, race, unit))
    else:
        rows = tuple(_row(state, what, race, below) for below in rows_due(state, what, race, unit))
    if not any(row.is_summed for row in rows):
        raise Objection("nothing-beneath", unit=unit)
    return Summed(what, race, _total(state, what, race, rows), _votes(state, what, race, rows), SummaryTable(rows))


def _row(state: Papers, form: Form, contest: str, below: str) -> SummaryRow:
    """A unit beneath; nothing of one that is annulled, or has no figures."""
    source = state.added(form, contest, state.units[below])
    found = state.figures(Of(below, contest if source.contest else "", source.id)) if source else None
    if source is None or found is None or below in state.annulled(contest):
        return SummaryRow(below, NONE, {}, ())
    return SummaryRow(below, found.leaf, dict(renamed(form.takes(source), found)), found.votes)


def _count_participants(state: Papers, form: Form, contest: str, below: str) -> SummaryRow:
    """How many took part, by the unit's returns."""
    unit = state.units[below]
    contests = [contest] if form.contest else unit.contests
    stood: list[Figures] = [
        found
        for each in state.returns(unit.level)
        for one in contests
        if (found := state.figures(Of(below, one, each.id)))
    ]
    best = max(stood, key=lambda found: took_part(state, found), default=None)
    number = took_part(state, best) if best else 0
    return SummaryRow(below, best.leaf if best else NONE, {PARTICIPANTS: number}, ())


def _total(state: Papers, form: Form, contest: str, rows: Sequence[SummaryRow]) -> dict[str, int]:
    """The sum's lines: of the rows, and how many papers and annulled units there are at the bottom."""
    total, out = Counter[str](), state.annulled(contest) if contest else set[str]()
    for row in rows:
        source = state.added(form, contest, state.units[row.unit])
        deep = source is not None and bool(source.adds)
        total.update({key: number for key, number in row.lines.items() if deep or key not in COUNTING})
        if not deep:
            total.update(units=row.is_summed, annulled=row.unit in out and not row.is_summed)
    return {line.key: total[line.key] for line in form.lines}


def _votes(state: Papers, form: Form, contest: str, rows: Sequence[SummaryRow]) -> tuple[int, ...]:
    options = len(state.races[contest].options) if form.votes else 0
    return tuple(sum(row.votes[place] for row in rows if row.votes) for place in range(options))


def make_sum(
    state: Papers, unit: str, summed: Summed, held: int, people: tuple[Sequence[str], Sequence[str]]
) -> Enactment:
    """The paper of these figures; `people` are those present, and those who compared it with the papers beneath."""
    present, typed = people
    blob = encode(summed.table)
    supersedes = head(state, Of(unit, summed.contest, summed.form.id))
    paper = Paper(
        commission=unit,
        contest=summed.contest,
        form=summed.form.id,
        supersedes=supersedes,
        reason=Reason("first" if supersedes == NONE else "recount", ""),
        lines=dict(summed.lines),
        votes=summed.votes,
        present=tuple(present),
        dissent=(),
        typed=tuple(typed),
        explains=(),
        held=held,
        parts=(),
        photos=(),
        table=Blob.of(blob),
    )
    return Enactment(paper, (blob,))


def compare(state: Papers, summed: Summed, typed: Mapping[str, int]) -> None:
    """`Objection` at the first figure that somebody has counted otherwise: a line's key or an option's id."""
    options = state.races[summed.contest].options if summed.form.votes else ()
    computed = dict(summed.lines) | {option.id: n for option, n in zip(options, summed.votes, strict=True)}
    for key, number in typed.items():
        if key not in computed:
            raise Objection("no-such-line", form=summed.form.id, line=key, known=", ".join(computed))
        if computed[key] != number:
            raise Objection("other-sum", line=key, typed=number, computed=computed[key])


def determine_result(
    state: Papers, contest: str, options: Sequence[str] = (), lots: Sequence[bytes] = (), *, anyway: bool = False
) -> Enactment:
    """The result of a contest by its rule; only lots, and whom they chose, are told."""
    race = _need_race(state, contest)
    form = result_form(state, race)
    if form is None:
        raise Objection("no-result-form", body=race.body, contest=race.id)
    sums, on = counted(state, race, form), head(state, Of(race.body, race.id, form.id))
    if on == NONE:
        raise Objection("not-in-force", body=race.body, contest=race.id)
    if sums.missing and not anyway:
        units = ", ".join(sums.missing[:SHOWN])
        raise Objection("missing-papers", body=race.body, count=len(sums.missing), units=units)
    ruled = determine(race, sums.votes, sum(sums.lines[key] for key in state.planned.participants))
    if ruled.tied and not (lots and options):
        raise Objection("lots-needed", options=", ".join(sorted(ruled.tied)))
    if (lots or options) and not ruled.tied:
        raise Objection("lots-left")
    chosen = tuple(options) or ruled.options
    if not ruled.allows(chosen):
        raise Objection("not-allowed", options=", ".join(chosen))
    denominator = _denominator(state, race, form)
    whole = sum(sums.lines[key] for key in denominator)
    shares = tuple(number * WHOLE // whole if whole else 0 for number in sums.votes)
    return Enactment(ElectionResult(race.body, race.id, (on,), denominator, ruled.outcome, chosen, shares, tuple(lots)))


def _need_race(state: Papers, contest: str) -> PlanContest:
    """The contest, or the only one."""
    known = list(state.races)
    if not contest and len(known) == 1:
        return state.races[known[0]]
    if contest not in state.races:
        raise Objection("unknown-contest", contest=contest or "–", known=", ".join(known))
    return state.races[contest]


def _denominator(state: Papers, race: PlanContest, form: Form) -> tuple[str, ...]:
    """The lines of which shares are parts: for a majority those who took part, else the valid votes."""
    keys: Collection[str] = {line.key for line in form.lines}
    return (VALID,) if race.rule != "majority" and VALID in keys else state.planned.participants


def seated(state: Papers, unit: Unit) -> tuple[str, ...]:
    """Who sits in the unit now."""
    history = state.rosters.get(unit.id)
    return tuple(member.id for member in history[-1].roster.members) if history else ()
