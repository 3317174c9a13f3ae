"""Archives of elections made in memory: what a board would have published, with or without its witnesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import copies
from tests.support.copies import body, sign, tiled
from tests.support.elections import AUTHORITY
from verifier.log.reading import LATEST, blob_path
from verifier.records import encode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.support.elections import Election


def write(election: Election, directory: Path, witnesses: Iterable[int] = (0, 1, 2)) -> None:
    """The election's records and blobs as a published archive."""
    signed = sign(body(election.records), witnesses)
    blobs = {blob_path(digest): data for digest, data in election.blobs.items()}
    for name, data in (tiled(election.records) | blobs | {"checkpoints/0": signed, LATEST: signed}).items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(data)


def sheet(election: Election, *, witnessed: bool = True) -> bytes:
    """A trust sheet for the archive."""
    none: dict[str, list[str]] = {} if witnessed else {"witness": [], "group": [], "quorum": []}
    return copies.sheet(encode(election.manifest), [AUTHORITY.der], **none)
