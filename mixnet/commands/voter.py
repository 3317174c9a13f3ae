"""`aikyn-mix voter`: voting from a credential's file, for people who trust no page, and for rehearsals."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from verifier.desk.commands.speech import LANG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mixnet.commands.booth import Booth, Polling

F = TypeVar("F", bound="Callable[..., Any]")
REFUSED, UNABLE = 1, 2
FILE = click.Path(dir_okay=False, path_type=Path)
CARD = click.option("--card", type=FILE, help="Also write the key card that the commission asks for.")
CONTEST = click.option("--contest", help="The contest's id, if there are several on your ballot.")
CHOOSE = click.option("--choose", help="Numbers of your options with commas between, as `show` gives them.")
BLANK = click.option("--blank", is_flag=True, help="Leave the ballot blank.")


def _board(command: F) -> F:
    """The options of commands that ask a board."""
    for option in (
        click.option("--credential", "file", required=True, type=FILE, help="The file that `voter key` made."),
        click.option("--board", "url", required=True, metavar="URL", help="Where the board is."),
        click.option("--trust", "sheet", required=True, type=FILE, help="The trust sheet, compared by telephone."),
        click.option(
            "--receipts",
            type=click.Path(file_okay=False, path_type=Path),
            help="Where receipts are kept; in <credential>.kept unless told.",
        ),
        click.option(
            "--wait",
            type=click.FloatRange(min=0),
            default=25.0,
            show_default=True,
            metavar="SECONDS",
            help="How long to wait for the witnesses.",
        ),
        LANG,
    ):
        command = option(command)
    return command


@click.group()
def voter() -> None:
    """Vote from a credential's file, without a page.

    Before every act the whole log is fetched and verified against your own trust sheet. A ballot that was signed is
    written down before it is sent. After a crash run any of these commands again: it is sent as it was signed.

    Exit status: 0 done, 1 proved false or refused by the board, 2 unable.
    """


@voter.command()
@click.argument("file", type=FILE)
@CARD
@LANG
def key(file: Path, card: Path | None) -> None:
    """Make a credential in FILE and print its public line for the register.

    The line has the public key and six groups, which you read to the commission by telephone. If FILE exists, its line
    is printed again.
    """
    with _ending():
        from mixnet import credential
        from mixnet.speech import said
        from verifier.client.card import Card

        made = not file.exists()
        if made:
            credential.make(file)
        handed = Card.of("voter", credential.load(file).key)
        if card is not None:
            card.write_bytes(handed.encode())
        click.echo(f"{handed.key} {handed.groups}")
        if made:
            click.echo(said("key.made", file=file), err=True)
        click.echo(said("key.read", groups=handed.groups), err=True)


@voter.command()
@_board
def show(**where: object) -> None:
    """Show the contests on your ballot, with the numbers of their options."""
    with _ending():
        _enter(where).show()


@voter.command()
@_board
@CONTEST
@CHOOSE
@BLANK
def cast(contest: str | None, choose: str | None, *, blank: bool, **where: object) -> None:
    """Seal your choice and cast it.

    The last ballot that you cast counts: to vote anew run it again.
    """
    with _ending():
        booth = _enter(where)
        booth.cast(booth.seal(contest, choose, blank=blank))


@voter.command()
@_board
@CONTEST
@CHOOSE
@BLANK
def challenge(contest: str | None, choose: str | None, *, blank: bool, **where: object) -> None:
    """Seal a choice and open it for all to see, to test this computer.

    It never counts, and what you choose is public: choose anything.
    """
    with _ending():
        booth = _enter(where)
        booth.challenge(booth.seal(contest, choose, blank=blank))


@voter.command()
@_board
@CONTEST
@CHOOSE
@BLANK
def vote(contest: str | None, choose: str | None, *, blank: bool, **where: object) -> None:
    """Seal your choice, show its tracking code, and only then ask whether to cast or test it.

    So this computer cannot know beforehand whether it will be tested.
    """
    with _ending():
        from mixnet.speech import said, tell

        booth = _enter(where)
        prepared = booth.seal(contest, choose, blank=blank)
        answer = click.prompt(said("vote.ask"), type=click.Choice(["cast", "test", "stop"]))
        match answer:
            case "cast":
                booth.cast(prepared)
            case "test":
                booth.challenge(prepared)
            case _:
                tell("vote.stopped")


@voter.command("look-up")
@_board
def look_up(**where: object) -> None:
    """Say what stands on the log for your credential, after an audit of the whole log."""
    with _ending():
        from mixnet.commands.booth import look_up as find

        sys.exit(find(_place(where)))


@voter.command()
@_board
def receipt(**where: object) -> None:
    """Send again what was signed and not promised yet, and fetch the receipts."""
    with _ending():
        from mixnet.speech import tell

        if not _enter(where).resumed:
            tell("receipt.none")


def _place(where: dict[str, object]) -> Polling:
    from mixnet.commands.booth import Polling

    options: dict[str, Any] = where
    return Polling(**options)


def _enter(where: dict[str, object]) -> Booth:
    """Fetch and verify the log, and finish what was begun."""
    from mixnet.commands.booth import Booth

    return Booth(_place(where))


@contextmanager
def _ending() -> Iterator[None]:
    """Say what ended the command, with its exit status."""
    from mixnet.outbox import TurnedAway
    from mixnet.speech import Trouble, said
    from verifier.client.board import Refused
    from verifier.desk.commands.speech import ended
    from verifier.errors import Rejected, VerifierError

    try:
        yield
    except VerifierError as error:
        ended(error)
        sys.exit(REFUSED if isinstance(error, Rejected) else UNABLE)
    except TurnedAway as error:
        click.echo(error.told, err=True)
        sys.exit(REFUSED)
    except Trouble as error:
        click.echo(str(error), err=True)
    except Refused as error:
        click.echo(said("trouble.unsigned", said=error), err=True)
    except OSError as error:
        click.echo(said("trouble.writing", file=error.filename, why=error.strerror), err=True)
    else:
        return
    sys.exit(UNABLE)
