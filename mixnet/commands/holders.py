"""A trustee's and a mix operator's commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from verifier.desk.commands.sharing import shared, sharing
from verifier.desk.commands.speech import LANG
from verifier.errors import Rejected, VerifierError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mixnet.holder import Role
    from mixnet.vault import Vault
    from verifier.rule import Phase

F = TypeVar("F", bound="Callable[..., Any]")
REFUSED, UNABLE = 1, 2
PHASES = ("ceremony", "registration", "voting", "closed", "frozen", "mixing", "decrypting", "tallied", "certified")


def _served(command: F) -> F:
    """The options that trustees and mix servers share."""
    file, private = click.Path(exists=True, dir_okay=False, path_type=Path), click.Path(file_okay=False, path_type=Path)
    for option in (
        click.option("--board", "url", required=True, metavar="URL", help="Where the board is."),
        click.option(
            "--trust",
            "sheet",
            required=True,
            type=file,
            help="Your trust sheet; compare it with the commission's by telephone.",
        ),
        click.option(
            "--vault", "directory", required=True, type=private, help="The private directory that `aikyn-mix key` made."
        ),
        click.option(
            "--until",
            type=click.Choice(PHASES),
            default="certified",
            show_default=True,
            help="Stop when the election is there.",
        ),
        click.option(
            "--every",
            type=click.FloatRange(min=0.02),
            default=1.0,
            show_default=True,
            metavar="SECONDS",
            help="How often to look at the board.",
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("vault", type=click.Path(file_okay=False, path_type=Path))
@click.option("--as", "role", type=click.Choice(["trustee", "mixer"]), help="Print the key card of one instead.")
@click.option("--card", type=click.Path(dir_okay=False, path_type=Path), help="Write the key card to this file.")
def key(vault: Path, role: str | None, card: Path | None) -> None:
    """Make a vault with a fresh key, and print its public key.

    The public key goes into the manifest. If the vault exists, its public key is printed again, also while it is used.
    The vault is a directory that only you can read. Keep it on a disk of your own, never in two places.

    With --as it prints the key card instead, which you hand in to the commission. Read its last line to the commission
    by telephone.
    """
    from mixnet.vault import UnusableVault, Vault, public_key
    from verifier.client.card import Card
    from verifier.log.note import encode_base64

    if card is not None and role is None:
        raise click.UsageError("say with --as what the card is for: a trustee or a mix server")

    try:
        if not (vault / "key").exists():
            Vault.make(vault).close()
        public = public_key(vault)
        handed = Card.of(role, public) if role is not None else None
        if card is not None and handed is not None:
            card.write_bytes(handed.encode())
        click.echo(encode_base64(public) if handed is None else handed.encode().decode(), nl=handed is None)
    except (UnusableVault, OSError) as error:
        _fail(error)


@click.command("election-key")
@click.option("--vault", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A trustee's vault.")
@click.option("--board", "url", metavar="URL", help="Where the board is.")
@click.option(
    "--trust", "sheet", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Your trust sheet."
)
@LANG
def election_key(vault: Path | None, url: str | None, sheet: Path | None) -> None:
    """Print the election key in groups, as it is compared (MAN.6).

    It is the one that a trustee's vault has written down, or, with a board and a trust sheet, that of the log, which is
    fetched and verified as a whole. With both it also says whether they differ.
    """
    if (url is None) != (sheet is None) or (vault is None and url is None):
        raise click.UsageError("give --vault, or --board with --trust, or all three")
    from mixnet.holder import Conflict
    from mixnet.speech import Trouble, said_key
    from mixnet.vault import election_key as noted
    from verifier.client.board import Refused

    try:
        keys = [noted(vault)] if vault is not None else []
        keys += [_read_election_key(url, sheet)] if url is not None and sheet is not None else []
        click.echo(said_key(_agreed(keys)))
    except (VerifierError, Refused, Trouble, Conflict, OSError, ValueError) as error:
        _fail(error)


def _agreed(keys: list[bytes]) -> bytes:
    """The one election key that was found."""
    from mixnet.holder import Conflict
    from mixnet.speech import Trouble, said

    if b"" in keys:
        raise Trouble("election.unmade")
    if len(set(keys)) > 1:
        raise Conflict(said("election.differ", vault=keys[0].hex(), log=keys[1].hex()))
    return keys[0]


def _read_election_key(url: str, sheet: Path) -> bytes:
    """The election key of a board's log, which is verified; empty before the ceremony is over."""
    from tempfile import TemporaryDirectory

    from mixnet.voter import read_election
    from verifier.audit import trust
    from verifier.client.board import Board
    from verifier.client.text import read as read_text

    with TemporaryDirectory() as copy:
        return read_election(Board(url), trust.decode(read_text(sheet)), Path(copy)).key


@click.command()
@_served
@LANG
@click.option("--only", type=click.Choice(["ceremony", "decryption"]), help="Do this part and stop; by default both.")
def trustee(only: str | None, **served: Any) -> None:  # noqa: ANN401  what `_served` declares
    """Take part in the key ceremony, and later decrypt.

    The last mix of each contest is decrypted once.
    """
    from mixnet.trustee import Trustee

    _serve(lambda vault: Trustee(vault, only), **served)  # type: ignore[arg-type]


@click.command()
@_served
@sharing
def mixer(**served: Any) -> None:  # noqa: ANN401  what `_served` and `sharing` declare
    """Shuffle each contest once, when your turn has come.

    With --executor your own workers help to verify. Guard them like this machine: who holds one can read its memory.
    """
    from mixnet.mixer import Mixer

    _serve(Mixer, **served)


def _serve(
    play: Callable[[Vault], Role],
    *,
    url: str,
    sheet: Path,
    directory: Path,
    until: Phase,
    every: float,
    executor: str | None = None,
    executor_tls: Path | None = None,
) -> None:
    from mixnet.holder import Conflict, Holder
    from mixnet.vault import UnusableVault, Vault
    from verifier.audit import trust
    from verifier.client.board import Board, Refused
    from verifier.client.text import read as read_text

    try:
        vault = Vault(directory)
        with shared(executor, executor_tls):
            Holder(Board(url), trust.decode(read_text(sheet)), vault, play(vault), click.echo).serve(until, every)
    except (VerifierError, Refused, UnusableVault, Conflict, OSError) as error:
        _fail(error)


def _fail(error: Exception) -> None:
    from mixnet.holder import Conflict

    refused = isinstance(error, Rejected | Conflict)
    click.echo(f"{'REFUSED TO ACT' if refused else 'UNABLE TO ACT'}: {error}", err=True)
    sys.exit(REFUSED if refused else UNABLE)
