"""A board or a mirror that means ill, and the network on the way: bounded, named, and no password is given away."""

from __future__ import annotations

import gzip
import os
import time
import tracemalloc
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from flask import Response, request
from nacl.signing import SigningKey

from tests.corpus import boards
from tests.support.copies import KEY, NOW, body, publish, sign, witness_key
from tests.support.serving import answering
from tests.support.whole import BLOB, ENTRIES, FILES, HASHES, HONEST, MEMORY, TRUST, judge
from verifier.audit.audit import Audit
from verifier.client import board as remote
from verifier.client import files
from verifier.client.board import Board, Sender
from verifier.client.copy import opened
from verifier.client.files import Directory
from verifier.desk.report.report import compose
from verifier.election.register import Register
from verifier.errors import Incomplete
from verifier.log import checkpoint, note
from verifier.log.checkpoint import Checkpoint
from verifier.log.note import Note, SignatureLine
from verifier.records import Blob, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


ENV = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of proxies."""
    for name in ENV:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def serve(more: Callable[[str], Response | None]) -> Callable[[], Response]:
    """The honest board, but for what `more` answers."""

    def answer() -> Response:
        name = request.path.removeprefix("/")
        if (other := more(name)) is not None:
            return other
        found = FILES.get(name)
        return Response(status=404) if found is None else Response(found)

    return answer


def endless() -> Iterator[bytes]:
    return repeat(bytes(1 << 16))


def refused(make: Callable[[str], object], url: str) -> Incomplete:
    """Why a copy of the board could not be made; it took little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(Incomplete) as caught:
            make(url)
        assert tracemalloc.get_traced_memory()[1] < 4 * MEMORY
    finally:
        tracemalloc.stop()
    return caught.value


# Without end.


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints/0", HASHES, ENTRIES, BLOB])
@pytest.mark.parametrize("length", [None, 1 << 60])
def test_a_body_without_end_is_left(name: str, length: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """C6: an answer is read as far as its file may be long."""
    monkeypatch.setattr(files, "MAX_BLOB", 1 << 20)

    def bend(asked: str) -> Response | None:
        if asked != name:
            return None
        return Response(endless(), headers={} if length is None else {"Content-Length": str(length)})

    with answering(serve(bend)) as board:
        assert name in str(refused(judge, board.url).where)


def test_a_size_that_nobody_signed_is_not_followed() -> None:
    """C6: not even a file is asked for."""
    asked: list[str] = []
    raw = sign(Checkpoint(KEY.name, 2**62, bytes(32)), by=SigningKey(b"s" * 32))
    false = note.decode(sign(Checkpoint(KEY.name, 2**62, bytes(32))))
    spoiled = note.encode(Note(false.text, (false.signatures[0]._replace(blob=bytes(64)), *false.signatures[1:])))
    for shown in (raw, spoiled, raw.replace(b"/tests", b"/other", 1), b"no checkpoint", b"\0"):

        def bend(name: str, shown: bytes = shown) -> Response:
            asked.append(name)
            return Response(shown if name == "checkpoint" else bytes(8192))

        with answering(serve(bend)) as board:
            assert str(refused(judge, board.url).where) == "checkpoint"
    assert set(asked) == {"checkpoint"}


def stripped(keep: int) -> bytes:
    """The last checkpoint with some of its lines: all that can be made of it without a key."""
    opened_ = note.decode(FILES["checkpoints/1"])
    return note.encode(Note(opened_.text, opened_.signatures[:keep]))


@pytest.mark.parametrize(
    "more",
    [
        lambda _: FILES["checkpoints/1"],
        lambda number: stripped(1 + number % 3),
        lambda number: (
            FILES["checkpoints/1"]
            + note.encode_lines([SignatureLine("x.example", number.to_bytes(4, "big"), bytes(64))])
        ),
        lambda number: (
            FILES["checkpoints/1"]
            + note.encode_lines([checkpoint.encode_cosignature(witness_key(0), NOW + number, bytes(64))])
        ),
    ],
    ids=["the same", "with fewer lines", "with a stranger's lines", "with false lines"],
)
def test_kept_checkpoints_that_say_nothing_new_are_not_followed(more: Callable[[int], bytes]) -> None:
    """C6: whoever has no key can go on for ever, but not with anything new."""
    asked: list[str] = []

    def bend(name: str) -> Response | None:
        asked.append(name)
        number = name.removeprefix("checkpoints/")
        return Response(more(int(number))) if number.isdecimal() and int(number) > 1 else None

    with answering(serve(bend)) as board:
        assert judge(board.url) == HONEST
    assert len([name for name in asked if name.startswith("checkpoints/")]) == 3


def test_kept_checkpoints_that_nobody_signed_are_not_followed() -> None:
    """C6: the first that no key signed is the last that is asked for."""
    asked: list[str] = []

    def bend(name: str) -> Response | None:
        asked.append(name)
        number = name.removeprefix("checkpoints/")
        if not number.isdecimal() or int(number) < 2:
            return None
        return Response(sign(body(boards.honest().records[: int(number) % 50]), by=SigningKey(b"s" * 32)))

    with answering(serve(bend)) as board:
        report = judge(board.url)
    assert (report.exit, report.failures) == (2, ())
    assert [(line.id, str(line.where)) for line in report.incomplete] == [("BRD.1", "checkpoints/2")]
    assert len([name for name in asked if name.startswith("checkpoints/")]) == 3


def test_fresh_cosignatures_are_news() -> None:
    """An idle board publishes the same tree again, cosigned anew."""
    again = boards.seen(boards.honest(), NOW + 60, NOW + 61, file="checkpoint").files["checkpoint"]

    def bend(name: str) -> Response | None:
        return Response(again) if name == "checkpoints/2" else None

    with answering(serve(bend)) as board, opened(board.url, TRUST) as copy:
        assert sorted(copy.kept) == [0, 1, 2]


@pytest.mark.parametrize("length", [2**53 - 1, 2**40, 10])
def test_a_blob_of_any_length_is_bounded(length: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """C6: what a record says of a blob is the word of who posted it."""
    monkeypatch.setattr(files, "MAX_BLOB", 1 << 20)
    blob = Blob(length, bytes(32))
    made = publish([boards.honest().records[0], encode(Register("central", 1, blob))], {})
    name = f"blobs/00/{'00' * 32}"

    def answer() -> Response:
        asked = request.path.removeprefix("/")
        return Response(endless() if asked == name else made.get(asked, b""), 200 if asked in {*made, name} else 404)

    with answering(answer) as board:
        assert name in str(refused(judge, board.url).where)
    for file, data in (made | {name: b""}).items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(data)
    for size in (0, 10, 1 << 40):
        os.truncate(tmp_path / name, size)
        copy = Directory(tmp_path)
        report = compose(Audit(copy, TRUST, kept=copy.kept).run())
        assert (report.exit, report.void) == (1, 1)  # nobody may post a register now, with or without a blob
        with pytest.raises(Incomplete):
            copy(name)


@pytest.mark.parametrize("name", ["checkpoint", HASHES, BLOB])
def test_what_unpacks_without_end_is_left(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """C6: a packed answer is bounded by what it unpacks to."""
    monkeypatch.setattr(files, "MAX_BLOB", 1 << 20)
    bomb = gzip.compress(bytes(1 << 28))
    nested = gzip.compress(bomb)
    for data, coding in ((bomb, "gzip"), (nested, "gzip, gzip"), (bomb, "br"), (bomb, "zstd"), (bomb, "deflate")):

        def bend(asked: str, data: bytes = data, coding: str = coding) -> Response | None:
            return Response(data, headers={"Content-Encoding": coding}) if asked == name else None

        with answering(serve(bend)) as board:
            assert name in str(refused(judge, board.url).where)


def test_packed_bundles_are_read() -> None:
    def pack(name: str) -> Response | None:
        if not name.startswith("tile/entries"):
            return None
        assert request.headers["Accept-Encoding"] == "gzip"
        return Response(gzip.compress(FILES[name]), headers={"Content-Encoding": "gzip"})

    with answering(serve(pack)) as board:
        assert judge(board.url) == HONEST


def test_a_board_that_only_drips_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """C6: a byte now and then keeps nobody waiting for ever."""
    monkeypatch.setattr(remote, "PATIENCE", 0.1)

    def drip(name: str) -> Response | None:
        def drops() -> Iterator[bytes]:
            while True:
                time.sleep(0.02)
                yield b"."

        return Response(drops()) if name == "checkpoint" else None

    with answering(serve(drip)) as board, pytest.raises(Incomplete, match="too slowly"):
        judge(board.url)


# Passwords and proxies.


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real `.netrc`, with a password for this machine and for every other."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\ndefault login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NETRC", raising=False)


@pytest.mark.usefixtures("netrc")
def test_no_password_of_netrc_is_sent_and_ours_stays() -> None:
    """F3: what `.netrc` has for the board's host stays where it is."""
    seen: list[str | None] = []
    held: list[bytes] = []

    def answer() -> Response:
        seen.append(request.headers.get("Authorization"))
        return Response(FILES.get(request.path.removeprefix("/"), b"{}"))

    with answering(answer) as board:
        board.read("checkpoint")
        board.save("checkpoint", held.extend)
        board.put_blob(b"data", Sender(bytes(32), "operator", lambda _: bytes(64)))
        with pytest.raises(Incomplete):
            board.health()
        assert seen == [None, None, f"Aikyn operator {note.encode_base64(bytes(64))}", None]
        requests.get(f"{board.url}/checkpoint", timeout=5)  # so it would be
        assert (seen[-1] or "").startswith("Basic ")


@pytest.mark.usefixtures("netrc")
@pytest.mark.parametrize("name", ["http_proxy", "ALL_PROXY"])
def test_proxies_of_the_environment_are_used(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """F3: the board's name cannot be looked up here: only the proxy can have been asked."""
    seen: list[tuple[str, str | None, str | None]] = []

    def answer() -> Response:
        seen.append((request.host, request.headers.get("Authorization"), request.headers.get("Proxy-Authorization")))
        found = FILES.get(request.path.removeprefix("/"))
        return Response(status=404) if found is None else Response(found)

    with answering(answer) as proxy:
        monkeypatch.setenv(name, proxy.url.replace("//", "//clerk:pass@"))
        assert judge("http://board.invalid") == HONEST
    assert {(host, ours) for host, ours, _ in seen} == {("board.invalid", None)}
    assert all(theirs and theirs.startswith("Basic ") for _, _, theirs in seen)


def test_a_way_that_needs_more_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """F11: SOCKS takes a package that Aikyn does without; nobody waits for it."""
    monkeypatch.setattr("verifier.client.board.time.sleep", lambda _: pytest.fail("it will not be better later"))
    monkeypatch.setitem(os.environ, "ALL_PROXY", "socks5h://127.0.0.1:1")
    with pytest.raises(Incomplete, match="pip install PySocks") as caught:
        Board("http://board.invalid").read("checkpoint")
    assert str(caught.value.where) == "http://board.invalid/checkpoint"


@pytest.mark.parametrize("url", ["http://", "nonsense://board.invalid", "http://board.invalid:port"])
def test_what_is_no_address_is_said_at_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """F11: nothing is asked, and the reason names the address."""
    monkeypatch.setattr("verifier.client.board.time.sleep", lambda _: pytest.fail("it will not be better later"))
    with pytest.raises(Incomplete, match="cannot be reached"):
        judge(url)


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (301, {"Location": "https://new.example/board"}, "answers 301 and leads to https://new.example/board"),
        (403, {}, "answers 403:"),
        (500, {}, "answers 500:"),
        (200, {}, ""),
    ],
)
def test_status_and_address_are_named(status: int, headers: dict[str, str], said: str) -> None:
    """F11: redirections, refusals and pages that are no board's."""
    with answering(lambda: Response("<Error><Code>AccessDenied</Code></Error>", status, headers)) as board:
        with pytest.raises(Incomplete) as caught:
            judge(board.url)
        assert said in str(caught.value)
        if said:
            assert f"{board.url}/checkpoint {said}" in str(caught.value)


def test_a_store_that_answers_403_for_what_it_lacks_is_copied() -> None:
    """F11: so does S3, for a file that is not there, to those who may not list the files."""

    def answer() -> Response:
        found = FILES.get(request.path.removeprefix("/"))
        return Response("<Error/>", 403) if found is None else Response(found)

    with answering(answer) as board:
        assert judge(board.url) == HONEST
