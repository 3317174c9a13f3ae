"""Every refusal is signed: a voter who is turned away has something to show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import requests
from click.testing import CliRunner

from bulletin.board.admission import Refusal, say_busy
from bulletin.board.refusals import Refuser
from tests.support.elections import ORIGIN, Election
from tests.support.house import read_vectors
from tests.support.refusals import judge
from tests.support.serving import Running, cast, elect, hand_in, running, set_up
from tests.support.stored import Stores
from tests.vectors.files import LOG, LOG_SECRET
from verifier.client.board import Refused
from verifier.desk.commands.main import main
from verifier.election.ballot import Ballot
from verifier.log import note, refusal
from verifier.log.note import Key
from verifier.log.tree import hash_leaf
from verifier.records import encode

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
JSON = {"Content-Type": "application/json"}
BLOB = {"Content-Type": "application/octet-stream"}
ZEROS = "0" * 64
Hall = tuple[Running, Election, Key]


@pytest.fixture(scope="module")
def hall(
    stores: Stores,  # noqa: ARG001  a board ends before its stores do
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Hall]:
    place = tmp_path_factory.mktemp("board")
    key = set_up(place)
    election = elect(key)
    with running(place) as run:
        hand_in(run.client, election)
        yield run, election, key


def wrong(ballot: Ballot) -> bytes:
    return encode(msgspec.structs.replace(ballot, signature=ballot.signature[:32] + bytes(32)))


def asked(election: Election) -> dict[str, tuple[str, str, bytes, dict[str, str], str]]:
    """What is refused: method, path, body, headers, and what the refusal is about."""
    false, short = wrong(cast(election, 1)), b"{}"
    return {
        "a false ballot": ("POST", "records", false, JSON, f"record {hash_leaf(false).hex()}"),
        "no record": ("POST", "records", short, JSON, f"record {hash_leaf(short).hex()}"),
        "nothing": ("POST", "records", b"", JSON, f"record {hash_leaf(b'').hex()}"),
        "too large": ("POST", "records", bytes(65_536), JSON, ""),
        "another type": ("POST", "records", false, BLOB, ""),
        "an unsigned blob": ("PUT", f"blobs/{ZEROS}", b"x", BLOB, f"blob {ZEROS}"),
        "no name of a blob": ("PUT", "blobs/x", b"x", BLOB, ""),
        "no such path": ("POST", "nothing", b"x", JSON, ""),
        "no such method": ("PUT", "records", b"x", JSON, ""),
        "no such page": ("POST", "r/xx", b"x", JSON, ""),
        "no receipt": ("GET", f"receipts/{ZEROS}", b"", {}, f"receipt {ZEROS}"),
        "no hash": ("GET", "receipts/x", b"", {}, ""),
    }


@pytest.mark.process
def test_every_refusal_is_signed_and_says_what_was_refused(hall: Hall) -> None:
    run, election, key = hall
    for name, (method, path, body, headers, about) in asked(election).items():
        answer = requests.request(method, f"{run.client.url}/{path}", data=body, headers=headers, timeout=10)
        assert judge(answer.content, key) == "accepted", name
        said = refusal.decode(answer.content)
        assert (said.status, said.refused, said.origin) == (answer.status_code, about, ORIGIN), name
        assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.process
def test_a_fault_is_signed_too(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    run, election, key = hall
    ballot = encode(cast(election, 1))
    monkeypatch.setattr(run.board.sequencer, "submit", lambda _: 1 / 0)
    answer = requests.post(f"{run.client.url}/records", ballot, headers=JSON, timeout=10)
    said = refusal.decode(answer.content)
    assert (judge(answer.content, key, ballot), said.status, said.code) == ("accepted", 500, "fault")


@pytest.mark.process
def test_what_is_only_read_is_refused_without_a_signature(hall: Hall) -> None:
    run, *_ = hall
    for path in ("tile/0/999", "nothing", f"records/{ZEROS}"):
        assert requests.get(f"{run.client.url}/{path}", timeout=10).json().keys() == {"clause", "code", "detail"}


@pytest.mark.process
def test_a_client_keeps_the_refusal(hall: Hall, tmp_path: Path) -> None:
    run, election, key = hall
    ballot = wrong(cast(election, 1))
    with pytest.raises(Refused, match=r"BAL\.7") as caught:
        run.client.post(ballot)
    (tmp_path / "refusal.json").write_bytes(caught.value.raw)
    (tmp_path / "ballot.json").write_bytes(ballot)
    (tmp_path / "trust.txt").write_text(f"aikyn/1 trust\nlog {note.encode_key(key)}\n")
    done = ask(tmp_path)
    assert done[0] == 0
    assert "403 not-signed, BAL.7" in done[1]
    assert ask(tmp_path, "--record", str(tmp_path / "ballot.json")) == done
    assert ask(tmp_path, "--record", str(tmp_path / "trust.txt"))[0] == 2
    (tmp_path / "refusal.json").write_bytes(caught.value.raw.replace(b"403", b"422"))
    assert ask(tmp_path)[0] == 1
    (tmp_path / "refusal.json").write_bytes(caught.value.raw[:-1])
    assert ask(tmp_path)[0] == 2


def ask(place: Path, *words: str) -> tuple[int, str]:
    line = ["refusal", str(place / "refusal.json"), "--trust", str(place / "trust.txt"), *words]
    done = CliRunner().invoke(main, line)
    return done.exit_code, done.output


def test_overload_is_refused_with_one_signature_a_second() -> None:
    signed: list[bytes] = []
    times = iter([10.1, 10.2, 10.9, 11.0, 11.0, 11.5])

    def sign(message: bytes) -> bytes:
        signed.append(message)
        return LOG_SECRET.sign(message).signature

    refuser = Refuser(LOG.name, sign, lambda: next(times))
    busy, other = say_busy("come again"), say_busy("too many")
    bodies = [refuser.repeat(busy), refuser.repeat(busy)]
    assert len(signed) == 1
    assert judge(bodies[1], LOG) == "accepted"
    refuser.repeat(other)
    assert b"too many" in signed[-1]


def test_long_sentences_and_strange_letters_are_cut_and_signed() -> None:
    refuser = Refuser(LOG.name, lambda message: LOG_SECRET.sign(message).signature)
    raw = refuser.write(Refusal("malformed", "\udc80" + "x" * 100_000))
    assert judge(raw, LOG) == "accepted"
    assert len(raw) < 1000


@pytest.mark.parametrize("v", read_vectors("refusal")["accepted"], ids=lambda v: v["name"])
def test_the_board_writes_what_the_vectors_say(v: dict[str, str]) -> None:
    said = refusal.decode(v["refusal"].encode())
    refuser = Refuser(LOG.name, lambda message: LOG_SECRET.sign(message).signature, lambda: said.time)
    assert refuser.write(Refusal(said.code, said.detail, said.clause), said.refused) == v["refusal"].encode()
