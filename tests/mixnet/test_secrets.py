"""Secrets compute like scalars, and do not get out by accident."""

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixnet.secrets import Rows, Secrets
from verifier.proof.group import ONE, ORDER, G, Points, Scalars, generators

NUMBERS = st.one_of(st.sampled_from([0, 1, ORDER - 1]), st.integers(0, ORDER - 1))


def of(numbers: list[int]) -> Secrets:
    return Secrets.of(Scalars.of(numbers))


def test_nothing_shows_them() -> None:
    secret = Secrets.draw(2)
    shown = f"{secret} {secret!r} {[secret]} {vars(type(secret))}"
    buffer = bytes(secret.expose())
    for part in (buffer.hex()[:16], repr(buffer)[2:30], str(int.from_bytes(buffer[:32], "little"))):
        assert part not in shown


def test_nothing_compares_copies_or_keeps_them() -> None:
    secret = Secrets.draw()
    for leak in (
        lambda: secret == secret,  # noqa: PLR0124
        lambda: secret != Secrets.draw(),
        lambda: secret == 0,
        lambda: hash(secret),
        lambda: {secret},
        lambda: pickle.dumps(secret),
        lambda: copy.copy(secret),
        lambda: copy.deepcopy(secret),
        lambda: json.dumps(secret),
        lambda: bytes(secret),  # type: ignore[call-overload]
        lambda: int(secret),  # type: ignore[call-overload]
        lambda: Scalars.of(secret),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError):
            leak()


def test_they_are_wiped() -> None:
    buffer = bytearray(Scalars.of([5, 6]).packed)
    secret = Secrets.take(buffer)
    secret.wipe()
    assert buffer == bytes(64)
    buffer = bytearray(Scalars.of([5, 6]).packed)
    Secrets.take(buffer)
    assert buffer == bytes(64)


def test_a_copy_outlives_what_it_was_taken_from() -> None:
    secret = of([5, 6])
    part, exposed, revealed = secret[1], secret.expose(), secret.reveal()
    secret.wipe()
    assert part.reveal() == Scalars.of([6])
    assert Scalars(exposed) == revealed == Scalars.of([5, 6])


def test_they_can_be_taken_apart_and_end() -> None:
    assert len(list(of([1, 2, 3]))) == 3  # type: ignore[call-overload]
    for index in (3, -4):
        with pytest.raises(IndexError):
            of([1, 2, 3])[index]


def test_only_canonical_scalars_are_taken() -> None:
    for wrong in (ORDER.to_bytes(32, "little"), b"\xff" * 32, bytes(31)):
        with pytest.raises(ValueError, match="canonical"):
            Secrets.take(bytearray(wrong))


def test_draws_differ() -> None:
    drawn = Secrets.draw(50).reveal()
    assert len({drawn[i] for i in range(50)}) == 50
    assert all(int(drawn[i]) > 2**200 for i in range(50))


@given(st.integers(1, 5), st.data())
def test_they_compute_as_scalars_do(n: int, data: st.DataObject) -> None:
    draw = st.lists(NUMBERS, min_size=n, max_size=n)
    a, b = Scalars.of(data.draw(draw)), Scalars.of(data.draw(draw))
    x, y = Secrets.of(a), Secrets.of(b)
    order = data.draw(st.permutations(range(n)))
    assert (x + y).reveal() == (x + b).reveal() == a + b
    assert (x - y).reveal() == (x - b).reveal() == a - b
    assert (x * y).reveal() == (x * b).reveal() == (a * y).reveal() == a * b
    assert (-x).reveal() == -a
    assert (x @ y).reveal() == (x @ b).reveal() == a @ b
    assert x.sum().reveal() == a.sum()
    assert [x.products().reveal()[i] for i in range(n)] == [a[: i + 1].product() for i in range(n)]
    assert x.permuted(order).reveal() == Scalars(b"".join(a[i].packed for i in order))
    assert x.after(ONE).reveal() == Scalars(bytes(ONE) + bytes(a)[:-32])


@given(st.integers(0, 4), st.data())
def test_their_points_are_those_of_scalars(n: int, data: st.DataObject) -> None:
    draw = st.lists(NUMBERS, min_size=n, max_size=n)
    a, b = Scalars.of(data.draw(draw)), Scalars.of(data.draw(draw))
    x, P, h = Secrets.of(a), (Secrets.of(b) * G).points(), generators("secrets", 6)[1 : 1 + n]

    def rows(total: Rows) -> list[bytes]:
        packed = bytes(total.points())
        return [packed[i : i + 32] for i in range(0, len(packed), 32)]

    assert rows(x * G) == [bytes((a[i] * G).point()) for i in range(n)]
    assert rows(x * P) == [bytes((a[i] * P[i]).point()) for i in range(n)]
    assert rows(x * P + h + P) == [bytes((a[i] * P[i] + h[i] + P[i]).point()) for i in range(n)]
    assert rows(x @ P) == [bytes((a @ P).point())]
    assert rows(x @ h) == [bytes((a @ h).point())]
    if n:
        assert rows(x[0] * P) == [bytes((a[0] * P[i]).point()) for i in range(n)]


def test_lengths_must_agree() -> None:
    two, three, P = of([1, 2]), of([1, 2, 3]), Points.packed(bytes(96))
    for form in (
        lambda: two + three,
        lambda: two - three,
        lambda: two * three,
        lambda: two @ three,
        lambda: two @ P,
        (two * P).points,
        lambda: two * G + P,
        lambda: two * G + three * G,
    ):
        with pytest.raises(ValueError, match=r"differ|length|item|rows"):
            form()
