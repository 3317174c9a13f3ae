"""`aikyn-board act DIR paper …`: the commissions' papers, from drafts, tables and the log."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from bulletin.office.acting import enact_all
from bulletin.office.clerk import BOARD, FILE, Clerk, at_desk, telling

if TYPE_CHECKING:
    from datetime import datetime

    from bulletin.office.acts import Enactment
    from verifier.desk.report.language import Words
    from verifier.records import Record
    from verifier.state import State

UNIT = click.option("--unit", default="", help="The commission, by its id in the plan.")
FORM = click.option("--form", default="", help="The form, by its id in the plan.")
CONTEST = click.option("--contest", default="", help="The contest, if the commission has several.")
KEY = click.option("--key", type=FILE, help="The operator's key, for what no observer signs.")


class Filing(NamedTuple):
    """What was typed for a kind of papers: a draft that was filled in, or that one be written."""

    clerk: Clerk
    place: str | None
    draft: Path | None

    def file(
        self,
        kind: type[Record],
        read: Callable[[State, Path], Enactment],
        name: str,
        blank: Callable[[State, Words, datetime], str],
    ) -> None:
        """Ask for what `read` makes of the draft; without one write what `blank` gives to DIR/papers/`name`."""
        if self.draft is None:
            self._write(name, blank)
            return
        given = self.draft
        enact_all(self.clerk, self.place, kind, lambda state: [read(state, given)])

    def _write(self, name: str, blank: Callable[[State, Words, datetime], str]) -> None:
        """Write a draft into the desk's folder; one that is there stays."""
        from bulletin.office import copy, folder
        from bulletin.office.drafts import need_plan
        from bulletin.office.objection import Objection
        from bulletin.office.steps import clock
        from bulletin.office.wording import speak

        with telling(self.clerk.language):
            file = self.clerk.folder.path / "papers" / name
            if file.exists():
                raise Objection("stands-already", file=str(file))
            state = copy.look(self.clerk.folder, self.place)
            need_plan(state)
            folder.write(file, blank(state, speak(self.clerk.language), clock()).encode())
            command = click.get_current_context().info_name
            click.echo(self.clerk.say("draft.written", file=file, command=command))


def drafted(metavar: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command that takes a file that was filled in, or --template: its first argument is the `Filing`."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @click.argument("draft", metavar=f"[{metavar}]", required=False, type=FILE)
        @click.option("--template", is_flag=True, help=f"Write a {metavar} to be filled in; nothing is asked for.")
        @BOARD
        @at_desk
        @wraps(command)
        def run(clerk: Clerk, draft: Path | None, place: str | None, *, template: bool, **given: object) -> None:
            if template == (draft is not None):
                raise click.UsageError(f"give either {metavar} or --template")
            command(Filing(clerk, place, draft), **given)

        return run

    return decorate


@click.command()
@drafted("DRAFT")
@FORM
@UNIT
@CONTEST
def paper(filing: Filing, form: str, unit: str, contest: str) -> None:
    """Ask members to sign an act, a protocol or another paper whose figures were counted, from the file DRAFT."""
    from bulletin.office import blanks, drafts
    from verifier.paper.papers import Paper

    name = f"paper-{unit}-{form}{'-' if contest else ''}{contest}.toml"
    filing.file(
        Paper, drafts.read_paper, name, lambda state, w, now: blanks.blank_paper(state, w, now, unit, form, contest)
    )


@click.command()
@drafted("TABLE")
@FORM
@UNIT
@click.option("--source", default="", help="Where the figures are from, in a sentence.")
def batch(filing: Filing, form: str, unit: str, source: str) -> None:
    """Ask a commission to sign the figures of a whole level, entered from above, from the CSV file TABLE."""
    from bulletin.office import blanks, levels
    from verifier.paper.papers import PaperBatch

    def read(state: State, table: Path) -> Enactment:
        batch = levels.read_batch(state, _top(state, unit), form, table, source or table.name)
        for mistake in batch.cautions:
            click.echo(mistake.tell(filing.clerk.language))
        return batch.made

    filing.file(PaperBatch, read, f"batch-{form}.csv", lambda state, w, _: blanks.blank_batch(state, w, unit, form))


@click.command()
@drafted("DRAFT")
@UNIT
def decision(filing: Filing, unit: str) -> None:
    """Ask a commission to sign what it decides, from the file DRAFT."""
    from bulletin.office import blanks, drafts
    from verifier.paper.papers import Decision

    def blank(state: State, _: Words, now: datetime) -> str:
        return blanks.blank_decision(state, now, _top(state, unit))

    filing.file(Decision, drafts.read_decision, "decision.toml", blank)


@click.command()
@drafted("DRAFT")
@UNIT
def appeal(filing: Filing, unit: str) -> None:
    """Ask a member, or an observer, to sign that a complaint has come in, from the file DRAFT.

    The complaint's text stays on this machine.
    """
    from bulletin.office import blanks, drafts
    from verifier.paper.papers import Appeal

    def blank(state: State, _: Words, now: datetime) -> str:
        return blanks.blank_appeal(state, now, _top(state, unit))

    filing.file(Appeal, drafts.read_appeal, "appeal.toml", blank)


@click.command()
@drafted("DRAFT")
@UNIT
def attestation(filing: Filing, unit: str) -> None:
    """Ask a member, or an observer, to sign that a duty was done which no record shows, from the file DRAFT."""
    from bulletin.office import blanks, drafts
    from verifier.paper.papers import Attestation

    def blank(state: State, w: Words, now: datetime) -> str:
        return blanks.blank_attestation(state, w, now, _top(state, unit))

    filing.file(Attestation, drafts.read_attestation, "attestation.toml", blank)


@click.command()
@drafted("DRAFT")
def accreditation(filing: Filing) -> None:
    """Ask the central commission to sign who may watch, and who may no more, from the file DRAFT."""
    from bulletin.office import blanks, drafts
    from verifier.paper.papers import Accreditation

    filing.file(Accreditation, drafts.read_accreditation, "accreditation.toml", lambda *_: blanks.blank_accreditation())


@click.command()
@drafted("DRAFT")
@FORM
@UNIT
@CONTEST
@click.option("--observer", default="", help="Who has the copy, by the id of the accreditation.")
@KEY
def observation(filing: Filing, form: str, unit: str, contest: str, observer: str, key: Path | None) -> None:
    """Ask an observer to sign what a copy of a paper shows, or that it was refused, from the file DRAFT.

    Without an observer it was handed in at the board, and the operator's key signs it at once.
    """
    from bulletin.office import blanks, observations
    from verifier.paper.papers import Observation, Of

    with telling(filing.clerk.language):
        operator = observations.Operator.load(key)

    def blank(state: State, w: Words, now: datetime) -> str:
        return blanks.blank_observation(state, w, now, Of(unit, contest, form), observer)

    name = "-".join(filter(None, ("observation", unit, form, contest, observer))) + ".toml"
    filing.file(Observation, lambda state, file: observations.read_observation(state, file, operator), name, blank)


@click.command()
@drafted("DRAFT")
@KEY
def intake(filing: Filing, key: Path | None) -> None:
    """State with the operator's key which copies were handed in without a key, from the file DRAFT."""
    from bulletin.office import blanks, observations
    from verifier.paper.papers import Intake

    with telling(filing.clerk.language):
        operator = observations.Operator.load(key)

    def blank(state: State, *_: object) -> str:
        return blanks.blank_intake(state, observations.find_taken(filing.clerk.folder))

    filing.file(Intake, lambda state, file: observations.read_intake(state, file, operator), "intake.toml", blank)


@click.command("sum")
@click.argument("unit")
@FORM
@CONTEST
@click.option("--present", default="", help="Who is present, by ids with commas; unless told, all members.")
@click.option("--by", default="", help="Who has compared it with the papers beneath, by ids with commas.")
@click.option("--typed", multiple=True, help="KEY=NUMBER as somebody counted it, to be compared; repeat it for more.")
@BOARD
@at_desk
def sum_(
    clerk: Clerk, unit: str, form: str, contest: str, present: str, by: str, typed: tuple[str, ...], place: str | None
) -> None:
    """Ask UNIT to sign its sum, computed from the papers beneath it that are on the log."""
    from bulletin.office import reckoning
    from bulletin.office.drafts import need_unit
    from bulletin.office.steps import clock
    from verifier.paper.papers import Paper

    figures = {key: _number(value) for key, _, value in (each.partition("=") for each in typed)}

    def make(state: State) -> list[Enactment]:
        one = need_unit(state, unit)
        summed = reckoning.add_up(state, unit, form, contest)
        reckoning.compare(state, summed, figures)
        there = tuple(filter(None, present.split(","))) or reckoning.seated(state, one)
        people = there, tuple(filter(None, by.split(",")))
        return [reckoning.make_sum(state, unit, summed, int(clock().timestamp()), people)]

    enact_all(clerk, place, Paper, make)


@click.command()
@CONTEST
@click.option("--lot", "lots", multiple=True, help="Leaf of the decision about a lot; repeat it for more.")
@click.option("--option", "options", multiple=True, help="Whom the rule and the lot chose, in the order of votes.")
@click.option("--anyway", is_flag=True, help="Although papers are missing.")
@BOARD
@at_desk
def result(
    clerk: Clerk, contest: str, lots: tuple[str, ...], options: tuple[str, ...], place: str | None, *, anyway: bool
) -> None:
    """Ask the contest's body to sign its result, computed by the rule from the papers on the log."""
    from bulletin.office import drafts, reckoning
    from verifier.paper.papers import ElectionResult

    leaves = [_leaf(lot) for lot in lots]

    def make(state: State) -> list[Enactment]:
        drafts.need_plan(state)
        return [reckoning.determine_result(state, contest, options, leaves, anyway=anyway)]

    enact_all(clerk, place, ElectionResult, make)


def _top(state: State, unit: str) -> str:
    """The unit, or the one above all others."""
    from bulletin.office.drafts import need_plan

    need_plan(state)
    return unit or next(one.id for one in state.planned.units if not one.above)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise click.UsageError("--typed is KEY=NUMBER")
    return int(text)


def _leaf(text: str) -> bytes:
    try:
        leaf = bytes.fromhex(text)
    except ValueError:
        leaf = b""
    if len(leaf) != 32:
        raise click.UsageError("a leaf has 64 digits in hexadecimal")
    return leaf


PAPERS = (paper, batch, decision, appeal, attestation, accreditation, observation, intake, sum_, result)
