"""Products of a large election on several machines: what goes to a worker, and what its answer counts for.

The form is `concurrent.futures.Executor`, whoever stands behind it (specs/workers.md).
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verifier.proof import backend
from verifier.proof.group import IDENTITY, ONES, SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Executor, Future

    from verifier.proof.group import Encodings
    from verifier.proof.product import Operand

# Encodings, coefficients (none: only decoded) and a factor of all of them; views, until a parcel is sent.
Parcel = list[tuple["Encodings", "Encodings", bytes | None]]
ROWS = 1 << 16  # points of a parcel: 4 MB on the wire
AHEAD = 2  # parcels that each worker has in hand, so that it need not wait for the next
PATIENCE = 120.0  # seconds to wait for an answer


def multiply(parcel: Parcel) -> bytes:
    """What a worker does: the sum of a parcel, 32 bytes; ValueError if a point of it does not decode."""
    return backend.msm(parcel)


@dataclass
class Workers:
    """Computes products with `count` workers behind an executor, and never says no by their word.

    `lost` is called once, with the reason, when nothing more is asked of them. `answered` parcels were computed by
    workers; `redone` ones here, because no fit answer came.
    """

    executor: Executor
    count: int
    lost: Callable[[str], None]
    rows: int = ROWS
    patience: float = PATIENCE
    answered: int = 0
    redone: int = 0
    gone: bool = False
    _own: Callable[..., bytes] = field(default_factory=lambda: backend.msm)

    @contextmanager
    def multiplying(self) -> Iterator[None]:
        """Inside, products of the arithmetic are shared with the workers."""
        backend.delegate(self.product)
        try:
            yield
        finally:
            backend.delegate(self._own)

    def product(self, terms: Iterable[Operand]) -> bytes:
        """As `backend.msm`: what is not zero, or does not decode, is what this machine found by itself.

        The terms must be there a second time.
        """
        if self.gone:
            return self._own(terms)
        answered = self.answered
        sums = b"".join(self._sums(cut(terms, self.rows)))
        total = self._own([(sums, ONES(len(sums) // SIZE).packed, None)])
        return total if total == IDENTITY or self.answered == answered else self._own(terms)

    def _sums(self, parcels: Iterable[Parcel]) -> Iterator[bytes]:
        """The sums of the parcels, of which only some are under way at a time; what fills none is computed here."""
        waiting: deque[tuple[Parcel, Future[bytes] | None]] = deque()
        for parcel in parcels:
            if count(parcel) < self.rows:
                yield self._own(parcel)
                continue
            waiting.append((parcel, self._send(parcel)))
            if len(waiting) > AHEAD * self.count:
                yield self._sum(*waiting.popleft())
        while waiting:
            yield self._sum(*waiting.popleft())

    def _send(self, parcel: Parcel) -> Future[bytes] | None:
        if self.gone:
            return None
        try:
            sent: Parcel = [(bytes(points), bytes(scalars), outer) for points, scalars, outer in parcel]
            return self.executor.submit(multiply, sent)
        except Exception as error:  # noqa: BLE001  an executor that is gone says so in its own way
            self._give_up(error)
            return None

    def _sum(self, parcel: Parcel, asked: Future[bytes] | None) -> bytes:
        """A worker's answer if it is a point; else the parcel is computed here."""
        answer = self._answer(asked) if asked is not None else None
        if answer is None:
            self.redone += 1
            return self._own(parcel)
        self.answered += 1
        return answer

    def _answer(self, asked: Future[bytes]) -> bytes | None:
        try:
            answer: object = asked.result(0 if self.gone else self.patience)
        except ValueError:  # a point does not decode, it says
            return None
        except Exception as error:  # noqa: BLE001  nor is it known how a worker fails
            self._give_up(error)
            return None
        if not isinstance(answer, bytes) or len(answer) != SIZE or backend.first_undecodable(answer) is not None:
            return None
        return answer

    def _give_up(self, error: Exception) -> None:
        if not self.gone:
            self.gone = True
            self.lost(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)


def cut(terms: Iterable[Operand], rows: int) -> Iterator[Parcel]:
    """Parcels of `rows` points as the terms come, as views: nothing is copied. Only the last one may have fewer."""
    begun: Parcel = []
    room = rows
    for points, scalars, outer in terms:
        encodings, coefficients = memoryview(points), memoryview(scalars)
        start, end = 0, len(points)
        while start < end:
            stop = min(end, start + room * SIZE)
            begun.append((encodings[start:stop], coefficients[start:stop], outer))
            room -= (stop - start) // SIZE
            start = stop
            if not room:
                yield begun
                begun, room = [], rows
    if begun:
        yield begun


def count(parcel: Parcel) -> int:
    """How many points a parcel has."""
    return sum(len(points) for points, *_ in parcel) // SIZE
