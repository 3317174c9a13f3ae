"""Packed maps: the kernel's and the one in plain Python are the same dictionary (specs/decisions/packed.md)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import verifier.proof._sodium as sodium
from verifier.proof import backend
from verifier.proof.packed import Keyed, Packed

kernel: Any = pytest.importorskip("aikyn_kernel", reason="the kernel is not installed: there is nothing to compare")

each = pytest.mark.parametrize("b", [pytest.param(kernel, id="kernel"), pytest.param(sodium, id="libsodium")])
KEYS = st.binary(min_size=2, max_size=2) | st.sampled_from([b"\0\0", b"\0\1", b"\1\0"])
ROWS = st.lists(st.tuples(KEYS, st.binary(min_size=3, max_size=3)), max_size=40)


def filled(b: Any, *rows: bytes) -> Any:
    packed = b.Packed(2, 3)
    packed.extend(b"".join(rows))
    return packed


@each
@given(ROWS, st.lists(KEYS, max_size=5))
def test_it_is_a_dictionary_in_order(b: Any, rows: list[tuple[bytes, bytes]], asked: list[bytes]) -> None:
    packed, twin = b.Packed(2, 3), dict[bytes, bytes]()
    for key, value in rows:
        assert packed.get(key) == twin.get(key)
        packed.put(key, value)
        twin[key] = value
    assert (list(packed), len(packed)) == (list(twin), len(twin))
    assert bytes(packed) == b"\0\0\0\2\0\0\0\3" + b"".join(key + value for key, value in twin.items())
    assert [key in packed for key in asked] == [key in twin for key in asked]
    assert packed.lacks(b"".join(asked)) == (len(set(asked)) == len(asked) and twin.keys().isdisjoint(asked))


@each
@given(ROWS)
def test_rows_put_at_once_or_read_back_are_the_same(b: Any, rows: list[tuple[bytes, bytes]]) -> None:
    packed = filled(b, *(key + value for key, value in rows))
    assert list(packed) == list(dict(rows))
    assert b.Packed.decode(bytes(packed)) == packed
    assert (packed == filled(b)) == (not rows)


@each
@given(ROWS.filter(bool), st.data())
def test_parts_of_rows_are_taken_in_any_order(b: Any, rows: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    packed, listed = filled(b, *(key + value for key, value in rows)), list(dict(rows).items())
    order = data.draw(st.lists(st.integers(0, len(listed) - 1), max_size=9))
    start = data.draw(st.integers(0, 5))
    end = data.draw(st.integers(start, 5))
    assert packed.take(order, start, end) == b"".join(b"".join(listed[row])[start:end] for row in order)
    assert packed.take(range(len(listed)), 0, 2) == b"".join(dict(rows))
    for row, end in ((len(listed), 1), (0, 6)):
        with pytest.raises(ValueError, match="index"):
            packed.take([row], 0, end)


@each
def test_a_set_of_many_chunks_forgets_nothing(b: Any) -> None:
    keys = [number.to_bytes(32, "little") for number in range(70_000)]
    packed = b.Packed(32)
    packed.extend(b"".join(keys[:-1]))
    assert (len(packed), keys[-1] in packed, packed.get(keys[0])) == (69_999, False, b"")
    packed.put(keys[-1])
    packed.put(keys[0])
    assert list(packed) == keys
    assert all(key in packed for key in keys)
    assert packed.take([65_537, 0], 0, 32) == keys[65_537] + keys[0]


@each
def test_who_goes_through_it_sees_what_comes_meanwhile_or_is_told(b: Any) -> None:
    packed = filled(b, b"ab123", b"cd123")
    keys = iter(packed)
    assert next(keys) == b"ab"
    packed.put(b"ab", b"456")
    assert list(keys) == [b"cd"]


@each
@pytest.mark.parametrize(
    "ask",
    [
        lambda b: b.Packed(0, 1),
        lambda b: b.Packed(1, 1 << 20),
        lambda b: filled(b, b"abcd"),
        lambda b: filled(b).get(b"a"),
        lambda b: b"abc" in filled(b),
        lambda b: filled(b).put(b"ab"),
        lambda b: filled(b).put(b"abc", b"def"),
        lambda b: filled(b).lacks(b"abc"),
        lambda b: b.Packed.decode(b"\0\0\0\2\0\0\0"),
        lambda b: b.Packed.decode(b"\0\0\0\0\0\0\0\1a"),
        lambda b: b.Packed.decode(b"\0\0\0\1\0\0\0\1aba"),
        lambda b: b.Packed.decode(b"\0\0\0\1\0\0\0\1abac"),
    ],
)
def test_what_does_not_fit_is_refused(b: Any, ask: Any) -> None:
    with pytest.raises(ValueError, match=r"bytes|occurs twice"):
        ask(b)


@each
def test_it_has_no_hash_and_is_a_packed_map(b: Any) -> None:
    assert isinstance(b.Packed(1), Packed)
    assert b.Packed(1) != b.Packed(2)
    assert b.Packed(1) != b"\0\0\0\1\0\0\0\0"
    with pytest.raises(TypeError):
        hash(b.Packed(1))


def test_what_values_mean_is_a_mapping() -> None:
    class Numbers(Keyed[int]):
        def read(self, value: bytes) -> int:
            return int.from_bytes(value, "big")

    numbers = Numbers(backend.Packed(1, 2))
    numbers.rows.extend(b"a\0\1b\1\0")
    assert dict(numbers) == {b"a": 1, b"b": 256}
    assert (numbers[b"a"], numbers.get(b"c"), numbers.get(b"c", 7), b"b" in numbers) == (1, None, 7, True)
    with pytest.raises(KeyError):
        numbers[b"c"]
