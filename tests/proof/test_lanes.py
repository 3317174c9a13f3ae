"""Secret scalars over every engine that this processor has, a hundred thousand cases each, against libsodium."""

from __future__ import annotations

import random
from typing import Any

import pytest

import verifier.proof._sodium as sodium
from tests.reference.group import ORDER
from tests.support.bounds import CANONICAL, POINTS, pack

kernel: Any = pytest.importorskip("aikyn_kernel", reason="the kernel is not installed: nothing to compare")

ROWS = 10_000
EXTREME = [0, 1, 2, 8, 15, 16, 17, 2**252, 2**252 - 1, ORDER // 2, ORDER // 2 + 1, ORDER - 16, ORDER - 2, ORDER - 1]
EXTREME += [
    (-(2**256 - 1) + 2 * halved) % ORDER for halved in (0, 1, ORDER - 1)
]  # where all digits are alike, or nearly


def scalars(draw: random.Random, count: int = ROWS) -> bytes:
    """Half of them at the bounds."""
    return pack(
        [draw.choice((draw.choice(EXTREME), draw.choice(CANONICAL), draw.getrandbits(256))) for _ in range(count)]
    )


def points(draw: random.Random) -> bytes:
    """A third of them at the bounds; among the others all multiples of a few points, which cancel out often."""
    some = sodium.rows([(sodium.BASE, pack([*range(40), *range(-40, 0)]))], 80)
    few = [some[i : i + 32] for i in range(0, len(some), 32)]
    many = sodium.rows([(sodium.BASE, pack([draw.getrandbits(256) for _ in range(1000)]))], 1000)
    other = [many[i : i + 32] for i in range(0, len(many), 32)]
    return b"".join(draw.choice((draw.choice(POINTS), draw.choice(few), draw.choice(other))) for _ in range(ROWS))


@pytest.fixture(scope="module")
def cases() -> list[tuple[list[tuple[bytes, bytes | None]], bytes]]:
    """Terms of rows and the rows: ten kinds of ten thousand."""
    draw = random.Random(7)
    P, Q = points(draw), points(draw)
    one, other = P[:32], Q[32:64]
    rows: list[list[tuple[bytes, bytes | None]]] = [
        [(sodium.BASE, scalars(draw))],
        [(one, scalars(draw))],
        [(sodium.BASE, scalars(draw)), (other, scalars(draw))],
        [(sodium.BASE, scalars(draw)), (P, None)],
        [(P, scalars(draw))],
        [(P, scalars(draw, 1))],
        [(P, scalars(draw)), (Q, scalars(draw))],
        [(P, scalars(draw)), (one, scalars(draw, 1)), (Q, None)],
        [(P, None), (Q, None)],
        [(P, None), (other, None)],
    ]
    return [(terms, sodium.rows(terms, ROWS)) for terms in rows]


@pytest.mark.slow
@pytest.mark.parametrize("lanes", kernel.LANES)
def test_rows(lanes: str, cases: list[tuple[list[tuple[bytes, bytes | None]], bytes]]) -> None:
    kernel.set_lanes(lanes)
    try:
        for terms, expected in cases:
            assert kernel.rows(terms, ROWS) == expected
            assert kernel.rows([(kernel.decode(points), factors) for points, factors in terms], ROWS) == expected
            length = len(terms[0][0]) // 32
            if terms[0][1] is not None and len(terms[0][1]) == len(terms[0][0]):
                assert kernel.msm_secret(*terms[0]) == kernel.msm([(*terms[0], None)]), length
    finally:
        kernel.set_lanes(kernel.LANES[0])
