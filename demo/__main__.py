"""`python -m demo`: a whole election on this machine, then its audit, then three lies."""

from __future__ import annotations

import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path

import click
from click.core import ParameterSource

from bulletin.office.processes import Failed, Processes
from demo import figures
from demo.clock import Clock
from demo.pilot import Pilot
from demo.summary import summary
from demo.visit import invite, reopen, show_app, show_practice
from verifier.client.board import Refused
from verifier.errors import VerifierError

MARK = ".aikyn-demo"  # stands in a directory that the demo made, and so may empty
PLAYED = "played\n"  # stands in the mark once the play has ended


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--voters", type=click.IntRange(min=30), default=figures.LISTED, show_default=True, help="Size of the e-list."
)
@click.option("--seed", type=int, default=2023, show_default=True, help="Of the synthetic choices.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build/demo"),
    show_default=True,
    help="Emptied first.",
)
@click.option(
    "--serve",
    is_flag=True,
    help="Leave the board up until Ctrl-C, with a practice election to vote in. Alone it serves what was played.",
)
@click.pass_context
def main(context: click.Context, voters: int, seed: int, out: Path, serve: bool) -> None:  # noqa: FBT001  a flag of a command
    """Play the pilot of 9 April 2023 over HTTP on this machine, verify it, then let the board lie.

    With --serve the board of an earlier run in --out is served without playing again, unless --voters or --seed asks
    for another election; if there is none, it is played first.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asked = {context.get_parameter_source(name) for name in ("voters", "seed")}
    again = serve and asked == {ParameterSource.DEFAULT} and _was_played(out)
    if not again:
        _empty(out)
        _introduce(voters)
    try:
        with Processes(out / "journals") as processes:
            url = reopen(out, processes) if again else _play(out, voters, seed, processes)
            if serve:
                with suppress(KeyboardInterrupt):
                    practised = show_practice(out, processes)
                    print(invite(url, show_app(url, out, processes, practised), practised, out), flush=True)
                    signal.pause()
    except (Failed, Refused, VerifierError) as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _play(out: Path, voters: int, seed: int, processes: Processes) -> str:
    """Play it and tell what happened; the board's URL."""
    clock = Clock()
    pilot = Pilot(out, voters, seed, clock, processes)
    shown = pilot.play()
    (out / MARK).write_text(PLAYED)
    print(f"\n{clock.table()}\n\n{summary(shown, out)}", flush=True)
    return pilot.url


def _introduce(voters: int) -> None:
    print("The pilot of 9 April 2023, played again:")
    for kind, text in figures.LABELS:
        print(f"  {kind:10} {text}")
    if voters != figures.LISTED:
        print(
            f"  {'synthetic':10} this run's e-list of {voters:,} and its {figures.counted_of(voters):,} counted votes"
        )
    print(flush=True)


def _was_played(out: Path) -> bool:
    mark = out / MARK
    return mark.is_file() and mark.read_text() == PLAYED


def _empty(out: Path) -> None:
    """Make `out` an empty directory; never one with another's files in it."""
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        raise click.BadParameter(
            f"{out} has files that are not the demo's: choose another directory", param_hint="--out"
        )
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARK).touch()


if __name__ == "__main__":
    main(prog_name="python -m demo")
