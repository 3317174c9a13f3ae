"""One coding for each choice, one point for each column; all else is an invalid ballot (specs/ballot.md §1–3)."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.dishonest import embed_again
from verifier.election.choice import decode_choice, decode_points, embed, encode_choice, encode_points, extract
from verifier.errors import Malformed
from verifier.proof import backend
from verifier.proof.group import IDENTITY

COLUMNS = st.one_of(st.binary(min_size=30, max_size=30), st.sampled_from([bytes(30), b"\xff" * 30, b"\1" + bytes(29)]))


def contest(options: int, least: int, most: int, width: int) -> Any:
    return SimpleNamespace(id="contest", options=tuple(range(options)), least=least, most=most, width=width)


@st.composite
def contests(draw: st.DrawFn) -> Any:
    width = draw(st.integers(1, 3))
    options = draw(st.integers(1, 255))
    most = draw(st.integers(0, min(options, 30 * width - 1)))
    return contest(options, draw(st.integers(0, most)), most, width)


@st.composite
def choices(draw: st.DrawFn) -> tuple[Any, tuple[int, ...]]:
    ballot = draw(contests())
    numbers = st.integers(1, len(ballot.options))
    return ballot, tuple(sorted(draw(st.sets(numbers, min_size=ballot.least, max_size=ballot.most))))


@given(choices())
def test_choices_come_back(drawn: tuple[Any, tuple[int, ...]]) -> None:
    ballot, choice = drawn
    points = encode_points(ballot, choice)
    assert len(points) == 32 * ballot.width
    assert backend.first_undecodable(points) is None
    assert decode_points(ballot, points) == choice


@given(choices(), st.integers(0, 89), st.integers(0, 255))
def test_no_other_bytes_are_the_same_choice(drawn: tuple[Any, tuple[int, ...]], at: int, byte: int) -> None:
    ballot, choice = drawn
    coded = bytearray(encode_choice(ballot, choice))
    coded[at % len(coded)] = byte
    try:
        read = decode_choice(ballot, bytes(coded))
    except Malformed:
        return
    assert encode_choice(ballot, read) == bytes(coded)
    assert (read == choice) is (bytes(coded) == encode_choice(ballot, choice))


@given(contests(), st.lists(st.integers(-1, 256), max_size=5))
def test_only_allowed_choices_are_coded(ballot: Any, choice: list[int]) -> None:
    marks = sorted(set(choice))
    allowed = choice == marks and all(1 <= mark <= len(ballot.options) for mark in marks)
    allowed = allowed and ballot.least <= len(choice) <= ballot.most
    try:
        encode_choice(ballot, choice)
    except Malformed:
        assert not allowed
    else:
        assert allowed


@given(COLUMNS)
def test_columns_come_back_from_their_points(column: bytes) -> None:
    encoding = embed(column)
    assert backend.first_undecodable(encoding) is None
    assert encoding != IDENTITY
    assert extract(encoding) == column


@given(COLUMNS)
def test_only_the_smallest_counter_counts(column: bytes) -> None:
    with pytest.raises(Malformed):
        extract(embed_again(column))


@given(st.binary(min_size=64, max_size=64))
def test_a_point_carries_its_bytes_in_one_way_or_none(uniform: bytes) -> None:
    encoding = backend.hash_to_group(uniform)
    try:
        column = extract(encoding)
    except Malformed:
        assert embed(encoding[1:31]) != encoding
    else:
        assert embed(column) == encoding


@given(contests())
def test_the_identity_is_an_invalid_ballot(ballot: Any) -> None:
    with pytest.raises(Malformed):
        decode_points(ballot, IDENTITY * ballot.width)


@given(contests(), st.integers(0, 2))
def test_an_identity_in_any_column_is_an_invalid_ballot(ballot: Any, column: int) -> None:
    points = bytearray(encode_points(ballot, range(1, ballot.least + 1)))
    at = column % ballot.width * 32
    points[at : at + 32] = IDENTITY
    with pytest.raises(Malformed):
        decode_points(ballot, bytes(points))


@given(contests(), st.binary(max_size=100))
def test_bytes_of_any_length_are_a_choice_or_not_well_formed(ballot: Any, coded: bytes) -> None:
    for read in (decode_choice, decode_points):
        if len(coded) != (30 if read is decode_choice else 32) * ballot.width:
            with pytest.raises(Malformed):
                read(ballot, coded)


@given(st.binary(max_size=100).filter(lambda encoding: len(encoding) != 32))
def test_only_32_bytes_carry_a_column(encoding: bytes) -> None:
    with pytest.raises(Malformed):
        extract(encoding)


def test_the_counter_takes_the_first_byte_and_then_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many columns without a point below 130 do not come by chance."""
    tried: list[bytes] = []

    def refuse(encoding: bytes) -> int | None:
        tried.append(encoding)
        return None if len(tried) > 259 else 0

    monkeypatch.setattr(backend, "first_undecodable", refuse)
    column = bytes(range(1, 31))
    assert embed(column) == tried[-1]
    counters = [(encoding[0], encoding[31]) for encoding in tried]
    assert counters == [(2 * (counter % 128), counter // 128) for counter in range(260)]
    assert {encoding[1:31] for encoding in tried} == {column}
