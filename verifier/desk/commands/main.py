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
from verifier.desk.commands.visitor import Visitor
from verifier.desk.report import clauses
from verifier.desk.report.catalogue import BLOCKS, CATALOGUE, MANUAL
from verifier.desk.report.language import LANGUAGES, Language
from verifier.errors import Malformed

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


main.add_command(report_)
main.add_command(evidence_)
main.add_command(refusal_)
for command in single.COMMANDS:
    main.add_command(command)


@main.command()
@BOARD
@TRUST
@BACKEND
@outputs
@EVIDENCE
@click.option("--strict", is_flag=True, help="Findings make the exit status 1.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(ASKED, case_sensitive=False),
    help="Check only this block; may be repeated. The status is then 1 or 2: the rest is open.",
)
@click.option(
    "--keep",
    type=FOLDER,
    help="Where to keep the copy of a board at a URL, and evidence: a later run goes on from it, and notices a fork.",
)
@click.option(
    "--resume",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file of your own: what an earlier audit passed is not checked again. Written when this one passes.",
)
@click.option(
    "--watch", type=click.IntRange(min=1), metavar="SECONDS", help="Stay, and look again so often; Ctrl-C ends it."
)
def election(board: str, sheet: Path, **options: Any) -> None:  # noqa: ANN401  the command's options
    """Verify a whole election: a copy of the board (directory or zip file), or the board's URL."""
    watch, only, resume, copy = (options[name] for name in ("watch", "only", "resume", "keep"))
    if copy and "://" not in board:
        raise click.UsageError("--keep is for the copy of a board at a URL")
    if watch and not copy:
        raise click.UsageError("--watch follows a board at a URL, and needs --keep DIR for its copy")
    if only and (watch or resume):
        raise click.UsageError("--only checks too little to go on from: leave out --resume and --watch")
    to = Outputs(*(options[name] for name in Outputs._fields))
    visitor = Visitor(board, read_sheet(sheet), copy, frozenset(only), resume, quiet=to.as_json)
    given = [f"--{name}" for name in ("strict",) if options[name]] + [f"--only {block}" for block in only]
    with ending():
        for report in visitor.visits(watch):
            about = environment(sheet.read_bytes(), " ".join(given))
            put_out(msgspec.structs.replace(report, environment=about), to)
        keep(visitor.evidence, options["evidence"] or (copy / "evidence" if copy else None))
    sys.exit(REJECTED if options["strict"] and report.findings and not report.exit else report.exit)


@main.command()
def checks() -> None:
    """Print every clause that the verifier checks, and what the manual sheet asks of people."""
    for block in BLOCKS:
        click.echo(f"{block.id}  {block.title}. {block.about}")
        for clause in (each for each in CATALOGUE if each.id.startswith(f"{block.id}.")):
            click.echo(f"  {clause.id:7} {clause.category:13} {clause.text} ({clause.spec})")
        for item in (each for each in MANUAL if each.id.startswith(f"{block.id}.")):
            click.echo(f"  {item.id:7} {item.category:13} {item.text}")


@main.command()
@click.argument("id", metavar="CLAUSE")
@click.option("--lang", "language", type=click.Choice(LANGUAGES), default="en", help="Language of the answer.")
def explain(id: str, language: Language) -> None:
    """Say what a clause demands, what its failure means for the election, and what to do then."""
    try:
        said = clauses.explain(id.upper(), language)
    except Malformed as error:
        raise click.BadParameter(str(error), param_hint="CLAUSE") from error
    click.echo(f"{id.upper()}: {said.text}\n\n{said.means}\n\n{said.do}")
