"""A report on the terminal: a screen that begins with the verdict, and above it the rest, if it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from verifier.desk.report.language import Quote, words
from verifier.desk.report.letters import visible
from verifier.desk.report.section import Case, ContestResult, Facts, Mark, Paragraph, Table, Tick
from verifier.desk.report.telling import tell, tell_briefly

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from verifier.audit.verdict import Status, Verdict
    from verifier.desk.report.language import Language, Words
    from verifier.desk.report.report import Report
    from verifier.desk.report.section import Account, Cell, Pairs, Piece, Section

STYLE: dict[Status, str] = {"PASS": "green", "FAIL": "bold red", "FINDING": "yellow", "SKIPPED": "cyan", "N-A": "dim"}
TONE: dict[Verdict, str] = {
    "accepted": "bold green",
    "accepted with findings": "bold yellow",
    "rejected": "bold red",
    "could not be checked": "bold cyan",
}
FULL = ("checks", "unchecked", "figures", "timetable", "timeline", "council", "fingerprints", "environment", "results")
LED = ("results", "papers", "findings", "namesakes")  # sections of which a screen shows what they are about
HALF = 8  # groups of digits on a line


def show(report: Report, console: Console, language: Language = "en", *, full: bool = False) -> None:
    """Print the report: on a screen, or `full`."""
    w = words(language)
    if full:
        whole = {section.id: section for section in tell(report, language).sections}
        for id in FULL:
            if id in whole:
                put_section(whole[id], console, w)
        console.print()
    account = tell_briefly(report, language)
    for piece in _head(account):
        console.print(piece)
    for section in account.sections:
        if not full or section.id not in FULL:
            put_section(section, console, w)


def _head(account: Account) -> list[Text]:
    word = f"{account.word} · {account.phase}" if account.phase else account.word
    notes = " ".join(note for note in account.notes if note)
    return [Text(word, TONE[account.verdict]), Text(account.sentence, "bold"), _text(account.election), _text(notes)]


def put_section(section: Section, console: Console, w: Words) -> None:
    """Print a section under its title."""
    console.print()
    if section.title:
        lead = f": {section.lead}" if section.id in LED else ""
        console.print(Text.assemble((section.title, "bold"), lead))
    for part in section.parts:
        for piece in _pieces(part, w, section.title):
            console.print(piece)


def _pieces(part: Piece, w: Words, title: str) -> list[RenderableType]:
    """What is printed of a part of the section so titled; a chart only repeats the table beside it."""
    pieces: list[RenderableType] = []
    match part:
        case Paragraph():
            pieces = [_text(part.text)]
        case Facts():
            pieces = [_pairs(part.pairs)]
        case Case():
            head = Text.assemble(_mark(part.mark), f" {part.id} ", visible(part.where), ": ", _cell(part.said))
            told = (part.text, f"{w['labels.means']}: {part.means}", f"{w['labels.do']}: {part.do}")
            pieces = [head, *(Padding(_text(text), (0, 0, 0, 4), expand=False) for text in told)]
        case Tick():
            pieces = [_text(f"{part.id} {part.text}"), *map(_text, _lines(part))]
        case ContestResult():
            facts = " · ".join(f"{name} {value}" for name, value in part.facts.pairs)
            pieces = [Text.assemble((visible(part.title), "bold"), f"  {facts}"), _grid(part.table), _text(part.note)]
        case Table():
            pieces = [*([] if part.caption in ("", title) else [Text(part.caption)]), _grid(part)]
    return pieces


def _lines(part: Tick) -> list[str]:
    lines = [f"  {name}: {value}" for name, value in part.pairs]
    for one in part.prints:
        lines.append(f"  {one.name}")
        lines += [f"    {' '.join(one.groups[start : start + HALF])}" for start in range(0, len(one.groups), HALF)]
    return lines


def _grid(table: Table) -> Grid:
    grid = Grid(box=None, pad_edge=False)
    for head, look in zip(table.heads, table.looks, strict=True):
        grid.add_column(head, justify="right" if look == "number" else "left", overflow="fold")
    for title, rows in table.groups:
        if title:
            grid.add_row(Text(visible(title), "dim"))
        for row in rows:
            grid.add_row(*map(_cell, row))
    return grid


def _cell(cell: Cell) -> Text:
    match cell:
        case Mark():
            return _mark(cell)
        case Quote():
            return Text(visible(cell.quoted), "dim")
    return Text(visible(cell))


def _mark(mark: Mark) -> Text:
    return Text(mark.word, STYLE[mark.status])


def _pairs(pairs: Pairs) -> Grid:
    grid = Grid(box=None, pad_edge=False, show_header=False)
    for _ in range(2):
        grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(Text(visible(name), "dim"), Text(visible(value)))
    return grid


def _text(text: str) -> Text:
    return Text(visible(text))
