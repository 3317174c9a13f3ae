"""Waiting without threads: many requests wait for one event of another thread, and none waits for ever."""

import asyncio
from collections.abc import Generator
from concurrent.futures import Future
from contextlib import suppress
from time import monotonic
from typing import Protocol, TypeVar

SWEEP = 0.1  # seconds between looks at who has waited long enough
T = TypeVar("T", covariant=True)  # noqa: PLC0105  what comes


class Coming(Protocol[T]):
    """What can be awaited and cancelled: a future of asyncio's, or granian's."""

    def __await__(self) -> Generator[object, None, T]: ...
    def cancel(self) -> object: ...
    def __hash__(self) -> int: ...


class Patience:
    """Gives up what takes too long. One sweep serves everybody: a timer for each would cost more than its answer."""

    def __init__(self) -> None:
        self._ends: dict[Coming[object], float] = {}
        self._sweeping = False

    async def hold(self, coming: Coming[T], seconds: float) -> T:
        """What comes within so many seconds, or a tenth more; else TimeoutError."""
        self._ends[coming] = monotonic() + seconds
        if not self._sweeping:
            self._sweep()
        try:
            return await coming
        except asyncio.CancelledError:
            if coming in self._ends:
                raise  # it was not the sweep
            raise TimeoutError from None
        finally:
            self._ends.pop(coming, None)

    def _sweep(self) -> None:
        now = monotonic()
        for coming in [coming for coming, end in self._ends.items() if end <= now]:
            del self._ends[coming]
            coming.cancel()
        self._sweeping = bool(self._ends)
        if self._sweeping:
            asyncio.get_running_loop().call_later(SWEEP, self._sweep)


class Bell:
    """What many requests wait for: one message from the thread where it happens wakes them all."""

    def __init__(self) -> None:
        self._source: Future[None] | None = None
        self._waiting: set[asyncio.Future[None]] = set()
        self._patience = Patience()

    async def wait(self, source: Future[None], seconds: float) -> None:
        """Wait until `source` is done, or so many seconds; those who wait for an earlier source may wake sooner."""
        loop = asyncio.get_running_loop()
        if source is not self._source:
            self._source = source
            source.add_done_callback(lambda _: loop.call_soon_threadsafe(self._ring))
        here: asyncio.Future[None] = loop.create_future()
        self._waiting.add(here)
        try:
            with suppress(TimeoutError):
                await self._patience.hold(here, seconds)
        finally:
            self._waiting.discard(here)

    def _ring(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for here in waiting:
            if not here.done():
                here.set_result(None)
