"""The honest board as a whole copy, what is on it, and how any copy of it is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.corpus import boards
from tests.support import copies
from verifier.audit import trust
from verifier.audit.audit import Audit
from verifier.client.copy import opened
from verifier.desk.report.report import compose

if TYPE_CHECKING:
    from pathlib import Path

    from verifier.desk.report.report import Report

FILES = boards.honest().files
TRUST = trust.decode(boards.honest().sheet)
HONEST = copies.audit(FILES, boards.honest().sheet)
BLOB, ENTRIES, HASHES = (
    next(name for name in FILES if name.startswith(below)) for below in ("blobs", "tile/entries", "tile/0")
)
MEMORY = 8 << 20  # bytes that a refusal may take


def judge(place: Path | str, keep: Path | None = None) -> Report:
    """The report on the copy in a directory, in a zip file or at an address."""
    with opened(str(place), TRUST, keep) as copy:
        return compose(Audit(copy, TRUST, kept=copy.kept).run())
