"""The paper flow over real HTTP: a board, three witnesses with a clock of their own, all faults, one audit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bulletin.office.nation.clockwork import BLIND, read_clock, set_clock
from bulletin.office.nation.faults.table import BESIDE, FAULTS
from bulletin.office.nation.rehearsing import VILLAGE, choose
from bulletin.office.nation.terminal import ASIDE
from bulletin.operate.commands import main as board
from bulletin.witness.witness import Declined
from verifier.desk.commands.main import main as verify

HERE = [fault for fault in FAULTS if fault.name not in BESIDE]


@pytest.mark.process
@pytest.mark.slow
def test_all_faults_are_found_on_a_real_board(tmp_path: Path) -> None:
    place = tmp_path / "out"
    line = ["rehearse", "president-2017", "--precincts", "24", "--seed", "3", "--faults", "all", "--out", str(place)]
    done = CliRunner().invoke(board, line)
    assert done.exit_code == 0, done.output
    assert done.output.count(" expected = found\n") == len(FAULTS)
    assert "voter-not-overridden: done beside it, as this plan lacks a line of e-voters" in done.output
    here, _, beside = done.output.partition(f"{ASIDE}\n")
    verdict, told = here.splitlines()[-2:]
    assert verdict == beside.splitlines()[-2] == "accepted with findings; nothing else was found"
    assert [row["name"] for row in json.loads((place / VILLAGE / "faults.json").read_text())] == list(BESIDE)
    rows = json.loads((place / "faults.json").read_text())
    assert [row["number"] for row in rows] == [fault.number for fault in HERE]
    assert {each["id"] for row in rows[:-1] for each in row["expected"]} >= {"PRT.28", "DUT.12", "PRT.19"}
    assert rows[-1]["expected"] == [shown := rows[-1]["expected"][0]]
    assert shown["shown"] in (place / "pages/current" / shown["file"]).read_text().split("\n")[shown["line"] - 1]
    sheet = place / "trust.txt"
    audited = CliRunner().invoke(verify, ["election", str(place / "board/archive"), "--trust", str(sheet)])
    assert audited.exit_code == 0, audited.output
    made = CliRunner().invoke(board, told.removeprefix("pages of it: aikyn-board ").split())
    assert made.exit_code == 0, made.output
    page = (place / "pages/current/en/timetable.html").read_text()
    assert "This log has no witnesses." not in page
    assert "could not be shown in time: 1 of 24" in page, "whom the blind witnesses did not see"


@pytest.mark.process
@pytest.mark.slow
def test_a_protocol_that_is_not_the_tally_is_found(tmp_path: Path) -> None:
    """The votes are cast, mixed, decrypted and counted on the log; the unit signs others."""
    place = tmp_path / "out"
    line = ["rehearse", "village-2023", "--seed", "2", "--precincts", "5", "--out", str(place)]
    done = CliRunner().invoke(board, [*line, *(word for name in BESIDE for word in ("--faults", name))])
    assert done.exit_code == 0, done.output
    assert not (place / VILLAGE).exists()
    protocol, voter = json.loads((place / "faults.json").read_text())
    assert (protocol["number"], voter["number"]) == (45, 46)
    told = ["election", str(place / "board/archive"), "--trust", str(place / "trust.txt"), "--json"]
    audited = json.loads(CliRunner().invoke(verify, told).output)
    assert (audited["verdict"], audited["phase"]) == ("accepted with findings", "certified")
    [tally] = audited["results"]
    assert (tally["counted"], sum(tally["votes"].values())) == (5, 5)
    false = {each["where"]["key"]: each["detail"]["values"] for each in audited["findings"] if each["id"] == "PRT.22"}
    assert false.keys() == {each["where"]["key"] for each in protocol["expected"]}
    assert all(tally["votes"][option] == due for option, (_, due) in false.items())
    assert sorted(signed - due for signed, due in false.values()) == [-1, 1]
    assert [(each["id"], each["where"]["key"]) for each in voter["expected"]] == [("PRT.23", "e-on-paper")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["president-1817"], "No such file"),
        (["president-2017", "--faults", "treason"], "there is no fault treason"),
    ],
)
def test_what_cannot_be_played_is_said(tmp_path: Path, line: list[str], said: str) -> None:
    done = CliRunner().invoke(board, ["rehearse", *line, "--out", str(tmp_path / "out")])
    assert (done.exit_code, said in done.output) == (2, True), done.output


def test_no_folder_is_emptied_that_is_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("kept")
    done = CliRunner().invoke(board, ["rehearse", "president-2017", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "something else than a rehearsal" in done.output
    assert (tmp_path / "letter.txt").read_text() == "kept"


def test_faults_are_chosen_by_name() -> None:
    assert choose(()) == choose(["all"]) == list(FAULTS)
    assert choose(["none"]) == []
    assert [fault.number for fault in choose(["offline", "lost-votes"])] == [32, 2]


def test_a_blind_witness_cosigns_nothing(tmp_path: Path) -> None:
    clock = read_clock(tmp_path / "clock")
    set_clock(tmp_path / "clock", 1_508_076_000)
    assert clock() == 1_508_076_000
    set_clock(tmp_path / "clock", BLIND)
    with pytest.raises(Declined, match="sees nothing"):
        clock()
