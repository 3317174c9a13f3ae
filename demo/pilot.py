"""The pilot of 9 April 2023, played from the key ceremony to the verified result: read it from top to bottom."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

from bulletin.office.docket import read_docket
from bulletin.office.folder import Folder
from bulletin.office.keyfile import open_key
from bulletin.office.people import Person, Sitting
from bulletin.office.play import Play
from bulletin.office.processes import Processes
from bulletin.office.signing import PrivateKey
from bulletin.office.staging import write_table
from bulletin.office.trying import PASSWORD
from bulletin.settings import load_key
from demo import desk, figures, page
from demo.auditor import Audited, audit
from demo.clock import Clock
from demo.electorate import Citizen, Electorate
from demo.liar import Colluders
from demo.trial import Sheets, Trial, try_lies
from demo.visit import show_app
from mixnet.vault import Vault
from mixnet.voter import read_opening
from verifier.audit import trust
from verifier.audit.audit import replay
from verifier.client.board import Board
from verifier.client.download import download
from verifier.client.files import Directory
from verifier.election.tally import Tally
from verifier.log import policy
from verifier.log.note import ED25519
from verifier.log.reading import Log
from verifier.state import State

WITNESSED = ("witness ", "group ", "quorum ")  # lines of a trust sheet


class Exhibit(NamedTuple):
    """What the summary is made of."""

    electorate: Electorate
    receipts: int
    honest: Audited
    trial: Trial


class Pilot:
    """The play and its props: `out` is what everyone may see, in `out/private` each keeps what is its own."""

    def __init__(self, out: Path, voters: int, seed: int, clock: Clock, processes: Processes) -> None:
        self.out, self.private, self.clock = out, out / "private", clock
        self.electorate = Electorate.draw(voters, seed)
        self.folder = Folder(out / "desk")
        desk.write_folder(self.folder)
        self.stage = Play(self.folder, self.private, processes, desk.parties())

    @property
    def url(self) -> str:
        """Where the board is."""
        return self.stage.url

    def play(self) -> Exhibit:
        """Every scene in its order."""
        self.hand_in_keys()
        self.prepare()
        self.open_board()
        self.hold_ceremony()
        self.open_voting()
        receipts = self.vote(self.vote_at_the_page())
        self.override_and_close()
        self.mix()
        self.decrypt()
        self.tally()
        self.copy_archive()
        honest = self.verify()
        return Exhibit(self.electorate, receipts, honest, self.lie())

    def hand_in_keys(self) -> None:
        with self.clock.scene("keys") as told:
            self.stage.hand_in_keys(desk.ORIGIN)
            told.append("trustees, mix servers, witnesses, operator and board make their own")

    def prepare(self) -> None:
        with self.clock.scene("the commission's desk") as told:
            self.stage.prepare()
            self.manifest = self.stage.manifest
            self.trust, self.trust_alone = self.print_sheets()
            self.sheet = trust.decode(self.trust.read_bytes())
            told.append(f"{len(self.manifest.contests)} councils, {len(self.manifest.commissions)} commissions")

    def print_sheets(self) -> tuple[Path, Path]:
        """The trust sheet for everyone, and one that trusts the log alone."""
        whole, alone = self.out / "trust.txt", self.out / "trust-log-only.txt"
        shutil.copyfile(self.stage.sheet, whole)
        lines = whole.read_text().splitlines(keepends=True)
        alone.write_text("".join(line for line in lines if not line.startswith(WITNESSED)))
        return whole, alone

    def open_board(self) -> None:
        with self.clock.scene("board, manifest, rosters") as told:
            self.stage.open_board()
            self.stage.sign_and_post()
            self.board = Board(self.url)
            told.append(f"{self.url}; {figures.WITNESSES} witnesses, quorum {figures.QUORUM}")

    def hold_ceremony(self) -> None:
        with self.clock.scene("key ceremony") as told:
            self.stage.employ("trustee", desk.TRUSTEES, "--only", "ceremony")
            told.append(f"{figures.THRESHOLD} of {figures.TRUSTEES} trustees, a process each")

    def open_voting(self) -> None:
        with self.clock.scene("registers, opening") as told:
            write_table(self.folder, "register", self.electorate.register())
            for council in figures.COUNCILS:
                self.stage.act("register", f"precinct-{council}")
            self.stage.sign_and_post()
            self.stage.act("opening")
            self.stage.sign_and_post()
            told.append(f"{len(self.electorate.citizens):,} credentials")

    def vote_at_the_page(self) -> tuple[Citizen, ...]:
        """Those who have voted in Chromium; nobody, if there is none here."""
        with self.clock.scene("voting at the page") as told:
            self.stage.await_published()
            citizens = self.electorate.at_the_page
            try:
                with page.open_browser() as browser:
                    app = show_app(self.url, self.out, self.stage.processes)
                    page.vote(browser, app, citizens, self.out / "receipts")
                    self.stage.processes.stop("app")
            except page.NoBrowser as lacking:
                told.append(f"{lacking}: these {len(citizens)} vote by the command, as the others do")
                return ()
            told.append(f"{len(citizens)} key sheets typed, ballots marked and receipts saved in Chromium")
        return citizens

    def vote(self, done: tuple[Citizen, ...]) -> int:
        with self.clock.scene("voting") as told:
            opened = read_opening(self.board.read, self.sheet)
            receipts = self.electorate.vote(self.url, self.sheet, opened, self.out / "receipts", done)
            told.append(f"{receipts:,} ballots and challenges; each client checked its receipt")
        return receipts + len(done)

    def override_and_close(self) -> None:
        with self.clock.scene("overrides to freeze") as told:
            for council in figures.COUNCILS:
                if came := self.electorate.on_paper(council):
                    codes = self.private / f"on-paper-{council}.txt"
                    codes.write_text("".join(f"{code}\n" for code in came))
                    self.stage.act("override", f"precinct-{council}", "--codes", codes)
            self.stage.act("close", "--key", self.private / "operator")
            self.stage.sign_and_post()
            self.stage.act("freeze")
            self.stage.sign_and_post()
            told.append(f"{self.electorate.numbers['counted']:,} ballots are counted")

    def mix(self) -> None:
        with self.clock.scene("mixing") as told:
            self.stage.employ("mixer", desk.MIXERS)
            told.append(f"{figures.MIXERS} mix servers, a process each")

    def decrypt(self) -> None:
        with self.clock.scene("decryption") as told:
            self.stage.employ("trustee", desk.PRESENT, "--only", "decryption")
            told.append(f"{len(desk.PRESENT)} trustees, trustee {figures.ABSENT} is absent")

    def tally(self) -> None:
        with self.clock.scene("tally") as told:
            self.stage.act("tally")
            self.stage.sign_and_post()
            tally = read_docket(self.folder)[-1].request.content
            assert isinstance(tally, Tally)
            for count in tally.contests:  # the demo alone knows what its voters chose
                expected = self.electorate.expected(count.contest)
                assert [votes.count for votes in count.votes] == [expected[n] for n in range(1, len(count.votes) + 1)]
            told.append(f"{sum(count.valid for count in tally.contests):,} valid; they are the voters' last choices")

    def copy_archive(self) -> None:
        with self.clock.scene("archive") as told:
            self.stage.await_published()
            self.archive = self.out / "archive"
            download(self.board, self.archive, self.sheet)
            files = [path for path in self.archive.rglob("*") if path.is_file()]
            told.append(f"{len(files):,} public files, {sum(path.stat().st_size for path in files) / 1e6:.1f} MB")

    def verify(self) -> Audited:
        with self.clock.scene("aikyn-verify") as told:
            verdict = audit(self.archive, self.trust)
            assert (verdict.exit, verdict.report.verdict) == (0, "accepted"), verdict.report
            told.append("accepted")
        return verdict

    def lie(self) -> Trial:
        """The same board again, with everyone's help, three times false and once damaged."""
        with self.clock.scene("lies") as told:
            vaults = {name: Vault(self.private / name) for name in (*desk.MIXERS, *desk.PRESENT)}
            helpers = Colluders(
                {name: vaults[name] for name in desk.MIXERS},
                {int(name.rpartition("-")[2]): vaults[name] for name in desk.PRESENT},
                self.central(replay(Directory(self.archive), self.sheet)),
                load_key(self.private / "board" / "log.key", ED25519),
            )
            read = Directory(self.archive)
            records = [raw for _, raw in Log(read, self.sheet.origin, self.sheet.log_keys).entries()]
            asked = policy.decode((self.private / "board" / "policy").read_bytes())
            sheets = Sheets(self.trust, self.trust_alone, asked)
            trial = try_lies(self.archive, self.out / "lies", records, replay(read, self.sheet), helpers, sheets)
            told.append("each found out, and refused by every witness")
        return trial

    def central(self, state: State) -> Sitting:
        """The central commission, with its members' keys."""
        roster = state.rosters[self.manifest.central][-1].roster
        commission = state.commissions[self.manifest.central]
        return Sitting(commission, tuple(Person(member, self._open(member.id)) for member in roster.members))

    def _open(self, id: str) -> PrivateKey:
        key = open_key(self.folder.tests / f"{id}.p12", PASSWORD).key
        assert isinstance(key, PrivateKey)  # a file's, not a token's
        return key
