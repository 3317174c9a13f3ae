"""Where a report goes: the terminal, JSON, an HTML page, a PDF to sign; and a kept report put out again."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click
from rich.console import Console

from verifier.desk import program
from verifier.desk.page.html import page
from verifier.desk.page.sheet import sheet
from verifier.desk.report import report as reports
from verifier.desk.report.language import LANGUAGES, Language
from verifier.desk.report.terminal import show
from verifier.errors import Malformed
from verifier.proof import backend

if TYPE_CHECKING:
    from collections.abc import Callable

    from verifier.desk.report.report import Report

F = TypeVar("F", bound="Callable[..., Any]")
FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


class Outputs(NamedTuple):
    """Where the report of this run goes besides the terminal, and in which language."""

    as_json: bool
    html: Path | None
    pdf: Path | None
    language: Language


def outputs(command: F) -> F:
    """The options that say where a report goes; the command gets them as `as_json`, `html`, `pdf`, `language`."""
    for option in (
        click.option("--lang", "language", type=click.Choice(LANGUAGES), default="en", help="Language of the report."),
        click.option("--pdf", type=FILE, callback=_need_typst, help="Write the check sheet to sign here, as PDF."),
        click.option("--html", type=FILE, help="Write the report here as one HTML file."),
        click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on standard output."),
    ):
        command = option(command)
    return command


def put_out(report: Report, to: Outputs) -> None:
    """Print the report, then write the files that were asked for."""
    if to.as_json:
        sys.stdout.buffer.write(reports.encode(report))
    else:
        show(report, Console(soft_wrap=False), to.language)
    if to.html:
        to.html.write_bytes(page(report, to.language))
    if to.pdf:
        to.pdf.write_bytes(sheet(report, to.language))


def _need_typst(_context: click.Context, _option: click.Parameter, pdf: Path | None) -> Path | None:
    """Say before the audit, not after it, that a PDF cannot be made here."""
    if pdf is not None and find_spec("typst") is None:
        raise click.BadParameter("a PDF needs typst, which is not installed: pip install 'aikyn[pdf]'")
    return pdf


def environment(trust: bytes, options: str) -> dict[str, str]:
    """What may differ between two runs over one archive: the program, its arithmetic, the sheet's file, the time."""
    return {
        "version": version("aikyn"),
        "verifier": program.digest().hex(),
        "backend": backend.NAME,
        "threads": str(backend.threads()),
        "python": sys.version.split()[0],
        "trust": sha256(trust).hexdigest(),
        "options": options,
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }


@click.command("report")
@click.argument("file", metavar="REPORT.json", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@outputs
def report_(file: Path, **to: Any) -> None:  # noqa: ANN401  what `outputs` declares
    """Put out a kept JSON report as page, PDF or on the terminal, in any language; nothing is checked again."""
    try:
        report = reports.decode(file.read_bytes())
    except Malformed as error:
        raise click.BadParameter(str(error), param_hint="REPORT.json") from error
    put_out(report, Outputs(**to))
    sys.exit(report.exit)
