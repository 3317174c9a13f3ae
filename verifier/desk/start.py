"""Starts the programs; if something is not installed, a sentence says so, with exit status 2."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

UNABLE = 2


def verify() -> None:
    """`aikyn-verify`."""
    with installed():
        from verifier.desk.commands.main import main

        main()


@contextmanager
def installed(extra: str = "") -> Iterator[None]:
    """End the program with a sentence if something inside is not installed; `extra` of aikyn has it."""
    try:
        yield
    except ModuleNotFoundError as error:
        _end(f"{error.name} is not installed: pip install 'aikyn{extra and f'[{extra}]'}'")
    except ImportError as error:
        _end(str(error))


def _end(sentence: str) -> None:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(UNABLE)
