"""Step 7: a whole election played on this machine, by commands alone, from the folder of a commission."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from bulletin.office import steps
from bulletin.office.docket import read_docket
from bulletin.office.folder import Folder
from bulletin.operate.commands import main as board
from tests.support.village import build
from verifier.desk.commands.main import main as verify
from verifier.election.tally import Tally

pytestmark = [pytest.mark.process, pytest.mark.slow]
VOTERS = 5


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, str]:
    """A folder that was rehearsed, and what that told."""
    folder = build(tmp_path_factory.mktemp("rehearsed") / "village", near=datetime.now(UTC))
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
