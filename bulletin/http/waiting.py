"""Waiting without threads: many requests wait for what another thread does, and none waits for ever."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from time import monotonic
from types import coroutine
from typing import Any

SWEEP = 0.1  # seconds between looks at who has waited long enough


class Bell:
    """What many requests wait for: one message from the thread where it happens has all of them looked after.

    `coming` gives the future that is done when something happens next; it is replaced before it is done. One sweep
    gives up who has waited long enough: a timer for each would cost more than its answer.
    """

    def __init__(self, coming: Callable[[], Future[None]]) -> None:
        self._coming = coming
        self._source: Future[None] | None = None
        self._waiting: dict[asyncio.Future[None], tuple[Callable[[], bool], float]] = {}
        self._sweeping = False

    async def wait(self, over: Callable[[], bool], seconds: float) -> bool:
        """Wait until this is `over`, or so many seconds and a tenth; whether it is."""
        loop = asyncio.get_running_loop()
        self._listen(loop)  # first: what happens while we look rings
        if over():
            return True
        if seconds <= 0:
            return False
        here: asyncio.Future[None] = loop.create_future()
        self._waiting[here] = over, monotonic() + seconds
        if not self._sweeping:
            self._sweep(loop)
        try:
            await here
        finally:
            self._waiting.pop(here, None)
        return over()

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        source = self._coming()
        if source is not self._source:
            self._source = source
            source.add_done_callback(lambda _: loop.call_soon_threadsafe(self._ring, loop))

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting:
            self._listen(loop)
        self._wake(lambda over, _: over())

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = monotonic()
        self._wake(lambda _, end: end <= now)
        self._sweeping = bool(self._waiting)
        if self._sweeping:
            loop.call_later(SWEEP, self._sweep, loop)

    def _wake(self, whom: Callable[[Callable[[], bool], float], bool]) -> None:
        for here in [here for here, (over, end) in self._waiting.items() if whom(over, end)]:
            del self._waiting[here]
            if not here.done():  # it may have been cancelled
                here.set_result(None)


def start(loop: asyncio.AbstractEventLoop, coming: Coroutine[Any, Any, None]) -> asyncio.Task[None] | None:
    """Run this until it waits for the first time; what is left is a task. Most answers never wait."""
    try:
        waits = coming.send(None)
    except StopIteration:
        return None
    return loop.create_task(_finish(coming, waits))


async def _finish(coming: Coroutine[Any, Any, None], waits: object) -> None:
    await _go_on(coming, waits)


@coroutine
def _go_on(coming: Coroutine[Any, Any, None], waits: object) -> Generator[object, Any, None]:
    """Hand on what it waits for to whoever runs this, and back what came of it."""
    while True:
        try:
            try:
                given = yield waits
            except BaseException as error:  # noqa: BLE001  it is its own
                waits = coming.throw(error)
            else:
                waits = coming.send(given)
        except StopIteration:
            return
