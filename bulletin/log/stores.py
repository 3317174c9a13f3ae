"""The two stores of a log, as the settings name them: its database and its archive (specs/operation.md §11)."""

from pathlib import Path
from typing import TYPE_CHECKING

from bulletin.log.archive import ArchiveStore, Files
from bulletin.settings import Settings, Unusable

if TYPE_CHECKING:
    from bulletin.log.postgres import Shared

LACKING = "for a bucket or PostgreSQL install `aikyn[scale]`"
DATABASE, ARCHIVE = "log.db", "archive"


def open_archive(directory: Path, settings: Settings) -> ArchiveStore:
    """The bucket at the address `archive`, with its copy in `directory`; by default the files there."""
    if not settings.archive:
        return Files(directory / ARCHIVE)
    try:
        from bulletin.log.bucket import Bucket  # noqa: PLC0415  what few boards need is imported by them
    except ImportError as error:
        raise Unusable(LACKING) from error
    return Bucket(settings.archive, directory / ARCHIVE)


def open_shared(settings: Settings) -> "Shared":
    """The PostgreSQL database of the settings, with its tables; `Unusable` if no bucket goes with it."""
    if not settings.archive:
        raise Unusable("`database` needs `archive`: other machines must find the log's files")
    try:
        from bulletin.log.postgres import Shared  # noqa: PLC0415  as above
    except ImportError as error:
        raise Unusable(LACKING) from error
    return Shared(settings.database, settings.lease)
