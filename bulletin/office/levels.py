"""The figures of a whole level from one table: a batch, each mistake with its line (specs/desk.md §5)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bulletin.office.acts import Enactment
from bulletin.office.drafts import need_unit
from bulletin.office.mistake import Mistakes
from bulletin.office.objection import Objection
from bulletin.office.recital import broken_ratios
from bulletin.office.table import DELIMITERS, REMARK, read_bytes
from bulletin.office.tables import Mistaken
from bulletin.office.teller import Known, Teller
from bulletin.office.wording import speak
from verifier.client.text import plain
from verifier.desk.report.language import Words
from verifier.desk.report.letters import visible
from verifier.errors import Malformed
from verifier.paper.papers import NONE, Paper, PaperBatch, Reason, Typed, TypedPapers
from verifier.paper.plan import Form
from verifier.paper.standing import Papers
from verifier.records import Blob, encode

UNIT, CONTEST, VOTES = "unit", "contest", "votes:"
FIGURE = re.compile(r"[0-9]{1,15}")


class Batched(NamedTuple):
    """A batch and what should be looked at in its rows before it is signed."""

    made: Enactment
    cautions: Mistakes


def need_level(state: Papers, form: str) -> Form:
    """A form that a batch may have: one that adds up no others."""
    found = state.forms.get(form)
    if found is None or found.adds:
        known = [one.id for one in state.forms.values() if not one.adds]
        raise Objection("no-batch-form", form=form or "–", known=", ".join(known))
    return found


def heading(state: Papers, w: Words, form: str) -> tuple[list[str], list[str]]:
    """The columns of the table of a form, and what each is called."""
    what = need_level(state, form)
    options = {option.id: option for race in state.races.values() for option in race.options} if what.votes else {}
    columns = [UNIT, CONTEST, *(line.key for line in what.lines), *(VOTES + id for id in options)]
    lines = [f"{line.number}. {w.text(line.name)}" for line in what.lines]
    return columns, ["", "", *lines, *(w.text(option.name) for option in options.values())]


def units_of(state: Papers, above: str, form: str) -> Iterator[tuple[str, str]]:
    """Unit and contest of each paper of the form beneath this unit, as a batch has them in order."""
    what = need_level(state, form)
    need_unit(state, above)
    for unit in state.signers(what):
        if above in state.above(unit.id):
            yield from ((unit.id, contest) for contest in (sorted(unit.contests) if what.contest else [""]))


def read_batch(state: Papers, above: str, form: str, file: Path, source: str) -> Batched:
    """The batch that a table gives; `Mistaken` with every mistake by line, and then nothing is made."""
    what, found = need_level(state, form), Mistakes()
    due = list(units_of(state, above, form))
    rows = list(_rows(file, found))
    typed: dict[tuple[str, str], Typed] = {}
    lines: dict[tuple[str, str], int] = {}
    for number, cells in rows:
        of = cells.get(UNIT, ""), cells.get(CONTEST, "") if what.contest else ""
        if of not in due:
            known = ", ".join(dict.fromkeys(unit for unit, _ in due)) or "–"
            found.note(
                "no-row-of", file.name, number, unit=visible(of[0])[:60], contest=of[1] or "–", known=known[:400]
            )
        elif of in typed:
            found.note("doubled-id", file.name, number, cell=of[0], first=lines[of])
        else:
            typed[of], lines[of] = _typed(state, what, of, cells, file.name, number, found), number
    if not rows and not found.grave:
        found.note("no-rows", file.name)
    if found.grave:
        raise Mistaken(found)
    ordered = tuple(typed[of] for of in due if of in typed)
    blob = encode(TypedPapers(ordered))
    record = PaperBatch(above, form, source, len(ordered), Blob.of(blob))
    return Batched(Enactment(record, (blob,)), _find_broken(state, form, ordered, file.name, lines))


def _typed(
    state: Papers, form: Form, of: tuple[str, str], cells: Mapping[str, str], file: str, line: int, found: Mistakes
) -> Typed:
    options = [VOTES + option.id for option in state.races[of[1]].options] if form.votes else []
    keys = [each.key for each in form.lines]
    read = {key: _figure(key, cells.get(key, ""), file, line, found) for key in (*keys, *options)}
    for column, cell in cells.items():
        if column not in {UNIT, CONTEST, *read} and cell:
            found.note("unknown-column", file, line, column=visible(column)[:60], columns=", ".join(read))
    return Typed(*of, {key: read[key] for key in keys}, tuple(read[option] for option in options))


def _figure(column: str, cell: str, file: str, line: int, found: Mistakes) -> int:
    """A figure; blanks between its digits do not count."""
    digits = "".join(cell.split())
    if not digits:
        found.note("empty-cell", file, line, column=column)
    elif not FIGURE.fullmatch(digits):
        found.note("no-number", file, line, column=column, cell=visible(cell)[:60])
    else:
        return int(digits)
    return 0


def _find_broken(
    state: Papers, form: str, rows: Sequence[Typed], file: str, lines: Mapping[tuple[str, str], int]
) -> Mistakes:
    """The control ratios that rows break."""
    found = Mistakes()
    teller = Teller(speak("en"), lambda _: None, Known(plan=state.planned))
    for row in rows:
        alone = Paper(
            commission=row.unit,
            contest=row.contest,
            form=form,
            supersedes=NONE,
            reason=Reason("first", ""),
            lines=row.lines,
            votes=row.votes,
            present=(),
            dissent=(),
            typed=(),
            explains=(),
            held=0,
            parts=(),
            photos=(),
        )
        for finding in broken_ratios(teller, alone):
            found.note("broken-ratio", file, lines[row.unit, row.contest], unit=row.unit, said=finding.detail)
    return found


def _rows(file: Path, found: Mistakes) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row that is not blank and no remark, its cells by column, with the line where it begins."""
    text = _read_text(file, found)
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count), strict=True)
    columns = [cell.strip() for cell in _next(reader, file.name, 1, found) or []]
    for column in {column for column in columns if column and columns.count(column) > 1}:
        found.note("doubled-column", file.name, 1, column=column)
    if UNIT not in columns and not found.grave:
        found.note("missing-column", file.name, 1, column=UNIT)
    if found.grave:
        return
    line = reader.line_num + 1
    while (row := _next(reader, file.name, line, found)) is not None:
        number, line = line, reader.line_num + 1
        if not any(cell.strip() for cell in row) or row[0].lstrip().startswith(REMARK):
            continue
        if len(row) != len(columns):
            found.note("ragged", file.name, number, cells=len(row), columns=len(columns))
            continue
        yield number, {column: cell.strip() for column, cell in zip(columns, row, strict=True) if column}


def _next(reader: Iterator[list[str]], file: str, line: int, found: Mistakes) -> list[str] | None:
    """The next row, None at the end or where a quotation mark is not closed."""
    try:
        return next(reader, None)
    except csv.Error:
        found.note("quotes", file, line)
        return None


def _read_text(file: Path, found: Mistakes) -> str:
    raw = read_bytes(file, found)
    try:
        return plain(raw or b"").data.decode()
    except Malformed as error:
        found.note("encoding", file.name, reason=error.said)
    except UnicodeDecodeError:
        found.note("not-utf-8", file.name)
    return ""
