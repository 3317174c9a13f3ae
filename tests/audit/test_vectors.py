"""Our verifier refuses each rejected vector by exactly its clauses, and accepts the twin it was made from."""

import re
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.backends import BACKENDS, judge_on
from tests.support.house import read_page, read_vectors
from tests.vectors.check import HERE, NAMES, disagreements, every, failures
from verifier.election import decryption, shuffle, tally
from verifier.errors import Incomplete
from verifier.place import Place
from verifier.proof.transcript import tracing
from verifier.records import Blob, Blobs

CAUGHT_ALONE = {
    *("KEY.3", "KEY.4", "KEY.5", "KEY.6", "KEY.7", "KEY.8"),
    *("BAL.2", "BAL.4", "BAL.5", "BAL.6", "BAL.7", "SPL.1", "SPL.2"),
    *("MIX.3", "MIX.4", "MIX.5", "MIX.6", "MIX.7", "MIX.8", "MIX.9"),
    *("DEC.2", "DEC.3", "DEC.4", "DEC.5", "TAL.3", "TAL.4", "TAL.5"),
}


def is_hex(value: str) -> bool:
    return len(value) >= 32 and re.fullmatch("([0-9a-f]{2})+", value) is not None


@pytest.mark.parametrize("name", NAMES)
def test_vectors(name: str) -> None:
    assert disagreements(name) == []


@pytest.mark.process
@pytest.mark.parametrize("backend", BACKENDS)
def test_vectors_on_either_backend(backend: str) -> None:
    judge_on(backend, "tests.vectors.check")


def test_each_clause_catches_a_vector_alone() -> None:
    alone = {expected[0] for name in NAMES for _, _, expected in every(name) if len(expected) == 1}
    assert CAUGHT_ALONE - alone == set()


def test_each_rejected_vector_is_a_mutation_of_an_accepted_one() -> None:
    for name in NAMES:
        file = read_vectors(name)
        titles = [(twin["of"], twin["name"]) for twin in file["rejected"]]
        accepted = {vector["name"]: vector for vector in file["accepted"]}
        assert len(accepted) == len(file["accepted"])
        assert len(set(titles)) == len(titles)
        assert all(twin["expect"] for twin in file["rejected"])
        for twin in file["rejected"]:
            assert twin["change"].keys() <= accepted[twin["of"]].keys(), twin["name"]


def test_every_message_is_absorbed() -> None:
    """For each message of each proof there is a proof whose challenges lack it, and it is refused."""
    spoken = {
        "ballot": {
            "ballot: ": "PK style credential nonce R P T",
            "signature: ": "credential tracker prev T",
        },
        "ceremony": {"": "t n E A T Ei Ej K T1 T2"},
        "shuffle": {"": "PK N w R P R' P' c C T1 T2 T3 TR TP TC"},
        "decryption": {"": "X mix R P D T1 T2"},
    }
    opening = "protocol proof election manifest contest place "
    for name, proofs in spoken.items():
        titles = {twin["name"] for twin in read_vectors(name)["rejected"]}
        for proof, labels in proofs.items():
            wanted = {f"{proof}{label} not absorbed" for label in (opening + labels).split()}
            assert wanted - titles == set()


RESPONSES = {  # no challenge follows them, so only a trace tells what they were read as
    "ballot": ["s", "s"],
    "contribution": ["s"],
    "complaint": ["s"],
    "shuffle": ["s1", "s2", "s3", "s4", "s", "sC"],
    "decryption": ["s"],
}


@pytest.mark.parametrize("name", ["ballot", "ceremony", "shuffle", "decryption"])
def test_a_trace_names_the_responses(name: str) -> None:
    for _, vector, expected in every(name):
        if vector["kind"] in RESPONSES and not expected and vector.get("N") != 0:
            lines: list[str] = []
            with tracing(lines.append):
                assert failures(vector) == []
            labels = [line.split()[0] for line in lines]
            assert [label for label in labels if label.startswith("s") and label != "style"] == RESPONSES[
                vector["kind"]
            ]


@pytest.mark.parametrize(("name", "module"), [("shuffle", shuffle), ("decryption", decryption), ("tally", tally)])
def test_a_lost_blob_is_told_with_its_record(name: str, module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(_: Blobs, __: Blob, where: Place) -> bytes:
        raise Incomplete("lost", where)

    monkeypatch.setattr(module, "fetch", lose)
    vector = next(vector for _, vector, expected in every(name) if not expected and vector.get("N"))
    with pytest.raises(Incomplete) as caught:
        failures(vector)
    assert caught.value.where == HERE


@pytest.mark.parametrize("name", NAMES)
def test_vectors_fail_by_clauses_of_the_spec(name: str) -> None:
    catalogue = read_page("verification")
    known = set(re.findall(r"^\| ([A-Z]{3}\.\d+) \|", catalogue, re.MULTILINE)) | {"malformed", "invalid", "differs"}
    assert {clause for _, _, expected in every(name) for clause in expected} <= known


# Fields that carry no statement, or only part of one: a flipped bit there may change nothing. N = 0 states nothing.
MUTE = {"complaint": {"sealed", "A"}, "tally": {"mixed", "manifest"}, "key": {"manifest"}, "choice": {"manifest"}}
FLIPPABLE = [
    (vector, name)
    for file in NAMES
    for vector in read_vectors(file)["accepted"]
    for name, value in vector.items()
    if isinstance(value, str) and is_hex(value) and vector.get("N") != 0
    if name not in MUTE.get(vector["kind"], set())
]


@pytest.mark.slow
@settings(max_examples=400)
@given(st.sampled_from(FLIPPABLE), st.integers(0, 2**20))
def test_any_flipped_bit_is_refused(flipped: tuple[dict[str, Any], str], bit: int) -> None:
    vector, name = flipped
    data = bytearray.fromhex(vector[name])
    bit %= 8 * len(data)
    data[bit // 8] ^= 1 << bit % 8
    assert failures(vector | {name: data.hex()}) != []
