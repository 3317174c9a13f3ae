"""Field and scalars at their bounds: the kernel on this processor, libsodium and Python's integers agree."""

from collections.abc import Iterator
from functools import reduce
from itertools import cycle, islice
from typing import Any

import pytest

import verifier.proof._sodium as sodium
from tests.reference.group import ORDER, Point, decode, map_to_group, total
from tests.support.bounds import CANONICAL, ELEMENTS, POINTS, SCALARS, is_point, pack

kernel: Any = pytest.importorskip(
    "aikyn_kernel", reason="the kernel is not installed: nothing to compare libsodium with"
)
BACKENDS = (kernel, sodium)


@pytest.fixture(autouse=True, params=kernel.LANES)
def _lanes(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every engine that this processor has, and dalek."""
    kernel.set_lanes(request.param)
    yield
    kernel.set_lanes(kernel.LANES[0])


def test_who_is_compared(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nbounds of field and scalars compared: {kernel.NAME}; {sodium.NAME}; Python's integers")
    assert "kernel" in kernel.NAME
    assert len(POINTS) > 80


def test_what_is_a_point() -> None:
    for encoding in ELEMENTS:
        expected = None if is_point(encoding) else 0
        assert [b.first_undecodable(encoding) for b in BACKENDS] == [expected, expected], encoding.hex()


def test_points_are_read_and_written() -> None:
    every = b"".join(POINTS)
    one = pack([1])
    for b in BACKENDS:
        assert b.decode(every).encode() == b.rows([(every, None)], len(POINTS)) == every
        assert b"".join(b.msm([(encoding, one, None)]) for encoding in POINTS) == every


@pytest.mark.slow
def test_points_are_derived() -> None:
    pairs = [first + second for first, second in zip(ELEMENTS, islice(cycle(ELEMENTS), 400, None), strict=False)]
    mapped = [map_to_group(pair) for pair in pairs]
    for b in BACKENDS:
        assert b.hash_to_group(b"".join(pairs)) == b"".join(bytes(point) for point in mapped)
        assert b.derive(b"".join(pairs)).encode() == b"".join(bytes(point + point) for point in mapped)


@pytest.mark.parametrize("bits", [64, 128, 160, 253])
def test_products(bits: int) -> None:
    """Enough terms for the kernel's buckets, in each size of scalars that has its own."""
    scalars = [number for number in CANONICAL if number < 2**bits][: len(POINTS)]
    assert len(scalars) > 32
    points = b"".join(POINTS[: len(scalars)])
    expected = bytes(total(scalar * decode(point, "") for scalar, point in zip(scalars, POINTS, strict=False)))
    for b in BACKENDS:
        assert b.msm([(points, pack(scalars), None)]) == expected
        assert b.msm([(b.decode(points), pack(scalars), pack([-1]))]) == bytes(-decode(expected, ""))
        assert b.msm_secret(points, pack(scalars)) == expected
        rows = b.rows([(points, pack(scalars)), (b.BASE, pack(scalars))], len(scalars))
        summed = reduce(Point.__add__, (decode(rows[i : i + 32], "") for i in range(0, len(rows), 32)))
        assert bytes(summed) == bytes(decode(expected, "") + sum(scalars) * decode(b.BASE, ""))


def test_what_is_a_scalar() -> None:
    for number in SCALARS:
        expected = None if number < ORDER else 0
        for b in BACKENDS:
            assert b.scalars_first_noncanonical(number.to_bytes(32, "little")) == expected, number


def test_scalars_are_added_and_multiplied() -> None:
    left = pack(CANONICAL)
    for other in (0, 1, 2**252 - 1, ORDER // 2, ORDER // 2 + 1, ORDER - 2, ORDER - 1):
        for b in BACKENDS:
            assert b.scalars_add(left, pack([other])) == pack([number + other for number in CANONICAL])
            assert b.scalars_sub(left, pack([other])) == pack([number - other for number in CANONICAL])
            assert b.scalars_sub(pack([other]), left) == pack([other - number for number in CANONICAL])
            assert b.scalars_mul(left, pack([other])) == pack([number * other for number in CANONICAL])
            assert b.scalars_dot(left, pack([other] * len(CANONICAL))) == pack([sum(CANONICAL) * other])


def test_wide_integers_are_reduced() -> None:
    wide = [(low + 2**256 * high) for low in SCALARS[::7] for high in SCALARS[::11]] + [2**512 - 1, ORDER**2]
    for b in BACKENDS:
        assert b.scalars_reduce(b"".join(number.to_bytes(64, "little") for number in wide)) == pack(wide)
