"""`aikyn-verify evidence` and `refusal`: what a witness, a mirror, an auditor or a voter can show against a board."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from verifier.client.files import Directory
from verifier.desk.commands.options import FILE, TRUST, ending, read_sheet
from verifier.desk.report.language import visible
from verifier.log import evidence, refusal


@click.command("evidence")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@TRUST
def evidence_(folder: Path, sheet: Path) -> None:
    """Check evidence against a log: two checkpoints that it signed, and the proof that they contradict each other.

    Status 1: the log signed two histories. Status 2: this does not show it.
    """
    trust = read_sheet(sheet)
    with ending():
        found = evidence.decode(Directory(folder))
        evidence.check(found, trust.origin, trust.log_keys)


@click.command("refusal")
@click.argument("file", metavar="FILE", type=FILE)
@TRUST
@click.option("--record", type=FILE, help="The record or blob that was refused: say whether the refusal is about it.")
def refusal_(file: Path, sheet: Path, record: Path | None) -> None:
    """Check a refusal, the body of an answer that turned somebody away: whose word it is, and about what.

    It proves that the board said this at this time, not that the board was wrong. Status 1: the log's key has not
    signed it. Status 2: it is no refusal, or not about RECORD.
    """
    trust = read_sheet(sheet)
    with ending():
        said = refusal.decode(file.read_bytes())
        refusal.check(said, trust.origin, trust.log_keys)
        if record:
            refusal.check_refused(said, record.read_bytes())
        when = datetime.fromtimestamp(said.time, UTC).isoformat(" ")
        about, clause = said.refused or "a request that was not read", f", {said.clause}" if said.clause else ""
        click.echo(visible(f"SIGNED by {said.origin}: {about}"))
        click.echo(visible(f"refused {when} with {said.status} {said.code}{clause}: {said.detail}"))
