"""The guide to the commissions' papers, typed: two precincts, a territory, the centre and an observer go by it."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bulletin.office.folder import Folder
from bulletin.office.people import Authority, Person
from tests.support import village
from tests.support.dockets import PASSWORD, lock
from tests.support.fronts import free_ports
from tests.support.guided import PATIENCE, Guide, Machine, commands
from tests.support.papered import fill
from tests.support.returns import counted
from verifier.client.board import Board
from verifier.commission.roster import Member
from verifier.desk.report.language import LANGUAGES
from verifier.errors import Incomplete

UNITS = {
    "central": "central;",
    "tec-1": "territorial;central",
    "precinct-1": "precinct;tec-1",
    "precinct-2": "precinct;tec-1",
}
OPTIONS = ("anar", "bolot", "cholpon", "against")
WITNESSES = [f"witness-{number}" for number in range(1, 4)]
COUNTED = {"precinct-1": "p-1", "precinct-2": "p-2"}  # whose figures these are in other tests


def test_the_languages_have_the_same_commands() -> None:
    typed = {language: commands(f"papers.{language}") for language in LANGUAGES}
    assert typed["en"]
    assert typed["ky"] == typed["ru"] == typed["en"]


class Play:
    """The people of an election on paper; members and the observer sign at machines of their own."""

    def __init__(self, place: Path, stack: ExitStack) -> None:
        port, *ports = free_ports(1 + len(WITNESSES))
        self.guide, self.ports = Guide("papers.en"), dict(zip(WITNESSES, ports, strict=True))
        self.url = f"http://127.0.0.1:{port}"
        names = {"https://board.example": self.url}

        def machine(id: str, port: int = 0) -> Machine:
            return stack.enter_context(Machine(place / id, names, {"AIKYN_PORT": port}))

        self.desk, self.board, self.member, self.observer = map(
            machine, ("desk", "operator", "member", "observer"), (0, port, 0, 0)
        )
        self.witnesses = {id: machine(id, port) for id, port in self.ports.items()}
        self.village = Folder(self.desk.place / "village")
        self.papers = self.village.path / "papers"
        self.model = village.on_paper(place)

    def plan(self) -> None:
        heads = "id;level;above;contests;members;quorum;electronic;ahead;behind;name_ky;name_ru;name_en"
        rows = [f"{id};{where};;3;2;;;;УШК;УИК;PEC" for id, where in UNITS.items()]
        (self.desk.place / "units.csv").write_text("\n".join([heads, *rows, ""]), encoding="utf-8")
        names = [f"president;{id};{id};{id};{id}" for id in OPTIONS[:3]]
        head = "contest;id;name_ky;name_ru;name_en"
        (self.desk.place / "names.csv").write_text("\n".join([head, *names, ""]), encoding="utf-8")
        assert "protocol 2 (5)" in self.desk.run(f"{self.guide.take('aikyn-board plan')} --lang en")
        self.desk.run(self.guide.take("aikyn-verify plan"), status=2)  # there is no manifest yet

    def write_tables(self) -> None:
        """A central commission, and in members.csv everybody, with test certificates."""
        later = datetime.now(UTC) + timedelta(days=30)
        text = self.model.election.read_text(encoding="utf-8")
        self.village.election.write_text(re.sub(r"2027-\d\d-\d\d", f"{later:%Y-%m-%d}", text), encoding="utf-8")
        for name in ("candidates", "register"):
            self.village.table(name).unlink()
        central = [line for line in village.COMMISSIONS.splitlines(keepends=True) if not line.startswith("precinct-1")]
        self.village.table("commissions").write_text("".join(central), encoding="utf-8")
        seats = [
            f"{unit};{unit}-{number};{role};Асан;test" for unit in UNITS for number, role in enumerate(village.ROLES, 1)
        ]
        head = "commission;id;role;name;certificate"
        self.village.table("members").write_text("\n".join([head, *seats, ""]), encoding="utf-8")
        rows = [
            f"{role};{id};Азамат;{f'http://127.0.0.1:{self.ports[id]}' if id in self.ports else url};"
            for role, id, url in village.HOLDERS
            if role not in {"trustee", "mixer"}
        ]
        self.village.table("holders").write_text(
            "\n".join(["role;id;name;address;groups", *rows, ""]), encoding="utf-8"
        )

    def prepare(self) -> None:
        line = self.guide.take("aikyn-board prepare village")
        self.desk.run(line)
        self.write_tables()
        self.board.run(f"aikyn-board init board --origin {village.ORIGIN} --card log.card")
        self.board.run("aikyn-board operator-key operator.key --card operator.card")
        for id, witness in self.witnesses.items():
            witness.run(f"aikyn-board witness-key witness --name {id}.example --card {id}.card")
        for machine in (self.board, *self.witnesses.values()):
            for card in machine.place.glob("*.card"):
                self.desk.bring(card, f"village/cards/{card.name}")
        self.desk.run(line)
        self.desk.run(self.guide.take("aikyn-board prepare village --ask"))

    def serve(self) -> None:
        self.board.bring(self.village.made("board"), "village/made/board")
        self.board.run("cp village/made/board/* board/")
        self.board.begin("aikyn-board serve board")
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            assert time.monotonic() < deadline, self.board.told
        [log] = re.findall(r"^log (\S+)", self.village.made("trust.txt").read_text(), re.MULTILINE)
        for id, witness in self.witnesses.items():
            witness.begin(f"aikyn-board witness witness --name {id}.example --log {log}")
        self.member.bring(self.village.made("trust.txt"))
        self.observer.bring(self.village.made("trust.txt"), "observer/made/trust.txt")
        self.desk.bring(self.board.place / "operator.key")

    def answers(self) -> bool:
        """Whether the board has begun; it is asked for some seconds."""
        try:
            return "phase" in Board(self.url).health()
        except Incomplete:
            return False

    def learn(self) -> None:
        """The lines that come again and again stand first in the guide."""
        self.signing = self.guide.take("aikyn-board sign")
        self.asking, self.sending = (self.guide.take(f"aikyn-board act village {act}") for act in ("status", "post"))

    def sign_and_send(self, unit: str) -> None:
        for number in (1, 2):
            self.member.bring(self.village.docket)
            self.member.bring(self.village.tests / f"{unit}-{number}.p12", "member.p12")
            self.member.run(self.signing, typed="test\n" + "y\n" * 5)
            for signed in (self.member.place / "docket").glob(f"*.{unit}-{number}.signed"):
                self.desk.bring(signed, f"village/docket/{signed.name}")
        self.desk.run(self.asking)
        self.desk.run(self.sending)

    def seat(self) -> None:
        line = self.guide.take("aikyn-board act village roster")
        for above in ("central", "tec-1"):
            self.desk.run(line)
            self.sign_and_send(above)

    def act(self, act: str) -> str:
        return self.desk.run(f"{self.guide.take(f'aikyn-board act village {act}')} --lang en")

    def figures(self, unit: str) -> dict[str, int]:
        lines, votes = counted(COUNTED[unit])
        return lines | dict(zip(OPTIONS, votes, strict=True))

    def file_papers(self) -> None:
        self.act("paper --unit")
        fill(self.papers / "paper-precinct-1-protocol.toml", self.figures("precinct-1"))
        assert "PAPER: protocol on voting results" in self.act("paper village")
        self.sign_and_send("precinct-1")
        self.act("batch --unit")
        table = self.papers / "batch-protocol.csv"
        heading, *_ = table.read_text(encoding="utf-8").splitlines()
        cells = self.figures("precinct-2")
        cells |= {f"votes:{id}": cells[id] for id in OPTIONS}
        row: dict[str, object] = {"unit": "precinct-2", "contest": "president", **cells}
        table.write_text("\n".join([heading, ";".join(str(row[column]) for column in heading.split(";")), ""]))
        assert "FIGURES ENTERED FROM ABOVE by PEC (tec-1)" in self.act("batch village")
        self.sign_and_send("tec-1")
        assert "The table adds up 2 papers" in self.act("sum tec-1")
        self.sign_and_send("tec-1")
        self.act("sum central")
        self.sign_and_send("central")

    def decide(self) -> None:
        self.act("decision --unit")
        draft = self.papers / "decision.toml"
        fill(draft, {}, what='"uphold"', units='["precinct-1"]', basis='"a drill"')
        assert "DECISION of " in self.act("decision village")
        self.sign_and_send("central")

    def observe(self) -> None:
        """The observer's copy has other figures."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = Authority("Centre").certify("An observer", key)
        lock(Person(Member("kloop", "member", certificate), key), self.observer.place / "observer.p12")
        self.act("accreditation --template")
        (self.papers / "kloop.cer").write_bytes(certificate)
        draft = self.papers / "accreditation.toml"
        fill(draft, {}, id='"kloop"', organisation='"Kloop"', certificate='"kloop.cer"')
        self.act("accreditation village")
        self.sign_and_send("central")
        self.observer.run(self.guide.take("aikyn-board act observer observation --unit"))
        [draft] = (self.observer.place / "observer/papers").glob("*.toml")
        copied = self.figures("precinct-1")
        fill(draft, copied | {"cholpon": copied["cholpon"] + 1, "copy": 1}, stamped="true")
        self.observer.run(self.guide.take("aikyn-board act observer observation observer"))
        self.observer.run(self.guide.take("aikyn-board sign"), typed=f"{PASSWORD}\ny\n")
        self.observer.run(self.guide.take("aikyn-board act observer post"), typed=f"{PASSWORD}\n")

    def conclude(self) -> str:
        assert "RESULT: " in self.act("result")
        self.sign_and_send("central")
        self.desk.run(self.guide.take("aikyn-board results"))
        assert list((self.desk.place / "pages/current").rglob("*.html"))
        return self.desk.run(f"{self.guide.take('aikyn-verify election')} --lang en")


@pytest.mark.process
@pytest.mark.slow
def test_an_election_on_paper_is_held_by_the_guide(tmp_path: Path) -> None:
    with ExitStack() as stack:
        play = Play(tmp_path, stack)
        play.learn()
        play.plan()
        play.prepare()
        play.serve()
        play.sign_and_send("central")
        play.seat()
        play.file_papers()
        play.decide()
        play.observe()
        said = play.conclude()
    assert "ACCEPTED" in said
    assert "PRT.28" in said
    assert play.guide.left == []
