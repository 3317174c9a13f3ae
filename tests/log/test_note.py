"""Signed notes and their keys."""

from contextlib import suppress
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tests.support.house import read_vectors
from tests.vectors import ed25519
from verifier.errors import Incomplete, Malformed, Rejected, VerifierError, refuse
from verifier.log import checkpoint, note
from verifier.log.note import Key, Note, SignatureLine

VECTORS = read_vectors("note")
NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"], exclude_characters="+"), min_size=1, max_size=20)
LINES = st.builds(SignatureLine, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.just("\n"), max_size=60).map(
    lambda text: text.encode() + b"\n"
)


def check_note(opened: Note, key: Key) -> None:
    lines = checkpoint.matching_lines(opened, [key])
    if not lines:
        refuse("BRD.1", "note", "not signed")
    for _, line in lines:
        note.check_signature("BRD.1", "note", key, opened.text, line.blob)


@pytest.mark.parametrize("vector", VECTORS["notes"], ids=lambda vector: vector["comment"])
def test_note_vectors(vector: dict[str, Any]) -> None:
    raw, key = vector["note"].encode(), note.decode_key(vector.get("key", VECTORS["key"]))
    if vector["result"] == "malformed":
        with pytest.raises(Malformed):
            note.decode(raw)
        return
    opened = note.decode(raw)
    assert note.encode(opened) == raw
    if vector["result"] == "accepted":
        check_note(opened, key)
    else:
        with pytest.raises(Rejected):
            check_note(opened, key)


@pytest.mark.parametrize("vector", VECTORS["keys"], ids=lambda vector: vector["comment"])
def test_key_vectors(vector: dict[str, str]) -> None:
    if vector["result"] == "accepted":
        assert note.encode_key(note.decode_key(vector["vkey"])) == vector["vkey"]
    else:
        with pytest.raises(VerifierError) as caught:
            note.decode_key(vector["vkey"])
        assert type(caught.value).__name__.lower() == vector["result"]
        assert caught.type is Malformed or str(caught.value.where) == vector["vkey"]


def test_the_committed_vectors_of_ed25519_are_those_that_are_made() -> None:
    assert ed25519.build() == VECTORS


@pytest.mark.parametrize("code", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_a_lone_surrogate_is_in_no_key(code: int) -> None:
    surrogate, (name, plus, rest) = chr(code), VECTORS["key"].partition("+")
    for bent in (name + surrogate + plus + rest, name + plus + surrogate + rest, name + plus + rest + surrogate):
        with pytest.raises(Malformed):
            note.decode_key(bent)


@given(TEXTS, st.lists(LINES, min_size=1, max_size=4))
def test_a_note_keeps_its_text_and_lines(text: bytes, lines: list[SignatureLine]) -> None:
    written = Note(text, tuple(lines))
    assert note.decode(note.encode(written)) == written


@given(st.data())
def test_a_changed_byte_never_leaves_the_same_note(data: st.DataObject) -> None:
    raw = VECTORS["notes"][1]["note"].encode()
    at, flip = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(1, 255))
    bent = raw[:at] + bytes([raw[at] ^ flip]) + raw[at + 1 :]
    try:
        opened = note.decode(bent)
    except Malformed:
        return
    assert note.encode(opened) == bent
    with pytest.raises(Rejected):
        check_note(opened, note.decode_key(VECTORS["key"]))


@given(st.binary(max_size=200) | TEXTS.map(lambda text: text + "\n— a AAAAAAAA\n".encode()))
def test_any_bytes_are_a_note_in_one_spelling_or_malformed(raw: bytes) -> None:
    with suppress(Malformed):
        assert note.encode(note.decode(raw)) == raw


@given(st.text(max_size=80))
def test_any_text_is_a_key_in_one_spelling_or_refused(vkey: str) -> None:
    with pytest.raises((Malformed, Incomplete)):
        note.decode_key(vkey)


@given(NAMES, st.sampled_from([note.ED25519, note.COSIGNATURE]), st.binary(min_size=32, max_size=32))
def test_a_key_keeps_its_parts(name: str, kind: int, seed: bytes) -> None:
    key = Key(name, kind, bytes(SigningKey(seed).verify_key))
    assert note.decode_key(note.encode_key(key)) == key


def test_people_compare_32_bytes_of_any_key() -> None:
    keys = [note.decode_key(vector["vkey"]) for vector in VECTORS["keys"] if vector["result"] == "accepted"]
    assert {key.type for key in keys} == set(note.SIZES)
    for key in keys:
        assert key.fingerprint == (sha256(key.public).digest() if key.type == note.ML_DSA_44 else key.public)


def test_a_note_has_a_largest_size() -> None:
    line = b"\n" + VECTORS["notes"][1]["note"].encode().rpartition(b"\n\n")[2]
    text = b"a" * (note.MAX_NOTE - len(line) - 1) + b"\n"
    note.decode(text + line)
    with pytest.raises(Malformed):
        note.decode(b"a" + text + line)


@pytest.mark.parametrize("bend", [(b"This", b"Thi\xff"), (b" board", b" \xff")])
def test_a_note_is_utf8(bend: tuple[bytes, bytes]) -> None:
    raw = VECTORS["notes"][1]["note"].encode()
    with pytest.raises(Malformed, match="UTF-8"):
        note.decode(raw.replace(*bend))


def test_signatures_of_a_wrong_length_are_false() -> None:
    key = note.decode_key(VECTORS["key"])
    for length in (0, 63, 65, 128):
        with pytest.raises(Rejected) as caught:
            note.check_signature("BRD.1", "here", key, b"", bytes(length))
        assert (caught.value.id, str(caught.value.where)) == ("BRD.1", "here")
