"""One row is all that a request needs: it is found, answered, refused and described from the table."""

from __future__ import annotations

import json
from threading import current_thread
from typing import Any

import pytest

from bulletin.http import openapi
from bulletin.http.app import Application
from bulletin.http.exchange import JSON, HttpRequest, Reply, say
from bulletin.http.routes import NOT_HERE, NOT_SO, Route, RouteTable
from tests.support.asking import direct

TEXT = {"type": "string"}


async def tell(context: str, asked: HttpRequest, **parts: str) -> Reply:
    return say([context, asked.method, parts])


def tell_slowly(context: str, _: HttpRequest) -> Reply:
    return say([context, current_thread().name])


def row(method: str, path: str, answer: Any = tell, **more: Any) -> Route:
    return Route(method, path, answer, "A row.", {200: (JSON, {"type": "array"})}, **more)


ROWS = (
    row("GET", "/"),
    row("GET", "/things/{one}", parameters={"one": TEXT}),
    row("PUT", "/things/{other}", parameters={"other": TEXT}),
    row("GET", "/things/all"),
    row("GET", "/things/{one}/{two}", parameters={"one": TEXT, "two": TEXT}),
    row("GET", "/all/{rest...}", parameters={"rest": TEXT}),
    row("GET", "/in/{language}", parameters={"language": {"type": "string", "enum": ["ky", "ru"]}}),
    row("POST", "/in/{language}", parameters={"language": {"type": "string", "enum": ["ky", "ru"]}}),
    row("GET", "/in/detail"),
    row("GET", "/{first}/last", parameters={"first": TEXT}),
    row("GET", "/slow", tell_slowly),
    row("GET", "/elsewhere", preflight=Reply(204, {"access-control-max-age": "9"})),
)
APP = Application(ROWS, "a context", [("X-Frame", "ours")])


@pytest.mark.parametrize(
    ("method", "path", "parts"),
    [
        ("GET", "/", {}),
        ("GET", "/things/7", {"one": "7"}),
        ("HEAD", "/things/7", {"one": "7"}),
        ("PUT", "/things/7", {"other": "7"}),
        ("GET", "/things/all", {}),
        ("GET", "/things/a/b", {"one": "a", "two": "b"}),
        ("GET", "/all/a", {"rest": "a"}),
        ("GET", "/all/a//b/", {"rest": "a//b/"}),
        ("GET", "/in/ky", {"language": "ky"}),
        ("POST", "/in/ru", {"language": "ru"}),
        ("GET", "/in/detail", {}),
        ("GET", "/x/last", {"first": "x"}),
    ],
)
def test_a_row_is_found_by_the_parts_of_its_path(method: str, path: str, parts: dict[str, str]) -> None:
    answer = direct(APP, method, path)
    assert (answer.status, json.loads(answer.body)) == (200, ["a context", method, parts])
    assert answer.headers["x-frame"] == "ours"


@pytest.mark.parametrize(
    "path",
    ["", "*", "things/7", "//", "//things/7", "/things", "/things/", "/things//", "/things/a/b/c", "/things/7/", "/all",
     "/all/", "/in/en", "/in/", "/nothing", "/things/all/last"],
)  # fmt: skip
def test_no_other_path_is_known(path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = direct(APP, method, path)
        assert (answer.status, json.loads(answer.body)["detail"]) == (404, NOT_HERE)


def test_a_path_that_is_known_says_how_it_is_asked() -> None:
    for path, allowed in (("/things/7", "GET, HEAD, OPTIONS, PUT"), ("/in/ky", "GET, HEAD, OPTIONS, POST")):
        answer = direct(APP, "DELETE", path)
        assert (answer.status, json.loads(answer.body)["detail"]) == (405, NOT_SO)
        assert answer.headers["allow"] == direct(APP, "OPTIONS", path).headers["allow"] == allowed
    assert direct(APP, "POST", "/in/detail").status == 405
    assert direct(APP, "OPTIONS", "/elsewhere")[0] == 204
    assert direct(APP, "OPTIONS", "/elsewhere").headers["access-control-max-age"] == "9"


def test_a_request_has_one_row() -> None:
    with pytest.raises(ValueError, match=r"GET /things/\{two\} has two rows"):
        RouteTable([*ROWS, row("GET", "/things/{two}")])


def test_a_plain_function_has_a_thread_and_a_coroutine_has_none() -> None:
    [context, thread] = json.loads(direct(APP, "GET", "/slow").body)
    assert (context, thread) == ("a context", thread)
    assert thread.startswith("ThreadPoolExecutor")
    assert [RouteTable(ROWS).find("GET", path)[0].at_once for path in ("/", "/slow")] == [True, False]


def test_the_document_has_the_same_rows() -> None:
    rows = openapi.described(ROWS, lambda context: f"https://{context}.example")
    paths = json.loads(openapi.describe(rows))["paths"]
    assert {(path, method) for path in paths for method in paths[path]} == {
        (row.path.replace("...", ""), row.method.lower()) for row in rows
    }
    assert [each["in"] for each in paths["/all/{rest}"]["get"]["parameters"]] == ["path"]
    served = json.loads(direct(Application(rows, "board", []), "GET", "/openapi.json").body)
    assert served["paths"] == paths
    assert served["servers"] == [{"url": "https://board.example"}]
