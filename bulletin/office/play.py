"""A whole election on this machine, played by the commands that real people type (specs/desk.md §3)."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from bulletin.office import composing
from bulletin.office.crew import Crew
from bulletin.office.docket import read_docket
from bulletin.office.folder import Folder
from bulletin.office.processes import Processes
from bulletin.office.sheet import SHEET
from bulletin.office.trying import PASSWORD
from bulletin.settings import POLICY
from verifier.audit import trust
from verifier.client.board import Board
from verifier.election.manifest import Manifest
from verifier.log.note import encode_key

TICK = 0.25  # seconds between rounds of ballots
MAKE_KEY = {
    "trustee": ("aikyn-mix", "key"),
    "mixer": ("aikyn-mix", "key"),
    "witness": ("aikyn-board", "witness-key"),
    "operator": ("aikyn-board", "operator-key"),
    "log": ("aikyn-board", "init"),
}
WITNESS = re.compile(r"^(witness \S+ ([^+\s]+)\+\S+) \S+$", re.MULTILINE)  # with its name, before its address


class Casting(NamedTuple):
    """Somebody whose key is made on this machine: the role and id of a row of `holders.csv`."""

    role: str
    id: str


class Play(Crew):
    """The scenes of an election, in their order, and the props.

    `folder` is the desk's, in which all members have test certificates; in `private` everybody keeps what is their own.
    `port` is the board's, 0 for a free one.
    """

    def __init__(
        self, folder: Folder, private: Path, processes: Processes, parties: Iterable[Casting], port: int = 0
    ) -> None:
        super().__init__(private, processes, folder.made(SHEET))
        self.folder, self.parties, self.port = folder, tuple(parties), port

    @property
    def manifest(self) -> Manifest:
        """What is elected, once the desk has composed it."""
        return composing.CODEC.decode(self.record.read_bytes())

    @property
    def record(self) -> Path:
        """The manifest's record."""
        return self.folder.made(composing.MANIFEST)

    def named(self, role: str) -> list[str]:
        """Ids of those who have this role."""
        return [party.id for party in self.parties if party.role == role]

    def hand_in_keys(self, origin: str) -> None:
        """Everybody makes a key on a disk of their own, and hands its card in."""
        self.folder.card("").parent.mkdir(parents=True, exist_ok=True)
        makers = [party for party in self.parties if party.role in MAKE_KEY]
        for role, id in makers:
            match role:
                case "witness":
                    own: tuple[str, ...] = ("--name", id)
                case "log":
                    own = ("--origin", origin)
                case "operator":
                    own = ()
                case _:
                    own = ("--as", role)
            program, word = MAKE_KEY[role]
            self.processes.start(f"key of {id}", program, word, self.private / id, *own, "--card", self.folder.card(id))
        for _, id in makers:
            self.processes.finish(f"key of {id}")

    def prepare(self) -> None:
        """All steps of the desk, and its first requests."""
        self.do("aikyn-board", "prepare", self.folder.path, "--ask", "--lang", "en")

    def open_board(self) -> None:
        """Start the witnesses and the board, as the desk has set them up, at addresses of this machine."""
        log = encode_key(trust.decode(self.sheet.read_bytes()).log_keys[0])
        [home] = self.named("log")
        shutil.copytree(self.folder.made("board"), self.private / home, dirs_exist_ok=True)
        for name in self.named("witness"):
            place = (self.private / name, "--name", name, "--log", log, "--port", 0)
            self.processes.start(name, "aikyn-board", "witness", *place)
        policy = self.private / home / POLICY
        urls = {name: self.processes.listen(name) for name in self.named("witness")}
        policy.write_text(WITNESS.sub(lambda found: f"{found[1]} {urls[found[2]]}", policy.read_text()))
        self.processes.start(
            "board", "aikyn-board", "serve", self.private / home, "--port", self.port, "--interval", TICK
        )
        self.url = self.processes.listen("board")

    def act(self, *words: object) -> None:
        """The desk asks for one record."""
        self.do("aikyn-board", "act", self.folder.path, *words, "--board", self.url)

    def sign_and_post(self) -> None:
        """As many members as each quorum takes sign what waits for them; the operator sends it."""
        password = self.private / "password"
        password.write_text(PASSWORD)
        options = ("--password-file", password, "--trust", self.sheet, "--yes")
        self.together(
            [
                ("aikyn-board", "sign", request, "--key", self.folder.tests / f"{member}.p12", *options)
                for member, request in self._find_waiting()
            ]
        )
        [operator] = self.named("operator")
        self.act("post", "--key", self.private / operator)

    def await_published(self) -> None:
        """Until the witnesses have cosigned all that is on the log."""
        board = Board(self.url)
        while (health := board.health())["published"] != health["size"]:
            self.processes.check()
            time.sleep(0.05)

    def _find_waiting(self) -> Iterator[tuple[str, Path]]:
        """Members who make the quorums, and the requests that they have not signed."""
        quorums = {commission.id: commission.quorum for commission in self.manifest.commissions}
        for filed in read_docket(self.folder):
            for member in filed.request.members[: quorums.get(filed.request.commission, 0)]:
                if not filed.signed(member.id).exists():
                    yield member.id, filed.path
