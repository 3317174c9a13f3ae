"""`aikyn-verify`: an auditor's and a voter's commands."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Self

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from verifier import audit, backend, receipt, trust
from verifier.ballot import Ballot, Challenge
from verifier.catalogue import CATALOGUE
from verifier.desk.remote import Board, directory_reader, download
from verifier.desk.show import show
from verifier.election import CODEC, kind
from verifier.errors import Incomplete, Malformed, Rejected, VerifierError
from verifier.tree import hash_leaf

if TYPE_CHECKING:
    from collections.abc import Callable

    from verifier.report import Report
    from verifier.trust import TrustSheet

REJECTED, UNCHECKED = 1, 2
TRUST = click.option(
    "--trust",
    "sheet",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The trust sheet (keys, witnesses, digests, roots); compare it with the commission's by telephone.",
)
BACKEND = click.option(
    "--backend",
    type=click.Choice(["kernel", "libsodium"]),
    help="Whose arithmetic to use; by default the kernel where it is installed.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aikyn")
def main() -> None:
    """Check an election's public record, trusting nobody.

    Exit status: 0 accepted; 1 rejected, a clause is proved false; 2 could not be checked, something is missing.
    """


@main.command()
@click.argument("board", metavar="DIR_OR_URL")
@TRUST
@BACKEND
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on standard output.")
@click.option("--strict", is_flag=True, help="Findings make the exit status 1.")
@click.option(
    "--keep",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to keep the copy of a board at a URL; a later run goes on from it.",
)
def election(board: str, sheet: Path, backend: str | None, as_json: bool, strict: bool, keep: Path | None) -> None:  # noqa: FBT001  flags of a command
    """Verify a whole election: a directory with a copy of the board, or the board's URL."""
    _choose(backend)
    with _progress(quiet=as_json) as progress, tempfile.TemporaryDirectory() as scratch:
        directory = Path(board)
        if "://" in board:
            directory = keep or Path(scratch)
            _guard(lambda: download(Board(board), directory, progress))
        elif not directory.is_dir():
            raise click.BadParameter(f"{board} is neither a directory nor a URL", param_hint="DIR_OR_URL")
        report = audit.Audit(directory_reader(directory), _read_sheet(sheet), progress).run()
    report = msgspec.structs.replace(report, environment=_environment())
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    else:
        show(report, Console(soft_wrap=False))
    sys.exit(_exit(report, strict=strict))


@main.command("receipt")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE…", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@TRUST
@click.option(
    "--record",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The record of a receipt that does not carry it.",
)
def receipt_(files: tuple[Path, ...], sheet: Path, record: Path | None) -> None:
    """Verify receipts: the board has promised, before the witnesses, to keep these records."""
    if record and len(files) > 1:
        raise click.BadParameter("goes with one receipt", param_hint="--record")
    trusted = _read_sheet(sheet)
    worst = 0 if trusted.witnesses else UNCHECKED
    for file in files:
        try:
            click.echo(f"{file.name}: {_check_receipt(file, record, trusted)}")
        except VerifierError as error:
            worst = max(worst, _say(error, f"{file.name}: "), key=(0, UNCHECKED, REJECTED).index)
    if not worst:
        click.echo(
            "ON THE BOARD: all of these are part of the log that everyone sees. This does not show how anyone voted."
        )
    elif not trusted.witnesses:
        click.echo("COULD NOT BE CHECKED: the trust sheet has no quorum of witnesses", err=True)
    sys.exit(worst)


def _check_receipt(file: Path, record: Path | None, trusted: TrustSheet) -> str:
    read = receipt.decode(file.read_bytes())
    raw = record.read_bytes() if record else read.extra
    if not raw:
        raise Incomplete("the receipt does not carry its record: give it with --record")
    held = CODEC.decode(raw)
    cosignatures = receipt.check(read, hash_leaf(raw), trusted.origin, trusted.log_keys, trusted.witnesses)
    said = f"record {read.index}, a {kind(held)}, {len(cosignatures)} witnesses"
    if isinstance(held, Ballot | Challenge) and trusted.manifest:
        said += f", tracker {held.sealed.tracker(trusted.manifest).hex()}"
    return said


@main.command()
def checks() -> None:
    """Print every clause that the verifier checks."""
    for clause in CATALOGUE:
        click.echo(f"{clause.id:7} {clause.category:13} {clause.text} ({clause.spec})")


def _read_sheet(sheet: Path) -> TrustSheet:
    try:
        return trust.decode(sheet.read_bytes())
    except VerifierError as error:
        _fail(error)


def _choose(name: str | None) -> None:
    if name is not None:
        try:
            backend.choose(name)  # type: ignore[arg-type]
        except ImportError as error:
            raise click.BadParameter(f"{name} is not installed here", param_hint="--backend") from error


def _environment() -> dict[str, str]:
    from importlib.metadata import version

    return {"version": version("aikyn"), "backend": backend.NAME, "python": sys.version.split()[0]}


def _exit(report: Report, *, strict: bool) -> int:
    return REJECTED if strict and report.findings and not report.exit else report.exit


def _guard(work: Callable[[], None]) -> None:
    try:
        work()
    except VerifierError as error:
        _fail(error)
    except OSError as error:
        click.echo(f"COULD NOT BE CHECKED: {error}", err=True)
        sys.exit(UNCHECKED)


def _say(error: VerifierError, before: str = "") -> int:
    """Print an error; the exit status it makes."""
    word = {Rejected: "REJECTED", Malformed: "NOT WELL FORMED"}.get(type(error), "COULD NOT BE CHECKED")
    click.echo(f"{before}{word}: {error}", err=True)
    return REJECTED if isinstance(error, Rejected) else UNCHECKED


def _fail(error: VerifierError) -> NoReturn:
    sys.exit(_say(error))


class _progress:  # noqa: N801  used as a function
    """Progress bars on standard error, called as audit.Progress."""

    def __init__(self, *, quiet: bool) -> None:
        console = Console(stderr=True, quiet=quiet or not sys.stderr.isatty())
        self._bars = Progress(
            TextColumn("{task.description:10}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total)
        self._bars.update(self._tasks[stage], completed=done, total=total)  # type: ignore[arg-type]
