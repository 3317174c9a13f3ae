"""Every refusal is signed: a voter who is turned away has something to show, and anybody can check whose word it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import requests
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from bulletin.board.admission import Refusal, say_busy
from bulletin.board.refusals import Refuser
from tests.support.elections import ORIGIN, Election
from tests.support.serving import Running, cast, elect, hand_in, running, set_up
from tests.vectors.files import LOG, LOG_SECRET, OTHER_SECRET
from verifier.client.board import Refused
from verifier.desk.commands.main import main
from verifier.election.ballot import Ballot
from verifier.errors import Incomplete, Malformed, Rejected, VerifierError
from verifier.log import checkpoint, note, refusal
from verifier.log.note import ED25519, Key
from verifier.log.refusal import SignedRefusal
from verifier.log.tree import hash_leaf
from verifier.records import encode

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
FILE = json.loads((Path(__file__).parents[2] / "specs/vectors/refusal.json").read_text())
JSON = {"Content-Type": "application/json"}
BLOB = {"Content-Type": "application/octet-stream"}
ZEROS = "0" * 64
Hall = tuple[Running, Election, Key]


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    place = tmp_path_factory.mktemp("board")
    key = set_up(place)
    election = elect(key)
    with running(place) as run:
        hand_in(run.client, election)
        yield run, election, key


def judge(raw: bytes, log: Key, data: bytes | None = None) -> str:
    try:
        said = refusal.decode(raw)
        refusal.check(said, log.name, [log])
        if data is not None:
            refusal.check_refused(said, data)
    except VerifierError as error:
        return error.id if isinstance(error, Rejected) else type(error).__name__.lower()
    return "accepted"


@pytest.mark.parametrize("v", [*FILE["accepted"], *FILE["rejected"]], ids=lambda v: v["name"])
def test_refusals_are_judged_as_their_vectors_say(v: dict[str, str]) -> None:
    data = bytes.fromhex(v["data"]) if "data" in v else None
    assert judge(v["refusal"].encode(), note.decode_key(FILE["log"]), data) == v.get("expect", "accepted")


def test_each_rejected_vector_is_of_an_accepted_one() -> None:
    assert {v["of"] for v in FILE["rejected"]} <= {v["name"] for v in FILE["accepted"]}


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


def test_every_refusal_is_signed_and_says_what_was_refused(hall: Hall) -> None:
    run, election, key = hall
    for name, (method, path, body, headers, about) in asked(election).items():
        answer = requests.request(method, f"{run.client.url}/{path}", data=body, headers=headers, timeout=10)
        assert judge(answer.content, key) == "accepted", name
        said = refusal.decode(answer.content)
        assert (said.status, said.refused, said.origin) == (answer.status_code, about, ORIGIN), name
        assert answer.headers["Content-Type"] == "application/json"


def test_a_fault_is_signed_too(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    run, election, key = hall
    ballot = encode(cast(election, 1))
    monkeypatch.setattr(run.board.sequencer, "submit", lambda _: 1 / 0)
    answer = requests.post(f"{run.client.url}/records", ballot, headers=JSON, timeout=10)
    said = refusal.decode(answer.content)
    assert (judge(answer.content, key, ballot), said.status, said.code) == ("accepted", 500, "fault")


def test_what_is_only_read_is_refused_without_a_signature(hall: Hall) -> None:
    run, *_ = hall
    for path in ("tile/0/999", "nothing", f"records/{ZEROS}"):
        assert requests.get(f"{run.client.url}/{path}", timeout=10).json().keys() == {"clause", "code", "detail"}


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


def test_another_key_of_the_log_may_have_signed_it() -> None:
    """As after a change of keys."""
    second = Key(LOG.name, ED25519, bytes(OTHER_SECRET.verify_key))
    said = refusal.decode(FILE["accepted"][0]["refusal"].encode())
    for keys in ([LOG, second], [second, LOG]):
        refusal.check(said, LOG.name, keys)
    with pytest.raises(Rejected):
        refusal.check(said, LOG.name, [second])
    with pytest.raises(Incomplete):
        refusal.check(said, LOG.name, [])


def test_long_sentences_and_strange_letters_are_cut_and_signed() -> None:
    refuser = Refuser(LOG.name, lambda message: LOG_SECRET.sign(message).signature)
    raw = refuser.write(Refusal("malformed", "\udc80" + "x" * 100_000))
    assert judge(raw, LOG) == "accepted"
    assert len(raw) < 1000


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(TEXTS, TEXTS, TEXTS, st.integers(0, 2**53 - 1), st.integers(0, 253_402_300_799))
def test_no_refusal_reads_as_a_checkpoint_or_a_cosignature(
    code: str, detail: str, refused: str, status: int, time: int
) -> None:
    """Whatever a sender makes the board say, its signature stands under nothing else."""
    message = refusal.refusal_bytes(SignedRefusal("", code, detail, LOG.name, refused, bytes(64), status, time))
    assert message.count(b"\n") == 1
    assert not message.startswith((b"cosignature/v1\n", b"aikyn/1 log key\n"))
    with pytest.raises(Malformed):
        checkpoint.decode_body(message)
    with pytest.raises(Malformed):
        note.decode_key(
            f"aikyn/1 refusal+00000000+{note.encode_base64(b'1' + bytes(SigningKey.generate().verify_key))}"
        )


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_said_to_be_no_refusal(raw: bytes) -> None:
    assert judge(raw, LOG) == "malformed"


BASE = FILE["accepted"][0]["refusal"].encode()


@given(st.integers(0, len(BASE) - 1), st.integers(0, 7))
def test_any_flipped_bit_is_refused(at: int, bit: int) -> None:
    bent = bytearray(BASE)
    bent[at] ^= 1 << bit
    assert judge(bytes(bent), LOG) != "accepted"


def test_the_spec_shows_a_refusal_that_verifies() -> None:
    page = (Path(__file__).parents[2] / "specs/api.md").read_text()
    block = page[page.index('{"clause":"CFG.6"') :].partition("\n```")[0]
    shown = block.replace("\n", "")
    assert shown == FILE["accepted"][0]["refusal"]
