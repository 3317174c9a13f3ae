"""`aikyn-board prepare`, as a commission types it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bulletin.office import steps, terminal
from bulletin.office.folder import TABLES, Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.table import TABLES as COLUMNS
from bulletin.office.table import read
from bulletin.operate.commands import main
from tests.support.village import NOW, build
from verifier.desk.report.language import LANGUAGES, Language


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["prepare", *map(str, arguments)], catch_exceptions=False)
    return result.exit_code, result.output


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "clock", lambda: NOW)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_folder_gets_what_is_to_be_filled_in(tmp_path: Path, language: Language) -> None:
    status, said = run(tmp_path / "village", "--lang", language)
    folder = Folder(tmp_path / "village")
    assert status == 0
    assert all(name in said for name in ("election.toml", *(f"{name}.csv" for name in TABLES)))
    for name in TABLES:
        found = Mistakes()
        assert read(folder.table(name), name, found) == []
        assert [mistake.kind for mistake in found] == ["no-rows"]
        heading, *remarks = folder.table(name).read_text("utf-8-sig").splitlines()
        assert len(heading.split(";")) == len(COLUMNS[name])
        assert all(line.startswith("# ") for line in remarks)
        examples = [line.removeprefix("# ") for line in remarks if ";" in line]
        folder.table(name).write_text("\n".join([heading, *remarks, *examples, ""]), encoding="utf-8")
        found.clear()
        rows = read(folder.table(name), name, found)
        assert ([mistake.tell(language) for mistake in found], len(rows)) == ([], len(examples))
        assert rows[0].line == len(remarks) + 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_to_be_filled_in_is_asked_for_and_nothing_else(tmp_path: Path, language: Language) -> None:
    run(tmp_path, "--lang", language)
    status, said = run(tmp_path, "--json")
    assert status == 1
    first = json.loads(said)[0]
    assert {mistake["kind"] for mistake in first["mistakes"]} == {"empty-field", "missing-translation"}
    assert all(mistake["line"] for mistake in first["mistakes"])


def test_a_good_folder_is_done_as_far_as_it_goes(tmp_path: Path) -> None:
    build(tmp_path)
    status, said = run(tmp_path, "--lang", "en")
    assert status == 0
    assert "1  Election and dates: done" in said
    assert "by 24.03.2027 inclusive, so before 25.03.2027 00:00:00" in said
    assert "overlap 1: two histories can both be cosigned" in said
    assert "9  Requests for signatures: later" in said
    assert not (tmp_path / "docket").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_invitations_ballot_and_sheet_are_printed(tmp_path: Path, language: Language) -> None:
    folder = build(tmp_path)
    assert run(tmp_path, "--lang", language)[0] == 0
    made = [f"ballot-all.{language}.html", f"ballot-all.{language}.pdf", f"trust.{language}.pdf"]
    made += [f"invitations/witness-1.{language}.{form}" for form in ("txt", "pdf")]
    assert all(folder.made(name).stat().st_size > 500 for name in made)
    assert len(list(folder.made("invitations").iterdir())) == 2 * 13
    assert "https://board.example" in folder.made(f"invitations/mirror-1.{language}.txt").read_text()


def test_without_the_press_the_rest_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path)
    monkeypatch.setitem(sys.modules, "typst", None)
    status, said = run(tmp_path, "--lang", "en")
    assert status == 0
    assert said.count("no PDF is made, typst is not installed") == 2
    assert not list(tmp_path.rglob("*.pdf"))
    assert (tmp_path / "made" / "ballot-all.en.html").exists()


def test_asking_writes_the_requests_and_is_remembered_by_them(tmp_path: Path) -> None:
    build(tmp_path)
    assert run(tmp_path, "--ask")[0] == 0
    status, said = run(tmp_path, "--json")
    assert status == 0
    assert json.loads(said)[8]["made"] == [
        "docket/01-manifest.request",
        "docket/02-roster.request",
        "docket/03-roster.request",
    ]


def test_a_mistake_and_its_sentences_are_told_to_programs(tmp_path: Path) -> None:
    folder = build(tmp_path)
    folder.table("candidates").write_text("x\n")
    status, said = run(tmp_path, "--json")
    told = json.loads(said)[1]
    assert (status, told["state"]) == (1, "mistakes")
    assert (told["mistakes"][0]["kind"], told["mistakes"][0]["line"]) == ("no-heading", 1)
    assert set(told["mistakes"][0]["says"]) == set(LANGUAGES)


def test_a_mistake_in_every_line_is_said_for_the_first_ones(tmp_path: Path) -> None:
    folder = build(tmp_path)
    rows = "".join(f"nowhere;x{n};А{n};Б{n};C{n}\n" for n in range(terminal.MOST_OF_A_KIND + 5))
    folder.table("candidates").write_text("contest;id;name_ky;name_ru;name_en\n" + rows, encoding="utf-8")
    _, said = run(tmp_path, "--lang", "en")
    assert said.count("no contest has the id") == terminal.MOST_OF_A_KIND
    assert "and 5 more of this kind" in said


def test_a_folder_that_cannot_be_used_is_another_status(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    status, said = run(tmp_path / "file" / "village")
    assert status == 2
    assert "file" in said
