"""The docket: requests in the order of their numbers, and what was signed for each (specs/desk.md §2)."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from bulletin.office.folder import Folder, write
from bulletin.office.objection import Objection
from bulletin.office.request import SigningRequest, encode_request, read_request
from verifier.commission.roster import Signature
from verifier.errors import Malformed
from verifier.records import Codec

SIGNED: Codec[Signature] = Codec(Signature)
_NAME = re.compile(r"(\d{2,6})-([a-z-]+)\.request\Z")


class Filed(NamedTuple):
    """A request in its place."""

    number: int
    path: Path
    request: SigningRequest

    def signed(self, member: str) -> Path:
        """Where a member's signed file stands."""
        return signed_path(self.path, member)

    def blob(self, sha256: bytes) -> bytes | None:
        """A blob that stands beside the request."""
        return read_blob(self.path, sha256)


def read_docket(folder: Folder, kind: str = "") -> list[Filed]:
    """All requests, or those of a kind, in the order of their numbers."""
    named = [(_NAME.match(path.name), path) for path in folder.docket.glob("*.request")]
    numbers = Counter(int(name[1]) for name, _ in named if name)
    if doubled := sorted(number for number, times in numbers.items() if times > 1):
        raise Objection("doubled-number", number=doubled[0])
    asked = [(name, path) for name, path in named if name and kind in {"", name[2]}]
    found = [Filed(int(name[1]), path, read_request(path)) for name, path in asked]
    return sorted(found, key=lambda filed: filed.number)


def file_request(filed: list[Filed], folder: Folder, request: SigningRequest, blobs: Sequence[bytes] = ()) -> Filed:
    """Put a request into the docket under the next number, its blobs first; the one that asks the same stands.

    `filed` is the docket as it was just read, and takes the new one in: whoever files many reads it once.
    """
    for data in blobs:
        path = folder.docket / "blobs" / hashlib.sha256(data).hexdigest()
        if not path.exists():
            write(path, data)
    for each in filed:
        if each.request.leaf == request.leaf and each.request.members == request.members:
            return each
    number = max((each.number for each in filed), default=0) + 1
    path = folder.docket / f"{number:02}-{request.kind}.request"
    write(path, encode_request(request))
    filed.append(Filed(number, path, request))
    return filed[-1]


def signed_path(request: Path, member: str) -> Path:
    """Where a member's signed file stands: beside the request."""
    return request.with_name(f"{request.stem}.{member}.signed")


def read_signed(path: Path) -> Signature:
    """A signed file; `Objection` if it is none."""
    try:
        return SIGNED.decode(path.read_bytes(), path.name)
    except Malformed as error:
        raise Objection("no-signed-file", file=path.name) from error


def signed_files(filed: Iterable[Filed]) -> dict[Path, list[Path]]:
    """What was signed for each request, as it lies beside it now; every folder is looked through once."""
    found: dict[Path, list[Path]] = {each.path: [] for each in filed}
    for folder in {path.parent for path in found}:
        for path in sorted(folder.glob("*.signed")):
            stem, dot, _ = path.name.removesuffix(".signed").partition(".")
            if dot and (request := folder / f"{stem}.request") in found:
                found[request].append(path)
    return found


def read_blob(request: Path, sha256: bytes) -> bytes | None:
    """A blob beside a request; None where it is not, or is another one."""
    path = request.parent / "blobs" / sha256.hex()
    data = path.read_bytes() if path.is_file() else None
    return data if data is not None and hashlib.sha256(data).digest() == sha256 else None
