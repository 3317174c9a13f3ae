"""Odd elections in which parties quarrel, fall silent or change, and which are held to their end all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixnet.ballot import Credential
from tests.corpus.keys import complaint
from tests.corpus.odd import finish, odd
from tests.corpus.seats import (
    CENTRAL,
    OPENS,
    PRECINCT,
    SEATED,
    SQUATTERS,
    STRANGE,
    SUCCESSOR,
    USURPERS,
    joined,
    person,
    seat,
    with_a_stranger,
)
from tests.corpus.twin import HAMLET, NORTH, SOUTH, Liar, honest, phases, with_scalar
from verifier.election.ceremony import Complaint, Dealing, Restart
from verifier.election.counting import Close, Override
from verifier.election.register import Opening, Row
from verifier.election.shuffle import Skip
from verifier.log.tree import hash_leaf

if TYPE_CHECKING:
    pass


# Going on without somebody.


def elect(liar: Liar) -> None:
    """From the end of the ceremony on, with two voters in one contest."""
    liar.seat_others()
    liar.voters = []
    liar.register(3)
    for voter in NORTH[:2]:
        liar.vote(voter, [1])
    finish(liar)


@odd("ceremony", 2, verdict="accepted with findings")
def a_trustee_who_is_left_out(liar: Liar) -> None:
    """Trustee 1 stays silent; 2 and 3 hold the key under their own numbers."""
    liar.enact(Restart(2, (1,)))
    liar.hold_ceremony()
    elect(liar)


@odd("ceremony", 2, verdict="accepted with findings", phase="registration")
def a_trustee_who_was_left_out_and_is_back(liar: Liar) -> None:
    """A later restart names anew whom it leaves out."""
    liar.enact(Restart(2, (1,)))
    liar.pledge()
    liar.enact(Restart(3, (2,)))
    liar.enact(Restart(4, ()))
    liar.hold_ceremony()


@odd("ceremony", 2, verdict="accepted with findings", phase="registration")
def a_dealer_who_cheats_where_another_is_left_out(liar: Liar) -> None:
    """Trustee 2's share for 3, its second one, does not hold; the next attempt is without trustee 1 as well."""
    liar.enact(Restart(2, (1,)))
    liar.pledge().contribute()
    keys = {i: dealer.E for i, dealer in liar.dealers.items()}
    for i, dealer in liar.dealers.items():
        shares = dealer.deal(liar.state.context, 2, i, keys)
        liar.say(Dealing(2, i, with_scalar(shares, 1) if i == 2 else shares, bytes(64)))
    K, proof = liar.dealers[3].complain(liar.state.context, 2, 2, 3, liar.dealers[2].E)
    liar.say(Complaint(2, 3, 2, K, proof, bytes(64)))
    liar.hold_ceremony()


@odd("ceremony", phase="registration")
def a_restart_of_an_attempt_without_a_pledge(liar: Liar) -> None:
    liar.enact(Restart(2, ()))
    liar.enact(Restart(3, ()))
    liar.hold_ceremony()


@odd("ceremony", 9, verdict="accepted with findings", phase="registration")
def a_restart_after_a_complaint_to_the_attempt_after_the_next(liar: Liar) -> None:
    """The complaint has begun attempt 2, in which nobody has pledged yet."""
    liar.post(complaint(liar))
    liar.enact(Restart(3, ()))
    liar.hold_ceremony()


@odd("ceremony", 1, phase="ceremony")
def a_restart_that_one_member_signs(liar: Liar) -> None:
    """What lacks its quorum blocks nothing."""
    leaf = liar.post(Restart(2, (1,)))
    liar.post(liar.countersign(liar.central.people[0], leaf))
    liar.write(honest().records[phases()["ceremony"] + 1])


@odd("frozen", verdict="accepted with findings")
def a_mix_server_that_is_skipped(liar: Liar) -> None:
    liar.enact(Skip("mixer-1"))
    liar.mix().decrypt().tally()


@odd("frozen", 1, verdict="accepted with findings")
def a_mix_server_that_is_skipped_after_one_contest(liar: Liar) -> None:
    """One contest keeps the mix that the server has made."""
    liar.enact(Skip("mixer-1"))
    liar.mix().decrypt().tally()


@odd("frozen", 1, verdict="accepted with findings")
def a_last_mix_server_that_is_skipped(liar: Liar) -> None:
    """What the first has mixed is decrypted, in the contest that it has mixed before as well as in the other."""
    liar.enact(Skip("mixer-2"))
    liar.mix().decrypt().tally()


@odd("frozen", 3, verdict="accepted with findings")
def a_mix_server_that_is_skipped_when_it_alone_is_waited_for(liar: Liar) -> None:
    """The skip itself is the end of the mixing."""
    liar.enact(Skip("mixer-2"))
    liar.decrypt().tally()


@odd()
def a_close_by_the_commission(liar: Liar) -> None:
    for voter in NORTH[:2]:
        liar.vote(voter, [1])
    liar.enact(Close(b""))
    liar.freeze().mix().decrypt().tally()


@odd()
def a_close_that_the_commission_prepares_and_the_operator_makes(liar: Liar) -> None:
    leaf = liar.post(Close(b""))
    liar.post(liar.countersign(liar.central.people[0], leaf))
    finish(liar)


# Who sits where.


@odd()
def rosters_replaced_while_the_voting_goes_on(liar: Liar) -> None:
    """Those who have come sign, at both levels; the new central commission seats the precinct's new member."""
    for voter in NORTH:
        liar.vote(voter, [1])
    newcomer = seat(CENTRAL, "newcomer").people[0]
    renewed = joined(liar.central, newcomer)
    liar.enact(renewed.roster)
    liar.central = renewed
    liar.precinct = joined(liar.precinct, SUCCESSOR)
    liar.enact(liar.precinct.roster)
    liar.override(NORTH[:1])
    finish(liar)


@odd()
def a_member_who_leaves_while_a_record_waits(liar: Liar) -> None:
    """One signs and leaves; the record takes effect when two who sit in the commission have signed."""
    for voter in NORTH:
        liar.vote(voter, [1])
    leaf = liar.post(Override("precinct", (liar.voters[0].key,)))
    first, second = liar.precinct.sign(liar.digest, leaf)
    liar.post(first)
    liar.precinct = joined(liar.precinct, SUCCESSOR)
    liar.enact(liar.precinct.roster)
    liar.post(second)
    assert not liar.state.overridden
    liar.post(liar.precinct.sign(liar.digest, leaf)[0])
    assert liar.state.overridden
    finish(liar)


@odd()
def a_certificate_renewed_over_the_same_key(liar: Liar) -> None:
    first, second = liar.precinct.people
    liar.precinct = liar.precinct._replace(people=(first, person("renewed", second.key)))
    liar.enact(liar.precinct.roster)
    liar.override(NORTH[:1])
    finish(liar)


@odd("setup", SEATED)
def rosters_of_strangers_that_nobody_signs(liar: Liar) -> None:
    """Squatters of two commissions, and members whom no known root certifies; nothing waits for them."""
    for squatters in (SQUATTERS, USURPERS, seat(PRECINCT, "stranger-1", "stranger-2", authority=STRANGE)):
        liar.post(squatters.roster)
    for raw in honest().records[SEATED:]:
        liar.write(raw)


@odd("setup", SEATED - 1)
def a_central_roster_of_strangers_that_comes_first(liar: Liar) -> None:
    """The manifest fixes whose roster takes effect at once, however early another is posted."""
    liar.post(USURPERS.roster)
    for raw in honest().records[SEATED - 1 :]:
        liar.write(raw)


@odd("setup", SEATED)
def a_precinct_that_is_seated_last(liar: Liar) -> None:
    """The ceremony waits for no roster but the central one."""
    for signature in liar.central.sign(liar.digest, hash_leaf(liar.records[0])):
        liar.post(signature)
    liar.hold_ceremony()
    liar.enact(liar.precinct.roster)
    liar.registrars["hamlet"] = liar.precinct
    liar.voters = []
    liar.register(3)
    finish(liar)


@odd("setup", verdict="accepted with findings", phase="ceremony")
def a_member_whom_no_root_certifies_signs_first(liar: Liar) -> None:
    """The manifest took effect by a void signature; a later one makes the quorum good."""
    leaf = with_a_stranger(liar)
    for number in (2, 0, 1):
        liar.post(liar.countersign(liar.central.people[number], leaf))


@odd("setup", verdict="accepted with findings", phase="ceremony")
def a_member_whom_no_root_certifies_signs_last(liar: Liar) -> None:
    leaf = with_a_stranger(liar)
    for number in (0, 1, 2):
        liar.post(liar.countersign(liar.central.people[number], leaf))


@odd("setup", verdict="accepted with findings", phase="ceremony")
def a_void_signature_under_what_never_took_effect(liar: Liar) -> None:
    """It has no quorum without that signature, nor with it."""
    leaf = with_a_stranger(liar)
    for number in (0, 1):
        liar.post(liar.countersign(liar.central.people[number], leaf))
    liar.post(liar.countersign(liar.central.people[2], liar.post(Restart(2, ()))))


@odd("setup", verdict="accepted with findings", phase="ceremony")
def a_member_whom_no_root_certifies_is_replaced(liar: Liar) -> None:
    """Who sat there before is told as well."""
    leaf = with_a_stranger(liar)
    for number in (0, 1):
        liar.post(liar.countersign(liar.central.people[number], leaf))
    liar.central = liar.central._replace(people=(*liar.central.people[:2], honest().central.people[2]))
    leaf = liar.post(liar.central.roster)
    for number in (0, 1):
        liar.post(liar.countersign(liar.central.people[number], leaf))


@odd("registration", 5, verdict="accepted with findings")
def a_register_that_was_copied_while_it_waited(liar: Liar) -> None:
    """The suburb takes the precinct's keys, and is first to have its quorum; the voters stay the precinct's."""
    waiting = liar.write(honest().records[len(liar.records)])
    taken = [Row(f"T{number:04d}", liar.voters[number].key, "hamlet") for number in (*NORTH, *SOUTH)]
    own = [Row(f"U{number:04d}", liar.voters[number].key, "hamlet") for number in HAMLET]
    liar.list("suburb", [*taken, *own])
    for signature in liar.precinct.sign(liar.digest, waiting):
        liar.post(signature)
    liar.enact(Opening(liar.state.key, 9))
    for voter in (*NORTH, *SOUTH, *HAMLET):
        liar.vote(voter, [1])
    liar.override(NORTH[:1])
    finish(liar)


@odd("registration", OPENS, verdict="accepted with findings")
def keys_listed_twice_in_one_register_and_in_two(liar: Liar) -> None:
    key = Credential().key
    rows = [Row("D0001", key, "north"), Row("D0002", key, "south"), Row("D0003", liar.voters[0].key, "south")]
    liar.list("precinct", rows)
    liar.enact(Opening(liar.state.key, 10))
    liar.vote(0, [1])
    finish(liar)
