"""The guides, typed: an election in which everybody goes by a guide, each on a machine of one's own."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from bulletin.office.docket import read_docket
from bulletin.office.folder import Folder
from tests.support import village
from tests.support.fronts import free_ports
from tests.support.guided import GUIDES, PATIENCE, Guide, Machine, commands
from tests.support.house import HOUSE
from verifier.client.board import Board
from verifier.desk.report.language import LANGUAGES
from verifier.election.tally import Tally

NAMES = ("commission", "key-holder", "operator", "voter")
TRUSTEES = [f"trustee-{number}" for number in range(1, 6)]
MIXERS = [f"mixer-{number}" for number in range(1, 4)]
WITNESSES = [f"witness-{number}" for number in range(1, 4)]
CHOICES = {"voter-1": "1", "voter-2": "1,2", "voter-3": "3", "voter-4": "2", "voter-5": "2"}
ON_PAPER = "voter-3"
APPLICANT = "voter-5"  # goes by the guide, with a second share
LINES = 150  # of about two printed pages


@pytest.mark.parametrize("name", NAMES)
def test_the_languages_have_the_same_commands(name: str) -> None:
    typed = {language: commands(f"{name}.{language}") for language in LANGUAGES}
    assert typed["en"]
    assert typed["ky"] == typed["ru"] == typed["en"]


@pytest.mark.parametrize("page", sorted(GUIDES.glob("*.md")), ids=lambda page: str(page.stem))
def test_a_guide_is_two_pages_long(page: Path) -> None:
    assert 50 < len(page.read_text(encoding="utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_operator_knows_every_alert(language: str) -> None:
    alerts = re.findall(r"- alert: (\w+)", (HOUSE / "deploy/alerts.yml").read_text(encoding="utf-8"))
    guide = (GUIDES / f"operator.{language}.md").read_text(encoding="utf-8")
    assert [alert for alert in alerts if f"`{alert}`" not in guide] == []


def code(name: str) -> str:
    """The code that a voter was given."""
    return name.upper().replace("-", "")


class Play:
    """The people of an election, who share nothing but what is carried from one machine to another."""

    def __init__(self, place: Path, stack: ExitStack) -> None:
        self.commission, self.holder, self.operator, self.guide = (Guide(f"{name}.en") for name in NAMES)
        self._place, self._stack = place, stack
        port, mirror, *ports = free_ports(2 + len(WITNESSES))
        self.url, self.addresses = f"http://127.0.0.1:{port}", dict(zip(WITNESSES, ports, strict=True))
        self.desk, self.board = self.machine("desk"), self.machine("operator", port)
        self.village = Folder(self.desk.place / "village")
        self.trustees = [self.machine(id) for id in TRUSTEES]
        self.mixers = [self.machine(id) for id in MIXERS]
        self.witnesses = [self.machine(id, port) for id, port in self.addresses.items()]
        self.members = [self.machine(id) for id in village.MEMBERS]
        self.voters, self.mirror = self.machine("voters"), self.machine("mirror", mirror)
        self.practice = self.machine("practice")
        self.applicant = self.machine(APPLICANT)

    def machine(self, id: str, port: int = 0) -> Machine:
        """The computer of one of them, with that name in place of the guide's."""
        role = id.rpartition("-")[0]
        names = {
            "https://board.example": self.url,
            "8090": "0",
            "8100": "0",
            **({f"{role}-1.": f"{id}."} if role else {}),
        }
        return self._stack.enter_context(Machine(self._place / id, names, {"AIKYN_PORT": port}))

    def hand_in_keys(self) -> None:
        """Everybody makes a key, and brings its card to the commission."""
        line = self.holder.take("aikyn-mix key vault --as trustee --card")
        for trustee in self.trustees:
            trustee.run(line)
        line = self.holder.take("aikyn-mix key vault --as mixer --card")
        for mixer in self.mixers:
            mixer.run(line)
        self.read_aloud(self.trustees[0].run(self.holder.take("aikyn-mix key vault --as trustee")))
        self.board.run(self.operator.take("aikyn-board init board"))
        self.board.run(self.operator.take("aikyn-board operator-key"))
        line = self.operator.take("aikyn-board witness-key")
        for witness in self.witnesses:
            witness.run(line)
        for machine in (self.board, *self.trustees, *self.mixers, *self.witnesses):
            for card in machine.place.glob("*.card"):
                self.desk.bring(card, f"village/cards/{card.name}")

    def write_tables(self) -> None:
        """What the commission fills in: 1 contest, 3 candidates, 2 commissions of 3 members with test certificates."""
        later = datetime.now(UTC) + timedelta(days=30)
        elected = re.sub(r"\[\[date\]\]\nid = \"open\".*?\n\n", "", village.ELECTION, flags=re.DOTALL)
        elected = elected.replace("\n[board]", 'second_share = "file"\n\n[board]', 1)
        self.village.election.write_text(re.sub(r"2027-\d\d-\d\d", f"{later:%Y-%m-%d}", elected), encoding="utf-8")
        members = re.sub(r"[^;\n]+\.cer", "test", village.members())
        holders = [f"{role};{id};Азамат;{self._address(id, url)};" for role, id, url in village.HOLDERS]
        for name, text in {
            "candidates": village.CANDIDATES,
            "commissions": village.COMMISSIONS,
            "members": members,
            "holders": "\n".join(["role;id;name;address;groups", *holders, ""]),
        }.items():
            self.village.table(name).write_text(text, encoding="utf-8")

    def _address(self, id: str, url: str) -> str:
        return f"http://127.0.0.1:{self.addresses[id]}" if id in self.addresses else url

    def read_aloud(self, card: str) -> None:
        """A trustee reads its groups to the commission by telephone."""
        table = self.village.table("holders")
        groups = card.strip().splitlines()[-1]
        row = next(line for line in table.read_text(encoding="utf-8").splitlines() if ";trustee-1;" in line)
        table.write_text(table.read_text(encoding="utf-8").replace(row, row + groups), encoding="utf-8")

    def list_voters(self) -> None:
        """Each voter's program shows a line for the register."""
        making = "aikyn-mix voter key {} --election village-2027 2>/dev/null"
        rows = [
            f"precinct-1;{code(name)};;{self.voters.run(making.format(name)).split()[0]};"
            for name in CHOICES
            if name != APPLICANT
        ]
        table = "\n".join(["commission;code;style;key;groups", *rows, ""])
        self.village.table("register").write_text(table, encoding="utf-8")

    def prepare(self) -> None:
        """From an empty folder to requests."""
        line = self.commission.take("aikyn-board prepare")
        self.desk.run(line)
        pages = self.desk.begin(self.commission.take("aikyn-board prepare village --web"))
        wait(lambda: re.search(r"http://\S+", self.desk.told) is not None)
        assert "election.toml" in requests.get(re.findall(r"http://\S+", self.desk.told)[0], timeout=30).text
        pages.terminate()
        self.write_tables()
        self.desk.run(line, status=1)  # cards are waited for
        assert (self.village.made("invitations") / "trustee-1.ky.txt").exists()
        self.hand_in_keys()
        self.list_voters()
        self.desk.run(line)
        self.desk.run(self.commission.take("aikyn-board rehearse"))
        self.desk.run(line)
        assert {"trust.ky.pdf", "ballot-all.ky.pdf"} <= {path.name for path in self.village.made("").iterdir()}
        self.desk.run(self.commission.take("aikyn-board prepare village --ask"))

    def serve(self) -> None:
        """The board and its witnesses begin."""
        self.board.bring(self.village.made("board"), "village/made/board")
        for line in (self.operator.take("cp"), self.operator.take("aikyn-board check-config")):
            self.board.run(line)
        self.serving = self.operator.take("aikyn-board serve")
        self.server = self.board.begin(self.serving)
        sheet = self.village.made("trust.txt")
        [log] = re.findall(r"^log (\S+)", sheet.read_text(), re.MULTILINE)
        line = self.operator.take("aikyn-board witness")
        for witness in self.witnesses:
            witness.begin(line.replace("LOG-KEY", log))
        for machine in (*self.trustees, *self.mixers, *self.members, self.voters, self.applicant, self.mirror):
            machine.bring(sheet)
        self.desk.bring(self.board.place / "operator.key")

    def learn(self) -> None:
        """The lines by which all signs and sends, which come again and again."""
        self.signing = self.commission.take("aikyn-board sign")
        self.asking, self.sending = (
            self.commission.take(f"aikyn-board act village {act}") for act in ("status", "post")
        )

    def sign_and_send(self) -> None:
        """Two members of each commission sign on machines of their own; what they signed comes back, and is sent."""
        for member in self.members:
            if member.place.name.endswith("3"):
                continue
            member.bring(self.village.docket)
            member.bring(self.village.tests / f"{member.place.name}.p12", "member.p12")
            asked = {each.id for filed in read_docket(self.village) for each in filed.request.members}
            member.run(self.signing, typed="test\n" + "y\n" * 5, status=0 if member.place.name in asked else 1)
            for signed in (member.place / "docket").glob("*.signed"):
                self.desk.bring(signed, f"village/docket/{signed.name}")
        self.desk.run(self.asking)
        self.desk.run(self.sending)

    def act(self, act: str) -> None:
        """The desk asks for a record."""
        self.desk.run(self.commission.take(f"aikyn-board act village {act}"))

    def make_key(self) -> None:
        """One trustee is absent and is left out; another one's machine stops, and goes on."""
        line = self.holder.take("aikyn-mix trustee")
        present = self.trustees[:4]
        processes = [trustee.begin(line) for trustee in present]
        self.await_phase("ceremony")
        processes[0].terminate()
        processes[0].wait()
        processes[0] = present[0].begin(line)
        self.act("restart")
        self.sign_and_send()
        for trustee, process in zip(present, processes, strict=True):
            trustee.finish(process)
        line = self.holder.take("aikyn-mix election-key")
        assert len({trustee.run(line) for trustee in present}) == 1

    def apply(self) -> None:
        """One voter writes a key sheet down, and hands in an application."""
        said = self.applicant.run(self.guide.take("aikyn-mix voter key my-key"))
        self.written = re.findall(r"Line \d of your key sheet: ([\d ]+)", said)
        self.applicant.run(self.guide.take("aikyn-mix voter apply"))
        self.desk.bring(self.applicant.place / "my.application", "village/applications/voter-5.application")

    def open(self) -> None:
        self.apply()
        for act in ("register", "opening"):
            self.act(act)
            self.sign_and_send()

    def vote(self) -> None:
        """Each voter casts a ballot, the second one two."""
        where = f"--board {self.url} --trust trust.txt"
        [share] = self.village.shares.iterdir()
        self.applicant.bring(share, "second.share")
        self.applicant.run(self.guide.take("aikyn-mix voter show"))
        assert CHOICES[APPLICANT] == "2"
        self.applicant.run(self.guide.take("aikyn-mix voter vote --choose 2"), typed="cast\n")
        assert "PRESENT" in self.applicant.run(self.guide.take("aikyn-mix voter look-up"))
        self.applicant.run(self.guide.take("aikyn-mix voter key restored-key"), typed="\n".join([*self.written, ""]))
        assert (self.applicant.place / "restored-key").read_bytes() == (self.applicant.place / "my-key").read_bytes()
        for name, choice in CHOICES.items():
            if name == APPLICANT:
                continue
            if name == "voter-2":
                self.voters.run(f"aikyn-mix voter cast --credential {name} {where} --choose 3")
            self.voters.run(f"aikyn-mix voter cast --credential {name} {where} --choose {choice}")

    def watch(self) -> None:
        """A mirror follows, and shows the same history."""
        self.mirror.begin(self.operator.take("aikyn-board mirror"))
        wait((self.mirror.place / "mirror/archive/checkpoint").exists)
        self.mirror.run(self.operator.take("aikyn-verify diff"))
        self.practice.begin(self.operator.take("aikyn-board practice"))
        wait(lambda: "/ky/vote.html" in self.practice.told)

    def lose_board(self) -> None:
        """The database is damaged, then the whole disk is lost but for the log's key; each time the board is mended."""
        place, carried = self.board.place / "board", self.mirror.place / "mirror/archive"
        self.board.run(self.operator.take("aikyn-board backup"))
        self.stop_board()
        (place / "log.db").write_bytes(b"damaged")
        self.board.run(self.operator.take("aikyn-board restore board copy-1"))
        self.server = self.board.begin(self.serving)
        self.desk.run(self.sending)
        wait(lambda: (carried / "checkpoint").read_bytes() == (place / "archive/checkpoint").read_bytes())
        self.stop_board()
        place.rename(self.board.place / "lost")
        place.mkdir()
        shutil.copy(self.board.place / "lost/log.key", place)
        self.board.bring(carried, "mirror/archive")
        for command in ("aikyn-board restore board mirror", "cp"):
            self.board.run(self.operator.take(command))
        self.board.run(self.operator.take("aikyn-board migrate board"), status=1)  # no servers are named here
        self.server = self.board.begin(self.serving)
        self.desk.run(self.sending)

    def stop_board(self) -> None:
        self.server.terminate()
        self.board.finish(self.server)

    def close(self) -> None:
        """One voter has voted on paper."""
        (self.desk.place / "on-paper.txt").write_text(f"{code(ON_PAPER)}\n")
        self.act("override")
        self.act("close")
        self.sign_and_send()
        self.act("freeze")
        self.sign_and_send()

    def count(self) -> None:
        """One mix server is lost and is skipped, and one more trustee."""
        line = self.holder.take("aikyn-mix mixer")
        processes = [mixer.begin(line) for mixer in self.mixers[:2]]
        self.act("skip")
        self.sign_and_send()
        for mixer, process in zip(self.mixers, processes, strict=False):
            mixer.finish(process)
        shutil.rmtree(self.trustees[3].place / "vault")
        line = self.holder.take("aikyn-mix trustee")
        processes = [trustee.begin(line) for trustee in self.trustees[:3]]
        for trustee, process in zip(self.trustees, processes, strict=False):
            trustee.finish(process)
        self.act("tally")
        self.sign_and_send()

    def await_phase(self, phase: str) -> None:
        wait(lambda: Board(self.url).health().get("phase") == phase)


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.process
@pytest.mark.slow
def test_an_election_is_held_by_the_guides(tmp_path: Path) -> None:
    with ExitStack() as stack:
        play = Play(tmp_path, stack)
        play.prepare()
        play.serve()
        play.learn()
        play.sign_and_send()
        play.make_key()
        play.open()
        play.vote()
        play.watch()
        play.lose_board()
        play.close()
        play.count()
        said = play.desk.run(play.commission.take("aikyn-verify election"))
        play.mirror.run(play.operator.take("aikyn-board mirror"))
    assert "ACCEPTED" in said
    tally = read_docket(play.village)[-1].request.content
    assert isinstance(tally, Tally)
    assert [votes.count for votes in tally.contests[0].votes] == [2, 3, 0]
    assert [guide.left for guide in (play.commission, play.holder, play.operator, play.guide)] == [[]] * 4
