"""A report on the terminal; the last line is the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from verifier.desk.report.language import Language, visible
from verifier.desk.report.section import Case, Contest, Facts, Mark, Note, Table, Tick
from verifier.desk.report.telling import tell

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from verifier.audit.verdict import Status, Verdict
    from verifier.desk.report.report import Report
    from verifier.desk.report.section import Look, Pairs, Part

STYLE: dict[Status, str] = {"PASS": "green", "FAIL": "bold red", "FINDING": "yellow", "SKIPPED": "cyan", "N-A": "dim"}
TONE: dict[Verdict, str] = {
    "accepted": "bold green",
    "accepted with findings": "bold yellow",
    "rejected": "bold red",
    "could not be checked": "bold cyan",
}
# What one looks for first stands last, above the verdict.
ORDER = ("checks", "figures", "timeline", "fingerprints", "environment", "results", "findings", "missing", "failures")
HALF = 8  # groups of digits on a line


def show(report: Report, console: Console, language: Language = "en") -> None:
    """Print the report."""
    account = tell(report, language)
    sections = {section.id: section for section in account.sections}
    for section in (sections[id] for id in ORDER if id in sections):
        console.print(Text(f"\n{section.title}", "bold"))
        for part in section.parts:
            for piece in _pieces(part):
                console.print(piece)
    console.print(Text(f"\n{visible(account.election)}"))
    console.print(Text(f"{account.word}. {account.sentence}", TONE[account.verdict]))


def _pieces(part: Part) -> list[RenderableType]:
    """What is printed of a part; a chart only repeats the table beside it."""
    pieces: list[RenderableType] = []
    match part:
        case Note():
            pieces = [_text(part.text)]
        case Facts():
            pieces = [_pairs(part.pairs)]
        case Case():
            head = Text.assemble(_mark(part.mark), f" {part.id} ", visible(part.where), ": ", visible(part.said))
            pieces = [head, *(Padding(_text(text), (0, 0, 0, 4)) for text in (part.text, part.means, part.do))]
        case Tick():
            pieces = [_text(f"{part.id} {part.text}"), *map(_text, _lines(part))]
        case Contest():
            pieces = [_text(part.title), Padding(_pairs(part.facts.pairs), (0, 0, 0, 2)), _grid(part.table)]
        case Table():
            pieces = [_grid(part)]
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
    for _, rows in table.groups:
        for row in rows:
            grid.add_row(*(_cell(cell, look) for cell, look in zip(row, table.looks, strict=True)))
    return grid


def _cell(cell: str | Mark, look: Look) -> Text:
    return _mark(cell) if isinstance(cell, Mark) else Text(visible(cell), "dim" if look == "foreign" else "")


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
