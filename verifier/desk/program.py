"""Which verifier this is: the digest of its files, as the trust sheet gives it (specs/verification.md §2, MAN.8)."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

COMPILED = "__pycache__"  # written by Python beside what it has read


def digest(folder: Traversable | None = None) -> bytes:
    """SHA-256 of the list of the files of this verifier, or of the one in `folder`, in the form of `sha256sum`.

    `folder` is named `verifier` and may be inside a wheel, as a `zipfile.Path`.
    """
    folder = folder or files("verifier")
    listed = sorted(_list(folder, folder.name))
    return sha256("".join(f"{found}  {path}\n" for path, found in listed).encode()).digest()


def _list(folder: Traversable, path: str) -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        below = f"{path}/{entry.name}"
        if not entry.is_dir():
            yield below, sha256(entry.read_bytes()).hexdigest()
        elif entry.name != COMPILED:
            yield from _list(entry, below)
