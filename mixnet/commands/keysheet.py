"""`aikyn-mix voter key`, `apply` and `practice`: key sheets, and what is made of them (specs/keysheet.md)."""

from __future__ import annotations

from pathlib import Path

import click

from mixnet.commands.ending import ending
from verifier.desk.commands.speech import LANG

FILE = click.Path(dir_okay=False, path_type=Path)
HERE = click.Path(dir_okay=False, exists=True, path_type=Path)


@click.command()
@click.argument("file", type=FILE)
@click.option("--election", metavar="ID", help="The election's id, as its trust sheet and manifest have it.")
@click.option("--restore", is_flag=True, help="From the three lines of a key sheet, which are asked for.")
@click.option("--sheet", is_flag=True, help="Print the key sheet of a FILE that exists.")
@click.option("--card", type=FILE, help="Also write the key card that the commission asks for.")
@LANG
def key(file: Path, election: str | None, card: Path | None, *, restore: bool, sheet: bool) -> None:
    """Make a key sheet, keep it in FILE, and print the public line of its key.

    The sheet has three lines of digits: write them down. The public line has the key and six groups, which you read to
    the commission by telephone. If FILE exists, its public line is printed again.
    """
    with ending():
        from mixnet import credential
        from mixnet.speech import said
        from verifier.client.card import Card

        made = not file.exists()
        if made:
            _make(file, election, restore=restore)
        elif restore:
            raise FileExistsError(17, said("key.there"), str(file))
        own = credential.load_own(file)
        _compare(file, own.election, election)
        handed = Card.of("voter", own.credential.key)
        if card is not None:
            card.write_bytes(handed.encode())
        click.echo(f"{handed.key} {handed.groups}")
        if made:
            click.echo(said("key.made", file=file), err=True)
        if sheet or (made and not restore):
            for number, line in enumerate(credential.spell(file), 1):
                click.echo(
                    said("key.line", number=number, digits=" ".join((line[:5], line[5:10], line[10:]))), err=True
                )
        click.echo(said("key.read", groups=handed.groups), err=True)


@click.command()
@click.argument("file", type=FILE)
@click.option("--credential", "kept", required=True, type=FILE, help="The file that `voter key` made.")
@click.option("--trust", "trusted", type=HERE, help="The trust sheet: the application then names its manifest.")
@click.option("--commission", metavar="ID", default="", help="The commission's id, if it asks for it.")
@click.option("--style", metavar="ID", default="", help="The ballot style's id, if the commission asks for it.")
@click.option("--words", default="", help="What the commission wants to know of you, such as your name: one line.")
@LANG
def apply(file: Path, kept: Path, trusted: Path | None, commission: str, style: str, words: str) -> None:
    """Write an application for the electronic voting to FILE, with a proof that the key is yours.

    Hand FILE in. It holds no secret.
    """
    with ending():
        from mixnet import credential
        from mixnet.speech import Trouble, said
        from verifier.audit import trust
        from verifier.client import text
        from verifier.client.application import VoterApplication
        from verifier.errors import Malformed

        own = credential.load_own(kept)
        manifest = trust.decode(text.read(trusted)).manifest if trusted else None
        asked = VoterApplication(own.election, manifest or b"", commission, style, " ".join(words.split()))
        raw = own.credential.apply(asked).encode()
        try:
            VoterApplication.decode(raw)
        except Malformed as error:
            raise Trouble("apply.unfit", why=error.detail) from error
        with file.open("xb") as written:
            written.write(raw)
        click.echo(said("apply.written", file=file))


@click.command()
@click.argument("election")
@click.option("--keys", type=click.IntRange(min=1), default=500, show_default=True, help="How many.")
@LANG
def practice(election: str, keys: int) -> None:
    """Print the voters of a practice election, with code and public key.

    ELECTION is its id, which begins with practice-. Everybody can work these keys out: the ballot page hands them to
    whoever wants to practise.
    """
    with ending():
        from mixnet import keysheet
        from mixnet import practice as rule
        from mixnet.ballot import Credential
        from mixnet.speech import Trouble
        from verifier.log.note import encode_base64

        if not election.startswith(rule.PREFIX):
            raise Trouble("practice.other", election=election)
        if keys > rule.MOST:
            raise click.BadParameter(f"{rule.MOST} at most", param_hint="--keys")
        for number in range(1, keys + 1):
            own = Credential(keysheet.derive(election, rule.seed_of(election, number)))
            click.echo(f"{rule.code_of(number)} {encode_base64(own.key)}")


def _make(file: Path, election: str | None, *, restore: bool) -> None:
    from mixnet import credential
    from mixnet.speech import Trouble

    if election is None or not credential.ID.fullmatch(election.encode()):
        raise Trouble("key.election")
    credential.make(file, election, _ask() if restore else None)


def _ask() -> bytearray:
    """The seed of the sheet that is typed: line by line, or all of it at once."""
    from mixnet import keysheet
    from mixnet.speech import Trouble, said

    lines: list[str] = []
    while len(lines) < keysheet.LINES:
        number = len(lines) + 1
        typed = click.prompt(said("key.ask", number=number), err=True)
        try:
            if number == 1 and sum(map(str.isdecimal, typed)) > keysheet.LINE + 1:
                return keysheet.read(typed)
            lines.append(keysheet.read_line(number, typed))
        except keysheet.Mistyped as error:
            for slip in error.slips:
                click.echo(said(f"slip.{slip.kind}", line=slip.line or "–"), err=True)
    try:
        return keysheet.read("\n".join(lines))
    except keysheet.Mistyped as error:
        raise Trouble("slip.large", line="–") from error


def _compare(file: Path, own: str, election: str | None) -> None:
    from mixnet.speech import Trouble

    if election not in {None, own}:
        raise Trouble("key.elsewhere", file=file, election=own)
