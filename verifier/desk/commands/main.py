"""`aikyn-verify`: an auditor's and a voter's commands."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import msgspec

from verifier.desk import program
from verifier.desk.commands import single
from verifier.desk.commands.clauses import checks_, explain_
from verifier.desk.commands.evidence import evidence_, refusal_
from verifier.desk.commands.options import (
    BACKEND,
    BOARD,
    EVIDENCE,
    FOLDER,
    REJECTED,
    TRUST,
    Commands,
    ending,
    keep,
    read_sheet,
)
from verifier.desk.commands.output import Outputs, environment, outputs, put_out, report_
from verifier.desk.commands.plan import plan_
from verifier.desk.commands.sharing import shared, sharing
from verifier.desk.commands.site import site_
from verifier.desk.commands.speech import spoken
from verifier.desk.commands.visitor import Visitor
from verifier.desk.report.catalogue import BLOCKS

ASKED = [block.id for block in BLOCKS if block.by == "verifier" and block.id != "RCP"]


def _tell_version(context: click.Context, _param: click.Parameter, asked: bool) -> None:  # noqa: FBT001  click's
    if asked:
        click.echo(f"aikyn-verify, version {version('aikyn')}")
        if context.params["digest"]:
            click.echo(f"verifier {program.digest().hex()}")
        context.exit()
    if context.params["digest"]:
        raise click.UsageError("--digest goes with --version")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, callback=_tell_version, help="Show the version and exit.")
@click.option(
    "--digest",
    is_flag=True,
    is_eager=True,
    help="With --version: also show what the trust sheet's `verifier` line must say (MAN.8).",
)
def main(*, digest: bool) -> None:
    """Check an election's public record, trusting nobody.

    Exit status: 0 accepted; 1 rejected, a clause is proved false; 2 could not be checked, something is missing.
    """


for command in (report_, checks_, explain_, evidence_, refusal_, plan_, site_, *single.COMMANDS):
    main.add_command(command)


@main.command()
@BOARD
@TRUST
@BACKEND
@sharing
@outputs
@EVIDENCE
@click.option("--strict", is_flag=True, help="Findings make the exit status 1.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(ASKED, case_sensitive=False),
    help="Check only this block of clauses; may be repeated. The rest stays open, so the status is 1 or 2.",
)
@click.option(
    "--keep",
    type=FOLDER,
    help="Where to keep the copy of a board at a URL, and evidence: a later run goes on from it, and notices a fork.",
)
@click.option(
    "--resume",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file of your own that keeps what was passed: it is not checked again. Written when this audit passes.",
)
@click.option(
    "--watch",
    type=click.IntRange(min=1),
    metavar="SECONDS",
    help="Stay, and look again after so many seconds; Ctrl-C ends it.",
)
def election(board: str, sheet: Path, **options: Any) -> None:  # noqa: ANN401  the command's options
    """Verify a whole election, from a copy of the board or its URL.

    A copy is a directory or a zip file.
    """
    watch, only, resume, copy = (options[name] for name in ("watch", "only", "resume", "keep"))
    if copy and "://" not in board:
        raise click.UsageError(spoken()["asked.keep"])
    if watch and not copy:
        raise click.UsageError(spoken()["asked.watch"])
    if only and (watch or resume):
        raise click.UsageError(spoken()["asked.only"])
    to = Outputs(*(options[name] for name in Outputs._fields))
    visitor = Visitor(board, read_sheet(sheet), copy, frozenset(only), resume, quiet=to.as_json)
    trusted = sheet.read_bytes()
    given = [f"--{name}" for name in ("strict",) if options[name]] + [f"--only {block}" for block in only]
    with ending(), shared(options["executor"], options["executor_tls"]) as others:
        for report in visitor.visits(watch):
            keep(visitor.evidence, options["evidence"] or (copy / "evidence" if copy else None))
            run = environment(trusted, " ".join(given), str(others or ""))
            put_out(msgspec.structs.replace(report, environment=run), to)
    sys.exit(REJECTED if options["strict"] and report.findings and not report.exit else report.exit)
