"""The key ceremony: any t trustees have the key, and whoever cheats is named (specs/ceremony.md)."""

import itertools
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixnet.ceremony import Cheated, Dealer
from mixnet.secrets import Secrets
from tests.corpus.keys import signed, told
from tests.corpus.odd import ODD, hold
from tests.corpus.twin import Liar, honest, phases
from tests.vectors.check import failures
from verifier import fold
from verifier.election.ceremony import Contributed, Restart, committed, election_key, pad, share_key
from verifier.election.decryption import lagrange
from verifier.errors import Rejected
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.group import ONE, G, Points, Scalars
from verifier.proof.transcript import Context
from verifier.records import encode

CONTEXT = Context("example", bytes(range(32)))
SIZES = st.integers(1, 5).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n)))


class Attempt(NamedTuple):
    """All that a run of the ceremony makes; dealings[i] is what trustee i sends, all by number."""

    number: int
    dealers: dict[int, Dealer]
    keys: dict[int, bytes]
    dealings: dict[int, bytes]
    commitments: dict[int, Points]

    def open(self, j: int) -> Secrets:
        return self.dealers[j].open(CONTEXT, self.number, j, self.keys, self.dealings, self.commitments)

    def complain(self, i: int, j: int, liar: int) -> dict[str, Any]:
        """Trustee j's complaint of dealer i, as a vector."""
        K, proof = self.dealers[j].complain(CONTEXT, self.number, i, j, self.keys[i])
        statement = {"Ei": self.keys[i], "Ej": self.keys[j], "K": K, "proof": proof}
        dealt = {"A": bytes(self.commitments[i]), "sealed": self.dealings[i][32 * (j - 1) : 32 * j]}
        hexed = {name: data.hex() for name, data in {**statement, **dealt, "manifest": CONTEXT.manifest}.items()}
        numbers = {"attempt": self.number, "dealer": i, "trustee": j, "liar": liar}
        return {"kind": "complaint", "election": CONTEXT.election, "contest": "", **numbers, **hexed}


def run(t: int, n: int, number: int = 1) -> Attempt:
    dealers = {i: Dealer.draw(t) for i in range(1, n + 1)}
    keys = {i: dealer.E for i, dealer in dealers.items()}
    batch = Batch()
    for i, dealer in dealers.items():
        proof = dealer.prove(CONTEXT, number, i, n)
        Contributed.put([contributed(f"attempt {number} trustee {i}", t, n, dealer.E, dealer.A, proof)], batch)
    batch.settle()
    dealings = {i: dealer.deal(CONTEXT, number, i, keys) for i, dealer in dealers.items()}
    return Attempt(number, dealers, keys, dealings, {i: Points.packed(dealer.A) for i, dealer in dealers.items()})


def contributed(place: str, t: int, n: int, E: bytes, A: bytes, proof: bytes) -> Contributed:
    return Contributed(where=Place(place), context=CONTEXT, place=place, t=t, n=n, E=E, A=A, proof=proof)


@settings(max_examples=15)
@given(SIZES, st.integers(1, 3))
def test_any_t_shares_are_the_key(size: tuple[int, int], number: int) -> None:
    t, n = size
    attempt = run(t, n, number)
    shares = {j: attempt.open(j) for j in range(1, n + 1)}
    key = bytes(election_key(list(attempt.commitments.values())))
    for j, x in shares.items():
        assert bytes((x * G).points()) == bytes(share_key(list(attempt.commitments.values()), j))
    for some in itertools.combinations(shares, t):
        secret = sum((x * ONE for x in weigh(shares, some)), Secrets.of(Scalars.of([0])))
        assert bytes((secret * G).points()) == key
    for few in itertools.combinations(shares, t - 1):
        secret = sum((x * ONE for x in weigh(shares, few)), Secrets.of(Scalars.of([0])))
        assert bytes((secret * G).points()) != key


def weigh(shares: dict[int, Secrets], trustees: tuple[int, ...]) -> list[Secrets]:
    return [shares[j] * factor for j, factor in zip(trustees, lagrange(trustees), strict=True)]


@settings(max_examples=25)
@given(SIZES, st.data())
def test_a_cheating_dealer_is_found_and_named(size: tuple[int, int], data: st.DataObject) -> None:
    t, n = size
    attempt = run(t, n)
    i, j = data.draw(st.integers(1, n), label="dealer"), data.draw(st.integers(1, n), label="victim")
    error = data.draw(st.integers(1, 2**250), label="error")
    dealing = bytearray(attempt.dealings[i])
    span = slice(32 * (j - 1), 32 * j)
    dealing[span] = bytes(Scalars(dealing[span]) + Scalars.of([error]))
    attempt.dealings[i] = bytes(dealing)
    with pytest.raises(Cheated) as cheated:
        attempt.open(j)
    assert cheated.value.dealer == i
    assert failures(attempt.complain(i, j, liar=i)) == []
    assert failures(attempt.complain(i, j, liar=0)) == ["KEY.7"]
    for other in set(range(1, n + 1)) - {j}:
        attempt.open(other)


@settings(max_examples=15)
@given(SIZES, st.data())
def test_whoever_complains_of_a_right_share_is_named(size: tuple[int, int], data: st.DataObject) -> None:
    attempt = run(*size)
    i, j = data.draw(st.integers(1, size[1])), data.draw(st.integers(1, size[1]))
    honest = attempt.complain(i, j, liar=j)
    assert failures(honest) == []
    K, proof = attempt.dealers[j].complain(CONTEXT, 1, i, j, Dealer.draw(1).E)
    assert failures(honest | {"K": K.hex(), "proof": proof.hex(), "liar": i}) == ["KEY.6"]


def test_a_dealer_that_deals_for_another_polynomial_is_found() -> None:
    attempt = run(2, 3)
    attempt.dealings[1] = Dealer.draw(2)._replace(e=attempt.dealers[1].e).deal(CONTEXT, 1, 1, attempt.keys)
    for j in (1, 2, 3):
        with pytest.raises(Cheated):
            attempt.open(j)


def test_shares_of_another_attempt_do_not_open() -> None:
    attempt = run(2, 3)
    with pytest.raises(Cheated):
        attempt._replace(number=2).open(1)


@given(st.integers(1, 4), st.integers(1, 32))
def test_commitments_follow_the_polynomial(t: int, j: int) -> None:
    dealer = Dealer.draw(t)
    assert (dealer.share(j) * G).points() == committed(Points.packed(dealer.A), j).point()


def test_pads_differ() -> None:
    K = bytes(G)
    pads = [
        pad(CONTEXT, *numbers, K) for numbers in ((1, 1, 2), (2, 1, 2), (1, 2, 1), (1, 1, 1), (1, 12, 1), (11, 2, 1))
    ]
    pads += [pad(CONTEXT._replace(election="other"), 1, 1, 2, K), pad(CONTEXT, 1, 1, 2, bytes(32))]
    assert len(set(pads)) == len(pads)


def test_a_key_that_cancels_the_others_cannot_be_proved() -> None:
    """The rogue key: A_0 = xG − the others' sum; its maker knows no logarithm to prove."""
    others = [Dealer.draw(1) for _ in range(2)]
    mine = Dealer.draw(1)
    rogue = (Points.packed(mine.A) - Points.packed(b"".join(dealer.A for dealer in others)).sum()).point()
    proof = mine._replace(A=bytes(rogue)).prove(CONTEXT, 1, 3, 3)
    batch = Batch()
    Contributed.put([contributed("attempt 1 trustee 3", 1, 3, mine.E, bytes(rogue), proof)], batch)
    with pytest.raises(Rejected, match=r"KEY.5"):
        batch.settle()


@pytest.mark.parametrize(
    ("posted", "next_", "missing"),
    [
        (2, 3, "trustees 3 have not pledged yet"),
        (4, 6, "trustees 2, 3 have not contributed yet"),
        (6, 9, "trustees 1, 2, 3 have not dealt yet"),
    ],
)
def test_who_is_early_is_told_whom_the_ceremony_waits_for(posted: int, next_: int, missing: str) -> None:
    begun = phases()["ceremony"]
    liar = Liar(honest(), begun + posted)
    with pytest.raises(Rejected) as caught:
        fold.prepare(liar.state, begun + posted, honest().records[begun + next_], liar.blobs.get)
    assert (caught.value.id, caught.value.detail) == ("KEY.1", missing)


def test_who_comes_with_a_void_attempt_is_told_the_next() -> None:
    liar = Liar(honest(), phases()["ceremony"] + 1)
    late = encode(signed(liar, 1))
    liar.enact(Restart(2, ()))
    with pytest.raises(Rejected, match="this is attempt 2, the record is of attempt 1"):
        fold.prepare(liar.state, len(liar.records), late, liar.blobs.get)


@pytest.mark.parametrize(
    ("name", "record", "lied"),
    [
        ("a dealer who cheats and another attempt", 14, "trustee 1 dealt a share that does not hold"),
        ("a trustee who complains of a share that holds", 16, "trustee 2 complained of a share that holds"),
    ],
)
def test_a_finding_names_who_lied_and_where(name: str, record: int, lied: str) -> None:
    held = hold(next(odd for odd in ODD if odd.name == name))
    [lie] = held.state.findings
    assert (lie.id, lie.severity, lie.where) == ("KEY.7", "error", Place(record=record))
    assert str(lie.detail) == f"{lied}; attempt 1 is void"


def test_a_ceremony_ends_with_a_public_key_for_each_share_and_what_each_trustee_said() -> None:
    state = Liar(honest(), phases()["registration"]).state
    assert {j: bytes(X) for j, X in state.share_keys.items()} == {
        j: bytes((x * G).points()) for j, x in honest().x.items()
    }
    kept = state.ceremony
    for first, said in enumerate((kept.pledges, kept.contributions, kept.dealings, kept.acknowledgements)):
        assert said == {trustee: told(3 * first + trustee - 1) for trustee in (1, 2, 3)}
