"""`aikyn-mix voter`: voting from a credential's file, for people who trust no page, and for rehearsals."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mixnet.commands import keysheet
from mixnet.commands.ending import ending
from verifier.desk.commands.speech import LANG

if TYPE_CHECKING:
    from collections.abc import Callable

    from mixnet.commands.booth import Booth, Polling

F = TypeVar("F", bound="Callable[..., Any]")
FILE = click.Path(dir_okay=False, path_type=Path)
CONTEST = click.option("--contest", help="The contest's id, if there are several on your ballot.")
CHOOSE = click.option("--choose", help="Numbers of your options with commas between, as `show` gives them.")
BLANK = click.option("--blank", is_flag=True, help="Leave the ballot blank.")


def _board(command: F) -> F:
    """The options of commands that ask a board."""
    for option in (
        click.option("--credential", "file", required=True, type=FILE, help="The file that `voter key` made."),
        click.option("--share", type=FILE, help="The file with the second share, if the commission gave you one."),
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
@_board
def show(**where: object) -> None:
    """Show the contests on your ballot, with the numbers of their options."""
    with ending():
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
    with ending():
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
    with ending():
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
    with ending():
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
    with ending():
        from mixnet.commands.booth import look_up as find

        sys.exit(find(_place(where)))


@voter.command()
@_board
def receipt(**where: object) -> None:
    """Send again what was signed and not promised yet, and fetch the receipts."""
    with ending():
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


for _command in (keysheet.key, keysheet.apply, keysheet.practice):
    voter.add_command(_command)
