"""`aikyn-mix`: a trustee's and a mix operator's commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from verifier.desk.start import installed
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


def start() -> None:
    """`aikyn-mix`."""
    with installed():
        main()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aikyn")
def main() -> None:
    """Hold a key of an election: as a trustee, or as the operator of a mix server.

    Before every act the whole log is verified against your own trust sheet and the witnesses' quorum. The vault
    remembers what was done. After a crash, start the same command again with the same vault.

    Exit status: 0 done, 1 refused to act (something is proved false), 2 unable to act.
    """


@main.command()
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


@main.command()
@_served
@click.option("--only", type=click.Choice(["ceremony", "decryption"]), help="Do this part and stop; by default both.")
def trustee(url: str, sheet: Path, directory: Path, until: Phase, every: float, only: str | None) -> None:
    """Take part in the key ceremony, and later decrypt.

    The last mix of each contest is decrypted once.
    """
    from mixnet.trustee import Trustee

    _serve(url, sheet, directory, until, every, lambda vault: Trustee(vault, only))  # type: ignore[arg-type]


@main.command()
@_served
def mixer(url: str, sheet: Path, directory: Path, until: Phase, every: float) -> None:
    """Shuffle each contest once, when the mix servers before you have."""
    from mixnet.mixer import Mixer

    _serve(url, sheet, directory, until, every, Mixer)


def _serve(url: str, sheet: Path, directory: Path, until: Phase, every: float, play: Callable[[Vault], Role]) -> None:
    from mixnet.holder import Conflict, Holder
    from mixnet.vault import UnusableVault, Vault
    from verifier.audit import trust
    from verifier.client.board import Board, Refused
    from verifier.client.text import read as read_text

    try:
        vault = Vault(directory)
        Holder(Board(url), trust.decode(read_text(sheet)), vault, play(vault), click.echo).serve(until, every)
    except (VerifierError, Refused, UnusableVault, Conflict, OSError) as error:
        _fail(error)


def _fail(error: Exception) -> None:
    from mixnet.holder import Conflict

    refused = isinstance(error, Rejected | Conflict)
    click.echo(f"{'REFUSED TO ACT' if refused else 'UNABLE TO ACT'}: {error}", err=True)
    sys.exit(REFUSED if refused else UNABLE)
