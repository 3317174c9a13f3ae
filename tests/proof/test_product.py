"""A product of columns is what its joined columns give, however many there are (specs/group.md)."""

from collections.abc import Iterator
from typing import Any

import pytest

import verifier.proof._sodium as sodium
from tests.reference.group import ORDER

kernel: Any = pytest.importorskip(
    "aikyn_kernel", reason="the kernel is not installed: nothing to compare libsodium with"
)
N = 300
BOTH = pytest.mark.parametrize("b", [kernel, sodium], ids=["kernel", "libsodium"])


def scalar(number: int) -> bytes:
    return (number % ORDER).to_bytes(32, "little")


@BOTH
def test_many_single_columns_are_one_vector(b: Any) -> None:
    """G9: columns of one point, each with an outer factor of its own and some twice, give what the joined one gives."""
    points = b.derive(bytes(range(256)) * (N // 4)).encode()
    cut = [points[at : at + 32] for at in range(0, 32 * N, 32)]
    operands = [(point, scalar(i), scalar(i * i + 2)) for i, point in enumerate(cut)]
    twice = [(cut[i % 7], scalar(i), scalar(i % 3 + 1)) for i in range(N)]
    numbers = [i * (i * i + 2) for i in range(N)]
    for i in range(N):
        numbers[i % 7] += i * (i % 3 + 1)
    assert b.msm(operands + twice) == b.msm([(points, b"".join(map(scalar, numbers)), None)])


@BOTH
def test_terms_are_asked_for_one_by_one(b: Any) -> None:
    points = b.derive(bytes(range(256)) * 16).encode()
    terms = [(points[at : at + 64], scalar(at) + scalar(3), None) for at in range(0, 64 * 31, 32)]
    assert b.msm(iter(terms)) == b.msm(terms)
    assert b.msm(iter([])) == bytes(32)

    def breaks_off() -> Iterator[Any]:
        yield terms[0]
        raise KeyError("no more")

    with pytest.raises(KeyError):
        b.msm(breaks_off())


def test_portions_share_their_buckets() -> None:
    """More points than one portion, in terms of all sizes: what is asked for is added before the next is made."""
    points = kernel.derive(bytes(range(256)) * (1 << 14)).encode()  # 2^16 of them
    ones = scalar(1) * (1 << 16)
    made = []

    def terms() -> Iterator[Any]:
        for size in (1, 40, 1 << 16, 1 << 16, 3, 1 << 10):
            made.append(size)
            yield points[: 32 * size], ones[: 32 * size], scalar(len(made) % 2)
            yield points[: 32 * size], scalar(5) * size, None

    expected = b""
    for number, size in enumerate((1, 40, 1 << 16, 1 << 16, 3, 1 << 10), 1):
        expected += kernel.msm([(points[: 32 * size], scalar(5 + number % 2) * size, None)])
    assert kernel.msm(terms()) == kernel.msm([(expected, scalar(1) * 6, None)])
    assert made == [1, 40, 1 << 16, 1 << 16, 3, 1 << 10]
