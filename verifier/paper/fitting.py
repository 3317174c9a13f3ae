"""What fits the plan: form and contest, figures, tables and batches, what is referred to (specs/papers.md §3–5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import UNSET

from verifier.errors import Incomplete, refuse, say
from verifier.paper.papers import Paper, PaperBatch, SummaryRow, SummaryTable, Typed, TypedPapers
from verifier.paper.plan import Form
from verifier.paper.standing import Standing
from verifier.place import Place
from verifier.records import Blob, Blobs, Codec, fetch

TABLE: Codec[SummaryTable] = Codec(SummaryTable)
BATCH: Codec[TypedPapers] = Codec(TypedPapers)


def check_form(state: Standing, id: str, unit: str, contest: str, where: Place) -> Form:
    """The form, which is one of the unit's, for a contest of the unit or for none (PRT.3)."""
    form, signer = state.forms.get(id), state.units.get(unit)
    if form is None or signer is None or form.kind != signer.kind:
        refuse("PRT.3", where, say("{} has no papers of form {}", unit, id))
    if (contest not in signer.contests) if form.contest else contest:
        refuse("PRT.3", where, say("{} has no paper {} of contest {}", unit, id, contest or "-"))
    return form


def check_figures(
    state: Standing, form: Form, contest: str, lines: Mapping[str, int], votes: tuple[int, ...], where: Place
) -> None:
    """The lines are exactly the form's, and the votes one for each option of the contest (PRT.4)."""
    for key in sorted(form.keys - lines.keys()):
        refuse("PRT.4", where, say("the line {} of form {} is missing", key, form.id))
    for key in sorted(lines.keys() - form.keys):
        refuse("PRT.4", where, say("form {} has no line {}", form.id, key))
    options = len(state.races[contest].options) if form.votes else 0
    if len(votes) != options:
        refuse("PRT.4", where, say("form {} has votes for {} options, and {} are given", form.id, options, len(votes)))


def check_owned(state: Standing, leaves: Iterable[bytes], unit: str, where: Place) -> None:
    """What is referred to is in effect, and of the unit, of one beneath it or of one above it (PRT.7)."""
    for leaf in leaves:
        owner = state.owners.get(leaf, "")
        if not owner:
            refuse("PRT.7", where, say("nothing in effect has the leaf {}", leaf.hex()))
        if unit not in state.above(owner) and owner not in state.above(unit):
            refuse("PRT.7", where, say("the leaf {} is not of {}, of one beneath it or of one above", leaf.hex(), unit))


def read(blobs: Blobs, blob: Blob, where: Place) -> bytes:
    """A blob of the papers; without it PRT.9 is open."""
    try:
        return fetch(blobs, blob, where)
    except Incomplete as error:
        error.id = "PRT.9"
        raise


def rows_due(state: Standing, form: Form, contest: str, unit: str) -> list[str]:
    """The units that have a row in this unit's table, in the plan's order."""
    if form.table == "sum":
        return [id for id in state.beneath.get(unit, ()) if state.added(form, contest, state.units[id])]
    lowest = (one.id for one in state.units.values() if not one.electronic and one.id not in state.beneath)
    return [id for id in lowest if unit in state.above(id)]


def read_table(state: Standing, form: Form, record: Paper, where: Place, blobs: Blobs) -> tuple[SummaryRow, ...]:
    """The paper's rows: each unit once, in the plan's order, with the lines that are added (PRT.9)."""
    if (record.table is UNSET) != (form.table == "none"):
        said = say(
            "a paper of form {} has a table" if record.table is UNSET else "a paper of form {} has no table", form.id
        )
        refuse("PRT.9", where, said)
    if record.table is UNSET:
        return ()
    rows = TABLE.decode(read(blobs, record.table, where), where).rows
    if [row.unit for row in rows] != rows_due(state, form, record.contest, record.commission):
        refuse("PRT.9", where, "the rows are not the units beneath, each once, in the plan's order")
    for number, row in enumerate(rows, 1):
        lines, options = {"participants"} if form.table == "participants" else set[str](), 0
        if (below := state.added(form, record.contest, state.units[row.unit])) and row.is_summed:
            lines, options = {*form.takes(below).values()}, len(state.races[record.contest].options)
        if row.lines.keys() != lines or len(row.votes) != options:
            said = say("the row of {} has other lines or votes than it adds to the sum", row.unit)
            refuse("PRT.9", where.within(part="row", row=number), said)
    return rows


def read_batch(state: Standing, record: PaperBatch, where: Place, blobs: Blobs) -> tuple[Typed, ...]:
    """The figures of units beneath that have such papers, each once, in the plan's order (PRT.3, PRT.4, PRT.9)."""
    form = state.forms.get(record.form)
    if form is None or form.adds:
        refuse("PRT.3", where, say("{} has no papers of form {}", record.commission, record.form))
    rows = BATCH.decode(read(blobs, record.blob, where), where).papers
    if len(rows) != record.count:
        refuse("PRT.9", where, say("the batch says {} papers and has {}", record.count, len(rows)))
    order = {unit: number for number, unit in enumerate(state.units)}
    before = (-1, "")
    for number, row in enumerate(rows, 1):
        there, place = where.within(part="row", row=number), (order.get(row.unit, -1), row.contest)
        if row.unit not in order or place <= before:
            refuse("PRT.9", there, "the rows are not units of the plan, each once, in the plan's order")
        before = place
        if record.commission not in state.above(row.unit):
            refuse("PRT.3", there, say("{} is not under {}", row.unit, record.commission))
        check_form(state, record.form, row.unit, row.contest, there)
        check_figures(state, form, row.contest, row.lines, row.votes, there)
    return rows
