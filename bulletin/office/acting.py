"""`aikyn-board act`: what commissions ask for, and send."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bulletin.office.clerk import BOARD, FILE, PASSWORD, Clerk, at_desk, read_password, telling
from bulletin.office.commands import WRONG

if TYPE_CHECKING:
    from bulletin.office.acts import Enactment
    from bulletin.office.docket import Filed
    from bulletin.office.standing import Stand
    from verifier.records import Record
    from verifier.state import State

MOST_NAMED = 20  # requests in a sentence
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
LONGEST = 1_000  # letters of a sentence that the list of acts does not cut short


class Acts(click.Group):
    """A group whose list says of each command all that its first sentence says."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list, whole."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(LONGEST)) for name, each in commands if each])


@click.group(cls=Acts)
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.pass_context
def act(context: click.Context, directory: Path) -> None:
    """Ask commissions to sign, and send what is signed.

    DIR is the folder that `prepare` filled. Each act but `post` and `status` writes a request to DIR/docket, made from
    the log. --board brings DIR/board up to the board first, and the log is audited each time. Status 0: done. Status 1:
    refused, or a mistake. Status 2: it could not be done.
    """
    context.obj = directory


@act.command()
@click.argument("commission", required=False)
@BOARD
@at_desk
def register(clerk: Clerk, commission: str | None, place: str | None) -> None:
    """Ask COMMISSION to sign the credentials of register.csv that are new.

    Unless told, every commission that has new ones is asked. What lies in the folder `applications` is entered in
    register.csv first.
    """
    from bulletin.office import acts, applications, tables
    from verifier.election.register import Register

    def make(state: State) -> list[Enactment]:
        for each in applications.accept(clerk.folder, state, commission):
            said = clerk.say("ask.entered", application=each.application, code=each.code)
            click.echo(said + (" " + clerk.say("ask.share", file=each.share) if each.share else ""))
        return acts.registers(state, tables.rows(clerk.folder, state, commission))

    enact_all(clerk, place, Register, make)


@act.command()
@click.option("--anyway", is_flag=True, help="Although voters of register.csv are not registered: they cannot vote.")
@BOARD
@at_desk
def opening(clerk: Clerk, place: str | None, *, anyway: bool) -> None:
    """Ask the central commission to sign that the electronic voting begins."""
    from bulletin.office import acts, applications, tables
    from bulletin.office.objection import Objection
    from verifier.election.register import Opening

    def make(state: State) -> Enactment:
        if not anyway and (left := applications.count_left(clerk.folder, state)):
            raise Objection("not-entered", count=left)
        return acts.opening(state, {} if anyway else tables.listed(clerk.folder, state))

    _enact(clerk, place, Opening, make)


@act.command()
@click.argument("commission")
@click.option("--codes", required=True, type=FILE, help="File with a code a line: who voted on paper.")
@BOARD
@at_desk
def override(clerk: Clerk, commission: str, codes: Path, place: str | None) -> None:
    """Ask COMMISSION to sign which of its voters have voted on paper."""
    from bulletin.office import acts, tables
    from verifier.election.counting import Override

    _enact(clerk, place, Override, lambda state: acts.override(state, commission, tables.codes(codes)))


@act.command()
@click.option("--key", type=FILE, help="The operator's key: then no commission needs to sign.")
@BOARD
@at_desk
def close(clerk: Clerk, key: Path | None, place: str | None) -> None:
    """Ask the central commission to sign that the electronic voting ends."""
    from bulletin.office import acts
    from bulletin.settings import load_operator
    from verifier.election.counting import Close

    with telling(clerk.language):
        sign = load_operator(key)[1] if key else None
    _enact(clerk, place, Close, lambda state: acts.close(state, sign))


@act.command()
@BOARD
@at_desk
def freeze(clerk: Clerk, place: str | None) -> None:
    """Ask the central commission to sign which ballots are counted."""
    from bulletin.office import acts
    from verifier.election.counting import Freeze

    _enact(clerk, place, Freeze, acts.freeze)


@act.command()
@click.argument("mixer")
@BOARD
@at_desk
def skip(clerk: Clerk, mixer: str, place: str | None) -> None:
    """Ask the central commission to sign that the mixing goes on without MIXER."""
    from bulletin.office import acts
    from verifier.election.shuffle import Skip

    _enact(clerk, place, Skip, lambda state: acts.skip(state, mixer))


@act.command()
@BOARD
@at_desk
def tally(clerk: Clerk, place: str | None) -> None:
    """Ask the central commission to sign the tally, computed from the trustees' shares."""
    from bulletin.office import acts
    from verifier.election.tally import Tally

    _enact(clerk, place, Tally, acts.tally)


@act.command("log-key")
@click.argument("card", type=FILE)
@click.option("--old-key", type=FILE, help="The log's present key, unless it is lost.")
@BOARD
@at_desk
def log_key(clerk: Clerk, card: Path, old_key: Path | None, place: str | None) -> None:
    """Ask the central commission to sign the log's next key, from the key card of `aikyn-board init --card`."""
    from bulletin.office import acts
    from bulletin.settings import load_key
    from verifier.election.logkey import LogKey
    from verifier.log.note import ED25519

    with telling(clerk.language):
        sign = load_key(old_key, ED25519)[1] if old_key else None
    _enact(clerk, place, LogKey, lambda state: acts.log_key(state, card.read_bytes(), card.name, sign))


@act.command()
@click.option("--app", "files", required=True, type=FOLDER, help="The folder of `aikyn-board app`, with all its files.")
@click.option("--reason-ky", help="Why the app is replaced, in Kyrgyz; the first app needs no reason.")
@click.option("--reason-ru", help="The same in Russian.")
@click.option("--reason-en", help="The same in English.")
@BOARD
@at_desk
def assets(clerk: Clerk, files: Path, place: str | None, **reasons: str | None) -> None:
    """Ask the central commission to sign which app voters are given: each file, its type, the pages' policy."""
    from bulletin.office import served
    from verifier.election.assets import Assets
    from verifier.records import Text

    said = {name.removeprefix("reason_"): text for name, text in reasons.items() if text}
    reason = Text(**said) if len(said) == len(reasons) else None
    _enact(clerk, place, Assets, lambda state: served.assets(state, files, reason))


@act.command()
@click.option("--without", multiple=True, help="A trustee, by id or number; repeat it for more.")
@BOARD
@at_desk
def restart(clerk: Clerk, without: tuple[str, ...], place: str | None) -> None:
    """Ask the central commission to sign that the key ceremony begins again."""
    from bulletin.office import acts
    from verifier.election.ceremony import Restart

    _enact(clerk, place, Restart, lambda state: acts.restart(state, without))


@act.command()
@click.argument("commission", required=False)
@BOARD
@at_desk
def roster(clerk: Clerk, commission: str | None, place: str | None) -> None:
    """Ask the commission above to sign who sits in COMMISSION from now on, by members.csv.

    Unless told, it is asked for each commission in which nobody sits yet.
    """
    from bulletin.office import acts, tables
    from verifier.commission.roster import Roster

    enact_all(
        clerk,
        place,
        Roster,
        lambda state: [acts.roster(state, each) for each in tables.seated(clerk.folder, state, commission)],
    )


@act.command()
@BOARD
@at_desk
def status(clerk: Clerk, place: str | None) -> None:
    """Say who has signed, who is missing, and what is on the log."""
    from bulletin.office import copy
    from bulletin.office.standing import Docket, find_absent

    with telling(clerk.language):
        state = copy.look(clerk.folder, place) if place or copy.published(clerk.folder) else None
        docket = Docket.read(clerk.folder, state)
        for stand in docket.stands():
            for line in _lines(clerk, stand):
                click.echo(line)
        if state and (waits := find_absent(state)):
            click.echo(clerk.say(f"ceremony.{waits.step}", trustees=", ".join(waits.trustees)))


@act.command()
@click.option("--board", "url", required=True, help="The board's URL.")
@click.option("--key", required=True, type=FILE, help="The operator's key, or a member's, who then hands it in.")
@PASSWORD
@at_desk
def post(clerk: Clerk, url: str, key: Path, password_file: Path | None) -> None:
    """Send what is complete, in its order, and say who is missing.

    Run it again whenever somebody has signed, or after a connection was lost.
    """
    from bulletin.office import copy, posting
    from bulletin.office.sending import read_sender
    from bulletin.office.standing import Docket
    from verifier.client.board import Board

    with telling(clerk.language):
        board = Board(url)
        state = copy.look(clerk.folder, url) if copy.has_records(board) else None
        docket = Docket.read(clerk.folder, state)
        sender = read_sender(docket, key, lambda: read_password(clerk, password_file))
        waiting = refused = False
        for sending in posting.post(docket, board, sender):
            waiting |= sending.done in {"waiting", "later"}
            refused |= sending.done == "refused"
            path, why = sending.stand.filed.path, sending.why.tell(clerk.language) if sending.why else ""
            click.echo(clerk.say(f"sent.{sending.done}", file=path.name, why=why, stem=path.stem))
            if sending.done in {"sent", "waiting"}:
                for line in _lines(clerk, sending.stand)[1:]:
                    click.echo(line)
        click.echo(clerk.say("sent.some-refused" if refused else "sent.some-wait" if waiting else "sent.all"))
        if refused:
            raise SystemExit(WRONG)


def _enact(clerk: Clerk, place: str | None, kind: type[Record], make: Callable[[State], Enactment]) -> None:
    enact_all(clerk, place, kind, lambda state: [make(state)])


def enact_all(clerk: Clerk, place: str | None, kind: type[Record], make: Callable[[State], list[Enactment]]) -> None:
    """Look at the log, make the records, put requests into the docket, and say what each asks of whom."""
    from bulletin.office import copy, enacting
    from bulletin.office.caution import find_cautions
    from bulletin.office.standing import Docket
    from bulletin.office.steps import clock

    with telling(clerk.language):
        state, now = copy.look(clerk.folder, place), clock()
        enacting.need_phase(state, kind)
        docket = Docket.read(clerk.folder, state)
        made, placed = make(state), list(docket.filed)
        before = {stand.filed.path.name: None for stand in docket.stands() if stand.where != "in-effect"}
        for each in made:
            cautions = list(find_cautions(state, each.record, now, clerk.language))
            filed = enacting.enact(clerk.folder, state, each, placed)
            _show(clerk, filed)
            click.echo("".join(f"{caution}\n" for caution in cautions), nl=False)
            before.pop(filed.path.name, None)
        if before:  # what is asked now may be too early
            more = f" … (+{len(before) - MOST_NAMED})" if len(before) > MOST_NAMED else ""
            click.echo(clerk.say("ask.unfinished", files=", ".join(list(before)[:MOST_NAMED]) + more))


def _show(clerk: Clerk, filed: Filed) -> None:
    request = filed.request
    click.echo(getattr(request.says, clerk.language))
    if request.observer:
        click.echo(clerk.say("ask.filed-observer", file=filed.path, observer=request.observer))
    elif request.members:
        asked = ", ".join(member.id for member in request.members)
        click.echo(clerk.say("ask.filed", file=filed.path, commission=request.commission, members=asked))
    else:
        click.echo(clerk.say("ask.filed-alone", file=filed.path))


def _lines(clerk: Clerk, stand: Stand) -> list[str]:
    """How a request stands: a line for it, and one for each thing that is to be done."""
    filed = stand.filed
    lines = [f"{filed.path.name}: {clerk.say(f'stand.{stand.where}')}"]
    if stand.where == "in-effect":
        return lines
    if stand.signatures:
        lines.append("    " + clerk.say("stand.signed", members=", ".join(sorted(stand.signatures))))
    if stand.where in {"waiting", "on-the-log"}:
        lines.append("    " + clerk.say("stand.missing", quorum=stand.quorum, members=", ".join(stand.missing) or "–"))
    faults = [clerk.say(f"fault.{fault.kind}", file=fault.path.name, member=fault.member) for fault in stand.faults]
    return [*lines, *("    " + fault for fault in faults)]
