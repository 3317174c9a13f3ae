"""The board over HTTP (specs/api.md): records and blobs in, receipts and the archive's files out."""

import logging
from concurrent.futures import TimeoutError as TooLate
from pathlib import Path
from time import monotonic

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from bulletin.board.admission import Admission, Posted, Refusal, read_record, say_busy
from bulletin.board.limits import Senders
from bulletin.board.refusals import Refuser
from bulletin.board.sequencer import Sequencer
from bulletin.http.files import NEVER, add_files
from bulletin.http.headers import guard
from bulletin.http.uploads import Uploads
from bulletin.log import disk
from bulletin.settings import Settings
from verifier.log.reading import blob_path
from verifier.log.refusal import BLOB, RECEIPT, RECORD
from verifier.log.tree import hash_leaf
from verifier.records import LIMIT

LOGGER = logging.getLogger("aikyn.board")
LONGEST_WAIT = 25.0
PLAIN_CODES = {404: "unknown", 405: "unknown", 413: "too-large"}


def create_app(
    sequencer: Sequencer, admission: Admission, settings: Settings, scratch: Path, refuser: Refuser, senders: Senders
) -> Flask:
    """The board's application; blobs are received in `scratch`, on the disk of the log's directory."""
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    add_frame(app, refuser, settings.address)
    _limit(app, senders)
    _add_records(app, sequencer, admission, settings)
    _add_blobs(app, sequencer, admission, settings, scratch)
    add_files(app, sequencer.log.directory)

    @app.get("/health")
    def health() -> tuple[Response, int]:
        return jsonify(sequencer.report()), 200 if sequencer.healthy else 503

    return app


def add_frame(app: Flask, refuser: Refuser | None = None, address: str = "") -> None:
    """Headers, refusals and the journal; `refuser` signs what is said to who hands something in.

    It says nothing of who asked or for which record, and of a ballot that is taken not even when it came.
    """
    guard(app, address)

    @app.before_request
    def begin() -> None:
        g.begun = monotonic()

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers.setdefault("Cache-Control", NEVER)
        response.headers["Access-Control-Allow-Origin"] = "*"
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
        return _say_no(refusal, refuser)

    @app.errorhandler(HTTPException)
    def refuse_plainly(error: HTTPException) -> Response:
        status = error.code or 500
        code, detail = PLAIN_CODES.get(status, "malformed"), error.description or error.name
        response = _say_no(Refusal(code, detail, status=status), refuser)
        if isinstance(error, MethodNotAllowed):
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return response

    @app.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        LOGGER.error("fault", exc_info=error)
        return _say_no(Refusal("fault", "the board failed at this request; it is logged"), refuser)


def _limit(app: Flask, senders: Senders) -> None:
    """Count who posts; a server that has done so gives no address."""

    @app.before_request
    def count() -> None:
        if request.method in {"POST", "PUT"} and request.remote_addr is not None:
            senders.take(request.remote_addr, request.headers.get("X-Forwarded-For", ""))


def _say_no(refusal: Refusal, refuser: Refuser | None) -> Response:
    if refuser and (request.method in {"POST", "PUT"} or request.path.startswith("/receipts/")):
        response = Response(refuser.write(refusal, g.get("refused", "")), mimetype="application/json")
    else:
        response = jsonify(code=refusal.code, clause=refusal.clause, detail=refusal.detail)
    response.status_code = refusal.status
    if refusal.retry is not None:
        response.headers["Retry-After"] = str(refusal.retry)
    return response


def _add_records(app: Flask, sequencer: Sequencer, admission: Admission, settings: Settings) -> None:
    log = sequencer.log

    @app.post("/records")
    def post_record() -> tuple[Response, int]:
        posted = _receive_record()
        if sequencer.find(posted.leaf) is None:
            admission.check_poster(request.headers.get("Authorization", ""), posted)
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
        _note_refused(RECEIPT, _read_digest(leaf))
        index = find(leaf)
        if not sequencer.wait_until_published(index, _read_wait()):
            raise say_busy("no quorum of witnesses has cosigned a checkpoint with this record yet; ask again", 2)
        return Response(log.receipt(index), mimetype="application/octet-stream")

    def find(leaf: str) -> int:
        index = sequencer.find(_read_digest(leaf))
        if index is None:
            raise Refusal("unknown", "the board does not have this record")
        return index


def _receive_record() -> Posted:
    _check_media("application/json")
    if (request.content_length or 0) > LIMIT:
        raise Refusal("too-large", f"a record has at most {LIMIT:,} bytes; put bulk data in a blob")
    raw = _read(LIMIT + 1)
    if len(raw) <= LIMIT:
        _note_refused(RECORD, hash_leaf(raw))
    return read_record(raw)


def _add_blobs(app: Flask, sequencer: Sequencer, admission: Admission, settings: Settings, scratch: Path) -> None:
    archive, uploads = sequencer.log.directory, Uploads(scratch, settings)

    @app.put("/blobs/<sha256>")
    def put_blob(sha256: str) -> tuple[Response, int]:
        digest, length = _read_digest(sha256), request.content_length
        _note_refused(BLOB, digest)
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
                uploads.receive(path, digest, length, _read)
            except disk.NotDurable as fault:
                sequencer.fail(fault)
                raise
        return jsonify(sha256=sha256, length=length), 200 if known else 201


def _note_refused(kind: str, digest: bytes) -> None:
    """What a refusal of this request is about."""
    g.refused = f"{kind} {digest.hex()}"


def _check_media(media: str) -> None:
    if request.mimetype != media:
        raise Refusal("media-type", f"send this as {media}")


def _read(most: int) -> bytes:
    """At most so many bytes of the body, fewer only at its end."""
    pieces: list[bytes] = []
    try:
        while most and (piece := request.stream.read(most)):
            pieces.append(piece)
            most -= len(piece)
    except OSError:
        raise Refusal("malformed", "the body was cut off; send it again") from None
    return b"".join(pieces)


def _read_digest(shown: str) -> bytes:
    if len(shown) != 64 or not set(shown) <= set("0123456789abcdef"):
        raise Refusal("unknown", "a hash is written as 64 digits in lower-case hexadecimal")
    return bytes.fromhex(shown)


def _read_wait() -> float:
    wait = request.args.get("wait", 0.0, float)
    return min(LONGEST_WAIT, wait) if wait > 0 else 0.0
