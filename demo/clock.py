"""How long each scene took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Prints a line a scene as it ends, and a table of all at the end."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._scenes: dict[str, float] = {}

    @contextmanager
    def scene(self, name: str) -> Iterator[list[str]]:
        """Time a scene; what it puts on the list is told beside its name."""
        begun, told = time.monotonic(), list[str]()
        yield told
        self._scenes[name] = time.monotonic() - begun
        print(f"  {name:22} {self._scenes[name]:6.1f} s  {'; '.join(told)}", flush=True)

    @property
    def total(self) -> float:
        return time.monotonic() - self._begun

    def table(self) -> str:
        """Scenes with their seconds and share of the whole, the longest first."""
        whole = self.total
        longest = sorted(self._scenes.items(), key=lambda scene: -scene[1])
        lines = [f"  {name:22} {seconds:6.1f} s {seconds / whole:5.0%}" for name, seconds in longest]
        return "\n".join([*lines, f"  {'in all':22} {whole:6.1f} s"])
