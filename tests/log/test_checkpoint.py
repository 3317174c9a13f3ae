"""Checkpoints: three lines, the log's signature, the witnesses' cosignatures."""

from contextlib import suppress
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tests.support.house import read_vectors
from verifier.errors import Incomplete, Malformed, Rejected
from verifier.log import checkpoint, note
from verifier.log.checkpoint import Checkpoint, Cosignature
from verifier.log.note import ML_DSA_44, Key

VECTORS = read_vectors("checkpoint")
LOG = note.decode_key(VECTORS["log"])
WITNESSES = [note.decode_key(vkey) for vkey in VECTORS["witnesses"]]
SECRET = MLDSA44PrivateKey.from_seed_bytes(bytes(32))
QUANTUM = Key("q.example", ML_DSA_44, SECRET.public_key().public_bytes_raw())


class Unsupported:
    """What `cryptography` 47 is like."""

    @staticmethod
    def from_public_bytes(_: bytes) -> None:
        raise UnsupportedAlgorithm("ML-DSA-44 is not supported by this backend.")


def quantum_lines(*times: int) -> bytes:
    """The first vector with further cosignatures, of ML-DSA-44."""
    raw: bytes = VECTORS["checkpoints"][0]["note"].encode()
    text = checkpoint.decode(raw).note.text
    signed = ((time, SECRET.sign(checkpoint.cosigned_message(QUANTUM, text, time))) for time in times)
    return raw + note.encode_lines(checkpoint.encode_cosignature(QUANTUM, time, blob) for time, blob in signed)


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
        assert (caught.value.id, str(caught.value.where)) == ("BRD.1", "here")
        return
    checkpoint.check_log_signature("BRD.1", "here", signed, LOG.name, [LOG])
    if result == "witness rejected":
        with pytest.raises(Rejected) as caught:
            checkpoint.check_cosignatures("BRD.5", "here", signed, WITNESSES)
        assert (caught.value.id, str(caught.value.where)) == ("BRD.5", "here")
        good, absent = checkpoint.judge_cosignatures("BRD.5", "here", signed, WITNESSES)
        lines = checkpoint.matching_lines(signed.note, WITNESSES)
        assert (len(good) + len(absent), len(absent) > 0) == (len(lines), True)
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
    message = checkpoint.cosigned_message(witness, signed.note.text, time)
    assert message.startswith(b"cosignature/v1\ntime %d\n" % time)
    line = checkpoint.encode_cosignature(witness, time, secret.sign(message).signature)
    raw = signed.raw + note.encode_lines([line])
    found = checkpoint.check_cosignatures("BRD.5", "here", checkpoint.decode(raw), [witness])
    assert found == (Cosignature(witness, time),)


def test_what_ml_dsa_44_signs_is_written_as_in_tlog_cosignature() -> None:
    text = checkpoint.encode_body(Checkpoint("log.example", 0x0102, bytes(range(32))))
    message = checkpoint.cosigned_message(QUANTUM, text, 0x0304)
    shown = "737562747265652f76310a00 09712e6578616d706c65 0000000000000304 0b6c6f672e6578616d706c65"
    assert message == bytes.fromhex(f"{shown} 0000000000000000 0000000000000102") + bytes(range(32))


def test_a_note_has_room_for_sixteen_lines_of_ml_dsa_44() -> None:
    signed = checkpoint.decode(quantum_lines(*range(1, 17)))
    assert len(signed.raw) < note.MAX_NOTE
    found = checkpoint.check_cosignatures("BRD.5", "here", signed, [*WITNESSES, QUANTUM])
    assert [seen.time for seen in found if seen.key == QUANTUM] == list(range(1, 17))


@pytest.mark.parametrize("absent", [None, Unsupported], ids=["no module", "no algorithm"])
def test_without_ml_dsa_44_a_line_of_it_is_neither_good_nor_false(
    monkeypatch: pytest.MonkeyPatch, absent: type[Unsupported] | None
) -> None:
    signed, keys = checkpoint.decode(quantum_lines(5)), [*WITNESSES, QUANTUM]
    assert len(checkpoint.check_cosignatures("BRD.5", "here", signed, keys)) == 3
    monkeypatch.setattr(note, "MLDSA44PublicKey", absent)
    with pytest.raises(Incomplete, match="install `cryptography` 48 or newer") as caught:
        checkpoint.check_cosignatures("BRD.5", "here", signed, keys)
    assert str(caught.value.where) == "here"
    assert len(checkpoint.check_cosignatures("BRD.5", "here", signed, WITNESSES)) == 2
    false = note.encode_lines([checkpoint.encode_cosignature(WITNESSES[0], 1, bytes(64))])
    head, _, lines = signed.raw.rpartition(b"\n\n")
    for raw in (signed.raw + false, head + b"\n\n" + false + lines):
        with pytest.raises(Rejected):
            checkpoint.check_cosignatures("BRD.5", "here", checkpoint.decode(raw), keys)


@pytest.mark.parametrize("origin", ["o" * 255, "é" * 127 + "o", "ш" * 127])
def test_an_origin_has_at_most_255_bytes(origin: str) -> None:
    text = checkpoint.encode_body(Checkpoint(origin, 1, bytes(32)))
    assert checkpoint.decode_body(text).origin == origin
    checkpoint.cosigned_message(QUANTUM._replace(name=origin), text, 1)
    with pytest.raises(Malformed):
        checkpoint.decode_body(checkpoint.encode_body(Checkpoint(origin + "oo", 1, bytes(32))))


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
    bad = note.SignatureLine(other.name, other.id, bytes(64))
    both = signed._replace(note=signed.note._replace(signatures=(*signed.note.signatures, bad)))
    checkpoint.check_log_signature("BRD.1", "here", both, LOG.name, [LOG])
    with pytest.raises(Rejected):
        checkpoint.check_log_signature("BRD.1", "here", both, LOG.name, [other, LOG])
