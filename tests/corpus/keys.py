"""Lies in the key ceremony: order, pledges, points, proofs, complaints, acknowledgements."""

from __future__ import annotations

from unittest.mock import patch

from mixnet.ceremony import Dealer
from mixnet.transcript import Writer
from tests.corpus.twin import IDENTITY, UNDECODABLE, Liar, bent, fault, honest, lies, phases, with_point, with_scalar
from verifier.election.ceremony import Complaint, Contribution, Message, Pledge
from verifier.proof.group import G, Points, Scalars
from verifier.rules import CODEC

PLEDGED, CONTRIBUTED, DEALT = 3, 6, 9  # records of the ceremony when all have done so


def told(position: int) -> Message:
    """The ceremony's record at a position, as the honest twin has it."""
    record = CODEC.decode(honest().records[phases()["ceremony"] + position])
    assert isinstance(record, Message)
    return record


def signed(liar: Liar, position: int, by: int | None = None, /, **changes: object) -> Message:
    """A bent record of the ceremony, signed by its trustee."""
    record = bent(told(position), **changes)
    return liar.trustees[(by or record.trustee) - 1].sign(record, liar.digest)


def complaint(liar: Liar, **changes: object) -> Complaint:
    first, second, _ = liar.dealers.values()
    K, proof = second.complain(liar.state.context, 1, 1, 2, first.E)
    return liar.trustees[1].sign(bent(Complaint(1, 2, 1, K, proof, bytes(64)), **changes), liar.digest)


lies(
    "KEY.1",
    "ceremony",
    a_trustee_that_there_is_not=lambda liar: signed(liar, 0, 1, trustee=4),
    a_pledge_for_the_second_attempt=lambda liar: signed(liar, 0, attempt=2),
    a_contribution_before_the_pledges=lambda liar: signed(liar, 3),
)
lies("KEY.1", "ceremony", 1, a_second_pledge=lambda liar: signed(liar, 0, digest=bytes(32)))
lies("KEY.1", "ceremony", 2, a_contribution_before_the_last_pledge=lambda liar: signed(liar, 3))
lies("KEY.1", "ceremony", PLEDGED, a_dealing_before_the_contributions=lambda liar: signed(liar, 6))
lies("KEY.1", "ceremony", PLEDGED + 1, a_second_contribution=lambda liar: _contribution(liar, told(3), fresh=True))
lies(
    "KEY.1",
    "ceremony",
    CONTRIBUTED,
    a_dealing_without_a_share=lambda liar: signed(liar, 6, shares=bytes(64)),
    an_acknowledgement_before_the_dealings=lambda liar: signed(liar, 9),
    a_complaint_about_nothing_dealt=complaint,
)
lies("KEY.1", "ceremony", CONTRIBUTED + 1, a_second_dealing=lambda liar: signed(liar, 6, shares=bytes(96)))
lies("CFG.4", "ceremony", CONTRIBUTED, a_share_above_the_order=lambda liar: signed(liar, 6, shares=b"\xff" * 96))
lies("KEY.1", "ceremony", DEALT, a_complaint_about_no_trustee=lambda liar: complaint(liar, against=4))
lies("KEY.1", "ceremony", DEALT + 1, a_second_acknowledgement=lambda liar: signed(liar, 9, key=UNDECODABLE))


@fault("KEY.1", "ceremony", DEALT)
def an_acknowledgement_in_a_void_attempt(liar: Liar) -> None:
    liar.post(complaint(liar))
    liar.lie(signed(liar, 9))


lies(
    "CRT.3",
    "ceremony",
    a_pledge_signed_by_another_trustee=lambda liar: signed(liar, 0, 2),
    a_pledge_signed_for_another_manifest=lambda liar: liar.trustees[0].sign(told(0), bytes(32)),
)

# Contributions. Who draws its own secrets pledges what it likes.


def _contribution(liar: Liar, of: Message, *, fresh: bool = False, **changes: object) -> Message:
    """Trustee 1's contribution, bent; or one with new secrets."""
    made = of
    if fresh:
        dealer = Dealer.draw(2)
        made = Contribution(1, 1, dealer.A, dealer.prove(liar.state.context, 1, 1, 3), bytes(64))
    return liar.trustees[0].sign(bent(made, **changes), liar.digest)


def _pledged(liar: Liar, contribution: Contribution, E: bytes | None = None) -> None:
    """Pledge this contribution as trustee 1, let the others pledge, and reveal it."""
    pledge = Pledge(1, 1, E or liar.dealers[1].E, contribution.digest(), bytes(64))
    liar.post(liar.trustees[0].sign(pledge, liar.digest))
    for position in (1, 2):
        liar.post(told(position))
    liar.lie(liar.trustees[0].sign(contribution, liar.digest))


@fault("KEY.5", "ceremony")
def a_contribution_proved_in_a_contest(liar: Liar) -> None:
    """The contest of the ceremony's transcripts is empty."""
    elsewhere = patch("mixnet.ceremony.Writer", lambda name, context, _, place: Writer(name, context, "north", place))
    with elsewhere:
        dealer = Dealer.draw(2)
        proof = dealer.prove(liar.state.context, 1, 1, 3)
    _pledged(liar, Contribution(1, 1, dealer.A, proof, bytes(64)), dealer.E)


def _revealed(**changes: object) -> Contribution:
    record = told(3)
    assert isinstance(record, Contribution)
    return bent(record, **changes)


def _of_degree(liar: Liar, t: int) -> Contribution:
    dealer = Dealer.draw(t)
    return Contribution(1, 1, dealer.A, dealer.prove(liar.state.context, 1, 1, 3), bytes(64))


lies("KEY.2", "ceremony", PLEDGED, another_contribution=lambda liar: _contribution(liar, told(3), fresh=True))


@fault("KEY.3", "ceremony")
def a_coefficient_too_many(liar: Liar) -> None:
    _pledged(liar, _of_degree(liar, 3))


@fault("KEY.3", "ceremony")
def a_coefficient_too_few(liar: Liar) -> None:
    _pledged(liar, _of_degree(liar, 1))


lies(
    "KEY.4",
    "ceremony",
    a_sealing_key_that_is_the_identity=lambda liar: signed(liar, 0, sealing_key=IDENTITY),
)


@fault("KEY.4", "ceremony")
def a_sealing_key_that_does_not_decode(liar: Liar) -> None:
    _pledged(liar, _revealed(), E=UNDECODABLE)


@fault("KEY.4", "ceremony")
def a_secret_of_zero(liar: Liar) -> None:
    _pledged(liar, _revealed(points=with_point(_revealed().points, 0, IDENTITY)))


@fault("KEY.4", "ceremony")
def a_leading_coefficient_of_zero(liar: Liar) -> None:
    _pledged(liar, _revealed(points=with_point(_revealed().points, 1, IDENTITY)))


@fault("KEY.4", "ceremony")
def a_contributions_commitment_that_is_the_identity(liar: Liar) -> None:
    _pledged(liar, _revealed(proof=with_point(_revealed().proof, 0, IDENTITY)))


@fault("KEY.4", "ceremony")
def a_coefficient_that_does_not_decode(liar: Liar) -> None:
    _pledged(liar, _revealed(points=with_point(_revealed().points, 1)))


@fault("KEY.4", "ceremony")
def a_contributions_commitment_that_does_not_decode(liar: Liar) -> None:
    _pledged(liar, _revealed(proof=with_point(_revealed().proof, 0)))


@fault("KEY.5", "ceremony")
def a_secret_that_its_trustee_does_not_know(liar: Liar) -> None:
    _pledged(liar, _revealed(proof=with_scalar(_revealed().proof, 1)))


@fault("KEY.5", "ceremony")
def anothers_proof_of_knowledge(liar: Liar) -> None:
    other = told(4)
    assert isinstance(other, Contribution)
    _pledged(liar, _revealed(points=other.points, proof=other.proof))


@fault("CFG.4", "ceremony")
def a_contributions_response_above_the_order(liar: Liar) -> None:
    _pledged(liar, _revealed(proof=with_point(_revealed().proof, 1)))


# Complaints: trustee 2 against trustee 1.


def _false_complaint(liar: Liar) -> Complaint:
    """A secret that is not the shared one, with a proof that is right but for that."""
    first, second, _ = liar.dealers.values()
    K = bytes((Scalars.of([3]) * G).point())
    y = Dealer.draw(1).a
    w = Writer("complaint", liar.state.context, "", "attempt 1 from 1 to 2")
    for label, point in (("Ei", first.E), ("Ej", second.E), ("K", K)):
        w.absorb(label, point)
    w.write("T1", y * G)
    w.write("T2", y * Points.packed(first.E))
    z = w.challenge("z")
    w.write("s", y + z * second.e)
    return liar.trustees[1].sign(Complaint(1, 2, 1, K, w.proof(), bytes(64)), liar.digest)


lies(
    "KEY.6",
    "ceremony",
    DEALT,
    a_complaint_with_a_false_secret=_false_complaint,
    a_complaint_with_a_false_response=lambda liar: complaint(liar, proof=with_scalar(complaint(liar).proof, 2)),
)
lies(
    "KEY.4",
    "ceremony",
    DEALT,
    a_complaints_secret_that_does_not_decode=lambda liar: complaint(liar, secret=UNDECODABLE),
    a_complaints_first_commitment_that_does_not_decode=lambda liar: complaint(
        liar, proof=with_point(complaint(liar).proof, 0)
    ),
    a_complaints_second_commitment_that_does_not_decode=lambda liar: complaint(
        liar, proof=with_point(complaint(liar).proof, 1)
    ),
)

# Acknowledgements.

lies(
    "KEY.8",
    "ceremony",
    DEALT,
    another_key_acknowledged=lambda liar: signed(liar, 9, key=bytes(G)),
    a_key_without_one_contribution=lambda liar: signed(liar, 9, key=_sum([liar.dealers[2], liar.dealers[3]])),
)


def _sum(dealers: list[Dealer]) -> bytes:
    return bytes(Points.packed(b"".join(dealer.A[:32] for dealer in dealers)).sum().point())


def _dealt_without_points(liar: Liar) -> None:
    """A ceremony that goes on although trustee 1's second coefficient is no point."""
    _pledged(liar, _revealed(points=with_point(_revealed().points, 1)))
    for position in range(4, 9):
        liar.post(told(position))


@fault("KEY.4", "ceremony")
def an_acknowledgement_of_what_does_not_decode(liar: Liar) -> None:
    _dealt_without_points(liar)
    liar.post(signed(liar, 9))


@fault("KEY.4", "ceremony")
def a_complaint_about_what_does_not_decode(liar: Liar) -> None:
    _dealt_without_points(liar)
    liar.post(complaint(liar))


# Before the ceremony may begin.


@fault("CFG.6", "setup", 6)
def a_pledge_before_the_manifest_is_signed(liar: Liar) -> None:
    liar.lie(told(0))
