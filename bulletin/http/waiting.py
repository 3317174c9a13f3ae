"""Waiting without threads: many requests wait for what another thread does, and none waits for ever."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from functools import partial
from time import monotonic
from types import coroutine
from typing import Any

SWEEP = 0.1  # seconds between looks at who has waited long enough


class Waiter:
    """One that waits at a bell until this is `over`; awaited, it says whether it is.

    `start`, which runs all who wait, says how it goes on.
    """

    __slots__ = ("bell", "end", "go_on", "over")

    def __init__(self, bell: "Bell", over: Callable[[], bool], end: float) -> None:
        self.bell, self.over, self.end = bell, over, end
        self.go_on: Callable[[], None]

    def __await__(self) -> Generator["Waiter", None, bool]:
        if self.bell.enter(self):
            try:
                yield self
            finally:
                self.bell.leave(self)
        return self.over()

    def become_future(self) -> asyncio.Future[None]:
        """What a task waits for instead."""
        here: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.go_on = lambda: None if here.done() else here.set_result(None)
        return here


class Bell:
    """What many requests wait for: one message from the thread where it happens has all of them looked after.

    `coming` gives the future that is done when something happens next; it is replaced before it is done. Who has waited
    goes on at once, in the order of arrival, without a future or task of its own. One sweep gives up who has waited
    long enough: a timer for each would cost more than its answer.
    """

    def __init__(self, coming: Callable[[], Future[None]]) -> None:
        self._coming = coming
        self._source: Future[None] | None = None
        self._waiting: dict[Waiter, None] = {}
        self._sweeping = False

    def wait(self, over: Callable[[], bool], seconds: float) -> Waiter:
        """Wait until this is `over`, or so many seconds and a tenth, or for less if another one needs the place."""
        return Waiter(self, over, monotonic() + seconds)

    def make_room(self) -> bool:
        """Have the one that has waited longest go on; whether there was one."""
        for waiter in self._waiting:
            self._wake([waiter])
            return True
        return False

    def enter(self, waiter: Waiter) -> bool:
        """Whether this one has to wait."""
        loop = asyncio.get_running_loop()
        self._listen(loop)  # first: what happens while we look rings
        if waiter.over() or waiter.end <= monotonic():
            return False
        self._waiting[waiter] = None
        if not self._sweeping:
            self._sweep(loop)
        return True

    def leave(self, waiter: Waiter) -> None:
        """This one waits no more."""
        self._waiting.pop(waiter, None)

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        source = self._coming()
        if source is not self._source:
            self._source = source
            source.add_done_callback(lambda _: loop.call_soon_threadsafe(self._ring, loop))

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting:
            self._listen(loop)
        self._wake([waiter for waiter in self._waiting if waiter.over()])

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = monotonic()
        self._wake([waiter for waiter in self._waiting if waiter.end <= now])
        self._sweeping = bool(self._waiting)
        if self._sweeping:
            loop.call_later(SWEEP, self._sweep, loop)

    def _wake(self, waiters: list[Waiter]) -> None:
        for waiter in waiters:
            if waiter in self._waiting:  # another one that went on may have needed its place
                del self._waiting[waiter]
                waiter.go_on()


_tasks: set[asyncio.Task[None]] = set()  # nobody else keeps them


def start(loop: asyncio.AbstractEventLoop, coming: Coroutine[Any, Any, None]) -> None:
    """Run this until it waits: at a bell it goes on when that rings, for anything else it becomes a task.

    Most answers wait for nothing or at bells alone. `coming` raises nothing.
    """
    try:
        waits = coming.send(None)
    except StopIteration:
        return
    if isinstance(waits, Waiter):
        waits.go_on = partial(start, loop, coming)
    else:
        task = loop.create_task(_finish(coming, waits))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)


async def _finish(coming: Coroutine[Any, Any, None], waits: object) -> None:
    await _go_on(coming, waits)


@coroutine
def _go_on(coming: Coroutine[Any, Any, None], waits: object) -> Generator[object, Any, None]:
    """Hand on what it waits for to whoever runs this, and back what came of it."""
    while True:
        try:
            try:
                if isinstance(waits, Waiter):
                    given: object = None
                    yield from waits.become_future()
                else:
                    given = yield waits
            except BaseException as error:  # noqa: BLE001  it is its own
                waits = coming.throw(error)
            else:
                waits = coming.send(given)
        except StopIteration:
            return
