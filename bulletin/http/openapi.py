"""What the board answers, as an OpenAPI 3.1 document made from its types and the list below (specs/api.md §15)."""

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import msgspec
from flask import Flask, Response

from bulletin.board.admission import STATUS
from bulletin.board.lookup import Head, Registered
from bulletin.http.headers import PUBLIC
from verifier.log.refusal import SignedRefusal
from verifier.records import LIMIT
from verifier.rules import KINDS

Object = dict[str, Any]
COMPONENTS = "#/components/schemas/{name}"
JSON, BYTES, TEXT, HTML = "application/json", "application/octet-stream", "text/plain; charset=utf-8", "text/html"
HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
WRITING = (408, 429)  # what may befall every request with a body, besides what befalls all
ALWAYS = (500, 503)
SENDERS: dict[tuple[str, str], list[Object]] = {  # where an Authorization is asked for, and where for some records
    ("put", "/blobs/{sha256}"): [{"Sender": []}],
    ("post", "/records"): [{}, {"Sender": []}],
}
SAID = {
    200: "What was asked for.",
    201: "Stored durably.",
    202: "Durably in its final place. It is no promise yet: the receipt is.",
    206: "The part that was asked for.",
    302: "Elsewhere.",
    304: "Unchanged.",
    400: "Not well formed.",
    403: "A signature is missing or false.",
    404: "The board does not have it.",
    405: "No such request here.",
    408: "The body did not come in time.",
    409: "Not in this phase of the election.",
    413: "Too large.",
    415: "Another media type is needed.",
    416: "The file has no such part.",
    422: "A clause of the election's rules refuses it.",
    424: "The record names a blob that has not been put.",
    429: "Too often: come back later.",
    500: "The board failed at this request.",
    503: "Busy, stopping, or not yet published: come back later.",
}


class Taken(msgspec.Struct, forbid_unknown_fields=True):
    """A record was taken: its leaf hash, and where its state is told."""

    leaf: str
    status: str


class Placed(msgspec.Struct, forbid_unknown_fields=True):
    """A record's place; `published` once a cosigned checkpoint covers it."""

    index: int
    leaf: str
    state: str


class Stored(msgspec.Struct, forbid_unknown_fields=True):
    """A blob that is there."""

    length: int
    sha256: str


class Bare(msgspec.Struct, forbid_unknown_fields=True):
    """A refusal of what is only read."""

    clause: str
    code: str
    detail: str


class Seen(msgspec.Struct, forbid_unknown_fields=True):
    """A witness, and the seconds since it last cosigned."""

    name: str
    seen: float | None


class Health(msgspec.Struct, forbid_unknown_fields=True):
    """What the board says of itself."""

    size: int
    published: int
    phase: str
    witnesses: list[Seen]
    quorum: bool


class Operation(NamedTuple):
    """One request: its path, what it does, what it gives by status, which refusals, and what it takes."""

    method: str
    path: str
    summary: str
    gives: dict[int, tuple[str, Any] | None]
    refuses: tuple[int, ...] = ()
    parameters: dict[str, Object] = {}  # noqa: RUF012  never changed
    body: tuple[str, Any] | None = None


FILE = {200: (BYTES, bytes), 206: (BYTES, bytes), 304: None}
LANGUAGE = {"language": {"type": "string", "enum": ["ky", "ru", "en"]}}
FORM = {"type": "object", "properties": {name: {"type": "string", "maxLength": 100} for name in ("code", "tracker")}}
WAIT = {"type": "number", "minimum": 0, "maximum": 25}
TILE = {"type": "string", "maxLength": 60, "examples": ["entries/000.p/7", "0/x001/067"]}
NUMBER = {"type": "string", "pattern": "^(0|[1-9][0-9]{0,18})$"}
BASE32, HEX = {"type": "string", "pattern": "^(-|[A-Z2-7]{1,4})$"}, {"type": "string", "pattern": "^(-|[0-9a-f]{1,4})$"}
PAIR = {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 2, "maxItems": 2}
BALLOTS = {"type": "array", "items": PAIR}
OPERATIONS = (
    Operation("post", "/records", f"Post a record of at most {LIMIT:,} bytes.", {202: (JSON, Taken)},
        (400, 403, 409, 413, 415, 422, 424), body=(JSON, KINDS)),
    Operation("get", "/records/{leaf}", "Where a record is.", {200: (JSON, Placed)}, (404,), {"leaf": HASH}),
    Operation("get", "/receipts/{leaf}", "A record's receipt; `wait` seconds for it.", {200: (BYTES, bytes)}, (404,),
        {"leaf": HASH, "wait": WAIT}),
    Operation("put", "/blobs/{sha256}", "Put a blob, signed for in Authorization.",
        {200: (JSON, Stored), 201: (JSON, Stored)}, (400, 403, 404, 413, 415), {"sha256": HASH}, (BYTES, bytes)),
    Operation("get", "/blobs/{group}/{sha256}", "A blob, under the first two digits of its name.", FILE, (404, 416),
        {"group": {"type": "string", "pattern": "^[0-9a-f]{2}$"}, "sha256": HASH}),
    Operation("get", "/checkpoint", "The checkpoint published last.",
        {200: (TEXT, str), 206: (TEXT, str), 304: None}, (404, 416)),
    Operation("get", "/checkpoints/{number}", "A checkpoint that was published.", FILE, (404, 416), {"number": NUMBER}),
    Operation("get", "/tile/{rest}", "A tile or a bundle of entries; `rest` has slashes.", FILE, (404, 416),
        {"rest": TILE}),
    Operation("get", "/health", "How the board does.", {200: (JSON, Health), 503: (JSON, Health)}),
    Operation("get", "/lookup/head", "How far the index is, and how long prefixes are.", {200: (JSON, Head)}),
    Operation("get", "/lookup/ballots/{prefix}", "Places of ballots by tracking code.", {200: (JSON, BALLOTS)}, (404,),
        {"prefix": BASE32}),
    Operation("get", "/lookup/credentials/{prefix}", "Credentials by the hash of their code.",
        {200: (JSON, list[Registered])}, (404,), {"prefix": HEX}),
    Operation("get", "/r", "To the voter's page.", {302: None}),
    Operation("get", "/r/", "To the voter's page in the reader's language.", {302: None}),
    Operation("get", "/r/{language}", "The voter's page.", {200: (HTML, str)}, (404,), LANGUAGE),
    Operation("post", "/r/{language}", "The board's bare word on a ballot.", {200: (HTML, str)}, (400, 404, 413),
        LANGUAGE, ("application/x-www-form-urlencoded", FORM)),
    Operation("get", "/r/receipt.css", "The page's style.", {200: ("text/css; charset=utf-8", str)}),
    Operation("get", "/r/receipt.js", "The page's script.", {200: ("text/javascript; charset=utf-8", str)}),
    Operation("get", "/openapi.json", "This document.", {200: (JSON, {"type": "object"})}),
)  # fmt: skip


@cache
def describe(address: str = "") -> str:
    """The document of a board that the public reaches at `address`."""
    types = [each for one in OPERATIONS for each in _types(one)]
    schemas, components = msgspec.json.schema_components([SignedRefusal, Bare, *types], ref_template=COMPONENTS)
    known = dict(zip(map(repr, [SignedRefusal, Bare, *types]), schemas, strict=True))
    paths: dict[str, Object] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method] = _operation(one, known)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Aikyn bulletin board",
            "version": "aikyn/1",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": "The rules are in specs/api.md. HEAD is answered as GET, without a body.",
        },
        "servers": [{"url": address or "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "headers": {name: {"required": True, "schema": {"const": value}} for name, value in _headers().items()},
            "securitySchemes": {"Sender": {"type": "apiKey", "in": "header", "name": "Authorization"}},
        },
    }
    return json.dumps(document, ensure_ascii=False).replace(
        r"\\Z", "$"
    )  # the end of a text, as other languages have it


def add_document(app: Flask, address: str) -> None:
    """Serve the document."""

    @app.get("/openapi.json")
    def get_document() -> Response:
        return Response(describe(address), mimetype=JSON, headers={"Cache-Control": "public, max-age=3600"})


def paths_of(rule: str) -> list[str]:
    """The document's paths for a rule of the application."""
    named = re.search(r"<any\(([^)]*\.[^)]*)\):\w+>", rule)  # files, each with a path of its own
    names = re.findall(r"[\w.]+", named[1]) if named else [""]
    return [re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", rule.replace(named[0], name) if named else rule) for name in names]


def _headers() -> dict[str, str]:
    return {**dict(PUBLIC), "Access-Control-Allow-Origin": "*"}


def _types(one: Operation) -> list[Any]:
    given = [*filter(None, one.gives.values()), *filter(None, [one.body])]
    return [kind for _, kind in given if not isinstance(kind, dict) and kind not in {bytes, str}]


def _operation(one: Operation, known: dict[str, Object]) -> Object:
    signed = one.method in {"post", "put"} or one.path.startswith("/receipts/")
    statuses = {*one.refuses, *ALWAYS, *(WRITING if one.method in {"post", "put"} else ())}
    refused: dict[int, tuple[str, Any]] = dict.fromkeys(statuses, (JSON, SignedRefusal if signed else Bare))
    answers: dict[int, Object] = {status: _answer(one, status, [own], known) for status, own in one.gives.items()}
    for status, refusal in sorted(refused.items()):
        both = (
            [refusal, (JSON, SignedRefusal)] if status == 503 else [refusal]
        )  # load is answered before anything is read
        own = one.gives.get(status)
        answers[status] = _answer(one, status, [*both, own] if own else both, known)
    told: Object = {
        "summary": one.summary,
        "operationId": f"{one.method} {one.path}",
        "parameters": [_parameter(one.path, name, schema) for name, schema in one.parameters.items()],
        "responses": {str(status): answer for status, answer in sorted(answers.items())},
    }
    if one.body:
        told["requestBody"] = {"required": True, "content": _content([one.body], known)}
    return told | ({"security": SENDERS[one.method, one.path]} if (one.method, one.path) in SENDERS else {})


def _parameter(path: str, name: str, schema: Object) -> Object:
    place = "path" if f"{{{name}}}" in path else "query"
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _answer(one: Operation, status: int, gives: Sequence[tuple[str, Any] | None], known: dict[str, Object]) -> Object:
    names = [*_headers()]
    headers: Object = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    if one.path in {"/r/", "/r/{language}"}:
        for name in ("Content-Security-Policy", "Permissions-Policy"):
            headers[name] = {"required": True, "schema": {"type": "string"}}
    headers["Cache-Control"] = {"required": True, "schema": {"type": "string"}}
    optional = {"Retry-After": {429, 503}, "ETag": {200, 206, 304}, "Location": {302}}
    headers |= {name: {"schema": {"type": "string"}} for name, when in optional.items() if status in when}
    told: Object = {"description": SAID[status], "headers": headers}
    given = [each for each in gives if each]
    return told | ({"content": _content(given, known)} if given else {})


def _content(gives: list[tuple[str, Any]], known: dict[str, Object]) -> Object:
    media = dict.fromkeys(media for media, _ in gives)
    content: Object = {}
    for each in media:
        schemas = [_schema(kind, known) for held, kind in gives if held == each]
        unique = list({json.dumps(schema): schema for schema in schemas}.values())
        content[each] = {"schema": unique[0] if len(unique) == 1 else {"anyOf": unique}}
    return content


def _schema(kind: Any, known: dict[str, Object]) -> Object:  # noqa: ANN401  a type, or a schema
    if isinstance(kind, dict):
        return kind
    return {} if kind is bytes else {"type": "string"} if kind is str else known[repr(kind)]


assert set(STATUS.values()) <= SAID.keys()  # noqa: S101  a code without a word would show here
