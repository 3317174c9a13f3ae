"""What the commands share: the options that several take, how errors end them, and progress bars."""

from __future__ import annotations

import sys
import traceback
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from verifier.audit import trust
from verifier.client import text
from verifier.client.evidence import name, write
from verifier.desk.commands.speech import ended, spoken, warn
from verifier.desk.commands.streams import steady
from verifier.errors import Rejected, VerifierError
from verifier.proof import backend

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from verifier.audit.trust import TrustSheet
    from verifier.log.evidence import Evidence

REJECTED, UNCHECKED = 1, 2
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
BOARD = click.argument("board", metavar="DIR_ZIP_OR_URL")
TRUST = click.option(
    "--trust",
    "sheet",
    required=True,
    type=FILE,
    help="The trust sheet (keys, witnesses, digests, roots); compare it with the commission's by telephone.",
)
EVIDENCE = click.option(
    "--evidence",
    type=FOLDER,
    help="Where to write the signed checkpoints that prove two histories to others.",
)


def _choose(_: click.Context, param: click.Parameter, name: str | None) -> str | None:
    if name is not None:
        try:
            backend.choose(name)  # type: ignore[arg-type]
        except ImportError as error:
            raise click.BadParameter(f"{name} is not installed here", param=param) from error
    return name


BACKEND = click.option(
    "--backend",
    type=click.Choice(["kernel", "libsodium"]),
    callback=_choose,
    help="Whose arithmetic to use; by default the kernel where it is installed.",
)


def read_sheet(path: Path) -> TrustSheet:
    """The trust sheet in a file, whatever program saved it; the command ends if it is not one."""
    with ending():
        sheet = text.plain(path.read_bytes())
        if sheet.encoding:
            warn("put.encoding", path=path, encoding=sheet.encoding)
        return trust.decode(sheet.data)


class Commands(click.Group):
    """Commands whose status 1 says that something was proved false, and nothing else: not a fault, not Ctrl-C."""

    def main(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401  as click has it
        return copy_context().run(self._main, *args, **extra)  # the language ends with the command

    def _main(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401
        with steady(lambda reason: warn("put.output", reason=reason)):
            return super().main(*args, **extra)

    def invoke(self, context: click.Context) -> Any:  # noqa: ANN401  as click has it
        try:
            return super().invoke(context)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except KeyboardInterrupt:
            warn("ended.incomplete", said=spoken()["ended.interrupted"])
        except Exception:  # noqa: BLE001  a fault of this program is not one of the election
            traceback.print_exc()
            warn("ended.incomplete", said=spoken()["ended.fault"])
        sys.exit(UNCHECKED)


@contextmanager
def ending() -> Iterator[None]:
    """An error inside ends the command: status 1 if something is proved false, else 2."""
    try:
        yield
    except VerifierError as error:
        ended(error)
        sys.exit(REJECTED if isinstance(error, Rejected) else UNCHECKED)
    except OSError as error:
        warn("ended.incomplete", said=error)
        sys.exit(UNCHECKED)


def keep(found: Iterable[Evidence], folder: Path | None) -> None:
    """Write what proves to others that the log signed two histories, or say how to get it; the verdict stays."""
    for one in {name(one): one for one in found}.values():
        if folder is None:
            warn("evidence.prove")
            return
        try:
            warn("evidence.written", path=write(one, folder))
        except OSError as error:
            warn("put.lost", path=folder, reason=error.strerror or str(error))


class Bars:
    """Progress bars on standard error, called as settlement.Progress; shown only to people."""

    def __init__(self, *, quiet: bool = False) -> None:
        console = Console(stderr=True, quiet=quiet or not sys.stderr.isatty())
        columns = (TextColumn("{task.description:10}"), BarColumn(), TaskProgressColumn(show_speed=True))
        self._bars = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
        self._tasks: dict[str, int] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total)
        self._bars.update(self._tasks[stage], completed=done, total=total)  # type: ignore[arg-type]
