"""The voters' app in the steps: laid out with the sheet, asked for with the manifest, on paper (specs/desk.md §3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulletin.http import assets
from bulletin.office import served, steps
from bulletin.office.docket import read_docket
from bulletin.office.folder import Folder
from tests.support.needs import lacking
from tests.support.village import NOW, build, name_app, on_paper
from verifier.audit import trust
from verifier.desk.report.language import LANGUAGES
from verifier.election.assets import FIRST, Assets
from verifier.records import Blob

OTHER = "5a" * 32


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    if not assets.BUILT.is_dir():
        lacking("run `make .venv/web` first: the voter's app is not built")
    return build(tmp_path)


def asked(folder: Folder) -> list[steps.Stage]:
    """Take the nine steps, the last one on somebody's yes."""
    return steps.prepare(folder, NOW, {9: steps.request})[1]


def kinds(stage: steps.Stage) -> list[str]:
    assert all(len({each.tell(language) for language in LANGUAGES}) == 3 for each in stage.mistakes)
    return [each.kind for each in stage.mistakes]


def test_the_central_commission_is_asked_for_what_is_laid_out(folder: Folder) -> None:
    name_app(folder, check="check.example", practice="practice.example")
    stages = asked(folder)
    assert [kinds(stage) for stage in stages] == [[]] * 9
    app = folder.made("app")
    assert (app / "trust.txt").read_bytes() == folder.made("trust.txt").read_bytes()
    assert (app / "manifest.json").read_bytes() == folder.made("manifest.json").read_bytes()
    said = '{"board":"https://board.example","check":"https://check.example","mirrors":["https://mirror.example"]'
    assert (app / "site.json").read_text() == f'{said},"practice":"https://practice.example"}}'
    filed = read_docket(folder)[-1]
    record = filed.request.content
    assert isinstance(record, Assets)
    assert (filed.path.name, filed.request.commission, record.replaces) == ("04-assets.request", "central", FIRST)
    held = {f"/{path.relative_to(app).as_posix()}": path.read_bytes() for path in app.rglob("*") if path.is_file()}
    assert {file.path: file.blob for file in record.files} == {path: Blob.of(data) for path, data in held.items()}
    assert all(filed.blob(Blob.of(data).sha256) == data for data in held.values())
    assert record.app.hex() == served.built_digest()
    assert "server_name vote.example" in folder.made("board/nginx-app.conf").read_text()


def test_asked_again_it_is_the_same_and_another_one_is_said(folder: Folder) -> None:
    name_app(folder)
    asked(folder)
    before = {path: path.read_bytes() for path in folder.docket.rglob("*") if path.is_file()}
    assert kinds(asked(folder)[8]) == []
    assert {path: path.read_bytes() for path in folder.docket.rglob("*") if path.is_file()} == before
    text = folder.election.read_text()
    folder.election.write_text(text.replace("\n[numbers]", 'check = "check.example"\n\n[numbers]'))
    stage = asked(folder)[8]
    assert (stage.state, kinds(stage)) == ("green", ["app-differs"])
    assert {path: path.read_bytes() for path in folder.docket.rglob("*") if path.is_file()} == before


def test_the_sheet_names_the_app_and_no_other_is_laid_out(folder: Folder) -> None:
    name_app(folder, app=OTHER)
    work, stages = steps.prepare(folder, NOW)
    assert kinds(stages[7]) == ["other-app"]
    assert not folder.made("app").exists()
    own = served.built_digest()
    folder.election.write_text(folder.election.read_text().replace(OTHER, own))
    work, stages = steps.prepare(folder, NOW)
    assert kinds(stages[7]) == []
    found = trust.decode(folder.made("app/trust.txt").read_bytes()).app
    assert found is not None
    assert found.hex() == own
    assert not any("`app`" in note for note in stages[7].notes(work, "en"))


def test_what_the_sheet_lacks_is_said(folder: Folder) -> None:
    work, stages = steps.prepare(folder, NOW)
    assert any("ask nobody to sign the voters' app" in note for note in stages[8].notes(work, "en"))
    assert read_docket(folder) == []
    asked(folder)
    assert {each.request.kind for each in read_docket(folder)} == {"manifest", "roster"}
    name_app(folder)
    work, stages = steps.prepare(folder, NOW)
    [note] = [note for note in stages[7].notes(work, "en") if "`app`" in note]
    assert served.built_digest() in note
    assert all(len(stages[7].notes(work, language)) == 2 for language in LANGUAGES)


def test_an_app_that_is_not_built_cannot_be_asked_for(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "built_digest", lambda: "")
    stages = asked(name_app(folder))
    assert (kinds(stages[7]), stages[8].state) == (["app-not-built"], "open")
    assert read_docket(folder) == []


def test_where_nobody_votes_electronically_there_is_no_app(tmp_path: Path) -> None:
    folder = name_app(on_paper(tmp_path))
    stages = asked(folder)
    assert [kinds(stage) for stage in stages] == [[]] * 9
    assert not folder.made("app").exists()
    assert not any(each.request.kind == "assets" for each in read_docket(folder))
