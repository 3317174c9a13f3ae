"""`aikyn-board act DIR paper …`: the commissions' papers, from drafts, tables and the log."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bulletin.office.acting import enact_all
from bulletin.office.clerk import BOARD, FILE, Clerk, at_desk, telling

if TYPE_CHECKING:
    from bulletin.office.acts import Enactment
    from verifier.records import Record
    from verifier.state import State

DRAFT = click.argument("draft", required=False, type=FILE)
UNIT = click.option("--unit", default="", help="The commission, by its id in the plan.")
FORM = click.option("--form", default="", help="The form, by its id in the plan.")
CONTEST = click.option("--contest", default="", help="The contest, if the commission has several.")
TEMPLATE = click.option("--template", is_flag=True, help="Write a draft to be filled in; nothing is asked for.")


@click.command()
@DRAFT
@FORM
@UNIT
@CONTEST
@TEMPLATE
@BOARD
@at_desk
def paper(
    clerk: Clerk, draft: Path | None, form: str, unit: str, contest: str, place: str | None, *, template: bool
) -> None:
    """An act, a protocol or another paper whose figures were counted, from the file DRAFT."""
    from bulletin.office import blanks, drafts
    from bulletin.office.steps import clock
    from bulletin.office.wording import speak
    from verifier.paper.papers import Paper

    if template:
        w = speak(clerk.language)
        name = f"paper-{unit}-{form}{'-' if contest else ''}{contest}.toml"
        _fill(clerk, place, name, "paper", lambda state: blanks.blank_paper(state, w, clock(), unit, form, contest))
    else:
        _file(clerk, place, Paper, draft, drafts.read_paper)


@click.command()
@click.argument("table", required=False, type=FILE)
@FORM
@UNIT
@click.option("--source", default="", help="Where the figures are from, in a sentence.")
@TEMPLATE
@BOARD
@at_desk
def batch(
    clerk: Clerk, table: Path | None, form: str, unit: str, source: str, place: str | None, *, template: bool
) -> None:
    """The figures of a whole level, entered from above, from the CSV file TABLE."""
    from bulletin.office import blanks, levels
    from bulletin.office.wording import speak
    from verifier.paper.papers import PaperBatch

    if template:
        w = speak(clerk.language)
        _fill(clerk, place, f"batch-{form}.csv", "batch", lambda state: blanks.blank_batch(state, w, unit, form))
        return
    given = _need(table, "TABLE")

    def make(state: State) -> list[Enactment]:
        read = levels.read_batch(state, _top(state, unit), form, given, source or given.name)
        for mistake in read.cautions:
            click.echo(mistake.tell(clerk.language))
        return [read.made]

    enact_all(clerk, place, PaperBatch, make)


@click.command()
@DRAFT
@UNIT
@TEMPLATE
@BOARD
@at_desk
def decision(clerk: Clerk, draft: Path | None, unit: str, place: str | None, *, template: bool) -> None:
    """What a commission decides, from the file DRAFT."""
    from bulletin.office import blanks, drafts
    from bulletin.office.steps import clock
    from verifier.paper.papers import Decision

    if template:
        _fill(
            clerk,
            place,
            "decision.toml",
            "decision",
            lambda state: blanks.blank_decision(state, clock(), _top(state, unit)),
        )
    else:
        _file(clerk, place, Decision, draft, drafts.read_decision)


@click.command()
@DRAFT
@UNIT
@TEMPLATE
@BOARD
@at_desk
def appeal(clerk: Clerk, draft: Path | None, unit: str, place: str | None, *, template: bool) -> None:
    """A complaint that has come in, from the file DRAFT; its text stays on this machine."""
    from bulletin.office import blanks, drafts
    from bulletin.office.steps import clock
    from verifier.paper.papers import Appeal

    if template:
        _fill(
            clerk, place, "appeal.toml", "appeal", lambda state: blanks.blank_appeal(state, clock(), _top(state, unit))
        )
    else:
        _file(clerk, place, Appeal, draft, drafts.read_appeal)


@click.command()
@DRAFT
@UNIT
@TEMPLATE
@BOARD
@at_desk
def attestation(clerk: Clerk, draft: Path | None, unit: str, place: str | None, *, template: bool) -> None:
    """A duty that was done and that no record shows, from the file DRAFT."""
    from bulletin.office import blanks, drafts
    from bulletin.office.steps import clock
    from bulletin.office.wording import speak
    from verifier.paper.papers import Attestation

    if template:
        w = speak(clerk.language)
        _fill(
            clerk,
            place,
            "attestation.toml",
            "attestation",
            lambda state: blanks.blank_attestation(state, w, clock(), _top(state, unit)),
        )
    else:
        _file(clerk, place, Attestation, draft, drafts.read_attestation)


@click.command()
@DRAFT
@TEMPLATE
@BOARD
@at_desk
def accreditation(clerk: Clerk, draft: Path | None, place: str | None, *, template: bool) -> None:
    """Observers, and those who are none any more, from the file DRAFT."""
    from bulletin.office import blanks, drafts
    from verifier.paper.papers import Accreditation

    if template:
        _fill(clerk, place, "accreditation.toml", "accreditation", lambda _: blanks.blank_accreditation())
    else:
        _file(clerk, place, Accreditation, draft, drafts.read_accreditation)


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
    """The sum of UNIT, computed from the papers beneath it that are on the log."""
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
    """The result of a contest, computed by its rule from the papers on the log."""
    from bulletin.office import drafts, reckoning
    from verifier.paper.papers import ElectionResult

    leaves = [_leaf(lot) for lot in lots]

    def make(state: State) -> list[Enactment]:
        drafts.need_plan(state)
        return [reckoning.determine_result(state, contest, options, leaves, anyway=anyway)]

    enact_all(clerk, place, ElectionResult, make)


def _file(
    clerk: Clerk, place: str | None, kind: type[Record], draft: Path | None, read: Callable[[State, Path], Enactment]
) -> None:
    given = _need(draft, "DRAFT")
    enact_all(clerk, place, kind, lambda state: [read(state, given)])


def _fill(clerk: Clerk, place: str | None, name: str, command: str, write: Callable[[State], str]) -> None:
    """Write a draft into the desk's folder; one that is there stays."""
    from bulletin.office import copy, folder
    from bulletin.office.drafts import need_plan
    from bulletin.office.objection import Objection

    with telling(clerk.language):
        file = clerk.folder.path / "papers" / name
        if file.exists():
            raise Objection("stands-already", file=str(file))
        state = copy.look(clerk.folder, place)
        need_plan(state)
        folder.write(file, write(state).encode())
        click.echo(clerk.say("draft.written", file=file, command=command))


def _top(state: State, unit: str) -> str:
    """The unit, or the one above all others."""
    from bulletin.office.drafts import need_plan

    need_plan(state)
    return unit or next(one.id for one in state.planned.units if not one.above)


def _need(file: Path | None, name: str) -> Path:
    if file is None:
        raise click.UsageError(f"give {name}, or --template")
    return file


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


PAPERS = (paper, batch, decision, appeal, attestation, accreditation, sum_, result)
