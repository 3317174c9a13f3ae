"""A board's backup, taken while it runs, and what is restored from it or from a mirror's copy (specs/log.md §9).

The entries are what is saved: tiles are computed from them. Whatever was signed, wherever it is found, must be kept by
the entries that are restored; so an old backup cannot make the board sign a second history.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from shutil import rmtree
from typing import NamedTuple

from bulletin.board import snapshots
from bulletin.board.admission import Admission
from bulletin.log import disk
from bulletin.log.archive import Files
from bulletin.log.database import explain, open_log, remember
from bulletin.log.rollback import CannotContinue
from bulletin.log.tilelog import Signer, TileLog
from bulletin.settings import POLICY, ROOTS, SETTINGS, Settings, Unusable, load
from verifier.errors import VerifierError
from verifier.log import checkpoint, note, tiles
from verifier.log.checkpoint import SignedCheckpoint
from verifier.log.note import Key, Note
from verifier.log.reading import LATEST, Log, blob_path
from verifier.log.tiles import WIDTH
from verifier.log.tree import hash_leaf

KEY, FORMER, DATABASE, ARCHIVE = "log.key", "log.former.key", "log.db", "archive"
FRESH, REPLACED = "restoring", "replaced"
ROWS = 4096  # entries held in memory at a time


class Stock(NamedTuple):
    """A place where entries are: how many of them are good from the first on, and how to read these."""

    where: Path
    size: int
    entries: Callable[[], Iterator[bytes]]


def check_stores(settings: Settings) -> None:
    """`Unusable` if the board's stores are servers, which have backups of their own."""
    if settings.archive or settings.database:
        raise Unusable(
            "this is for a board whose stores are files: let the servers that its settings name make copies, "
            "and keep a mirror"
        )


def backup(
    directory: Path, target: Path, *, policy: Path | None = None, roots: Path | None = None, key: bool = False
) -> int:
    """Copy the board in `directory`, which may be running, into the new directory `target`; the number of entries.

    Checkpoints first, then the database, in one transaction: it has all that they cover. A policy or roots outside of
    `directory` are copied as `policy` and `roots.pem`. The log's key is left out unless asked for: whoever has it can
    sign a second history.
    """
    if target.exists():
        raise Unusable(f"{target} exists already: a backup is made anew, never over another one")
    archive, copied = directory / ARCHIVE, target / ARCHIVE
    disk.make_directory(copied)
    kept = list(_kept(archive))
    for number, raw in enumerate(kept):
        disk.write(copied / f"checkpoints/{number}", raw)
    if kept:
        disk.write(copied / LATEST, kept[-1])
    _copy_database(directory / DATABASE, target / DATABASE)
    for blob in _blobs(archive):
        disk.store_blob(copied, blob)
    for file, usual in ((policy, POLICY), (roots, ROOTS)):
        if file:
            _copy_private(file, target / (_inside(directory, file) or usual))
    for name in (SETTINGS, *([KEY, FORMER] if key else [])):
        if (directory / name).exists():
            _copy_private(directory / name, target / name)
    return _read_database(target / DATABASE).size


def restore(source: Path, directory: Path, signer: Signer) -> int:
    """Make the board in `directory` whole again, with what it still has and what `source` has; the number of entries.

    `source` is a backup or a copy of the archive. Nothing is replaced before everything is verified; what is replaced
    is kept beside. CannotContinue if something that was signed would be lost.
    """
    key = signer[0]
    archives = [place for place in (source, source / ARCHIVE, directory / ARCHIVE) if (place / LATEST).exists()]
    databases = [place / DATABASE for place in (source, directory) if (place / DATABASE).exists()]
    sources = [*map(_read_database, databases), *(_read_archive(place, key) for place in archives)]
    promises = _promises(databases, archives, key)
    fresh = directory / FRESH
    log = _choose(fresh, sorted(sources, key=lambda one: -one.size), promises, signer)
    for place in archives:
        for blob in _blobs(place):
            disk.store_blob(fresh / ARCHIVE, blob)
    _publish(fresh / ARCHIVE, archives, [key])
    blobs = lambda digest: disk.read(fresh / ARCHIVE, blob_path(digest))  # noqa: E731  a line where it is used
    Admission(blobs, key.name, [key]).replay(log.entries(0, log.size))
    size = log.size
    log.close()
    for found in _settings(source):
        if not (directory / found).exists():
            _copy_private(source / found, fresh / found)
    _replace(directory, fresh)
    return size


def _choose(fresh: Path, sources: Sequence[Stock], promises: Sequence[SignedCheckpoint], signer: Signer) -> TileLog:
    """The log of the longest source that keeps every promise; else what is wrong with the longest."""
    problems = []
    for found in sources:
        try:
            return _rebuild(fresh, found, promises, signer)
        except CannotContinue as problem:
            problems.append(problem)
    raise problems[0] if problems else Unusable("neither DIR nor SOURCE holds a database or an archive")


def _rebuild(fresh: Path, found: Stock, promises: Sequence[SignedCheckpoint], signer: Signer) -> TileLog:
    """A log with these entries, which keep every promise."""
    most = promises[-1].body.size if promises else 0
    if found.size < most:
        raise CannotContinue(
            f"{most} entries were signed, and the longest copy, {found.where}, has {found.size}: "
            "look for a newer backup or for a mirror that has the rest"
        )
    rmtree(fresh, ignore_errors=True)
    disk.make_directory(fresh)
    database = open_log(fresh / DATABASE)
    log = TileLog(Files(fresh / ARCHIVE), database, signer[0].name, [signer])
    entries = found.entries()
    while rows := list(islice(entries, ROWS)):
        log.append(rows)
    for size in sorted({*_edges([signed.body.size for signed in promises], most), most}):
        log.grow(size)
    for signed in promises:
        if log.root_at(signed.body.size) != signed.body.root:
            raise CannotContinue(
                f"a checkpoint of {signed.body.size} entries was signed that the entries in {found.where} do not keep"
            )
        remember(database, signed)
    return log


def _edges(sizes: Sequence[int], most: int) -> Iterator[int]:
    """The sizes at which partial tiles were published that no full tile has replaced."""
    for level in range(tiles.levels(most)):
        recent = (size for size in sizes if size > most - most % WIDTH ** (level + 1))
        yield from {size >> 8 * level: size for size in recent}.values()


def _publish(archive: Path, archives: Sequence[Path], keys: Sequence[Key]) -> None:
    """Put back the checkpoints that were published, each from the first place that has it whole."""
    latest = b""
    for number in count():
        where = f"checkpoints/{number}"
        found = [raw for place in archives if (raw := disk.read(place, where)) is not None]
        whole = [raw for raw in found if _signed(raw, keys)]
        if found and not whole:
            raise CannotContinue(f"{where} is damaged everywhere: look for a mirror that has it")
        if not found:
            break
        latest = whole[0]
        disk.write(archive / where, latest)
    if latest:
        disk.write(archive / LATEST, latest)


def _signed(raw: bytes, keys: Sequence[Key]) -> SignedCheckpoint | None:
    """The checkpoint, if one of the log's keys signed it; else it promises nothing."""
    try:
        signed = checkpoint.decode(raw)
        checkpoint.check_log_signature("BRD.1", LATEST, signed, keys[0].name, keys)
    except VerifierError:
        return None
    return signed


def _copy_database(file: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(file)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
    except sqlite3.Error as error:
        raise explain(file, error) from error


def _settings(source: Path) -> list[Path]:
    """What a backup has of how the board was set up: key, settings, and policy and roots wherever these say."""
    said = load(source / SETTINGS, {}, {})
    usual = (source / name for name in (KEY, SETTINGS, POLICY, ROOTS))
    files = {_inside(source, file) for file in (*usual, Path(said.policy), Path(said.roots))}
    return [file for file in files if file and (source / file).is_file()]


def _inside(directory: Path, file: Path) -> Path | None:
    """The file's path below the directory, if it is there."""
    whole, root = file.resolve(), directory.resolve()
    return whole.relative_to(root) if whole.is_relative_to(root) else None


def _copy_private(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(0o600, exist_ok=False)
    disk.write(target, path.read_bytes())
    target.chmod(0o600)


def _replace(directory: Path, fresh: Path) -> None:
    """Put the restored database and files in place, what was there beside."""
    beside = next(place for number in count(1) if not (place := directory / f"{REPLACED}-{number}").exists())
    disk.make_directory(beside)
    for old in (*directory.glob(f"{DATABASE}*"), directory / ARCHIVE, directory / snapshots.FILE):
        if old.exists():
            old.replace(beside / old.name)
    for new in tuple(fresh.iterdir()):
        new.replace(directory / new.name)
    fresh.rmdir()
    disk.flush_directories([directory, beside])


def _promises(databases: Sequence[Path], archives: Sequence[Path], key: Key) -> list[SignedCheckpoint]:
    """Every checkpoint that the log's key has signed, wherever it is found, by size."""
    notes = [raw for database in databases for raw in _signed_rows(database)]
    notes += [raw for archive in archives for raw in (*_kept(archive), disk.read(archive, LATEST) or b"")]
    found = [signed for raw in notes if (signed := _signed(raw, [key]))]
    if notes and not found:
        raise Unusable(f"nothing here is signed by this key of {key.name}: restore with the board's own")
    own = {(one.body.size, one.body.root): one for one in found}
    return [_strip(own[place], key) for place in sorted(own)]


def _strip(signed: SignedCheckpoint, key: Key) -> SignedCheckpoint:
    """With the log's own signature only, as it is shown to witnesses."""
    lines = tuple(line for _, line in checkpoint.matching_lines(signed.note, [key]))
    return checkpoint.decode(note.encode(Note(signed.note.text, lines)))


def _kept(archive: Path) -> Iterator[bytes]:
    for number in count():
        raw = disk.read(archive, f"checkpoints/{number}")
        if raw is None:
            return
        yield raw


def _blobs(archive: Path) -> Iterator[bytes]:
    """The blobs that are what their names say."""
    for path in sorted((archive / "blobs").glob("[0-9a-f][0-9a-f]/*")):
        data = path.read_bytes()
        if sha256(data).hexdigest() == path.name:
            yield data


def _read_archive(place: Path, key: Key) -> Stock:
    try:
        log = Log(partial(disk.read, place), key.name, [key])
    except VerifierError:
        return Stock(place, 0, lambda: iter(()))
    return Stock(place, log.size, lambda: (entry for _, entry in log.entries()))


def _read_database(file: Path) -> Stock:
    return Stock(file, sum(1 for _ in read_entries(file)), lambda: read_entries(file))


def read_entries(file: Path) -> Iterator[bytes]:
    """What a log's database holds, up to the first entry that is lacking, or is not what its hash says."""
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(file)) as database:
        rows = database.execute('SELECT "index", leaf_hash, entry FROM entries ORDER BY "index"')
        for expected, (index, leaf, entry) in enumerate(rows):
            if index != expected or hash_leaf(entry) != leaf:
                return
            yield entry


def _signed_rows(file: Path) -> list[bytes]:
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(file)) as database:
        return [raw for (raw,) in database.execute("SELECT note FROM checkpoints")]
    return []
