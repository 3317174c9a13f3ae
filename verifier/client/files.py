"""A copy's files, in a directory or a zip file: regular files only, read no further than allowed (specs/log.md §7)."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from collections import defaultdict
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING

from verifier.errors import Detail, Incomplete, Malformed, say
from verifier.log.note import MAX_NOTE
from verifier.log.reading import LATEST
from verifier.log.tiles import ENTRIES, HASH, MAX_ENTRY, WIDTH, Tile

if TYPE_CHECKING:
    from collections.abc import Iterable

CHUNK = 1 << 16
MAX_BLOB = 1 << 32
MAX_LISTING = 1 << 27  # bytes of a zip file's own list of its files: a million of them
PACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others unpack a few bytes into any number before one can say no
# What zipfile raises on a damaged file, or on one that is encrypted.
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError),
)


def decode_path(path: str) -> Tile:
    """Read a tile's path; only the one spelling that `Tile.path` writes is accepted."""
    stem, partial, width = path.partition(".p/")
    level, *groups = stem.removeprefix("tile/").split("/")
    digits = "".join(group.removeprefix("x") for group in groups)
    shown = ("0" if level == "entries" else level, digits, width if partial else "1")
    if any(not (word.isascii() and word.isdecimal()) or len(word) > 21 for word in shown):
        raise Malformed("this is not the path of a tile", path)
    tile = Tile(ENTRIES if level == "entries" else int(level), int(digits), int(width) if partial else WIDTH)
    if tile.path != path or tile.level > 63 or not 0 < tile.width <= WIDTH:
        raise Malformed("this is not the path of a tile", path)
    return tile


def limit(name: str) -> int:
    """How many bytes a file of this name has at most (specs/log.md §5)."""
    if name.startswith("tile/"):
        tile = decode_path(name)
        return tile.width * (2 + MAX_ENTRY if tile.level == ENTRIES else HASH)
    return MAX_BLOB if name.startswith("blobs/") else MAX_NOTE


def unread(said: Detail, name: str) -> Incomplete:
    """What is said of a file that cannot be read, with the clause that it leaves open (specs/log.md §7.3)."""
    return Incomplete(said, name, "BRD.2" if name.startswith("tile/") else "BRD.1" if name.startswith(LATEST) else "")


def numbers(names: Iterable[str]) -> list[int]:
    """Which kept checkpoints there are, by the names in `checkpoints/`."""
    return [int(name) for name in names if name.isascii() and name.isdecimal() and str(int(name[:19])) == name]


class Directory:
    """Reads files of a copy by their name in the archive, None for those it lacks; no link leads out of it."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def __call__(self, name: str) -> bytes | None:
        if any(part in {"", ".", ".."} for part in name.split("/")) or "\0" in name:
            raise unread("this is not a file of the archive", name)
        try:
            path = (self._place / name).resolve()
            found = path.stat()
            if stat.S_ISDIR(found.st_mode):
                return None
            if not stat.S_ISREG(found.st_mode) or not path.is_relative_to(self._place.resolve()):
                raise unread("this is no regular file of the copy", name)
            with path.open("rb") as file:
                return _take(file, found.st_size, name)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, RuntimeError) as error:  # links in a circle are the latter in some Pythons
            raise unread(say("this file cannot be read: {}", str(error)), name) from error

    @property
    def kept(self) -> list[int]:
        """The numbers in `checkpoints/`."""
        try:
            return numbers(path.name for path in (self._place / "checkpoints").iterdir())
        except OSError:
            return []


class Zip:
    """Reads files of a packed copy by their name in the archive; all of them may be inside one folder of the zip."""

    def __init__(self, packed: zipfile.ZipFile) -> None:
        self._packed = packed
        self._files = defaultdict[str, list[zipfile.ZipInfo]](list)
        for info in packed.infolist():
            parts = [part for part in info.filename.replace("\\", "/").split("/") if part not in {"", "."}]
            if parts and ".." not in parts and not info.is_dir():
                self._files["/".join(parts)].append(info)
        copies = [name.removesuffix(LATEST) for name in self._files if f"/{name}".endswith(f"/{LATEST}")]
        copies.sort(key=lambda folder: folder.count("/"))
        if len(copies) > 1 and copies[0].count("/") == copies[1].count("/"):
            raise Incomplete(
                say("this zip file holds several copies, {} and {}: unpack it and name one", copies[0], copies[1])
            )
        self._folder = copies[0] if copies else ""

    def __call__(self, name: str) -> bytes | None:
        found = self._files.get(self._folder + name, [])
        if not found:
            return None
        kind = stat.S_IFMT(found[0].external_attr >> 16)
        if len(found) > 1:
            raise unread("this zip file has two files of this name", name)
        if kind not in {0, stat.S_IFREG}:
            raise unread("this is no regular file of the copy", name)
        if found[0].compress_type not in PACKED:
            raise unread("this file is packed in another way than deflate", name)
        try:
            with self._packed.open(found[0]) as file:
                return _take(file, found[0].file_size, name)
        except DAMAGE as error:
            raise unread(say("this file cannot be unpacked: {}", str(error)), name) from error

    @property
    def kept(self) -> list[int]:
        """The numbers in `checkpoints/`."""
        folder = f"{self._folder}checkpoints/"
        return numbers(name.removeprefix(folder) for name in self._files if name.startswith(folder))


class Bounded(io.BufferedReader):
    """A zip file whose list of files is not read if it is longer than any copy's."""

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, os.fstat(self.fileno()).st_size - self.tell())
        asked = left if size is None or size < 0 else min(size, left)
        if asked > MAX_LISTING:
            raise zipfile.BadZipFile("its list of files is too long")
        return super().read(asked)


def _take(file: IO[bytes], size: int, name: str) -> bytes:
    """The file's `size` bytes; a blob is not held before it is known to be what its name says."""
    most = limit(name)
    if size > most:
        raise unread(say("this file has {} bytes, of at most {}", size, most), name)
    if name.startswith("blobs/"):
        digest, left = sha256(), size
        while left > 0 and (piece := file.read(min(CHUNK, left))):
            digest.update(piece)
            left -= len(piece)
        if digest.hexdigest() != name[-64:]:
            raise unread("this copy of the file is damaged", name)
        file.seek(0)
    raw = file.read(size + 1)
    if len(raw) != size:
        raise unread("this file has another length than its directory says", name)
    return raw
