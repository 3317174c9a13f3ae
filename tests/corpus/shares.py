"""Lies of trustees about their shares, and of whoever counts about the tally."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixnet.decryption import decrypt
from mixnet.secrets import Secrets
from mixnet.transcript import Writer
from tests.corpus.mixes import counted, with_last
from tests.corpus.twin import UNDECODABLE, Liar, bent, fault, lies, phases, with_point, with_scalar
from tests.corpus.twin import honest as honest_twin
from verifier.client.plaintexts import recombine
from verifier.election.choice import encode_points
from verifier.election.decryption import Share, absorb_statement, weighted
from verifier.election.tally import Tally, recount
from verifier.proof.group import SIZE, G, Points

if TYPE_CHECKING:
    from collections.abc import Callable


def share(liar: Liar, contest: str = "north", trustee: int = 3, data: bytes | None = None, **changes: object) -> Share:
    """Trustee 3's share, bent; the twin has those of 1 and 2."""
    course = liar.state.courses[contest]
    D, proof = decrypt(liar.state.context, contest, trustee, liar.x[trustee], course.digests[-1], course.lists[-1])
    coded = b"".join(bytes(points) for points in D)
    record = Share(contest, trustee, course.digests[-1], liar.put(coded if data is None else data), proof, bytes(64))
    return liar.trustees[trustee - 1].sign(bent(record, **changes), liar.digest)


def dishonest_share(liar: Liar, contest: str) -> Share:
    """Shares made with another secret, and a proof that is right but for that."""
    course, x, y, other = liar.state.courses[contest], liar.x[3], Secrets.draw(), Secrets.draw()
    mixed, mix = course.lists[-1], course.digests[-1]
    D = tuple((other * R).points() for R in mixed.R)
    t = Writer("decryption", liar.state.context, contest, "trustee 3")
    absorb_statement(t, (x * G).points(), mix, mixed, D)
    e = t.challenges("e", mixed.width * len(mixed))
    t.write("T1", y * G)
    t.write("T2", y * weighted(e, mixed.R).point())
    z = t.challenge("z")
    t.write("s", y + z * x)
    coded = b"".join(bytes(points) for points in D)
    return liar.trustees[2].sign(Share(contest, 3, mix, liar.put(coded), t.proof(), bytes(64)), liar.digest)


def _points(liar: Liar, contest: str) -> bytes:
    return liar.blobs[share(liar, contest).shares.sha256]


lies(
    "DEC.1",
    "decrypting",
    a_share_of_no_contest=lambda liar: liar.trustees[2].sign(bent(share(liar), contest="east"), liar.digest),
    a_share_of_a_trustee_that_there_is_not=lambda liar: bent(share(liar), trustee=4),
    a_share_of_the_first_mix=lambda liar: share(liar, mix=liar.state.courses["north"].digests[1]),
    a_share_of_the_counted_set=lambda liar: share(liar, mix=counted(liar)),
)
lies(
    "DEC.1",
    "decrypting",
    1,
    a_second_share=lambda liar: share(liar, trustee=1),
)


@fault("DEC.1", "setup")
def a_share_of_an_empty_contest(liar: Liar) -> None:
    """Where nothing is withheld an empty contest is mixed, and has no shares to give."""
    liar.manifest = bent(liar.manifest, minimum=0)
    liar.__dict__.pop("digest", None)
    liar.voters = []
    liar.set_up().seat_others().hold_ceremony().register(1).close().mix()
    empty = liar.put(b"")
    mix = liar.state.courses["north"].digests[-1]
    liar.lie(liar.trustees[0].sign(Share("north", 1, mix, empty, bytes(96), bytes(64)), liar.digest))


lies("DEC.6", "decrypting", a_share_of_a_withheld_contest=lambda liar: share(liar, "hamlet"))
lies(
    "CRT.3",
    "decrypting",
    a_share_signed_by_another_trustee=lambda liar: liar.trustees[0].sign(share(liar), liar.digest),
)
lies(
    "DEC.2",
    "decrypting",
    shares_with_a_row_less=lambda liar: share(liar, data=_points(liar, "north")[:-SIZE]),
    shares_with_a_row_more=lambda liar: share(liar, data=_points(liar, "north") + bytes(G)),
    shares_of_one_column_of_two=lambda liar: share(liar, "south", data=_points(liar, "south")[: 3 * SIZE]),
)
lies(
    "DEC.3",
    "decrypting",
    a_share_that_does_not_decode=lambda liar: share(liar, data=with_point(_points(liar, "north"), 0)),
    a_second_columns_share_that_does_not_decode=lambda liar: share(
        liar, "south", data=with_point(_points(liar, "south"), -1)
    ),
    a_shares_first_commitment_that_does_not_decode=lambda liar: share(liar, proof=with_point(share(liar).proof, 0)),
    a_shares_second_commitment_that_does_not_decode=lambda liar: share(liar, proof=with_point(share(liar).proof, 1)),
)


def _anothers(liar: Liar) -> Share:
    """Trustee 1's shares and proof, under trustee 3's name."""
    return liar.trustees[2].sign(bent(share(liar, trustee=1), trustee=3), liar.digest)


lies(
    "DEC.4",
    "decrypting",
    a_share_with_a_false_response=lambda liar: share(liar, proof=with_scalar(share(liar).proof, 2)),
    anothers_share=_anothers,
)
lies(
    "DEC.5",
    "decrypting",
    shares_made_with_another_secret=lambda liar: dishonest_share(liar, "north"),
    shares_of_two_columns_made_with_another_secret=lambda liar: dishonest_share(liar, "south"),
)
lies(
    "CFG.4",
    "decrypting",
    a_shares_response_above_the_order=lambda liar: share(liar, proof=with_point(share(liar).proof, 2)),
)


# Tallies: the twin's is record 4 of this phase.


def _plaintexts(liar: Liar, contest: str) -> tuple[Points, ...]:
    course = liar.state.courses[contest]
    return recombine(course.lists[-1], course.shares[:2])


def _tally(liar: Liar, **columns: tuple[Points, ...]) -> Tally:
    """The tally of other plaintexts, counted right."""
    counts = []
    for contest in liar.state.mixable():
        M = columns.get(contest.id) or _plaintexts(liar, contest.id)
        counts.append(recount(contest, M, liar.put(b"".join(bytes(points) for points in M))))
    return Tally(tuple(counts), ("hamlet",))


def _other_votes(liar: Liar, contest: str, row: int = 0) -> tuple[Points, ...]:
    """The plaintexts with one row turned into another candidate's vote."""
    rules = next(rules for rules in liar.contests if rules.id == contest)
    true = _plaintexts(liar, contest)
    now = b"".join(bytes(points[row]) for points in true)
    other = next(points for choice in ([1], [2]) if (points := encode_points(rules, choice)) != now)
    return tuple(
        Points.packed(with_point(bytes(points), row, other[SIZE * k : SIZE * (k + 1)])) for k, points in enumerate(true)
    )


def _counted_as(liar: Liar, **changes: object) -> Tally:
    """The first contest's count, bent."""
    honest = _tally(liar)
    return bent(honest, contests=(bent(honest.contests[0], **changes), *honest.contests[1:]))


def _swapped_votes(liar: Liar) -> Tally:
    honest = _tally(liar).contests[1]
    ordered = sorted(honest.votes, key=lambda votes: votes.count)
    least, most = ordered[0], ordered[-1]
    swap = {least.option: most.count, most.option: least.count}
    votes = tuple(bent(line, count=swap.get(line.option, line.count)) for line in honest.votes)
    return Tally((_tally(liar).contests[0], bent(honest, votes=votes)), ("hamlet",))


def _moved(liar: Liar) -> tuple[Points, ...]:
    return tuple(Points.packed(bytes(points)[SIZE:] + bytes(points)[:SIZE]) for points in _plaintexts(liar, "south"))


def _early(liar: Liar) -> Tally:
    """What the trustees could post who decrypted at home: right, but without the shares that prove it."""
    honest = Liar(honest_twin(), phases()["decrypting"] + 4)
    liar.blobs.update(honest.blobs)
    return _tally(honest)


lies("TAL.1", "decrypting", 3, a_tally_before_the_last_share=_early)
lies(
    "TAL.2",
    "decrypting",
    4,
    a_contest_left_out_of_the_tally=lambda liar: bent(_tally(liar), contests=_tally(liar).contests[:1]),
    contests_counted_in_another_order=lambda liar: bent(_tally(liar), contests=_tally(liar).contests[::-1]),
    a_contest_counted_twice=lambda liar: bent(_tally(liar), contests=_tally(liar).contests + _tally(liar).contests[1:]),
    an_option_left_out=lambda liar: _counted_as(liar, votes=_tally(liar).contests[0].votes[:-1]),
    options_in_another_order=lambda liar: _counted_as(liar, votes=_tally(liar).contests[0].votes[::-1]),
)
lies(
    "TAL.3",
    "decrypting",
    4,
    plaintexts_with_a_row_less=lambda liar: _counted_as(liar, plaintexts=_blob(liar, lambda data: data[:-SIZE])),
    plaintexts_with_a_row_more=lambda liar: _counted_as(liar, plaintexts=_blob(liar, lambda data: data + bytes(G))),
    a_plaintext_that_does_not_decode=lambda liar: _tally(
        liar, north=with_last(_plaintexts(liar, "north"), 0, UNDECODABLE)
    ),
    a_second_columns_plaintext_that_does_not_decode=lambda liar: _tally(
        liar, south=with_last(_plaintexts(liar, "south"), 1, UNDECODABLE)
    ),
)
lies(
    "TAL.4",
    "decrypting",
    4,
    another_vote_than_was_decrypted=lambda liar: _tally(liar, north=_other_votes(liar, "north")),
    another_vote_in_the_last_row=lambda liar: _tally(liar, north=_other_votes(liar, "north", 1)),
    another_vote_in_two_columns=lambda liar: _tally(liar, south=_other_votes(liar, "south", 1)),
    plaintexts_in_another_order=lambda liar: _tally(liar, south=_moved(liar)),
    an_invalid_row_that_was_valid=lambda liar: _tally(
        liar, north=with_last(_plaintexts(liar, "north"), 0, bytes(SIZE))
    ),
)
lies(
    "TAL.5",
    "decrypting",
    4,
    two_candidates_swapped=_swapped_votes,
    one_counted_more=lambda liar: _counted_as(liar, counted=3),
    one_valid_more=lambda liar: _counted_as(liar, valid=3),
    one_invalid_more=lambda liar: _counted_as(liar, invalid=1),
)
lies(
    "TAL.6",
    "decrypting",
    4,
    a_withheld_contest_not_named=lambda liar: bent(_tally(liar), withheld=()),
    a_mixed_contest_withheld=lambda liar: bent(_tally(liar), withheld=("north", "hamlet")),
    an_unknown_contest_withheld=lambda liar: bent(_tally(liar), withheld=("hamlet", "east")),
)


def _blob(liar: Liar, bend: Callable[[bytes], bytes]) -> object:
    return liar.put(bend(b"".join(bytes(points) for points in _plaintexts(liar, "north"))))


@fault("TAL.5", "decrypting", 4)
def two_candidates_swapped_and_certified(liar: Liar) -> None:
    leaf = liar.lie(_swapped_votes(liar))
    for signature in liar.central.sign(liar.digest, leaf):
        liar.post(signature)


lies("CFG.6", "frozen", 1, a_share_before_the_last_mix=share)
