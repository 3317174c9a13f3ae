"""The results pages of a rehearsal's log, one of them altered where it is shown (specs/rehearsal.md §5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bulletin.http.server import ARCHIVE

if TYPE_CHECKING:
    from bulletin.office.nation.stage import RehearsalStage
    from bulletin.office.processes import Processes

ALTERED = "altered-page"  # the fault's name
LONG = 900.0  # seconds that a nation's pages may take to be made, and to be compared
SITE = re.compile(r"\((http://\S+)/\) ")  # as Python's own server tells its address
CELL = re.compile(r'<td class="number">(\d+)</td>')
DIFFERS = re.compile(r"^(\S+), line (\d+): shown “(.*)”, by the log “(.*)”$")


class AlteredPage(NamedTuple):
    """A page that shows another word than the log gives: its file, and the line, counted from 1.

    Without a line, `file` is what was said of a page that differs otherwise.
    """

    file: str
    line: int
    shown: str
    due: str

    def __str__(self) -> str:
        told = f"{self.file}, line {self.line}: shown “{self.shown}”, by the log “{self.due}”"
        return told if self.line else self.file


class Pages:
    """The pages of a rehearsal's log, made and compared by the commands that others type."""

    def __init__(self, stage: RehearsalStage, processes: Processes) -> None:
        directory = stage.directory / "pages"
        self._given = ("results", stage.home / ARCHIVE, directory, "--trust", stage.sheet)
        self._site, self._processes = directory / "current", processes

    def begin(self) -> None:
        """Have all pages made meanwhile."""
        self._processes.start("pages", "aikyn-board", *self._given, "--once")

    def alter(self, unit: str) -> AlteredPage:
        """Change a digit of the first figure on the unit's page, once the pages are there."""
        self._processes.finish("pages", LONG)
        name = f"en/p/{unit}.html"
        page = (self._site / name).read_text()
        found = CELL.search(page)
        if found is None:
            raise ValueError(f"{name} shows no figure that could be altered")
        due = found[1]
        shown = due[:-1] + str((int(due[-1]) + 1) % 10)
        (self._site / name).write_text(page[: found.start(1)] + shown + page[found.end(1) :])
        return AlteredPage(name, page.count("\n", 0, found.start()) + 1, shown, due)

    def compare(self) -> list[AlteredPage]:
        """What is found to differ on the pages, as they are served."""
        self._processes.start("site", "python", "-u", "-m", "http.server", 0, "-b", "127.0.0.1", "-d", self._site)
        url = self._processes.hear("site", SITE)
        self._processes.start("comparison", "aikyn-board", *self._given, "--compare", url)
        said = self._processes.finish("comparison", LONG, status=1)
        return [_read(line, f"{url}/") for line in said.splitlines()]


def _read(line: str, before: str) -> AlteredPage:
    if found := DIFFERS.match(line):
        file, number, shown, due = found.groups()
        return AlteredPage(file.removeprefix(before), int(number), shown, due)
    return AlteredPage(line, 0, "", "")
