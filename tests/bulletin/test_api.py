"""The board over real HTTP: what is answered to honest posters, to everyone else, and again after a restart."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from tests.support.elections import Election
from tests.support.rejects import REFUSED, wrong_signature
from tests.support.serving import Running, cast, elect, hand_in, operator_of, put_blobs, running, set_up
from tests.support.stored import Stores
from verifier.client import merkle
from verifier.client.board import authorized_bytes, posted_bytes
from verifier.client.files import Directory
from verifier.election.counting import Override
from verifier.errors import Incomplete
from verifier.log import policy, receipt
from verifier.log.note import COSIGNATURE, ED25519, Key, encode_base64, encode_key
from verifier.log.reading import Log, blob_path
from verifier.log.tree import hash_leaf
from verifier.records import LIMIT, encode

pytestmark = [
    pytest.mark.process,
    pytest.mark.usefixtures("stores"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
JSON = {"Content-Type": "application/json"}
BLOB = {"Content-Type": "application/octet-stream"}


@pytest.fixture(scope="module")
def hall(
    stores: Stores,  # noqa: ARG001  a board ends before its stores do
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Running, Election]]:
    place = tmp_path_factory.mktemp("hall")
    election = elect(set_up(place))
    with running(place) as run:
        hand_in(run.client, election)
        run.client.receipt(hash_leaf(election.records[-1]))
        yield run, election


@pytest.fixture
def run(hall: tuple[Running, Election]) -> Running:
    return hall[0]


@pytest.fixture
def election(hall: tuple[Running, Election]) -> Election:
    return hall[1]


def log_key(election: Election) -> Key:
    return Key(election.manifest.origin, ED25519, election.manifest.log_key)


def post(run: Running, raw: bytes, headers: dict[str, str] | None = None) -> requests.Response:
    return requests.post(f"{run.client.url}/records", raw, headers=headers or JSON, timeout=10)


def signed_for(election: Election, raw: bytes) -> dict[str, str]:
    """The headers of a commission's record that the operator posts."""
    return JSON | operator_of(election).authorize(posted_bytes(election.digest, hash_leaf(raw)))


def get(run: Running, path: str, **given: Any) -> requests.Response:
    return requests.get(f"{run.client.url}/{path}", timeout=10, **given)


def test_an_honest_sequence_is_admitted_in_its_order(run: Running, election: Election) -> None:
    size = run.board.sequencer.log.size
    assert list(run.board.sequencer.log.entries(0, size))[: len(election.records)] == election.records
    assert run.client.health()["phase"] == "voting"


def test_a_ballot_gets_its_answer_its_place_and_its_receipt(run: Running, election: Election) -> None:
    raw = encode(cast(election, 0))
    leaf = hash_leaf(raw).hex()
    answer = post(run, raw)
    assert (answer.status_code, answer.json()) == (202, {"leaf": leaf, "status": f"/records/{leaf}"})
    assert answer.headers["Cache-Control"] == "no-store"
    proof = receipt.decode(run.client.receipt(bytes.fromhex(leaf)))
    receipt.check(proof, bytes.fromhex(leaf), election.manifest.origin, [log_key(election)], None)
    assert get(run, f"records/{leaf}").json() == {"index": proof.index, "leaf": leaf, "state": "published"}
    again = post(run, raw)
    assert (again.status_code, again.json()) == (202, answer.json())
    assert run.board.sequencer.log.size == proof.index + 1


@pytest.mark.parametrize(
    ("make", "status", "code", "clause"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refusals(
    run: Running, election: Election, make: Callable[[Election], bytes], status: int, code: str, clause: str
) -> None:
    raw, size = make(election), run.board.sequencer.log.size
    for _ in range(2):
        answer = post(run, raw, signed_for(election, raw))
        said = answer.json()
        assert (answer.status_code, said["code"], said["clause"]) == (status, code, clause)
        assert said["detail"]
    assert run.board.sequencer.log.size == size
    assert get(run, f"records/{hash_leaf(raw).hex()}").status_code == 404


def test_what_nobody_signs_for_does_not_fill_the_log(run: Running, election: Election) -> None:
    raw, size = encode(Override("precinct", ())), run.board.sequencer.log.size
    for headers in (JSON, JSON | {"Authorization": "Aikyn operator AAAA"}, signed_for(election, raw[:-1])):
        answer = post(run, raw, headers)
        assert (answer.status_code, answer.json()["code"], answer.json()["clause"]) == (403, "not-signed", "")
    assert run.board.sequencer.log.size == size


def test_a_record_is_not_too_large_nor_of_another_media_type(run: Running, election: Election) -> None:
    raw, size = encode(cast(election, 1)), run.board.sequencer.log.size
    pad = b'{"type":"close"}'.ljust(LIMIT + 1)
    assert (post(run, pad).status_code, post(run, pad).json()["code"]) == (413, "too-large")
    chunked = requests.post(f"{run.client.url}/records", iter([pad]), headers=JSON, timeout=10)
    assert (chunked.status_code, chunked.json()["code"]) == (413, "too-large")
    for media in ("text/plain", ""):
        answer = post(run, raw, {"Content-Type": media})
        assert (answer.status_code, answer.json()["code"]) == (415, "media-type")
    assert run.board.sequencer.log.size == size


def test_a_record_before_its_blob_is_refused_until_the_blob_is_there(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path))
    registers = [n for n, raw in enumerate(election.records) if b'"type":"register"' in raw]
    with running(tmp_path) as run:
        for raw in election.records[: registers[0]]:
            run.client.post(raw, operator_of(election))
        raw = election.records[registers[0]]
        answer = post(run, raw, signed_for(election, raw))
        assert (answer.status_code, answer.json()["code"]) == (424, "blob-missing")
        assert run.board.sequencer.log.size == registers[0]
        put_blobs(run.client, election)
        for raw in election.records[registers[0] :]:
            assert post(run, raw, signed_for(election, raw)).status_code == 202


def test_a_restarted_board_gives_the_same_answers(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path))
    ballot = encode(cast(election, 0))
    with running(tmp_path) as run:
        hand_in(run.client, election)
        answer = post(run, ballot).json()
        before = run.client.receipt(hash_leaf(ballot))
    with running(tmp_path) as run:
        assert post(run, ballot).json() == answer
        for raw in election.records:
            assert post(run, raw).status_code == 202
        assert run.board.sequencer.log.size == len(election.records) + 1
        assert receipt.decode(run.client.receipt(hash_leaf(ballot))).index == receipt.decode(before).index
        assert run.client.health()["phase"] == "voting"


def upload(run: Running, election: Election, data: bytes, **given: Any) -> requests.Response:
    digest = hashlib.sha256(data).digest()
    signature = election.operator.key.sign(authorized_bytes(election.digest, digest, len(data))).signature
    headers = BLOB | {"Authorization": f"Aikyn operator {encode_base64(signature)}"} | given.get("headers", {})
    return requests.put(
        f"{run.client.url}/blobs/{given.get('name', digest.hex())}",
        given.get("body", data),
        headers=headers,
        timeout=10,
    )


def test_blobs_are_stored_once_and_read_back(run: Running, election: Election) -> None:
    data = b"a mix" * 300_000
    name = hashlib.sha256(data).hexdigest()
    assert upload(run, election, data).status_code == 201
    assert upload(run, election, data).status_code == 200
    read = get(run, f"blobs/{name[:2]}/{name}")
    assert (read.content, read.headers["Content-Type"]) == (data, "application/octet-stream")
    assert "immutable" in read.headers["Cache-Control"]
    part = get(run, f"blobs/{name[:2]}/{name}", headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, data[5:10])
    assert list((run.archive.parent / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"headers": {"Authorization": ""}}, 403, "not-signed"),
        ({"headers": {"Authorization": "Aikyn operator AAAA"}}, 403, "not-signed"),
        ({"headers": {"Content-Type": "text/plain"}}, 415, "media-type"),
        ({"body": b"other bytes!"}, 400, "malformed"),
        ({"name": "00" * 32}, 403, "not-signed"),
        ({"name": "short"}, 404, "unknown"),
    ],
)
def test_blobs_that_are_refused_leave_nothing(
    run: Running, election: Election, given: dict[str, Any], status: int, code: str
) -> None:
    data = b"never stored"
    before = sorted(run.archive.rglob("blobs/*/*"))
    answer = upload(run, election, data, **given)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert sorted(run.archive.rglob("blobs/*/*")) == before
    assert list((run.archive.parent / "uploads").iterdir()) == []


def test_a_blob_over_the_setting_is_too_large(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path))
    with running(tmp_path, blob_limit=10) as run:
        run.client.post(election.records[0])
        assert upload(run, election, bytes(10)).status_code == 201
        assert upload(run, election, bytes(11)).json()["code"] == "too-large"


def test_the_archive_is_served_as_it_stands(run: Running, election: Election) -> None:
    size = int(run.client.health()["published"])  # type: ignore[call-overload]
    checkpoint = get(run, "checkpoint")
    assert checkpoint.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert checkpoint.headers["Cache-Control"] == "no-store"
    assert checkpoint.headers["Access-Control-Allow-Origin"] == "*"
    for tile in merkle.grown(0, size):
        answer = get(run, tile.path)
        assert answer.content == (run.archive / tile.path).read_bytes()
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Cache-Control"] == "public, max-age=60"
        again = get(run, tile.path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    kept = get(run, "checkpoints/0")
    assert "immutable" in kept.headers["Cache-Control"]
    copy = Log(run.client.read, election.manifest.origin, [log_key(election)])
    assert [raw for _, raw in copy.entries()][: len(election.records)] == election.records


@pytest.mark.parametrize(
    "path",
    [
        "../log.key",
        "tile/../../log.key",
        "tile/%2e%2e/%2e%2e/log.key",
        "tile/0/..%2f..%2f..%2flog.key",
        "checkpoints/..%2f..%2flog.key",
        "checkpoints/00",
        "checkpoints/%2e",
        "blobs/../log.key",
        "blobs/..%2f/" + "0" * 64,
        "tile/0/0",
        "tile/0/000.p/256",
        "tile/0//000",
        "uploads/x",
        "log.db",
        "archive/checkpoint",
    ],
)
def test_no_other_file_can_be_read(run: Running, path: str) -> None:
    """Sent as it is, since clients and proxies tidy paths up."""
    host, port = run.client.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert answer.split(b" ")[1] == b"404"
    assert b"PRIVATE+KEY" not in answer


def test_unknown_things_are_said_in_the_same_form(run: Running) -> None:
    for path in (f"records/{'0' * 64}", f"receipts/{'0' * 64}?wait=9", "records/zz", "nothing", "records"):
        answer = get(run, path)
        assert (answer.status_code in {404, 405}, answer.json()["code"]) == (True, "unknown")


def test_a_page_elsewhere_may_post(run: Running) -> None:
    answer = requests.options(f"{run.client.url}/records", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]


def test_a_fault_of_the_board_is_said_and_survived(
    run: Running, monkeypatch: pytest.MonkeyPatch, election: Election
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(run.board.sequencer, "submit", lambda _: 1 / 0)
        answer = post(run, encode(cast(election, 1)))
    assert (answer.status_code, answer.json()["code"]) == (500, "fault")
    assert "ZeroDivisionError" not in answer.text
    assert run.client.health()["quorum"] is True


def test_without_witnesses_receipts_wait_and_health_says_so(tmp_path: Path) -> None:
    witness = encode_key(Key("w1.example", COSIGNATURE, bytes(set_up(tmp_path / "other").public)))
    trust = policy.decode(f"witness w1 {witness} http://127.0.0.1:9\nquorum w1\n".encode())
    election = elect(set_up(tmp_path))
    with running(tmp_path, trust) as run:
        leaf = run.client.post(election.records[0]).hex()
        assert get(run, f"records/{leaf}").json()["state"] == "committed"
        answer = get(run, f"receipts/{leaf}?wait=0.3")
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert int(answer.headers["Retry-After"]) > 0
        health = get(run, "health")
        assert health.status_code == 503
        assert health.json() == {
            "size": 1,
            "published": 0,
            "phase": "setup",
            "witnesses": [{"name": "w1", "seen": None}],
            "quorum": False,
        }
        assert get(run, "checkpoint").status_code == 404


def test_a_post_that_is_not_answered_in_time_may_be_sent_again(tmp_path: Path) -> None:
    election = elect(set_up(tmp_path))
    with running(tmp_path) as run:
        hand_in(run.client, election)
    with running(tmp_path, interval=1.0, patience=0.05) as run:
        ballot = encode(cast(election, 0))
        answers: list[requests.Response] = []
        threads = [Thread(target=lambda: answers.append(post(run, ballot))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status_code for answer in answers} <= {202, 503}
        assert run.client.post(ballot) == hash_leaf(ballot)
        assert run.board.sequencer.log.size == len(election.records) + 1


def test_the_journal_tells_nothing_about_voters(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    election = elect(set_up(tmp_path))
    ballot = encode(cast(election, 0))
    with caplog.at_level("INFO", "aikyn.board"), running(tmp_path) as run:
        hand_in(run.client, election)
        run.client.receipt(run.client.post(ballot))
        assert post(run, wrong_signature(election)).status_code == 403
    told = " ".join(str(vars(record)) for record in caplog.records if record.name == "aikyn.board")
    assert told.count("'rule': '/records'") == 1, "the refusal"
    for secret in ("127.0.0.1", hash_leaf(ballot).hex(), election.voters[0].key.hex()):
        assert secret not in told


def test_the_copy_of_the_files_is_the_log(run: Running, election: Election) -> None:
    read = Directory(run.archive)
    assert Log(read, election.manifest.origin, [log_key(election)]).size <= run.board.sequencer.log.size
    name = blob_path(next(iter(election.blobs)))
    assert read(name) == run.client.read(name)
    with pytest.raises(Incomplete):
        read("../log.key")
