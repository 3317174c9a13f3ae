"""A plan from tables, and a folder of an election on paper alone: from nothing to what its commissions sign."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from bulletin.http.server import read_plan
from bulletin.log.database import open_witness
from bulletin.office import steps
from bulletin.office.docket import read_docket
from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.plans.planning import make_plan
from bulletin.office.plans.ready import ready_plan
from bulletin.office.signatory import OpenRequest
from bulletin.operate.commands import main
from bulletin.settings import load_key
from bulletin.witness.app import create_app
from bulletin.witness.witness import Witness
from tests.support import village
from tests.support.dockets import run, told
from tests.support.serving import running, serving
from tests.support.village import NOW, ORIGIN, ROLES, UNITS
from verifier.desk.report.language import LANGUAGES
from verifier.election.manifest import Manifest
from verifier.log.note import COSIGNATURE, ED25519
from verifier.log.policy import decode
from verifier.paper.plan import CODEC, Plan
from verifier.records import Blob

CANDIDATES = """\
contest;id;name_ky;name_ru;name_en
president;anar;Анар;Анар;Anar
president;bolot;Болот;Болот;Bolot
"""


def plan(place: Path, *words: object, units: str = UNITS, language: str = "en") -> Result:
    (place / "units.csv").write_text(units, encoding="utf-8")
    (place / "names.csv").write_text(CANDIDATES, encoding="utf-8")
    given = ["--units", place / "units.csv", "--candidates", place / "names.csv", "--out", place / "plan.json"]
    line = ["plan", "president-2017", *given, "--lang", language, *words]
    return CliRunner().invoke(main, [str(word) for word in line])


def test_a_ready_plan_with_units_and_candidates_of_its_own(tmp_path: Path) -> None:
    done = plan(tmp_path)
    assert done.exit_code == 0, done.output
    made = CODEC.decode(read_plan(tmp_path / "plan.json"))
    assert [(unit.id, unit.above, unit.behind) for unit in made.units[1:]] == [
        ("tec-1", "central", 0),
        ("precinct-1", "tec-1", 0),
        ("p-abroad", "tec-1", 10_800),
    ]
    assert {unit.contests for unit in made.units} == {("president",)}
    assert [option.id for option in made.contests[0].options] == ["anar", "bolot", "against"]
    assert "It has 4 commissions" in done.output


MISTAKES = {
    "doubled-id": (lambda: UNITS + "tec-1;precinct;central;;9;7;;;;А;Б;C\n", "line 6"),
    "unit-above": (lambda: UNITS.replace(";tec-1;pres", ";tec-9;pres"), "line 4: no line above has the id “tec-9”"),
    "unit-contest": (lambda: UNITS.replace(";president;", ";judge;"), "line 3: the plan has no contest “judge”"),
    "no-number": (lambda: UNITS.replace(";;10800;", ";;-1;"), "line 5: behind is “-1”"),
    "small-unit": (
        lambda: UNITS.replace(";9;7;;;;УШК", ";4;3;;;;УШК"),
        "line 4: precinct-1 has 4 members, and its form meeting takes 5 signatures",
    ),
    "impossible": (lambda: UNITS.replace(";9;7;;;;УШК", ";7;9;;;;УШК"), "The plan cannot be"),
    "under nobody": (lambda: UNITS.replace("central;central;;", "central;precinct;;"), "The plan cannot be"),
}


@pytest.mark.parametrize(("make", "said"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_table_that_cannot_be(tmp_path: Path, make: Callable[[], str], said: str) -> None:
    told = {language: plan(tmp_path, units=make(), language=language) for language in LANGUAGES}
    assert {each.exit_code for each in told.values()} == {1}
    assert said in told["en"].output
    assert len({each.output for each in told.values()}) == len(LANGUAGES)
    assert not (tmp_path / "plan.json").exists()


SMALL = UNITS.replace(";9;7;", ";3;2;")


def test_fewer_signatures_for_small_commissions(tmp_path: Path) -> None:
    told = [plan(tmp_path, "--least", "3", "--least", "protocol=2", units=SMALL, language=one) for one in LANGUAGES]
    assert [each.exit_code for each in told] == [0, 0, 0], told[0].output
    assert all(" protocol 2 (5)" in each.output and "protocol-cec 3 (7)" in each.output for each in told)
    assert len({each.output for each in told}) == len(LANGUAGES)
    made = CODEC.decode((tmp_path / "plan.json").read_bytes())
    ready = {form.id: form.least for form in ready_plan("president-2017").forms}
    assert {form.id: form.least for form in made.forms} == {id: min(n, 3) for id, n in ready.items()} | {"protocol": 2}
    assert replace(made, forms=()) == replace(make_plan_of(tmp_path), forms=())


def make_plan_of(place: Path) -> Plan:
    return make_plan("president-2017", place / "units.csv", place / "names.csv", Mistakes())


@pytest.mark.parametrize("least", ["0", "-1", "protocol=", "protocol=2.5", "many", "9999", "٣"])
def test_a_number_of_signatures_that_is_none(tmp_path: Path, least: str) -> None:
    done = plan(tmp_path, "--least", least)
    assert (done.exit_code, "--least is" in done.output or "write a number from 1 on" in done.output) == (2, True)


def test_fewer_signatures_of_a_form_that_there_is_not(tmp_path: Path) -> None:
    told = {plan(tmp_path, "--least", "protocole=2", units=SMALL, language=one).output for one in LANGUAGES}
    assert len(told) == len(LANGUAGES)
    assert all("protocole. " in each and "protocol-cec" in each for each in told)
    assert not (tmp_path / "plan.json").exists()


def test_a_plan_that_there_is_not(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["plan", "mayor-1999", "--out", str(tmp_path / "p"), "--lang", "en"])
    assert (done.exit_code, "village-2023, president-2017" in done.output) == (1, True)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return village.on_paper(tmp_path)


def test_an_election_on_paper_alone_is_prepared(folder: Folder) -> None:
    work, stages = steps.prepare(folder, NOW, {9: steps.request})
    assert {stage.number: [each.tell("en") for each in stage.mistakes] for stage in stages if stage.mistakes} == {}
    assert {stage.number: stage.state for stage in stages} == dict.fromkeys(range(1, 10), "green") | {7: "open"}
    data = (folder.path / "plan.json").read_bytes()
    manifest = work.manifest
    assert isinstance(manifest, Manifest)
    assert (manifest.paper, manifest.on_paper, manifest.styles) == (Blob.of(data), True, ())
    settings = tomllib.loads((folder.made("board") / "board.toml").read_text())
    assert settings["plan"] == "plan.json"
    assert (folder.made("board") / "plan.json").read_bytes() == data
    assert (folder.docket / "blobs" / hashlib.sha256(data).hexdigest()).read_bytes() == data
    first = OpenRequest.read(read_docket(folder)[0].path)
    assert first.known.plan == CODEC.decode(data)
    assert any("plan of the commissions' papers" in line for line in first.tell("en"))


WRONG: dict[str, tuple[Callable[[Folder], object], str]] = {
    "no file": (lambda folder: (folder.path / "plan.json").unlink(), "no-plan"),
    "another byte": (
        lambda folder: (folder.path / "plan.json").write_bytes((folder.path / "plan.json").read_bytes() + b"\n"),
        "no-plan",
    ),
    "another quorum": (
        lambda folder: folder.table("commissions").write_text(
            folder.table("commissions").read_text(encoding="utf-8").replace("central;2", "central;3"), encoding="utf-8"
        ),
        "plan",
    ),
    "nothing is elected": (
        lambda folder: folder.election.write_text(
            folder.election.read_text(encoding="utf-8").replace('plan = "plan.json"\n', ""), encoding="utf-8"
        ),
        "no-contest",
    ),
}


@pytest.mark.parametrize(("spoil", "kind"), WRONG.values(), ids=list(WRONG))
def test_a_plan_that_does_not_fit(folder: Folder, spoil: Callable[[Folder], object], kind: str) -> None:
    spoil(folder)
    work, stages = steps.prepare(folder, NOW)
    found = [mistake for stage in stages for mistake in stage.mistakes]
    assert kind in {mistake.kind for mistake in found}
    assert len({found[0].tell(language) for language in LANGUAGES}) == len(LANGUAGES)
    assert work.manifest is None
    assert not folder.made("manifest.json").exists()


def test_the_manifest_names_the_central_commission_alone(folder: Folder) -> None:
    """Units that only the plan has are seated by the same table, and their rosters come later."""
    table = folder.table("commissions")
    table.write_text("".join(table.read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    work, stages = steps.prepare(folder, NOW, {9: steps.request})
    assert {stage.number: [each.tell("en") for each in stage.mistakes] for stage in stages if stage.mistakes} == {}
    assert work.manifest is not None
    assert [each.id for each in work.manifest.commissions] == ["central"]
    assert folder.made("rosters/tec-1.json").exists()
    members = folder.table("members")
    members.write_text(members.read_text(encoding="utf-8").replace("tec-1;", "tec-9;"), encoding="utf-8")
    _, stages = steps.prepare(folder, NOW)
    assert "unknown-commission" in {mistake.kind for stage in stages for mistake in stage.mistakes}


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_from_an_empty_board_to_a_precincts_act(folder: Folder, tmp_path: Path) -> None:
    """Everybody is seated from above to below, and then the precinct files its first paper."""
    with begun(folder, tmp_path) as office:
        office.sign()
        assert "Everything is sent" in office.post()
        assert "no commission of this election: central" in office.act("roster", "p-9", code=1)
        for unit in ("tec-1", "precinct-1"):
            said = office.act("roster")
            assert f"({unit})" in said
            office.sign()
            assert "Everything is sent" in office.post()
        assert "has one too" in office.act("roster", code=1)
        written = office.act("paper", "--unit", "precinct-1", "--form", "act-unused", "--template")
        draft = Path(written.removeprefix("Written: ").partition(". Fill it in")[0])
        text = draft.read_text(encoding="utf-8")
        draft.write_text(text.replace('unused = ""', "unused = 12").replace('spoiled = ""', "spoiled = 0"), "utf-8")
        assert ": 12" in office.act("paper", draft)
        office.sign()
        assert "Everything is sent" in office.post()


class Beginning(NamedTuple):
    """A desk whose members have test certificates, and its board."""

    folder: Folder
    operator: Path
    url: str

    def act(self, *words: object, code: int = 0) -> str:
        return told(run("act", self.folder.path, *words, "--lang", "en", "--board", self.url), code)

    def post(self) -> str:
        return told(run("act", self.folder.path, "post", "--lang", "en", "--board", self.url, "--key", self.operator))

    def sign(self) -> None:
        """Two members sign whatever they are asked to."""
        (self.operator.parent / "password").write_text("test")
        for filed in read_docket(self.folder):
            for member in filed.request.members[:2]:
                words = ("--key", self.folder.tests / f"{member.id}.p12", "--password-file")
                told(run("sign", filed.path, *words, self.operator.parent / "password", "--yes", "--lang", "en"))


@contextmanager
def begun(folder: Folder, place: Path) -> Iterator[Beginning]:
    """The folder with the cards of a real board, which waits for its manifest; requests stand in the docket."""
    home, operator = place / "board", place / "operator.key"
    for file in folder.card("").parent.iterdir():
        file.unlink()
    told(run("init", home, "--origin", ORIGIN, "--card", folder.card("log")))
    told(run("operator-key", operator, "--card", folder.card("operator")))
    told(run("witness-key", place / "w", "--name", "witness-1.example", "--card", folder.card("witness-1")))
    rows = folder.table("holders").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [row for row in rows if not row.startswith(("mirror", "witness;witness-2", "witness;witness-3"))]
    folder.table("holders").write_text("".join(kept), encoding="utf-8")
    text = folder.election.read_text(encoding="utf-8")
    folder.election.write_text(text.replace("witnesses = 2", "witnesses = 1"), encoding="utf-8")
    table = folder.table("commissions")
    table.write_text("".join(table.read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    seats = [(unit, n, role) for unit in ("central", "tec-1", "precinct-1") for n, role in enumerate(ROLES, 1)]
    lines = [f"{unit};{unit}-{n};{role};Асан;test" for unit, n, role in seats]
    folder.table("members").write_text("\n".join(["commission;id;role;name;certificate", *lines, ""]), encoding="utf-8")
    _, stages = steps.prepare(folder, steps.clock(), {9: steps.request})
    assert {stage.number for stage in stages if stage.state != "green"} == {7}
    log, witness = load_key(home / "log.key", ED25519)[0], load_key(place / "w" / "witness.key", COSIGNATURE)
    memory, clock = open_witness(place / "witness.db"), lambda: int(steps.clock().timestamp())
    asked = Witness(*witness, {log.name: [log]}, memory, place / "evidence", clock)
    settings = folder.made("board")
    with serving(create_app(asked)) as address:
        trust = (settings / "policy").read_text().replace("https://witness1.example", address)
        roots = str(settings / "roots.pem")
        with running(home, decode(trust.encode()), plan=str(settings / "plan.json"), roots=roots) as board:
            yield Beginning(folder, operator, board.client.url)
