"""`aikyn-verify checks` and `explain`: what is checked, what a failure means, what is to be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from verifier.desk.commands.speech import LANG, explained, spoken
from verifier.desk.report.catalogue import BLOCKS, CATALOGUE, MANUAL, SERVED
from verifier.desk.report.clauses import about, category, explain, title
from verifier.errors import Malformed

if TYPE_CHECKING:
    from verifier.desk.report.catalogue import Clause, Item
    from verifier.desk.report.language import Language

CERTIFIED = ("CFG.3", "CRT.4")  # the clauses that a certificate breaks, which specs/certificates.md does not take


@click.command("checks")
@LANG
def checks_() -> None:
    """Print every clause that the verifier checks.

    Also print what an address that serves the app is asked for, and what the manual sheet asks people to compare.
    """
    language = spoken().language
    for block in BLOCKS:
        click.echo(f"{block.id}  {title(block.id, language)}. {about(block.id, language)}")
        for clause in (each for each in CATALOGUE if each.id.startswith(f"{block.id}.")):
            click.echo(_line(clause, language) + f" ({clause.spec})")
        for item in (each for each in (*SERVED, *MANUAL) if each.id.startswith(f"{block.id}.")):
            click.echo(_line(item, language))


def _line(stated: Clause | Item, language: Language) -> str:
    return f"  {stated.id:7} {category(stated.category, language):16} {explain(stated.id, language).text}"


@click.command("explain")
@click.argument("id", metavar="CLAUSE")
@LANG
def explain_(id: str) -> None:
    """Say what a clause demands and what its failure means.

    Also say what to do then. `aikyn-verify checks` lists the clauses.
    """
    try:
        said = explain(id.upper(), spoken().language)
    except Malformed as error:
        raise click.BadParameter(explained(error), param_hint="CLAUSE") from error
    click.echo(f"{id.upper()}: {said.text}\n\n{said.means}\n\n{said.do}")
    if id.upper() in CERTIFIED:
        reasons = spoken().names("unfit")
        click.echo("\n".join(("", spoken()["explain.unfit"], *(f"  {word:11} {why}" for word, why in reasons.items()))))
