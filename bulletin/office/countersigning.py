"""`aikyn-board sign`: a member signs, on an own machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bulletin.office.clerk import FILE, PASSWORD, Clerk, read_password, telling
from bulletin.office.commands import WRONG

if TYPE_CHECKING:
    from bulletin.office.signatory import Paper
    from verifier.desk.report.language import Language


@click.command()
@click.argument("file", type=FILE)
@click.option("--key", type=FILE, help="The member's key: .p12, .pfx or PEM.")
@PASSWORD
@click.option("--web", is_flag=True, help="Sign on a page that only this machine sees; the key is chosen there.")
@click.option("--trust", "sheet", type=FILE, help="The trust sheet: the election's digest is compared with it.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the signed file.")
@click.option("--lang", "language", type=click.Choice(("ky", "ru", "en", "all")), default="ky", show_default=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
def sign(
    file: Path,
    key: Path | None,
    password_file: Path | None,
    sheet: Path | None,
    out: Path | None,
    language: str,
    *,
    web: bool,
    yes: bool,
) -> None:
    """Show what a request says, computed from its record, and sign it.

    FILE is NN-kind.request, with its folder `blobs` beside it. Nothing is sent anywhere: the signed file goes back to
    the desk on a stick or by mail.
    """
    from bulletin.office.folder import Folder
    from bulletin.office.signatory import Paper

    if (key is None) != web:
        raise click.UsageError("give either --key or --web")
    speaking: tuple[Language, ...] = ("ky", "ru", "en") if language == "all" else (language,)  # type: ignore[assignment]
    clerk = Clerk(Folder(file.parent), speaking[0])
    with telling(clerk.language):
        paper = Paper.read(file)
        if sheet:
            paper.compare(sheet)
        for each in speaking:
            click.echo("\n".join([*paper.tell(each), ""]))
        click.echo(_compared(paper, clerk.language, sheet))
        if key is None:
            _sign_on_page(clerk, paper, out, sheet)
        else:
            _sign(clerk, paper, out, key, lambda: read_password(clerk, password_file), yes=yes)


def _sign(clerk: Clerk, paper: Paper, out: Path | None, key: Path, password: Callable[[], str], *, yes: bool) -> None:
    from bulletin.office import signatory
    from bulletin.office.keyfile import open_key
    from bulletin.office.steps import clock

    opened = open_key(key, password())
    member = paper.member(opened)
    if ended := signatory.expired(opened, clock()):
        click.echo(clerk.say("ask.expired", member=member, date=f"{ended:%Y-%m-%d}"))
    if not yes and not click.confirm(clerk.say("ask.sure", member=member, commission=paper.request.commission)):
        raise SystemExit(WRONG)
    done = signatory.sign(paper, opened, out)
    click.echo(clerk.say("ask.again" if done.again else "ask.done", path=done.path))


def _sign_on_page(clerk: Clerk, paper: Paper, out: Path | None, sheet: Path | None) -> None:
    from bulletin.office.counter import Counter
    from bulletin.office.steps import clock

    counter = Counter(paper, out, lambda language: _compared(paper, language, sheet), clock)
    click.echo(clerk.say("page.open", url=f"{counter.url}?lang={clerk.language}"))
    counter.serve()
    if counter.signed:
        click.echo(clerk.say("ask.again" if counter.signed.again else "ask.done", path=counter.signed.path))


def _compared(paper: Paper, language: Language, sheet: Path | None) -> str:
    """That the election is the sheet's, or what to compare with it."""
    from bulletin.office.wording import speak

    return speak(language)["ask.compared"] if sheet else speak(language).say("ask.compare", groups=paper.groups)
