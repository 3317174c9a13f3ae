"""Workers who add points (specs/workers.md §1–2): honest, broken, silent, gone, and lying."""

from __future__ import annotations

import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.corpus import vectors
from tests.corpus.twin import Fault, honest, tell
from tests.support import copies
from tests.support.desk import SHEET, files
from verifier.desk.workers import Workers, count, cut, multiply
from verifier.proof import backend
from verifier.proof.group import IDENTITY, ONES, SIZE, G, Points, Scalars, generators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.elections import Election
    from verifier.desk.report.report import Report
    from verifier.proof.product import Operand

ROWS = 8  # of a parcel, so that a small election has many
add = backend.msm  # as in a worker's own process, where nothing is shared any further
BASE = bytes(G)


class Crew(Executor):
    """Workers who answer a parcel as they like, one after the other."""

    def __init__(self, answer: Callable[[Any], Any]) -> None:
        self.answer = answer
        self.asked = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        assert (fn, kwargs) == (multiply, {})
        self.asked += 1
        future: Future[Any] = Future()
        try:
            future.set_result(self.answer(*args))
        except Exception as error:  # noqa: BLE001  as a worker's is
            future.set_exception(error)
        return future


def engaged(answer: Callable[[Any], Any], **given: Any) -> tuple[Workers, list[str]]:
    lost: list[str] = []
    return Workers(Crew(answer), 2, lost.append, rows=ROWS, **given), lost


def audit(made: Election, workers: Workers | None = None) -> Report:
    if workers is None:
        return copies.audit(files(made), SHEET)
    with workers.multiplying():
        return copies.audit(files(made), SHEET)


def fail(error: Exception) -> Callable[[Any], Any]:
    def answer(_: Any) -> Any:
        raise error

    return answer


def another_point(parcel: Any) -> bytes:
    return bytes((Points.packed(add(parcel)) + G).point())


ANSWERS: dict[str, Callable[[Any], Any]] = {
    "honest": add,
    "another point": another_point,
    "always the same point": lambda _: BASE,
    "no point": lambda _: b"\xff" * SIZE,
    "too short": lambda parcel: add(parcel)[:31],
    "two points": lambda parcel: add(parcel) * 2,
    "nothing": lambda _: None,
    "a number": lambda _: 0,
    "says that a point does not decode": fail(ValueError("point 3")),
    "fails": fail(MemoryError()),
}
ASKED = {"BAL.6", "MIX.4", "MIX.8", "DEC.5", "TAL.4"}
FALSE = {fault.expect: fault for fault in vectors.told() if fault.expect in ASKED}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_whatever_workers_answer_a_true_log_is_accepted(answer: Callable[[Any], Any]) -> None:
    workers, _ = engaged(answer)
    report = audit(honest(), workers)
    assert report == audit(honest())
    assert report.verdict == "accepted"
    assert workers.answered + workers.redone > 0


@pytest.mark.parametrize("name", ["honest", "another point", "no point", "says that a point does not decode"])
@pytest.mark.parametrize("fault", FALSE.values(), ids=FALSE)
def test_what_is_false_is_named_as_without_workers(fault: Fault, name: str) -> None:
    made = tell(fault)
    workers, _ = engaged(ANSWERS[name])
    report = audit(made, workers)
    assert report == audit(made)
    assert fault.expect in {line.id for line in report.failures}


def test_parcels_are_counted_by_who_computed_them() -> None:
    workers, lost = engaged(add)
    audit(honest(), workers)
    assert (workers.answered > 20, workers.redone, lost) == (True, 0, [])
    workers, lost = engaged(ANSWERS["no point"])
    audit(honest(), workers)
    assert (workers.answered, workers.redone > 20, lost) == (0, True, [])


def test_workers_who_fail_are_asked_nothing_more_and_it_is_said_once() -> None:
    workers, lost = engaged(fail(MemoryError("full")))
    assert audit(honest(), workers) == audit(honest())
    assert lost == ["MemoryError: full"]
    assert workers.executor.asked <= 1 + 2 * 2  # type: ignore[attr-defined]


def test_an_executor_that_takes_nothing_is_left() -> None:
    lost: list[str] = []
    closed = ThreadPoolExecutor(1)
    closed.shutdown()
    workers = Workers(closed, 1, lost.append, rows=ROWS)
    assert audit(honest(), workers) == audit(honest())
    assert (workers.answered, len(lost)) == (0, 1)


def test_a_worker_who_never_answers_is_left() -> None:
    lost: list[str] = []
    with ThreadPoolExecutor(1) as slow:
        workers = Workers(slow, 1, lost.append, rows=ROWS, patience=0.05)
        slow.submit(time.sleep, 1)
        assert audit(honest(), workers) == audit(honest())
    assert (workers.answered, lost) == (0, ["TimeoutError"])


def test_a_worker_that_lies_well_is_believed() -> None:
    """What a worker is trusted with, §2.1: it alone can make what is false zero. The spec must go on to say so."""
    points = bytes(generators("shuffle", ROWS))
    false: list[Operand] = [(points, ONES(ROWS).packed, None)]
    assert backend.msm(false) != IDENTITY
    workers, _ = engaged(lambda _: IDENTITY)
    assert workers.product(false) == IDENTITY
    assert engaged(add)[0].product(false) == backend.msm(false)


def test_a_product_is_cut_without_loss() -> None:
    packed = bytes(backend.rows([(BASE, ONES(30).packed)], 30))
    coefficients = Scalars.of(range(30)).packed
    generated = bytes(generators("shuffle", 30))
    terms: list[Operand] = [
        (packed[: 5 * SIZE], coefficients[: 5 * SIZE], None),
        (memoryview(packed)[: 21 * SIZE], bytearray(coefficients[: 21 * SIZE]), bytes(Scalars.of([7]))),
        (generated, coefficients, None),
        (packed[:SIZE], b"", None),
        (packed[: 4 * SIZE], coefficients[: 4 * SIZE], None),
    ]
    parcels = list(cut(terms, ROWS))
    assert [count(parcel) for parcel in parcels] == [ROWS] * 7 + [61 - 7 * ROWS]
    parts = b"".join(map(multiply, parcels))
    assert backend.msm([(parts, ONES(8).packed, None)]) == backend.msm(terms)


def test_only_what_is_under_way_is_made() -> None:
    """Terms are asked for one by one, and no sooner than a worker can take them."""
    packed, ones, made, ahead = bytes(generators("shuffle", ROWS)), ONES(ROWS).packed, 0, list[int]()

    class Terms:
        def __iter__(self) -> Iterator[Operand]:
            nonlocal made
            for _ in range(20):
                made += 1
                yield packed, ones, None

    def answer(parcel: Any) -> bytes:
        ahead.append(made)
        return multiply(parcel)

    workers, _ = engaged(answer)
    assert workers.product(Terms()) == backend.msm(Terms())
    assert ahead == [*range(1, 21)]


def test_no_more_is_under_way_than_workers_have_in_hand() -> None:
    under_way, most = 0, 0

    class Counting(Crew):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            nonlocal under_way, most
            under_way, most = under_way + 1, max(most, under_way + 1)
            future = super().submit(fn, *args, **kwargs)
            answer = future.result

            def result(timeout: float | None = None) -> Any:
                nonlocal under_way
                under_way -= 1
                return answer(timeout)

            future.result = result  # type: ignore[method-assign]
            return future

    workers = Workers(Counting(add), 2, lambda _: None, rows=ROWS)
    packed = bytes(backend.rows([(BASE, ONES(ROWS).packed)], ROWS))
    minus = Scalars.of([-1] * ROWS).packed
    assert workers.product([(packed, ONES(ROWS).packed, None), (packed, minus, None)] * 20) == IDENTITY
    assert (most, under_way, workers.answered) == (2 * 2 + 1, 0, 40)
