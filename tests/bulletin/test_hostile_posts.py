"""Whatever is posted to a board's process, however it is framed: no fault, and nothing is stored (specs/api.md §6)."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from random import Random
from threading import Thread
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from bulletin.http import server
from tests.fuzzing.mutations import BOMBS, mutate
from tests.support.commands import ORIGIN, run, started
from tests.support.serving import cast, elect, hand_in, seal
from tests.support.stored import Stores
from tests.support.watching import files_of
from verifier.client.board import Board, authorized_bytes
from verifier.commission.roster import Signature
from verifier.election.ceremony import Pledge
from verifier.election.counting import Close
from verifier.log import note, refusal
from verifier.log.note import Key, encode_base64
from verifier.log.tree import hash_leaf
from verifier.records import encode

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SHORT = settings(max_examples=250, deadline=None, phases=[Phase.explicit, Phase.generate])  # each costs a connection
ZEROS = "0" * 64
PATHS = [
    *("/records", "/records/", "//records", "/records//", "/./records", "/x/../records", "/records?x=1", "/records%00"),
    *(
        "/%72ecords",
        "/records%2f",
        "/records;x",
        "/RECORDS",
        "/records%0d%0aX:1",
        "/blobs/..%2f..%2flog.key",
        "/%ff%fe",
    ),
    *(f"/blobs/{ZEROS}", f"/blobs/{ZEROS[:-1]}", f"/blobs/{ZEROS}/", f"/blobs//{ZEROS}", f"/blobs/%2e%2e/{ZEROS}"),
    *("/blobs/../uploads/x", "/%2e%2e/%2e%2e/log.key", "/checkpoint", "/tile/entries/000", "/tile/../../log.key"),
    *("/", "//", "/%", "/%zz", "/é", "*", f"/receipts/{ZEROS}", "/receipts/%00", f"/receipts/{ZEROS}?wait=1e999"),
    *("/r/en", "/r/%00", "/lookup/ballots/%f0%9f%97%b3", "/health", "/openapi.json", "http://other.example/records"),
]
METHODS = ["POST"] * 6 + ["PUT"] * 4 + ["GET", "HEAD", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW", "post"]
MEDIA = [
    *("application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/octet-stream"),
    *("text/plain", "", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data"),
    *("application/json; charset=\xff", "x" * 5_000, "application/json, text/plain", "application/json;;;="),
]
STRANGE = [
    *(
        "X-Forwarded-For: 192.0.2.1",
        "X-Forwarded-For: " + "1," * 3_000,
        "Content-Encoding: gzip",
        "Expect: 100-continue",
    ),
    *(
        "Range: bytes=0-1,2-3,-9",
        "If-None-Match: *",
        "Upgrade: websocket",
        "Host: other.example",
        "Cookie: " + "a=b;" * 900,
    ),
    *(
        "X-HTTP-Method-Override: PUT",
        "Content_Length: 9",
        "A: " + "b" * 40_000,
        "A: " + "b" * 400_000,
        "Accept: \xff\xfe",
    ),
    *("Authorization: Aikyn operator AAAA", "Authorization: Aikyn", "Authorization: Basic eDp5", "Authorization: \xff"),
    *(
        "Content-Type: text/plain",
        "Transfer-Encoding: identity",
        "Connection: upgrade",
        "Accept-Language: " + "ky," * 900,
    ),
]
FRAMES = (
    ["whole"] * 6
    + ["chunked"] * 3
    + [
        *(
            "cut",
            "chunks cut",
            "too long",
            "negative",
            "no number",
            "two lengths",
            "both",
            "bad chunk",
            "none",
            "huge chunk",
        ),
    ]
)
WHOLE = {"whole", "chunked"}


class Hall(NamedTuple):
    """A board's process: its address, its directory, its key, and records that it must not take."""

    url: str
    home: Path
    key: Key
    seeds: list[bytes]
    authorization: str

    def stored(self) -> tuple[object, list[str]]:
        return Board(self.url).health()["size"], files_of(self.home)


@pytest.fixture(scope="module")
def hall(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    home = tmp_path_factory.mktemp("hostile") / "board"
    key = note.decode_key(run("init", str(home), "--origin", ORIGIN))
    (home / "policy").write_text("quorum none\n")
    given = stores.settings(home)
    (home / "board.toml").write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))
    election = elect(key)
    with started("serve", str(home), "--policy", str(home / "policy"), "--interval", "0.02") as (process, url):
        journal: list[bytes] = []  # somebody has to read it: a full pipe would stop the board
        Thread(target=lambda: journal.extend(iter(lambda: os.read(process.stderr.fileno(), 1 << 16), b""))).start()  # type: ignore[union-attr]
        hand_in(Board(url), election)
        Board(url).receipt(Board(url).post(encode(cast(election, 0))))
        ballot = cast(election, 1)
        challenge = election.voters[2].challenge(election.state.context, seal(election, 2, [1]))
        seeds = [  # spoilt ones; none is a commission's: unsigned those are taken, and have no effect
            encode(msgspec.structs.replace(ballot, signature=bytes(64))),
            encode(msgspec.structs.replace(ballot, prev=hash_leaf(b"x"))),
            encode(msgspec.structs.replace(challenge, r=bytes(32))),
            encode(Signature(hash_leaf(b"x"), "nobody", b"x")),
            encode(Pledge(1, 1, bytes(32), bytes(32), bytes(64))),
            encode(Close(bytes(64))),
            election.records[0].replace(b'"test-election"', b'"other-election"'),
        ]
        digest = hashlib.sha256(b"a blob").digest()
        signed = election.operator.key.sign(authorized_bytes(election.digest, digest, 6)).signature
        made = Hall(url, home, key, seeds, f"Authorization: Aikyn operator {encode_base64(signed)}")
        before = made.stored()
        yield made
        assert made.stored() == before
        assert process.poll() is None
        assert b'"trace"' not in b"".join(journal)


def framed(frame: str, body: bytes) -> tuple[list[str], bytes, bool]:
    """Headers about the body, what is sent of it, and whether the sender then stops speaking."""
    length, chunked = f"Content-Length: {len(body)}", "Transfer-Encoding: chunked"
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:7], body[7:]) if part) + b"0\r\n\r\n"
    return {
        "whole": ([length], body, False),
        "chunked": ([chunked], chunks, False),
        "cut": ([length], body[: len(body) // 2], True),
        "chunks cut": ([chunked], chunks[: len(chunks) // 2], True),
        "too long": ([f"Content-Length: {len(body) + 9}"], body, True),
        "negative": (["Content-Length: -1"], body, True),
        "no number": (["Content-Length: 1e3"], body, True),
        "two lengths": ([length, "Content-Length: 1"], body, True),
        "both": ([length, chunked], chunks, False),
        "bad chunk": ([chunked], b"zz\r\n" + body, True),
        "none": ([], b"", False),
        "huge chunk": ([chunked], b"ffffffffffffffff\r\n" + body, True),
    }[frame]


def ask(hall: Hall, method: str, path: str, headers: list[str], frame: str, body: bytes) -> bytes:
    """What the board sends back until it closes the connection."""
    host, port = hall.url.removeprefix("http://").split(":")
    about, sent, stops = framed(frame, body)
    head = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers, *about, "", ""]
    answer = b""
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        try:
            connection.sendall("\r\n".join(head).encode("latin-1") + sent)
            if stops:
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(1 << 16):
                answer += piece
        except TimeoutError:
            raise
        except OSError:
            pass  # it had heard enough
    return answer


def check(hall: Hall, method: str, answer: bytes, body: bytes = b"") -> None:
    """No fault, nothing taken; a refusal is signed, and is about the body, if that came whole."""
    if not answer:
        return
    head, _, said = answer.partition(b"\r\n\r\n")
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", head)
    assert found, answer[:99]
    status = int(found[1])
    assert status < 500 or (status == 503 and b"retry-after" in head.lower()), answer
    assert status not in {201, 202}, answer
    if method in {"POST", "PUT"} and status >= 400 and b"application/json" in head:
        told = refusal.decode(said)
        refusal.check(told, ORIGIN, [hall.key])
        assert told.status == status
        if told.refused.startswith("record ") and body:
            assert told.refused[7:] == hash_leaf(body).hex()


@SHORT
@given(
    st.sampled_from(METHODS),
    st.one_of(st.sampled_from(["/records"]), st.sampled_from(PATHS)),
    st.sampled_from(MEDIA),
    st.lists(st.sampled_from(STRANGE), max_size=3),
    st.sampled_from(FRAMES),
    st.integers(0, 2**32),
    st.integers(0, 9),
)
def test_hostile_requests_are_refused_and_leave_nothing(
    hall: Hall, method: str, path: str, media: str, strange: list[str], frame: str, seed: int, which: int
) -> None:
    body = hall.seeds[which % len(hall.seeds)]
    if which > 1:
        body = mutate(Random(seed), body)
    headers = [f"Content-Type: {media}", *strange]
    check(hall, method, ask(hall, method, path, headers, frame, body), body if frame in WHOLE else b"")


@SHORT
@given(st.integers(0, 2**32), st.integers(0, 9), st.sampled_from(["whole", "chunked"]))
def test_mutated_records_are_not_taken(hall: Hall, seed: int, which: int, frame: str) -> None:
    body = mutate(Random(seed), hall.seeds[which % len(hall.seeds)])
    check(hall, "POST", ask(hall, "POST", "/records", ["Content-Type: application/json"], frame, body), body)


@SHORT
@given(st.binary(max_size=40), st.sampled_from(FRAMES), st.sampled_from(["the operator", "nobody"]))
@example(b"a bloc", "whole", "the operator")
def test_other_bytes_than_were_signed_for_are_not_stored(hall: Hall, body: bytes, frame: str, signer: str) -> None:
    digest = hashlib.sha256(b"a blob").hexdigest()
    headers = ["Content-Type: application/octet-stream", *([hall.authorization] if signer != "nobody" else [])]
    check(hall, "PUT", ask(hall, "PUT", f"/blobs/{digest}", headers, frame, body))


@pytest.mark.parametrize("number", range(len(BOMBS)))
def test_bombs(hall: Hall, number: int) -> None:
    for path, media in (("/records", "application/json"), ("/r/en", "application/x-www-form-urlencoded")):
        for frame in ("whole", "chunked"):
            answer = ask(hall, "POST", path, [f"Content-Type: {media}"], frame, BOMBS[number])
            check(hall, "POST", answer, BOMBS[number])


@pytest.mark.parametrize("path", PATHS)
def test_path_tricks(hall: Hall, path: str) -> None:
    for method in ("GET", "POST", "PUT", "OPTIONS"):
        answer = ask(hall, method, path, ["Content-Type: application/json"], "none", b"")
        check(hall, method, answer)
        assert b"PRIVATE+KEY" not in answer


def test_at_the_end_nothing_is_stored_and_the_board_is_well(hall: Hall) -> None:
    """All of the above, and once more a few of everything, change neither the log nor a directory."""
    before, random = hall.stored(), Random(7)
    for number in range(60):
        body = mutate(random, random.choice(hall.seeds))
        frame, method = FRAMES[number % len(FRAMES)], METHODS[number % len(METHODS)]
        headers = [f"Content-Type: {random.choice(MEDIA)}", random.choice(STRANGE)]
        check(hall, method, ask(hall, method, random.choice(PATHS), headers, frame, body))
    assert hall.stored() == before
    assert not list((hall.home / server.SCRATCH).iterdir())
    blobs = [path for path in (hall.home / server.ARCHIVE / "blobs").rglob("*") if path.is_file()]
    assert {hashlib.sha256(path.read_bytes()).hexdigest() for path in blobs} == {path.name for path in blobs}
    assert Board(hall.url).health()["quorum"] is True
    assert json.dumps(before[1]).count("blobs/") == len(blobs)
