"""The office's commands of `aikyn-board`."""

from pathlib import Path
from typing import Any, Literal

import click

from bulletin.office.processes import Failed
from bulletin.settings import Unusable

WRONG, UNABLE = 1, 2
VOTERS = 20  # of a rehearsal
MOST_KEYS = 99_999  # of a practice election (specs/keysheet.md §9)
MOST_SIGNATURES = 100  # under a paper; no commission has as many members
PORT = click.IntRange(0, 65_535)
TABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
LANGUAGE = click.option(
    "--lang", "language", type=click.Choice(("ky", "ru", "en")), default="ky", show_default=True, help="Language."
)


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@LANGUAGE
@click.option("--ask", is_flag=True, help="Ask the commissions to sign: from then on what they sign does not change.")
@click.option("--json", "as_json", is_flag=True, help="Print the steps as JSON, with the sentences of all languages.")
@click.option("--web", is_flag=True, help="The same steps as pages that only this machine sees.")
def prepare(directory: Path, language: Literal["ky", "ru", "en"], *, ask: bool, as_json: bool, web: bool) -> None:
    """Set an election up in the folder DIR, without writing JSON.

    An empty folder gets an election.toml and five tables to fill in. Run it again after each change: it says what is
    wrong, with file and line, and makes what it can. Status 0: nothing is wrong. Status 1: something is to be
    corrected, or waited for. Status 2: the folder cannot be used.
    """
    from bulletin.office.terminal import show

    if web and (ask or as_json):
        raise click.UsageError("give either --web, or --ask and --json")
    try:
        whole = _show_pages(directory, language) if web else show(directory, language, ask=ask, as_json=as_json)
    except OSError as error:
        click.echo(f"{error.filename or directory}: {error.strerror}", err=True)
        raise SystemExit(UNABLE) from error
    if not whole:
        raise SystemExit(WRONG)


def _show_pages(directory: Path, language: Literal["ky", "ru", "en"]) -> bool:
    from bulletin.office.folder import Folder
    from bulletin.office.web.serving import keep_pages
    from bulletin.office.wording import speak

    keep_pages(Folder(directory), language, lambda url: click.echo(speak(language).say("web.open", url=url)))
    return True


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--units", type=TABLE, help="CSV of the commissions that sign papers; synthetic ones unless given.")
@click.option("--candidates", type=TABLE, help="CSV of the candidates; synthetic ones unless given.")
@click.option(
    "--least",
    multiple=True,
    metavar="N|FORM=N",
    help="No paper takes more than N signatures, or this form takes N: for small commissions and drills. Repeatable.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to be written.")
@LANGUAGE
def plan(
    name: str,
    units: Path | None,
    candidates: Path | None,
    least: tuple[str, ...],
    out: Path,
    language: Literal["ky", "ru", "en"],
) -> None:
    """Write the plan of the commissions' papers to a file.

    NAME is a ready plan: village-2023, president-2017 or parliament-2025. `aikyn-verify plan FILE` explains what was
    written. Name the file in election.toml, as `plan`. Status 1: something is wrong, and nothing is written.
    """
    from bulletin.office import terminal

    if not terminal.plan(name, (units, candidates), dict(map(_read_least, least)), out, language):
        raise SystemExit(WRONG)


def _read_least(text: str) -> tuple[str, int]:
    """`2` for all forms, "" stands for these; `protocol=2` for one."""
    form, _, number = text.rpartition("=")
    if not (number.isdecimal() and number.isascii() and 0 < int(number) < MOST_SIGNATURES):
        raise click.UsageError(f"--least {text}: write a number from 1 on, or FORM=NUMBER")
    return form, int(number)


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--keys", type=click.IntRange(1, MOST_KEYS), default=500, show_default=True, help="How many keys there are."
)
@click.option("--telephone", default="000", show_default=True, help="Whom its pages tell people to call.")
@click.option("--port", type=PORT, default=8090, show_default=True, help="The board's port; 0 takes a free one.")
@click.option("--app-port", type=PORT, default=8100, show_default=True, help="The app's port; 0 takes a free one.")
@click.option("--board", default="", help="The board's address as pages reach it; the one on this machine unless told.")
@LANGUAGE
def practice(directory: Path, language: Literal["ky", "ru", "en"], **given: Any) -> None:  # noqa: ANN401
    """Serve a practice election in DIR that is always open.

    Its names are from tales, and everybody may take one of its keys, so that the first vote is never the real one. The
    first start makes and opens it, with --keys and --telephone; later ones serve what is there. It serves until
    SIGTERM: board, witnesses and app listen on 127.0.0.1. The first line on standard output is `listening on URL`, the
    app's. Its address, as voters reach it, is for `app --practice`.
    """
    from bulletin.office import terminal
    from bulletin.office.practice import Wanted

    try:
        terminal.practise(directory, language, Wanted(**given))
    except (Unusable, Failed) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or directory}: {error.strerror}") from error


@click.command()
@click.argument("what", metavar="DIR|PLAN")
@LANGUAGE
@click.option("--voters", type=click.IntRange(3, 500), help="DIR: how many voters to make up; 20 unless told.")
@click.option("--precincts", type=click.IntRange(1), help="PLAN: how many precincts to play; all unless told.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="PLAN: what the figures follow from."
)
@click.option(
    "--faults", multiple=True, help="PLAN: all, none, or a fault's name; repeat it for more. All unless told."
)
@click.option("--clock", type=click.FloatRange(1), help="PLAN: so many seconds pass in one at most, e.g. 3600.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="PLAN: where all of it is kept.")
def rehearse(what: str, language: Literal["ky", "ru", "en"], voters: int | None, **given: Any) -> None:  # noqa: ANN401
    """Play the election of the folder DIR or a PLAN's papers here.

    Of a folder: keys, members' certificates and voters are made up, and the log has another name. Everything stands in
    DIR/rehearsal, to be looked at. Status 0: the election was accepted. Status 1: it was not, and why.

    PLAN is the name of a ready plan, or a file with one. Figures and people are made up, and posted to a board that
    runs here; faults bend them, and the audit must find these and nothing else. Status 0: it did. Status 1: it did not.
    Status 2: there is no such folder or plan, or it cannot be played.
    """
    if Path(what).is_dir():
        from bulletin.office import terminal

        if not terminal.rehearse(Path(what), language, voters or VOTERS):
            raise SystemExit(WRONG)
        return
    from bulletin.office.nation import terminal as papers

    try:
        found = papers.rehearse(what, **given)
    except papers.Unplayable as error:
        click.echo(str(error), err=True)
        raise SystemExit(UNABLE) from error
    if not found:
        raise SystemExit(WRONG)
