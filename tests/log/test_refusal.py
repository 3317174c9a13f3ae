"""Anybody can check whose word a refusal is, and what it is about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tests.support.house import read_page, read_vectors
from tests.support.refusals import judge
from tests.vectors.files import LOG, OTHER_SECRET
from verifier.errors import Incomplete, Malformed, Rejected
from verifier.log import checkpoint, note, refusal
from verifier.log.note import ED25519, Key
from verifier.log.refusal import SignedRefusal

FILE = read_vectors("refusal")


@pytest.mark.parametrize("v", [*FILE["accepted"], *FILE["rejected"]], ids=lambda v: v["name"])
def test_refusals_are_judged_as_their_vectors_say(v: dict[str, str]) -> None:
    data = bytes.fromhex(v["data"]) if "data" in v else None
    assert judge(v["refusal"].encode(), note.decode_key(FILE["log"]), data) == v.get("expect", "accepted")


def test_each_rejected_vector_is_of_an_accepted_one() -> None:
    assert {v["of"] for v in FILE["rejected"]} <= {v["name"] for v in FILE["accepted"]}


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
    page = read_page("api")
    block = page[page.index('{"clause":"CFG.6"') :].partition("\n```")[0]
    shown = block.replace("\n", "")
    assert shown == FILE["accepted"][0]["refusal"]
