"""The archive's files over HTTP (specs/api.md §10): what a board and a mirror serve, and any web server could."""

import gzip
from os import fstat
from pathlib import Path
from typing import BinaryIO

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from bulletin.board.admission import Refusal
from bulletin.log import disk
from verifier.client.files import decode_path
from verifier.errors import Malformed
from verifier.log.reading import LATEST, blob_path
from verifier.log.tiles import ENTRIES, WIDTH

FOREVER, SHORT, NEVER = "public, max-age=31536000, immutable", "public, max-age=60", "no-store"
TEXT, BYTES = "text/plain; charset=utf-8", "application/octet-stream"
EXPOSED = {"Access-Control-Expose-Headers": "Accept-Ranges, Content-Encoding, Content-Range, ETag"}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD",
    "Access-Control-Allow-Headers": "If-None-Match, If-Range, Range",
    "Access-Control-Max-Age": "86400",
}
GZIP_FROM, GZIP_LEVEL = 1024, 1  # bytes below which nothing is won; a higher level costs thrice the time for 2 %
PIECE = 1 << 16  # bytes of a file that are read at once
KEPT = ("Access-Control-Expose-Headers", "ETag", "Vary")  # what an answer without any bytes of the file still says
BEYOND = {"code": "malformed", "clause": "", "detail": "the file has no such bytes"}


def add_files(app: Flask, archive: Path) -> None:
    """The archive's files; each has one path, and no other path is looked for."""

    def get_checkpoint() -> Response:
        raw = disk.read(archive, LATEST)
        if raw is None:
            raise _absent()
        return Response(raw, content_type=TEXT, headers={"Cache-Control": NEVER, **EXPOSED})

    def get_kept(number: str) -> Response:
        if not (number.isascii() and number.isdecimal()) or str(int(number[:19])) != number:
            raise _absent()
        return _send(archive / f"checkpoints/{number}", FOREVER)

    def get_tile(rest: str) -> Response:
        try:
            tile = decode_path(f"tile/{rest}")
        except Malformed:
            raise _absent() from None
        return _send(archive / tile.path, FOREVER if tile.width == WIDTH else SHORT, packable=tile.level == ENTRIES)

    def get_blob(group: str, sha256: str) -> Response:
        return _send(archive / _name_blob(f"blobs/{group}/{sha256}"), FOREVER)

    for path, view in (
        ("/checkpoint", get_checkpoint),
        ("/checkpoints/<number>", get_kept),
        ("/tile/<path:rest>", get_tile),
        ("/blobs/<group>/<sha256>", get_blob),
    ):
        app.add_url_rule(path, None, view, methods=["GET"], provide_automatic_options=False)
        app.add_url_rule(path, f"{view.__name__} allows", _say_what_is_allowed, methods=["OPTIONS"])


def _say_what_is_allowed(**_: str) -> Response:
    response = Response(status=204, headers=PREFLIGHT)
    del response.headers["Content-Type"]
    return response


def _send(path: Path, cache: str, *, packable: bool = False) -> Response:
    """A file that never changes, the part of it that is asked for, or, if `packable`, all of it compressed."""
    try:
        file = path.open("rb")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise _absent() from None
    found = fstat(file.fileno())
    response = Response(
        wrap_file(request.environ, file, PIECE),
        content_type=BYTES,
        headers={"Cache-Control": cache, "Content-Length": str(found.st_size), **EXPOSED},
        direct_passthrough=True,
    )
    if packable:
        response.headers["Vary"] = "Accept-Encoding"
    packs = packable and found.st_size >= GZIP_FROM and _wants_gzip()
    response.set_etag(f"{int(found.st_mtime):x}-{found.st_size:x}", weak=packs)
    response.make_conditional(request)
    if response.status_code != 200:
        return response
    return _pack(response, file) if packs else _cut(response, found.st_size)


def _cut(response: Response, length: int) -> Response:
    """The one range of bytes that was asked for; what asks for several, or in other units, gets the whole."""
    asked = request.headers.get("Range", "").lower()
    one = asked.startswith("bytes=") and "," not in asked
    try:
        response.make_conditional(request, accept_ranges=one, complete_length=length)
    except RequestedRangeNotSatisfiable:
        response.close()
        beyond = jsonify(BEYOND)
        beyond.status_code, beyond.headers["Content-Range"] = 416, f"bytes */{length}"
        beyond.headers.update({name: response.headers[name] for name in KEPT if name in response.headers})
        return beyond
    if response.status_code == 200:
        response.headers["Accept-Ranges"] = "bytes"
    else:
        del response.headers["Accept-Ranges"]
    return response


def _pack(response: Response, file: BinaryIO) -> Response:
    """The same bytes, compressed: another representation, so that its ETag is marked weak."""
    with file:
        packed = gzip.compress(file.read(), GZIP_LEVEL, mtime=0)
    response.direct_passthrough = False
    response.set_data(packed)
    response.headers["Content-Encoding"] = "gzip"
    return response


def _wants_gzip() -> bool:
    accepted = any(coding == "gzip" and quality > 0 for coding, quality in request.accept_encodings)
    return accepted and "Range" not in request.headers


def _name_blob(asked: str) -> str:
    try:
        name = blob_path(bytes.fromhex(asked.rpartition("/")[2]))
    except ValueError:
        raise _absent() from None
    if name != asked or len(name) != len("blobs/00/") + 64:
        raise _absent()
    return name


def _absent() -> Refusal:
    return Refusal("unknown", "the archive has no such file")
