"""The timetable in a report: each time limit in two ways, the law's words, and what the witnesses saw."""

from __future__ import annotations

from typing import Literal

import pytest

from tests.corpus import boards
from tests.corpus.odd import TIMETABLE
from tests.support import copies
from tests.support.elections import text
from verifier.desk.report.language import Language, words
from verifier.desk.report.report import Report
from verifier.desk.report.section import Mark, Table
from verifier.desk.report.telling import tell
from verifier.desk.report.timetable import spoken
from verifier.election.timetable import TimeLimit

MIDNIGHT = 1_805_911_200  # 25 March 2027 in Bishkek


def limit(bound: Literal["from", "by"], instant: int, *, inclusive: bool = False) -> TimeLimit:
    return TimeLimit("limit", "register", bound, instant, inclusive=inclusive, words=text("law"))


def board(name: str) -> boards.Board:
    return next(told for told in boards.LIES if told.name == name).tell(boards.honest())


def rows(report: Report, language: Language = "en") -> list[tuple[object, ...]]:
    section = next(section for section in tell(report, language).sections if section.id == "timetable")
    (table,) = section.parts
    assert isinstance(table, Table)
    ((_, found),) = table.groups
    return list(found)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "not later than 24 March 2027 inclusive, that is before 25 March 2027, 00:00 (Bishkek)"),
        ("ru", "не позднее 24 марта 2027 г. включительно, то есть до 25 марта 2027 г., 00:00 (Бишкек)"),
        (
            "ky",
            (
                "акыркы күнү — 2027-жылдын 24-марты, бул күн да кирет; "
                "башкача айтканда, мөөнөт бүтөт: 2027-жылдын 25-марты, саат 00:00 (Бишкек)"
            ),
        ),
    ],
)
def test_a_day_that_is_included_is_named(language: Language, said: str) -> None:
    assert spoken(limit("by", MIDNIGHT, inclusive=True), words(language)) == said


def test_other_limits_are_said_by_their_seconds() -> None:
    w = words("en")
    assert spoken(limit("by", MIDNIGHT), w) == (
        "before 25 March 2027, 00:00, that is at the latest on 24 March 2027, 23:59:59 (Bishkek)"
    )
    assert spoken(limit("from", MIDNIGHT), w).startswith("not earlier than 25 March 2027, 00:00, that is")
    assert spoken(limit("by", MIDNIGHT + 1, inclusive=True), w).startswith("before 25 March 2027, 00:00:01, that")
    assert str(2**53 - 1) in spoken(limit("by", 2**53 - 1, inclusive=True), w), "no calendar has it"


def test_each_limit_is_told_with_what_was_seen_and_found() -> None:
    late = board("registers a second late")
    told = rows(copies.audit(late.files, late.sheet))
    assert len(told) == len(TIMETABLE)
    step, _, law, seen, mark = told[0]
    assert (step, law) == ("Register in effect (list-closed)", "not later than 9 April")
    assert str(seen).startswith("record 28 (of 2): not before 10 April 2023, 06:00:01, not after ")
    marks = [row[-1].status for row in told if isinstance(row[-1], Mark)]
    assert marks == ["FINDING", "PASS", "PASS", *["N-A"] * 8]
    assert isinstance(mark, Mark)


def test_without_witnesses_nothing_is_said_to_be_kept() -> None:
    late = board("registers a second late")
    none: dict[str, list[str]] = {"witness": [], "group": [], "quorum": []}
    told = rows(copies.audit(late.files, copies.sheet(late.records[0], [], **none)), "ru")
    assert [row[-1].status for row in told[:3] if isinstance(row[-1], Mark)] == ["SKIPPED"] * 3
    assert str(told[0][3]) == "запись 28 (всего 2): не раньше –, не позже –"


def test_a_report_without_a_timetable_has_no_such_section() -> None:
    report = boards.audit(boards.honest())
    assert report.timetable == ()
    assert "timetable" not in [section.id for section in tell(report, "ky").sections]
