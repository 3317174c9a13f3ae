"""Published attacks as elections: weak Fiat–Shamir, trapdoor generators, and what was made for something else."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

import mixnet.ballot
import mixnet.ceremony
import mixnet.decryption
import mixnet.shuffle
from mixnet.ceremony import Dealer
from mixnet.decryption import decrypt
from mixnet.secrets import Secrets
from mixnet.transcript import Writer
from tests.corpus import ballots, keys, mixes, shares
from tests.corpus.twin import Liar, bent, fault, honest, lies, phases
from tests.support.ciphertexts import of_rows
from tests.vectors.dishonest import forgetting
from verifier.client.plaintexts import recombine
from verifier.election.ceremony import Contribution
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import SIZE, G, Points, Scalars, generators
from verifier.proof.transcript import Context

if TYPE_CHECKING:
    from verifier.election.ballot import Ballot
    from verifier.election.ceremony import Complaint
    from verifier.election.decryption import Share
    from verifier.election.shuffle import Mix
    from verifier.election.tally import Tally

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


def _complaint(liar: Liar, forgotten: str) -> Complaint:
    with forgetting(mixnet.ceremony, forgotten):
        return keys.complaint(liar)


@fault("KEY.5", "ceremony")
def a_contribution_whose_challenge_forgets_the_commitments(liar: Liar) -> None:
    _contribution(liar, liar.state.context, "A")


lies(
    "KEY.6",
    "ceremony",
    keys.DEALT,
    a_complaint_whose_challenge_forgets_the_secret=lambda liar: _complaint(liar, "K"),
)
lies(
    "BAL.6",
    "voting",
    a_seal_whose_challenge_forgets_the_key=lambda liar: _ballot(liar, "PK"),
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
    a_share_whose_challenge_forgets_the_ciphertexts=lambda liar: _share(liar, "R"),
)


class Seeded(Writer):
    """A writer whose challenges come from the prover, not from what was said."""

    def challenge(self, label: str) -> Scalars:
        del label
        return Secrets.draw().reveal()


def _seeded(liar: Liar) -> Mix:
    with patch.object(mixnet.shuffle, "Writer", Seeded), patch.object(mixnet.shuffle, "check_shuffle", lambda *_: None):
        return mixes.remix(liar)


lies("MIX.5", "frozen", a_mix_whose_last_challenge_its_server_drew=_seeded)


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
    D, proof = decrypt(liar.state.context, "north", 3, liar.x[3], course.digests[-1], course.lists[-2])
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


# Ballots and mixes made of others.


def _made_of_another(liar: Liar) -> Ballot:
    """Voter 0's ballot, encrypted once more so that nobody sees it is the same, with the proof that came with it."""
    first = ballots._told(0).sealed
    r = Secrets.draw().reveal()
    R = (Points.packed(first.R) + r * G).point()
    P = (Points.packed(first.P) + r * Points.packed(liar.state.key)).point()
    return liar.cast(1, R=bytes(R), P=bytes(P), proof=first.proof)


def _keeping_the_product(after: Ciphertexts) -> Ciphertexts:
    """What one row gains the other loses: all rows together decrypt as before."""
    first, last = (Points.packed(bytes(after.P[0])[start : start + SIZE]) for start in (0, SIZE))
    return Ciphertexts(after.R, (Points.packed(bytes((first + G).point()) + bytes((last - G).point())),))


def _mix_of_the_raw_ballots(liar: Liar) -> Mix:
    """A right shuffle of every ballot that was cast, the overridden and the replaced ones among them."""
    told = [ballots._told(number).sealed for number in range(8)]
    raw = of_rows([(sealed.R, sealed.P) for sealed in told if sealed.contest == "north"], 1)
    after, proof = mixnet.shuffle.shuffle(liar.state.context, "north", 1, liar.state.key, raw)
    return mixes.remix(liar, input=raw.digest(), output=after.encode(), proof=proof)


lies(
    "BAL.6",
    "voting",
    1,
    anothers_ballot_encrypted_once_more=_made_of_another,
    a_proof_replayed_from_another_ballot=lambda liar: liar.cast(1, proof=ballots._told(0).sealed.proof),
)
lies(
    "BAL.7",
    "voting",
    1,
    a_signature_replayed_from_another_ballot=lambda liar: bent(liar.cast(0), signature=ballots._told(0).signature),
)
lies("MIX.2", "frozen", a_mix_of_the_raw_ballots=_mix_of_the_raw_ballots)
lies(
    "MIX.8",
    "frozen",
    two_ballots_changed_that_keep_their_product=lambda liar: mixes._false_mix(liar, "north", _keeping_the_product),
)


# Nothing at all, where a check that goes through what it is given would have nothing to check.


@fault("KEY.3", "ceremony")
def a_contribution_without_coefficients(liar: Liar) -> None:
    keys._pledged(liar, keys._revealed(points=b""))


lies("KEY.1", "ceremony", keys.CONTRIBUTED, a_dealing_of_nothing=lambda liar: keys.signed(liar, 6, shares=b""))
lies("BAL.2", "voting", a_ballot_without_a_proof=lambda liar: liar.cast(0, proof=b""))
lies("MIX.3", "frozen", neither_output_nor_proof=lambda liar: mixes.remix(liar, output=b"", proof=b""))
lies("DEC.2", "decrypting", no_shares=lambda liar: shares.share(liar, data=b""))
lies("TAL.3", "decrypting", 4, no_plaintexts=lambda liar: shares._counted_as(liar, plaintexts=liar.put(b"")))


@fault("SEL.2", "closed")
def a_ballot_added_that_nobody_cast(liar: Liar) -> None:
    ballots._freeze(liar, north=[*ballots._counted(liar, "north"), bytes(32)])
