"""Guides as they are typed: their commands, in the order of the page, on machines that share nothing but sticks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.support.house import HOUSE

GUIDES = HOUSE / "guides"
BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
PATIENCE = 300.0  # seconds


def commands(page: str) -> list[str]:
    """What the page has its reader type, a command each."""
    blocks = "".join(BLOCK.findall((GUIDES / f"{page}.md").read_text(encoding="utf-8")))
    return blocks.replace("\\\n", " ").splitlines()


class Guide:
    """A page that is followed from its first command to its last."""

    def __init__(self, page: str) -> None:
        self.left = commands(page)

    def take(self, start: str) -> str:
        """The next command, which must begin so."""
        line = self.left.pop(0)
        assert line.startswith(start), f"the guide has `{line}` here"
        return line


class Machine:
    """Somebody's computer: a folder in which commands are typed as the guide has them, with real names and addresses.

    `names` has what stands for each placeholder, `settings` the variables of the programs.
    """

    def __init__(self, place: Path, names: Mapping[str, str], settings: Mapping[str, object]) -> None:
        self.place, self._names = place, names
        self._settings = {"PATH": PATH, **{name: str(value) for name, value in settings.items()}}
        self._running: list[subprocess.Popen[bytes]] = []
        self._journals: list[IO[bytes]] = []
        place.mkdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(PATIENCE)
        for journal in self._journals:
            journal.close()

    def run(self, line: str, typed: str = "", status: int = 0) -> str:
        """Type a command, and what it asks for; what it prints."""
        done = subprocess.run(
            ["bash", "-c", self._fill(line)],
            check=False,
            cwd=self.place,
            env=self._settings,
            input=typed.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            start_new_session=True,  # no terminal, so that a password is read from what is typed
        )
        said = done.stdout.decode()
        assert done.returncode == status, f"{self.place.name}: {line}\n{said}"
        return said

    def begin(self, line: str) -> subprocess.Popen[bytes]:
        """Type a command that goes on."""
        journal = (self.place / "journal").open("ab")
        process = subprocess.Popen(
            ["bash", "-c", f"exec {self._fill(line)}"],
            cwd=self.place,
            env=self._settings,
            stdin=subprocess.DEVNULL,
            stdout=journal,
            stderr=journal,
        )
        self._journals.append(journal)
        self._running.append(process)
        return process

    def finish(self, process: subprocess.Popen[bytes]) -> str:
        """Wait for the end of a command that went on; what those of this machine have said."""
        status = process.wait(PATIENCE)
        assert status == 0, f"{self.place.name}:\n{self.told}"
        return self.told

    @property
    def told(self) -> str:
        """What the commands that go on have said so far."""
        return (self.place / "journal").read_text(encoding="utf-8")

    def bring(self, source: Path, name: str = "") -> None:
        """Copy a file or a folder to this machine, on a stick."""
        target = self.place / (name or source.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)

    def _fill(self, line: str) -> str:
        for name, meant in self._names.items():
            line = line.replace(name, meant)
        return line
