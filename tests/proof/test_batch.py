"""The batch gives the verdict of the single equations, and names every culprit by clause and row."""

import hashlib
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.equations import UNDECODABLE, Claimed, equations, points, require, verdict
from verifier.place import Place
from verifier.proof import backend
from verifier.proof.batch import Batch, Equation, _weighted, _weights
from verifier.proof.group import ONE, ONES, ORDER, ZERO, G, Points, Scalars, Sum, generators
from verifier.proof.product import Operand


@given(st.lists(equations(), max_size=5))
def test_exactly_the_false_rows_are_named(claims: list[Claimed]) -> None:
    batch = Batch()
    expected = require(batch, claims)
    assert verdict(batch) == expected


@given(st.lists(equations(), min_size=2, max_size=4))
def test_merging_does_not_change_the_verdict(claims: list[Claimed]) -> None:
    singly = []
    for number, (left, right, _) in enumerate(claims):
        batch = Batch()
        batch.require(f"TST.{number}", left, right, str(number))
        singly += verdict(batch)
    together = Batch()
    for number, (left, right, _) in enumerate(claims):
        together.require(f"TST.{number}", left, right, str(number))
    assert verdict(together) == singly


@given(st.integers(1, ORDER - 1), st.integers(2, 6), st.data())
def test_errors_that_cancel_are_both_named(error: int, n: int, data: st.DataObject) -> None:
    first, second = sorted(data.draw(st.lists(st.integers(0, n - 1), min_size=2, max_size=2, unique=True)))
    errors = [0] * n
    errors[first], errors[second] = error, -error
    rows, apart = Batch(), Batch()
    rows.require("TST.1", ONES(n) * G, points([1 + e for e in errors]), str)
    for row, e in enumerate(errors):
        apart.require("TST.1", ONE * G, points([1 + e]), str(row))
    assert verdict(rows) == verdict(apart) == [("TST.1", str(first)), ("TST.1", str(second))]


def test_the_same_false_equation_twice_is_named_twice() -> None:
    batch = Batch()
    P = points([3])
    for place in ("once", "again"):
        batch.require("TST.1", P - G, G - G, place)
        batch.require("TST.1", G - P, G - G, f"{place}, negated")
    assert [place for _, place in verdict(batch)] == ["once", "once, negated", "again", "again, negated"]


def test_one_culprit_among_many() -> None:
    n, row = 3000, 1234
    logs = list(range(1, n + 1))
    logs[row] += 1
    batch = Batch()
    batch.require("TST.1", Scalars.of(range(1, n + 1)) * G, points(logs), lambda i: f"row {i}")
    batch.require("TST.2", ONES(n) @ points([1] * n), Scalars.of([n]) * G, "the sum")
    assert verdict(batch) == [("TST.1", f"row {row}")]


@pytest.mark.slow
def test_many_culprits_cost_no_more_apiece_than_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """G9: a proof that is false in every row costs its verifier so much a row, however many rows it has."""
    multiplied, msm = 0, backend.msm

    def count(terms: Iterable[Operand]) -> bytes:
        nonlocal multiplied
        multiplied += sum(len(points) // 32 for points, _, _ in terms)
        return msm(terms)

    monkeypatch.setattr(backend, "msm", count)
    apiece = []
    for n in (512, 4096):
        multiplied = 0
        batch = Batch()
        batch.require("TST.1", ONES(n) * points([1] * n) + generators("cost", n), points([1] * n), str)
        assert verdict(batch) == [("TST.1", str(row)) for row in range(n)]
        apiece.append(multiplied / n)
    assert apiece[1] < 1.1 * apiece[0] < 3 * 20


def test_what_does_not_decode_hides_nothing_beside_it() -> None:
    """Of three records' rows in one vector, false are the first, a second one's that is not judged, the last."""
    encodings = [bytes(G)] * 6
    encodings[3] = UNDECODABLE
    P = Points.packed(b"".join(encodings))
    place = lambda row: Place(record=row // 2, row=row)  # noqa: E731  as a claim's rows say where they are
    batch = Batch()
    batch.read("TST.1", P, place)
    batch.require("TST.2", Scalars.of([2, 1, 2, 1, 1, 2]) * G, +P, place)
    batch.require("TST.3", ONES(6) @ P, ZERO * G, Place(record=2))
    assert verdict(batch) == [
        ("TST.1", "record 1, row 3"),
        ("TST.2", "record 0, row 0"),
        ("TST.2", "record 2, row 5"),
    ]


@pytest.mark.parametrize("used", ["unused", "zero coefficient", "in an equation"])
def test_points_that_do_not_decode_are_found(used: str) -> None:
    good = bytes(G)
    P = Points.packed(good + UNDECODABLE + good + UNDECODABLE)
    batch = Batch()
    batch.read("TST.1", P, lambda i: f"point {i}")
    batch.require("TST.2", ONE * G, G + G, "a false equation elsewhere")
    if used == "zero coefficient":
        batch.require("TST.3", Scalars.of([0, 0, 0, 0]) @ P, ZERO * G, "zero")
    if used == "in an equation":
        batch.require("TST.3", ONES(4) @ P, ONE * G, "judged only when it can be")
    assert verdict(batch) == [("TST.1", "point 1"), ("TST.1", "point 3"), ("TST.2", "a false equation elsewhere")]


@pytest.mark.parametrize("start", [0, 1])
def test_points_outside_the_view_that_is_used_are_decoded(start: int) -> None:
    P = Points.packed(bytes(G) * (1 - start) + UNDECODABLE + bytes(G) * start)
    view = P[start : start + 1]
    batch = Batch()
    batch.read("TST.1", P, "read")
    batch.require("TST.2", ONE * view, ONE * G, "used")
    assert verdict(batch) == [("TST.1", "read")]


def test_an_undecodable_point_that_nobody_read_is_the_equations_fault() -> None:
    batch = Batch()
    batch.require("TST.1", ZERO * Points.packed(UNDECODABLE), ZERO * G, "row {}".format)
    batch.require("TST.2", ONE * G, +G, "true")
    assert verdict(batch) == [("TST.1", "row 0")]


def test_an_undecodable_point_read_under_another_root_is_blamed_once() -> None:
    """As when a refused ballot is part of a mix's input."""
    batch = Batch()
    batch.read("TST.1", Points.packed(UNDECODABLE), "ballot")
    batch.require("TST.2", ONES(2) @ Points.packed(bytes(G) + UNDECODABLE), ONE * G, "mix")
    assert verdict(batch) == [("TST.1", "ballot")]


def test_equations_of_every_form_over_one_root() -> None:
    """A bare sum, full-size and short coefficients and single rows, merged into one vector."""
    logs = [3, 5, 7, 11]
    a = [ORDER - 2, 2**200, 9, 2**170]
    P, s = points(logs), Scalars.of(a)
    products = [i * j for i, j in zip(a, logs, strict=True)]
    forms: list[tuple[Sum, list[int]]] = [
        (P[1:3].sum(), [12]),
        (s @ P, [sum(products)]),
        (P.sum(), [sum(logs)]),
        (s[:2] * P[2:], [7 * a[0], 11 * a[1]]),
        (s[2:] * P[:2], [3 * a[2], 5 * a[3]]),
        (+P[1:], logs[1:]),
    ]
    for wrong in range(-1, len(forms)):
        batch = Batch()
        for number, (left, values) in enumerate(forms):
            batch.require(f"TST.{number}", left, points([value + (number == wrong) for value in values]), str)
        rows = len(forms[wrong][1]) if wrong >= 0 else 0
        assert verdict(batch) == [(f"TST.{wrong}", str(row)) for row in range(rows)]


def test_only_what_is_asked_is_kept() -> None:
    batch = Batch(frozenset({"MIX", "DEC"}))
    for id in ("MIX.8", "MIXED.1", "TAL.4", "DEC.4"):
        batch.read(id, Points.packed(UNDECODABLE), "read")
        batch.require(id, ONE * G, G + G, "required")
    kept = [(id, place) for place in ("read", "required") for id in ("MIX.8", "DEC.4")]
    assert verdict(batch) == kept


def test_the_identity_decodes() -> None:
    batch = Batch()
    O = batch.read("TST.1", Points.packed(bytes(64)), "identity")
    batch.require("TST.2", ONES(2) * O, ZERO * O, "zero")
    assert verdict(batch) == []


def test_an_empty_batch_settles() -> None:
    Batch().settle()
    batch = Batch()
    batch.require("TST.1", ONES(0) * G, points([]), str)
    batch.read("TST.2", points([]), str)
    assert verdict(batch) == []


def test_what_is_settled_is_settled() -> None:
    batch = Batch()
    batch.require("TST.1", ONE * G, G + G, "false")
    assert verdict(batch) == [("TST.1", "false")]
    assert verdict(batch) == []


def test_short_coefficients_are_used_as_they_are() -> None:
    """Bits 159 and 160 stand on either side of the shorter windows."""
    for bit in (0, 127, 128, 159, 160, 251):
        batch = Batch()
        u = Scalars.of([2**bit, 1, 0])
        batch.require("TST.1", u @ points([1, 5, 7]), Scalars.of([2**bit + 5]) * G, "true")
        batch.require("TST.2", u @ points([1, 5, 7]), Scalars.of([2**bit + 6]) * G, "false")
        assert verdict(batch) == [("TST.2", "false")]


def test_a_weight_has_128_bits_of_its_own() -> None:
    """A false equation passes with the probability that its weight is guessed."""
    drawn = hashlib.shake_128(b"seed").digest(16 * 5)
    weights = _weights(b"seed", 5)
    assert [int(weights[row]) for row in range(5)] == [
        int.from_bytes(drawn[16 * row : 16 * row + 16], "little") for row in range(5)
    ]


def test_weights_depend_on_everything_that_was_required() -> None:
    """Nobody may know a weight before all points and coefficients are fixed."""
    P, s = points([1, 2, 3]), Scalars.of([4, 5, 6])
    variants = [
        ("TST.1", s * P),
        ("TST.2", s * P),
        ("TST.1", Scalars.of([4, 5, 7]) * P),
        ("TST.1", s * points([1, 2, 4])),
        ("TST.1", Scalars.of([2]) * (s * P)),
        ("TST.1", s[:2] * P[:2]),
        ("TST.1", s[:2] * P[1:]),
        ("TST.1", +P),
        ("TST.1", s @ P),
        ("TST.1", s * P + P),
    ]
    seen = {_weighted([Equation(id, difference, "")])[0].weights[0] for id, difference in variants}
    assert len(seen) == len(variants)
    rows = _weighted([Equation("TST.1", s * P, ""), Equation("TST.1", s * P, "")])
    assert len({part.weights[row] for part in rows for row in range(3)}) == 6
