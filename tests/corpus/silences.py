"""Lies about going on without somebody: restarts without trustees, skipped mix servers, a close by the commission."""

from __future__ import annotations

from mixnet.ceremony import Dealer
from tests.corpus.keys import DEALT, complaint, signed
from tests.corpus.mixes import counted, remix
from tests.corpus.shares import share
from tests.corpus.twin import NORTH, Liar, fault, honest, lies, phases
from verifier.election.ceremony import Acknowledgement, Complaint, Contribution, Dealing, Pledge, Restart
from verifier.election.counting import Close
from verifier.election.shuffle import Skip
from verifier.log.tree import hash_leaf
from verifier.proof.group import G
from verifier.records import encode

# Restarts. Of three trustees at least two take part.


@fault("KEY.10", "ceremony", 1)
def a_restart_that_skips_an_attempt(liar: Liar) -> None:
    liar.enact_lie(Restart(3, ()))


@fault("KEY.10", "ceremony", 1)
def a_restart_of_the_present_attempt(liar: Liar) -> None:
    liar.enact_lie(Restart(1, ()))


@fault("KEY.10", "ceremony", DEALT)
def a_restart_of_what_a_complaint_has_ended(liar: Liar) -> None:
    liar.post(complaint(liar))
    liar.enact_lie(Restart(2, ()))


@fault("KEY.10", "ceremony", 1)
def a_restart_without_too_many_trustees(liar: Liar) -> None:
    liar.enact_lie(Restart(2, (1, 3)))


@fault("KEY.10", "ceremony", 1)
def a_restart_without_a_trustee_that_there_is_not(liar: Liar) -> None:
    liar.enact_lie(Restart(2, (4,)))


@fault("KEY.10", "ceremony", 1)
def a_restart_without_a_trustee_twice(liar: Liar) -> None:
    liar.enact_lie(Restart(2, (3, 3)))


@fault("KEY.1", "ceremony", 1)
def a_pledge_of_the_old_attempt_after_a_restart(liar: Liar) -> None:
    liar.enact(Restart(2, ()))
    liar.lie(signed(liar, 1))


@fault("KEY.1", "ceremony")
def a_pledge_of_a_trustee_who_is_left_out(liar: Liar) -> None:
    liar.enact(Restart(2, (3,)))
    liar.lie(signed(liar, 2, attempt=2))


@fault("KEY.1", "ceremony")
def a_trustee_left_out_of_the_attempt_that_a_complaint_begins(liar: Liar) -> None:
    """Whom a restart left out is left out until the next restart."""
    liar.enact(Restart(2, (3,)))
    liar.pledge().contribute().deal()
    _complain(liar, 1, 2)
    liar.lie(signed(liar, 2, attempt=3))


def _complain(liar: Liar, i: int, j: int) -> None:
    """Trustee j complains of dealer i in the present attempt."""
    attempt = liar.state.ceremony.attempt
    K, proof = liar.dealers[j].complain(liar.state.context, attempt, i, j, liar.dealers[i].E)
    liar.say(Complaint(attempt, j, i, K, proof, bytes(64)))


@fault("KEY.1", "ceremony")
def a_dealing_with_a_share_for_a_trustee_who_is_left_out(liar: Liar) -> None:
    liar.enact(Restart(2, (1,)))
    liar.pledge().contribute()
    liar.lie(liar.trustees[1].sign(Dealing(2, 2, bytes(96), bytes(64)), liar.digest))


@fault("KEY.5", "ceremony")
def a_contribution_that_counts_those_who_are_left_out(liar: Liar) -> None:
    """Its proof is made for three participants, where there are two."""
    liar.enact(Restart(2, (2,)))
    dealer = Dealer.draw(2)
    contribution = Contribution(2, 1, dealer.A, dealer.prove(liar.state.context, 2, 1, 3), bytes(64))
    liar.say(Pledge(2, 1, dealer.E, contribution.digest(), bytes(64)))
    liar.say(Pledge(2, 3, Dealer.draw(2).E, bytes(32), bytes(64)))
    liar.lie(liar.trustees[0].sign(contribution, liar.digest))


@fault("KEY.1", "ceremony")
def an_acknowledgement_of_a_trustee_who_is_left_out(liar: Liar) -> None:
    liar.enact(Restart(2, (3,)))
    liar.pledge().contribute().deal()
    liar.lie(liar.trustees[2].sign(Acknowledgement(2, 3, bytes(G), bytes(64)), liar.digest))


@fault("DEC.1", "ceremony")
def a_share_of_a_trustee_who_was_left_out(liar: Liar) -> None:
    """It had a share in the first attempt, before that was given up."""
    liar.pledge().contribute().deal()
    former = Dealer.draw(2).share(3)
    liar.enact(Restart(2, (3,)))
    liar.hold_ceremony().seat_others()
    liar.voters = []
    liar.register(3)
    for voter in NORTH[:2]:
        liar.vote(voter, [1])
    liar.close().mix()
    liar.x[3] = former
    liar.lie(share(liar))


# Mix servers. Of two at least one mixes each contest.


@fault("MIX.10", "frozen")
def a_skip_of_no_mix_server(liar: Liar) -> None:
    liar.enact_lie(Skip("trustee-1"))


@fault("MIX.10", "frozen")
def a_skip_below_the_least_number(liar: Liar) -> None:
    liar.enact(Skip("mixer-2"))
    liar.enact_lie(Skip("mixer-1"))


@fault("MIX.10", "frozen", 1)
def a_skip_below_the_least_number_in_one_contest(liar: Liar) -> None:
    """One contest has its mix already; the other would have none."""
    liar.enact(Skip("mixer-1"))
    liar.enact_lie(Skip("mixer-2"))


lies("CFG.6", "closed", a_skip_before_the_freeze=lambda _: Skip("mixer-1"))
lies("CFG.6", "decrypting", a_skip_after_the_last_mix=lambda _: Skip("mixer-1"))


@fault("MIX.1", "frozen")
def a_mix_by_a_server_that_is_skipped(liar: Liar) -> None:
    liar.enact(Skip("mixer-1"))
    liar.lie(remix(liar))


@fault("MIX.1", "frozen")
def a_mix_at_the_place_of_the_skipped_one(liar: Liar) -> None:
    """The second server is the first to mix, hence in place 1."""
    liar.enact(Skip("mixer-1"))
    liar.lie(remix(liar, place=2, mixer=1))


@fault("MIX.1", "frozen")
def a_mix_out_of_turn_while_a_skip_waits(liar: Liar) -> None:
    """One member's signature skips nobody."""
    leaf = liar.post(Skip("mixer-1"))
    liar.post(liar.countersign(liar.central.people[0], leaf))
    liar.lie(remix(liar, mixer=1))


@fault("MIX.1", "frozen", 1)
def a_mix_by_a_skipped_server_of_what_another_mixed(liar: Liar) -> None:
    liar.enact(Skip("mixer-2"))
    liar.lie(remix(liar, place=2))


@fault("DEC.1", "frozen", 1)
def a_share_of_the_counted_set_where_one_has_mixed(liar: Liar) -> None:
    liar.enact(Skip("mixer-2"))
    liar.mix()
    liar.lie(share(liar, mix=counted(liar)))


# The close.

lies(
    "CRT.3",
    "voting",
    a_close_that_a_trustee_signs=lambda liar: liar.trustees[0].sign(Close(b""), liar.digest),
)


@fault("CFG.6", "voting", 12)
def a_freeze_before_the_close_has_its_quorum(liar: Liar) -> None:
    leaf = liar.post(Close(b""))
    liar.post(liar.countersign(liar.central.people[0], leaf))
    liar.lie(honest().records[phases()["closed"]])


@fault("CRT.2", "closed")
def a_signature_under_the_operators_close(liar: Liar) -> None:
    """It took effect as it was posted, and waits for nobody."""
    leaf = hash_leaf(liar.records[-1])
    liar.lie(encode(liar.countersign(liar.central.people[0], leaf)))


@fault("CFG.6", "voting", 12)
def a_close_by_the_commission_after_the_operators(liar: Liar) -> None:
    leaf = liar.post(Close(b""))
    liar.write(honest().records[len(liar.records) - 1])
    first, last = liar.central.sign(liar.digest, leaf)
    liar.post(first)
    liar.lie(encode(last))


lies("CFG.6", "closed", a_close_by_the_commission_of_what_is_closed=lambda _: Close(b""))
