"""Those who type commands of their own in a rehearsal: key holders and voters (specs/desk.md §3)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bulletin.office.processes import Processes

LONG = 3600.0  # seconds that mixing and decrypting may take, without the kernel and with many voters
LOOK = 0.1  # seconds between a key holder's looks at the board
AT_ONCE = 4  # commands that run at a time
CommandLine = tuple[object, ...]  # a program, and what is typed after it


class Crew:
    """Who acts at the board at `url` by a trust `sheet`; everybody keeps what is their own in `private`."""

    def __init__(self, private: Path, processes: Processes, sheet: Path) -> None:
        self.private, self.processes, self.sheet, self.url = private, processes, sheet, ""

    def employ(self, role: str, names: Sequence[str], *options: str) -> None:
        """Start key holders and wait until each has done its part."""
        for name in names:
            place = ("--board", self.url, "--trust", self.sheet, "--vault", self.private / name)
            self.processes.start(name, "aikyn-mix", role, *place, "--every", LOOK, *options)
        for name in names:
            self.processes.finish(name, LONG)

    def do(self, *line: object) -> str:
        """Run a command to its end; what it printed."""
        [said] = self.together([line])
        return said

    def together(self, lines: Sequence[CommandLine]) -> list[str]:
        """Run commands, some of them at a time; what each printed."""
        said: list[str] = []
        for first in range(0, len(lines), AT_ONCE):
            named = {f"{line[1]} {first + place}": line for place, line in enumerate(lines[first : first + AT_ONCE])}
            for name, line in named.items():
                self.processes.start(name, str(line[0]), *line[1:])
            said += [self.processes.finish(name, LONG) for name in named]
        return said
