"""A report on the terminal: the table of checks, the figures, the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from verifier.report import Report, Status

STYLE: dict[Status, str] = {"PASS": "green", "FAIL": "bold red", "FINDING": "yellow", "SKIPPED": "cyan", "N-A": "dim"}
MOST = 20  # failures that are listed one by one


def show(report: Report, console: Console) -> None:
    """Print the report; the last line is the verdict."""
    console.print(_checks(report))
    if report.figures:
        console.print(_figures(report))
    for result in report.results:
        console.print(f"{result.contest}: {result.counted:,} counted, {result.invalid:,} invalid", highlight=False)
        console.print(_result(result.votes))
    for title, lines in (("FAIL", report.failures), ("FINDING", report.findings), ("MISSING", report.incomplete)):
        for line in lines[:MOST]:
            console.print(
                f"{title} {line.id} {line.where}: {line.detail}".replace("  ", " "), markup=False, highlight=False
            )
        if len(lines) > MOST:
            console.print(f"… and {len(lines) - MOST} more")
    if report.consequence:
        console.print(report.consequence)
    for name, value in report.fingerprints.items():
        console.print(f"{name:13} {value}", markup=False, highlight=False)
    for name, value in report.environment.items():
        console.print(f"{name:13} {value}", markup=False, highlight=False, style="dim")
    console.print(verdict(report), style="bold", highlight=False)


def verdict(report: Report) -> str:
    """One sentence."""
    match report.verdict:
        case "rejected":
            first = report.failures[0]
            return f"REJECTED: {first.id} at {first.where}: {first.detail}"
        case "could not be checked":
            said = [f"{line.where}: {line.detail}" for line in report.incomplete]
            said += [f"{check.id} skipped, {check.detail}" for check in report.checks if check.status == "SKIPPED"]
            return f"COULD NOT BE CHECKED: {'; '.join(said)}"
        case "accepted with findings":
            return f"ACCEPTED with {len(report.findings)} findings: {report.election}, {report.phase}"
    return f"ACCEPTED: {report.election}, {report.phase}; every check was made"


def _checks(report: Report) -> Table:
    table = Table(box=None, pad_edge=False)
    for name, justify in (("clause", "left"), ("", "left"), ("count", "right"), ("what holds", "left")):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for check in report.checks:
        count = f"{check.count:,}" if check.count else ""
        what = check.text if not check.detail else f"{check.text} ({check.detail})"
        table.add_row(check.id, Text(check.status, STYLE[check.status]), count, what)
    return table


def _figures(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    names = list(report.figures.items())
    for start in range(0, len(names), 3):
        cells = [cell for name, value in names[start : start + 3] for cell in (name, f"{value:,}   ")]
        table.add_row(*cells)
    return table


def _result(votes: dict[str, int]) -> Table:
    table = Table(box=None, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for option, count in votes.items():
        table.add_row(f"  {option}", f"{count:,}")
    return table
