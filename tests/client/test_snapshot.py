"""A snapshot holds the whole state: what is replayed from it ends where a replay from the beginning ends."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.elections import Election, contest, whole
from verifier import fold
from verifier.audit.timeline import Snapshot, Timeline
from verifier.client import snapshot
from verifier.errors import Incomplete, VerifierError
from verifier.state import State

CHECKPOINT = b"a signed checkpoint"


def admit(state: State, timeline: Timeline, index: int, raw: bytes, play: Election) -> None:
    step = fold.prepare(state, index, raw, play.blobs.get)
    fold.apply(state, step)
    timeline.see(index, step)


@cache
def course() -> tuple[Election, tuple[bytes, ...]]:
    """An election of two contests with everything in it, and the snapshot after each record."""
    play = whole(contests=[contest("mayor", width=2), contest("council")])
    state, timeline = State(), Timeline()
    taken = [snapshot.encode(Snapshot(CHECKPOINT, State(), Timeline()))]
    for index, raw in enumerate(play.records):
        admit(state, timeline, index, raw, play)
        taken.append(snapshot.encode(Snapshot(CHECKPOINT, state, timeline)))
    return play, tuple(taken)


def test_a_replay_from_any_snapshot_ends_in_the_same_state() -> None:
    play, taken = course()
    for start in range(len(taken)):
        signed, state, timeline = snapshot.decode(taken[start])
        assert signed == CHECKPOINT
        assert snapshot.encode(Snapshot(signed, state, timeline)) == taken[start]
        for index, raw in list(enumerate(play.records))[start:]:
            admit(state, timeline, index, raw, play)
        assert snapshot.encode(Snapshot(signed, state, timeline)) == taken[-1]


def test_no_two_moments_of_an_election_have_the_same_snapshot() -> None:
    taken = course()[1]
    assert len(set(taken)) == len(taken)


def test_a_snapshot_of_another_version_is_refused() -> None:
    taken = course()[1][-1]
    with pytest.raises(Incomplete, match="no snapshot of this version"):
        snapshot.decode(taken.replace(b"snapshot 1\n", b"snapshot 2\n", 1))
    with pytest.raises(Incomplete, match="no snapshot of this version"):
        snapshot.decode(b"")


@given(st.data())
def test_a_damaged_snapshot_is_refused(data: st.DataObject) -> None:
    taken = course()[1][-1]
    at, bit = data.draw(st.integers(0, len(taken) - 1)), data.draw(st.integers(0, 7))
    with pytest.raises(Incomplete):
        snapshot.decode(taken[:at] + bytes([taken[at] ^ 1 << bit]) + taken[at + 1 :])
    with pytest.raises(VerifierError):
        snapshot.decode(taken[:at])


@given(st.binary(max_size=60) | st.sampled_from([b"\x93\xc4\x00\xc0\xc0", b"\xc1"]))
def test_what_is_whole_and_no_snapshot_is_refused(body: bytes) -> None:
    """Written by another version that bears the same name, say."""
    with pytest.raises(Incomplete, match="cannot be read"):
        snapshot.decode(snapshot.FORM + sha256(body).digest() + body)


def test_a_snapshot_with_records_that_are_none_is_refused() -> None:
    taken = course()[1][-1]
    start = len(snapshot.FORM) + snapshot.DIGEST
    body = taken[start:].replace(b'"type":"roster"', b'"type":"raster"')
    assert body != taken[start:]
    with pytest.raises(Incomplete, match="cannot be read"):
        snapshot.decode(snapshot.FORM + sha256(body).digest() + body)
