"""What the commands of the docket share: whose folder it is, in which language, and how one is told what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from bulletin.office.commands import LANGUAGE, UNABLE, WRONG

if TYPE_CHECKING:
    from bulletin.office.folder import Folder
    from verifier.desk.report.language import Language

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
BOARD = click.option("--board", "place", help="The board's URL, or a copy of it that was carried here.")
PASSWORD = click.option("--password-file", type=FILE, help="File with the password of a member's key.")


class Clerk(NamedTuple):
    """A folder, and the language of whoever sits at it."""

    folder: Folder
    language: Language

    def say(self, key: str, **values: object) -> str:
        from bulletin.office.wording import speak

        return speak(self.language).say(key, **values)


def at_desk(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose first argument is its clerk, with the option for the language."""

    @wraps(command)
    def run(*, language: Language, **given: object) -> None:
        from bulletin.office.folder import Folder

        command(Clerk(Folder(click.get_current_context().obj), language), **given)

    return LANGUAGE(run)


def read_password(clerk: Clerk, file: Path | None) -> str:
    """The password in a file, or the one that is typed, unseen."""
    if file is not None:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    return str(click.prompt(clerk.say("ask.password"), hide_input=True, default="", show_default=False))


@contextmanager
def telling(language: Language) -> Iterator[None]:
    """What stands in the way is told in a sentence, with the status that it has."""
    from bulletin.office.objection import Objection, Unable
    from bulletin.settings import Unusable
    from verifier.errors import VerifierError

    try:
        yield
    except Objection as error:
        click.echo(error.tell(language), err=True)
        raise SystemExit(UNABLE if isinstance(error, Unable) else WRONG) from error
    except Unusable as error:
        click.echo(str(error), err=True)
        raise SystemExit(WRONG) from error
    except VerifierError as error:
        click.echo(str(error), err=True)
        raise SystemExit(UNABLE) from error
    except OSError as error:
        click.echo(f"{error.filename or ''}: {error.strerror}", err=True)
        raise SystemExit(UNABLE) from error
