"""Published attacks as elections: weak Fiat–Shamir, trapdoor generators, and what was made for something else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

import mixnet.ballot
import mixnet.ceremony
import mixnet.decryption
import mixnet.shuffle
from mixnet.ceremony import Dealer
from mixnet.decryption import decrypt, recombine
from tests.corpus import ballots, keys, mixes, shares
from tests.corpus.twin import Liar, fault, honest, lies, phases
from tests.dishonest import forgetting
from verifier.ceremony import Contribution
from verifier.counting import counted_set
from verifier.group import generators
from verifier.transcript import Context

if TYPE_CHECKING:
    from verifier.ballot import Ballot
    from verifier.decryption import Share
    from verifier.shuffle import Mix
    from verifier.tally import Tally

ELSEWHERE = Context("another-election", bytes(32))


# Challenges that forget a part of the statement: who makes such a proof can choose that part afterwards.


def _ballot(liar: Liar, forgotten: str) -> Ballot:
    with forgetting(mixnet.ballot, forgotten):
        return liar.cast(0)


def _mix(liar: Liar, forgotten: str) -> Mix:
    with forgetting(mixnet.shuffle, forgotten):
        return mixes.remix(liar)


def _share(liar: Liar, forgotten: str) -> Share:
    with forgetting(mixnet.decryption, forgotten):
        return shares.share(liar)


def _contribution(liar: Liar, context: Context, forgotten: str = "") -> None:
    dealer = Dealer.draw(2)
    with forgetting(mixnet.ceremony, forgotten):
        proof = dealer.prove(context, 1, 1, 3)
    keys._pledged(liar, Contribution(1, 1, dealer.A, proof, bytes(64)), dealer.E)


@fault("KEY.5", "ceremony")
def a_contribution_whose_challenge_forgets_the_commitments(liar: Liar) -> None:
    _contribution(liar, liar.state.context, "A")


lies(
    "BAL.6",
    "voting",
    a_seal_whose_challenge_forgets_the_payload=lambda liar: _ballot(liar, "P"),
    a_seal_whose_challenge_forgets_the_credential=lambda liar: _ballot(liar, "credential"),
    a_seal_whose_challenge_forgets_the_election=lambda liar: _ballot(liar, "election"),
)
lies("BAL.7", "voting", a_vote_whose_challenge_forgets_the_ballot=lambda liar: _ballot(liar, "tracker"))
lies(
    "MIX.5",
    "frozen",
    a_mix_whose_challenges_forget_the_input=lambda liar: _mix(liar, "P"),
    a_mix_whose_challenges_forget_the_output=lambda liar: _mix(liar, "P'"),
    a_mix_whose_challenges_forget_the_permutation=lambda liar: _mix(liar, "c"),
)
lies(
    "DEC.4",
    "decrypting",
    4,
    a_share_whose_challenge_forgets_the_shares=lambda liar: _share(liar, "D"),
    a_share_whose_challenge_forgets_the_key=lambda liar: _share(liar, "X"),
)


# What was made for another election, with other generators, or of other ciphertexts.


@fault("KEY.5", "ceremony")
def a_contribution_proved_for_another_election(liar: Liar) -> None:
    _contribution(liar, ELSEWHERE)


def _from_elsewhere(liar: Liar) -> Ballot:
    """A ballot sealed for another election under the same key, cast in this one."""
    credential, contest = liar.voters[0], liar.contests[0]
    prepared = credential.seal(ELSEWHERE, liar.state.key, contest, contest.id, (1,))
    prepared = prepared._replace(tracker=prepared.sealed.tracker(liar.digest))
    return credential.cast(liar.state.context, prepared, liar.latest(0))


def _mixed_elsewhere(liar: Liar) -> Mix:
    before = liar.state.courses["north"].lists[-1]
    after, proof = mixnet.shuffle.shuffle(ELSEWHERE, "north", 1, liar.state.key, before)
    return mixes.remix(liar, output=after.encode(), proof=proof)


def _trapdoor(liar: Liar) -> Mix:
    """The mix server chose its generators itself, and may know how they hang together."""
    own = patch.object(mixnet.shuffle, "generators", lambda _, n: generators("trapdoor", n))
    with own, patch.object(mixnet.shuffle, "check_shuffle", lambda *_: None):
        return mixes.remix(liar)


def _share_of_the_first_mix(liar: Liar) -> Share:
    """It says that it is of the last."""
    course = liar.state.courses["north"]
    D, proof = decrypt(liar.state.context, "north", 3, liar.x[2], course.digests[-1], course.lists[1])
    return shares.share(liar, data=b"".join(map(bytes, D)), proof=proof)


def _wrong_lagrange(liar: Liar) -> Tally:
    """The shares of trustees 1 and 2 put together as if they were those of 1 and 3."""
    course = liar.state.courses["north"]
    first, second = course.shares[:2]
    return shares._tally(liar, north=recombine(course.lists[-1], [first, second._replace(trustee=3)]))


lies("BAL.6", "voting", a_ballot_sealed_for_another_election=_from_elsewhere)
lies("CFG.5", "voting", 9, a_voters_older_ballot_replayed=lambda _: honest().records[phases()["voting"]])
lies("MIX.5", "frozen", a_mix_proved_for_another_election=_mixed_elsewhere, a_mix_over_trapdoor_generators=_trapdoor)
lies("DEC.4", "decrypting", 4, a_share_of_other_ciphertexts=_share_of_the_first_mix)
lies("TAL.4", "decrypting", 4, plaintexts_by_another_lagrange_set=_wrong_lagrange)


@fault("SEL.2", "closed")
def a_ballot_added_that_nobody_cast(liar: Liar) -> None:
    counted = counted_set(liar.state, "north")
    ballots._freeze(liar, north=(*counted, counted[-1]._replace(tracker=bytes(32))))
