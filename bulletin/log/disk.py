"""Files that survive a power cut: written beside, flushed, renamed, and their directory flushed (specs/log.md §8)."""

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from verifier.errors import Malformed
from verifier.log.reading import blob_path

TEMPORARY = ".*." + 32 * "[0-9a-f]"
# A file system joins what is flushed at the same time: sixteen flushes side by side cost little more than one.
_ABREAST = ThreadPoolExecutor(16, "disk")


class Changed(Exception):
    """A file that never changes would have been given other bytes."""


class NotDurable(OSError):
    """After a failed fsync nobody knows what is on the disk, and asking again gives no better answer: stop."""


def write(path: Path, data: bytes) -> None:
    """Write or replace one file; when this returns the bytes are on the disk under that name."""
    temporary = _write_beside(path, data)
    temporary.replace(path)
    flush_directories([path.parent])


def write_once(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files that never change, by path under `root`, all durable on return; other bytes raise Changed."""
    fresh = {}
    for name, data in files.items():
        path = root / name
        if not path.exists():
            fresh[path] = data
        elif path.read_bytes() != data:
            raise Changed(f"{name} exists with other bytes")
    each = _ABREAST.map if len(fresh) > 1 else map
    for temporary, path in list(zip(each(_write_beside, fresh, fresh.values()), fresh, strict=True)):
        temporary.replace(path)
    flush_directories(path.parent for path in fresh)


def move(file: Path, path: Path) -> None:
    """Give a file that is flushed its durable name, on the same disk."""
    make_directory(path.parent)
    file.replace(path)
    flush_directories([path.parent])


def store_blob(root: Path, data: bytes) -> bytes:
    """Store a blob durably under its SHA-256 digest, which is returned."""
    digest = sha256(data).digest()
    write_once(root, {blob_path(digest): data})
    return digest


def read(root: Path, name: str) -> bytes | None:
    """Bytes of the file `name` under `root`, or None; a name that leads elsewhere is Malformed."""
    check_name(name)
    try:
        return (root / name).read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None


def list_files(root: Path) -> Iterator[str]:
    """Names of all files under `root`; what another process removes meanwhile may be missing."""
    for place, _, names in os.walk(root):
        yield from ((Path(place) / name).relative_to(root).as_posix() for name in names)


def check_name(name: str) -> None:
    """A name that leads elsewhere is Malformed."""
    if any(part in {"", ".", ".."} for part in name.split("/")) or "\0" in name or "\\" in name:
        raise Malformed("this is not a file's path", name)


def flush_directories(directories: Iterable[Path]) -> None:
    """Make names in these directories durable."""
    for directory in set(directories):
        with _opened(directory) as descriptor:
            flush(descriptor)


def flush(descriptor: int) -> None:
    """Bring an open file or directory to the disk, or raise NotDurable."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise NotDurable(error.errno, f"fsync failed ({error.strerror}): what is on the disk is not known") from error


def put(descriptor: int, data: bytes) -> None:
    """Write all of `data`; the system may take it in several pieces."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def clear(root: Path) -> None:
    """Remove what writers that were killed have left beside their files."""
    for left in root.rglob(TEMPORARY):
        left.unlink()


def make_directory(directory: Path) -> None:
    """Create a directory and its parents, each durable in its own parent."""
    if not directory.is_dir():
        make_directory(directory.parent)
        directory.mkdir(exist_ok=True)
        flush_directories([directory.parent])


def _write_beside(path: Path, data: bytes) -> Path:
    make_directory(path.parent)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with temporary.open("xb", buffering=0) as file:
            put(file.fileno(), data)
            flush(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


@contextmanager
def _opened(directory: Path) -> Iterator[int]:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
