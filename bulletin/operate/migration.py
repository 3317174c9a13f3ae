"""A board's log moved from its files to a shared database and a bucket, as it stands (specs/log.md §9.4)."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import Table, insert, select

from bulletin.http import server
from bulletin.log import disk, stores
from bulletin.log.archive import ArchiveStore, Files
from bulletin.log.database import CHECKPOINTS, ENTRIES, Database, open_log
from bulletin.log.rollback import CannotContinue
from bulletin.log.tilelog import Signer, TileLog
from bulletin.settings import Settings, Unusable
from verifier.log.reading import LATEST

ROWS, FILES = 4096, 16  # that are held in memory at a time
MOVED = "moved"  # where the former stores are kept


def migrate(directory: Path, settings: Settings, signers: list[Signer]) -> int:
    """Move the stopped board in `directory` to the stores that its settings name; the number of entries.

    What a migration that was broken off has moved is compared and not moved again. The former database is put aside at
    the end, so that no board goes on from it. CannotContinue if the log in the new stores is another one.
    """
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
        size = _move(directory, former, shared, settings, signers)
    except disk.Changed as error:
        raise CannotContinue(f"the bucket holds another log ({error}): give an empty one") from error
    finally:
        former.dispose()
        shared.dispose()
    _put_aside(directory)
    return size


def _move(directory: Path, former: Database, shared: Database, settings: Settings, signers: list[Signer]) -> int:
    name, files = signers[0][0].name, directory / server.ARCHIVE
    old = TileLog(Files(files), former, name, signers)
    for table in (ENTRIES, CHECKPOINTS):
        _copy_rows(table, former, shared)
    archive = stores.open_archive(directory / MOVED, settings)
    _copy_files(files, archive)
    new = TileLog(archive, shared, name, signers)
    if (new.size, new.signed, new.published) != (old.size, old.signed, old.published):
        raise CannotContinue("the stores that the settings name hold another log: give empty ones")
    return new.size


def _copy_rows(table: Table, former: Database, shared: Database) -> None:
    """The rows that are not there yet; the last one that is must be ours."""
    key = table.primary_key.columns[0]
    with shared.connect() as connection:
        last = connection.execute(select(table).order_by(key.desc()).limit(1)).first()
    with former.connect() as connection:
        ours = last and connection.execute(select(table).where(key == last[0])).first()
    if last and (ours is None or tuple(ours) != tuple(last)):
        raise CannotContinue("the database that the settings name holds another log: give an empty one")
    rows = _rows(former, table, last[0] if last else -1)
    while some := list(islice(rows, ROWS)):
        with shared.begin() as connection:
            connection.execute(insert(table), some)


def _rows(database: Database, table: Table, after: int) -> Iterator[dict[str, object]]:
    key = table.primary_key.columns[0]
    with database.connect() as connection:
        for row in connection.execute(select(table).where(key > after).order_by(key)):
            yield dict(row._mapping)  # noqa: SLF001  so SQLAlchemy names what it documents


def _copy_files(source: Path, archive: ArchiveStore) -> None:
    """Every file, `checkpoint` last: whoever reads the bucket meanwhile finds what it promises."""
    archive.refresh()
    names = sorted(path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file())
    others = iter([name for name in names if name != LATEST])
    while some := list(islice(others, FILES)):
        archive.write_once({name: (source / name).read_bytes() for name in some})
    if LATEST in names:
        archive.write(LATEST, (source / LATEST).read_bytes())


def _put_aside(directory: Path) -> None:
    for path in (*directory.glob(f"{server.DATABASE}*"), directory / server.ARCHIVE):
        path.replace(directory / MOVED / f"former-{path.name}")
    (directory / MOVED / server.ARCHIVE).replace(directory / server.ARCHIVE)
    disk.flush_directories([directory, directory / MOVED])
