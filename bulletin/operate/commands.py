"""`aikyn-board`: for operators of a board, of a witness and of a mirror."""

import os
from pathlib import Path

import click

from bulletin.office.acting import act
from bulletin.office.commands import plan, practice, prepare, rehearse
from bulletin.office.countersigning import sign
from bulletin.office.filing import PAPERS
from bulletin.operate.options import CARD, DIRECTORY, FILE, HOST, PORT, hand_in, named, plain_errors, told
from bulletin.operate.watching import app, mirror, results, witness, witness_key
from bulletin.settings import SETTINGS, Unusable, load, load_key, make_key
from verifier.client.text import read as read_text
from verifier.desk.start import installed


def start() -> None:
    """`aikyn-board`."""
    with installed("board"):
        main()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aikyn", prog_name="aikyn-board")
def main() -> None:
    """Run an election's bulletin board, a witness or a mirror; be a commission's desk.

    For a commission, run `prepare` on an empty folder and do as it says; later `act`, `sign` and `act DIR post`. For a
    board, run `init` and `operator-key` once, hand the key cards to the commission, then run `serve`. For a witness,
    run `witness` with the keys of the logs to watch. For a mirror, run `mirror` with the board's address. For the
    voters' pages, run `app`; for voters who want to try them, `practice`.
    """


@main.command()
@DIRECTORY
@click.option("--origin", required=True, help="The log's name for ever, e.g. board.example/election-2026.")
@CARD
def init(directory: Path, origin: str, card: Path | None) -> None:
    """Make the key of a new log in DIR and print its public form.

    The printed line (a vkey) goes into the manifest, the policy and the trust sheets. The secret stays in DIR/log.key,
    which must never be copied to a second running board. With --card a key that is there already is shown again.
    """
    from verifier.log import note

    with plain_errors():
        from bulletin.http import server

        directory.mkdir(parents=True, exist_ok=True)
        file = directory / server.KEY
        shown = card is not None and file.exists()
        key = named(file, origin, note.ED25519)[0] if shown else make_key(file, origin, note.ED25519)
        hand_in(card, "log", note.encode_key(key))


@main.command("operator-key")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@CARD
def operator_key(file: Path, card: Path | None) -> None:
    """Print the public key of the board's operator, kept in FILE.

    If there is no FILE, the key is made. With it the commission's desk posts, and the operator may end the voting. It
    is not the log's key: keep it away from the board.
    """
    with plain_errors():
        from bulletin.settings import load_operator, make_operator
        from verifier.log import note

        key = load_operator(file)[0] if file.exists() else make_operator(file)
        hand_in(card, "operator", note.encode_base64(key.public))


@main.command()
@DIRECTORY
@click.option("--policy", type=click.Path(dir_okay=False), help="tlog-policy file: witnesses and their quorum.")
@click.option("--roots", type=click.Path(dir_okay=False), help="PEM file: who certifies the members of commissions.")
@click.option("--plan", type=click.Path(dir_okay=False), help="The plan of the papers, if the manifest names one.")
@HOST
@PORT
@click.option("--interval", type=float, help="Seconds between rounds of ballots; 0.25 unless told.")
@click.option("--manifest", help="SHA-256 (hex) of the only manifest that may begin this log.")
def serve(directory: Path, **given: object) -> None:
    """Serve the board kept in DIR until SIGTERM.

    Settings come from DIR/board.toml. Variables like AIKYN_PORT override it, and options override both. The first line
    on standard output is `listening on URL`. The journal goes to standard error, one JSON object a line.

    Without --manifest anybody who reaches the board first can post the manifest, and it can never be taken back.
    """
    with plain_errors():
        from bulletin import journal
        from bulletin.http import server
        from bulletin.http.gateway import Gateway
        from bulletin.operate import inspection
        from verifier.log import policy

        mistakes = [each for each in inspection.inspect(directory, os.environ, told(given)) if each.is_error]
        if mistakes:
            raise Unusable("\n".join(map(str, mistakes)))
        settings = load(directory / SETTINGS, os.environ, told(given))
        trust = policy.decode(read_text(Path(settings.policy)))
        journal.keep_journal()
        with server.locked(directory):
            os.sync()  # what a killed board had written and not flushed is on the disk before anything stands on it
            board = server.open_board(directory, settings, trust)
            endpoint = Gateway(board.app, settings)
            board.sequencer.start()
            with board.keeper:
                server.run(endpoint, board.sequencer.stopped, board.sequencer.stop)
        if board.sequencer.fault:
            raise Unusable(f"stopped: {journal.summary(board.sequencer.fault)}")


@main.command("check-config")
@DIRECTORY
@click.option("--ask-witnesses", is_flag=True, help="Also see whether the witnesses of the policy answer.")
@click.option(
    "--roster", "rosters", type=FILE, multiple=True, help="A roster's record, before it is posted; repeat it for more."
)
def check_config(directory: Path, rosters: tuple[Path, ...], *, ask_witnesses: bool) -> None:
    """Say what is wrong with the settings of the board in DIR.

    It prints one mistake a line, and changes nothing. The settings are those of DIR/board.toml and of variables like
    AIKYN_PORT. `serve` refuses to begin for the same errors. It also names the members of commissions whom none of the
    roots certified, on the rosters that are on the log and on those that are given. Status 0: no errors, perhaps
    warnings. Status 1: errors.
    """
    with plain_errors():
        from bulletin.operate import inspection

        found = list(inspection.inspect(directory, os.environ, ask=ask_witnesses))
        if not any(each.is_error for each in found):
            found += inspection.inspect_rosters(directory, load(directory / SETTINGS, os.environ, {}), rosters)
        for each in found:
            click.echo(str(each))
        if not found:
            click.echo(f"nothing is wrong with {directory}")
    if any(each.is_error for each in found):
        raise SystemExit(1)


@main.command()
@DIRECTORY
@click.argument("target", metavar="TARGET", type=click.Path(path_type=Path))
@click.option("--policy", type=click.Path(dir_okay=False), help="The policy, if `serve` is given one by an option.")
@click.option("--roots", type=click.Path(dir_okay=False), help="The roots, if `serve` is given them by an option.")
@click.option("--with-key", is_flag=True, help="Also copy the log's key: who has it can sign a second history.")
def backup(directory: Path, target: Path, *, with_key: bool, **given: object) -> None:
    """Copy the board in DIR to the new directory TARGET.

    The board may be running. The copy is of one moment. It holds all that was promised by then, and what a restored
    board needs to start. Keep it as safe as the board itself.
    """
    with plain_errors():
        from bulletin.operate import backup as backups

        found = load(directory / SETTINGS, os.environ, told(given))
        if not found.policy:
            raise Unusable("no policy is known, and no board starts without one: give the one that `serve` has")
        backups.check_stores(found)
        roots = Path(found.roots) if found.roots else None
        size = backups.backup(directory, target, policy=Path(found.policy), roots=roots, key=with_key)
        held = "is in it: keep it locked up" if with_key else "is not in it: keep a copy elsewhere"
        click.echo(f"{size} entries are in {target}; the log's key {held}")


@main.command()
@DIRECTORY
@click.argument("source", metavar="SOURCE", type=click.Path(path_type=Path, exists=True, file_okay=False))
def restore(directory: Path, source: Path) -> None:
    """Make the stopped board in DIR whole again from SOURCE.

    What DIR still has is used too. SOURCE is a backup or a copy of the public archive, e.g. a mirror's. The log's key
    is in DIR, or in the backup. Nothing is put in place that does not verify, or that lacks something the board has
    signed. What was there is kept in DIR/replaced-<n>.
    """
    with plain_errors():
        from bulletin.http import server
        from bulletin.operate import backup as backups
        from bulletin.operate import inspection
        from verifier.log import note

        directory.mkdir(parents=True, exist_ok=True)
        backups.check_stores(load(directory / SETTINGS, os.environ, {}))
        file = next((place / server.KEY for place in (directory, source) if (place / server.KEY).exists()), None)
        key = load_key(file or directory / server.KEY, note.ED25519)
        with server.locked(directory):
            size = backups.restore(source, directory, key)
        click.echo(f"{size} entries are restored and verified")
        for each in inspection.inspect(directory, os.environ):
            click.echo(str(each))


@main.command()
@DIRECTORY
@click.option("--ahead", is_flag=True, help="Copy what there is by now, while the board in DIR still runs.")
def migrate(directory: Path, *, ahead: bool) -> None:
    """Move a board's log to PostgreSQL and a bucket.

    DIR/board.toml names both as `database` and `archive`, or AIKYN_DATABASE and AIKYN_ARCHIVE do; they are empty, or
    hold what was moved before. First copy with --ahead, as often as you like; then stop the board and migrate, which is
    soon done. It is the same log, with the same receipts. What was moved is kept in DIR/moved. Then start the board.
    """
    with plain_errors():
        from bulletin.http import server
        from bulletin.operate import migration

        settings = load(directory / SETTINGS, os.environ, {})
        if ahead:
            click.echo(f"{migration.copy_ahead(directory, settings)} entries are copied; the board goes on")
            return
        with server.locked(directory):
            size = migration.migrate(directory, settings, server.load_signers(directory))
        click.echo(f"{size} entries are moved; what they were moved from is in {directory / migration.MOVED}")


for command in (witness, witness_key, mirror, app, results, plan, prepare, rehearse, practice, act, sign):
    main.add_command(command)
for command in PAPERS:
    act.add_command(command)


@main.command()
@click.argument("file", type=FILE)
def policy(file: Path) -> None:
    """Say what a policy for the witnesses protects against.

    Ask before it goes into a manifest. FILE is a tlog-policy file. A quorum that two histories could each have is
    refused: boards take no such manifest.
    """
    with plain_errors():
        from bulletin.board.feeder import check_room
        from bulletin.office.policy import explain
        from verifier.log import policy as policies

        asked = policies.decode(read_text(file))
        check_room(asked)
        if not policies.overlap(asked):
            raise Unusable(f"{file}: {explain(asked, 'en')}")
        click.echo(explain(asked, "en"))
