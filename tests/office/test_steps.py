"""Nine steps from a commission's folder to what is signed."""

from __future__ import annotations

import hashlib
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from bulletin.office import steps
from bulletin.office.docket import read_docket
from bulletin.office.folder import TABLES, Folder
from bulletin.office.web.telephone import write_groups
from bulletin.operate.inspection import inspect
from bulletin.settings import load, make_key
from tests.support.village import NOW, ORIGIN, build, hands
from verifier.audit import trust
from verifier.client.card import Card
from verifier.desk.report.language import LANGUAGES
from verifier.election.manifest import Manifest, check_manifest
from verifier.log import policy
from verifier.log.note import ED25519, encode_key
from verifier.log.tree import hash_leaf
from verifier.place import NOWHERE
from verifier.records import Codec, encode

READY = [1, 2, 3, 4, 5, 6, 8]


def prepared(folder: Folder) -> Manifest:
    work, stages = steps.prepare(folder, NOW)
    assert [(stage.number, *stage.mistakes) for stage in stages if stage.mistakes] == []
    assert [stage.number for stage in stages if stage.state == "green"] == READY
    assert work.manifest is not None
    return work.manifest


def test_a_good_folder_gives_a_manifest_that_boards_take(tmp_path: Path) -> None:
    folder = build(tmp_path)
    manifest = prepared(folder)
    check_manifest(manifest, NOWHERE)
    assert Codec(Manifest).decode(folder.made("manifest.json").read_bytes()) == manifest
    assert (manifest.title.en, manifest.threshold, len(manifest.trustees)) == ("Village council", 3, 5)
    assert manifest.policy == folder.made("policy.txt").read_text()


def test_dates_that_have_passed_are_no_mistakes_once_they_stand(tmp_path: Path) -> None:
    folder = build(tmp_path)
    late = NOW + timedelta(days=200)
    _, early = steps.prepare(folder, NOW, {9: steps.request})
    _, stages = steps.prepare(folder, late, {9: steps.request})
    assert {stage.state for stage in stages if stage.number != 7} == {"green"}
    assert [stage.state for stage in stages] == [stage.state for stage in early]
    shutil.rmtree(folder.docket)
    _, stages = steps.prepare(folder, late)
    assert {mistake.kind for mistake in stages[0].mistakes} == {"past-date"}


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


@pytest.mark.process
def test_check_config_finds_nothing_wrong_with_the_board_s_files(tmp_path: Path) -> None:
    folder = build(tmp_path)
    key = make_key(tmp_path / "log.key", ORIGIN, ED25519)
    folder.card("log").write_bytes(Card("log", encode_key(key)).encode())
    prepared(folder)
    place = folder.made("board")
    shutil.copy(tmp_path / "log.key", place)
    assert [str(each) for each in inspect(place, {"AIKYN_PORT": "0"})] == []


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
    work, stages = steps.prepare(folder, NOW)
    assert [stage.number for stage in stages if stage.state == "green"] == READY
    assert [(each.kind, each.line) for stage in stages for each in stage.mistakes] == [("test-certificate", 2)]
    assert work.manifest is not None
    assert [work.manifest.title.ky[:7], work.manifest.title.ru[:7], work.manifest.title.en[:6]] == [
        "СЫНОО: ",
        "ПРОБА: ",
        "TEST: ",
    ]
    sheet = trust.decode(folder.made("trust.txt").read_bytes())
    assert "TEST" in sheet.roots[-1].subject
    assert (folder.tests / "central-1.p12").exists()
    again, _ = steps.prepare(folder, NOW)
    assert again.manifest == work.manifest


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


def test_invitations_are_for_those_whose_cards_have_not_come(tmp_path: Path) -> None:
    folder = build(tmp_path)
    folder.card("mixer-2").unlink()
    invited: list[str] = []
    steps.prepare(folder, NOW, {4: lambda work, _found: invited.extend(row["id"] for row in work.invited)})
    assert len(invited) == 14
    holders = folder.table("holders")
    holders.write_text(holders.read_text().replace("operator;operator", "trustee;operator"))
    _, stages = steps.prepare(folder, NOW, {4: lambda _work, _found: invited.clear()})
    assert stages[3].state == "mistakes"
    assert len(invited) == 14


def test_a_register_can_come_later(tmp_path: Path) -> None:
    folder = build(tmp_path)
    folder.table("register").unlink()
    _, stages = steps.prepare(folder, NOW)
    assert [stage.number for stage in stages if stage.state == "green"] == READY
    assert [each.kind for each in stages[2].mistakes] == ["no-register"]


def test_dates_are_said_both_ways(tmp_path: Path) -> None:
    work, stages = steps.prepare(build(tmp_path), NOW)
    assert stages[0].notes(work, "en") == [
        (
            "the register is signed: by 24.03.2027 inclusive, so before 25.03.2027 00:00:00 (Asia/Bishkek),"
            " 2027-03-24 18:00:00 UTC"
        ),
        "voting is closed: from 09.04.2027 08:00 (Asia/Bishkek), 2027-04-09 02:00:00 UTC, on",
        "voting is closed: before 09.04.2027 20:00 (Asia/Bishkek), 2027-04-09 14:00:00 UTC",
    ]
    assert work.manifest is not None
    assert [(limit.id, limit.bound, limit.instant, limit.inclusive) for limit in work.manifest.timetable] == [
        ("register-by", "by", 1_805_911_200, True),
        ("open", "from", 1_807_236_000, False),
        ("close", "by", 1_807_279_200, False),
    ]
    for language in LANGUAGES:
        assert all(stage.notes(work, language) for stage in (stages[0], stages[4]))
        assert len({stage.name(language) for stage in stages}) == 9


def test_keys_that_nobody_compared_and_a_sheet_without_the_programme_are_told(tmp_path: Path) -> None:
    folder = build(tmp_path)
    work, stages = steps.prepare(folder, NOW)
    [told] = stages[3].notes(work, "en")
    assert told.startswith("Not compared by telephone (12): trustee-2, trustee-3")
    assert "mirror-1" not in told
    [sheet] = stages[7].notes(work, "en")
    assert "has no line `verifier`" in sheet
    cards = {id: card.groups for id, card in hands().cards.items()}
    folder.table("holders").write_bytes(write_groups(folder.table("holders"), cards) or b"")
    text = folder.election.read_text()
    folder.election.write_text(text.replace("\n[numbers]", f'verifier = "{"5a" * 32}"\n\n[numbers]'))
    work, stages = steps.prepare(folder, NOW)
    assert stages[3].notes(work, "en") == ["All keys were compared by telephone"]
    assert stages[7].notes(work, "en") == []
    for language in LANGUAGES:
        assert len(stages[3].notes(work, language)) == 1


def test_lines_for_people_are_no_data_and_are_kept(tmp_path: Path) -> None:
    folder = build(tmp_path)
    before, _ = steps.prepare(folder, NOW)
    table = folder.table("holders")
    heading, *rows = table.read_text().splitlines()
    table.write_text("\n".join([heading, "# role; id; whatever", *rows, "#trustee;trustee-9;Асан;;", ""]))
    after, stages = steps.prepare(folder, NOW)
    assert not any(stage.mistakes for stage in stages)
    assert after.manifest == before.manifest
    written = (write_groups(table, {"mixer-1": "x"}) or b"").decode()
    assert "# role; id; whatever" in written.replace('"', "")
    assert "#trustee;trustee-9" in written


def asked(folder: Folder) -> Manifest:
    """Take the nine steps, the last one on somebody's yes."""
    work, stages = steps.prepare(folder, NOW, {9: steps.request})
    assert (stages[8].state, [mistake.kind for mistake in stages[8].mistakes]) == ("green", [])
    assert work.manifest is not None
    return work.manifest


def test_manifest_and_rosters_are_put_to_those_who_sign_them(tmp_path: Path) -> None:
    folder = build(tmp_path)
    manifest = asked(folder)
    docket = read_docket(folder)
    central = tuple(f"central-{number}" for number in (1, 2, 3))
    assert [(filed.path.name, tuple(each.id for each in filed.request.members)) for filed in docket] == [
        ("01-manifest.request", central),
        ("02-roster.request", ()),
        ("03-roster.request", central),
    ]
    assert docket[0].request.content == manifest
    assert hash_leaf(docket[1].request.raw) == manifest.roster


def test_asking_again_asks_the_same(tmp_path: Path) -> None:
    folder = build(tmp_path)
    asked(folder)
    before = {path: path.read_bytes() for path in folder.docket.iterdir()}
    folder.made("manifest.json").unlink()
    asked(folder)
    assert {path: path.read_bytes() for path in folder.docket.iterdir()} == before


def test_what_is_asked_to_be_signed_is_not_composed_anew(tmp_path: Path) -> None:
    folder = build(tmp_path)
    asked(folder)
    before = folder.made("manifest.json").read_bytes()
    folder.election.write_text(folder.election.read_text().replace("minimum = 2", "minimum = 3"))
    _, stages = steps.prepare(folder, NOW)
    assert [(each.kind, each.values) for each in stages[4].mistakes] == [("settled", {"fields": "minimum"})]
    assert folder.made("manifest.json").read_bytes() == before


def test_a_request_that_was_spoilt_is_named(tmp_path: Path) -> None:
    folder = build(tmp_path)
    asked(folder)
    (folder.docket / "01-manifest.request").write_text("{}")
    _, stages = steps.prepare(folder, NOW)
    assert [(each.kind, each.file) for each in stages[4].mistakes] == [("docket", "docket")]
    assert all("Objection" not in stages[4].mistakes[0].tell(language) for language in LANGUAGES)
