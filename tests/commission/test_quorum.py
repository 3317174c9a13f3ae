"""When a commission's record takes effect: who counts is who sits there then (specs/records.md §3.4, §3.5)."""

from __future__ import annotations

import pytest

from tests.corpus.seats import CENTRAL, PRECINCT, SEATED, SQUATTERS, SUCCESSOR, joined, seat
from tests.corpus.twin import Liar, honest, phases
from verifier import fold
from verifier.commission.quorum import Seated, Signing
from verifier.election.register import Opening
from verifier.errors import Rejected
from verifier.log.tree import hash_leaf
from verifier.records import encode


def test_the_manifests_roster_is_in_force_as_it_is_posted_and_begins_nothing() -> None:
    liar = Liar(honest(), SEATED)
    assert liar.state.rosters == {"central": [Seated(1, liar.central.roster)]}
    assert (liar.state.phase, list(liar.state.pending)) == ("setup", [hash_leaf(liar.records[0])])
    assert set(liar.state.seats.values()) == {"central"}


def test_the_ceremony_begins_without_any_other_roster() -> None:
    """A2: rosters that the electronic election does not need hold nothing up."""
    liar = Liar(honest(), SEATED)
    for signature in liar.central.sign(liar.digest, hash_leaf(liar.records[0])):
        liar.post(signature)
    assert (liar.state.phase, list(liar.state.rosters)) == ("ceremony", ["central"])


def test_a_roster_is_in_force_from_the_next_record_on() -> None:
    liar = Liar(honest(), phases()["voting"])
    former = liar.precinct.roster
    liar.enact(joined(liar.precinct, SUCCESSOR).roster)
    place = len(liar.records) - 1
    assert liar.state.roster("precinct", place) == former
    assert liar.state.roster("precinct", place + 1) == joined(liar.precinct, SUCCESSOR).roster
    assert liar.state.roster("precinct", 0) is None
    assert liar.state.signed("precinct", Signing(place, "precinct-1")) == former.members[0]


def test_whoever_leaves_makes_room() -> None:
    """The key that left may sit elsewhere; the one that came may not."""
    liar = Liar(honest(), phases()["voting"])
    moved = liar.precinct.people[0]
    liar.enact(joined(liar.precinct, SUCCESSOR).roster)
    assert moved.member.key not in liar.state.seats
    assert liar.state.seats[SUCCESSOR.member.key] == "precinct"
    liar.enact(joined(liar.suburb, moved).roster, liar.district)
    assert liar.state.seats[moved.member.key] == "suburb"


def test_squatters_take_no_seat() -> None:
    """A2: a roster that nobody above has signed is nothing, and blocks nothing."""
    liar = Liar(honest(), SEATED)
    liar.post(SQUATTERS.roster)
    assert set(liar.state.seats.values()) == {"central"}
    liar.enact(seat(PRECINCT, "squatter-3", "squatter-4").roster)
    assert list(liar.state.rosters) == ["central", "precinct"]


def test_a_roster_that_was_in_force_may_be_so_again() -> None:
    """Its leaf cannot stand twice on the log, but other names or another order make another one."""
    liar = Liar(honest(), phases()["voting"])
    former = liar.precinct
    liar.enact(joined(former, SUCCESSOR).roster)
    back = former._replace(people=former.people[::-1])
    liar.enact(back.roster)
    assert liar.state.roster("precinct", len(liar.records)) == back.roster


def test_a_seat_that_is_taken_is_told_with_its_commission() -> None:
    """A1: over all rosters in force."""
    liar = Liar(honest(), phases()["registration"])
    taken = encode(joined(liar.precinct, liar.central.people[2]).roster)
    with pytest.raises(Rejected, match=r"CFG.3 .*a member sits in central already"):
        fold.prepare(liar.state, len(liar.records), taken, liar.blobs.get)


def test_a_quorum_is_counted_at_its_last_signature() -> None:
    liar = Liar(honest(), phases()["voting"])
    signers = [Signing(3, "central-1"), Signing(4, "central-2")]
    assert liar.state.is_quorum("central", Opening(bytes(32), 0), signers)
    assert not liar.state.is_quorum("central", Opening(bytes(32), 0), signers[:1])
    assert not liar.state.is_quorum("central", Opening(bytes(32), 0), [signers[0], Signing(5, "central-1")])
    liar.enact(seat(CENTRAL, "new-1", "new-2", "new-3").roster)
    assert liar.state.is_quorum("central", Opening(bytes(32), 0), signers)
    assert not liar.state.is_quorum("central", Opening(bytes(32), 0), [*signers, Signing(len(liar.records), "new-1")])
