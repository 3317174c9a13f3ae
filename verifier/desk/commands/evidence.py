"""`aikyn-verify evidence` and `refusal`: what a witness, a mirror, an auditor or a voter can show against a board."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from verifier.client.files import Directory
from verifier.client.refusal import compare
from verifier.desk.commands.options import FILE, TRUST, ending, read_sheet
from verifier.desk.commands.speech import LANG, spoken, tell
from verifier.log import evidence, refusal


@click.command("evidence")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@TRUST
@LANG
def evidence_(folder: Path, sheet: Path) -> None:
    """Check evidence that a log signed two histories.

    DIR is a folder that --evidence wrote: two checkpoints and, where one is needed, the proof that they contradict each
    other. Status 1: the log signed two histories. Status 2: this does not show it.
    """
    trust = read_sheet(sheet)
    with ending():
        found = evidence.decode(Directory(folder))
        evidence.check(found, trust.origin, trust.log_keys)


@click.command("refusal")
@click.argument("file", metavar="FILE", type=FILE)
@TRUST
@click.option("--record", type=FILE, help="The record or blob that was refused: say whether the refusal is about it.")
@LANG
def refusal_(file: Path, sheet: Path, record: Path | None) -> None:
    """Check a refusal: whose word it is, and about what.

    A refusal is the body of the answer with which a board turned somebody away. It proves that the board said this at
    this time, not that the board was wrong. Status 1: the log's key has not signed it. Status 2: it is no refusal, or
    not about RECORD.
    """
    trust = read_sheet(sheet)
    with ending():
        said = refusal.decode(file.read_bytes())
        refusal.check(said, trust.origin, trust.log_keys)
        if record:
            compare(said, record.read_bytes())
        w = spoken()
        when = f"{datetime.fromtimestamp(said.time, UTC):%Y-%m-%d %H:%M:%S} UTC"
        kind, _, digest = said.refused.partition(" ")
        about = f"{w.name('refused', kind)} {digest}" if said.refused else w["refused.unread"]
        code = ", ".join(filter(None, (f"{said.status} {said.code}", said.clause)))
        tell("refused.signed", origin=said.origin, about=about)
        tell("refused.when", time=when, code=code, said=said.detail)
