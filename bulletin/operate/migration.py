"""A board's log moved from its files to a shared database and a bucket, as it stands (specs/log.md §9.4–5)."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, select

from bulletin.http import server
from bulletin.log import disk, stores
from bulletin.log.archive import ArchiveStore, Files
from bulletin.log.database import CHECKPOINTS, ENTRIES, Database, open_log
from bulletin.log.postgres import Shared
from bulletin.log.rollback import CannotContinue
from bulletin.log.tilelog import Signer, TileLog
from bulletin.settings import Settings, Unusable
from verifier.log.reading import LATEST

ROWS, FILES = 4096, 16  # that are held in memory at a time
MOVED = "moved"  # where the former stores are kept


def migrate(directory: Path, settings: Settings, signers: list[Signer]) -> int:
    """Move the stopped board in `directory` to the stores that its settings name; the number of entries.

    What was moved before, ahead or by a migration that was broken off, is compared and not moved again. The former
    database is put aside at the end, so that no board goes on from it. CannotContinue if the log in the new stores is
    another one.
    """
    with _opened(directory, settings) as (former, shared):
        size = _move(directory, former, shared, settings, signers)
    _put_aside(directory)
    return size


def copy_ahead(directory: Path, settings: Settings) -> int:
    """Copy to these stores what will not change any more, while the board in `directory` runs; the number of entries.

    CannotContinue if the log in the new stores is another one.
    """
    with _opened(directory, settings) as (former, shared):
        _copy_rows(ENTRIES, former, shared)
        files = [name for name in _files(directory / server.ARCHIVE) if name != LATEST and ".p/" not in name]
        _copy_files(directory / server.ARCHIVE, files, stores.open_archive(directory / MOVED, settings))
        last = _last(ENTRIES, shared)
    return last[0] + 1 if last else 0


@contextmanager
def _opened(directory: Path, settings: Settings) -> Iterator[tuple[Database, Shared]]:
    """The board's own database and the shared one, which nobody else writes meanwhile."""
    if not settings.database:
        raise Unusable("name `database` and `archive` in the settings first: that is where the log is moved to")
    if not (directory / server.DATABASE).exists():
        raise Unusable(
            f"there is no {directory / server.DATABASE}: this board's log is elsewhere, or was moved already"
        )
    former = open_log(directory / server.DATABASE)
    shared = stores.open_shared(settings)
    try:
        if not shared.lead(lambda: None):
            raise Unusable("a board writes to that database: stop it first")
        yield former, shared
    except disk.Changed as error:
        raise CannotContinue(f"the bucket holds another log ({error}): give an empty one") from error
    finally:
        former.dispose()
        shared.dispose()


def _move(directory: Path, former: Database, shared: Database, settings: Settings, signers: list[Signer]) -> int:
    name, files = signers[0][0].name, directory / server.ARCHIVE
    old = TileLog(Files(files), former, name, signers)
    for table in (ENTRIES, CHECKPOINTS):
        _copy_rows(table, former, shared)
    archive = stores.open_archive(directory / MOVED, settings)
    names = _files(files)
    _copy_files(files, [name for name in names if name != LATEST], archive)
    if LATEST in names:  # last: whoever reads the bucket meanwhile finds what it promises
        archive.write(LATEST, (files / LATEST).read_bytes())
    new = TileLog(archive, shared, name, signers)
    if (new.size, new.signed, new.published) != (old.size, old.signed, old.published):
        raise CannotContinue("the stores that the settings name hold another log: give empty ones")
    return new.size


def _copy_rows(table: Table, former: Database, shared: Database) -> None:
    """The rows that are not there yet; the last one that is must be ours."""
    last = _last(table, shared)
    number = last[0] if last else -1
    if last and _rows(table, former, number - 1, 1) != [last]:
        raise CannotContinue("the database that the settings name holds another log: give an empty one")
    while rows := _rows(table, former, number, ROWS):
        with shared.begin() as connection:
            connection.execute(insert(table), [dict(zip(table.columns.keys(), row, strict=True)) for row in rows])
        number = rows[-1][0]


def _last(table: Table, database: Database) -> tuple[Any, ...] | None:
    """The row with the highest number, which stands first in it."""
    with database.connect() as connection:
        row = connection.execute(select(table).order_by(table.c[0].desc()).limit(1)).first()
    return tuple(row) if row else None


def _rows(table: Table, database: Database, after: int, most: int) -> list[tuple[Any, ...]]:
    """The next rows; no transaction stays open, so that a running board is not held up."""
    with database.connect() as connection:
        found = connection.execute(select(table).where(table.c[0] > after).order_by(table.c[0]).limit(most))
        return list(map(tuple, found))


def _files(source: Path) -> list[str]:
    """Names of all files but of those that are being written."""
    return sorted(name for name in disk.list_files(source) if not name.rpartition("/")[2].startswith("."))


def _copy_files(source: Path, names: list[str], archive: ArchiveStore) -> None:
    archive.refresh()
    left = iter(names)
    while some := list(islice(left, FILES)):
        archive.write_once({name: (source / name).read_bytes() for name in some})


def _put_aside(directory: Path) -> None:
    for path in (*directory.glob(f"{server.DATABASE}*"), directory / server.ARCHIVE):
        path.replace(directory / MOVED / f"former-{path.name}")
    (directory / MOVED / server.ARCHIVE).replace(directory / server.ARCHIVE)
    disk.flush_directories([directory, directory / MOVED])
