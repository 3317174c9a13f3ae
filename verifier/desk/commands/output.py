"""Where a report goes: the terminal, JSON, an HTML page, a PDF to sign; and a kept report shown again."""

from __future__ import annotations

import sys
import traceback
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click
from rich.console import Console

from verifier.desk import program
from verifier.desk.commands.files import put
from verifier.desk.commands.speech import LANG, explained, spoken, warn
from verifier.desk.page.html import page
from verifier.desk.page.sheet import sheet
from verifier.desk.report import report as reports
from verifier.desk.report.terminal import show
from verifier.errors import Malformed
from verifier.proof import backend

if TYPE_CHECKING:
    from collections.abc import Callable

    from verifier.desk.report.report import Report

F = TypeVar("F", bound="Callable[..., Any]")
FILE = click.Path(dir_okay=False, path_type=Path)


class Outputs(NamedTuple):
    """Where the report of this run goes besides the terminal; `full` prints all of it."""

    as_json: bool
    full: bool
    html: Path | None
    pdf: Path | None


def outputs(command: F) -> F:
    """The options that say where a report goes; the command gets them as the fields of `Outputs`."""
    for option in (
        LANG,
        click.option(
            "--pdf",
            type=FILE,
            callback=_need_typst,
            help="Write the report and the manual sheet here as PDF, to be signed.",
        ),
        click.option("--html", type=FILE, callback=_look_ahead, help="Write the report here as one HTML file."),
        click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on standard output."),
        click.option("--full", is_flag=True, help="Print every clause, figure, time and fingerprint, too."),
    ):
        command = option(command)
    return command


def put_out(report: Report, to: Outputs) -> None:
    """Write the files that were asked for, then print the report."""
    language = spoken().language
    if to.html:
        put(to.html, lambda: page(report, language))
    if to.pdf:
        put(to.pdf, lambda: sheet(report, language))
    if to.as_json:
        sys.stdout.buffer.write(reports.encode(report))
        sys.stdout.flush()
        return
    try:
        show(report, Console(soft_wrap=False), language, full=to.full)
    except Exception:  # noqa: BLE001  a fault of this program's in telling a report is not one of the election
        traceback.print_exc()
        warn("put.output", reason=spoken()["ended.fault"])


def _need_typst(context: click.Context, option: click.Parameter, pdf: Path | None) -> Path | None:
    """Say before the audit, not after it, that a PDF cannot be made here."""
    if pdf is not None and find_spec("typst") is None:
        raise click.BadParameter(spoken()["asked.typst"])
    return _look_ahead(context, option, pdf)


def _look_ahead(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Say before the audit that there is no folder for a file; the audit is made all the same."""
    if path is not None and not path.parent.is_dir():
        warn("put.absent", path=path, folder=path.parent)
    return path


def environment(trust: bytes, options: str, executor: str = "") -> dict[str, str]:
    """What may differ between two runs over one archive: the program, its arithmetic, the sheet's file, the time."""
    shared = {"executor": executor} if executor else {}
    return {
        "version": version("aikyn"),
        "verifier": program.digest().hex(),
        "backend": backend.NAME,
        "threads": str(backend.threads()),
        **shared,
        "python": sys.version.split()[0],
        "trust": sha256(trust).hexdigest(),
        "options": options,
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }


@click.command("report")
@click.argument("file", metavar="REPORT.json", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@outputs
def report_(file: Path, **to: Any) -> None:  # noqa: ANN401  what `outputs` declares
    """Show a kept JSON report as page, as PDF or on the terminal.

    The language is the one you ask for. Nothing is checked again.
    """
    try:
        report = reports.decode(file.read_bytes())
    except Malformed as error:
        raise click.BadParameter(explained(error), param_hint="REPORT.json") from error
    put_out(report, Outputs(**to))
    sys.exit(report.exit)
