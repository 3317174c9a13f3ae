"""The board over HTTP (specs/api.md): records and blobs in, receipts out; the archive's files are in `files`."""

import hashlib
import logging
from concurrent.futures import TimeoutError as TooLate
from pathlib import Path
from time import monotonic
from uuid import uuid4

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from bulletin import disk
from bulletin.admission import Admission, Refusal, read_record, say_busy
from bulletin.files import NEVER, add_files
from bulletin.sequencer import Sequencer
from bulletin.settings import Settings
from verifier.log import blob_path
from verifier.records import LIMIT

LOGGER = logging.getLogger("aikyn.board")
LONGEST_WAIT = 25.0
CHUNK = 1 << 20
PLAIN_CODES = {404: "unknown", 405: "unknown", 413: "too-large"}


def create_app(sequencer: Sequencer, admission: Admission, settings: Settings, scratch: Path) -> Flask:
    """The board's application; blobs are received in `scratch`, on the disk of the log's directory."""
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    add_frame(app)
    _add_records(app, sequencer, settings)
    _add_blobs(app, sequencer, admission, settings, scratch)
    add_files(app, sequencer.log.directory)

    @app.get("/health")
    def health() -> tuple[Response, int]:
        return jsonify(sequencer.report()), 200 if sequencer.healthy else 503

    return app


def add_frame(app: Flask) -> None:
    """Headers, refusals and the journal.

    It says nothing of who asked or for which record, and of a ballot that is taken not even when it came.
    """

    @app.before_request
    def begin() -> None:
        g.begun = monotonic()

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", NEVER)
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if request.method == "OPTIONS":
            response.headers.setdefault("Access-Control-Allow-Methods", "GET, POST, PUT")
            response.headers.setdefault("Access-Control-Allow-Headers", "Authorization, Content-Type")
        if request.method in {"POST", "PUT"} and response.status_code != 202:
            rule = request.url_rule.rule if request.url_rule else ""
            took = round(1000 * (monotonic() - g.begun))
            said = {"method": request.method, "rule": rule, "status": response.status_code, "milliseconds": took}
            LOGGER.info("request", extra={"fields": said})
        return response

    @app.errorhandler(Refusal)
    def refuse(refusal: Refusal) -> Response:
        return _say_no(refusal.status, refusal)

    @app.errorhandler(HTTPException)
    def refuse_plainly(error: HTTPException) -> Response:
        status = error.code or 500
        return _say_no(status, Refusal(PLAIN_CODES.get(status, "malformed"), error.description or error.name))

    @app.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        LOGGER.error("fault", exc_info=error)
        return _say_no(500, Refusal("fault", "the board failed at this request; it is logged"))


def _say_no(status: int, refusal: Refusal) -> Response:
    response = jsonify(code=refusal.code, clause=refusal.clause, detail=refusal.detail)
    response.status_code = status
    if refusal.retry is not None:
        response.headers["Retry-After"] = str(refusal.retry)
    return response


def _add_records(app: Flask, sequencer: Sequencer, settings: Settings) -> None:
    log = sequencer.log

    @app.post("/records")
    def post_record() -> tuple[Response, int]:
        _check_media("application/json")
        if (request.content_length or 0) > LIMIT:
            raise Refusal("too-large", f"a record has at most {LIMIT:,} bytes; put bulk data in a blob")
        posted = read_record(_read(LIMIT + 1))
        if sequencer.find(posted.leaf) is None:
            try:
                sequencer.submit(posted).answer.result(settings.patience)
            except TooLate:
                raise say_busy("the record is still being checked; send it again for the answer") from None
        leaf = posted.leaf.hex()
        return jsonify(leaf=leaf, status=f"/records/{leaf}"), 202

    @app.get("/records/<leaf>")
    def get_record(leaf: str) -> Response:
        index = find(leaf)
        state = "published" if sequencer.is_published(index) else "committed"
        return jsonify(index=index, leaf=leaf, state=state)

    @app.get("/receipts/<leaf>")
    def get_receipt(leaf: str) -> Response:
        index = find(leaf)
        if not sequencer.wait_until_published(index, _read_wait()):
            raise say_busy("no quorum of witnesses has cosigned a checkpoint with this record yet; ask again", 2)
        return Response(log.receipt(index), mimetype="application/octet-stream")

    def find(leaf: str) -> int:
        index = sequencer.find(_read_digest(leaf))
        if index is None:
            raise Refusal("unknown", "the board does not have this record")
        return index


def _add_blobs(app: Flask, sequencer: Sequencer, admission: Admission, settings: Settings, scratch: Path) -> None:
    archive = sequencer.log.directory

    @app.put("/blobs/<sha256>")
    def put_blob(sha256: str) -> tuple[Response, int]:
        digest, length = _read_digest(sha256), request.content_length
        _check_media("application/octet-stream")
        if length is None:
            raise Refusal("malformed", "say the blob's Content-Length, which its signature covers")
        if length > settings.blob_limit:
            raise Refusal("too-large", f"this board takes blobs of at most {settings.blob_limit:,} bytes")
        admission.check_uploader(request.headers.get("Authorization", ""), digest, length)
        path = archive / blob_path(digest)
        known = path.is_file()
        if not known:
            try:
                _receive(path, digest, length, scratch)
            except disk.NotDurable as fault:
                sequencer.fail(fault)
                raise
        return jsonify(sha256=sha256, length=length), 200 if known else 201


def _receive(path: Path, digest: bytes, length: int, scratch: Path) -> None:
    """Take the body to the disk and, if it is what its name says, durably to its place."""
    temporary, hashed, left = scratch / uuid4().hex, hashlib.sha256(), length
    try:
        with temporary.open("xb") as file:
            while left and (piece := _read(min(left, CHUNK))):
                left -= len(piece)
                hashed.update(piece)
                file.write(piece)
            file.flush()
            disk.flush(file.fileno())
        if left or hashed.digest() != digest:
            raise Refusal("malformed", "the bytes received are not those that the blob's name says")
        disk.make_directory(path.parent)
        temporary.replace(path)
        disk.flush_directories([path.parent])
    finally:
        temporary.unlink(missing_ok=True)


def _check_media(media: str) -> None:
    if request.mimetype != media:
        raise Refusal("media-type", f"send this as {media}")


def _read(most: int) -> bytes:
    """At most so many bytes of the body, fewer only at its end."""
    pieces: list[bytes] = []
    while most and (piece := request.stream.read(most)):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


def _read_digest(shown: str) -> bytes:
    if len(shown) != 64 or not set(shown) <= set("0123456789abcdef"):
        raise Refusal("unknown", "a hash is written as 64 digits in lower-case hexadecimal")
    return bytes.fromhex(shown)


def _read_wait() -> float:
    wait = request.args.get("wait", 0.0, float)
    return min(LONGEST_WAIT, wait) if wait > 0 else 0.0
