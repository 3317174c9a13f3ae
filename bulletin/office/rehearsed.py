"""Which election was rehearsed, and whether it is the one in the folder (specs/desk.md §3)."""

from __future__ import annotations

import hashlib

from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes

REHEARSED = "rehearsed.txt"  # names the election that was accepted


def fingerprint(folder: Folder) -> str:
    """What the commission wrote, without keys and voters."""
    files = [folder.election, *(folder.table(name) for name in ("candidates", "commissions", "members"))]
    return hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()


def judge(folder: Folder, found: Mistakes) -> None:
    """The election that was rehearsed is the one in the folder."""
    if fingerprint(folder) not in folder.made(REHEARSED).read_text(encoding="utf-8"):
        found.note("rehearsed-other", REHEARSED)
