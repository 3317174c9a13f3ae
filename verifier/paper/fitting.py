"""How papers are admitted, and what fits the plan: form, figures, tables, what is referred to (specs/papers.md)."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, get_args

from msgspec import UNSET

from verifier.commission.certificate import decode_member
from verifier.commission.quorum import ROSTER, own, prepare_roster
from verifier.commission.roster import Roster
from verifier.errors import refuse, say
from verifier.paper.consistency import PLANNED
from verifier.paper.papers import NONE, Figured, Paper, PaperBatch, SummaryRow, SummaryTable, Typed, TypedPapers
from verifier.paper.plan import Form
from verifier.paper.standing import Papers
from verifier.place import Place
from verifier.records import Blobs, Codec, Record, fetch
from verifier.rule import Effect, Phase, Rule, Step

PERSONAL = re.compile(r"(?<!\d)[012][0-3]\d[01]\d[12]\d{8}(?!\d)")  # a personal number: sex, day of birth, 5 digits
TABLE: Codec[SummaryTable] = Codec(SummaryTable)
BATCH: Codec[TypedPapers] = Codec(TypedPapers)
ALWAYS = get_args(Phase)[1:]  # once the manifest is in effect; when papers are due is for the duties to say
Ask = Callable[[Any, Any, Place, Blobs], object]  # what is asked of a record in a state; it may read a blob


def filed(kind: type[Record], check: Ask, owner: Callable[[Any, Any], str] = own, again: Ask | None = None) -> Rule:
    """The row of a kind: `check` is asked at the posting, `again` as it takes effect; what that has read is kept."""

    def prepare(state: Papers, record: Record, where: Place, blobs: Blobs) -> Step:
        if state.plan is None:
            refuse("PRT.3", where, "this election has no plan, and so no papers")
        check(state, record, where, blobs)
        return Step(record)

    def complete(state: Papers, record: Record, where: Place, blobs: Blobs) -> Effect:
        return partial(state.keep, record, where.order, again(state, record, where, blobs) if again else None)

    return Rule(kind, ALWAYS, prepare, owner, complete)


def check_form(state: Papers, id: str, unit: str, contest: str, where: Place) -> Form:
    """The form, which is one of the unit's, for a contest of the unit or for none (PRT.3)."""
    form, signer = state.forms.get(id), state.units.get(unit)
    if form is None or signer is None or form.kind != signer.kind:
        refuse("PRT.3", where, say("{} has no papers of form {}", unit, id))
    if (contest not in signer.contests) if form.contest else contest:
        refuse("PRT.3", where, say("{} has no paper {} of contest {}", unit, id, contest or "-"))
    return form


def check_figures(state: Papers, form: Form, held: Figured | Typed, where: Place) -> None:
    """The lines are exactly the form's, and the votes one for each option of the contest (PRT.4)."""
    for key in sorted(form.keys - held.lines.keys()):
        refuse("PRT.4", where, say("the line {} of form {} is missing", key, form.id))
    for key in sorted(held.lines.keys() - form.keys):
        refuse("PRT.4", where, say("form {} has no line {}", form.id, key))
    options, votes = len(state.races[held.contest].options) if form.votes else 0, len(held.votes)
    if votes != options:
        refuse("PRT.4", where, say("form {} has votes for {} options, and {} are given", form.id, options, votes))


def check_owned(state: Papers, leaves: Iterable[bytes], unit: str, where: Place) -> None:
    """What is referred to is in effect, and of the unit, of one beneath it or of one above it (PRT.7)."""
    for leaf in leaves:
        owner = state.owners.get(leaf, "")
        if not owner:
            refuse("PRT.7", where, say("nothing in effect has the leaf {}", leaf.hex()))
        if unit not in state.above(owner) and owner not in state.above(unit):
            refuse("PRT.7", where, say("the leaf {} is not of {}, of one beneath it or of one above", leaf.hex(), unit))


def rows_due(state: Papers, form: Form, contest: str, unit: str) -> list[str]:
    """The units that have a row in this unit's table, in the plan's order."""
    if form.table == "sum":
        return [id for id in state.beneath.get(unit, ()) if state.added(form, contest, state.units[id])]
    lowest = (one.id for one in state.units.values() if not one.electronic and one.id not in state.beneath)
    return [id for id in lowest if unit in state.above(id)]


def read_table(state: Papers, form: Form, record: Paper, where: Place, blobs: Blobs) -> tuple[SummaryRow, ...]:
    """The paper's rows: each unit once, in the plan's order, with the lines that are added (PRT.9)."""
    if record.table is UNSET:
        if form.table != "none":
            refuse("PRT.9", where, say("a paper of form {} has a table", form.id))
        return ()
    if form.table == "none":
        refuse("PRT.9", where, say("a paper of form {} has no table", form.id))
    rows = TABLE.decode(fetch(blobs, record.table, where, "PRT.9"), where).rows
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


def read_batch(state: Papers, record: PaperBatch, where: Place, blobs: Blobs) -> tuple[Typed, ...]:
    """The figures of units beneath that have such papers, each once, in the plan's order (PRT.3, PRT.4, PRT.9)."""
    form = state.forms.get(record.form)
    if form is None or form.adds:
        refuse("PRT.3", where, say("{} has no papers of form {}", record.commission, record.form))
    rows = BATCH.decode(fetch(blobs, record.blob, where, "PRT.9"), where).papers
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
        check_figures(state, form, row, there)
    return rows


def prepare_seats(state: Papers, record: Roster, where: Place, blobs: Blobs) -> Step:
    """A roster; the certificates of a unit's members do not show their personal numbers (PRT.2)."""
    step = prepare_roster(state, record, where, blobs)
    for member in record.members if record.commission in state.units else ():
        if PERSONAL.search(decode_member(member.certificate).subject):
            refuse("PRT.2", where, say("the certificate of {} shows a personal number", member.id))
    return step


def check_paper(state: Papers, record: Paper, where: Place, blobs: Blobs) -> None:
    """A paper, which waits for its signatures (PRT.3–PRT.7, PRT.9)."""
    form = check_form(state, record.form, record.commission, record.contest, where)
    check_figures(state, form, record, where)
    _check_version(state, record, where)
    roster = state.roster(record.commission, where.order)
    seated = {member.id for member in roster.members} if roster else set[str]()
    named = {*record.present, *record.typed, *(dissent.member for dissent in record.dissent)}
    for stranger in sorted(named - seated):
        refuse("PRT.6", where, say("{} is not a member of {}", stranger, record.commission))
    if len(set(record.present)) != len(record.present):
        refuse("PRT.6", where, "a member is named as present twice")
    check_owned(state, record.parts, record.commission, where)
    read_table(state, form, record, where, blobs)


def _check_version(state: Papers, record: Paper, where: Place) -> None:
    """It supersedes the version in force, with a reason; the first one nothing (PRT.5)."""
    history = state.versions.get(record.of)
    if record.supersedes != (history[-1].leaf if history else NONE):
        refuse("PRT.5", where, "it does not supersede the version that is in force")
    if (record.reason.code == "first") != (record.supersedes == NONE):
        refuse("PRT.5", where, "a version after the first gives its reason, and only such a one")


def _check_again(state: Papers, record: Paper, where: Place, blobs: Blobs) -> tuple[SummaryRow, ...]:
    """Enough of those present have signed: the rows of the version that will be in force, if it still follows."""
    _check_version(state, record, where)
    return read_table(state, state.forms[record.form], record, where, blobs)


FILED = (
    PLANNED,
    ROSTER._replace(prepare=prepare_seats),
    filed(Paper, check_paper, again=_check_again),
    filed(PaperBatch, read_batch, again=read_batch),
)
