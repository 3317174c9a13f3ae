"""A rehearsal of papers on the terminal: what is going on, then a line for each fault."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bulletin.office.nation.rehearsing import (
    VILLAGE,
    Rehearsed,
    choose,
    play_beside,
    play_papers,
    read_plan,
    tell_faults,
)
from bulletin.office.nation.stage import CLOCK
from bulletin.office.processes import Failed
from bulletin.office.sheet import SHEET
from verifier.errors import VerifierError

OUT = Path("rehearsal")
SCENES = {
    "people": "keys and certificates are made for everybody",
    "papers": "figures are drawn, papers are signed",
    "posting": "all of it is posted to the board",
    "audit": "the log is audited",
    "village": "the pilot's village votes electronically beside it, on a board of its own",
    "pages": "the pages of results are compared with the log, one of them altered",
}
ASIDE = "beside it, in the pilot's village, on a board of its own:"


class Unplayable(Exception):
    """What cannot be rehearsed; the sentence says why."""


def rehearse(
    what: str, precincts: int | None, seed: int, faults: Sequence[str], clock: float | None, out: Path | None
) -> bool:
    """Rehearse a plan, and tell how it went; whether the audit found what it should and nothing else."""
    place = out or OUT
    if place.exists() and any(place.iterdir()) and not (place / CLOCK).exists():
        raise Unplayable(f"{place} holds something else than a rehearsal: give another folder with --out")
    try:
        chosen, plan = choose(faults), read_plan(what, Path(what))
        done = play_papers(plan, place, _announce, precincts or 0, seed, chosen, clock or 0.0)
        beside = play_beside(done, place, _announce, seed, clock or 0.0)
    except (VerifierError, ValueError, Failed) as error:
        raise Unplayable(f"{what}: {error}") from error
    except OSError as error:
        raise Unplayable(f"{error.filename or what}: {error.strerror}") from error
    as_told = [_conclude(done, place)]
    if beside:
        click.echo(ASIDE)
        as_told.append(_conclude(beside, place / VILLAGE))
    return all(as_told)


def _announce(scene: str) -> None:
    click.echo(SCENES[scene])


def _conclude(done: Rehearsed, place: Path) -> bool:
    """Tell how a rehearsal went that was played in this folder; whether it went as it should."""
    click.echo("\n".join(tell_faults(done)))
    as_told = not done.differences
    click.echo(f"{done.outcome.verdict}; {'nothing else was found' if as_told else 'it is not as it should be'}")
    click.echo(f"pages of it: aikyn-board results {place / 'board'} {place / 'pages'} --trust {place / SHEET} --once")
    return as_told
