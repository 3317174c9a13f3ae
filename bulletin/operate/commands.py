"""`aikyn-board`: for operators of a board, of a witness and of a mirror."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from bulletin.office.acting import act
from bulletin.office.commands import prepare, rehearse
from bulletin.office.countersigning import sign
from bulletin.settings import SETTINGS, Unusable, load, load_key, make_key
from verifier.client.text import read as read_text
from verifier.desk.start import installed
from verifier.log.note import COSIGNATURE, ML_DSA_44, Key

DIRECTORY = click.argument("directory", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
PORT = click.option("--port", type=click.IntRange(0, 65_535), help="Port to listen on; 0 takes a free one.")
HOST = click.option("--host", help="Address to listen on; 127.0.0.1 unless told, for a proxy that ends TLS.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
ML_DSA = click.option(
    "--ml-dsa", is_flag=True, help="Make an ML-DSA-44 key, which quantum computers do not break, if DIR has no key."
)
CARD = click.option(
    "--card",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the key card that a commission asks for.",
)
NAME = click.option("--name", required=True, help="The witness's name, as policies give it, e.g. witness.example/2026.")


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
    run `witness` with the keys of the logs to watch. For a mirror, run `mirror` with the board's address.
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

    with _plain_errors():
        from bulletin.http import server

        directory.mkdir(parents=True, exist_ok=True)
        file = directory / server.KEY
        shown = card is not None and file.exists()
        key = _named(file, origin, note.ED25519)[0] if shown else make_key(file, origin, note.ED25519)
        _hand_in(card, "log", note.encode_key(key))


@main.command("operator-key")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@CARD
def operator_key(file: Path, card: Path | None) -> None:
    """Print the public key of the board's operator, kept in FILE.

    If there is no FILE, the key is made. With it the commission's desk posts, and the operator may end the voting. It
    is not the log's key: keep it away from the board.
    """
    with _plain_errors():
        from bulletin.settings import load_operator, make_operator
        from verifier.log import note

        key = load_operator(file)[0] if file.exists() else make_operator(file)
        _hand_in(card, "operator", note.encode_base64(key.public))


@main.command()
@DIRECTORY
@click.option("--policy", type=click.Path(dir_okay=False), help="tlog-policy file: witnesses and their quorum.")
@click.option("--roots", type=click.Path(dir_okay=False), help="PEM file: who certifies the members of commissions.")
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
    with _plain_errors():
        from bulletin import journal
        from bulletin.http import server
        from bulletin.http.gateway import Gateway
        from bulletin.operate import inspection
        from verifier.log import policy

        mistakes = [each for each in inspection.inspect(directory, os.environ, _given(given)) if each.is_error]
        if mistakes:
            raise Unusable("\n".join(map(str, mistakes)))
        settings = load(directory / SETTINGS, os.environ, _given(given))
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
    with _plain_errors():
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
    with _plain_errors():
        from bulletin.operate import backup as backups

        found = load(directory / SETTINGS, os.environ, _given(given))
        if not found.policy:
            raise Unusable("no policy is known, and no board starts without one: give the one that `serve` has")
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
    with _plain_errors():
        from bulletin.http import server
        from bulletin.operate import backup as backups
        from bulletin.operate import inspection
        from verifier.log import note

        directory.mkdir(parents=True, exist_ok=True)
        file = next((place / server.KEY for place in (directory, source) if (place / server.KEY).exists()), None)
        key = load_key(file or directory / server.KEY, note.ED25519)
        with server.locked(directory):
            size = backups.restore(source, directory, key)
        click.echo(f"{size} entries are restored and verified")
        for each in inspection.inspect(directory, os.environ):
            click.echo(str(each))


@main.command()
@DIRECTORY
@NAME
@ML_DSA
@click.option("--log", "logs", required=True, multiple=True, help="A log's vkey; repeat it for more logs or keys.")
@HOST
@PORT
def witness(directory: Path, name: str, logs: tuple[str, ...], *, ml_dsa: bool, **given: object) -> None:
    """Watch logs and cosign their checkpoints, until SIGTERM.

    DIR holds the witness's key (made if there is none), its memory of what it has cosigned, and evidence against logs.
    An older memory can make the witness sign a second history: never restore it from a backup.
    """
    with _plain_errors():
        import time
        from threading import Event

        from bulletin import journal
        from bulletin.http import server
        from bulletin.http.gateway import Gateway
        from bulletin.log import disk
        from bulletin.log.database import open_witness
        from bulletin.witness.app import create_app
        from bulletin.witness.witness import Witness
        from verifier.log import note

        key, sign = _witness_key(directory, name, ml_dsa=ml_dsa)
        watched: dict[str, list[note.Key]] = {}
        for log in map(note.decode_key, logs):
            watched.setdefault(log.name, []).append(log)
        settings = load(directory / "witness.toml", os.environ, _given(given))
        journal.keep_journal()
        evidence = directory / "evidence"
        disk.make_directory(evidence)
        with server.locked(directory):
            memory = open_witness(directory / "witness.db")
            watching = Witness(key, sign, watched, memory, evidence, lambda: int(time.time()))
            watching.say_started()
            app = create_app(watching, settings.address)
            server.run(Gateway(app, settings), Event())


@main.command("witness-key")
@DIRECTORY
@NAME
@ML_DSA
@click.option("--fingerprint", is_flag=True, help="Print what auditors compare by telephone instead.")
@CARD
def witness_key(directory: Path, name: str, card: Path | None, *, ml_dsa: bool, fingerprint: bool) -> None:
    """Print the vkey of the witness kept in DIR, for policies.

    If DIR has no key, one is made.
    """
    with _plain_errors():
        from verifier.log import note

        key, _ = _witness_key(directory, name, ml_dsa=ml_dsa)
        line = note.encode_key(key)
        _hand_in(card, "witness", line, key.fingerprint.hex() if fingerprint else line)


@main.command()
@click.argument("url")
@DIRECTORY
@click.option("--trust", "sheet", required=True, type=FILE, help="The trust sheet: the log's keys and its witnesses.")
@click.option("--every", type=click.FloatRange(min=0.05), default=10.0, help="Seconds between visits; 10 unless told.")
@click.option("--once", is_flag=True, help="Bring the copy to the board's latest checkpoint, and end.")
@HOST
@PORT
def mirror(url: str, directory: Path, sheet: Path, every: float, *, once: bool, **given: object) -> None:
    """Keep and serve a verified copy of the board at URL in DIR.

    The mirror follows the board until SIGTERM. DIR/archive is the copy, which any web server can serve too. A board
    that goes back or shows a second history is not followed: DIR/evidence has what proves it, and the copy stays as it
    was. A mirror that was killed goes on when it is started again.
    """
    with _plain_errors():
        from bulletin import journal
        from bulletin.http import server
        from bulletin.http.gateway import Gateway
        from bulletin.mirror import follower
        from bulletin.mirror.mirror import ARCHIVE, Mirror
        from verifier.audit import trust
        from verifier.client.board import Board

        trusted = trust.decode(read_text(sheet))
        settings = load(directory / "mirror.toml", os.environ, _given(given))
        directory.mkdir(parents=True, exist_ok=True)
        with server.locked(directory):
            kept = Mirror(Board(url), directory, trusted)
            if once:
                kept.visit()
                click.echo(f"{kept.latest.body.size if kept.latest else 0:,} entries, {kept.lacking} blobs are lacking")
                return
            journal.keep_journal()
            following = follower.Follower(kept, every)
            app = follower.create_app(following, directory / ARCHIVE, settings.address)
            endpoint = Gateway(app, settings)
            following.start()
            server.run(endpoint, following.ended, following.stop)
        if following.fault:
            raise Unusable(f"stopped: {journal.summary(following.fault)}")


for command in (prepare, rehearse, act, sign):
    main.add_command(command)


@main.command()
@click.argument("file", type=FILE)
def policy(file: Path) -> None:
    """Say what a policy for the witnesses protects against.

    Ask before it goes into a manifest. FILE is a tlog-policy file. A quorum that two histories could each have is
    refused: boards take no such manifest.
    """
    with _plain_errors():
        from bulletin.board.feeder import check_room
        from bulletin.office.policy import explain
        from verifier.log import policy as policies

        asked = policies.decode(read_text(file))
        check_room(asked)
        if not policies.overlap(asked):
            raise Unusable(f"{file}: {explain(asked, 'en')}")
        click.echo(explain(asked, "en"))


def _witness_key(directory: Path, name: str, *, ml_dsa: bool) -> tuple[Key, Callable[[bytes], bytes]]:
    file = directory / "witness.key"
    if not file.exists():
        directory.mkdir(parents=True, exist_ok=True)
        make_key(file, name, ML_DSA_44 if ml_dsa else COSIGNATURE)
    return _named(file, name, *((ML_DSA_44,) if ml_dsa else (COSIGNATURE, ML_DSA_44)))


def _named(file: Path, name: str, *kinds: int) -> tuple[Key, Callable[[bytes], bytes]]:
    """The key in the file, if it has this name."""
    key, sign = load_key(file, *kinds)
    if key.name != name:
        raise Unusable(f"{file} is the key of {key.name}, not of {name}")
    return key, sign


def _hand_in(file: Path | None, role: str, key: str, line: str = "") -> None:
    """Print the public key, or another `line` for it; write its card, if one is asked for, and say what to read."""
    from verifier.client.card import Card

    click.echo(line or key)
    if file is not None:
        card = Card(role, key)
        file.write_bytes(card.encode())
        click.echo(f"{file} is for the commission; by telephone read {card.groups}", err=True)


def _given(options: dict[str, object]) -> dict[str, object]:
    """The options that were given."""
    return {name: str(value) for name, value in options.items() if value is not None}


@contextmanager
def _plain_errors() -> Iterator[None]:
    """An error that the operator can mend is told in a sentence, without a trace."""
    from bulletin.log.database import DatabaseFailed
    from bulletin.log.rollback import CannotContinue
    from verifier.errors import VerifierError

    try:
        yield
    except (Unusable, CannotContinue, DatabaseFailed, VerifierError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'the system'}: {error.strerror}") from error
