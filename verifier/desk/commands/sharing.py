"""The options by which a command shares its arithmetic with one's own workers (specs/workers.md)."""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from verifier.desk.commands.speech import spoken, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from verifier.desk.workers import Workers

F = TypeVar("F", bound="Callable[..., Any]")


def sharing(command: F) -> F:
    """The two options; the command gets them as `executor` and `executor_tls`."""
    for option in (
        click.option(
            "--executor-tls",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="The folder with the executor's ca.pem, cert.pem and key.pem.",
        ),
        click.option(
            "--executor",
            metavar="dask://HOST",
            help="Share the arithmetic with your own workers behind this dask scheduler; by TLS, unless it is here.",
        ),
    ):
        command = option(command)
    return command


class Sharing(NamedTuple):
    """With whom the arithmetic is shared, for the report."""

    address: str
    workers: Workers

    def __str__(self) -> str:
        count, there, here = self.workers.count, self.workers.answered, self.workers.redone
        return f"{self.address}, workers: {count}; parcels there: {there}, here instead: {here}"


@contextmanager
def shared(executor: str | None, tls: Path | None) -> Iterator[Sharing | None]:
    """Inside, products are shared with the workers behind this address; with none they are computed here."""
    if executor is None:
        if tls is not None:
            raise click.UsageError(spoken()["workers.needed"])
        yield None
        return
    try:
        from verifier.desk.cluster import NoWorkers, Scheduler, connected
        from verifier.desk.workers import Workers
    except ModuleNotFoundError as error:
        raise click.UsageError(spoken()["workers.dask"]) from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with ExitStack() as open_until_the_end:
        try:
            address = Scheduler.of(executor, tls)
            found, count = open_until_the_end.enter_context(connected(address))
        except NoWorkers as error:
            raise click.UsageError(spoken().say(f"workers.{error.key}", **error.values)) from error
        workers = Workers(found, count, lambda reason: warn("workers.lost", reason=reason))
        open_until_the_end.enter_context(workers.multiplying())
        yield Sharing(executor, workers)
