"""Records: one coding, and nothing else is read as one (specs/records.md)."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus import codings
from tests.support.house import read_vectors
from verifier import fold
from verifier.errors import Incomplete, Malformed, Rejected
from verifier.place import Place
from verifier.records import Blob, Text, encode, fetch, kind
from verifier.rules import CODEC, KINDS
from verifier.state import State

FILE = read_vectors("records")
KNOWN = {type_.__struct_config__.tag for type_ in KINDS.__args__}


@pytest.mark.parametrize("vector", FILE["accepted"], ids=lambda vector: vector["name"])
def test_the_coding_of_a_record_is_read_back(vector: dict[str, Any]) -> None:
    raw = codings.read(vector)
    record = CODEC.decode(raw)
    assert encode(record) == raw
    assert rfc8785.dumps(json.loads(raw)) == raw
    assert kind(record) == json.loads(raw)["type"]


@pytest.mark.parametrize("vector", FILE["rejected"], ids=lambda vector: vector["name"])
def test_what_is_not_the_coding_is_refused(vector: dict[str, Any]) -> None:
    raw = codings.read(vector)
    with pytest.raises(Malformed):
        CODEC.decode(raw)
    with pytest.raises(Rejected) as caught:
        fold.prepare(State(), 7, raw, lambda _: None)
    assert (caught.value.id, str(caught.value.where)) == (vector["expect"], "record 7")


def test_the_vectors_show_every_kind() -> None:
    assert {json.loads(codings.read(vector))["type"] for vector in FILE["accepted"]} == KNOWN
    assert len(KNOWN) == 31


@given(st.text(), st.text(st.characters(max_codepoint=0x7F)))
def test_texts_are_coded_as_rfc_8785_says(en: str, ky: str) -> None:
    assert encode(Text(en, ky, "")) == rfc8785.dumps({"en": en, "ky": ky, "ru": ""})


@given(st.binary(max_size=60) | st.sampled_from(FILE["accepted"]).map(codings.read), st.data())
def test_any_bytes_are_a_record_in_one_coding_or_refused(raw: bytes, data: st.DataObject) -> None:
    bent = bytearray(raw)
    if bent:
        bent[data.draw(st.integers(0, len(bent) - 1))] = data.draw(st.integers(0, 255))
    try:
        record = CODEC.decode(bytes(bent))
    except Malformed:
        return
    assert encode(record) == bytes(bent)


def test_a_blob_is_the_one_its_record_names() -> None:
    named = Blob.of(b"a list")
    assert fetch(lambda _: b"a list", named, Place(record=3)) == b"a list"
    wrong_length = Blob(7, named.sha256)
    cases = ((named, None, "missing"), (named, b"another list", "damaged"), (wrong_length, b"a list", "damaged"))
    for blob, held, said in cases:
        with pytest.raises(Incomplete, match=said) as caught:
            fetch({named.sha256: held}.get, blob, Place(record=3))
        assert str(caught.value.where) == "record 3"
        assert named.sha256.hex() in caught.value.detail
