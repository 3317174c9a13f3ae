"""Two copies of one log: equal, one the beginning of the other, or a fork that both checkpoints prove."""

from __future__ import annotations

from itertools import takewhile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tests.support.copies import Files, body, sheet, sign, tiled
from verifier.audit import trust
from verifier.audit.compare import Comparison, Relation, compare
from verifier.errors import Incomplete, Rejected
from verifier.log import checkpoint
from verifier.log.checkpoint import check_log_signature

TRUST = trust.decode(sheet(b"a manifest", []))
SIZES = st.sampled_from([0, 1, 2, 100, 255, 256, 257, 511, 512, 600])


def publish(entries: list[bytes], signed: bytes | None = None) -> Files:
    """A log of any size, whose only checkpoint is the latest."""
    return tiled(entries) | {"checkpoint": signed or sign(body(entries))}


def entries(size: int, fork: int, branch: bytes) -> list[bytes]:
    """A log's entries; from `fork` on they are this branch's own."""
    return [b"%s entry %d" % (branch if number >= fork else b"", number) for number in range(size)]


@given(SIZES, SIZES)
def test_one_log_seen_twice(first: int, second: int) -> None:
    one, other = entries(first, 9999, b""), entries(second, 9999, b"")
    found = compare(publish(one).get, publish(other).get, TRUST)
    relation: Relation = "equal" if first == second else "prefix" if first < second else "extension"
    assert found == Comparison(relation, first, second, tuple(max(one, other, key=len)[min(first, second) :]))


@given(SIZES.filter(bool), SIZES.filter(bool), st.integers(0, 599))
@example(600, 512, 511)
@example(256, 256, 255)
@example(257, 256, 0)
def test_two_histories_are_proved_by_both_checkpoints(first: int, second: int, fork: int) -> None:
    fork %= min(first, second)
    one, other = entries(first, fork, b"one"), entries(second, fork, b"other")
    files = [publish(one), publish(other)]
    with pytest.raises(Rejected, match=f"entry {fork} is not the same") as caught:
        compare(files[0].get, files[1].get, TRUST)
    refused = caught.value
    assert (refused.id, str(refused.where)) == ("BRD.3", "A and B, checkpoint")
    assert refused.evidence == (files[0]["checkpoint"], files[1]["checkpoint"])
    same = list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    assert len(same) == fork
    for raw in refused.evidence:
        check_log_signature("BRD.1", "", checkpoint.decode(raw), TRUST.origin, TRUST.log_keys)


def test_a_fork_is_proved_without_witnesses_and_a_continuation_is_not() -> None:
    one, other = entries(300, 7, b"one"), entries(310, 7, b"other")
    lonely = publish(other, sign(body(other), ()))
    with pytest.raises(Rejected) as caught:
        compare(publish(one).get, lonely.get, TRUST)
    assert caught.value.id == "BRD.3"
    longer = entries(310, 7, b"one")
    for pair in ((one, longer), (longer, one)):
        files = [publish(log, sign(body(log), () if len(log) == 310 else (0, 1))) for log in pair]
        with pytest.raises(Rejected) as caught:
            compare(files[0].get, files[1].get, TRUST)
        copy = "B" if pair[1] is longer else "A"
        assert (caught.value.id, str(caught.value.where)) == ("BRD.4", f"{copy}, checkpoint")


def test_nothing_is_shown_against_a_log_by_what_it_has_not_signed() -> None:
    one, other = entries(10, 3, b"one"), entries(10, 3, b"other")
    forged = publish(other, sign(body(other), by=SigningKey(b"s" * 32)))
    with pytest.raises(Rejected) as caught:
        compare(publish(one).get, forged.get, TRUST)
    assert (caught.value.id, str(caught.value.where)) == ("BRD.1", "B, checkpoint")
    signed_one_shows_other = publish(other, sign(body(one)))
    with pytest.raises(Rejected) as caught:
        compare(signed_one_shows_other.get, publish(one).get, TRUST)
    assert (caught.value.id, str(caught.value.where)) == ("BRD.2", "A, checkpoint")


@pytest.mark.parametrize("name", ["tile/0/000", "tile/0/001.p/44", "tile/entries/001.p/44", "checkpoint"])
@pytest.mark.parametrize("damaged", ["A", "B"])
def test_of_a_damaged_copy_the_file_is_named(name: str, damaged: str) -> None:
    files = {"A": publish(entries(300, 7, b"one")), "B": publish(entries(300, 7, b"other"))}
    if "entries" in name:
        files = {damaged: publish(entries(300, 9999, b"")), "AB".replace(damaged, ""): publish(entries(256, 9999, b""))}
    del files[damaged][name]
    with pytest.raises(Incomplete) as caught:
        compare(files["A"].get, files["B"].get, TRUST)
    assert str(caught.value.where) == f"{damaged}, {name}"
