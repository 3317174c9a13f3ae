"""Vectors of points and scalars: operators are strict, and sums are what the formulas say (specs/group.md)."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixnet.shuffle import permute
from verifier.errors import Malformed
from verifier.proof.group import IDENTITY, ONE, ONES, ORDER, ZERO, G, Points, Scalars, Sum, generators, has_identity

NUMBERS = st.one_of(st.sampled_from([0, 1, 2, ORDER - 1]), st.integers(0, 2**160), st.integers(0, ORDER - 1))
VECTORS = st.lists(NUMBERS, min_size=1, max_size=5)


def points(logs: list[int]) -> Points:
    """The points log·G, one by one."""
    return Points.packed(b"".join(bytes((Scalars.of([log]) * G).point()) for log in logs))


def rows(total: Sum) -> list[bytes]:
    return [bytes(total.row(i, 1).point()) for i in range(total.rows)]


def multiples(logs: list[int]) -> list[bytes]:
    return [bytes(points([log])) for log in logs]


def pair(n: int, data: st.DataObject) -> tuple[list[int], list[int]]:
    draw = st.lists(NUMBERS, min_size=n, max_size=n)
    return data.draw(draw), data.draw(draw)


@given(st.integers(1, 5), st.data())
def test_scalars_are_integers_modulo_the_order(n: int, data: st.DataObject) -> None:
    a, b = pair(n, data)
    x, y = Scalars.of(a), Scalars.of(b)
    assert x + y == Scalars.of(i + j for i, j in zip(a, b, strict=True))
    assert x - y == Scalars.of(i - j for i, j in zip(a, b, strict=True))
    assert x * y == Scalars.of(i * j for i, j in zip(a, b, strict=True))
    assert -x == Scalars.of(-i for i in a)
    assert x @ y == Scalars.of([sum(i * j for i, j in zip(a, b, strict=True))])
    assert x.sum() == Scalars.of([sum(a)])
    product = 1
    for i in a:
        product *= i
    assert x.product() == Scalars.of([product])
    assert [int(x[i]) for i in range(n)] == a
    assert int(x[-1]) == a[-1]
    assert x.repeat(2) == Scalars.of(i for i in a for _ in range(2))


@given(st.integers(1, 5), st.data())
def test_sums_are_what_the_formulas_say(n: int, data: st.DataObject) -> None:
    a, b = pair(n, data)
    z = data.draw(NUMBERS)
    P, s, z_ = points(b), Scalars.of(a), Scalars.of([z])
    assert [bytes((s @ P).point())] == multiples([sum(i * j for i, j in zip(a, b, strict=True))])
    assert [bytes(P.sum().point())] == multiples([sum(b)])
    assert rows(s * P) == multiples([i * j for i, j in zip(a, b, strict=True)])
    assert rows(s * G) == multiples(a)
    assert rows(z_ * P - s * G) == multiples([z * j - i for i, j in zip(a, b, strict=True)])
    assert rows(z_ * (P + s * G)) == multiples([z * (i + j) for i, j in zip(a, b, strict=True)])
    assert rows(s * (P + s * P)) == multiples([i * j + i * i * j for i, j in zip(a, b, strict=True)])
    assert rows(s[1:] * P[:-1]) == multiples([i * j for i, j in zip(a[1:], b, strict=False)])


@given(VECTORS, VECTORS)
def test_vectors_are_equal_as_a_whole(a: list[int], b: list[int]) -> None:
    assert (Scalars.of(a) == Scalars.of(b)) is (a == b)
    assert (points(a) == points(b)) is (a == b)
    assert len({Scalars.of(a), Scalars.of(a)}) == len({points(a), points(a)}) == 1


@pytest.mark.parametrize(("n", "m"), [(2, 3), (3, 2), (0, 2), (2, 0)])
def test_lengths_must_agree(n: int, m: int) -> None:
    s, P, t, Q = ONES(n), points([1] * n), ONES(m), points([2] * m)
    for form in (
        lambda: s + t,
        lambda: s - t,
        lambda: s * t,
        lambda: s @ t,
        lambda: s @ Q,
        lambda: s * Q,
        lambda: s * (t * Q),
        lambda: P + Q,
        lambda: P - Q,
        lambda: s * P - t * Q,
    ):
        with pytest.raises(ValueError, match=r"differ"):
            form()


@pytest.mark.parametrize("thing", [ONES(2), ONE, G, points([1, 2]), ONE * G])
@pytest.mark.parametrize("stranger", [2, 1.5, b"32", None, "G"])
def test_nothing_else_takes_part(thing: Any, stranger: Any) -> None:
    forms: list[Callable[[], Any]] = [
        lambda: thing + stranger,
        lambda: thing - stranger,
        lambda: thing * stranger,
        lambda: thing @ stranger,
        lambda: stranger * thing,
        lambda: stranger + thing,
    ]
    for form in forms:
        with pytest.raises((TypeError, AttributeError, ValueError)):
            form()
    assert thing != stranger


def test_only_a_single_scalar_is_an_integer() -> None:
    assert int(Scalars.of([7])) == 7
    for vector in (ONES(0), ONES(2)):
        with pytest.raises(ValueError, match="single"):
            int(vector)


def test_only_a_sum_of_one_row_is_a_point() -> None:
    with pytest.raises(ValueError, match="one row"):
        (ONES(2) * G).point()


@given(st.integers(0, 2**256 - 1), st.integers(0, 3), st.integers(0, 3))
def test_scalars_are_never_reduced_on_reading(number: int, before: int, after: int) -> None:
    packed = bytes(ONES(before)) + number.to_bytes(32, "little") + bytes(ONES(after))
    if number < ORDER:
        assert int(Scalars.decode(packed)[before]) == number
    else:
        with pytest.raises(Malformed, match=f"scalar {before} "):
            Scalars.decode(packed)


@given(st.lists(st.binary(min_size=64, max_size=64), min_size=1, max_size=4))
def test_64_bytes_are_reduced(wide: list[bytes]) -> None:
    assert Scalars.reduce(b"".join(wide)) == Scalars.of(int.from_bytes(each, "little") for each in wide)


@pytest.mark.parametrize("packed", [bytes(31), ORDER.to_bytes(32, "little")])
def test_what_is_no_scalar_is_named_by_its_place(packed: bytes) -> None:
    for places in ((), ("here",)):
        with pytest.raises(Malformed) as caught:
            Scalars.decode(packed, *places)
        assert str(caught.value.where) == "".join(places)


def test_one_scalar_goes_with_many() -> None:
    one, many = Scalars.of([3]), Scalars.of([5, 7, 11])
    assert one + many == many + one == Scalars.of([8, 10, 14])
    assert (one - many, many - one) == (Scalars.of([-2, -4, -8]), Scalars.of([2, 4, 8]))
    assert one * many == many * one == Scalars.of([15, 21, 33])


@pytest.mark.parametrize("length", [1, 31, 33, 63])
def test_odd_lengths_are_malformed(length: int) -> None:
    for read in (Scalars.decode, Points.packed):
        with pytest.raises(Malformed):
            read(bytes(length))


def test_views_share_their_root_and_have_no_step() -> None:
    P = points([1, 2, 3, 4])
    assert P[1:3].root is P.root
    assert bytes(P[1:3]) == bytes(P)[32:96]
    assert bytes(P[1:][1:]) == bytes(P)[64:]
    assert bytes(P[-1]) == bytes(P)[96:]
    assert len(P[3:1]) == 0
    with pytest.raises(ValueError, match="step"):
        P[::2]
    for vector in (P, ONES(4)):
        for index in (4, -5):
            with pytest.raises(IndexError):
                vector[index]


@given(st.permutations(range(4)))
def test_points_in_another_order(order: list[int]) -> None:
    P, h = points([5, 6, 7, 8]), generators("order", 4)
    assert bytes(permute(P, order)) == b"".join(bytes(P[i]) for i in order)
    assert bytes(permute(h, order)) == b"".join(bytes(h[i]) for i in order)
    assert bytes(permute(h[1:], [0, 2])) == bytes(h[1]) + bytes(h[3])


def test_generators_depend_on_label_and_index_only() -> None:
    few, many = bytes(generators("few", 3)), bytes(generators("few", 9))
    assert many[:96] == few
    assert bytes(generators("few", 2)) == few[:64]
    assert len({many[i : i + 32] for i in range(0, len(many), 32)} | {bytes(generators("other", 1))}) == 10


def test_zero_and_the_identity() -> None:
    O = Points.packed(IDENTITY)
    for total in (
        ZERO * G,
        ONE * O,
        ZERO * O,
        G - G,
        ONES(0) @ points([]),
        points([]).sum(),
        ONE * G + Scalars.of([-1]) * G,
    ):
        assert bytes(total.point()) == IDENTITY
    assert has_identity(bytes(points([1, 0])))
    assert not has_identity(bytes(points([1, 2])))
    assert not has_identity(b"\1" + bytes(62) + b"\1")
    assert ONES(0).product() == ONE
    assert ONES(0).sum() == ZERO


def test_a_sum_over_an_undecodable_point_is_malformed() -> None:
    with pytest.raises(Malformed):
        (ZERO * Points.packed(b"\1" + bytes(31))).point()
