"""Lies of mix servers, those who make their proofs to suit them among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mixnet.shuffle as maker
from mixnet.ballot import Credential
from mixnet.shuffle import Pad, draw_permutation, shuffle
from tests.corpus.twin import Liar, bent, fault, lies, with_point, with_scalar
from verifier.election.shuffle import Mix
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import SIZE, G, Points

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SHAPE = {"north": (2, 1), "south": (3, 2)}  # N and w of what is mixed


def remix(
    liar: Liar,
    contest: str = "north",
    place: int = 1,
    output: bytes | None = None,
    proof: bytes | None = None,
    mixer: int | None = None,
    **changes: object,
) -> Mix:
    """A mix of a contest's last list with another output or proof, signed by the mix server."""
    course = liar.state.courses[contest]
    after, honest = shuffle(liar.state.context, contest, place, liar.state.key, course.lists[-1])
    server = liar.mixers[place - 1 if mixer is None else mixer]
    blobs = liar.put(after.encode() if output is None else output), liar.put(honest if proof is None else proof)
    record = Mix(contest, place, server.id, course.digests[-1], *blobs, bytes(64))
    return server.sign(bent(record, **changes), liar.digest)


def _proof(liar: Liar, contest: str, bend: Callable[[bytes], bytes]) -> Mix:
    """An honest mix whose proof is bent."""
    course = liar.state.courses[contest]
    after, proof = shuffle(liar.state.context, contest, 1, liar.state.key, course.lists[-1])
    return remix(liar, contest, 1, after.encode(), bend(proof))


def _false_mix(liar: Liar, contest: str, spoil: Callable[[Ciphertexts], Ciphertexts], place: int = 1) -> Mix:
    """A mix whose output is spoiled before the proof is made, so that all but what it says of the output is right."""
    before = liar.state.courses[contest].lists[-1]
    context, key = liar.state.context, liar.state.key
    pad, pi = Pad.draw(len(before), before.width), draw_permutation(len(before))
    after = spoil(maker.reencrypt(key, before, pad, pi))
    return remix(
        liar, contest, place, after.encode(), maker.prove(context, contest, place, key, before, after, pad, pi)
    )


def with_last(columns: Sequence[Points], column: int, point: bytes) -> tuple[Points, ...]:
    return tuple(
        Points.packed(with_point(bytes(points), -1, point)) if k == column else points
        for k, points in enumerate(columns)
    )


def _replaced(liar: Liar, contest: str) -> Callable[[Ciphertexts], Ciphertexts]:
    """The last row becomes a ballot of the mix server's own."""
    rules = next(rules for rules in liar.contests if rules.id == contest)
    own = Credential().seal(liar.state.context, liar.state.key, rules, contest, [1]).sealed

    def spoil(after: Ciphertexts) -> Ciphertexts:
        for k in range(after.width):
            span = slice(SIZE * k, SIZE * (k + 1))
            after = Ciphertexts(with_last(after.R, k, own.R[span]), with_last(after.P, k, own.P[span]))
        return after

    return spoil


def _only_P(after: Ciphertexts) -> Ciphertexts:
    """The last row's second column with another P, so that one candidate's ballot decrypts as another's."""
    column = after.width - 1
    other = (Points.packed(bytes(after.P[column])[-SIZE:]) + G).point()
    return Ciphertexts(after.R, with_last(after.P, column, bytes(other)))


def _only_R(after: Ciphertexts) -> Ciphertexts:
    column = after.width - 1
    other = (Points.packed(bytes(after.R[column])[-SIZE:]) + G).point()
    return Ciphertexts(with_last(after.R, column, bytes(other)), after.P)


def at(contest: str, label: str, index: int = -1) -> int:
    """Where a message of a shuffle proof has its point or scalar `index`, in units of 32 bytes."""
    N, w = SHAPE[contest]
    sizes = {"c": N, "C": N, "T1": 1, "T2": 1, "T3": 1, "TR": w, "TP": w, "TC": N, "s1": 1, "s2": 1, "s3": 1}
    sizes |= {"s4": w, "s": N, "sC": N}
    start = 0
    for name, size in sizes.items():
        if name == label:
            return start + index % size
        start += size
    raise KeyError(label)


def _response(contest: str, label: str, index: int = -1) -> Callable[[Liar], Mix]:
    return lambda liar: _proof(liar, contest, lambda proof: with_scalar(proof, at(contest, label, index)))


def _undecodable(contest: str, label: str) -> Callable[[Liar], Mix]:
    return lambda liar: _proof(liar, contest, lambda proof: with_point(proof, at(contest, label)))


lies(
    "MIX.1",
    "frozen",
    a_mix_of_no_contest=lambda liar: liar.mixers[0].sign(bent(remix(liar), contest="east"), liar.digest),
    a_mix_of_a_withheld_contest=lambda liar: remix(liar, "hamlet"),
    the_second_server_in_the_first_place=lambda liar: remix(liar, mixer=1),
    the_second_place_first=lambda liar: remix(liar, place=2, mixer=0),
)
lies("MIX.1", "frozen", 1, the_first_server_again=lambda liar: remix(liar, place=2, mixer=0))
lies("MIX.1", "frozen", 2, a_mix_more_than_there_are_servers=lambda liar: remix(liar, place=2))
lies("CRT.3", "frozen", a_mix_signed_by_another_server=lambda liar: liar.mixers[1].sign(remix(liar), liar.digest))
lies("CRT.3", "frozen", a_mix_signed_for_another_output=lambda liar: bent(remix(liar), signature=remix(liar).signature))
lies("MIX.2", "frozen", a_mix_of_another_list=lambda liar: remix(liar, input=bytes(32)))
lies("MIX.2", "frozen", 1, a_second_mix_of_the_counted_set=lambda liar: remix(liar, place=2, input=counted(liar)))
lies(
    "MIX.3",
    "frozen",
    an_output_with_a_row_less=lambda liar: remix(liar, output=_output(liar)[: -2 * SIZE]),
    an_output_with_a_row_more=lambda liar: remix(liar, output=_output(liar) + bytes(G) * 2),
    a_proof_with_bytes_left_over=lambda liar: _proof(liar, "north", lambda proof: proof + bytes(SIZE)),
    a_proof_that_ends_early=lambda liar: _proof(liar, "north", lambda proof: proof[:-SIZE]),
    no_proof=lambda liar: remix(liar, proof=b""),
)
lies(
    "MIX.4",
    "frozen",
    an_output_that_does_not_decode=lambda liar: remix(liar, output=with_point(_output(liar), 0)),
    an_output_whose_last_point_does_not_decode=lambda liar: remix(liar, output=with_point(_output(liar), -1)),
    a_proofs_first_point_that_does_not_decode=_undecodable("north", "c"),
    a_proofs_last_point_that_does_not_decode=_undecodable("north", "TC"),
)
RESPONSES = {"s1": "MIX.5", "s2": "MIX.6", "s3": "MIX.7", "s4": "MIX.8", "sC": "MIX.9", "s": "MIX.7"}
for label, clause in RESPONSES.items():
    lies(clause, "frozen", **{f"a_false_{label}_of_north": _response("north", label)})
lies("MIX.8", "frozen", a_false_first_s4_of_south=_response("south", "s4", 0))
lies("MIX.9", "frozen", a_false_first_link_of_north=_response("north", "sC", 0))
lies("MIX.9", "frozen", 2, a_false_middle_link_of_south=_response("south", "sC", 1))
lies("CFG.4", "frozen", a_mixs_response_above_the_order=_undecodable("north", "sC"))
lies(
    "MIX.8",
    "frozen",
    a_ballot_replaced=lambda liar: _false_mix(liar, "north", _replaced(liar, "north")),
    a_second_component_changed=lambda liar: _false_mix(liar, "south", _only_P),
    a_first_component_changed=lambda liar: _false_mix(liar, "north", _only_R),
    a_ballot_copied_over_another=lambda liar: _false_mix(liar, "north", _copied),
)
lies(
    "MIX.8",
    "frozen",
    1,
    a_ballot_replaced_in_the_last_mix=lambda liar: _false_mix(liar, "north", _replaced(liar, "north"), 2),
)


def _another_place(liar: Liar) -> Mix:
    """A right shuffle whose proof was made for another place."""
    after, proof = shuffle(liar.state.context, "north", 1, liar.state.key, liar.state.courses["north"].lists[-1])
    return remix(liar, place=2, output=after.encode(), proof=proof)


lies("MIX.5", "frozen", 1, another_places_proof=_another_place)


def counted(liar: Liar) -> bytes:
    return liar.state.courses["north"].digests[0]


def _output(liar: Liar) -> bytes:
    course = liar.state.courses["north"]
    return shuffle(liar.state.context, "north", 1, liar.state.key, course.lists[-1])[0].encode()


def _copied(after: Ciphertexts) -> Ciphertexts:
    columns = [
        tuple(Points.packed(with_point(bytes(points), -1, bytes(points[0]))) for points in part)
        for part in (after.R, after.P)
    ]
    return Ciphertexts(*columns)


@fault("MIX.8", "frozen", told_here=True)
def a_ballot_replaced_and_counted_to_the_end(liar: Liar) -> None:
    liar.lie(_false_mix(liar, "north", _replaced(liar, "north")))
    liar.post(remix(liar, place=2))
    for place in (1, 2):
        liar.post(remix(liar, "south", place))
    liar.decrypt().tally()
