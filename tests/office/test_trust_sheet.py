"""The trust sheet on paper: the very file as code, text and attachment; the check sheet's digits; trials marked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from bulletin.office.people import Authority
from bulletin.office.printed import trust
from bulletin.office.printed.press import draw_code
from bulletin.office.printed.trial import is_trial
from bulletin.office.printed.trust import MOST_CODE, AppAddresses, print_trust_sheet
from bulletin.office.printed.wording import speak
from tests.corpus import boards
from tests.support import copies
from tests.support.needs import lacking
from tests.support.pdf import everything, letters, pages, streams
from tests.support.printed import TITLE, manifest, same
from tests.support.reader import WEB
from verifier.commission.certificate import decode_anchor
from verifier.desk.report.language import LANGUAGES, Language, groups
from verifier.errors import Malformed
from verifier.log import note
from verifier.log.note import COSIGNATURE, ML_DSA_44, Key

if TYPE_CHECKING:
    from collections.abc import Mapping

pytest.importorskip("typst", reason="pages are set by typst, an extra")
pytest.importorskip("segno", reason="codes are drawn by segno, an extra")
SHEET = boards.honest().sheet
READ = """
import decodeQR from 'qr/decode.js';
import { readFileSync } from 'node:fs';
const rows = JSON.parse(readFileSync(0, 'utf8')), side = rows.length;
const data = Uint8Array.from(rows.flatMap((row) => [...row].flatMap((dark) => {
  const light = dark === '1' ? 0 : 255;
  return [light, light, light, 255];
})));
process.stdout.write(decodeQR({ width: side, height: side, data }));
"""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What was last given to be printed."""
    held: dict[str, Any] = {}

    def keep(name: str, language: Language, account: Mapping[str, object], attached: object) -> bytes:
        held.update(account, name=name, language=language, attached=attached)
        return b""

    monkeypatch.setattr(trust, "press", keep)
    return held


def read_code(svg: str) -> str:
    """What the voter's page reads in the code: the path's strokes, blown up to eight pixels a module."""
    if not (WEB / "node_modules/qr").is_dir():
        lacking("run `make .venv/web` first: the page's reader of codes is not installed")
    found = re.search(r'viewBox="0 0 (\d+) \1".* d="(.*?)"', svg)
    assert found
    side, dot = int(found[1]), 8
    dark = [[False] * side for _ in range(side)]
    x = y = 0.0
    for kind, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?:[ ,]?(-?[\d.]+))?", found[2]):
        if kind == "h":
            for column in range(int(first)):
                dark[int(y)][int(x) + column] = True
            x += int(first)
        else:
            x, y = (float(first), float(second)) if kind == "M" else (x + float(first), y + float(second))
    rows = ["".join("01"[module] * dot for module in row) for row in dark for _ in range(dot)]
    command = ["node", "--input-type=module", "-e", READ]
    return subprocess.run(command, cwd=WEB, input=json.dumps(rows), capture_output=True, text=True, check=True).stdout


def witnessed(count: int, kind: int = COSIGNATURE) -> bytes:
    """A sheet with so many witnesses."""
    size = 1312 if kind == ML_DSA_44 else 32
    keys = [Key(f"w{number}.example", kind, bytes([number]) * size) for number in range(1, count + 1)]
    if kind == COSIGNATURE:
        keys = [copies.witness_key(0)._replace(name=key.name, public=_point(number)) for number, key in enumerate(keys)]
    named = [f"w{number}" for number in range(1, count + 1)]
    lines = [f"{name} {note.encode_key(key)}" for name, key in zip(named, keys, strict=True)]
    return copies.sheet(
        boards.honest().records[0],
        [Authority("Centre").der],
        witness=lines,
        group=[f"all-witnesses {count // 2 + 1} {' '.join(named)}"],
    )


def _point(number: int) -> bytes:
    from nacl.signing import SigningKey

    return bytes(SigningKey(sha256(bytes([number])).digest()).verify_key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_lasts_and_can_be_read_aloud(language: Language) -> None:
    pdf = print_trust_sheet(SHEET, manifest(), language)
    held = everything(pdf)
    assert b"pdfaid:part>3<" in held
    assert b"pdfuaid:part>1<" in held
    assert f"/Lang({language})".encode() in held.replace(b"/Lang (", b"/Lang(")
    shown = TITLE.ky if language == "ky" else speak(language)["trust.keys"]
    assert set(shown) <= letters(pdf)
    assert print_trust_sheet(SHEET, manifest(), language) == pdf


def test_the_file_is_attached_byte_for_byte() -> None:
    sheet = SHEET.replace(b"\n", b"\r\n") + b"# \xff\xfe comment of an old editor\r\n"
    pdf = print_trust_sheet(sheet, None, "en")
    assert sheet in list(streams(pdf))
    assert b"trust.txt" in pdf


@pytest.mark.process
def test_the_code_is_the_very_text(told: dict[str, Any]) -> None:
    print_trust_sheet(SHEET, manifest(), "ky")
    assert len(SHEET) <= MOST_CODE
    assert read_code(told["code"]) == SHEET.decode()
    assert told["code_says"] == speak("ky")["trust.code_whole"]
    print_trust_sheet(SHEET + b"#" * (MOST_CODE - len(SHEET)), manifest(), "ky")
    assert told["code_says"] == speak("ky")["trust.code_whole"]


@pytest.mark.process
def test_a_sheet_that_is_too_long_for_a_code_gives_its_digest(told: dict[str, Any]) -> None:
    sheet = SHEET + b"#" * (MOST_CODE + 1 - len(SHEET))
    print_trust_sheet(sheet, manifest(), "ru")
    assert read_code(told["code"]) == f"{sha256(sheet).hexdigest()}  trust.txt\n"
    assert told["code_says"] == speak("ru")["trust.code_digest"]
    assert told["digest"]["groups"] == groups(sha256(sheet).hexdigest())


def test_the_groups_are_those_of_the_check_sheet(told: dict[str, Any]) -> None:
    sheet = SHEET + b"verifier " + b"5a" * 32 + b"\n"
    report = copies.audit(boards.honest().files, sheet)
    print_trust_sheet(sheet, manifest(), "en")
    compared = ("log key", "root", "witness", "verifier", "manifest")
    known = {value for name, value in report.fingerprints.items() if name.startswith(compared)}
    assert {"".join(one["groups"]) for one in told["prints"]} == known
    assert all(len(group) == 4 for one in told["prints"] for group in one["groups"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_app_has_its_address_and_its_digest(told: dict[str, Any], language: Language) -> None:
    w, facts = speak(language), len(list(_told_facts(told, language)))
    assert w["trust.app"] not in {one["name"] for one in told["prints"]}
    app = AppAddresses("https://vote.example", "https://check.example")
    print_trust_sheet(SHEET + b"app " + b"5a" * 32 + b"\n", manifest(), language, app)
    assert told["facts"][facts:] == [(w["trust.vote"], app.vote), (w["trust.check"], app.check)]
    assert [one["groups"] for one in told["prints"] if one["name"] == w["trust.app"]] == [["5a5a"] * 16]


def _told_facts(told: dict[str, Any], language: Language) -> list[tuple[str, str]]:
    """What a sheet without an app tells."""
    print_trust_sheet(SHEET, manifest(), language)
    return list(told["facts"])


def test_the_quorum_is_told_with_what_it_protects_against(told: dict[str, Any]) -> None:
    print_trust_sheet(SHEET, manifest(), "en")
    counts = "A state of the log counts once any 2 of these 3 witnesses have signed it: w1, w2, w3."
    assert told["protects"][0] == counts
    assert told["protects"][-1].endswith("at the least: 1.")
    nested = copies.sheet(b"", [], group=["pair 2 w1 w2", "both 2 pair w3"], quorum=["both"])
    print_trust_sheet(nested, None, "en")
    assert "pair: at least 2 of 2 (w1, w2)." in told["protects"]
    assert "A state of the log counts once “both” have signed it." in told["protects"]
    print_trust_sheet(copies.sheet(b"", [], group=["half 1 w1 w2"], quorum=["half"]), None, "en")
    assert told["protects"][-1] == speak("en")["trust.unsafe"]
    print_trust_sheet(copies.sheet(b"", [], witness=[], group=[], quorum=[]), None, "en")
    assert told["protects"] == [speak("en")["trust.unwitnessed"]]


def test_the_text_is_printed_line_by_line(told: dict[str, Any]) -> None:
    print_trust_sheet(SHEET, manifest(), "en")
    assert ["".join(pieces) for pieces in told["text_lines"]] == SHEET.decode().splitlines()
    assert max(len(piece) for pieces in told["text_lines"] for piece in pieces) <= trust.LINE


def test_members_sign_in_as_many_lines_as_there_are(told: dict[str, Any]) -> None:
    print_trust_sheet(SHEET, manifest(members=15), "en")
    assert told["lines"] == 15
    print_trust_sheet(SHEET, None, "en")
    assert (told["lines"], told["title"]) == (trust.SIGNATURES, copies.KEY.name)


@pytest.mark.parametrize("sheet", [witnessed(15), witnessed(5, ML_DSA_44)], ids=["fifteen", "quantum"])
def test_long_sheets_have_room(sheet: bytes) -> None:
    assert pages(print_trust_sheet(sheet, manifest(members=15), "ky")) >= 3


@pytest.mark.parametrize("name", ["Test Root", "TEST authority (no election)", "Root of the demo (synthetic)", "Сыноо"])
def test_a_test_authority_marks_the_sheet(name: str, told: dict[str, Any]) -> None:
    root = Authority(name).der
    assert is_trial([decode_anchor(root)], None)
    print_trust_sheet(copies.sheet(b"", [root]), manifest(), "ru")
    assert told["trial"] == "ДЛЯ ПРОБЫ"


@pytest.mark.parametrize("title", ["TEST: Election", "СЫНОО: Шайлоо", "ПРОБА: Выборы", " test. Election"])
def test_a_trial_says_so_in_its_title(title: str) -> None:
    assert is_trial([], same(title))


def test_what_is_real_is_not_marked(told: dict[str, Any]) -> None:
    root = Authority("Attestation Centre").der
    print_trust_sheet(copies.sheet(b"", [root]), manifest(same("Testimony: an election, with a test")), "en")
    assert told["trial"] == ""


def test_every_page_of_a_trial_is_marked() -> None:
    """The great word across a page is of a colour that nothing else has."""
    colour = re.compile(rb"0?\.952\d+ 0?\.862\d+ 0?\.850\d+ sc")
    for name, marked in (("Test", True), ("Centre", False)):
        pdf = print_trust_sheet(copies.sheet(b"", [Authority(name).der]), manifest(members=15), "en")
        assert pages(pdf) > 1
        assert sum(bool(colour.search(stream)) for stream in streams(pdf)) == marked * pages(pdf)


def test_what_is_no_trust_sheet_is_refused() -> None:
    with pytest.raises(Malformed):
        print_trust_sheet(b"aikyn/1 card\n", None, "en")


@pytest.mark.parametrize("module", ["typst", "segno"])
def test_without_what_prints_nothing_is_printed(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=module):
        print_trust_sheet(SHEET, None, "en")
    assert module in speak("en")["page.missing"]


def test_a_code_is_blank_around() -> None:
    assert 'viewBox="0 0 29 29"' in draw_code(b"x")


def test_the_longest_code_is_the_one_that_was_tried_on_paper() -> None:
    version = 34
    assert f'viewBox="0 0 {17 + 4 * version + 8} ' in draw_code(b"#" * MOST_CODE)
    assert f'viewBox="0 0 {17 + 4 * version + 8} ' not in draw_code(b"#" * (MOST_CODE + 1))
