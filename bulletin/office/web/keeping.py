"""What a page puts into the folder; what stood there before is kept beside, as a numbered copy (specs/desk.md §4)."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

from bulletin.office.folder import Folder, write
from verifier.desk.report.letters import visible

MOST_LETTERS = 100  # of a file's name


def put(folder: Folder, path: Path, data: bytes) -> None:
    """Write a file of the folder; another one that stood there goes to `former/`, under the next number."""
    if path.exists() and path.read_bytes() != data:
        inside = path.relative_to(folder.path)
        number = 1
        while (copy := folder.path / "former" / inside.with_name(f"{inside.stem}.{number}{inside.suffix}")).exists():
            number += 1
        write(copy, path.read_bytes())
    write(path, data)


def read_name(sent: str) -> str:
    """The name of a file that a browser sends, without any folder; "" if no file may have it."""
    name = PureWindowsPath(sent.strip()).name
    fit = name.isprintable() and visible(name) == name and not name.startswith(".") and len(name) <= MOST_LETTERS
    return name if fit else ""
