"""Any t trustees' shares open the ballots, and shares made otherwise are refused (specs/decryption.md)."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixnet.decryption import decrypt
from mixnet.secrets import Secrets
from verifier.client.plaintexts import recombine
from verifier.election.course import Given
from verifier.election.decryption import Decrypted, lagrange
from verifier.election.tally import Plain
from verifier.errors import Rejected
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import ORDER, G, Points, Scalars
from verifier.proof.transcript import Context

CONTEXT = Context("example", bytes(range(32)))


def deal(t: int, n: int) -> tuple[bytes, dict[int, Secrets]]:
    """An election key, and n shares of it of which any t suffice."""
    a = Secrets.draw(t)
    return bytes((a[0] * G).points()), {j: a @ Scalars.of(j**k for k in range(t)) for j in range(1, n + 1)}


def seal(key: bytes, N: int, w: int) -> tuple[Ciphertexts, tuple[Points, ...]]:
    M, columns = [], []
    for _ in range(w):
        r, points = Secrets.draw(N), (Secrets.draw(N) * G).points()
        M.append(points)
        columns.append(((r * G).points(), (r * Points.packed(key) + points).points()))
    return Ciphertexts(tuple(R for R, _ in columns), tuple(P for _, P in columns)), tuple(M)


def check(j: int, x: Secrets, mixed: Ciphertexts, D: tuple[Points, ...], proof: bytes) -> None:
    batch = Batch()
    X = (x * G).points()
    Decrypted.put(
        [
            Decrypted(
                context=CONTEXT,
                contest="contest",
                trustee=j,
                X=X,
                mix=b"\1" * 32,
                mixed=mixed,
                D=D,
                proof=proof,
                where=Place(f"trustee {j}"),
            )
        ],
        batch,
    )
    batch.settle()


@pytest.mark.slow
@settings(max_examples=25)
@given(st.integers(1, 4), st.integers(0, 2), st.integers(1, 4), st.integers(1, 3))
def test_any_t_shares_open_the_ballots(t: int, more: int, N: int, w: int) -> None:
    key, shares = deal(t, t + more)
    mixed, M = seal(key, N, w)
    given_ = []
    for j, x in shares.items():
        D, proof = decrypt(CONTEXT, "contest", j, x, b"\1" * 32, mixed)
        check(j, x, mixed, D, proof)
        given_.append(Given(j, D))
    for some in itertools.permutations(given_, t):
        assert recombine(mixed, some) == M
        batch = Batch()
        Plain.put([Plain(mixed=mixed, given=some, M=M, where=Place("tally"))], batch)
        batch.settle()


@settings(max_examples=25)
@given(st.integers(1, 4), st.integers(1, 2), st.data())
def test_a_wrong_plaintext_is_named_by_its_row(N: int, w: int, data: st.DataObject) -> None:
    key, shares = deal(2, 3)
    mixed, M = seal(key, N, w)
    given_ = [Given(j, tuple((x * R).points() for R in mixed.R)) for j, x in list(shares.items())[1:]]
    row, column = data.draw(st.integers(0, N - 1)), data.draw(st.integers(0, w - 1))
    changed = bytearray(bytes(M[column]))
    changed[32 * row : 32 * row + 32] = bytes((M[column][row] + G).point())
    wrong = (*M[:column], Points.packed(changed), *M[column + 1 :])
    batch = Batch()
    Plain.put([Plain(mixed=mixed, given=tuple(given_), M=wrong, where=Place("tally"))], batch)
    with pytest.raises(Rejected) as refused:
        batch.settle()
    assert [(each.id, str(each.where)) for each in (refused.value, *refused.value.also)] == [
        ("TAL.4", f"tally, row {row + 1}")
    ]


@settings(max_examples=25)
@given(st.integers(1, 4), st.integers(1, 2), st.data())
def test_a_share_by_another_secret_is_refused(N: int, w: int, data: st.DataObject) -> None:
    x = Secrets.draw()
    mixed, _ = seal(bytes(G), N, w)
    D, proof = decrypt(CONTEXT, "contest", 1, x, b"\1" * 32, mixed)
    column = data.draw(st.integers(0, w - 1))
    wrong = list(D)
    wrong[column] = (Secrets.draw() * mixed.R[column]).points()
    with pytest.raises(Rejected, match=r"DEC\.[45]"):
        check(1, x, mixed, tuple(wrong), proof)
    with pytest.raises(Rejected, match=r"DEC\.[45]"):
        check(2, x, mixed, D, proof)


@pytest.mark.parametrize(("column", "row"), [(0, 0), (0, 2), (1, 1)])
def test_a_share_that_does_not_decode_is_named_by_its_row(column: int, row: int) -> None:
    x = Secrets.draw()
    mixed, _ = seal(bytes(G), 3, 2)
    D, _ = decrypt(CONTEXT, "contest", 1, x, b"\1" * 32, mixed)
    coded = bytes(D[column])
    bent = Points.packed(coded[: 32 * row] + b"\1" + bytes(31) + coded[32 * row + 32 :])
    batch = Batch()
    claim = Decrypted(
        context=CONTEXT,
        contest="contest",
        trustee=1,
        X=(x * G).points(),
        mix=b"\1" * 32,
        mixed=mixed,
        D=(*D[:column], bent, *D[column + 1 :]),
        proof=bytes(96),
        where=Place("share"),
    )
    Decrypted.put([claim], batch)
    with pytest.raises(Rejected) as refused:
        batch.settle()
    assert (refused.value.id, str(refused.value.where)) == ("DEC.3", f"share, row {row + 1}")


@given(st.sets(st.integers(1, 32), min_size=1, max_size=6), st.data())
def test_lagrange_finds_the_constant_term(trustees: set[int], data: st.DataObject) -> None:
    size = len(trustees)
    a = data.draw(st.lists(st.integers(0, ORDER - 1), min_size=size, max_size=size))
    values = {j: sum(coefficient * j**k for k, coefficient in enumerate(a)) for j in trustees}
    factors = lagrange(list(trustees))
    assert sum(int(factor) * values[j] for j, factor in zip(trustees, factors, strict=True)) % ORDER == a[0]


def test_shares_are_published_only_when_they_hold() -> None:
    mixed, _ = seal(bytes(G), 2, 1)
    broken = Ciphertexts((Points.packed(b"\1" + bytes(63)),), mixed.P)
    with pytest.raises((Rejected, ValueError)):
        decrypt(CONTEXT, "contest", 1, Secrets.draw(), b"\1" * 32, broken)
