"""Whatever the size of a portion, long vectors give what short ones give (specs/decisions/memory.md)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixnet import secrets
from mixnet.secrets import Secrets
from tests.support.equations import UNDECODABLE, Claimed, equations, points, require, verdict
from verifier.client import plaintexts
from verifier.client.plaintexts import recombine
from verifier.election.course import Given
from verifier.proof import group, product, transcript
from verifier.proof.batch import Batch
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import ONES, G, Points, Root, Scalars, generators
from verifier.proof.product import Product
from verifier.proof.transcript import Context, Transcript

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = st.integers(1, 4)


@contextmanager
def portions(size: int) -> Iterator[None]:
    """Inside, a portion has so many rows."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (group, product, transcript, secrets, plaintexts):
            patch.setattr(module, "PORTION", size)
        yield


@given(SIZES, st.lists(equations(), min_size=1, max_size=4))
def test_the_false_rows_are_the_same(size: int, claims: list[Claimed]) -> None:
    batch = Batch()
    expected = require(batch, claims)
    with portions(size):
        assert verdict(batch) == expected


@given(SIZES, st.integers(0, 6))
def test_every_point_is_decoded_in_whatever_portion(size: int, bad: int) -> None:
    """Also one that no equation uses."""
    read = Points.packed(b"".join(UNDECODABLE if i == bad else bytes(G) for i in range(7)))
    batch = Batch()
    batch.read("TST.1", read, str)
    batch.require("TST.2", read[:0].sum() + G, G - read[:0].sum(), "here")
    with portions(size):
        assert verdict(batch) == [("TST.1", str(bad))]


@given(SIZES, st.integers(0, 9))
def test_generators_challenges_and_products_are_the_same(size: int, count: int) -> None:
    t, factors = Transcript("portions", Context("election", bytes(32)), "", ""), Scalars.of(range(2, 2 + count))
    with portions(1 << 16):
        expected = bytes(generators(f"whole {count}", count)), factors.product()
    drawn = Transcript("portions", Context("election", bytes(32)), "", "").challenges("u", count)
    with portions(size):
        group._GENERATORS.pop(f"whole {count}", None)
        assert (bytes(generators(f"whole {count}", count)), factors.product()) == expected
        assert t.challenges("u", count) == drawn


@given(SIZES, st.integers(0, 7))
def test_rows_of_secrets_are_the_same(size: int, n: int) -> None:
    s, P = Secrets.of(Scalars.of(range(n))), points([*range(5, 5 + n)])
    sums = s * P + s * G + P if n else s * P
    expected = points([k * (5 + k) + k + 5 + k for k in range(n)])
    with portions(size):
        assert sums.points() == expected


@given(SIZES, st.integers(0, 7))
def test_shares_recombine_to_the_same_plaintexts(size: int, n: int) -> None:
    """Of trustees 1 and 2, whose λ are 2 and -1."""
    masked, x, y = ([*range(start, start + n)] for start in (50, 9, 30))
    shares = [Given(1, (points(x),)), Given(2, (points(y),))]
    with portions(size):
        M = recombine(Ciphertexts((points(x),), (points(masked),)), shares)
    assert (points([p - 2 * one + two for p, one, two in zip(masked, x, y, strict=True)]),) == M


def test_a_product_is_gone_through_portion_by_portion() -> None:
    """Short coefficients stay short where they are alone; what overlaps is merged; nothing is asked for twice."""
    P, short, long = points([1, 2, 3, 4, 5]), Scalars.of([7] * 4), Scalars.of([-1] * 5)
    with portions(2):
        operands = list(Product([*(short @ P[1:]).terms, *(ONES(1) @ P[:1]).terms]))
        assert [(len(points) // 32, len(scalars) // 32) for points, scalars, _ in operands] == [(2, 2), (2, 2), (1, 1)]
        assert [outer for *_, outer in operands] == [None, bytes(ONES(1)), bytes(ONES(1))]
        again = Product((long @ P).terms, [P.root, Root(bytes(G) * 3)])
        assert list(again) == list(again)
        assert [scalars for _, scalars, _ in again] == [
            *(bytes(long[first : first + 2]) for first in (0, 2, 4)),
            b"",
            b"",
        ]
