"""The client of a board: patient with a busy one, exact about refusals, and copies that can be resumed and trusted."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask import Response, request

from tests.corpus import boards
from tests.support.elections import Election
from tests.support.elections import whole as make_whole
from tests.support.serving import Running, answering, cast, hand_in, running, set_up, sheet_of
from verifier.audit import trust
from verifier.audit.trust import TrustSheet
from verifier.client import board as remote
from verifier.client import download as downloading
from verifier.client.board import Board, Refused, Sender
from verifier.client.download import download, named_blobs
from verifier.client.files import Directory
from verifier.desk.report.language import LANGUAGES, words
from verifier.errors import Incomplete
from verifier.log.note import ED25519, Key
from verifier.log.reading import Log, blob_path
from verifier.log.tiles import Tile
from verifier.log.tree import hash_leaf
from verifier.records import Blob, encode

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]


TRUST = trust.decode(boards.honest().sheet)
ANSWER = json.dumps({"leaf": hash_leaf(b"a record").hex(), "status": "/records/"})


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Election]]:
    """A whole election on a board."""
    place = tmp_path_factory.mktemp("published")
    key = set_up(place)
    election = make_whole(origin=key.name, log_key=key.public)
    with running(place) as run:
        hand_in(run.client, election)
        run.client.receipt(hash_leaf(election.records[-1]))
        yield run, election


def sheet(election: Election) -> TrustSheet:
    """What is known of the log from outside: its key."""
    return sheet_of(Key(election.manifest.origin, ED25519, election.manifest.log_key))


def open_copy(directory: Path, election: Election) -> Log:
    keys, files = sheet(election).log_keys, Directory(directory)
    copy = Log(files, election.manifest.origin, keys)
    copy.check_latest(keys, None)
    copy.check_published(keys, None, files.kept)
    return copy


def test_a_whole_election_goes_over_the_wire_and_comes_back(
    published: tuple[Running, Election], tmp_path: Path
) -> None:
    run, election = published
    told: list[tuple[str, int, int]] = []
    download(run.client, tmp_path, sheet(election), lambda *said: told.append(said))
    copy = open_copy(tmp_path, election)
    assert [raw for _, raw in copy.entries()] == election.records
    for digest, data in election.blobs.items():
        assert Directory(tmp_path)(blob_path(digest)) == data
    assert {what for what, _, _ in told} == {"tiles", "checkpoints", "blobs"}
    names = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    assert not [name for name in names if name.name.startswith(".")]


def test_a_copy_is_resumed_and_keeps_what_it_has(
    published: tuple[Running, Election], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, election = published
    download(run.client, tmp_path, sheet(election))
    blob = tmp_path / blob_path(next(iter(election.blobs)))
    blob.unlink()
    (tmp_path / "checkpoints/1").unlink()
    asked: list[str] = []
    ask = run.client._ask

    def listen(method: str, path: str, *given: object, **named: object) -> object:
        asked.append(path)
        return ask(method, path, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(run.client, "_ask", listen)
    download(run.client, tmp_path, sheet(election))
    kept = len(list((tmp_path / "checkpoints").iterdir()))
    missing = str(blob.relative_to(tmp_path))
    assert asked == ["checkpoint", "checkpoints/1", f"checkpoints/{kept}", missing]
    open_copy(tmp_path, election)


def test_a_copy_ends_where_its_checkpoint_does_though_the_log_went_on(
    published: tuple[Running, Election], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, election = published
    read = run.client.read
    monkeypatch.setattr(run.client, "read", lambda path: read("checkpoints/3" if path == "checkpoint" else path))
    download(run.client, tmp_path, sheet(election))
    copy = open_copy(tmp_path, election)
    assert 0 < copy.size < len(election.records)
    assert [raw for _, raw in copy.entries()] == election.records[: copy.size]


def test_an_interrupted_copy_is_still_the_former_one(
    published: tuple[Running, Election], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_: object) -> bool:
        raise Incomplete("the line broke")

    monkeypatch.setattr(published[0].client, "save", break_off)
    with pytest.raises(Incomplete, match="line"):
        download(published[0].client, tmp_path, sheet(published[1]))
    assert not (tmp_path / "checkpoint").exists()


def test_a_copy_can_follow_a_log_that_grows(tmp_path: Path) -> None:
    key = set_up(tmp_path / "board")
    election = Election(origin=key.name, log_key=key.public).set_up().hold_ceremony().register(2)
    with running(tmp_path / "board") as run:
        run.client.post(election.records[0])
        run.client.receipt(hash_leaf(election.records[0]))
        download(run.client, tmp_path / "copy", sheet(election))
        assert open_copy(tmp_path / "copy", election).size == 1
        hand_in(run.client, election)
        leaves = [election.vote(voter, [1]) for voter in (0, 3, 1, 0)]
        for raw in election.records:
            run.client.post(raw)
        run.client.receipt(leaves[-1])
        download(run.client, tmp_path / "copy", sheet(election))
    assert [raw for _, raw in open_copy(tmp_path / "copy", election).entries()] == election.records


def test_of_a_partial_tile_that_the_board_has_completed_the_full_one_is_copied(tmp_path: Path) -> None:
    full = b"".join(bytes([number]) * 32 for number in range(256))

    def answer() -> Response:
        return Response(full if request.path == "/tile/0/000" else b"", 200 if request.path == "/tile/0/000" else 404)

    with answering(answer) as board:
        downloading._copy_tile(board, tmp_path, Tile(0, 0, 7))
    assert (tmp_path / "tile/0/000").read_bytes() == full


@pytest.mark.parametrize(("level", "served"), [(0, b"x" * 33), (0, b""), (-1, b"\0\5four"), (-1, b"")])
def test_damaged_tiles_are_not_kept(tmp_path: Path, level: int, served: bytes) -> None:
    with answering(lambda: Response(served)) as board, pytest.raises(Incomplete, match=r"damaged|may have"):
        downloading._copy_tile(board, tmp_path, Tile(level, 0, 1))
    assert list(tmp_path.iterdir()) == []


def test_a_busy_board_is_asked_again_when_it_says() -> None:
    answers = [Response(status=503, headers={"Retry-After": "0"}), Response(status=429), Response(status=408)]
    answers.append(Response(ANSWER, 202))
    bodies: list[bytes] = []

    def answer() -> Response:
        bodies.append(request.get_data())
        return answers.pop(0)

    with answering(answer) as board:
        assert board.post(b"a record") == hash_leaf(b"a record")
    assert bodies == [b"a record"] * 4


@pytest.mark.parametrize("body", ["<html>Welcome to our network", "{}", ANSWER.replace("a", "b")])
def test_an_answer_that_is_not_a_boards_is_no_success(body: str) -> None:
    with answering(lambda: Response(body)) as board:
        with pytest.raises(Incomplete, match="not a board's"):
            board.post(b"a record")
        with pytest.raises(Incomplete, match="not a board's"):
            board.health()


def test_a_board_that_is_not_there_is_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("verifier.client.board.time.sleep", pauses.append)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        board = Board(f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Incomplete, match="cannot be reached"):
            board.post(b"a record")
    assert len(pauses) == remote.ATTEMPTS - 1
    assert pauses == sorted(pauses)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("NameResolutionError(\"Failed to resolve 'board.example'\")", "there is no machine of this name"),
        ("NewConnectionError('[Errno 111] Connection refused')", "nobody answers at this address"),
        ("SSLError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] self-signed')", "its certificate is not trusted"),
        ("ReadTimeoutError('Read timed out. (read timeout=30)')", "it does not answer in time"),
    ],
)
def test_why_a_board_is_out_of_reach_is_said_in_three_languages(
    error: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise requests.ConnectionError(error)

    monkeypatch.setattr("verifier.client.board.time.sleep", lambda _: None)
    monkeypatch.setattr(requests.Session, "request", fail)
    with pytest.raises(Incomplete) as caught:
        Board("http://board.example").health()
    assert said in str(caught.value)
    told = {str(words(language).detail(caught.value.said)) for language in LANGUAGES}
    assert len(told) == len(LANGUAGES)
    assert sum("Error" in sentence for sentence in told) == 0


def test_a_refusal_is_told_as_it_is() -> None:
    said = '{"code":"wrong-phase","clause":"CFG.6","detail":"no ballot in phase closed"}'
    with answering(lambda: Response(said, 409, mimetype="application/json")) as board:
        with pytest.raises(Refused) as caught:
            board.post(b"a record")
        refused = caught.value
        assert (refused.status, refused.code, refused.clause) == (409, "wrong-phase", "CFG.6")
        assert str(refused) == "wrong-phase (CFG.6): no ballot in phase closed"
        with pytest.raises(Refused):
            board.put_blob(b"data", Sender(bytes(32), "operator", lambda _: bytes(64)))


@pytest.mark.parametrize("body", ["<html>", "[]", '"no"', '{"code":7}'])
def test_strange_refusals_are_refusals(body: str) -> None:
    with answering(lambda: Response(body, 400)) as board, pytest.raises(Refused):
        board.read("checkpoint")


@pytest.mark.parametrize("body", ["<html>", "", "\n\n", "no note"])
def test_a_strange_checkpoint_is_incomplete_and_nothing_is_kept(tmp_path: Path, body: str) -> None:
    with answering(lambda: Response(body)) as board, pytest.raises(Incomplete):
        download(board, tmp_path, TRUST)
    assert list(tmp_path.iterdir()) == []


def test_redirections_are_not_followed() -> None:
    with answering(lambda: Response(status=302, headers={"Location": "/elsewhere"})) as board, pytest.raises(Refused):
        board.read("checkpoint")


@pytest.mark.parametrize("served", [b"", b"anothe", b"a blob and more", b"b blob"])
def test_a_blob_with_other_bytes_is_not_kept(tmp_path: Path, served: bytes) -> None:
    blob = Blob.of(b"a blob")
    with answering(lambda: Response(served)) as board, pytest.raises(Incomplete, match="another digest or length"):
        downloading._copy_blob(board, tmp_path, blob)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_receipt_that_does_not_come_is_waited_for_and_then_refused() -> None:
    count: list[str] = []

    def answer() -> Response:
        count.append(request.args["wait"])
        return Response('{"code":"busy","clause":"","detail":"later"}', 503, {"Retry-After": "2"})

    with answering(answer) as board, pytest.raises(Refused, match="later"):
        board.receipt(bytes(32), wait=0.5)
    assert len(count) > 1
    assert all(float(wait) <= 1 for wait in count)


def test_a_record_is_handed_in_for_its_receipt(published: tuple[Running, Election]) -> None:
    run, election = published
    raw = election.records[-1]
    promised = run.client.hand_in(raw)
    assert promised == run.client.receipt(hash_leaf(raw))
    with pytest.raises(Refused, match=r"CFG\.4"):
        run.client.hand_in(b"{}")


@pytest.mark.parametrize("later", [200, 503, 403])
def test_a_receipt_that_did_not_come_with_the_answer_is_asked_for(later: int) -> None:
    leaf = hash_leaf(b"a record")
    asked: list[str] = []

    def answer() -> Response:
        asked.append(request.method)
        if request.method == "POST":
            assert float(request.args["wait"]) == 0.5
            return Response(encode({"leaf": leaf.hex()}), 202)
        return Response(b"a receipt" if later == 200 else b"{}", later)

    with answering(answer) as board:
        if later == 403:
            with pytest.raises(Refused):
                board.hand_in(b"a record", 0.5)
        else:
            assert board.hand_in(b"a record", 0.5) == (b"a receipt" if later == 200 else None)
    assert asked[:2] == ["POST", "GET"]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"leaf":"00"}'])
def test_what_says_nothing_of_the_record_is_no_answer(body: bytes) -> None:
    with answering(lambda: Response(body, 202)) as board:
        for ask in (board.post, board.hand_in):
            with pytest.raises(Incomplete, match="not a board's answer"):
                ask(b"a record")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a//b", "", "a\0b", "blobs/../../x"])
def test_a_copys_reader_stays_in_its_directory(tmp_path: Path, name: str) -> None:
    with pytest.raises(Incomplete):
        Directory(tmp_path)(name)


def test_a_copys_reader_says_what_is_lacking(tmp_path: Path) -> None:
    (tmp_path / "tile").mkdir()
    assert Directory(tmp_path)("tile") is None
    assert Directory(tmp_path)("checkpoint") is None


def test_blobs_are_found_wherever_a_record_names_them(published: tuple[Running, Election]) -> None:
    _, election = published
    found = {blob.sha256 for raw in election.records for blob in named_blobs(raw)}
    assert found == set(election.blobs)
    assert list(named_blobs(b'{"sha256":"not a record"}')) == []
    assert list(named_blobs(encode(cast(election, 0)))) == []
