"""Lies in the voting: registers, opening, ballots, challenges, overrides, close, freeze."""

from __future__ import annotations

from mixnet.ballot import Credential
from tests.corpus.twin import IDENTITY, UNDECODABLE, Liar, bent, fault, honest, lies, phases, with_point, with_scalar
from verifier.election.ballot import Ballot, Challenge
from verifier.election.counting import Close, Freeze, Frozen, Override, counted_set, frozen
from verifier.election.register import Credentials, Opening, Register, Row
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import G, cut
from verifier.records import Blob, encode
from verifier.rules import CODEC

KEYS = [Credential().key for _ in range(3)]


def _register(liar: Liar, *rows: Row, count: int | None = None) -> Register:
    blob = liar.put(encode(Credentials(rows)))
    return Register("precinct", len(rows) if count is None else count, blob)


def _row(number: int, key: bytes = b"", style: str = "north") -> Row:
    return Row(f"D{number:04d}", key or KEYS[number], style)


lies(
    "CFG.7",
    "registration",
    a_register_that_counts_one_more=lambda liar: _register(liar, _row(0), count=2),
    a_register_out_of_order=lambda liar: _register(liar, _row(1), _row(0)),
    a_code_twice=lambda liar: _register(liar, _row(1), _row(1, KEYS[2])),
    a_key_that_is_the_identity=lambda liar: _register(liar, _row(0, IDENTITY)),
    a_style_of_no_manifest=lambda liar: _register(liar, _row(0, style="east")),
)
lies(
    "CFG.7",
    "registration",
    8,
    a_code_of_another_register_of_the_commission=lambda liar: _register(liar, Row("C00001", KEYS[0], "north")),
)
lies(
    "CFG.4",
    "registration",
    a_register_in_another_coding=lambda liar: Register("precinct", 0, liar.put(b"[]")),
    a_code_of_three_letters=lambda liar: _register(liar, Row("ABC", KEYS[0], "north")),
    a_code_of_seventeen_letters=lambda liar: _register(liar, Row("A" * 17, KEYS[0], "north")),
    a_code_in_small_letters=lambda liar: _register(liar, Row("abcd", KEYS[0], "north")),
    a_code_with_another_alphabets_letter=lambda liar: _register(liar, Row("АBCD", KEYS[0], "north")),
    a_code_that_ends_with_a_line_feed=lambda liar: _register(liar, Row("ABCD\n", KEYS[0], "north")),
)
lies(
    "CFG.7",
    "registration",
    8,
    more_credentials_than_a_blob_can_list=lambda liar: Register(
        "precinct", 2**23 + 1 - len(liar.state.credentials), Blob(0, bytes(32))
    ),
)


@fault("CFG.7", "registration")
def two_registers_with_one_code_completed_together(liar: Liar) -> None:
    first = _register(liar, _row(0))
    second = _register(liar, _row(0, KEYS[1]))
    leaf = liar.post(second)
    liar.enact(first, liar.precinct)
    before, last = liar.precinct.sign(liar.digest, leaf)
    liar.post(before)
    liar.lie(last)


@fault("CFG.8", "registration")
def a_key_that_does_not_decode(liar: Liar) -> None:
    liar.lie(_register(liar, _row(0), _row(1, UNDECODABLE)))


@fault("CFG.8", "registration")
def a_ballot_under_a_key_that_does_not_decode(liar: Liar) -> None:
    register = _register(liar, _row(0, UNDECODABLE))
    leaf = liar.lie(register)
    for signature in liar.precinct.sign(liar.digest, leaf):
        liar.post(signature)
    liar.enact(Opening(liar.state.key, 1))
    strange = liar.voters[0]
    strange.key = UNDECODABLE
    try:
        liar.post(liar.cast(0))
    finally:
        strange.key = bytes((strange._k * G).points())


@fault("KEY.9", "registration", 10)
def an_opening_with_another_key(liar: Liar) -> None:
    liar.enact_lie(Opening(bytes(G), 9))


@fault("CFG.9", "registration", 10)
def an_opening_that_counts_one_more(liar: Liar) -> None:
    liar.enact_lie(Opening(liar.state.key, 10))


@fault("CFG.9", "registration", 10)
def an_opening_that_counts_a_key_of_two_registers_twice(liar: Liar) -> None:
    liar.enact(_register(liar, _row(0, liar.voters[0].key)), liar.precinct)
    liar.enact_lie(Opening(liar.state.key, 10))


@fault("BAL.1", "registration", 10)
def a_ballot_in_the_style_of_whoever_copied_the_key(liar: Liar) -> None:
    """The suburb lists a voter of the precinct, whose register stands before it."""
    liar.list("suburb", [Row("D0001", liar.voters[0].key, "hamlet")])
    liar.enact(Opening(liar.state.key, 9))
    copied = liar.voters[0].seal(liar.state.context, liar.state.key, liar.contests[2], "hamlet", [1])
    liar.lie(liar.voters[0].cast(liar.state.context, copied, bytes(32)))


# Ballots.


def _stranger_votes(liar: Liar) -> Ballot:
    liar.voters = [Credential(), *liar.voters[1:]]
    return liar.cast(0)


def _replayed() -> bytes:
    """The first component of voter 0's first ballot."""
    return bytes(_told(0).sealed.R)


def _told(number: int) -> Ballot | Challenge:
    """A ballot of the honest log."""
    record = CODEC.decode(honest().records[phases()["voting"] + number])
    assert isinstance(record, Ballot | Challenge)
    return record


def _point(liar: Liar, voter: int, label: str, point: bytes) -> Ballot:
    return liar.cast(voter, **{label: with_point(getattr(liar.sealed(voter).sealed, label), -1, point)})


def _commitment(liar: Liar, voter: int, point: bytes) -> Ballot:
    width = len(liar.sealed(voter).sealed.R) // 32
    return liar.cast(voter, proof=with_point(liar.sealed(voter).sealed.proof, width - 1, point))


def _signature(liar: Liar, signature: bytes) -> Ballot:
    return bent(liar.cast(0), signature=signature)


def _one_column(liar: Liar) -> Ballot:
    """A whole ballot of one column where the contest has two."""
    made = liar.sealed(3).sealed
    T, s = made.proof[:32], made.proof[64:96]
    return liar.cast(3, R=made.R[:32], P=made.P[:32], proof=T + s)


def _with_long_r(liar: Liar, voter: int) -> Challenge:
    return liar.challenge(voter, r=liar.challenge(voter).r + bytes(32))


def _other_randomness(liar: Liar, voter: int, column: int) -> Challenge:
    made = liar.challenge(voter)
    return bent(made, r=with_scalar(made.r, column))


def _other_prev(liar: Liar) -> Ballot:
    """A re-vote whose `prev` is right but not what the credential signed."""
    first = liar.cast(0)
    liar.post(first)
    again = liar.voters[0].cast(liar.state.context, liar.sealed(0))
    return bent(again, prev=liar.latest(0))


def _cast_after_all(liar: Liar) -> Ballot:
    """Whoever has seen a challenged ballot opened cannot have it counted."""
    challenged = _told(8)
    prepared = liar.sealed(7)._replace(sealed=challenged.sealed, tracker=challenged.sealed.tracker(liar.digest))
    return liar.voters[7].cast(liar.state.context, prepared)


lies(
    "BAL.1",
    "voting",
    a_ballot_in_no_contest=lambda liar: liar.cast(0, contest="east"),
    a_ballot_in_another_styles_contest=lambda liar: liar.cast(0, contest="hamlet"),
    a_ballot_of_another_style=lambda liar: liar.cast(0, style="hamlet"),
    a_ballot_of_another_style_in_its_contest=lambda liar: liar.cast(0, style="hamlet", contest="hamlet"),
)
lies(
    "BAL.2",
    "voting",
    a_first_component_too_many=lambda liar: liar.cast(0, R=liar.sealed(0).sealed.R + bytes(G)),
    a_second_component_too_many=lambda liar: liar.cast(0, P=liar.sealed(0).sealed.P + bytes(G)),
    a_proof_too_short=lambda liar: liar.cast(0, proof=liar.sealed(0).sealed.proof[:-32]),
    a_challenges_r_too_long=lambda liar: _with_long_r(liar, 0),
    one_column_of_two=_one_column,
)
lies(
    "BAL.6",
    "voting",
    a_ballot_whose_randomness_is_not_known=lambda liar: liar.cast(
        0, proof=with_scalar(liar.sealed(0).sealed.proof, -1)
    ),
    another_second_component=lambda liar: liar.cast(0, P=bytes(liar.sealed(0).sealed.P)),
    another_nonce=lambda liar: liar.cast(0, nonce=bytes(16)),
    a_second_column_whose_randomness_is_not_known=lambda liar: liar.cast(
        3, proof=with_scalar(liar.sealed(3).sealed.proof, -1)
    ),
)
for width, voter in (("", 0), ("_of_two_columns", 3)):
    lies(
        "BAL.4",
        "voting",
        **{
            f"a_first_component_that_does_not_decode{width}": lambda liar, v=voter: _point(liar, v, "R", UNDECODABLE),
            f"a_second_component_that_does_not_decode{width}": lambda liar, v=voter: _point(liar, v, "P", UNDECODABLE),
            f"a_commitment_that_does_not_decode{width}": lambda liar, v=voter: _commitment(liar, v, UNDECODABLE),
        },
    )
    lies(
        "BAL.5",
        "voting",
        **{
            f"a_first_component_that_is_the_identity{width}": lambda liar, v=voter: _point(liar, v, "R", IDENTITY),
            f"a_second_component_that_is_the_identity{width}": lambda liar, v=voter: _point(liar, v, "P", IDENTITY),
            f"a_commitment_that_is_the_identity{width}": lambda liar, v=voter: _commitment(liar, v, IDENTITY),
        },
    )

lies("BAL.1", "voting", a_credential_of_no_register=_stranger_votes)
lies(
    "BAL.3", "voting", one_first_component_in_both_columns=lambda liar: liar.cast(3, R=2 * liar.sealed(3).sealed.R[:32])
)
lies(
    "BAL.3",
    "voting",
    1,
    anothers_first_component=lambda liar: liar.cast(1, R=_replayed()),
    anothers_ballot_under_ones_own_name=lambda liar: liar.cast(1, R=_replayed(), P=_told(0).sealed.P),
    ones_own_first_component_again=lambda liar: liar.cast(0, R=_replayed()),
)
lies("BAL.3", "voting", 9, a_challenged_ballot_is_cast=_cast_after_all)
lies(
    "BAL.8",
    "voting",
    1,
    a_re_vote_that_does_not_follow=lambda liar: liar.voters[0].cast(liar.state.context, liar.sealed(0)),
    a_first_ballot_that_follows_something=lambda liar: liar.voters[1].cast(
        liar.state.context, liar.sealed(1), liar.latest(0)
    ),
    a_challenge_that_does_not_follow=lambda liar: liar.voters[0].challenge(liar.state.context, liar.sealed(0)),
)
lies(
    "BAL.7",
    "voting",
    a_ballot_signed_by_another_credential=lambda liar: liar.voters[1].cast(liar.state.context, liar.sealed(0)),
    a_ballot_signed_as_a_challenge=lambda liar: bent(liar.cast(0), signature=liar.challenge(0).signature),
    a_ballot_with_a_false_response=lambda liar: _signature(liar, with_scalar(liar.cast(0).signature, 1)),
    another_prev_than_was_signed=_other_prev,
)
lies(
    "BAL.4",
    "voting",
    a_signature_that_does_not_decode=lambda liar: _signature(liar, with_point(liar.cast(0).signature, 0)),
)
lies(
    "BAL.5",
    "voting",
    a_signature_with_the_identity=lambda liar: _signature(liar, with_point(liar.cast(0).signature, 0, IDENTITY)),
)
lies(
    "CFG.4",
    "voting",
    a_response_above_the_order=lambda liar: liar.cast(0, proof=with_point(liar.sealed(0).sealed.proof, -1)),
    a_signatures_response_above_the_order=lambda liar: _signature(liar, with_point(liar.cast(0).signature, 1)),
    a_challenges_r_above_the_order=lambda liar: liar.challenge(0, r=UNDECODABLE),
)
lies(
    "SPL.1",
    "voting",
    an_opened_option_that_there_is_not=lambda liar: liar.challenge(0, choice=(4,)),
    too_many_opened_options=lambda liar: liar.challenge(0, choice=(1, 2)),
    too_few_opened_options=lambda liar: liar.challenge(3, choice=()),
    an_opened_option_twice=lambda liar: liar.challenge(3, choice=(2, 2)),
    opened_options_out_of_order=lambda liar: liar.challenge(3, choice=(2, 1)),
)
lies(
    "SPL.2",
    "voting",
    another_choice_than_was_sealed=lambda liar: liar.challenge(0, choice=(2,)),
    another_choice_than_was_sealed_in_two_columns=lambda liar: liar.challenge(3, choice=(2,)),
    another_randomness_than_was_used=lambda liar: _other_randomness(liar, 0, 0),
    another_randomness_in_the_second_column=lambda liar: _other_randomness(liar, 3, 1),
)


# Overrides, close, freeze.


@fault("SEL.1", "voting")
def an_override_of_nobody_on_the_register(liar: Liar) -> None:
    liar.enact_lie(Override("precinct", (KEYS[0],)), "precinct")


@fault("SEL.1", "voting")
def a_credential_twice_in_one_override(liar: Liar) -> None:
    liar.enact_lie(Override("precinct", (liar.voters[0].key,) * 2), "precinct")


@fault("SEL.1", "closed")
def a_credential_overridden_again(liar: Liar) -> None:
    liar.enact_lie(Override("precinct", (liar.voters[2].key, liar.voters[1].key)), "precinct")


@fault("CRT.3", "voting", 9)
def a_close_that_the_operator_did_not_sign(liar: Liar) -> None:
    liar.lie(liar.mixers[0].sign(Close(bytes(64)), liar.digest))


def _counted(liar: Liar, contest: str) -> list[bytes]:
    """The trackers of the ballots that are counted."""
    return cut(counted_set(liar.state, contest).trackers)


def _freeze(liar: Liar, **sets: list[bytes]) -> None:
    """The freeze with other sets than were counted."""
    kept = {contest.id: b"".join(sets.get(contest.id, _counted(liar, contest.id))) for contest in liar.contests}
    for blob in kept.values():
        liar.put(blob)
    liar.enact_lie(Freeze(tuple(frozen(id, blob) for id, blob in kept.items())))


def _frozen(liar: Liar, *contests: str) -> tuple[Frozen, ...]:
    return tuple(frozen(id, counted_set(liar.state, id).trackers) for id in contests)


@fault("SEL.2", "closed")
def a_ballot_dropped(liar: Liar) -> None:
    _freeze(liar, south=_counted(liar, "south")[1:])


@fault("SEL.2", "closed")
def a_ballot_dropped_with_the_count_left(liar: Liar) -> None:
    kept = _counted(liar, "south")
    blob = liar.put(b"".join(kept[1:]))
    liar.enact_lie(Freeze((*_frozen(liar, "north"), Frozen("south", len(kept), blob), *_frozen(liar, "hamlet"))))


@fault("SEL.2", "closed")
def a_ballot_that_was_overridden(liar: Liar) -> None:
    _freeze(liar, north=cut(liar.state.courses["north"].cast.counted(set(), 1).trackers))


@fault("SEL.2", "closed")
def the_first_ballot_of_a_voter_who_voted_again(liar: Liar) -> None:
    *others, _ = _counted(liar, "north")
    _freeze(liar, north=[_told(0).sealed.tracker(liar.digest), *others])


@fault("SEL.2", "closed")
def ballots_in_another_order(liar: Liar) -> None:
    _freeze(liar, south=_counted(liar, "south")[::-1])


@fault("SEL.2", "closed")
def a_ballot_counted_twice(liar: Liar) -> None:
    kept = _counted(liar, "south")
    _freeze(liar, south=[*kept, kept[-1]])


@fault("SEL.2", "closed")
def a_contest_left_out_of_the_freeze(liar: Liar) -> None:
    liar.enact_lie(Freeze(_frozen(liar, "north", "south")))


@fault("SEL.2", "closed")
def contests_frozen_in_another_order(liar: Liar) -> None:
    liar.enact_lie(Freeze(_frozen(liar, "south", "north", "hamlet")))


@fault("SEL.2", "closed", told_here=True)
def a_ballot_dropped_and_the_rest_done_as_if(liar: Liar) -> None:
    """The commission, the mix servers and the trustees collude: all that follows is right for the smaller set."""
    _freeze(liar, south=_counted(liar, "south")[1:])
    for contest in liar.contests:
        course, sealed = liar.state.courses[contest.id], counted_set(liar.state, contest.id).sealed
        if contest.id == "south":
            sealed = Ciphertexts(tuple(R[1:] for R in sealed.R), tuple(P[1:] for P in sealed.P))
        course.lists, course.counted = [sealed], len(sealed)
        course.digests = [course.lists[0].digest()]
    liar.state.phase = "frozen"
    liar.mix().decrypt().tally()
