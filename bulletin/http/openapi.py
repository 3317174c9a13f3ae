"""What a table of routes answers, as an OpenAPI 3.1 document made from its rows and their types (specs/api.md §15)."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from bulletin.board.admission import STATUS
from bulletin.http.app import is_signed
from bulletin.http.exchange import HTML, JSON, WRITES, HttpRequest, Reply
from bulletin.http.headers import PAGE, PUBLIC
from bulletin.http.routes import Medium, Object, Route
from verifier.log.refusal import SignedRefusal

COMPONENTS = "#/components/schemas/{name}"
WRITING = (408, 429)  # what may befall every request with a body, besides what befalls all
EARLY = (431, 503)  # is answered before anything is looked up
ALWAYS = (500, *EARLY)
FRAME = {name: [value] for name, value in PUBLIC} | {"Access-Control-Allow-Origin": ["*"]}
FRAME["Content-Security-Policy"].append(PAGE["content-security-policy"])
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
    431: "The head of the request is too long.",
    500: "The board failed at this request.",
    503: "Busy, stopping, or not yet published: come back later.",
}


class Bare(msgspec.Struct, forbid_unknown_fields=True):
    """A refusal of what is only read."""

    clause: str
    code: str
    detail: str


def described(routes: Iterable[Route], address: Callable[[Any], str]) -> tuple[Route, ...]:
    """These rows and `/openapi.json`, which describes them all; `address` is where the public reaches them."""

    async def get_document(at: Any, _: HttpRequest) -> Reply:  # noqa: ANN401  whatever the rows answer from
        document = describe(rows, address(at)).encode()
        return Reply(200, {"content-type": JSON, "cache-control": "public, max-age=3600"}, document)

    own = Route("GET", "/openapi.json", get_document, "This document.", {200: (JSON, {"type": "object"})})
    rows = (*routes, own)
    return rows


def describe(routes: Sequence[Route], address: str = "") -> str:
    """The document of a service that answers these rows and is reached at `address`."""
    kinds = [SignedRefusal, Bare, *(kind for route in routes for kind in _kinds(route))]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=COMPONENTS)
    known = dict(zip(map(repr, kinds), schemas, strict=True))
    paths: dict[str, Object] = {}
    for route in routes:
        paths.setdefault(_path(route), {})[route.method.lower()] = _operation(route, known)
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
            "headers": {name: {"required": True, "schema": {"enum": values}} for name, values in FRAME.items()},
            "securitySchemes": {"Sender": {"type": "apiKey", "in": "header", "name": "Authorization"}},
        },
    }
    # the end of a text, as other languages have it
    return json.dumps(document, ensure_ascii=False).replace(r"\\Z", "$")


def _path(route: Route) -> str:
    return route.path.replace("...}", "}")


def _kinds(route: Route) -> list[Any]:
    """The types whose schemas the row needs."""
    contents = filter(None, (*route.gives.values(), route.takes))
    return [kind for _, kind in contents if not isinstance(kind, dict) and kind not in {bytes, str}]


def _operation(route: Route, known: dict[str, Object]) -> Object:
    path, writes = _path(route), route.method in WRITES
    signed = is_signed(route.method, path)
    refusal: Medium = (JSON, SignedRefusal if signed else Bare)
    page: list[Medium] = [] if signed else [(HTML, str)]  # for a browser
    answers: dict[int, list[Medium]] = {status: [own] if own else [] for status, own in route.gives.items()}
    for status in {*route.refuses, *ALWAYS, *(WRITING if writes else ())}:
        early = [(JSON, SignedRefusal)] if status in EARLY else []
        answers[status] = [refusal, *early, *page, *answers.get(status, [])]
    told: Object = {
        "summary": route.summary,
        "operationId": f"{route.method.lower()} {path}",
        "parameters": [_parameter(path, name, schema) for name, schema in route.parameters.items()],
        "responses": {str(status): _answer(route, status, answers[status], known) for status in sorted(answers)},
    }
    if route.takes:
        told["requestBody"] = {"required": True, "content": _content([route.takes], known)}
    return told | ({"security": [*route.security]} if route.security else {})


def _parameter(path: str, name: str, schema: Object) -> Object:
    place = "path" if f"{{{name}}}" in path else "query"
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _answer(route: Route, status: int, gives: Sequence[Medium], known: dict[str, Object]) -> Object:
    headers: Object = {name: {"$ref": f"#/components/headers/{name}"} for name in FRAME if name not in route.own}
    headers |= {name: {"required": True, "schema": {"type": "string"}} for name in (*route.own, "Cache-Control")}
    optional = {"Retry-After": {429, 503}, "ETag": {200, 206, 304}, "Location": {302}}
    headers |= {name: {"schema": {"type": "string"}} for name, when in optional.items() if status in when}
    told: Object = {"description": SAID[status], "headers": headers}
    return told | ({"content": _content(gives, known)} if gives else {})


def _content(gives: Sequence[Medium], known: dict[str, Object]) -> Object:
    content: Object = {}
    for media in dict.fromkeys(media for media, _ in gives):
        schemas = [_schema(kind, known) for held, kind in gives if held == media]
        unique = list({json.dumps(schema): schema for schema in schemas}.values())
        content[media] = {"schema": unique[0] if len(unique) == 1 else {"anyOf": unique}}
    return content


def _schema(kind: Any, known: dict[str, Object]) -> Object:  # noqa: ANN401  a type, or a schema
    if isinstance(kind, dict):
        return kind
    return {} if kind is bytes else {"type": "string"} if kind is str else known[repr(kind)]


assert set(STATUS.values()) <= SAID.keys()  # noqa: S101  a code without a word would show here
