"""A whole election whose desk and members' machines are on no network: only sticks go between them and the operator."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner

from bulletin.office import rehearsal
from bulletin.office.crowd import Crowd
from bulletin.office.election import read_election
from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.play import Casting, Play
from bulletin.office.processes import Processes
from bulletin.office.staging import SUFFIX, stage
from bulletin.office.trying import PASSWORD
from tests.support.village import build
from verifier.desk.commands.main import main as verify

pytestmark = [pytest.mark.process, pytest.mark.slow]
LOST = (2, 7)  # journeys on which the stick is lost


class Carried(Play):
    """The same scenes; the operator's machine alone reaches the board, and everything else is carried by hand."""

    def __init__(self, folder: Folder, place: Path, processes: Processes, parties: Iterable[Casting]) -> None:
        super().__init__(folder, place / "private", processes, parties)
        self.place, self.journeys, self.lost = place, count(), 0

    def carry(self, source: Path, target: Path, pattern: str = "*") -> None:
        """Copy files to a stick and from there; a stick that is lost on its way is written again."""
        stick = self.place / "stick"
        for journey in self.journeys:
            shutil.rmtree(stick, ignore_errors=True)
            shutil.copytree(source, stick, ignore=lambda _, names: [n for n in names if n in {"test", "cards"}])
            if journey not in LOST:
                break
            shutil.rmtree(stick)
            self.lost += 1
        for file in (path for path in stick.rglob(pattern) if path.is_file()):
            place = target / file.relative_to(stick)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)

    def act(self, *words: object) -> None:
        """The operator brings a copy of the board, by which the desk asks."""
        online, brought = self.place / "online/mirror", self.place / "brought"
        self.do("aikyn-board", "mirror", self.url, online, "--trust", self.sheet, "--once")
        self.carry(online / "archive", brought)
        self.do("aikyn-board", "act", self.folder.path, *words, "--board", brought)

    def sign_and_post(self) -> None:
        """Each member has a machine of one's own; the operator sends from the copy of the desk that was brought."""
        password = self.place / "password"
        password.write_text(PASSWORD)
        for member, request in list(self._find_waiting()):
            own, out = self.place / member, self.place / f"signed by {member}"
            self.carry(self.folder.docket, own)
            key = ("--key", self.folder.tests / f"{member}.p12", "--password-file", password, "--out", out)
            self.do("aikyn-board", "sign", own / request.name, *key, "--trust", self.sheet, "--yes")
            self.carry(out, self.folder.docket, "*.signed")
        online = self.place / "online/desk"
        self.carry(self.folder.path, online)
        [operator] = self.named("operator")
        self.await_published()
        self.do("aikyn-board", "act", online, "post", "--board", self.url, "--key", self.private / operator)
        self.await_published()


def test_a_whole_election_by_sticks(tmp_path: Path) -> None:
    folder = build(tmp_path / "village", near=datetime.now(UTC))
    draft = read_election(folder, datetime.now(UTC), Mistakes())
    assert draft is not None
    desk = Folder(tmp_path / "desk")
    with Processes(tmp_path / "journals") as processes:
        play = Carried(desk, tmp_path, processes, stage(folder, draft, desk))
        play.hand_in_keys(draft.origin + SUFFIX)
        play.prepare()
        crowd = Crowd(play, 4, random.Random(1))
        rehearsal.begin(play, crowd, lambda _: None)
        crowd.vote()
        play.await_published()
        rehearsal.count(play, crowd, lambda _: None)
        rehearsal.compare(play, crowd)
        done = CliRunner().invoke(verify, ["election", play.url, "--trust", str(desk.made("trust.txt"))])
    assert done.exit_code == 0, done.output
    assert play.lost == len(LOST)
    assert not list((tmp_path / "online").rglob("*.p12"))  # no member's key ever came to a machine with a network
