"""From ballots to counts: the counted set against its definition, the recount against a count by hand."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.elections import contest
from verifier.election.choice import check_choice, embed, encode_points
from verifier.election.counting import counted_set
from verifier.election.course import CastBallots, Course
from verifier.election.tally import recount
from verifier.errors import Malformed
from verifier.proof.group import SIZE, G, Points
from verifier.records import Blob
from verifier.state import State

KEYS = st.integers(0, 9).map(lambda number: bytes([number]) + bytes(SIZE - 1))
NARROW, WIDE = contest("narrow", 5, 0, 2), contest("wide", 40, 1, 35, 2)
GARBAGE = [bytes(SIZE), bytes(G), embed(b"\xff" * 30), embed(bytes([2, 3, 3]).ljust(30, b"\0"))]


@given(st.lists(KEYS, max_size=30), st.sets(KEYS))
def test_the_last_ballot_of_each_credential_that_is_not_overridden_counts(cast: list[bytes], out: set[bytes]) -> None:
    state = State(contests={"one": contest("one")}, courses={"one": Course(CastBallots.of(1))}, overridden=out)
    for position, key in enumerate(cast):
        state.courses["one"].cast.put(key, position, bytes([position]) * SIZE, key, key[::-1])
    last = [position for position, key in enumerate(cast) if key not in cast[position + 1 :] and key not in out]
    counted = counted_set(state, "one")
    assert counted.trackers == b"".join(bytes([position]) * SIZE for position in last)
    assert bytes(counted.sealed.R[0]) == b"".join(cast[position] for position in last)
    assert bytes(counted.sealed.P[0]) == b"".join(cast[position][::-1] for position in last)


@given(st.lists(st.sets(st.integers(1, 5), max_size=2).map(sorted) | st.integers(0, 3), max_size=40))
def test_a_recount_counts_each_mark_of_each_valid_row(rows: list[list[int] | int]) -> None:
    """A number stands for a row of garbage."""
    packed = b"".join(GARBAGE[row] if isinstance(row, int) else encode_points(NARROW, row) for row in rows)
    blob = Blob.of(packed)
    count = recount(NARROW, (Points.packed(packed),), blob)
    valid = [row for row in rows if not isinstance(row, int)]
    marks = Counter(option for row in valid for option in row)
    assert (count.contest, count.counted, count.valid, count.invalid) == (
        *("narrow", len(rows), len(valid), len(rows) - len(valid)),
    )
    assert [(votes.option, votes.count) for votes in count.votes] == [
        (f"narrow-{number}", marks[number]) for number in range(1, 6)
    ]
    assert count.plaintexts == blob


@given(st.lists(st.sets(st.integers(1, 40), min_size=1, max_size=35).map(sorted), min_size=1, max_size=8), st.data())
def test_a_row_of_two_columns_is_valid_only_as_a_whole(rows: list[list[int]], data: st.DataObject) -> None:
    points = [encode_points(WIDE, row) for row in rows]
    broken = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.integers(0, 1))
    points[broken] = (GARBAGE[2] + points[broken][SIZE:], points[broken][:SIZE] + GARBAGE[2])[column]
    columns = tuple(
        Points.packed(b"".join(row[SIZE * k : SIZE * (k + 1)] for row in points)) for k in range(WIDE.width)
    )
    count = recount(WIDE, columns, Blob.of(b""))
    assert (count.valid, count.invalid) == (len(rows) - 1, 1)
    assert sum(votes.count for votes in count.votes) == sum(len(row) for at, row in enumerate(rows) if at != broken)


@pytest.mark.parametrize("marks", [(1, 3, 2), (3, 1, 2), (2, 2, 3), (1, 2, 2), (0, 1, 2), (1, 2, 41), (1, 2, 0)])
def test_marks_that_do_not_ascend_within_the_options_are_no_choice(marks: tuple[int, ...]) -> None:
    with pytest.raises(Malformed):
        check_choice(WIDE, marks)
    coded = bytes([len(marks), *marks]).ljust(60, b"\0")
    columns = tuple(Points.packed(embed(coded[start : start + 30])) for start in (0, 30))
    assert recount(WIDE, columns, Blob.of(b"")).valid == 0
