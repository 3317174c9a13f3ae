"""`aikyn-verify evidence`: what a witness, a mirror or another auditor kept against a log."""

from __future__ import annotations

from pathlib import Path

import click

from verifier import evidence
from verifier.desk.options import TRUST, ending, read_sheet
from verifier.desk.remote import directory_reader


@click.command("evidence")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@TRUST
def evidence_(folder: Path, sheet: Path) -> None:
    """Check evidence against a log: two checkpoints that it signed, and the proof that they contradict each other.

    Status 1: the log signed two histories. Status 2: this does not show it.
    """
    trust = read_sheet(sheet)
    with ending():
        found = evidence.decode(directory_reader(folder))
        evidence.check(found, trust.origin, trust.log_keys)
