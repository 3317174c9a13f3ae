"""A product of columns is what its joined columns give, however many there are (specs/group.md)."""

from typing import Any

import pytest

import verifier.proof._sodium as sodium
from tests.reference.group import ORDER

kernel: Any = pytest.importorskip(
    "aikyn_kernel", reason="the kernel is not installed: nothing to compare libsodium with"
)
N = 300


def scalar(number: int) -> bytes:
    return (number % ORDER).to_bytes(32, "little")


@pytest.mark.parametrize("b", [kernel, sodium], ids=["kernel", "libsodium"])
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
