"""Processes of a rehearsal: started from the commands that real people type, watched, and ended with it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

COMMANDS = Path(sys.executable).parent
PATIENCE = 120.0
GRACE = 20.0  # seconds in which a process may end what it has started itself
LISTENING = re.compile(r"^listening on (\S+)\n")


class Failed(Exception):
    """A process ended otherwise than it should; the sentence ends with what it said last."""


class Processes:
    """Processes by name, each writing to its own journal; all of them end when the block does."""

    def __init__(self, journals: Path) -> None:
        self._journals = journals
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._open: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        self._journals.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for file in self._open:
            file.close()

    def start(self, name: str, command: str, *arguments: object) -> None:
        """Start one of our commands; its output goes to `<name>.out` and `<name>.log`."""
        output, journal = ((self._journals / f"{name}.{kind}").open("wb") for kind in ("out", "log"))
        self._open += [output, journal]
        line = [str(COMMANDS / command), *map(str, arguments)]
        self._running[name] = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=output, stderr=journal)

    def listen(self, name: str, patience: float = PATIENCE) -> str:
        """The URL at which a server that was started listens."""
        return self.hear(name, LISTENING, patience)

    def hear(self, name: str, wanted: re.Pattern[str], patience: float = PATIENCE) -> str:
        """The part that `wanted` names in what a process prints, once it is there."""
        deadline = time.monotonic() + patience
        while (found := wanted.search(self._said(name, "out"))) is None:
            self.check(name)
            if time.monotonic() > deadline:
                raise Failed(f"{name} does not say what is waited for")
            time.sleep(0.02)
        return found[1]

    def finish(self, name: str, patience: float = PATIENCE, status: int = 0) -> str:
        """Wait until a process has done its work, and ends with this status; what it printed."""
        deadline = time.monotonic() + patience
        while self._running[name].poll() is None:
            for other in self._running.keys() - {name}:
                self.check(other)
            if time.monotonic() > deadline:
                raise Failed(f"{name} does not come to an end: {self._said(name, 'log')[-500:]}")
            time.sleep(0.02)
        if (ended := self._running.pop(name).returncode) != status:
            raise Failed(f"{name} ended with status {ended}: {self._said(name, 'log').strip()[-500:]}")
        return self._said(name, "out")

    def stop(self, name: str) -> None:
        """End a server as its operator does."""
        self._running[name].terminate()
        self._running[name].wait(PATIENCE)
        self.check(name)
        del self._running[name]

    def check(self, *names: str) -> None:
        """`Failed` if one of these (by default of all) has ended badly."""
        for name in names or tuple(self._running):
            if self._running[name].poll():
                raise Failed(f"{name} failed: {self._said(name, 'log').strip()[-500:]}")

    def _said(self, name: str, kind: str) -> str:
        return (self._journals / f"{name}.{kind}").read_text(errors="replace")
