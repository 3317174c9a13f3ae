"""Step 7: a whole election played on this machine, by commands alone, from the folder of a commission."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from bulletin.http import assets
from bulletin.http.assets import create_app
from bulletin.office import steps
from bulletin.office.docket import read_docket
from bulletin.office.folder import Folder
from bulletin.operate.commands import main as board
from tests.support.needs import lacking
from tests.support.serving import serving
from tests.support.village import build, name_app
from verifier.desk.commands.main import main as verify
from verifier.election.tally import Tally

pytestmark = [pytest.mark.process, pytest.mark.slow]
VOTERS = 5


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, str]:
    """A folder that was rehearsed, and what that told."""
    folder = build(tmp_path_factory.mktemp("rehearsed") / "village", near=datetime.now(UTC))
    if assets.BUILT.is_dir():
        name_app(folder)
    done = CliRunner().invoke(board, ["rehearse", str(folder.path), "--voters", str(VOTERS), "--lang", "en"])
    assert done.exit_code == 0, done.output
    return folder, done.output


def test_it_ends_with_an_accepted_election(village: tuple[Folder, str]) -> None:
    folder, said = village
    assert said.splitlines()[-1].startswith("ACCEPTED")
    tally = read_docket(Folder(folder.path / "rehearsal/desk"))[-1].request.content
    assert isinstance(tally, Tally)
    assert [count.counted for count in tally.contests] == [VOTERS - 1]  # one came to vote on paper


def test_its_copy_is_accepted_with_the_printed_sheet(village: tuple[Folder, str]) -> None:
    folder, _ = village
    desk = folder.path / "rehearsal/desk"
    done = CliRunner().invoke(verify, ["election", str(desk / "board"), "--trust", str(desk / "made/trust.txt")])
    assert done.exit_code == 0, done.output
    assert "rehearsal" in (desk / "made/trust.txt").read_text()
    assert "rehearsal" not in folder.election.read_text()


def test_the_app_of_the_folder_is_the_one_that_was_signed(village: tuple[Folder, str], tmp_path: Path) -> None:
    """Step 9 has asked for it; it is on the log, and the folder that a server gives is the same, byte for byte."""
    if not assets.BUILT.is_dir():
        lacking("run `make .venv/web` first: the voter's app is not built")
    desk = Folder(village[0].path / "rehearsal/desk")
    asked = [each.request for each in read_docket(desk) if each.request.kind == "assets"]
    assert [(each.commission, len(each.members)) for each in asked] == [("central", 3)]
    with serving(create_app(desk.made("app"))) as url:
        line = ["site", url, "--trust", str(desk.made("trust.txt")), "--copy", str(desk.board), "--lang", "en"]
        done = CliRunner().invoke(verify, line)
        assert (done.exit_code, done.stdout.count("SAME: ")) == (0, 1), done.output
        bent = tmp_path / "app"
        shutil.copytree(desk.made("app"), bent)
        (bent / "vote.js").write_bytes((bent / "vote.js").read_bytes() + b";")
    with serving(create_app(bent)) as url:
        done = CliRunner().invoke(verify, [*line[:1], url, *line[2:], "--evidence", str(tmp_path / "evidence.json")])
    assert done.exit_code == 1
    assert f"ART.4 {url}/vote.js" in done.output


def test_another_election_must_be_rehearsed_again(village: tuple[Folder, str], tmp_path: Path) -> None:
    rehearsed, _ = village
    folder = Folder(tmp_path / "village")
    shutil.copytree(rehearsed.path, folder.path, ignore=shutil.ignore_patterns("rehearsal"))

    def judge() -> list[str]:
        _, stages = steps.prepare(folder, datetime.now(UTC))
        return [mistake.kind for mistake in stages[6].mistakes]

    assert judge() == []
    table = folder.table("candidates")
    table.write_text(table.read_text().replace("Бек", "Нур").replace("Bek", "Nur"))
    assert judge() == ["rehearsed-other"]


def test_nothing_of_the_commission_is_touched(village: tuple[Folder, str], tmp_path: Path) -> None:
    folder, _ = village
    fresh = build(tmp_path / "village", near=datetime.now(UTC))
    for name in ("candidates", "commissions", "members", "holders", "register"):
        assert folder.table(name).read_bytes() == fresh.table(name).read_bytes()


def test_an_election_that_cannot_be_read_is_not_rehearsed(tmp_path: Path) -> None:
    folder = build(tmp_path / "village", near=datetime.now(UTC))
    folder.election.write_text("[election]\n")
    done = CliRunner().invoke(board, ["rehearse", str(folder.path), "--lang", "en"])
    assert (done.exit_code, "election.toml" in done.output) == (1, True)
    assert not (folder.path / "rehearsal").exists()
