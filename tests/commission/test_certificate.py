"""Certificates: the vectors, two readers, and the library's opinion of what we take (specs/certificates.md)."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzzing.mutations import edit_der, extend, truncate
from tests.reference import certificates as reference
from tests.reference.group import Fails
from tests.support.certificates import judge
from tests.support.house import HOUSE, read_page, read_vectors
from tests.vectors import certificates as made
from tests.vectors.authorities import attribute, by_root, seq, tlv
from verifier.commission import certificate
from verifier.commission.certificate import Unfit, decode, decode_member, verify_member
from verifier.commission.der import Elements
from verifier.errors import Malformed

PAGE = read_page("certificates")
FILE = read_vectors("certificates")
TAKEN = {v["name"]: b64decode(v["certificate"]) for v in (*FILE["anchors"], *FILE["members"])}
REASONS = re.findall(r"^\| `(\w+)` \|", PAGE.partition("## 9")[2], re.MULTILINE)


# --- The vectors ---


def test_the_verifier_agrees_with_the_vectors() -> None:
    agreed = judge(FILE)
    assert len(agreed) == sum(len(FILE[kind]) for kind in ("anchors", "members", "rejected", "signatures"))
    assert [name for name, agrees in agreed.items() if not agrees] == []


@pytest.mark.slow
def test_the_reference_agrees_with_the_vectors() -> None:
    assert [name for name, agrees in reference.judge_certificates(FILE).items() if not agrees] == []


@pytest.mark.slow
def test_the_committed_vectors_are_those_that_are_made() -> None:
    assert json.loads(json.dumps(made.build())) == FILE


def test_each_reason_has_a_line_a_vector_and_a_place_in_the_code() -> None:
    """E3: the whole profile stands on the page, and each part of it has a twin that is refused for it."""
    assert len(FILE["rejected"]) >= 60
    assert sorted({v["reason"] for v in FILE["rejected"]}) == sorted(REASONS)
    source = Path(certificate.__file__).read_text()
    assert set(re.findall(r'(?:Unfit|_strange)\("(\w+)"', source)) == set(REASONS)
    body = PAGE.partition("## 9")[0]
    assert [reason for reason in REASONS if f"(`{reason}`" not in body and f"by `{reason}`" not in body] == []


def test_each_table_of_the_page_is_the_code_s() -> None:
    listed = re.findall(r"^    \| [^|]+ \| `([0-9a-f]+)` \|$", PAGE, re.MULTILINE)
    keys = [certificate.RSA, *certificate.CURVES, certificate.ED25519]
    assert listed[:4] == [key.hex() for key in keys]
    assert sorted(listed[4:]) == sorted(way.hex() for way in certificate.SIGNATURES)


def test_the_example_is_a_vector() -> None:
    example = PAGE.partition("```\n")[2].partition("```")[0]
    coded = "".join(line.partition("#")[0] for line in example.splitlines())
    assert bytes.fromhex("".join(coded.split())) == TAKEN["a key on P-256"]


# --- Bytes of all kinds ---


def reads(raw: bytes) -> tuple[Any, ...] | None:
    """What we read, or nothing of what we refuse."""
    try:
        found = decode(raw)
    except Unfit:
        return None
    span = found.not_before, found.not_after
    return found.tbs, found.algorithm.raw, found.signature, found.spki, *span, found.authority


def reference_reads(raw: bytes) -> tuple[Any, ...] | None:
    try:
        found = reference.read(raw)
    except Fails:
        return None
    return found.signed, found.algorithm, found.signature, found.key, found.first, found.last, found.authority


@given(st.binary(max_size=200))
def test_bytes_are_refused_and_nothing_else_happens(raw: bytes) -> None:
    assert reads(raw) is None


@given(st.sampled_from([*TAKEN.values()]), st.integers(0, 2**32))
def test_two_readers_take_the_same_neighbours(raw: bytes, seed: int) -> None:
    neighbour = edit_der(Random(seed), raw)
    assert reads(neighbour) == reference_reads(neighbour)


SIGNED = [v for v in FILE["signatures"] if v["result"] == "accepted" and "Ed25519" not in v["by"]]


@given(st.sampled_from(SIGNED), st.integers(0, 2**32))
def test_two_verifiers_take_the_same_neighbours_of_a_signature(v: dict[str, Any], seed: int) -> None:
    member, message, random = TAKEN[v["by"]], bytes.fromhex(v["message"]), Random(seed)
    neighbour = random.choice((edit_der, truncate, extend))(random, bytes.fromhex(v["signature"]))
    try:
        verify_member(decode_member(member).key, neighbour, message)
    except InvalidSignature:
        assert not reference.signed(member, message, neighbour)
    else:
        assert reference.signed(member, message, neighbour)


@given(st.binary(min_size=1, max_size=12))
def test_the_reader_of_der_gives_back_what_it_read(raw: bytes) -> None:
    reader, read = Elements(raw), b""
    try:
        while reader.more():
            read += reader.any().raw
    except Malformed:
        assert raw.startswith(read)
    else:
        assert read == raw


# --- The library's opinion ---

UNREAD = {"strings of every type", "strings that cannot be read"}  # the library asks more of a string's characters


@pytest.mark.parametrize("name", [name for name in TAKEN if name not in UNREAD])
def test_what_we_take_the_library_reads_in_the_same_way(name: str) -> None:
    ours, theirs = decode(TAKEN[name]), x509.load_der_x509_certificate(TAKEN[name])
    key = theirs.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert (ours.tbs, ours.signature, ours.spki) == (theirs.tbs_certificate_bytes, theirs.signature, key)
    assert ours.not_before == theirs.not_valid_before_utc.timestamp()
    assert ours.not_after == theirs.not_valid_after_utc.timestamp()
    extensions = {extension.oid: extension.value for extension in theirs.extensions}
    constraints = extensions.get(x509.BasicConstraints.oid)
    assert ours.authority == (isinstance(constraints, x509.BasicConstraints) and constraints.ca)
    usage = extensions.get(x509.KeyUsage.oid)
    if isinstance(usage, x509.KeyUsage):
        assert bool(ours.usage & certificate.CERTIFYING) == usage.key_cert_sign
        assert bool(ours.usage & certificate.SIGNING) == (usage.digital_signature or usage.content_commitment)


def test_the_library_sees_no_certificate() -> None:
    """D: the verdict hangs on no library's reading."""
    sources = {path: path.read_text() for path in (HOUSE / "verifier").rglob("*.py")}
    assert [path.name for path, text in sources.items() if re.search(r"cryptography.*x509", text)] == []


# --- For people ---


def subject(*attributes: bytes) -> str:
    return decode_member(by_root(subject=seq(*(tlv(0x31, part) for part in attributes)))).subject


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ([attribute("2.5.4.6", "KG", 0x13), attribute("2.5.4.3", "Айгүл Ө")], "C=KG, CN=Айгүл Ө"),
        ([attribute("2.5.4.3", "Айгүл".encode("utf-16-be"), 0x1E)], "CN=Айгүл"),
        ([attribute("2.5.4.3", "Ө".encode("utf-32-be"), 0x1C)], "CN=Ө"),
        ([attribute("2.5.4.3", b"\xe9", 0x14), attribute("2.5.4.5", "7", 0x13)], "CN=é, 2.5.4.5=7"),
        ([attribute("2.5.4.3", "A, O=B")], r"CN=A\, O\=B"),
        ([attribute("2.5.4.3", "A\x1b[2J\u202eB")], r"CN=A\1b[2J\202eB"),
        ([attribute("2.5.4.3", b"\xff")], "CN=\ufffd"),
    ],
    ids=["three scripts", "BMPString", "UniversalString", "TeletexString", "marks", "controls", "unreadable"],
)
def test_a_name_is_shown_as_people_read_it(attributes: list[bytes], shown: str) -> None:
    assert subject(*attributes) == shown


def test_a_gost_certificate_is_told_what_it_is() -> None:
    [raw] = [b64decode(v["certificate"]) for v in FILE["rejected"] if v["name"] == "a key of GOST 34.310, by TUMAR-CSP"]
    with pytest.raises(Unfit, match="of GOST, and no maintained library checks such signatures"):
        decode_member(raw)
