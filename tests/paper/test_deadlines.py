"""What the units owe by the plan's duties is in time, by the witnesses' looks (specs/timetable.md §10–18)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.nights import (
    DATED,
    HOUR,
    LAW,
    MINUTE,
    NOTHING,
    STAND,
    found,
    honest,
    judged,
    moved,
    only,
    tight,
)
from tests.support.papers import EVENING
from verifier.election.timetable import DAY
from verifier.paper.papers import (
    NONE,
    Decision,
)
from verifier.paper.plan import Plan


def test_a_blind_witness_is_not_a_late_commission() -> None:
    """The hand-over came, nobody looked around six o'clock, and so it is not shown to be in time."""
    dark = (
        look for look in range(EVENING - HOUR, EVENING + 400 * HOUR, MINUTE) if not 0 < look - DATED + HOUR < 3 * HOUR
    )
    judgement = judged(moved("p-3", "handover", DATED - 5 * MINUTE), looks=dark)
    assert found(judgement) == NOTHING | {("DUT.3", "warning", "p-3", "B13"), ("DUT.12", "warning", "", "B13")}


@pytest.mark.parametrize(("second", "expected"), [(-1, set()), (0, {("DUT.3", "warning")}), (1, {("DUT.3", "error")})])
def test_the_end_is_the_first_second_that_is_too_late(second: int, expected: set[tuple[str, str]]) -> None:
    """In that second it may have come after the witnesses had looked in the one before (specs/timetable.md §4)."""
    assert only(tight(moved("p-3", "handover", DATED + second), LAW, DATED)) == expected


@pytest.mark.parametrize(("second", "expected"), [(-1, {("DUT.4", "error")}), (0, {("DUT.4", "warning")}), (1, set())])
def test_the_beginning_is_the_first_second_that_is_allowed(second: int, expected: set[tuple[str, str]]) -> None:
    assert only(tight(moved("p-3", "act-unused", EVENING + second, EVENING + second), LAW, EVENING)) == expected


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (-DAY - 1, set()),
        (-DAY, {("DUT.9", "information")}),
        (-1, {("DUT.9", "information")}),
        (0, {("DUT.3", "warning")}),
        (1, {("DUT.3", "error")}),
    ],
)
def test_a_last_day_is_read_in_two_ways(second: int, expected: set[tuple[str, str]]) -> None:
    assert only(tight(moved("p-3", "B11", STAND + second), LAW, STAND - DAY, STAND)) == expected


def of(law: Plan, id: str, **fields: object) -> Plan:
    """The law, but this duty is another one."""
    return replace(law, duties=tuple(replace(each, **fields) if each.id == id else each for each in law.duties))


def at_unit(unit: str, **fields: int) -> Plan:
    return replace(LAW, units=tuple(replace(each, **fields) if each.id == unit else each for each in LAW.units))


@pytest.mark.parametrize(
    ("fields", "second", "expected"),
    [
        ({"behind": HOUR}, HOUR - 1, set()),
        ({"behind": HOUR}, HOUR + 1, {("DUT.3", "error")}),
        ({"ahead": HOUR}, -HOUR - 1, set()),
        ({"ahead": HOUR}, -HOUR + 1, {("DUT.3", "error")}),
    ],
)
def test_a_unit_has_its_own_clock(fields: dict[str, int], second: int, expected: set[tuple[str, str]]) -> None:
    """Six o'clock is an hour later where the clock is an hour behind; its evening is honest in both."""
    night = (
        moved("p-3", "handover", DATED + second)
        | {
            ("p-3", name, 1): (EVENING + minutes * MINUTE, EVENING + minutes * MINUTE - 60)
            for name, minutes in (("act-unused", 70), ("aeu", 80), ("meeting", 120))
            if "behind" in fields
        }
        | {("p-3", name, 1): (EVENING - 30 * MINUTE, EVENING - 31 * MINUTE) for name in ("aeu",) if "ahead" in fields}
    )
    assert only(tight(night, at_unit("p-3", **fields), DATED - HOUR, DATED + HOUR)) == expected


@pytest.mark.parametrize(("second", "expected"), [(-1, set()), (1, {("DUT.3", "error")})])
def test_an_amended_date_counts_if_it_was_in_force(second: int, expected: set[tuple[str, str]]) -> None:
    later = DATED + 2 * HOUR
    amend = Decision("cec", "amend", ("p-3",), "", "", "B13", later, (), NONE, "snow")
    night = moved("p-3", "handover", later + second)
    law = of(LAW, "B15", after=())  # snow keeps the territory waiting, or not
    looks = {*range(EVENING - HOUR, EVENING + 400 * HOUR, MINUTE), *range(later - 5, later + 6)}
    judgement = judged(night, law, looks, [(EVENING + HOUR, amend)])
    took = {("DUT.6", "information", "", "B10")}
    assert {(id, severity) for id, severity, _, _ in found(judgement) - took} == expected
    if expected:
        assert [str(one.detail) for one in judgement.findings if one.id == "DUT.3"] == [
            f"B13, moved from {DATED} to {later} was over, and the witnesses had not seen this yet"
        ]
    others = judged(night, law, looks, [(later + HOUR, amend)])
    assert {(one.id, one.severity) for one in others.findings} == {("DUT.3", "error"), ("DUT.6", "information")}
    elsewhere = judged(night, law, looks, [(EVENING + HOUR, replace(amend, units=("p-1",)))])
    assert {(one.id, one.severity) for one in elsewhere.findings} == {("DUT.3", "error"), ("DUT.6", "information")}


@pytest.mark.parametrize(
    ("second", "expected"),
    [(-2, set()), (-1, {("DUT.3", "warning")}), (0, {("DUT.3", "warning")}), (1, {("DUT.3", "error")})],
)
def test_within_so_many_seconds_past_another(second: int, expected: set[tuple[str, str]]) -> None:
    """Two weeks from the determination, which is shown to a second, as the publication is: two are open."""
    determined = EVENING + 50 * HOUR
    end = determined + 14 * DAY
    assert only(tight(moved("cec", "B27", end + second), LAW, determined, end)) == expected


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (EVENING - 1, {("DUT.10", "error")}),
        (EVENING, set()),
        (EVENING + 10 * MINUTE + 60, set()),
        (EVENING + 10 * MINUTE + 61, {("DUT.10", "error")}),
    ],
)
def test_a_paper_is_dated_between_its_beginning_and_the_witnesses(held: int, expected: set[tuple[str, str]]) -> None:
    """It came ten minutes and a second after the beginning, and was seen a minute after these ten."""
    night = moved("p-1", "act-unused", EVENING + 10 * MINUTE + 1, held)
    assert only(judged(night)) == expected


@pytest.mark.parametrize(("second", "expected"), [(0, set()), (-1, {("DUT.11", "warning")})])
def test_a_paper_may_be_under_way_as_long_as_the_plan_says(second: int, expected: set[tuple[str, str]]) -> None:
    """Seven hours after the beginning the witnesses had not seen the hand-over of p-1."""
    seen = EVENING + 420 * MINUTE - MINUTE
    assert only(judged(moved("p-1", "handover", EVENING + 420 * MINUTE, seen - LAW.offline + second))) == expected


@pytest.mark.parametrize(("gap", "expected"), [(0, set()), (1, {("DUT.12", "warning")})])
def test_witnesses_may_be_away_as_long_as_a_paper(gap: int, expected: set[tuple[str, str]]) -> None:
    seen = DATED - HOUR
    every = range(EVENING - HOUR, EVENING + 400 * HOUR, MINUTE)
    looks = [look for look in every if not seen < look < seen + LAW.offline + gap] + [seen + LAW.offline + gap]
    judgement = judged(moved("p-3", "handover", DATED + MINUTE), looks=looks)
    assert only(judgement) == {("DUT.3", "warning")} | expected


def test_how_long_at_once_took_is_of_the_slowest() -> None:
    """The copies of p-2 came between 49 and 51 minutes after the protocol, those of others after ten."""
    judgement = judged(moved("p-2", "copies", EVENING + 230 * MINUTE + 5))
    said = [str(one.detail) for one in judgement.findings if (one.id, one.where.key) == ("DUT.6", "B10")]
    assert said == ["what is due at once took 2940 to 3060 seconds in p-2, the slowest"]


@given(st.sampled_from(sorted(honest())), st.integers(EVENING - HOUR, EVENING + 100 * HOUR))
@settings(max_examples=60, deadline=None)
def test_an_error_of_time_is_certain(what: tuple[str, str, int], came: int) -> None:
    """Wherever one thing moves to, late and early are what the law says; between two looks it is not shown."""
    unit, name, _ = what
    findings = [
        (one.id, one.severity)
        for one in judged(honest() | {what: (came, came - 60)}).findings
        if one.id in {"DUT.3", "DUT.4"} and one.where.unit == unit and (one.where.form or one.where.key) == name
    ]
    law = (
        next(each for each in LAW.duties if name in {each.id, each.evidence.of} and each.evidence.kind != "record")
        if name != "result"
        else next(each for each in LAW.duties if each.evidence.of == "result")
    )
    wrong = {
        clause
        for clause, is_wrong in (
            ("DUT.3", law.until and came >= law.until),
            ("DUT.4", law.since and came < law.since),
        )
        if is_wrong
    }
    assert {id for id, severity in findings if severity == "error"} <= wrong
    assert wrong <= {id for id, _ in findings}


@given(st.integers(-10 * DAY, 10 * DAY))
@settings(max_examples=30, deadline=None)
def test_a_calendar_that_moves_with_its_night_finds_the_same(days: int) -> None:
    """Only differences count: the law, the night and the witnesses move by the same number of seconds."""
    law = replace(
        LAW,
        duties=tuple(
            replace(each, since=each.since and each.since + days, until=each.until and each.until + days)
            for each in LAW.duties
        ),
    )
    night = moved("p-3", "handover", DATED + 43 * MINUTE)
    shifted = {key: (came + days, held + days) for key, (came, held) in night.items()}
    looks = range(EVENING - HOUR + days, EVENING + 400 * HOUR + days, MINUTE)
    one, other = judged(night), judged(shifted, law, looks, until=EVENING + 400 * HOUR + days)
    assert [(each.id, each.severity, each.where) for each in one.findings] == [
        (each.id, each.severity, each.where) for each in other.findings
    ]
