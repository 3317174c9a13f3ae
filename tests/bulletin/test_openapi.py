"""The OpenAPI document says what the board answers: every row is in it, and schemathesis finds nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema_rs import Draft202012Validator, validator_for
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from bulletin.board.admission import STATUS
from bulletin.http import openapi
from bulletin.http.headers import PUBLIC, public
from bulletin.http.routes import Route
from bulletin.http.server import ROUTES
from tests.support.elections import Election
from tests.support.house import read_page
from tests.support.serving import behind, cast, elect, hand_in, set_up
from tests.support.stored import Stores
from tests.support.watching import Stored
from verifier.client.board import Board
from verifier.log.tree import hash_leaf
from verifier.records import encode
from verifier.rules import CODEC, KINDS

# What a schema cannot say of a record: its canonical form, signatures, and the election's rules; of `wait`: it is cut.
BEYOND = [positive_data_acceptance, negative_data_rejection]
CASES = settings(
    max_examples=4,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
pytestmark = [
    pytest.mark.process,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
METHODS = {"get", "post", "put"}


class Hall(NamedTuple):
    """A board behind its gateway, the election on it, and what it has stored."""

    url: str
    election: Election
    stored: Stored


@pytest.fixture(scope="module")
def hall(
    stores: Stores,  # noqa: ARG001  a board ends before its stores do
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Hall]:
    place = tmp_path_factory.mktemp("board")
    election = elect(set_up(place))
    with behind(place) as (board, _, url):
        hand_in(Board(url), election)
        Board(url).receipt(Board(url).post(encode(cast(election, 0))))
        yield Hall(url, election, Stored(board.sequencer.log, place))


DOCUMENT = json.loads(openapi.describe(ROUTES))
EVERY = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]


def ask(operation: Any, check: Callable[[Any], None]) -> None:
    """Have a number of requests made to an operation, as the document allows them and as it does not."""

    @CASES
    @given(operation.as_strategy())
    def one(case: Any) -> None:
        check(case)

    @CASES
    @given(operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE))
    def strange(case: Any) -> None:
        check(case)

    one()
    if any(operation.iter_parameters()) or operation.body:
        strange()


@pytest.mark.parametrize(("path", "method"), EVERY)
def test_the_board_over_http_answers_as_the_document_says(hall: Hall, path: str, method: str) -> None:
    schema = schemathesis.openapi.from_url(f"{hall.url}/openapi.json")
    with requests.Session() as session:
        told: dict[str, Any] = {"base_url": hall.url, "session": session, "excluded_checks": BEYOND}
        ask(schema[path][method], lambda case: case.call_and_validate(**told))
    hall.stored.check()


def test_every_row_is_documented_and_nothing_else() -> None:
    told = {(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert told == {(row.path.replace("...", ""), row.method.lower()) for row in ROUTES}
    assert len(told) == len(ROUTES)
    assert {method for _, method in told} <= METHODS
    ids = [one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: f"{row.method} {row.path}")
def test_a_row_says_of_each_part_of_its_path_what_it_is(row: Route) -> None:
    parts = {part.strip("{.}") for part in row.path.split("/") if part.startswith("{")}
    assert parts <= row.parameters.keys()


def answers(hall: Hall) -> Iterator[tuple[str, str, requests.Response]]:
    """Answers of every kind, and the operations that they are to."""
    url, election = hall.url, hall.election
    leaf = hash_leaf(encode(cast(election, 0))).hex()
    json_, blob = {"Content-Type": "application/json"}, {"Content-Type": "application/octet-stream"}
    known = hash_leaf(election.records[0]).hex()
    digest = next(iter(election.blobs)).hex()
    asked: list[tuple[str, str, str, dict[str, Any]]] = [
        ("post", "/records", "/records", {"data": encode(cast(election, 1)), "headers": json_}),
        ("post", "/records", "/records?wait=9", {"data": encode(cast(election, 1)), "headers": json_}),
        ("post", "/records", "/records", {"data": b"{}", "headers": json_}),
        ("post", "/records", "/records", {"data": b"{}", "headers": blob}),
        ("post", "/records", "/records", {"data": bytes(70_000), "headers": json_}),
        ("get", "/records/{leaf}", f"/records/{known}", {}),
        ("get", "/records/{leaf}", f"/records/{leaf}", {}),
        ("get", "/receipts/{leaf}", f"/receipts/{known}?wait=9", {}),
        ("get", "/receipts/{leaf}", "/receipts/x", {}),
        ("put", "/blobs/{sha256}", f"/blobs/{digest}", {"data": b"x", "headers": blob}),
        ("get", "/blobs/{group}/{sha256}", f"/blobs/{digest[:2]}/{digest}", {}),
        ("get", "/blobs/{group}/{sha256}", f"/blobs/{digest[:2]}/{digest}", {"headers": {"Range": "bytes=1-2"}}),
        ("get", "/checkpoint", "/checkpoint", {}),
        ("get", "/checkpoint", "/checkpoint", {"headers": {"Range": "bytes=1-2"}}),
        ("get", "/checkpoint", "/checkpoint", {"headers": {"Range": "bytes=99999-"}}),
        ("get", "/checkpoints/{number}", "/checkpoints/0", {}),
        ("get", "/tile/{rest}", "/tile/0/999", {}),
        ("get", "/health", "/health", {}),
        ("get", "/lookup/head", "/lookup/head", {}),
        ("get", "/lookup/ballots/{prefix}", "/lookup/ballots/-", {}),
        ("get", "/lookup/credentials/{prefix}", "/lookup/credentials/-", {}),
        ("get", "/lookup/credentials/{prefix}", "/lookup/credentials/zz", {}),
        ("get", "/lookup/opening", "/lookup/opening", {}),
        ("get", "/app/", "/app/", {}),
        ("get", "/app/{rest}", "/app/ky/r.html", {}),
        ("get", "/", "/", {}),
        ("get", "/{language}", "/ru", {}),
        ("get", "/{language}", "/nobody", {"headers": {"Accept": "text/html"}}),
        ("get", "/metrics", "/metrics", {}),
        ("get", "/page.css", "/page.css", {}),
        ("get", "/r", "/r", {}),
        ("get", "/r/", "/r/", {}),
        ("get", "/r/{language}", "/r/en", {}),
        ("post", "/r/{language}", "/r/en", {"data": {"code": "A", "tracker": "B"}}),
        ("get", "/openapi.json", "/openapi.json", {}),
    ]
    for method, path, shown, more in asked:
        yield method, path, requests.request(method, url + shown, timeout=10, allow_redirects=False, **more)


def test_answers_of_every_kind_are_documented(hall: Hall) -> None:
    document = json.loads(openapi.describe(ROUTES))
    seen = set()
    for method, path, answer in answers(hall):
        told = document["paths"][path][method]["responses"][str(answer.status_code)]
        media = answer.headers.get("Content-Type", "")
        if answer.content:
            assert media in {media, f"{media}; charset=utf-8"}
            held = next(held for held in told["content"] if media.startswith(held.partition(";")[0]))
            if held == "application/json":
                schema = told["content"][held]["schema"] | {"components": document["components"]}
                assert list(validator_for(schema).iter_errors(answer.json())) == [], path
        for name, value in PUBLIC:
            assert name in told["headers"]
            if not path.startswith("/r") and "text/html" not in media:
                assert answer.headers[name] == value
        seen.add((path, method))
    assert seen == {(path, method) for path, methods in document["paths"].items() for method in methods}


def test_records_of_every_kind_fit_their_schemas(hall: Hall) -> None:
    document = json.loads(openapi.describe(ROUTES))
    operation = document["paths"]["/records"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"] | {"components": document["components"]}
    check = Draft202012Validator(schema)
    for raw in hall.election.records:
        assert check.is_valid(json.loads(raw)), raw[:80]
        assert isinstance(CODEC.decode(raw), KINDS)
    assert not check.is_valid({"type": "close", "signature": "AAAA"})
    assert not check.is_valid({"type": "close"})
    kinds = {kind.__name__ for kind in KINDS.__args__}
    assert kinds <= set(document["components"]["schemas"])
    assert "\\Z" not in openapi.describe(ROUTES)


def test_the_document_names_the_boards_address() -> None:
    served = json.loads(openapi.describe(ROUTES, "https://board.example"))["servers"]
    assert served == [{"url": "https://board.example"}]


PAGE = read_page("api")
SECTIONS = {
    int(number): text for number, text in re.findall(r"^## (\d+)\. (.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
}


def test_every_section_of_the_page_begins_with_an_example() -> None:
    assert list(SECTIONS) == list(range(1, 17))
    assert [number for number, text in SECTIONS.items() if not text.partition("\n\n")[2].startswith("```\n")] == []


def test_the_page_tells_of_every_row() -> None:
    for row in ROUTES:
        if not row.path.startswith(("/lookup", "/r")) or row.path.startswith("/rec"):
            assert row.path.partition("/{")[0] in PAGE, row.path
    for code, status in STATUS.items():
        assert re.search(rf"^\|[^|]*\b{status}\b[^|]*\|[^|]*`{code}`", SECTIONS[6], re.MULTILINE), code


def test_the_page_shows_the_headers_of_every_answer() -> None:
    shown = " ".join(SECTIONS[13].split("```")[1].split())
    assert shown == " ".join(f"{name}: {value}" for name, value in public("https://board.example"))
