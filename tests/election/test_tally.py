"""Recounts read whole rows, false plaintexts are named by their row, and a step carries its record (specs/tally.md)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.support.elections import Election, contest
from verifier import fold
from verifier.election.choice import encode_points
from verifier.election.tally import Plain, recount
from verifier.errors import Rejected
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.group import G, Points
from verifier.records import Blob, encode

MAYOR = contest("mayor")


def decrypted() -> Election:
    made = Election([MAYOR]).set_up().hold_ceremony().register()
    for voter in range(3):
        made.vote(voter, [1 + voter])
    return made.close().mix().decrypt()


def test_what_lies_across_two_rows_is_no_ballot() -> None:
    vote = encode_points(MAYOR, [1])
    across = Points.packed(bytes(16) + vote + bytes(16))
    count = recount(MAYOR, [across], Blob.of(b""))
    assert (count.counted, count.valid, count.invalid) == (2, 0, 2)
    aligned = Points.packed(vote + vote)
    count = recount(MAYOR, [aligned], Blob.of(b""))
    assert (count.counted, count.valid, [votes.count for votes in count.votes]) == (2, 2, [2, 0, 0])


def test_a_false_plaintext_is_named_by_its_row() -> None:
    made = decrypted()
    course = made.state.courses["mayor"]
    count = made.count().contests[0]
    plain = made.blobs[count.plaintexts.sha256]
    for row in range(3):
        for wrong, clause, said in ((b"\1" + bytes(31), "TAL.3", "plaintext row"), (bytes(G), "TAL.4", "row")):
            M = Points.packed(plain[: 32 * row] + wrong + plain[32 * row + 32 :])
            batch = Batch()
            Plain(mixed=course.lists[-1], given=tuple(course.shares), M=(M,), where=Place("here")).check(batch)
            with pytest.raises(Rejected) as caught:
                batch.settle()
            assert (caught.value.id, str(caught.value.where)) == (clause, f"here, {said} {row + 1}")


def test_a_step_carries_its_record_and_a_tally_says_all_contests() -> None:
    made = decrypted()
    tally = made.count()
    step = fold.prepare(made.state, len(made.records), encode(tally), made.blobs.get)
    assert step.record == tally
    with pytest.raises(Rejected, match=r"TAL\.2"):
        fold.prepare(made.state, len(made.records), encode(replace(tally, contests=())), made.blobs.get)
