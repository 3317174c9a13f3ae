"""A table as spreadsheets write it: whatever the encoding and the delimiter, cells by column (specs/desk.md §1.2)."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from bulletin.office.mistake import Mistakes
from bulletin.office.spelling import is_mixed, mend_id, mend_name
from bulletin.office.wording import speak
from verifier.client.text import plain
from verifier.commission.roster import LEVELS
from verifier.desk.report.language import LANGUAGES, Language
from verifier.desk.report.letters import is_inkless, skeleton, visible
from verifier.errors import Malformed

DELIMITERS = (";", ",", "\t")
MOST_LETTERS = 1_000  # of a cell
SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how files of Excel and LibreOffice begin
ID, CODE = re.compile(r"[a-z0-9-]{1,40}"), re.compile(r"[A-Z0-9]{4,16}")
SEATS = ("chair", "secretary", "member")
HOLDERS = ("trustee", "mixer", "witness", "mirror", "operator", "log")
WINDOWS = "cp1251"  # in what else than UTF-8 a table may be
REMARK = "#"  # a row that begins so is for people
LOST = re.compile(r"[\u0400-\u04ff]\?|\?[\u0400-\u04ff]")  # where a program wrote ? for a letter


class Column(NamedTuple):
    """A column's kind of text, and whether each of its cells must be filled; a name says in which language it is."""

    kind: Literal["id", "code", "name", "number", "choice", "bare"] = "bare"
    filled: bool = True
    language: Language = "ru"
    choices: tuple[str, ...] = ()


SPOKEN: tuple[Language, ...] = ("ky", "ru", "en")  # in the order of the ballot
NAMES = {f"name_{language}": Column("name", language=language) for language in SPOKEN}
TABLES: dict[str, Mapping[str, Column]] = {
    "candidates": {"contest": Column("id"), "id": Column("id"), **NAMES},
    "commissions": {
        "id": Column("id"),
        "level": Column("choice", choices=LEVELS),
        "above": Column("id", filled=False),
        "quorum": Column("number"),
        **NAMES,
    },
    "units": {
        "id": Column("id"),
        "level": Column("choice", choices=LEVELS),
        "above": Column("id", filled=False),
        "contests": Column(filled=False),
        "members": Column("number"),
        "quorum": Column("number"),
        "electronic": Column(filled=False),
        "ahead": Column("number", filled=False),
        "behind": Column("number", filled=False),
        **NAMES,
    },
    "members": {
        "commission": Column("id"),
        "id": Column("id"),
        "role": Column("choice", choices=SEATS),
        "name": Column("name"),
        "certificate": Column(),
    },
    "holders": {
        "role": Column("choice", choices=HOLDERS),
        "id": Column("id"),
        "name": Column("name"),
        "address": Column(filled=False),
        "groups": Column(filled=False),
    },
    "register": {
        "commission": Column("id"),
        "code": Column("code"),
        "style": Column("id", filled=False),
        "key": Column(),
        "groups": Column(filled=False),
    },
    "applications": {"code": Column("code"), "application": Column(), "key": Column()},
}


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: the line where it begins, from 1, and what stands in each column; a cell that is missing is ""."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


def read(path: Path, name: str, found: Mistakes) -> list[TableRow]:
    """The rows of one of `TABLES`, their cells mended; rows with a mistake are said and left out."""
    said = Mistakes()
    entries = list(_read(path, name, said))
    if not entries and not said.grave:
        said.note("no-rows", path.name)
    found.extend(said)
    return entries


class Layout(NamedTuple):
    """A table before its cells are judged: what divides them, its columns, "" for one without a heading, and its rows.

    Each row comes with the line where it begins.
    """

    delimiter: str
    heading: list[str]
    columns: list[str]
    rows: Iterator[tuple[int, list[str]]]


def _read(path: Path, name: str, found: Mistakes) -> Iterator[TableRow]:
    laid = lay_out(path, name, found)
    if laid is not None:
        yield from _entries(path.name, TABLES[name], laid.columns, laid.rows, found)


def lay_out(path: Path, name: str, found: Mistakes) -> Layout | None:
    """The table of this name as it is written; None if its columns cannot be told, which is said."""
    text = _read_text(path, found)
    if text is None:
        return None
    text, skipped = _skip_hint(text)
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=lambda mark: sum(bool(_column(name, cell)) for cell in first.split(mark)))
    rows = _rows(text, delimiter, skipped, path.name, found)
    _, heading = next(rows, (0, []))
    columns = _read_heading(path.name, name, heading, found)
    return Layout(delimiter, heading, columns, rows) if columns else None


def read_bytes(path: Path, found: Mistakes) -> bytes | None:
    """A file's bytes; None if it is missing or empty, which is said."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        found.note("missing-file", path.name)
        return None
    except OSError as error:
        found.note("unreadable-file", path.name, reason=error.strerror or "")
        return None
    if not raw.strip():
        found.note("empty-file", path.name)
        return None
    return raw


def _read_text(path: Path, found: Mistakes) -> str | None:
    raw = read_bytes(path, found)
    if raw is None:
        return None
    if raw.startswith(SPREADSHEETS):
        found.note("spreadsheet", path.name)
        return None
    try:
        data = plain(raw).data
    except Malformed as error:
        found.note("encoding", path.name, reason=error.said)
        return None
    text = decode(path.name, data, found)
    if text is None:
        return None
    if "\0" in text:
        found.note("nul", path.name, text.count("\n", 0, text.index("\0")) + 1)
        return None
    return text


def decode(file: str, data: bytes, found: Mistakes) -> str | None:
    """UTF-8, or else the code page of Windows, which lacks three Kyrgyz letters: programs write ? for them."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode(WINDOWS)
    except UnicodeDecodeError:
        found.note("unknown-encoding", file)
        return None
    for number, line in enumerate(text.split("\n"), 1):
        if LOST.search(line):
            found.note("lost-letters", file, number)
    return text


def _skip_hint(text: str) -> tuple[str, int]:
    """Excel may write `sep=;` before the heading."""
    first, _, rest = text.partition("\n")
    return (rest, 1) if re.fullmatch(r"sep=.\s*", first) else (text, 0)


def _rows(text: str, delimiter: str, skipped: int, file: str, found: Mistakes) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the line where it begins; a quoted cell may have several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            found.note("quotes", file, line + skipped)
            return
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield line + skipped, row
        line = reader.line_num + 1


def _read_heading(file: str, name: str, cells: list[str], found: Mistakes) -> list[str]:
    """The columns in the file's order, "" for one without a heading; nothing if they cannot be used."""
    columns = [_column(name, cell) for cell in cells]
    shown = ", ".join(TABLES[name])
    if not any(columns):
        found.note("no-heading", file, 1, columns=shown)
        return []
    for cell, column in zip(cells, columns, strict=True):
        if not column and cell.strip():
            found.note("unknown-column", file, 1, column=visible(cell.strip())[:60], columns=shown)
    doubled = [column for column in TABLES[name] if columns.count(column) > 1]
    missing = [column for column, kind in TABLES[name].items() if kind.filled and column not in columns]
    for kind, wrong in (("doubled-column", doubled), ("missing-column", missing)):
        for column in wrong:
            found.note(kind, file, 1, column=column)
    return [] if doubled or missing else columns


def _entries(
    file: str, kinds: Mapping[str, Column], columns: list[str], rows: Iterator[tuple[int, list[str]]], found: Mistakes
) -> Iterator[TableRow]:
    width = len(columns)
    while width and not columns[width - 1]:
        width -= 1
    for line, row in rows:
        if row[0].lstrip().startswith(REMARK):
            continue
        if len(row) < width or any(cell.strip() for cell in row[width:]):
            found.note("ragged", file, line, cells=len(row), columns=width)
            continue
        before = len(found)
        cells = dict.fromkeys(kinds, "")
        for column, cell in zip(columns, row, strict=False):
            if column:
                cells[column] = _read_cell(file, line, column, kinds[column], cell, found)
        if not any(mistake.severity == "mistake" for mistake in found[before:]):
            yield TableRow(line, cells)


def _read_cell(file: str, line: int, name: str, column: Column, raw: str, found: Mistakes) -> str:
    """A cell as it was meant; what cannot be is said."""
    cell = " ".join(raw.split())
    if not cell:
        if column.filled:
            found.note("missing-translation" if name in NAMES else "empty-cell", file, line, column=name)
        return ""
    if len(cell) > MOST_LETTERS:
        found.note("long-cell", file, line, column=name, most=MOST_LETTERS)
        return ""
    if not cell.isprintable() or (not cell.isascii() and any(map(is_inkless, cell))):
        found.note("invisible", file, line, column=name, cell=visible(cell))
        return ""
    read = _READERS.get(column.kind)
    return read(file, line, name, column, cell, found) if read else cell


def _read_id(file: str, line: int, name: str, _column: Column, cell: str, found: Mistakes) -> str:
    id = mend_id(cell)
    if not ID.fullmatch(id):
        found.note("capital-id" if ID.fullmatch(id.lower()) else "id-form", file, line, column=name, cell=cell)
    elif id != cell:
        found.note("mended", file, line, column=name, cell=cell, mended=id)
    return id


def _read_code(file: str, line: int, name: str, _column: Column, cell: str, found: Mistakes) -> str:
    code = mend_id(cell)
    if not CODE.fullmatch(code):
        found.note("code-form", file, line, cell=cell)
    elif code != cell:
        found.note("mended", file, line, column=name, cell=cell, mended=code)
    return code


def _read_name(file: str, line: int, name: str, column: Column, cell: str, found: Mistakes) -> str:
    composed = unicodedata.normalize("NFC", cell)
    mended = mend_name(composed, column.language)
    if is_mixed(mended):
        found.note("mixed-letters", file, line, column=name, cell=cell)
    elif mended != composed:
        found.note("mended", file, line, column=name, cell=cell, mended=mended)
    return mended


def _read_number(file: str, line: int, name: str, _column: Column, cell: str, found: Mistakes) -> str:
    if not re.fullmatch(r"[0-9]{1,9}", cell):
        found.note("no-number", file, line, column=name, cell=cell)
    return cell


def _read_choice(file: str, line: int, name: str, column: Column, cell: str, found: Mistakes) -> str:
    """One of the words for a role or a level, in any of the languages."""
    choice = _meanings(name).get(skeleton(cell), "")
    if choice not in column.choices:
        found.note("unknown-word", file, line, column=name, cell=cell, known=", ".join(column.choices))
    return choice


_READERS = {"id": _read_id, "code": _read_code, "name": _read_name, "number": _read_number, "choice": _read_choice}


def _column(table: str, cell: str) -> str:
    """Which column of a table a heading names, "" if none."""
    column = _meanings("columns").get(skeleton(cell.strip().strip('"').replace("_", " ")), "")
    return column if column in TABLES[table] else ""


@cache
def _meanings(section: str) -> dict[str, str]:
    """By what people see of each word that the section of words/tables.*.toml has, in any language: what it means."""
    meanings: dict[str, str] = {}
    for language in LANGUAGES:
        for meaning, names in speak(language).names(section).items():
            meanings |= {skeleton(each.replace("_", " ")): meaning for each in [meaning, *names.split("|")]}
    return meanings
