"""Checkpoints: three lines, the log's signature, the witnesses' cosignatures."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from verifier import checkpoint, note
from verifier.checkpoint import Checkpoint, Cosignature
from verifier.errors import Malformed, Rejected
from verifier.note import Key

VECTORS = json.loads((Path(__file__).parent.parent / "specs/vectors/checkpoint.json").read_text())
LOG = note.decode_key(VECTORS["log"])
WITNESSES = [note.decode_key(vkey) for vkey in VECTORS["witnesses"]]


@pytest.mark.parametrize("vector", VECTORS["checkpoints"], ids=lambda vector: vector["comment"])
def test_vectors(vector: dict[str, Any]) -> None:
    raw, result = vector["note"].encode(), vector["result"]
    if result == "malformed":
        with pytest.raises(Malformed):
            checkpoint.decode(raw)
        return
    signed = checkpoint.decode(raw)
    if result == "log rejected":
        with pytest.raises(Rejected) as caught:
            checkpoint.check_log_signature("BRD.1", "here", signed, LOG.name, [LOG])
        assert (caught.value.id, caught.value.where, caught.value.evidence) == ("BRD.1", "here", (raw,))
        return
    checkpoint.check_log_signature("BRD.1", "here", signed, LOG.name, [LOG])
    if result == "witness rejected":
        with pytest.raises(Rejected) as caught:
            checkpoint.check_cosignatures("BRD.5", "here", signed, WITNESSES)
        assert (caught.value.id, caught.value.where, caught.value.evidence) == ("BRD.5", "here", (raw,))
        return
    found = checkpoint.check_cosignatures("BRD.5", "here", signed, WITNESSES)
    assert [cosignature.time for cosignature in found] == vector["times"]
    assert {cosignature.key for cosignature in found} <= set(WITNESSES)


@pytest.mark.parametrize("size", [0, checkpoint.MAX_SIZE])
def test_sizes_have_ends(size: int) -> None:
    text = checkpoint.encode_body(Checkpoint(LOG.name, size, bytes(32)))
    assert checkpoint.decode_body(text).size == size
    with pytest.raises(Malformed):
        checkpoint.decode_body(checkpoint.encode_body(Checkpoint(LOG.name, checkpoint.MAX_SIZE + 1, bytes(32))))


@pytest.mark.parametrize("time", [1, 1_790_000_000, checkpoint.MAX_SIZE])
def test_what_a_witness_signs_is_read_with_its_time(time: int) -> None:
    secret = SigningKey(bytes(32))
    witness = Key("w.example", note.COSIGNATURE, bytes(secret.verify_key))
    signed = checkpoint.decode(VECTORS["checkpoints"][0]["note"].encode())
    message = checkpoint.cosigned_message(signed.note.text, time)
    assert message.startswith(b"cosignature/v1\ntime %d\n" % time)
    line = checkpoint.encode_cosignature(witness, time, secret.sign(message).signature)
    raw = signed.raw + note.encode_lines([line])
    found = checkpoint.check_cosignatures("BRD.5", "here", checkpoint.decode(raw), [witness])
    assert found == (Cosignature(witness, time),)


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30),
    st.integers(0, checkpoint.MAX_SIZE),
    st.binary(min_size=32, max_size=32),
)
def test_a_checkpoint_keeps_its_parts(origin: str, size: int, root: bytes) -> None:
    body = Checkpoint(origin, size, root)
    assert checkpoint.decode_body(checkpoint.encode_body(body)) == body


@given(st.binary(max_size=100) | st.text(max_size=60).map(lambda text: f"{text}\n1\n{'A' * 43}=\n".encode()))
def test_any_bytes_are_a_checkpoint_in_one_spelling_or_malformed(text: bytes) -> None:
    with suppress(Malformed):
        assert checkpoint.encode_body(checkpoint.decode_body(text)) == text


def test_a_log_that_changes_its_key_may_sign_with_both_but_not_badly() -> None:
    signed = checkpoint.decode(VECTORS["checkpoints"][0]["note"].encode())
    other = LOG._replace(public=WITNESSES[0].public)
    checkpoint.check_log_signature("BRD.1", "here", signed, LOG.name, [other, LOG])
    bad = note.Signature(other.name, other.id, bytes(64))
    both = signed._replace(note=signed.note._replace(signatures=(*signed.note.signatures, bad)))
    checkpoint.check_log_signature("BRD.1", "here", both, LOG.name, [LOG])
    with pytest.raises(Rejected):
        checkpoint.check_log_signature("BRD.1", "here", both, LOG.name, [other, LOG])
