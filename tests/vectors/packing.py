"""Packed copies: zip files as different programs write them, or as nobody should, with the same bytes each time."""

from __future__ import annotations

import io
import stat
from typing import TYPE_CHECKING
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.support.copies import Files

REGULAR, LINK = stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777
UNIX = 3


class Unseekable(io.BytesIO):
    """Where lengths cannot be written once they are known: they follow the data."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise io.UnsupportedOperation

    def seek(self, _offset: int, _whence: int = 0, /) -> int:
        raise io.UnsupportedOperation


def entry(name: str, packing: int = ZIP_DEFLATED, mode: int = REGULAR) -> ZipInfo:
    info = ZipInfo("file", (1980, 1, 1, 0, 0, 0))
    info.filename, info.compress_type, info.create_system, info.external_attr = name, packing, UNIX, mode << 16
    return info


def pack(entries: Iterable[tuple[ZipInfo, bytes]], into: io.BytesIO | None = None) -> bytes:
    held = into or io.BytesIO()
    with ZipFile(held, "w") as packed:
        for info, data in entries:
            packed.writestr(info, data)
    return held.getvalue()


def listed(files: Files, before: str = "", **given: int) -> list[tuple[ZipInfo, bytes]]:
    return [(entry(before + name, **given), data) for name, data in sorted(files.items())]


def deflated(files: Files) -> bytes:
    return pack(listed(files))


def stored(files: Files) -> bytes:
    return pack(listed(files, packing=ZIP_STORED))


def streamed(files: Files) -> bytes:
    """Each file's length stands behind it."""
    return pack(listed(files), Unseekable())


def dotted(files: Files) -> bytes:
    """Names begin with `./`, and folders stand beside the files."""
    folders = sorted({f"./{name.rpartition('/')[0]}/" for name in files if "/" in name} | {"./"})
    return pack([*((entry(name, ZIP_STORED, stat.S_IFDIR | 0o755), b"") for name in folders), *listed(files, "./")])


def backslashed(files: Files) -> bytes:
    return pack(listed({name.replace("/", "\\"): data for name, data in files.items()}))


def foldered(files: Files, deeper: Files) -> bytes:
    """A copy in a folder, and another one deeper in it."""
    return pack([*listed(deeper, "board/before/copy/"), *listed(files, "board/")])


def side_by_side(first: Files, second: Files) -> bytes:
    return pack([*listed(first, "a/"), *listed(second, "b/")])


def twice(files: Files, name: str, data: bytes) -> bytes:
    """A second file of this name, as a zip file can have it; `\\` and `.` hide that it is one."""
    return pack([*listed(files), (entry("./" + name.replace("/", "\\")), data)])


def otherwise(files: Files, name: str, packing: int = ZIP_BZIP2, mode: int = REGULAR) -> bytes:
    """One of the files is packed in a way that is not read, or is no regular file."""
    return pack(
        [(entry(one, packing, mode) if one == name else entry(one), data) for one, data in sorted(files.items())]
    )


def entries(raw: bytes) -> Sequence[tuple[object, ...]]:
    """All that a zip file says but for how deflate has spelt it, which differs between versions of zlib."""
    with ZipFile(io.BytesIO(raw)) as packed:
        return [
            (info.filename, info.compress_type, info.flag_bits, info.external_attr, info.date_time, packed.read(info))
            for info in packed.infolist()
        ]
