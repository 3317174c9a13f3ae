"""Nine steps from a commission's folder to what is signed."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bulletin.office import steps
from bulletin.office.folder import TABLES, Folder
from bulletin.settings import load
from tests.support.village import NOW, build, hands
from verifier.audit import trust
from verifier.desk.report.language import LANGUAGES
from verifier.election.manifest import Manifest, check_manifest
from verifier.log import policy
from verifier.place import NOWHERE
from verifier.records import Codec, encode

READY = [1, 2, 3, 4, 5, 6, 8]


def prepared(folder: Folder) -> Manifest:
    desk, stages = steps.prepare(folder, NOW)
    assert [(stage.number, *stage.mistakes) for stage in stages if stage.mistakes] == []
    assert [stage.number for stage in stages if stage.state == "green"] == READY
    assert desk.manifest is not None
    return desk.manifest


def test_a_good_folder_gives_a_manifest_that_boards_take(tmp_path: Path) -> None:
    folder = build(tmp_path)
    manifest = prepared(folder)
    check_manifest(manifest, NOWHERE)
    assert Codec(Manifest).decode(folder.made("manifest.json").read_bytes()) == manifest
    assert (manifest.title.en, manifest.threshold, len(manifest.trustees)) == ("Village council", 3, 5)
    assert manifest.policy == folder.made("policy.txt").read_text()


def test_running_again_gives_the_same_manifest(tmp_path: Path) -> None:
    assert prepared(build(tmp_path)) == prepared(Folder(tmp_path))


def test_the_sheet_is_the_manifest_s(tmp_path: Path) -> None:
    folder = build(tmp_path)
    manifest = prepared(folder)
    sheet = trust.decode(folder.made("trust.txt").read_bytes())
    assert sheet.manifest == hashlib.sha256(encode(manifest)).digest()
    assert [root.der for root in sheet.roots] == [hands().root]
    assert sheet.witnesses is not None
    assert policy.rule(sheet.witnesses) == policy.rule(policy.decode(manifest.policy.encode()))
    assert sheet.log_keys[0].public == manifest.log_key


def test_the_board_s_files_are_filled_in(tmp_path: Path) -> None:
    folder = build(tmp_path)
    folder.election.write_text(
        folder.election.read_text().replace('server = "board.example"', 'server = "b.kg.example"')
    )
    manifest = prepared(folder)
    place = folder.made("board")
    settings = load(place / "board.toml", {}, {})
    assert settings.manifest == hashlib.sha256(encode(manifest)).hexdigest()
    assert (settings.address, settings.mirrors) == ("https://b.kg.example", ("https://mirror.example",))
    asked = policy.decode((place / "policy").read_bytes())
    assert [party.url for party in asked.witnesses.values()] == [f"https://witness{n}.example" for n in (1, 2, 3)]
    nginx = (place / "nginx.conf").read_text()
    assert "server_name b.kg.example;" in nginx
    assert "board.example" not in nginx
    assert (place / "aikyn-board.service").exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_however_tables_are_saved_the_manifest_is_the_same(tmp_path: Path, encoding: str, delimiter: str) -> None:
    folder = build(tmp_path)
    for name in TABLES:  # Windows-1251 has no letters of Kyrgyz
        text = folder.table(name).read_text(encoding="utf-8").replace("ө", "о").replace("Ү", "У").replace("ү", "у")
        folder.table(name).write_text(text, encoding="utf-8")
    first = prepared(folder)
    for name in TABLES:
        text = folder.table(name).read_text(encoding="utf-8").replace(";", delimiter).replace("\n", "\r\n")
        folder.table(name).write_bytes(text.encode(encoding))
    assert prepared(folder) == first


def test_a_test_certificate_marks_the_whole_election(tmp_path: Path) -> None:
    folder = build(tmp_path)
    members = folder.table("members")
    members.write_text(members.read_text().replace("central-1.cer", "test"))
    desk, stages = steps.prepare(folder, NOW)
    assert [stage.number for stage in stages if stage.state == "green"] == READY
    assert [(each.kind, each.line) for stage in stages for each in stage.mistakes] == [("test-certificate", 2)]
    assert desk.manifest is not None
    assert [desk.manifest.title.ky[:7], desk.manifest.title.ru[:7], desk.manifest.title.en[:6]] == [
        "СЫНОО: ",
        "ПРОБА: ",
        "TEST: ",
    ]
    sheet = trust.decode(folder.made("trust.txt").read_bytes())
    assert "TEST" in sheet.roots[-1].subject
    assert (folder.tests / "central-1.p12").exists()
    again, _ = steps.prepare(folder, NOW)
    assert again.manifest == desk.manifest


def test_a_card_that_has_not_come_is_waited_for(tmp_path: Path) -> None:
    folder = build(tmp_path)
    folder.card("mixer-2").unlink()
    _, stages = steps.prepare(folder, NOW)
    assert [(stage.number, stage.state) for stage in stages if stage.state != "open"] == [
        (1, "green"),
        (2, "green"),
        (3, "green"),
        (4, "waiting"),
    ]
    assert [(each.kind, each.file, each.line) for each in stages[3].mistakes] == [("no-card", "holders.csv", 8)]


def test_a_register_can_come_later(tmp_path: Path) -> None:
    folder = build(tmp_path)
    folder.table("register").unlink()
    _, stages = steps.prepare(folder, NOW)
    assert [stage.number for stage in stages if stage.state == "green"] == READY
    assert [each.kind for each in stages[2].mistakes] == ["no-register"]


def test_dates_are_said_both_ways(tmp_path: Path) -> None:
    desk, stages = steps.prepare(build(tmp_path), NOW)
    assert stages[0].notes(desk, "en") == [
        (
            "the register is signed: by 24.03.2027 inclusive, so before 25.03.2027 00:00:00 (Asia/Bishkek),"
            " 2027-03-24 18:00:00 UTC"
        ),
        "voting is closed: from 09.04.2027 08:00 (Asia/Bishkek), 2027-04-09 02:00:00 UTC, on",
        "voting is closed: before 09.04.2027 20:00 (Asia/Bishkek), 2027-04-09 14:00:00 UTC",
    ]
    for language in LANGUAGES:
        assert all(stage.notes(desk, language) for stage in (stages[0], stages[4]))
        assert len({stage.name(language) for stage in stages}) == 9


def test_what_is_asked_to_be_signed_is_not_composed_anew(tmp_path: Path) -> None:
    folder = build(tmp_path)
    manifest = prepared(folder)
    folder.docket.mkdir()
    record = encode(manifest).decode().replace("\\", "\\\\").replace('"', '\\"')
    (folder.docket / "01-manifest.request").write_text(f'{{"record":"{record}"}}')
    folder.made("manifest.json").unlink()
    assert prepared(folder) == manifest
    before = folder.made("manifest.json").read_bytes()
    folder.election.write_text(folder.election.read_text().replace("minimum = 2", "minimum = 3"))
    _, stages = steps.prepare(folder, NOW)
    assert [(each.kind, each.values) for each in stages[4].mistakes] == [("settled", {"fields": "minimum"})]
    assert folder.made("manifest.json").read_bytes() == before
