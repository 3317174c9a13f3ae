"""The trust sheet: what it must say, and the sentence for what is wrong with it (specs/verification.md §2)."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.copies import KEY, sheet, witness_key
from tests.support.elections import AUTHORITY, ORIGIN
from verifier.audit import trust
from verifier.errors import Incomplete, Malformed, VerifierError
from verifier.log import note
from verifier.log.note import ED25519, Key
from verifier.log.policy import is_quorum

ROOT = b64encode(AUTHORITY.der).decode()
WHOLE = sheet(b"manifest", [AUTHORITY.der]).decode()
LOG = f"log {note.encode_key(KEY)}"
BARE = f"aikyn/1 trust\n{LOG}\n"


def test_a_whole_sheet() -> None:
    read = trust.decode(WHOLE.encode())
    assert (read.origin, read.log_keys) == (ORIGIN, (KEY,))
    assert read.manifest is not None
    assert [root.subject for root in read.roots] == ["CN=Test Root"]
    assert read.witnesses is not None
    assert [is_quorum(read.witnesses, map(witness_key, some)) for some in ((), (0,), (0, 2), (0, 1, 2))] == [
        *(False, False, True, True)
    ]
    assert read.verifier is None


def test_a_bare_sheet_names_the_log_alone() -> None:
    read = trust.decode(BARE.encode())
    assert read == trust.TrustSheet(ORIGIN, (KEY,), None, (), None, None)
    assert trust.decode((BARE + "quorum none\n").encode()) == read


def test_a_sheet_may_be_printed_with_spaces_comments_and_other_line_ends() -> None:
    loose = BARE.replace("\n", "\r\n  # compared by telephone\r\n\r\n", 1).replace("\r\n", "\n")
    assert trust.decode(loose.encode()) == trust.decode(BARE.encode())
    assert trust.decode((BARE + f"  manifest   {'AB' * 32}  \n").encode()).manifest == bytes.fromhex("ab" * 32)
    assert trust.decode((BARE + f"verifier {'01' * 32}\n").encode()).verifier == b"\x01" * 32


def test_two_roots_and_two_keys_of_one_log() -> None:
    second = Key(ORIGIN, ED25519, bytes(witness_key(0).public))
    read = trust.decode(f"{BARE}log {note.encode_key(second)}\nroot {ROOT}\nroot {ROOT}\n".encode())
    assert read.log_keys == (KEY, second)
    assert len(read.roots) == 2


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "begins with the line"),
        (LOG, "begins with the line"),
        ("aikyn/1", "begins with the line"),
        ("aikyn/1 trust", "one log"),
        (f"{BARE}log {note.encode_key(Key('other.example', ED25519, witness_key(0).public))}", "one log"),
        (f"{BARE}manifest 00", "64 hexadecimal digits"),
        (f"{BARE}manifest", "64 hexadecimal digits"),
        (f"{BARE}manifest {'00' * 33}", "64 hexadecimal digits"),
        (f"{BARE}manifest {'0x' * 32}", "hexadecimal"),
        (f"{BARE}manifest {'00' * 32}\nmanifest {'00' * 32}", "at most"),
        (f"{BARE}verifier {'00' * 32}\nverifier {'00' * 32}", "at most"),
        (f"{BARE}root AAAA", "not the DER of a certificate"),
        (f"{BARE}root {ROOT[:-4]}", "not the DER of a certificate"),
        (f"{BARE}root {ROOT}=", "base64"),
        (f"{BARE}root", "not the DER of a certificate"),
        (f"{BARE}rooot {ROOT}", "line 3"),
        (f"{BARE}witness w1", "line 3"),
        (f"{BARE}quorum w1", "line 3"),
        (f"{BARE}root {ROOT}\nlog {ORIGIN}+00000000+AQAA", "line 4"),
        (WHOLE.replace("group all-witnesses 2", "group all-witnesses 4"), "threshold"),
        (BARE.replace(note.encode_key(KEY), note.encode_key(witness_key(0))), "type 01"),
    ],
)
def test_what_is_wrong_is_said(lines: str, said: str) -> None:
    with pytest.raises(Malformed) as caught:
        trust.decode(lines.encode())
    assert said in str(caught.value)


def test_another_version_is_not_false_but_unknown() -> None:
    with pytest.raises(Incomplete, match=r"aikyn/2 trust"):
        trust.decode(b"aikyn/2 trust\n")


@given(st.binary(max_size=200) | st.text().map(lambda text: (BARE + text).encode(errors="replace")))
def test_any_bytes_are_a_sheet_or_refused_with_a_sentence(raw: bytes) -> None:
    with suppress(VerifierError):
        assert trust.decode(raw).origin
