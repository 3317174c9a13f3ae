"""A practice election that is always open: made once by the desk's own means, then served (specs/desk.md §8)."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import NamedTuple, NoReturn

from bulletin.http.server import locked
from bulletin.office.folder import Folder
from bulletin.office.play import Play
from bulletin.office.processes import Processes
from bulletin.office.rehearsal import Announce, begin
from bulletin.office.staging import write_table
from bulletin.office.tales import CENTRAL, ORIGIN, parties, write_folder
from bulletin.settings import Unusable

MARK, OPEN = "practice.txt", "open\n"  # stands in a folder of ours, and says whether the voting was opened there
PARTS = ("desk", "private", "app")
LOOK = 1.0  # seconds between looks at the processes


class Wanted(NamedTuple):
    """How many keys a new one has, and whom to call; the ports of board and app, 0 for a free one.

    `board` is the board's address as pages reach it, "" for that on this machine.
    """

    keys: int
    telephone: str
    port: int
    app_port: int
    board: str


class TaleLovers:
    """The voters of a practice election, whose keys everybody can work out."""

    commissions: tuple[str, ...] = (CENTRAL,)

    def __init__(self, play: Play, count: int) -> None:
        self._play, self._count = play, count

    def enrol(self) -> None:
        """The commission lists all numbers (specs/keysheet.md §9)."""
        said = self._play.do("aikyn-mix", "voter", "practice", self._play.manifest.election, "--keys", self._count)
        rows = [dict(zip(("code", "key"), line.split(), strict=True)) for line in said.splitlines()]
        write_table(self._play.folder, "register", [{"commission": CENTRAL, **row} for row in rows])


def practise(place: Path, wanted: Wanted, tell: Announce, shown: Announce) -> NoReturn:
    """Serve the practice election in `place`, which is made and opened first unless it is there.

    `tell` is called with the name of each scene before it begins, `shown` with the app's address. It ends with the
    process, or by `Failed` when something that it has started ends; `Unusable` if `place` is another's.
    """
    mark = place / MARK
    if place.exists() and any(place.iterdir()) and not mark.exists():
        raise Unusable(f"{place} has files that are not of a practice election: name another folder")
    place.mkdir(parents=True, exist_ok=True)
    mark.touch()
    with locked(place), Processes(place / "journals") as processes:
        if mark.read_text() == OPEN:
            play = _stage(place, wanted, processes)
            tell("board")
            play.open_board()
        else:
            play = _make(place, wanted, tell, processes)
            mark.write_text(OPEN)
        board = wanted.board or play.url
        app = ("aikyn-board", "app", place / "app", "--trust", play.sheet, "--manifest", play.record)
        processes.start("app", *app, "--board", board, "--port", wanted.app_port)
        shown(processes.listen("app"))
        while True:
            processes.check()
            time.sleep(LOOK)


def _stage(place: Path, wanted: Wanted, processes: Processes) -> Play:
    return Play(Folder(place / "desk"), place / "private", processes, parties(), wanted.port)


def _make(place: Path, wanted: Wanted, tell: Announce, processes: Processes) -> Play:
    """From nothing to the opening; what an earlier attempt has left is removed."""
    for part in PARTS:
        shutil.rmtree(place / part, ignore_errors=True)
    play = _stage(place, wanted, processes)
    write_folder(play.folder, wanted.telephone)
    tell("keys")
    play.hand_in_keys(ORIGIN)
    play.prepare()
    begin(play, TaleLovers(play, wanted.keys), tell)
    return play
