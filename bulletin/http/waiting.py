"""Waiting without threads: many requests wait for what another thread does, and none waits for ever."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future
from functools import partial
from time import monotonic
from types import coroutine
from typing import Any

from bulletin.board.admission import say_busy

SWEEP = 0.1  # seconds between looks at who has waited long enough


class Turn:
    """One that waits at a bell; `start` says how it goes on, or the task in which it waits."""

    __slots__ = ("end", "gives_way", "go_on", "over")

    def __init__(self, over: Callable[[], bool], end: float) -> None:
        self.over, self.end, self.gives_way = over, end, False
        self.go_on: Callable[[], None]

    def __await__(self) -> Generator[Any, None, None]:
        """Wait until this goes on; a refusal if it gives way to another one."""
        if asyncio.current_task() is None:
            yield self  # to `start`
        else:
            here: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.go_on = lambda: None if here.done() else here.set_result(None)
            yield from here
        if self.gives_way:
            raise say_busy("the board needs the place of this request for another one; ask again")


class Bell:
    """What many requests wait for: one message from the thread where it happens has all of them looked after.

    `coming` gives the future that is done when something happens next; it is replaced before it is done. Who has waited
    goes on at once, in the order of arrival, without a future or task of its own. One sweep gives up who has waited
    long enough: a timer for each would cost more than its answer.
    """

    def __init__(self, coming: Callable[[], Future[None]]) -> None:
        self._coming = coming
        self._source: Future[None] | None = None
        self._waiting: dict[Turn, None] = {}
        self._sweeping = False

    async def wait(self, over: Callable[[], bool], seconds: float) -> bool:
        """Wait until this is `over`, or so many seconds and a tenth; whether it is."""
        loop = asyncio.get_running_loop()
        self._listen(loop)  # first: what happens while we look rings
        if over():
            return True
        if seconds <= 0:
            return False
        turn = Turn(over, monotonic() + seconds)
        self._waiting[turn] = None
        if not self._sweeping:
            self._sweep(loop)
        try:
            await turn
        finally:
            self._waiting.pop(turn, None)
        return over()

    def make_room(self) -> bool:
        """Have the one that has waited longest give way; whether there was one."""
        for turn in self._waiting:
            turn.gives_way = True
            self._wake([turn])
            return True
        return False

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        source = self._coming()
        if source is not self._source:
            self._source = source
            source.add_done_callback(lambda _: loop.call_soon_threadsafe(self._ring, loop))

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting:
            self._listen(loop)
        self._wake([turn for turn in self._waiting if turn.over()])

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = monotonic()
        self._wake([turn for turn in self._waiting if turn.end <= now])
        self._sweeping = bool(self._waiting)
        if self._sweeping:
            loop.call_later(SWEEP, self._sweep, loop)

    def _wake(self, turns: list[Turn]) -> None:
        for turn in turns:
            if turn in self._waiting:  # it may have given way to one that went on before
                del self._waiting[turn]
                turn.go_on()


_tasks: set[asyncio.Task[None]] = set()  # nobody else keeps them


def start(loop: asyncio.AbstractEventLoop, coming: Coroutine[Any, Any, None]) -> None:
    """Run this until it waits: at a bell it goes on when that rings, for anything else it becomes a task.

    Most answers wait for nothing or at bells alone. `coming` raises nothing.
    """
    try:
        waits = coming.send(None)
    except StopIteration:
        return
    if isinstance(waits, Turn):
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
                given = yield waits
            except BaseException as error:  # noqa: BLE001  it is its own
                waits = coming.throw(error)
            else:
                waits = coming.send(given)
        except StopIteration:
            return
