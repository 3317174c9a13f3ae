"""Ballots are sealed, cast, challenged; among many, exactly the false ones are named (specs/ballot.md)."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixnet.ballot import Credential, Prepared
from mixnet.secrets import Secrets
from verifier.election.ballot import Ballot, Challenge, Opened, Sealed, Voted, prepare_ballot, prepare_challenge
from verifier.election.choice import decode_points, encode_points
from verifier.election.course import CastBallots, Course
from verifier.election.register import Row
from verifier.errors import Malformed, Rejected
from verifier.place import Place
from verifier.proof import backend
from verifier.proof.batch import Batch
from verifier.proof.group import G, Points, Scalars
from verifier.proof.product import Operand
from verifier.proof.transcript import Context
from verifier.state import State

CONTEXT = Context("example", bytes(range(32)))
SECRET = Secrets.draw()
KEY = bytes((SECRET * G).points())
VOTERS = [Credential() for _ in range(3)]


def contest(width: int) -> Any:
    return SimpleNamespace(id=f"contest-{width}", options=tuple(range(9)), least=0, most=9, width=width)


def seal(voter: Credential, width: int, style: str, choice: tuple[int, ...] = (1, 2)) -> Prepared:
    return voter.seal(CONTEXT, KEY, contest(width), style, choice)


def no_blobs(_: bytes) -> None:
    """These records name none."""


def decrypt(sealed: Sealed) -> bytes:
    R, P = Points.packed(sealed.R), Points.packed(sealed.P)
    return bytes((-SECRET * R + P).points())


def voted(record: Ballot | Challenge, width: int, where: Place) -> Voted:
    return Voted.of(CONTEXT, KEY, width, record, record.sealed.tracker(CONTEXT.manifest), where)


def _opened(challenge: Challenge, M: bytes) -> Opened:
    sealed = challenge.sealed
    return Opened(key=KEY, M=M, r=challenge.r, R=sealed.R, P=sealed.P, where=Place("opened"))


def verdict(claims: list[Voted]) -> list[tuple[str, str]]:
    batch = Batch()
    Voted.put(claims, batch)
    try:
        batch.settle()
    except Rejected as refusal:
        return sorted((each.id, str(each.where)) for each in (refusal, *refusal.also))
    return []


@given(st.integers(1, 3), st.sets(st.integers(1, 9)))
def test_a_sealed_choice_decrypts_to_itself(width: int, marks: set[int]) -> None:
    choice = tuple(sorted(marks))
    sealed = seal(VOTERS[0], width, "town", choice).sealed
    assert decode_points(contest(width), decrypt(sealed)) == choice


def test_sealing_twice_shares_nothing() -> None:
    first, second = (seal(VOTERS[0], 3, "town").sealed for _ in range(2))
    parts = [
        data[i : i + 32]
        for each in (first, second)
        for data in (each.R, each.P, each.proof)
        for i in range(0, len(data), 32)
    ]
    assert len(set(parts)) == len(parts)
    assert first.nonce != second.nonce


@given(
    st.lists(
        st.tuples(
            st.sampled_from(VOTERS),
            st.integers(1, 3),
            st.sampled_from(["town", "city", "village"]),
            st.sampled_from(["right", "right", "right", "proof", "signature", "both", "challenge"]),
        ),
        min_size=1,
        max_size=7,
    )
)
def test_among_many_exactly_the_false_ones_are_named(drawn: list[tuple[Credential, int, str, str]]) -> None:
    """Contests, widths, styles and acts are mixed; each goes into the vector of its own form."""
    claims, expected = [], []
    for number, (voter, width, style, fault) in enumerate(drawn):
        prepared = seal(voter, width, style)
        where = Place(f"ballot {number}")
        if fault in {"proof", "both"}:
            other = seal(voter, width, style).sealed.proof
            sealed = msgspec.structs.replace(prepared.sealed, proof=other)
            prepared = prepared._replace(sealed=sealed, tracker=sealed.tracker(CONTEXT.manifest))
            expected += [("BAL.6", str(where))] * width
        record = voter.challenge(CONTEXT, prepared) if fault == "challenge" else voter.cast(CONTEXT, prepared)
        claim = voted(record, width, where)
        if fault in {"signature", "both"}:
            act = claim.act[:64] + bytes([1]) + claim.act[65:]  # the first byte of prev
            claim = msgspec.structs.replace(claim, act=act)
            expected.append(("BAL.7", str(where)))
        claims.append(claim)
    assert verdict(claims) == sorted(expected)


def test_a_ballot_whose_points_do_not_decode_leaves_its_neighbours_alone() -> None:
    prepared = [seal(voter, 2, "town") for voter in VOTERS]
    records = [voter.cast(CONTEXT, each) for voter, each in zip(VOTERS, prepared, strict=True)]
    sealed = records[1].sealed
    records[1] = msgspec.structs.replace(records[1], sealed=msgspec.structs.replace(sealed, P=b"\1" + sealed.P[1:]))
    found = verdict([voted(record, 2, Place(f"ballot {number}")) for number, record in enumerate(records)])
    assert ("BAL.4", "ballot 1") in found
    assert {where for _, where in found} == {"ballot 1"}


@pytest.mark.parametrize("scalars", [[0], [], [1, 2]])
def test_a_credential_is_one_scalar_and_not_zero(scalars: list[int]) -> None:
    with pytest.raises(Malformed):
        Credential(Secrets.of(Scalars.of(scalars)))


@pytest.mark.parametrize("field", ["contest", "style", "credential", "nonce", "R", "P", "proof"])
def test_every_field_changes_the_tracker(field: str) -> None:
    sealed = seal(VOTERS[0], 1, "town").sealed
    value = getattr(sealed, field)
    changed = value + "x" if isinstance(value, str) else bytes([value[0] ^ 1]) + value[1:]
    assert msgspec.structs.replace(sealed, **{field: changed}).tracker(CONTEXT.manifest) != sealed.tracker(
        CONTEXT.manifest
    )
    assert sealed.tracker(bytes(32)) != sealed.tracker(CONTEXT.manifest)


@given(st.integers(1, 3), st.sets(st.integers(1, 9)), st.sets(st.integers(1, 9)))
def test_an_opening_convinces_of_one_choice_only(width: int, marks: set[int], claimed: set[int]) -> None:
    choice, other = tuple(sorted(marks)), tuple(sorted(claimed))
    opened = VOTERS[0].challenge(CONTEXT, seal(VOTERS[0], width, "town", choice))
    assert opened.choice == choice
    batch = Batch()
    Opened.put([_opened(opened, encode_points(contest(width), other))], batch)
    if other == choice:
        batch.settle()
    else:
        with pytest.raises(Rejected, match=r"SPL.2"):
            batch.settle()


def admissible(width: int) -> Any:
    style: Any = SimpleNamespace(id="town", contests=[f"contest-{width}"])
    manifest: Any = SimpleNamespace(election=CONTEXT.election)
    state = State(manifest=manifest, digest=CONTEXT.manifest, key=KEY, styles={style.id: style})
    state.contests, state.courses = (
        {f"contest-{width}": contest(width)},
        {f"contest-{width}": Course(CastBallots.of(width))},
    )
    state.credentials.enter([Row(f"V{number:03}", voter.key, "town") for number, voter in enumerate(VOTERS)], "unit", 0)
    return state


def test_first_components_occur_once() -> None:
    """Whoever copies a ballot, or a column of one, is refused, also where the original was only challenged."""
    state = admissible(2)
    opened = VOTERS[0].challenge(CONTEXT, seal(VOTERS[0], 2, "town"))
    prepare_challenge(state, opened, Place(record=1), no_blobs).apply()
    R = opened.sealed.R
    fresh = seal(VOTERS[1], 2, "town")
    for copied in (R, R[32:] + R[:32], fresh.sealed.R[:32] + R[:32], fresh.sealed.R[:32] * 2):
        sealed = msgspec.structs.replace(fresh.sealed, R=copied)
        with pytest.raises(Rejected, match=r"BAL.3"):
            prepare_ballot(state, Ballot(sealed, bytes(32), bytes([1]) + bytes(63)), Place(record=2), no_blobs)
    prepare_ballot(state, VOTERS[1].cast(CONTEXT, fresh), Place(record=2), no_blobs)


def test_a_ballot_follows_its_credentials_latest() -> None:
    state = admissible(1)
    first, second = seal(VOTERS[0], 1, "town"), seal(VOTERS[0], 1, "town")
    prepare_ballot(state, VOTERS[0].cast(CONTEXT, first), Place(record=1), no_blobs).apply()
    for prev in (bytes(32), second.tracker):
        with pytest.raises(Rejected, match=r"BAL.8"):
            prepare_ballot(state, VOTERS[0].cast(CONTEXT, second, prev), Place(record=2), no_blobs)
    prepare_ballot(state, VOTERS[0].cast(CONTEXT, second, first.tracker), Place(record=2), no_blobs).apply()
    assert state.courses["contest-1"].cast[VOTERS[0].key].tracker == second.tracker


def test_a_first_component_is_remembered_column_by_column() -> None:
    state = admissible(2)
    sealed = seal(VOTERS[0], 2, "town")
    prepare_ballot(state, VOTERS[0].cast(CONTEXT, sealed), Place(record=1), no_blobs).apply()
    assert set(state.firsts) == {sealed.sealed.R[:32], sealed.sealed.R[32:]}


def test_every_challenge_is_numbered() -> None:
    state = admissible(1)
    for number in (1, 2, 3):
        prepare_challenge(
            state, VOTERS[0].challenge(CONTEXT, seal(VOTERS[0], 1, "town")), Place(record=number), no_blobs
        ).apply()
        assert state.challenged == number


def test_more_challenges_make_no_more_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """G9: what challenges claim is put side by side: one product, of as many vectors for nine as for two."""
    products, msm = list[int](), backend.msm

    def count(terms: Iterable[Operand]) -> bytes:
        products.append(len(list(terms)))
        return msm(terms)

    monkeypatch.setattr(backend, "msm", count)
    for number in (2, 9):
        batch, where = Batch(), Place(record=1)
        made = [VOTERS[0].challenge(CONTEXT, seal(VOTERS[0], 1, "all"), bytes(32)) for _ in range(number)]
        Voted.put([voted(challenge, 1, where) for challenge in made], batch)
        Opened.put([_opened(one, encode_points(contest(1), one.choice)) for one in made], batch)
        batch.settle()
    assert len(products) == 2
    assert products[0] == products[1]


def test_a_false_challenge_is_told_with_its_place() -> None:
    opened = VOTERS[0].challenge(CONTEXT, seal(VOTERS[0], 1, "town"))
    other = msgspec.structs.replace(opened, sealed=msgspec.structs.replace(opened.sealed, nonce=bytes(16)))
    batch = Batch()
    for claim in prepare_challenge(admissible(1), other, Place(record=1), no_blobs).claims:
        type(claim).put([claim], batch)
    with pytest.raises(Rejected) as caught:
        batch.settle()
    assert [(each.id, str(each.where)) for each in (caught.value, *caught.value.also)] == [
        ("BAL.6", "record 1"),
        ("BAL.7", "record 1"),
    ]


@pytest.mark.parametrize("field", ["r", "proof", "signature"])
def test_a_scalar_above_the_order_is_told_with_its_place(field: str) -> None:
    above = bytes([255]) * 32
    opened = VOTERS[0].challenge(CONTEXT, seal(VOTERS[0], 1, "town"))
    sealed = opened.sealed
    changes: dict[str, Any] = {
        "r": {"r": above},
        "proof": {"sealed": msgspec.structs.replace(sealed, proof=sealed.proof[:32] + above)},
        "signature": {"signature": opened.signature[:32] + above},
    }
    with pytest.raises(Malformed) as caught:
        prepare_challenge(admissible(1), msgspec.structs.replace(opened, **changes[field]), Place(record=1), no_blobs)
    assert str(caught.value.where) == "record 1"


def test_an_opening_needs_no_other_claim_to_be_refused() -> None:
    """Whoever settles an opening alone learns what is wrong with it, and where."""
    opened = VOTERS[0].challenge(CONTEXT, seal(VOTERS[0], 1, "town"))
    honest = _opened(opened, encode_points(contest(1), opened.choice))
    above = bytes([255]) * 32
    with pytest.raises(Malformed) as malformed:
        Opened.put([msgspec.structs.replace(honest, r=above)], Batch())
    assert str(malformed.value.where) == "opened"
    for field in ("R", "P"):
        batch = Batch()
        Opened.put([msgspec.structs.replace(honest, **{field: above})], batch)
        with pytest.raises(Rejected) as rejected:
            batch.settle()
        assert (rejected.value.id, str(rejected.value.where)) == ("BAL.4", "opened")
