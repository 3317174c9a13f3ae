"""`aikyn-board act` and `aikyn-board sign`: what commissions ask for, sign and send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from bulletin.office.commands import UNABLE, WRONG

if TYPE_CHECKING:
    from bulletin.office.acts import Enactment
    from bulletin.office.docket import Filed
    from bulletin.office.folder import Folder
    from bulletin.office.standing import Stand
    from verifier.desk.report.language import Language
    from verifier.records import Record
    from verifier.state import State

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
LANGUAGE = click.option(
    "--lang", "language", type=click.Choice(("ky", "ru", "en")), default="ky", show_default=True, help="Language."
)
BOARD = click.option("--board", "place", help="The board's URL, or a copy of it that was carried here.")
PASSWORD = click.option("--password-file", type=FILE, help="File with the password of a member's key.")


class Desk(NamedTuple):
    """A folder, and the language of whoever sits at it."""

    folder: Folder
    language: Language

    def say(self, key: str, **values: object) -> str:
        from bulletin.office.wording import speak

        return speak(self.language).say(key, **values)


def at_desk(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the desk of its folder as the first argument, and the option for its language."""

    @wraps(command)
    def run(*, language: Language, **given: object) -> None:
        from bulletin.office.folder import Folder

        command(Desk(Folder(click.get_current_context().obj), language), **given)

    return LANGUAGE(run)


@click.group()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.pass_context
def act(context: click.Context, directory: Path) -> None:
    """Ask a commission for its signatures, and send what is signed.

    DIR is the folder that `prepare` filled. Each act but `post` and `status` writes a request to DIR/docket, made from
    the log. --board brings DIR/board up to the board first, and the log is audited each time. Status 0: done. Status 1:
    refused, or a mistake. Status 2: it could not be done.
    """
    context.obj = directory


@act.command()
@click.argument("commission")
@BOARD
@at_desk
def register(desk: Desk, commission: str, place: str | None) -> None:
    """The credentials of COMMISSION in register.csv."""
    from bulletin.office import acts, tables
    from verifier.election.register import Register

    def make(state: State) -> Enactment:
        return acts.register(state, commission, tables.rows(desk.folder, state, commission))

    _enact(desk, place, Register, make)


@act.command()
@BOARD
@at_desk
def opening(desk: Desk, place: str | None) -> None:
    """The electronic voting begins."""
    from bulletin.office import acts
    from verifier.election.register import Opening

    _enact(desk, place, Opening, acts.opening)


@act.command()
@click.argument("commission")
@click.option("--codes", required=True, type=FILE, help="File with a code a line: who voted on paper.")
@BOARD
@at_desk
def override(desk: Desk, commission: str, codes: Path, place: str | None) -> None:
    """Voters of COMMISSION who voted on paper."""
    from bulletin.office import acts, tables
    from verifier.election.counting import Override

    _enact(desk, place, Override, lambda state: acts.override(state, commission, tables.codes(codes)))


@act.command()
@click.option("--key", type=FILE, help="The operator's key: then no commission needs to sign.")
@BOARD
@at_desk
def close(desk: Desk, key: Path | None, place: str | None) -> None:
    """The electronic voting ends."""
    from bulletin.office import acts
    from bulletin.settings import load_operator
    from verifier.election.counting import Close

    with _telling(desk.language):
        sign = load_operator(key)[1] if key else None
    _enact(desk, place, Close, lambda state: acts.close(state, sign))


@act.command()
@BOARD
@at_desk
def freeze(desk: Desk, place: str | None) -> None:
    """What is counted is fixed."""
    from bulletin.office import acts
    from verifier.election.counting import Freeze

    _enact(desk, place, Freeze, acts.freeze)


@act.command()
@click.argument("mixer")
@BOARD
@at_desk
def skip(desk: Desk, mixer: str, place: str | None) -> None:
    """The mixing goes on without MIXER."""
    from bulletin.office import acts
    from verifier.election.shuffle import Skip

    _enact(desk, place, Skip, lambda state: acts.skip(state, mixer))


@act.command()
@BOARD
@at_desk
def tally(desk: Desk, place: str | None) -> None:
    """The results, computed from the trustees' shares."""
    from bulletin.office import acts
    from verifier.election.tally import Tally

    _enact(desk, place, Tally, acts.tally)


@act.command("log-key")
@click.argument("card", type=FILE)
@click.option("--old-key", type=FILE, help="The log's present key, unless it is lost.")
@BOARD
@at_desk
def log_key(desk: Desk, card: Path, old_key: Path | None, place: str | None) -> None:
    """The log's next key, from the key card of `aikyn-board init --card`."""
    from bulletin.office import acts
    from bulletin.settings import load_key
    from verifier.election.logkey import LogKey
    from verifier.log.note import ED25519

    with _telling(desk.language):
        sign = load_key(old_key, ED25519)[1] if old_key else None
    _enact(desk, place, LogKey, lambda state: acts.log_key(state, card.read_bytes(), card.name, sign))


@act.command()
@click.option("--without", multiple=True, help="A trustee, by id or number; repeat it for more.")
@BOARD
@at_desk
def restart(desk: Desk, without: tuple[str, ...], place: str | None) -> None:
    """The key ceremony begins again."""
    from bulletin.office import acts
    from verifier.election.ceremony import Restart

    _enact(desk, place, Restart, lambda state: acts.restart(state, without))


@act.command()
@click.argument("commission")
@BOARD
@at_desk
def roster(desk: Desk, commission: str, place: str | None) -> None:
    """Who sits in COMMISSION from now on, by members.csv."""
    from bulletin.office import acts, tables
    from verifier.commission.roster import Roster

    _enact(desk, place, Roster, lambda state: acts.roster(state, tables.seated(desk.folder, commission)))


@act.command()
@BOARD
@at_desk
def status(desk: Desk, place: str | None) -> None:
    """Who has signed, who is missing, what is on the log."""
    from bulletin.office import copy
    from bulletin.office.standing import Docket

    with _telling(desk.language):
        state = copy.look(desk.folder, place) if place or copy.published(desk.folder) else None
        docket = Docket.read(desk.folder, state)
        for stand in docket.stands():
            for line in _lines(desk, stand):
                click.echo(line)


@act.command()
@click.option("--board", "url", required=True, help="The board's URL.")
@click.option("--key", required=True, type=FILE, help="The operator's key, or a member's, who then hands it in.")
@PASSWORD
@at_desk
def post(desk: Desk, url: str, key: Path, password_file: Path | None) -> None:
    """Send what is complete, in its order; say who is missing.

    Run it again whenever somebody has signed, or after a connection was lost.
    """
    from bulletin.office import copy, posting
    from bulletin.office.sending import read_sender
    from bulletin.office.standing import Docket
    from verifier.client.board import Board

    with _telling(desk.language):
        board = Board(url)
        state = copy.look(desk.folder, url) if copy.has_records(board) else None
        docket = Docket.read(desk.folder, state)
        sender = read_sender(docket, key, lambda: _password(desk, password_file))
        waiting = False
        for sending in posting.post(docket, board, sender):
            waiting |= sending.done in {"waiting", "later"}
            click.echo(desk.say(f"sent.{sending.done}", file=sending.stand.filed.path.name))
            if sending.done in {"sent", "waiting"}:
                for line in _lines(desk, sending.stand)[1:]:
                    click.echo(line)
        click.echo(desk.say("sent.some-wait" if waiting else "sent.all"))


@click.command()
@click.argument("file", type=FILE)
@click.option("--key", required=True, type=FILE, help="The member's key: .p12, .pfx or PEM.")
@PASSWORD
@click.option("--trust", "sheet", type=FILE, help="The trust sheet: the election's digest is compared with it.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for the signed file.")
@click.option("--lang", "language", type=click.Choice(("ky", "ru", "en", "all")), default="ky", show_default=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
def sign(
    file: Path, key: Path, password_file: Path | None, sheet: Path | None, out: Path | None, language: str, *, yes: bool
) -> None:
    """Show what a request says, computed from its record, and sign it.

    FILE is NN-kind.request, with its folder `blobs` beside it. Nothing is sent anywhere: the signed file goes back to
    the desk on a stick or by mail.
    """
    from bulletin.office import signatory
    from bulletin.office.folder import Folder
    from bulletin.office.keyfile import open_key
    from bulletin.office.steps import clock

    speaking: tuple[Language, ...] = ("ky", "ru", "en") if language == "all" else (language,)  # type: ignore[assignment]
    desk = Desk(Folder(file.parent), speaking[0])
    with _telling(desk.language):
        paper = signatory.Paper.read(file)
        for each in speaking:
            click.echo("\n".join([*paper.tell(each), ""]))
        if sheet:
            paper.compare(sheet)
            click.echo(desk.say("ask.compared"))
        else:
            click.echo(desk.say("ask.compare", groups=paper.groups))
        opened = open_key(key, _password(desk, password_file))
        member = paper.member(opened)
        if ended := signatory.expired(opened, clock()):
            click.echo(desk.say("ask.expired", member=member, date=f"{ended:%Y-%m-%d}"))
        if not yes and not click.confirm(desk.say("ask.sure", member=member, commission=paper.request.commission)):
            raise SystemExit(WRONG)
        done = signatory.sign(paper, opened, out)
        click.echo(desk.say("ask.again" if done.again else "ask.done", path=done.path))


def _enact(desk: Desk, place: str | None, kind: type[Record], make: Callable[[State], Enactment]) -> None:
    """Look at the log, make the record, put the request into the docket, and say what it asks of whom."""
    from bulletin.office import copy, enacting

    with _telling(desk.language):
        state = copy.look(desk.folder, place)
        enacting.need_phase(state, kind)
        filed = enacting.enact(desk.folder, state, make(state))
        _show(desk, filed)


def _show(desk: Desk, filed: Filed) -> None:
    request = filed.request
    click.echo(getattr(request.says, desk.language))
    if request.members:
        asked = ", ".join(member.id for member in request.members)
        click.echo(desk.say("ask.filed", file=filed.path, commission=request.commission, members=asked))
    else:
        click.echo(desk.say("ask.filed-alone", file=filed.path))


def _password(desk: Desk, file: Path | None) -> str:
    if file is not None:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    return str(click.prompt(desk.say("ask.password"), hide_input=True, default="", show_default=False))


def _lines(desk: Desk, stand: Stand) -> list[str]:
    """How a request stands: a line for it, and one for each thing that is to be done."""
    filed = stand.filed
    lines = [f"{filed.path.name}: {desk.say(f'stand.{stand.where}')}"]
    if stand.where == "in-effect":
        return lines
    if stand.signatures:
        lines.append("    " + desk.say("stand.signed", members=", ".join(sorted(stand.signatures))))
    if stand.where in {"waiting", "on-the-log"}:
        lines.append("    " + desk.say("stand.missing", quorum=stand.quorum, members=", ".join(stand.missing) or "–"))
    faults = [desk.say(f"fault.{fault.kind}", file=fault.path.name, member=fault.member) for fault in stand.faults]
    return [*lines, *("    " + fault for fault in faults)]


@contextmanager
def _telling(language: Language) -> Iterator[None]:
    """What stands in the way is told in a sentence, with the status that it has."""
    from bulletin.office.objection import Objection, Unable
    from bulletin.settings import Unusable

    try:
        yield
    except Objection as error:
        click.echo(error.tell(language), err=True)
        raise SystemExit(UNABLE if isinstance(error, Unable) else WRONG) from error
    except Unusable as error:
        click.echo(str(error), err=True)
        raise SystemExit(WRONG) from error
    except OSError as error:
        click.echo(f"{error.filename or ''}: {error.strerror}", err=True)
        raise SystemExit(UNABLE) from error
