"""`aikyn-mix share`: second shares for those whose applications a commission has accepted (specs/keysheet.md §7)."""

from __future__ import annotations

import re
from pathlib import Path

import click

from mixnet.commands.ending import ending
from verifier.desk.commands.speech import LANG

CODE = re.compile(r"[A-Z0-9]{4,16}")
ENDING = ".share"


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--for", "accepted", multiple=True, required=True, metavar="CODE=APPLICATION", help="Repeat it for more voters."
)
@LANG
def share(folder: Path, accepted: tuple[str, ...]) -> None:
    """Draw the second share of each applicant's credential.

    It is kept in FOLDER/CODE.share for the voter of each APPLICATION. Prints a line for each: the code and the joint
    key, for the register. A share that is there already stays, and its line is printed again. Exit status 1: an
    application does not prove its key.
    """
    with ending():
        from mixnet.share import give
        from mixnet.speech import Trouble
        from verifier.client.application import VoterApplication
        from verifier.log.note import encode_base64

        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for pair in accepted:
            code, _, name = pair.partition("=")
            if not CODE.fullmatch(code) or not Path(name).is_file():
                raise Trouble("share.pair", pair=pair)
            key = give(folder / f"{code}{ENDING}", VoterApplication.decode(Path(name).read_bytes()))
            click.echo(f"{code} {encode_base64(key)}")
