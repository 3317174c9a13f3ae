"""How the commands of voters end: with a sentence, and an exit status."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED, UNABLE = 1, 2


@contextmanager
def ending() -> Iterator[None]:
    """Say what ended the command, with its exit status."""
    from mixnet.outbox import TurnedAway
    from mixnet.speech import Trouble, said
    from verifier.client.application import Unproved
    from verifier.client.board import Refused
    from verifier.desk.commands.speech import ended
    from verifier.errors import Rejected, VerifierError

    try:
        yield
    except VerifierError as error:
        ended(error)
        sys.exit(REFUSED if isinstance(error, Rejected | Unproved) else UNABLE)
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
