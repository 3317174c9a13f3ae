"""Equations of which it is known where they are false, and what a batch says of them."""

from collections.abc import Callable
from typing import NamedTuple

from hypothesis import strategies as st

from verifier.errors import Rejected
from verifier.proof import backend
from verifier.proof.batch import Batch
from verifier.proof.group import ORDER, G, Points, Scalars, Sum

UNDECODABLE = b"\1" + bytes(31)
NUMBERS = st.one_of(
    st.sampled_from([0, 1, ORDER - 1]),
    st.integers(0, 2**128),
    st.integers(0, 2**160 - 1),
    st.integers(2**160, ORDER - 1),
)


def points(logs: list[int]) -> Points:
    """The points log·G."""
    return Points.packed(backend.rows([(bytes(G), Scalars.of(logs).packed)], len(logs))) if logs else Points.packed(b"")


def verdict(batch: Batch) -> list[tuple[str, str]]:
    """Clause and place of everything that is false."""
    try:
        batch.settle()
    except Rejected as refusal:
        return [(each.id, str(each.where)) for each in (refusal, *refusal.also)]
    return []


class Claimed(NamedTuple):
    """An equation whose truth is known from its points' logarithms."""

    left: Sum
    right: Sum | Points
    false_rows: list[int]


@st.composite
def equations(draw: st.DrawFn) -> Claimed:
    """Of any form that the proofs use, over views of one root, with errors in some rows."""
    n = draw(st.integers(1, 5))
    logs, a = draw(st.lists(NUMBERS, min_size=n + 1, max_size=n + 1)), draw(st.lists(NUMBERS, min_size=n, max_size=n))
    P, s = points(logs), Scalars.of(a)
    z = draw(NUMBERS)
    z_ = Scalars.of([z])
    forms: list[tuple[Sum, list[int]]] = [
        (s @ P[:-1], [sum(i * j for i, j in zip(a, logs, strict=False))]),
        (P.sum() - z_ * G, [sum(logs) - z]),
        (s * P[1:], [i * j for i, j in zip(a, logs[1:], strict=True)]),
        (z_ * P[:-1] + s * G, [z * j + i for i, j in zip(a, logs, strict=False)]),
        (s * P[1:] - z_ * P[:-1], [i * logs[k + 1] - z * logs[k] for k, i in enumerate(a)]),
        (z_ * (s * P[0] + P[1:]), [z * (i * logs[0] + j) for i, j in zip(a, logs[1:], strict=True)]),
    ]
    left, values = draw(st.sampled_from(forms))
    errors = draw(
        st.lists(st.sampled_from([0, 0, 0, 1, ORDER - 1, 2**200]), min_size=len(values), max_size=len(values))
    )
    right = points([value + error for value, error in zip(values, errors, strict=True)])
    return Claimed(left, right, [row for row, error in enumerate(errors) if error])


def require(batch: Batch, claims: list[Claimed]) -> list[tuple[str, str]]:
    """Hand the equations over; what is false of them."""
    expected = []
    for number, (left, right, false_rows) in enumerate(claims):
        place: Callable[[int], str] = lambda row, number=number: f"{number}, row {row}"  # type: ignore[misc]  # noqa: E731
        batch.require(f"TST.{number}", left, right, place)
        expected += [(f"TST.{number}", f"{number}, row {row}") for row in false_rows]
    return expected
