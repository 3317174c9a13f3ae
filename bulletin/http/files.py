"""The archive's files over HTTP (specs/api.md §10): what a board and a mirror serve, and any web server could."""

import gzip
from collections.abc import Mapping
from os import fstat
from pathlib import Path
from typing import BinaryIO, Protocol

from werkzeug.http import parse_accept_header, parse_etags, parse_range_header
from werkzeug.sansio.http import is_resource_modified

from bulletin.board.admission import Refusal
from bulletin.http.exchange import BYTES, PLAIN, HttpRequest, Piecewise, Reply, say
from bulletin.http.headers import NEVER
from bulletin.http.routes import HASH, Route
from bulletin.log import disk
from verifier.client.files import decode_path
from verifier.errors import Malformed
from verifier.log.reading import LATEST, blob_path
from verifier.log.tiles import ENTRIES, WIDTH

FOREVER, SHORT = "public, max-age=31536000, immutable", "public, max-age=60"
EXPOSED = {"access-control-expose-headers": "Accept-Ranges, Content-Encoding, Content-Range, ETag"}
PREFLIGHT = Reply(
    204,
    {
        "access-control-allow-methods": "GET, HEAD",
        "access-control-allow-headers": "If-None-Match, If-Range, Range",
        "access-control-max-age": "86400",
    },
)
GZIP_FROM, GZIP_LEVEL = 1024, 1  # bytes below which nothing is won; a higher level costs thrice the time for 2 %
GREAT = 1 << 18  # bytes that are sent piece by piece
KEPT = ("access-control-expose-headers", "etag", "vary")  # what an answer without any bytes of the file still says
BEYOND = {"code": "malformed", "clause": "", "detail": "the file has no such bytes"}
NUMBER = {"type": "string", "pattern": "^(0|[1-9][0-9]{0,18})$"}
REST = {"type": "string", "maxLength": 60, "examples": ["entries/000.p/7", "0/x001/067"]}
GROUP = {"type": "string", "pattern": "^[0-9a-f]{2}$"}
FIXED = {200: (BYTES, bytes), 206: (BYTES, bytes), 304: None}


class Archived(Protocol):
    """What has an archive's files: a board, a mirror."""

    @property
    def archive(self) -> Path: ...
    def bring(self, name: str) -> None: ...


def get_checkpoint(held: Archived, _: HttpRequest) -> Reply:
    """Give the latest checkpoint as a whole."""
    raw = disk.read(held.archive, LATEST)
    if raw is None:
        raise say_absent()
    return Reply(200, {"content-type": PLAIN, "cache-control": NEVER, **EXPOSED}, raw)


def get_kept(held: Archived, asked: HttpRequest, number: str) -> Reply:
    """Give a checkpoint that was published; its number is written in one way."""
    if not (number.isascii() and number.isdecimal()) or str(int(number[:19])) != number:
        raise say_absent()
    held.bring(f"checkpoints/{number}")
    return give_file(asked, held.archive / f"checkpoints/{number}", FOREVER)


def get_tile(held: Archived, asked: HttpRequest, rest: str) -> Reply:
    """Give a tile or bundle."""
    try:
        tile = decode_path(f"tile/{rest}")
    except Malformed:
        raise say_absent() from None
    held.bring(tile.path)
    cache = FOREVER if tile.width == WIDTH else SHORT
    return give_file(asked, held.archive / tile.path, cache, packable=tile.level == ENTRIES)


def get_blob(held: Archived, asked: HttpRequest, group: str, sha256: str) -> Reply:
    """Give a blob."""
    name = _name_blob(f"blobs/{group}/{sha256}")
    held.bring(name)
    return give_file(asked, held.archive / name, FOREVER)


def give_file(
    asked: HttpRequest, path: Path, cache: str, media: str = BYTES, *, packable: bool = False, tag: str = ""
) -> Reply:
    """A file that is replaced as a whole, the part of it that is asked for, or all of it compressed if `packable`.

    `tag` is its ETag, unless time and length are to tell one version from another.
    """
    try:
        file = path.open("rb")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise say_absent() from None
    found = fstat(file.fileno())
    packs = packable and found.st_size >= GZIP_FROM and _wants_gzip(asked)
    tag = tag or f'"{int(found.st_mtime):x}-{found.st_size:x}"'
    headers = {"cache-control": cache, "etag": f"W/{tag}" if packs else tag, **EXPOSED}
    if packable:
        headers["vary"] = "Accept-Encoding"
    try:
        status = _check_conditions(asked.headers, headers["etag"])
        if status:
            file.close()
            return Reply(status, headers)
        headers["content-type"] = media
        return _pack(file, headers) if packs else _cut(asked, file, found.st_size, headers)
    except BaseException:
        file.close()
        raise


def _check_conditions(said: Mapping[str, str], tag: str) -> int:
    """The status that says why no byte of the file with this ETag is sent; 0 if the file is sent."""
    if "if-match" in said and not parse_etags(said["if-match"]).contains_raw(tag):
        return 412
    return 0 if is_resource_modified(http_if_none_match=said.get("if-none-match"), etag=tag) else 304


def _cut(asked: HttpRequest, file: BinaryIO, length: int, headers: dict[str, str]) -> Reply:
    """The one range of bytes that was asked for; a request for several, or in other units, gets the whole."""
    said = asked.headers.get("range", "").lower()
    if not (length and said.startswith("bytes=") and "," not in said and _is_in_range(asked, headers["etag"])):
        return Reply(200, {**headers, "accept-ranges": "bytes"}, _take(file, length))
    parsed = parse_range_header(said)
    found = parsed.range_for_length(length) if parsed else None
    if found is None:
        file.close()
        kept = {name: headers[name] for name in KEPT if name in headers}
        beyond = say(BEYOND, 416)
        return beyond._replace(headers={**beyond.headers, **kept, "content-range": f"bytes */{length}"})
    start, stop = found
    file.seek(start)
    return Reply(206, {**headers, "content-range": f"bytes {start}-{stop - 1}/{length}"}, _take(file, stop - start))


def _is_in_range(asked: HttpRequest, tag: str) -> bool:
    """Whether the range is of the file that the client has a part of, or the client does not mind."""
    said = asked.headers
    return "if-range" not in said or not is_resource_modified(
        http_range=said.get("range"), http_if_range=said["if-range"], etag=tag, ignore_if_range=False
    )


def _take(file: BinaryIO, length: int) -> bytes | Piecewise:
    if length >= GREAT:
        return Piecewise(file, length)
    with file:
        return file.read(length)


def _pack(file: BinaryIO, headers: dict[str, str]) -> Reply:
    """The same bytes, compressed: another representation, so that its ETag is marked weak."""
    with file:
        packed = gzip.compress(file.read(), GZIP_LEVEL, mtime=0)
    return Reply(200, {**headers, "content-encoding": "gzip"}, packed)


def _wants_gzip(asked: HttpRequest) -> bool:
    accepted = parse_accept_header(asked.headers.get("accept-encoding"))
    return "range" not in asked.headers and any(coding == "gzip" and quality > 0 for coding, quality in accepted)


def _name_blob(asked: str) -> str:
    try:
        name = blob_path(bytes.fromhex(asked.rpartition("/")[2]))
    except ValueError:
        raise say_absent() from None
    if name != asked or len(name) != len("blobs/00/") + 64:
        raise say_absent()
    return name


def say_absent() -> Refusal:
    """There is no such file."""
    return Refusal("unknown", "the archive has no such file")


ROUTES = tuple(
    route._replace(preflight=PREFLIGHT)
    for route in (
        Route("GET", "/checkpoint", get_checkpoint, "The checkpoint published last.",
            {200: (PLAIN, str), 206: (PLAIN, str), 304: None}, (404, 416)),
        Route("GET", "/checkpoints/{number}", get_kept, "A checkpoint that was published.", FIXED, (404, 416),
            {"number": NUMBER}),
        Route("GET", "/tile/{rest...}", get_tile, "A tile or a bundle of entries; `rest` has slashes.", FIXED,
            (404, 416), {"rest": REST}),
        Route("GET", "/blobs/{group}/{sha256}", get_blob, "A blob, under the first two digits of its name.", FIXED,
            (404, 416), {"group": GROUP, "sha256": HASH}),
    )
)  # fmt: skip
