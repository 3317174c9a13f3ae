"""Receipts: what the log promised for one entry."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.house import read_vectors
from verifier.errors import Malformed, Rejected
from verifier.log import policy, receipt, tree
from verifier.log.receipt import Receipt

VECTORS = read_vectors("receipt")
ORIGIN, TRUST = VECTORS["origin"], policy.decode(VECTORS["policy"].encode())
HASHES = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize("vector", VECTORS["receipts"], ids=lambda vector: vector["comment"])
def test_vectors(vector: dict[str, str]) -> None:
    raw, leaf_hash = vector["receipt"].encode(), tree.hash_leaf(bytes.fromhex(vector["entry"]))
    trust = policy.decode(vector.get("policy", VECTORS["policy"]).encode())
    keys = trust.log_keys(ORIGIN)
    if vector["result"] == "malformed":
        with pytest.raises(Malformed):
            receipt.check(receipt.decode(raw), leaf_hash, ORIGIN, keys, trust)
    elif vector["result"] == "accepted":
        opened = receipt.decode(raw)
        assert receipt.encode(opened) == raw
        assert len(receipt.check(opened, leaf_hash, ORIGIN, keys, trust)) >= 2
    else:
        with pytest.raises(Rejected) as caught:
            receipt.check(receipt.decode(raw), leaf_hash, ORIGIN, keys, trust)
        assert (caught.value.id, str(caught.value.where)) == (vector["result"], "receipt")


def test_without_a_policy_witnesses_are_not_judged() -> None:
    opened = receipt.decode(VECTORS["receipts"][0]["receipt"].encode())
    leaf_hash = tree.hash_leaf(bytes.fromhex(VECTORS["receipts"][0]["entry"]))
    assert receipt.check(opened, leaf_hash, ORIGIN, TRUST.log_keys(ORIGIN), None) == ()


@given(st.integers(0, 2**60), st.lists(HASHES, max_size=63), st.binary(max_size=50))
def test_a_receipt_keeps_its_parts(index: int, path: list[bytes], extra: bytes) -> None:
    written = Receipt(index, tuple(path), VECTORS["receipts"][0]["receipt"].encode(), extra)
    assert receipt.decode(receipt.encode(written)) == written


@given(st.binary(max_size=150) | st.binary(max_size=80).map(lambda rest: receipt.HEADER.encode() + b"\n" + rest))
def test_any_bytes_are_a_receipt_in_one_spelling_or_malformed(raw: bytes) -> None:
    with suppress(Malformed):
        assert receipt.encode(receipt.decode(raw)) == raw


def test_a_receipt_is_short_ascii() -> None:
    raw = VECTORS["receipts"][0]["receipt"].encode()
    longest = raw + b"x" * (receipt.MAX_RECEIPT - len(raw))
    assert receipt.decode(longest).checkpoint.endswith(b"x")
    for bent in (longest + b"x", raw.replace(b"index", b"ind\xffx")):
        with pytest.raises(Malformed):
            receipt.decode(bent)


def test_a_path_has_at_most_63_hashes() -> None:
    with pytest.raises(Malformed):
        receipt.decode(receipt.encode(Receipt(0, (bytes(32),) * 64, b"-")))
    receipt.decode(receipt.encode(Receipt(0, (bytes(32),) * 63, b"-")))


def test_an_index_has_at_most_19_digits() -> None:
    largest = Receipt(10**19 - 1, (), b"-")
    assert receipt.decode(receipt.encode(largest)) == largest
    with pytest.raises(Malformed):
        receipt.decode(receipt.encode(Receipt(10**19, (), b"-")))


@pytest.mark.parametrize("lines", [[], ["extra AA=="], ["extra AA==", "index"], ["index"], ["index "]])
def test_a_receipt_without_an_index_is_malformed(lines: list[str]) -> None:
    with pytest.raises(Malformed):
        receipt.decode("\n".join([receipt.HEADER, *lines]).encode() + b"\n\n-")
