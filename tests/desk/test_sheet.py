"""The PDF to sign: set by typst from data, never from markup; the same bytes for the same report; the JSON inside."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corpus import boards
from tests.support import copies
from tests.support.pdf import everything, streams
from verifier.audit.verdict import Line
from verifier.desk.page.sheet import sheet
from verifier.desk.report import report as reports
from verifier.desk.report.language import LANGUAGES, Language
from verifier.desk.report.report import Report
from verifier.place import Place
from verifier.records import Text

pytest.importorskip("typst", reason="the sheet is set by typst, an extra")


def accepted() -> Report:
    board = boards.honest()
    return copies.audit(board.files, board.sheet)


def called(report: Report, text: str) -> Report:
    """The report of an election in which everything is called `text`."""
    texts = Text(text, text, text)
    results = tuple(
        msgspec.structs.replace(result, title=texts, options=dict.fromkeys(result.options, texts))
        for result in report.results
    )
    return msgspec.structs.replace(report, election=text, title=texts, results=results)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_is_an_archive_and_can_be_read_aloud(language: Language) -> None:
    """PDF/A and PDF/UA refuse a text without a glyph, so each letter of the three languages has one."""
    pdf = sheet(accepted(), language)
    assert pdf.startswith(b"%PDF-1.7")
    held = everything(pdf)
    assert f"/Lang({language})".encode() in held.replace(b"/Lang (", b"/Lang(")
    assert b"/StructTreeRoot" in held
    assert b"pdfuaid:part>1<" in held
    assert b"pdfaid:part>3<" in held


def test_the_json_report_is_inside() -> None:
    report = msgspec.structs.replace(accepted(), environment={"time": "2023-04-09T12:00:00Z"})
    pdf = sheet(report, "ru")
    assert reports.encode(report) in list(streams(pdf))
    assert b"report.json" in pdf


def test_the_same_report_gives_the_same_bytes_and_no_clock_is_read() -> None:
    assert sheet(accepted(), "ky") == sheet(accepted(), "ky")
    dated = sheet(msgspec.structs.replace(accepted(), environment={"time": "2023-04-09T12:00:00Z"}), "ky")
    assert b"D:20230409120000" in dated
    assert b"D:1970" in sheet(msgspec.structs.replace(accepted(), environment={"time": "yesterday"}), "ky")


@pytest.mark.parametrize(
    "text",
    [
        '#panic("run")',
        "#{ panic() }",
        "$ x $ *b* _i_ @ref <label> = head \\ `raw`",
        '"); panic("',
        "日本語 😀 \u202e\x00",
        "",
        " \u3000",
        "#" * 500,
    ],
)
def test_what_the_log_says_is_never_run(text: str) -> None:
    assert sheet(called(accepted(), text), "en").startswith(b"%PDF")


@pytest.mark.slow
@settings(max_examples=15)
@given(st.text(max_size=40))
def test_any_text_can_be_set(text: str) -> None:
    line = Line("MIX.8", Place(text), text)
    report = msgspec.structs.replace(called(accepted(), text), failures=(line, line), verdict="rejected")
    assert sheet(report, "ky").startswith(b"%PDF")


@pytest.mark.parametrize(
    "lie", [lie for lie in boards.LIES if lie.expect in ("BRD.4", "CFG.10")], ids=lambda lie: lie.name
)
def test_a_rejected_and_an_empty_board_have_a_sheet_too(lie: boards.Lie) -> None:
    for report in (boards.judge(lie), copies.audit({}, boards.honest().sheet)):
        assert sheet(report, "ru").startswith(b"%PDF")
