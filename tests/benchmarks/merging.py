"""What an audit spends on products, what workers take off it, and what merging their answers costs."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.support.cluster import cluster
from verifier.audit import trust
from verifier.audit.audit import Audit
from verifier.client.files import Directory
from verifier.desk.cluster import Scheduler, connected
from verifier.desk.report import report as reports
from verifier.desk.workers import ROWS, Workers, count, cut
from verifier.proof import backend
from verifier.proof.group import IDENTITY, MINUS_ONE, SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from verifier.proof.product import Operand

# Of a product by which workers are measured, and how often: libsodium takes seconds for a parcel.
PARCELS, ROUNDS = (32, 4) if backend.NAME.startswith("kernel") else (4, 1)


class Audited(NamedTuple):
    """One audit: the digest of its report, the seconds it took, and the points of its products.

    `sent` fill parcels for workers, `kept` fill none.
    """

    report: str
    seconds: float
    sent: int
    kept: int


def audit(place: Path, workers: Workers | None = None) -> Audited:
    """Audit the archive in this process; SystemExit if it is not accepted."""
    sent = kept = 0
    multiply = backend.msm if workers is None else workers.product

    def counting(terms: Iterable[Operand]) -> bytes:
        nonlocal sent, kept
        for points in map(count, cut(terms, ROWS)):
            sent, kept = (sent + points, kept) if points == ROWS else (sent, kept + points)
        return multiply(terms)

    own = backend.msm
    backend.delegate(counting)
    start = time.perf_counter()
    read = Directory(place)
    report = reports.compose(Audit(read, trust.decode((place / "trust").read_bytes())).run())
    took = time.perf_counter() - start
    backend.delegate(own)
    if report.exit:
        raise SystemExit(f"this election should be accepted: {report.verdict} {report.failures} {report.incomplete}")
    return Audited(reports.digest(report).hex(), took, sent, kept)


def shared(place: Path) -> dict[str, Any]:
    """The audit with two workers of one thread each; its report, and who computed how many parcels."""
    with cluster(2) as made, connected(Scheduler.of(f"dask://127.0.0.1:{made.port}", None)) as (executor, _):
        workers = Workers(executor, 2, _complain)
        done = audit(place, workers)
    return done._asdict() | {"answered": workers.answered, "redone": workers.redone}


def _complain(reason: str) -> None:
    raise SystemExit(f"the workers are gone: {reason}")


def measure() -> dict[str, float]:
    """Seconds of one product by one and by two workers, and of processor time what its parts take.

    Of a parcel: `parcel` on a worker, with what receiving it takes, `merging` in the process that asks and `passing` in
    the scheduler. Of a point: `row`, in the process that asks.
    """
    rows = ROWS * PARCELS // 2
    scalars = backend.scalars_reduce(os.urandom(2 * SIZE * rows))
    points = bytes(backend.rows([(backend.BASE, scalars)], rows))
    minus = backend.scalars_mul(scalars, MINUS_ONE.packed)
    product: list[Operand] = [(points, bytes(scalars), None), (points, bytes(minus), None)]
    two, one = _by(2, product)["fastest"], _by(1, product)
    some = bytes(scalars[: ROWS * SIZE])
    backend.set_threads(1)
    row = _least(lambda: backend.msm([(points[: ROWS * SIZE], some, None)])) / ROWS
    return {**one, "one": one["fastest"], "two": two, "row": row}


def _by(count: int, product: Sequence[Operand]) -> dict[str, float]:
    """The fastest of some rounds by so many workers, and the processor time of a parcel here and there."""
    took = []
    with cluster(count) as made, connected(Scheduler.of(f"dask://127.0.0.1:{made.port}", None)) as (executor, _):
        while len(executor._client.scheduler_info()["workers"]) < count:  # type: ignore[attr-defined]
            time.sleep(0.1)
        workers = Workers(executor, count, _complain)
        workers.product(product)  # from here on connections and threads are there
        spent, (scheduler, there) = time.process_time(), made.spent()
        for _ in range(ROUNDS):
            start = time.perf_counter()
            if workers.product(product) != IDENTITY or workers.redone:
                raise SystemExit("the workers' answers do not add up")
            took.append(time.perf_counter() - start)
        here, after = time.process_time() - spent, made.spent()
    done = PARCELS * ROUNDS
    apiece = {"merging": here / done, "passing": (after[0] - scheduler) / done, "parcel": (after[1] - there) / done}
    return {"fastest": min(took)} | apiece


def _least(work: Callable[[], object]) -> float:
    """Processor seconds of the cheapest of a few rounds."""
    took = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        took.append(time.process_time() - start)
    return min(took)


def computed(workers: int, processor: float, audited: Audited, spent: dict[str, float]) -> float:
    """Seconds of an audit with so many workers of one core each, if nothing else is done at the same time.

    What is no product is done here, one after the other, in the processor time that the audit took for it.
    """
    products = (audited.sent + audited.kept) * spent["row"]
    return max(0.0, processor - products) + shared_part(workers, audited, spent)


def shared_part(workers: int, audited: Audited, spent: dict[str, float]) -> float:
    """Seconds of the products: the longest of what workers, scheduler and who asks do, all at the same time."""
    parcels = audited.sent // ROWS
    here = parcels * spent["merging"] + audited.kept * spent["row"]
    return max(parcels * spent["parcel"] / workers, parcels * spent["passing"], here)
