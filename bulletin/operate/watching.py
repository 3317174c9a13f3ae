"""Commands beside a board: a witness's, a mirror's, those of the pages of results and of the voter's app."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bulletin.operate.options import CARD, DIRECTORY, FILE, HOST, PORT, hand_in, named, plain_errors, told
from bulletin.settings import Unusable, load, make_key
from verifier.client.text import read as read_text
from verifier.log.note import COSIGNATURE, ML_DSA_44, Key

if TYPE_CHECKING:
    from bulletin.http.gateway import Gateway
    from bulletin.mirror.follower import Follower
    from bulletin.mirror.relay import Relay
    from bulletin.mirror.watcher import Watcher
    from bulletin.results.reading import PublishedLog

ML_DSA = click.option(
    "--ml-dsa", is_flag=True, help="Make an ML-DSA-44 key, which quantum computers do not break, if DIR has no key."
)
NAME = click.option("--name", required=True, help="The witness's name, as policies give it, e.g. witness.example/2026.")


@click.command()
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
    with plain_errors():
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
        settings = load(directory / "witness.toml", os.environ, told(given))
        journal.keep_journal()
        evidence = directory / "evidence"
        disk.make_directory(evidence)
        with server.locked(directory):
            memory = open_witness(directory / "witness.db")
            watching = Witness(key, sign, watched, memory, evidence, lambda: int(time.time()))
            watching.say_started()
            app = create_app(watching, settings.address)
            server.run(Gateway(app, settings), Event())


@click.command("witness-key")
@DIRECTORY
@NAME
@ML_DSA
@click.option("--fingerprint", is_flag=True, help="Print what auditors compare by telephone instead.")
@CARD
def witness_key(directory: Path, name: str, card: Path | None, *, ml_dsa: bool, fingerprint: bool) -> None:
    """Print the vkey of the witness kept in DIR, for policies.

    If DIR has no key, one is made.
    """
    with plain_errors():
        from verifier.log import note

        key, _ = _witness_key(directory, name, ml_dsa=ml_dsa)
        line = note.encode_key(key)
        hand_in(card, "witness", line, key.fingerprint.hex() if fingerprint else line)


@click.command()
@click.argument("url")
@DIRECTORY
@click.option("--trust", "sheet", required=True, type=FILE, help="The trust sheet: the log's keys and its witnesses.")
@click.option("--every", type=click.FloatRange(min=0.05), default=10.0, help="Seconds between visits; 10 unless told.")
@click.option(
    "--app", "pages", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A folder of `app`, to serve."
)
@click.option("--app-of-log", "of_log", is_flag=True, help="Serve the app that the central commission has signed.")
@click.option("--watch-app", "watched", metavar="URL", help="Compare what URL serves with the log, every minute.")
@click.option("--once", is_flag=True, help="Bring the copy to the board's latest checkpoint, and end.")
@HOST
@PORT
def mirror(
    url: str,
    directory: Path,
    sheet: Path,
    every: float,
    pages: Path | None,
    *,
    watched: str | None,
    of_log: bool,
    once: bool,
    **given: object,
) -> None:
    """Keep and serve a verified copy of the board at URL in DIR.

    The mirror follows the board until SIGTERM. DIR/archive is the copy, which any web server can serve too. A board
    that goes back or shows a second history is not followed: DIR/evidence has what proves it, and the copy stays as it
    was. A mirror that was killed goes on when it is started again.
    """
    with plain_errors():
        from bulletin import journal
        from bulletin.board.limits import Senders
        from bulletin.http import server
        from bulletin.http.gateway import Gateway
        from bulletin.mirror import follower
        from bulletin.mirror.mirror import ARCHIVE, Mirror
        from bulletin.mirror.relay import Relay
        from bulletin.mirror.watcher import Watcher
        from verifier.audit import trust
        from verifier.client.board import Board

        trusted = trust.decode(read_text(sheet))
        settings = load(directory / "mirror.toml", os.environ, told(given))
        directory.mkdir(parents=True, exist_ok=True)
        with server.locked(directory):
            kept = Mirror(Board(url), directory, trusted)
            if once:
                kept.visit()
                click.echo(f"{kept.latest.body.size if kept.latest else 0:,} entries, {kept.lacking} blobs are lacking")
                return
            journal.keep_journal()
            following = follower.Follower(kept, every)
            handing = Relay(url)
            watcher = Watcher(watched, lambda: following.overview.assets) if watched else None
            app = follower.create_app(
                following,
                directory / ARCHIVE,
                settings.address,
                pages,
                handing,
                Senders(settings),
                of_log=of_log,
                watcher=watcher,
            )
            _serve(Gateway(app, settings), following, handing, watcher)
        if following.fault:
            raise Unusable(f"stopped: {journal.summary(following.fault)}")


def _serve(endpoint: "Gateway", following: "Follower", handing: "Relay", watcher: "Watcher | None") -> None:
    """Serve the copy and do what goes on beside it, until SIGTERM or a fault of the follower."""
    from bulletin.http import server

    following.start()
    handing.start()
    if watcher:
        watcher.start()
    server.run(endpoint, following.ended, following.stop)
    handing.stop()
    if watcher:
        watcher.stop()


@click.command()
@DIRECTORY
@click.option("--trust", "sheet", required=True, type=FILE, help="The trust sheet, with the manifest's digest.")
@click.option("--board", required=True, help="The board's address, as pages reach it.")
@click.option("--mirror", "mirrors", multiple=True, help="A mirror's address; repeat it for more.")
@click.option("--check", default="", help="The address at which a second device checks, as polling cards give it.")
@click.option("--practice", default="", help="The address of a practice election's app, for a link to it.")
@click.option("--manifest", type=FILE, help="The manifest's record; fetched from the board unless told.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Also serve it at 127.0.0.1 until SIGTERM, to try it.")
def app(
    directory: Path, sheet: Path, mirrors: tuple[str, ...], manifest: Path | None, port: int | None, **said: str
) -> None:
    """Lay the voter's app out in DIR, for a web server.

    The app is the same for every election. Beside it DIR gets trust.txt, the very sheet; manifest.json, the manifest
    that the sheet names; and site.json, the addresses. What DIR has of an older app is replaced. Mirrors are given the
    same folder, so that they serve the same bytes.
    """
    with plain_errors():
        from threading import Event

        from bulletin import journal
        from bulletin.http import assets, layout, server
        from bulletin.http.gateway import Gateway
        from bulletin.settings import Settings
        from verifier.audit import trust
        from verifier.client.board import Board

        raw, board = read_text(sheet), said["board"].rstrip("/")
        addresses = layout.write_addresses(board, mirrors, said["check"], said["practice"])
        record = manifest.read_bytes() if manifest else layout.fetch_manifest(Board(board))
        layout.check_manifest(trust.decode(raw), record)
        count = layout.lay_out(directory, raw, record, addresses)
        click.echo(f"{count} files are in {directory}", err=port is not None)
        if port is not None:
            journal.keep_journal()
            server.run(Gateway(assets.create_app(directory), Settings(port=port)), Event())


@click.command()
@click.argument("source")
@DIRECTORY
@click.option("--trust", "sheet", required=True, type=FILE, help="The trust sheet: the log's keys and its witnesses.")
@click.option("--once", is_flag=True, help="Write the pages of the latest checkpoint, and end.")
@click.option("--compare", "address", metavar="URL", help="Name each page at URL that is not what the log gives.")
def results(source: str, directory: Path, sheet: Path, address: str | None, *, once: bool) -> None:
    """Write the papers' results as pages into DIR.

    It follows the log until SIGTERM. SOURCE is the address of a board or mirror, of which a verified copy is kept in
    DIR/mirror, or a directory with an archive that something else keeps. DIR/current is what a web server shows. The
    same log and trust sheet give the same bytes to anybody: with --compare no pages are written, and the first word of
    each page that differs is named. Status 1: some page differs.
    """
    with plain_errors():
        from bulletin import journal
        from bulletin.http import server
        from bulletin.mirror.mirror import Mirror
        from bulletin.results.reading import PublishedLog, find_archive
        from verifier.audit import trust
        from verifier.client.board import Board

        trusted = trust.decode(read_text(sheet))
        directory.mkdir(parents=True, exist_ok=True)
        with server.locked(directory):
            is_far = source.startswith(("http://", "https://"))
            kept = Mirror(Board(source), directory / "mirror", trusted) if is_far else None
            archive = kept.archive if kept else find_archive(Path(source))
            ledger = PublishedLog(archive, trusted, directory / "ledger")
            if kept and (once or address):
                kept.visit()
            if address:
                _compare(ledger, address)
                return
            from bulletin.results.publisher import Publisher
            from bulletin.results.site import Site

            publisher = Publisher(kept.visit if kept else lambda: None, ledger, Site(directory))
            if once:
                fresh, files = publisher.visit()
                click.echo(f"{fresh:,} of {files:,} files were made; {directory / 'current'} shows them")
                return
            journal.keep_journal()
            publisher.run_until_signal()


def _compare(ledger: "PublishedLog", address: str) -> None:
    """Print what differs; status 1 if anything does."""
    from bulletin.results.comparison import compare

    edition, found = compare(ledger, address)
    for one in found:
        click.echo(str(one))
    if found:
        raise SystemExit(1)
    click.echo(f"{address} shows what the log gives at checkpoint {edition.now.number}, {edition.now.size:,} entries")


def _witness_key(directory: Path, name: str, *, ml_dsa: bool) -> tuple[Key, Callable[[bytes], bytes]]:
    file = directory / "witness.key"
    if not file.exists():
        directory.mkdir(parents=True, exist_ok=True)
        make_key(file, name, ML_DSA_44 if ml_dsa else COSIGNATURE)
    return named(file, name, *((ML_DSA_44,) if ml_dsa else (COSIGNATURE, ML_DSA_44)))
