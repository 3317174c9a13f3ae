"""What the operators' commands share: options, keys by their names, cards, and errors told plainly."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from bulletin.settings import Unusable, load_key
from verifier.log.note import Key

DIRECTORY = click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
PORT = click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes a free one.")
HOST = click.option("--host", help="Address to listen on; 127.0.0.1 unless told, for a proxy that ends TLS.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
CARD = click.option(
    "--card",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the key card that a commission asks for.",
)


def named(file: Path, name: str, *kinds: int) -> tuple[Key, Callable[[bytes], bytes]]:
    """The key in the file, if it has this name."""
    key, sign = load_key(file, *kinds)
    if key.name != name:
        raise Unusable(f"{file} is the key of {key.name}, not of {name}")
    return key, sign


def hand_in(file: Path | None, role: str, key: str, line: str = "") -> None:
    """Print the public key, or another `line` for it; write its card, if one is asked for, and say what to read."""
    from verifier.client.card import Card

    click.echo(line or key)
    if file is not None:
        card = Card(role, key)
        file.write_bytes(card.encode())
        click.echo(f"{file} is for the commission; by telephone read {card.groups}", err=True)


def told(options: dict[str, object]) -> dict[str, object]:
    """The options that were given."""
    return {name: str(value) for name, value in options.items() if value is not None}


@contextmanager
def plain_errors() -> Iterator[None]:
    """An error that the operator can mend is told in a sentence, without a trace."""
    from bulletin.log.archive import StoreFailed
    from bulletin.log.database import DatabaseFailed
    from bulletin.log.rollback import CannotContinue, Overtaken
    from verifier.errors import VerifierError

    try:
        yield
    except (Unusable, CannotContinue, Overtaken, DatabaseFailed, StoreFailed, VerifierError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'the system'}: {error.strerror}") from error
