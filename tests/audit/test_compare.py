"""Two copies of one log: equal, one the beginning of the other, or a fork that both checkpoints prove."""

from __future__ import annotations

from itertools import takewhile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tests.support.copies import Files, body, sheet, sign, tiled
from verifier.audit import compare as comparing
from verifier.audit import trust
from verifier.audit.compare import Comparison, Relation
from verifier.errors import Incomplete, Rejected
from verifier.log import checkpoint
from verifier.log.checkpoint import check_log_signature
from verifier.log.reading import Log

TRUST = trust.decode(sheet(b"a manifest", []))
SIZES = st.sampled_from([0, 1, 2, 100, 255, 256, 257, 511, 512, 600])


def publish(entries: list[bytes], signed: bytes | None = None) -> Files:
    """A log of any size, whose only checkpoint is the latest."""
    return tiled(entries) | {"checkpoint": signed or sign(body(entries))}


def entries(size: int, fork: int, branch: bytes) -> list[bytes]:
    """A log's entries; from `fork` on they are this branch's own."""
    return [b"%s entry %d" % (branch if number >= fork else b"", number) for number in range(size)]


def compare(a: Files, b: Files) -> Comparison:
    """The comparison of what an audit has found the log to have signed, whole or not."""
    one, other = (Log(files.get, TRUST.origin, TRUST.log_keys, lambda _: None) for files in (a, b))
    for log in (one, other):
        log.check_latest(TRUST.log_keys, None)
    return comparing.compare(one, other)


@given(SIZES, SIZES)
def test_one_log_seen_twice(first: int, second: int) -> None:
    one, other = entries(first, 9999, b""), entries(second, 9999, b"")
    found = compare(publish(one), publish(other))
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
        compare(files[0], files[1])
    refused = caught.value
    assert (refused.id, str(refused.where)) == ("BRD.3", "A and B, checkpoint")
    assert set(refused.evidence) == {file["checkpoint"] for file in files}
    same = list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    assert len(same) == fork
    for raw in refused.evidence:
        check_log_signature("BRD.1", "", checkpoint.decode(raw), TRUST.origin, TRUST.log_keys)


def test_a_fork_is_proved_without_witnesses() -> None:
    one, other = entries(300, 7, b"one"), entries(310, 7, b"other")
    lonely = publish(other, sign(body(other), ()))
    with pytest.raises(Rejected) as caught:
        compare(publish(one), lonely)
    assert caught.value.id == "BRD.3"


def test_nothing_is_shown_against_a_log_by_what_it_has_not_signed() -> None:
    one, other = entries(10, 3, b"one"), entries(11, 3, b"other")
    forged = publish(other, sign(body(other), by=SigningKey(b"s" * 32)))
    with pytest.raises(Incomplete) as caught:
        compare(publish(one), forged)
    assert (caught.value.id, str(caught.value.where)) == ("BRD.1", "checkpoint")
    signed_one_shows_other = publish(other, sign(body(entries(11, 99, b"one"))))
    with pytest.raises(Incomplete, match="not known to lead") as caught:
        compare(signed_one_shows_other, publish(one))
    assert str(caught.value.where) == "A, checkpoint"


@pytest.mark.parametrize("damaged", ["A", "B"])
@pytest.mark.parametrize("name", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"])
def test_a_fork_is_seen_beside_damage(name: str, damaged: str) -> None:
    """C4: damage of either copy hides no fork between them."""
    files = {"A": publish(entries(300, 7, b"one")), "B": publish(entries(300, 7, b"other"))}
    del files[damaged][name]
    with pytest.raises(Rejected, match="entry 7 is not the same"):
        compare(files["A"], files["B"])
    for copy in files.values():
        for tile in [name for name in copy if name.startswith("tile")]:
            del copy[tile]
    with pytest.raises(Rejected, match=r"the log signed two histories$"):  # both signatures are of one size
        compare(files["A"], files["B"])


def test_of_a_damaged_copy_the_file_is_named() -> None:
    longer, shorter = publish(entries(300, 9999, b"")), publish(entries(256, 9999, b""))
    del longer["tile/entries/001.p/44"]
    with pytest.raises(Incomplete) as caught:
        compare(shorter, longer)
    assert str(caught.value.where) == "B, tile/entries/001.p/44"
