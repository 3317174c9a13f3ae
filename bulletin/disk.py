"""Files that survive a power cut: written beside, flushed, renamed, and their directory flushed (specs/log.md §8)."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from verifier.errors import Malformed
from verifier.log import blob_path


class Changed(Exception):
    """A file that never changes would have been given other bytes."""


def write(path: Path, data: bytes) -> None:
    """Write or replace one file; when this returns the bytes are on the disk under that name."""
    temporary = _write_beside(path, data)
    temporary.replace(path)
    flush_directories([path.parent])


def write_once(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files that never change, by path under `root`, all durable on return; other bytes raise Changed.

    An error of fsync leaves it open what is on the disk: the process should stop.
    """
    fresh = []
    for name, data in files.items():
        path = root / name
        if not path.exists():
            fresh.append((_write_beside(path, data), path))
        elif path.read_bytes() != data:
            raise Changed(f"{name} exists with other bytes")
    for temporary, path in fresh:
        temporary.replace(path)
    flush_directories(path.parent for _, path in fresh)


def store_blob(root: Path, data: bytes) -> bytes:
    """Store a blob durably under its SHA-256 digest, which is returned."""
    digest = sha256(data).digest()
    write_once(root, {blob_path(digest): data})
    return digest


def read(root: Path, name: str) -> bytes | None:
    """Bytes of the file `name` under `root`, or None; a name that leads elsewhere is Malformed."""
    if any(part in {"", ".", ".."} for part in name.split("/")) or "\0" in name or "\\" in name:
        raise Malformed("this is not a file's path", name)
    try:
        return (root / name).read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None


def flush_directories(directories: Iterable[Path]) -> None:
    """Make names in these directories durable."""
    for directory in set(directories):
        with _opened(directory) as descriptor:
            os.fsync(descriptor)


def make_directory(directory: Path) -> None:
    """Create a directory and its parents, each durable in its own parent."""
    if not directory.is_dir():
        make_directory(directory.parent)
        directory.mkdir(exist_ok=True)
        flush_directories([directory.parent])


def _write_beside(path: Path, data: bytes) -> Path:
    make_directory(path.parent)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    with temporary.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return temporary


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
