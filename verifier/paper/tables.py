"""Figures as a form demands them, and the lists of figures in blobs (PRT.4, PRT.9; specs/papers.md §4–5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from verifier.errors import refuse, say
from verifier.paper.fitting import check_figures, check_form
from verifier.paper.papers import NONE, SummaryTable, TypedPapers
from verifier.records import Codec, fetch

if TYPE_CHECKING:
    from verifier.paper.papers import Intake, Paper, PaperBatch, PaperState, SummaryRow, Typed
    from verifier.paper.plan import Form
    from verifier.place import Place
    from verifier.records import Blobs

LEAF = 32
TABLE: Codec[SummaryTable] = Codec(SummaryTable)
BATCH: Codec[TypedPapers] = Codec(TypedPapers)


def row_lines(state: PaperState, sum_: Form, unit: str) -> tuple[Form, dict[str, str]]:
    """The form of the unit's paper that the sum adds up, and the sum's key of each of its lines that is added."""
    signer, keys = state.units[unit], {line.key for line in sum_.lines}
    form = next(f for id in sum_.adds if (f := state.forms[id]).electronic == signer.electronic)
    renamed = sum_.adds[form.id]
    names = {line.key: renamed.get(line.key, line.key) for line in form.lines}
    return form, {key: name for key, name in names.items() if name in keys}


def rows_due(state: PaperState, form: Form, contest: str, unit: str) -> list[str]:
    """The units that have a row in this unit's table, in the plan's order."""
    if form.table == "sum":
        kinds = {state.forms[id].electronic for id in form.adds}
        below = (state.units[id] for id in state.beneath.get(unit, ()))
        return [one.id for one in below if contest in one.contests and one.electronic in kinds]
    lowest = (one.id for one in state.units.values() if not one.electronic and one.id not in state.beneath)
    return [id for id in lowest if state.is_under(id, unit)]


def read_table(state: PaperState, form: Form, record: Paper, where: Place, blobs: Blobs) -> tuple[SummaryRow, ...]:
    """The paper's rows: each unit once, in the plan's order, with the lines that are added (PRT.9)."""
    if record.table is UNSET:
        return ()
    rows = TABLE.decode(fetch(blobs, record.table, where), where).rows
    if [row.unit for row in rows] != rows_due(state, form, record.contest, record.commission):
        refuse("PRT.9", where, "the rows are not the units beneath, each once, in the plan's order")
    for number, row in enumerate(rows, 1):
        there = where.within(part="row", row=number)
        if form.table == "participants":
            lines, options = {"participants"}, 0
        elif row.paper == NONE and not row.lines:
            lines, options = set[str](), 0
        else:
            lines, options = {*row_lines(state, form, row.unit)[1].values()}, len(state.races[record.contest].options)
        if row.lines.keys() != lines or len(row.votes) != options:
            refuse("PRT.9", there, say("the row of {} has other lines or votes than it adds to the sum", row.unit))
    return rows


def read_batch(state: PaperState, record: PaperBatch, where: Place, blobs: Blobs) -> tuple[Typed, ...]:
    """The figures of units beneath that have such papers, each once, in the plan's order (PRT.3, PRT.4, PRT.9)."""
    form = state.forms.get(record.form)
    if form is None or form.adds:
        refuse("PRT.3", where, say("{} has no papers of form {}", record.commission, record.form))
    rows = BATCH.decode(fetch(blobs, record.blob, where), where).papers
    if len(rows) != record.count:
        refuse("PRT.9", where, say("the batch says {} papers and has {}", record.count, len(rows)))
    order = {unit: number for number, unit in enumerate(state.units)}
    before = (-1, "")
    for number, row in enumerate(rows, 1):
        there, place = where.within(part="row", row=number), (order.get(row.unit, -1), row.contest)
        if row.unit not in order or place <= before:
            refuse("PRT.9", there, "the rows are not units of the plan, each once, in the plan's order")
        before = place
        if not state.is_under(row.unit, record.commission):
            refuse("PRT.3", there, say("{} is not under {}", row.unit, record.commission))
        check_form(state, record.form, row.unit, row.contest, there)
        check_figures(state, form, row.contest, row.lines, row.votes, there)
    return rows


def read_taken(record: Intake, where: Place, blobs: Blobs) -> tuple[bytes, ...]:
    """The leaves that the operator took in, of 32 bytes each (PRT.9)."""
    if record.leaves.length != LEAF * record.count:
        refuse("PRT.9", where, say("{} leaves take {} bytes", record.count, LEAF * record.count))
    data = fetch(blobs, record.leaves, where)
    return tuple(data[i : i + LEAF] for i in range(0, len(data), LEAF))
