"""A witness: every answer of tlog-witness in its order, and a memory that survives and never forks."""

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulletin.http.app import Application
from bulletin.http.markup import LANGUAGES, read_words, tell_moment
from bulletin.witness.app import create_app
from bulletin.witness.witness import Declined
from tests.support.asking import direct
from tests.support.witnesses import (
    KEY,
    LEAVES,
    LOG,
    NOW,
    OTHER,
    OTHER_SECRET,
    ask,
    make,
    node,
    root,
    sign,
)
from verifier.client import merkle
from verifier.client.evidence import proves
from verifier.client.files import Directory
from verifier.client.witness import MAX_REQUEST, Request, decode_request, encode_request
from verifier.errors import Malformed, Rejected
from verifier.log import checkpoint, evidence, note, tree
from verifier.log.note import Note, SignatureLine


@pytest.fixture
def client(tmp_path: Path) -> Application:
    return create_app(make(tmp_path))


def post(client: Application, raw: bytes) -> tuple[int, bytes]:
    status, _, body = direct(client, "POST", "/add-checkpoint", raw)
    return status, body


def accept(client: Application, old: int, size: int) -> None:
    status, body = post(client, ask(old, size))
    assert status == 200
    line, text = note.decode_lines(body), note.decode(sign(size, root(size))).text
    raw = note.encode(Note(text, line))
    assert checkpoint.check_cosignatures("BRD.5", "answer", checkpoint.decode(raw), [KEY])[0].time == NOW


def test_a_log_that_grows_is_cosigned(client: Application) -> None:
    for old, size in ((0, 0), (0, 0), (0, 5), (5, 5), (5, 8), (8, 39), (39, 40)):
        accept(client, old, size)


def test_an_old_size_that_is_not_ours_gets_our_size(client: Application) -> None:
    accept(client, 0, 7)
    status, headers, body = direct(client, "POST", "/add-checkpoint", ask(3, 9))
    assert (status, body) == (409, b"7\n")
    assert headers["content-type"] == "text/x.tlog.size"
    assert post(client, ask(0, 9)) == (409, b"7\n")
    assert post(client, ask(0, 3)) == (409, b"7\n")
    accept(client, 7, 9)


def test_a_log_not_yet_seen_has_size_zero(client: Application) -> None:
    assert post(client, ask(4, 9)) == (409, b"0\n")


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"old 0", b"old 0\n\n", b"old -1\n\n" + sign(1, root(1)), b"old 00\n\n" + sign(1, root(1))),
        *(b"new 0\n\n" + sign(1, root(1)), b"old 0\nAAAA\n\n" + sign(1, root(1))),
        b"old 0\n" + (b64encode(bytes(32)) + b"\n") * 64 + b"\n" + sign(1, root(1)),
        b"old 9\n\n" + sign(7, root(7)),
        b"old " + b"1" * 5000 + b"\n\n" + sign(7, root(7)),
        b"old 0\n\n" + sign(1, root(1)).replace(b"\n1\n", b"\n01\n"),
        b"old 0\n\n" + sign(1, root(1)) + b"x" * MAX_REQUEST,
    ],
)
def test_malformed_is_400(client: Application, raw: bytes) -> None:
    assert post(client, raw)[0] == 400


def test_a_request_has_a_largest_size(client: Application) -> None:
    stranger = SignatureLine("stranger.example", b"\1\2\3\4", bytes(47_000))
    signed = note.decode(sign(5, root(5)))
    crowded = note.encode(Note(signed.text, (*signed.signatures, stranger)))
    proof = (b64encode(bytes(32)) + b"\n") * 63
    assert len(crowded) < note.MAX_NOTE
    assert post(client, ask(0, 5, proof=proof, signed=crowded))[0] == 400
    assert post(client, ask(0, 5, proof=proof[:450], signed=crowded))[0] == 422


def test_an_unknown_log_is_404_even_when_its_signature_is_false(client: Application) -> None:
    assert post(client, ask(0, 3, signed=sign(3, root(3), "other.example", OTHER_SECRET)))[0] == 404


def test_no_good_signature_is_403_even_when_the_size_is_wrong(client: Application) -> None:
    accept(client, 0, 3)
    for signed in (sign(5, root(5), secret=OTHER_SECRET), sign(5, root(5), secret=OTHER_SECRET, key=OTHER)):
        assert post(client, ask(2, 5, signed=signed))[0] == 403


def test_a_proof_that_does_not_hold_is_422(client: Application) -> None:
    assert post(client, ask(0, 0, signed=sign(0, bytes(32))))[0] == 422
    assert post(client, ask(0, 3, proof=b64encode(bytes(32)) + b"\n"))[0] == 422
    accept(client, 0, 5)
    assert post(client, ask(5, 5, signed=sign(5, root(6))))[0] == 422
    assert post(client, ask(5, 5, proof=b64encode(bytes(32)) + b"\n"))[0] == 422
    assert post(client, ask(5, 8, proof=b""))[0] == 422
    assert post(client, ask(5, 8, signed=sign(8, root(7))))[0] == 422
    forged = b"".join(b64encode(value) + b"\n" for value in merkle.prove_consistency(6, 8, node))
    assert post(client, ask(5, 8, proof=forged))[0] == 422
    accept(client, 5, 8)


def test_two_histories_are_kept_as_evidence(tmp_path: Path) -> None:
    client = create_app(make(tmp_path))
    accept(client, 0, 5)
    forged = sign(5, root(6))
    assert post(client, ask(5, 5, proof=b64encode(bytes(32)) + b"\n"))[0] == 422
    assert not (tmp_path / "evidence").exists()  # a superfluous proof accuses nobody
    assert post(client, ask(5, 5, signed=forged))[0] == 422
    assert post(client, ask(5, 5, signed=forged))[0] == 422
    assert post(client, ask(5, 5, signed=sign(5, root(7), secret=OTHER_SECRET)))[0] == 403
    [place] = (tmp_path / "evidence").iterdir()
    found = evidence.decode(Directory(place))
    assert forged in {found.first.raw, found.second.raw}
    assert {found.first.body.root, found.second.body.root} == {root(5), root(6)}
    with pytest.raises(Rejected) as caught:
        evidence.check(found, LOG.name, [LOG])
    assert caught.value.id == "BRD.3"


def test_a_proof_that_contradicts_the_log_is_evidence_too(tmp_path: Path) -> None:
    """The log proves that its larger tree continues another one than the one that it showed us."""
    client = create_app(make(tmp_path))
    other = [*LEAVES[:3], *(tree.hash_leaf(b"other %d" % index) for index in range(30))]

    def node(level: int, index: int) -> bytes:
        return tree.compute_root(other[index << level : (index + 1) << level])

    accept(client, 0, 5)
    proof = b"".join(b64encode(value) + b"\n" for value in merkle.prove_consistency(5, 8, node))
    forged = sign(8, tree.compute_root(other[:8]))
    assert post(client, ask(5, 8, signed=forged))[0] == 422
    [place] = (tmp_path / "evidence").iterdir()
    assert not proves(evidence.decode(Directory(place)))
    assert post(client, ask(5, 8, proof=proof, signed=forged))[0] == 422
    with pytest.raises(Rejected):
        evidence.check(evidence.decode(Directory(place)), LOG.name, [LOG])


def test_the_memory_survives(tmp_path: Path) -> None:
    accept(create_app(make(tmp_path)), 0, 5)
    again = create_app(make(tmp_path))
    assert post(again, ask(0, 8)) == (409, b"5\n")
    accept(again, 5, 8)


def test_an_unchanged_log_gets_a_fresh_time(tmp_path: Path) -> None:
    times = iter([NOW, NOW + 60])
    client = create_app(make(tmp_path, lambda: next(times)))
    first, second = post(client, ask(0, 5)), post(client, ask(5, 5))
    assert first[0] == second[0] == 200
    assert first[1] != second[1]


def test_the_latest_checkpoint_is_shown(client: Application) -> None:
    where = f"/{sha256(LOG.name.encode()).hexdigest()}/checkpoint"
    assert direct(client, "GET", where).status == 404
    accept(client, 0, 5)
    stranger = SignatureLine("stranger.example", b"\1\2\3\4", b"not ours to repeat")
    signed = note.decode(sign(8, root(8)))
    crowded = note.encode(Note(signed.text, (stranger, *signed.signatures)))
    assert post(client, ask(5, 8, signed=crowded))[0] == 200
    shown = checkpoint.decode(direct(client, "GET", where).body)
    checkpoint.check_log_signature("BRD.1", "shown", shown, LOG.name, [LOG])
    assert len(checkpoint.check_cosignatures("BRD.5", "shown", shown, [KEY])) == 1
    assert shown.body.size == 8
    assert stranger not in shown.note.signatures
    assert direct(client, "GET", f"/{'0' * 64}/checkpoint").status == 404
    assert direct(client, "GET", where.upper()).status == 404


def test_of_two_histories_at_once_one_is_cosigned(tmp_path: Path) -> None:
    one = make(tmp_path)
    one.add_checkpoint(ask(0, 5))
    other = [*LEAVES[:5], *(tree.hash_leaf(b"other %d" % index) for index in range(30))]

    def other_node(level: int, index: int) -> bytes:
        return tree.compute_root(other[index << level : (index + 1) << level])

    def attempt(size: int, history: str) -> int:
        leaves, nodes = (LEAVES, node) if history == "one" else (other, other_node)
        proof = b"".join(b64encode(value) + b"\n" for value in merkle.prove_consistency(5, size, nodes))
        try:
            make(tmp_path).add_checkpoint(
                ask(5, size, proof=proof, signed=sign(size, tree.compute_root(leaves[:size])))
            )
        except Declined as refusal:
            return refusal.status
        return 200

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(attempt, [8, 8, 9, 9, 10, 10, 11, 11], ["one", "other"] * 4))
    assert sorted(found) == [200] + [409] * 7


def test_a_head_that_moved_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    one = make(tmp_path)

    def overtake() -> int:
        make(tmp_path).add_checkpoint(ask(0, 7))
        return NOW

    with pytest.raises(Declined) as caught:
        make(tmp_path, overtake).add_checkpoint(ask(0, 5))
    assert (caught.value.status, caught.value.size) == (409, 7)
    head = one.latest(sha256(LOG.name.encode()).hexdigest())
    assert head is not None
    assert checkpoint.decode(head).body.size == 7


@given(st.integers(0, 2**60), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_a_request_keeps_its_parts(old: int, proof: list[bytes]) -> None:
    asked = Request(old, tuple(proof), checkpoint.decode(sign(2**60, root(1))))
    assert decode_request(encode_request(asked)) == asked


@given(st.binary(max_size=200) | st.binary(max_size=80).map(lambda head: b"old 0\n" + head + b"\n" + sign(1, root(1))))
def test_any_bytes_are_a_request_or_malformed(raw: bytes) -> None:
    try:
        asked = decode_request(raw)
    except Malformed:
        return
    assert encode_request(asked) == raw


def health(client: Application) -> tuple[int, Any]:
    status, _, body = direct(client, "GET", "/health")
    return status, json.loads(body)


def test_its_health_says_how_each_log_stands(tmp_path: Path) -> None:
    client = create_app(make(tmp_path))
    log = {"origin": LOG.name, "size": 0, "time": None, "evidence": []}
    assert health(client) == (200, {"name": KEY.name, "logs": [log]})
    accept(client, 0, 7)
    assert health(client) == (200, {"name": KEY.name, "logs": [{**log, "size": 7, "time": NOW}]})


def test_evidence_is_told_in_health_and_journal(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    client = create_app(make(tmp_path))
    accept(client, 0, 7)
    with caplog.at_level("INFO", "aikyn.witness"):
        assert post(client, ask(7, 9, signed=sign(9, bytes(32))))[0] == 422
    (kept,) = (tmp_path / "evidence").iterdir()
    status, said = health(create_app(make(tmp_path)))
    assert (status, said["logs"][0]["evidence"], said["logs"][0]["size"]) == (503, [kept.name], 7)
    (line,) = [each for each in caplog.records if each.name == "aikyn.witness"]
    assert (line.getMessage(), line.__dict__["fields"]) == ("evidence", {"origin": LOG.name, "kept": kept.name})


def test_a_person_is_shown_a_page(tmp_path: Path) -> None:
    client = create_app(make(tmp_path))
    assert direct(client, "GET", "/", Accept_Language="ru").headers["location"] == "/ru"
    for language in LANGUAGES:
        w = read_words("front", language)
        before = direct(client, "GET", f"/{language}").body.decode()
        assert all(said in before for said in (KEY.name, LOG.name, w["word_witness"], w["uncosigned"]))
    accept(client, 0, 7)
    post(client, ask(7, 9, signed=sign(9, bytes(32))))
    for language in LANGUAGES:
        w = read_words("front", language)
        after = direct(client, "GET", f"/{language}").body.decode()
        assert w["cosigned"].format(size=7, time=f'<span class="moment">{tell_moment(NOW)}</span>') in after
        assert w["conflict"] in after
    refused = direct(client, "GET", "/nothing", Accept="text/html", Accept_Language="en")
    assert (refused.status, b'href="/en"' in refused.body) == (404, True)
    assert json.loads(direct(client, "GET", "/nothing").body)["code"] == "unknown"
