"""The pilot of 9 April 2023, played from the key ceremony to the verified result: read it from top to bottom."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bulletin.office.processes import Processes
from bulletin.settings import load_key
from demo import figures, stage
from demo.auditor import Audited, audit
from demo.clock import Clock
from demo.electorate import Electorate
from demo.liar import Colluders
from demo.office import Office
from demo.trial import Sheets, Trial, try_lies
from mixnet.vault import Vault
from mixnet.voter import read_opening
from verifier.audit import trust
from verifier.audit.audit import replay
from verifier.client.board import Board
from verifier.client.download import download
from verifier.client.files import Directory
from verifier.client.plaintexts import recombine
from verifier.election.counting import Close, Freeze, Override, counted_set, frozen, trackers
from verifier.election.register import Credentials, Opening, Register
from verifier.election.tally import Count, Tally, recount
from verifier.log import policy
from verifier.log.note import ED25519
from verifier.log.reading import Log
from verifier.records import encode
from verifier.state import State

LONG = 3600.0  # seconds that mixing and decrypting may take, without the kernel and with many voters


class Exhibit(NamedTuple):
    """What the summary is made of."""

    electorate: Electorate
    receipts: int
    honest: Audited
    trial: Trial


class Pilot:
    """The play and its props: `out` is what everyone may see, in `out/private` each keeps what is its own."""

    def __init__(self, out: Path, voters: int, seed: int, clock: Clock, processes: Processes) -> None:
        self.out, self.private, self.clock, self.processes = out, out / "private", clock, processes
        self.electorate = Electorate.draw(voters, seed)

    def play(self) -> Exhibit:
        """Every scene in its order."""
        self.hand_in_keys()
        self.open_board()
        self.post_manifest()
        self.hold_ceremony()
        self.open_voting()
        receipts = self.vote()
        self.override_and_close()
        self.mix()
        self.decrypt()
        self.tally()
        self.copy_archive()
        honest = self.verify()
        return Exhibit(self.electorate, receipts, honest, self.lie())

    def hand_in_keys(self) -> None:
        with self.clock.scene("keys") as told:
            self.people = stage.People.draw()
            self.keys = stage.draw_keys(self.processes, self.private)
            self.manifest = stage.compose_manifest(self.keys, self.people)
            told.append("trustees, mix servers, witnesses, board and commissions make their own")

    def open_board(self) -> None:
        with self.clock.scene("board and witnesses") as told:
            self.trust, self.trust_alone = stage.print_sheets(self.out, self.keys, self.people, self.manifest)
            self.sheet = trust.decode(self.trust.read_bytes())
            self.url = stage.open_board(self.processes, self.private, self.keys, self.sheet)
            self.board = Board(self.url)
            told.append(f"{self.url}; {figures.WITNESSES} witnesses, quorum {figures.QUORUM}")

    def post_manifest(self) -> None:
        with self.clock.scene("manifest and rosters") as told:
            self.office = Office(
                self.board, self.manifest, self.people.operator, self.people.central, self.people.precincts
            )
            self.office.begin()
            told.append(f"{len(self.manifest.contests)} councils, {len(self.manifest.commissions)} commissions")

    def hold_ceremony(self) -> None:
        with self.clock.scene("key ceremony") as told:
            self.employ("trustee", stage.TRUSTEES, "--only", "ceremony")
            told.append(f"{figures.THRESHOLD} of {figures.TRUSTEES} trustees, a process each")

    def open_voting(self) -> None:
        with self.clock.scene("registers, opening") as told:
            for council, precinct in self.people.precincts.items():
                rows = self.electorate.rows(council)
                blob = self.office.put(encode(Credentials(rows)), precinct)
                self.office.enact(Register(precinct.commission.id, len(rows), blob), precinct)
            self.office.enact(Opening(self.look().key, len(self.electorate.citizens)))
            told.append(f"{len(self.electorate.citizens):,} credentials")

    def vote(self) -> int:
        with self.clock.scene("voting") as told:
            self.await_published()
            opened = read_opening(self.board.read, self.sheet)
            receipts = self.electorate.vote(self.url, self.sheet, opened, self.out / "receipts")
            told.append(f"{receipts:,} ballots and challenges; each client checked its receipt")
        return receipts

    def override_and_close(self) -> None:
        with self.clock.scene("overrides to freeze") as told:
            for council, precinct in self.people.precincts.items():
                if on_paper := self.electorate.on_paper(council):
                    self.office.enact(Override(precinct.commission.id, on_paper), precinct)
            self.board.post(encode(self.people.operator.sign(Close(bytes(64)), self.office.digest)))
            state = self.look()
            sets = {contest.id: counted_set(state, contest.id) for contest in self.manifest.contests}
            for ballots in sets.values():
                self.office.put(trackers(ballots))
            self.office.enact(Freeze(tuple(frozen(contest, ballots) for contest, ballots in sets.items())))
            told.append(f"{sum(map(len, sets.values())):,} ballots are counted")

    def mix(self) -> None:
        with self.clock.scene("mixing") as told:
            self.employ("mixer", stage.MIXERS)
            told.append(f"{figures.MIXERS} mix servers, a process each")

    def decrypt(self) -> None:
        with self.clock.scene("decryption") as told:
            self.employ("trustee", stage.PRESENT, "--only", "decryption")
            told.append(f"{len(stage.PRESENT)} trustees, trustee {figures.ABSENT} is absent")

    def tally(self) -> None:
        with self.clock.scene("tally") as told:
            state = self.look()
            counts = tuple(self.count(state, contest.id) for contest in state.mixable())
            withheld = tuple(contest.id for contest in self.manifest.contests if state.withheld(contest.id))
            self.office.enact(Tally(counts, withheld))
            told.append(f"{sum(count.valid for count in counts):,} valid; they are the voters' last choices")

    def count(self, state: State, council: str) -> Count:
        """A council's result from the trustees' shares; the demo alone can compare it with what its voters chose."""
        course = state.courses[council]
        columns = recombine(course.lists[-1], course.shares[: state.rules.threshold])
        plaintexts = self.office.put(b"".join(bytes(points) for points in columns))
        count = recount(figures.contest(council), columns, plaintexts)
        expected = self.electorate.expected(council)
        assert [votes.count for votes in count.votes] == [expected[n] for n in range(1, len(count.votes) + 1)], council
        return count

    def copy_archive(self) -> None:
        with self.clock.scene("archive") as told:
            self.await_published()
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
            vaults = {name: Vault(self.private / name) for name in (*stage.MIXERS, *stage.PRESENT)}
            helpers = Colluders(
                {name: vaults[name] for name in stage.MIXERS},
                {int(name.rpartition("-")[2]): vaults[name] for name in stage.PRESENT},
                self.people.central,
                load_key(self.private / "board" / "log.key", ED25519),
            )
            read = Directory(self.archive)
            records = [raw for _, raw in Log(read, self.sheet.origin, self.sheet.log_keys).entries()]
            asked = policy.decode((self.private / "policy.txt").read_bytes())
            sheets = Sheets(self.trust, self.trust_alone, asked)
            trial = try_lies(self.archive, self.out / "lies", records, replay(read, self.sheet), helpers, sheets)
            told.append("each found out, and refused by every witness")
        return trial

    def employ(self, role: str, names: Sequence[str], *options: str) -> None:
        """Start key holders and wait until each has done its part."""
        for name in names:
            place = ("--board", self.url, "--trust", self.trust, "--vault", self.private / name)
            self.processes.start(name, "aikyn-mix", role, *place, "--every", "0.1", *options)
        for name in names:
            self.processes.finish(name, LONG)

    def look(self) -> State:
        """The election's state as the commission sees it: by a replay of the whole log."""
        self.await_published()
        download(self.board, self.private / "commission", self.sheet)
        return replay(Directory(self.private / "commission"), self.sheet)

    def await_published(self) -> None:
        """Until the witnesses have cosigned all that is on the log."""
        while (health := self.board.health())["published"] != health["size"]:
            self.processes.check()
            time.sleep(0.05)
