"""A body that is read while it comes: the server's loop puts pieces in, the thread that answers takes them out."""

from __future__ import annotations

from contextlib import suppress
from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING

from bulletin.board.admission import Refusal

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

SMALL = 1 << 16  # bytes of a body that are held before somebody takes them
SLOWEST = 1 << 14  # bytes a second of a body that is read while it comes


def say_late() -> Refusal:
    """The refusal of a body that does not come."""
    return Refusal("malformed", "the body did not come in time; send it again", status=408)


class Incoming:
    """A body on its way; one that comes too slowly is given up.

    `want` is called on the loop when nothing was read yet, and whenever `full` has ended.
    """

    def __init__(self, loop: AbstractEventLoop, patience: float, want: Callable[[], None]) -> None:
        self._loop, self._want, self._begun = loop, want, False
        self._held, self._over, self._changed = bytearray(), False, Condition()
        self._end = monotonic() + patience

    @property
    def full(self) -> bool:
        """Whether the loop should put nothing more in for now."""
        return len(self._held) >= SMALL

    def put(self, piece: bytes) -> None:
        """One more piece."""
        with self._changed:
            self._held += piece
            self._changed.notify()

    def end(self) -> None:
        """No more will come: it is whole, or cut off."""
        with self._changed:
            self._over = True
            self._changed.notify()

    def read(self, size: int) -> bytes:
        """At most `size` bytes; b"" at the end."""
        with self._changed:
            if not self._begun:
                self._ask_for_more()
            while not self._held and not self._over:
                if not self._changed.wait(max(0.0, self._end - monotonic())) and not self._held and not self._over:
                    raise say_late()
            was_full, taken = self.full, bytes(self._held[:size])
            del self._held[:size]
            if was_full and not self.full:
                self._ask_for_more()
        self._end += len(taken) / SLOWEST
        return taken

    def _ask_for_more(self) -> None:
        self._begun = True
        with suppress(RuntimeError):  # the server has ended
            self._loop.call_soon_threadsafe(self._want)
