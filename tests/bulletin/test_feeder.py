"""Feeding witnesses: every way in which they fail costs their own cosignature and never opens the quorum."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Lock

import pytest
from flask import Response, request
from nacl.signing import SigningKey

from bulletin.board.feeder import Feeder, NoQuorum
from bulletin.http.app import Application
from bulletin.log import database
from bulletin.log.archive import Files
from bulletin.log.tilelog import TileLog
from bulletin.settings import load_key, make_key
from bulletin.witness.app import create_app
from bulletin.witness.witness import Witness
from tests.support.asking import direct
from tests.support.serving import answering, serving
from verifier.log import checkpoint, note, policy
from verifier.log.note import COSIGNATURE, ED25519, ML_DSA_44, Key

SECRETS = [SigningKey(bytes([number]) * 32) for number in range(4)]
LOG = Key("log.example", ED25519, bytes(SECRETS[0].verify_key))
KEYS = [Key(f"w{number}.example", COSIGNATURE, bytes(SECRETS[number].verify_key)) for number in (1, 2, 3)]
NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens
pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def make_witness(place: Path, number: int, key: Key | None = None) -> Witness:
    memory = database.open_witness(place / f"witness{number}.db")
    sign = SECRETS[number % len(SECRETS)].sign
    logs = {LOG.name: [LOG]}
    return Witness(
        key or KEYS[number - 1], lambda m: sign(m).signature, logs, memory, place / "evidence", lambda: 1_790_000_000
    )


def forward(app: Application) -> Response:
    """What a witness answers to the request that is being asked."""
    told = direct(app, "POST", request.path, request.get_data())
    return Response(told.body, told.status, content_type=told.headers["content-type"])


def trust(urls: list[str], quorum: int) -> policy.Policy:
    lines = [f"witness w{n} {note.encode_key(key)} {url}" for n, (key, url) in enumerate(zip(KEYS, urls, strict=True))]
    return policy.decode("\n".join([*lines, f"group g {quorum} w0 w1 w2", "quorum g", ""]).encode())


@pytest.fixture
def log(tmp_path: Path) -> TileLog:
    signer = (LOG, lambda message: SECRETS[0].sign(message).signature)
    return TileLog(Files(tmp_path / "log"), database.open_log(tmp_path / "log.db"), LOG.name, [signer])


@pytest.fixture
def urls(tmp_path: Path) -> Iterator[list[str]]:
    with ExitStack() as stack:
        yield [stack.enter_context(serving(create_app(make_witness(tmp_path, n)))) for n in (1, 2, 3)]


def witnessed(raw: bytes) -> set[str]:
    signed = checkpoint.decode(raw)
    checkpoint.check_log_signature("BRD.1", "test", signed, LOG.name, [LOG])
    return {cosignature.key.name for cosignature in checkpoint.check_cosignatures("BRD.5", "test", signed, KEYS)}


def test_all_witnesses_cosign_a_growing_log(log: TileLog, urls: list[str]) -> None:
    feeder = Feeder(trust(urls, 3))
    for count in (0, 3, 0, 300):
        log.append([b"%d" % index for index in range(count)])
        cosigned = feeder.feed(log.integrate(), log.consistency)
        assert witnessed(cosigned) == {key.name for key in KEYS}
        assert [report.problem for report in feeder.reports] == ["", "", ""]
        log.publish(cosigned)


def test_a_feeder_without_memory_learns_the_sizes(log: TileLog, urls: list[str]) -> None:
    for count in (5, 7):
        log.append([b"%d" % index for index in range(count)])
        assert len(witnessed(Feeder(trust(urls, 3)).feed(log.integrate(), log.consistency))) == 3


def test_witnesses_at_different_sizes_meet_again(log: TileLog, urls: list[str]) -> None:
    log.append([b"a"])
    Feeder(trust([urls[0], NOWHERE, urls[2]], 2)).feed(log.integrate(), log.consistency)
    log.append([b"b", b"c"])
    Feeder(trust([urls[0], urls[1], NOWHERE], 2)).feed(log.integrate(), log.consistency)
    log.append([b"d"])
    assert len(witnessed(Feeder(trust(urls, 3)).feed(log.integrate(), log.consistency))) == 3


def test_the_unreachable_cost_only_themselves(log: TileLog, urls: list[str]) -> None:
    feeder = Feeder(trust([urls[0], NOWHERE, urls[2]], 2))
    assert witnessed(feeder.feed(log.integrate(), log.consistency)) == {KEYS[0].name, KEYS[2].name}
    assert [bool(report.problem) for report in feeder.reports] == [False, True, False]


def test_below_the_quorum_there_is_no_checkpoint(log: TileLog, urls: list[str]) -> None:
    with pytest.raises(NoQuorum, match="1 of 3"):
        Feeder(trust([urls[0], NOWHERE, NOWHERE], 2)).feed(log.integrate(), log.consistency)
    with pytest.raises(NoQuorum):
        Feeder(trust([NOWHERE] * 3, 1)).feed(log.integrate(), log.consistency)


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (409, b"", "keeps answering"),
        (409, b"soon", "keeps answering"),
        (409, b"99\n", "running twice"),
        (409, b"1\n", "keeps answering"),
        (200, b"", "without its own"),
        (200, b"hello", "false cosignature"),
        (200, "— w1.example AAAAAAAAAAAA\n".encode(), "without its own"),
        (403, b"", "status 403"),
        (500, b"<html>", "status 500"),
        (302, b"", "status 302"),
    ],
)
def test_strange_answers(log: TileLog, urls: list[str], status: int, body: bytes, problem: str) -> None:
    log.append([b"a", b"b"])
    with answering(lambda: Response(body, status, {"Location": "/add-checkpoint"})) as strange:
        feeder = Feeder(trust([strange.url, urls[1], urls[2]], 2))
        assert witnessed(feeder.feed(log.integrate(), log.consistency)) == {KEYS[1].name, KEYS[2].name}
        assert problem in feeder.reports[0].problem
        with pytest.raises(NoQuorum):
            Feeder(trust([strange.url, urls[1], NOWHERE], 2)).feed(log.integrate(), log.consistency)


def test_a_false_cosignature_is_not_merged(log: TileLog, tmp_path: Path, urls: list[str]) -> None:
    liar = make_witness(tmp_path, 3, KEYS[0])  # signs with another secret than its key's
    with serving(create_app(liar)) as strange:
        feeder = Feeder(trust([strange, urls[1], urls[2]], 2))
        assert witnessed(feeder.feed(log.integrate(), log.consistency)) == {KEYS[1].name, KEYS[2].name}
        assert "false cosignature" in feeder.reports[0].problem


def test_the_slow_do_not_delay_and_their_late_line_is_not_taken(log: TileLog, tmp_path: Path, urls: list[str]) -> None:
    prompt = create_app(make_witness(tmp_path, 1))

    def answer() -> Response:
        time.sleep(2)
        return forward(prompt)

    with answering(answer) as strange:
        feeder = Feeder(trust([strange.url, urls[1], urls[2]], 2))
        for _ in range(3):
            log.append([b"a"])
            started = time.monotonic()
            assert witnessed(feeder.feed(log.integrate(), log.consistency)) == {KEYS[1].name, KEYS[2].name}
            assert time.monotonic() - started < 1.5
            assert feeder.reports[0].problem


def test_a_witness_with_ml_dsa_44_is_fed_and_costs_only_itself_where_that_cannot_be_checked(
    log: TileLog, tmp_path: Path, urls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_key(tmp_path / "witness.key", "w9.example", ML_DSA_44)
    key, sign = load_key(tmp_path / "witness.key", ML_DSA_44)
    made = replace(make_witness(tmp_path, 9, key), sign=sign)
    with serving(create_app(made)) as url:
        lines = [f"witness w0 {note.encode_key(key)} {url}", f"witness w1 {note.encode_key(KEYS[1])} {urls[1]}"]
        for members, quorum in (("w0 w1", "all"), ("w0 w1", "any")):
            asked = policy.decode("\n".join([*lines, f"group g {quorum} {members}", "quorum g", ""]).encode())
            signed = checkpoint.decode(Feeder(asked).feed(log.integrate(), log.consistency))
            cosigned = checkpoint.check_cosignatures("BRD.5", "test", signed, asked.witness_keys)
            assert [cosignature.key for cosignature in cosigned] == [key, KEYS[1]]
        monkeypatch.setattr(note, "MLDSA44PublicKey", None)
        feeder = Feeder(asked)
        assert witnessed(feeder.feed(log.integrate(), log.consistency)) == {KEYS[1].name}
        assert "cannot be checked here" in feeder.reports[0].problem


def test_of_an_answer_with_two_lines_the_one_that_was_asked_for_is_taken(
    log: TileLog, tmp_path: Path, urls: list[str]
) -> None:
    """As a witness answers that has two keys behind one address."""
    apps = [create_app(make_witness(tmp_path, n)) for n in (1, 2)]
    alone = Lock()

    def answer() -> Response:
        with alone:
            first, second = (forward(app) for app in apps)
        return Response(first.data + second.data) if first.status_code == 200 else first

    with answering(answer) as both:
        log.append([b"a"])
        feeder = Feeder(trust([both.url, both.url, urls[2]], 3))
        assert witnessed(feeder.feed(log.integrate(), log.consistency)) == {key.name for key in KEYS}


def test_a_witness_without_an_address_is_not_asked(log: TileLog, urls: list[str]) -> None:
    feeder = Feeder(trust(["", urls[1], urls[2]], 2))
    assert len(witnessed(feeder.feed(log.integrate(), log.consistency))) == 2
    assert len(feeder.reports) == 2
