"""The two stores of a log, as the settings name them: its database and its archive (specs/operation.md §11)."""

from pathlib import Path

from bulletin.log.archive import Archive, Files
from bulletin.log.database import Database, open_log
from bulletin.settings import Settings, Unusable

LACKING = "for a bucket or PostgreSQL install `aikyn[scale]`"
DATABASE, ARCHIVE = "log.db", "archive"


def open_archive(directory: Path, settings: Settings) -> Archive:
    """The bucket at the address `archive`, with its copy in `directory`; by default the files there."""
    if not settings.archive:
        return Files(directory / ARCHIVE)
    try:
        from bulletin.log.bucket import Bucket  # noqa: PLC0415  what few boards need is imported by them
    except ImportError as error:
        raise Unusable(LACKING) from error
    return Bucket(settings.archive, directory / ARCHIVE)


def open_database(directory: Path) -> Database:
    """The log's database, a file in `directory`, which is made when it does not exist."""
    return open_log(directory / DATABASE)
