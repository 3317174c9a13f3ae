"""What the units owe by the plan's duties, by order and by the witnesses' times (specs/timetable.md §9–18)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.papers import EVENING, PLAN, RACE, decide, duty, file, form, paper, state_of
from verifier.election.register import Listing
from verifier.election.timetable import DAY
from verifier.paper.duties import NEVER, judge_duties
from verifier.paper.judgement import Judgement
from verifier.paper.papers import (
    NONE,
    Attestation,
    Decision,
    Effective,
    ElectionResult,
    EnteredPaper,
    Of,
    PaperState,
    Typed,
)
from verifier.paper.plan import Plan
from verifier.paper.standing import END
from verifier.place import Place

HOUR, MINUTE = 3_600, 60
DATED = EVENING + 10 * HOUR  # 06:00 of the day after
STAND = EVENING + 4 * HOUR + 3 * DAY  # the 18th is over
DETERMINED = EVENING + 4 * HOUR + 20 * DAY
LAW = replace(
    PLAN,
    forms=(*PLAN.forms, form("handover", "precinct", "copies")),
    duties=(
        duty("B1", "precinct", "paper", "act-unused", since=EVENING),
        duty("B5", "precinct", "paper", "aeu", since=EVENING, until=EVENING + HOUR),
        duty("B8", "precinct", "paper", "meeting", after=("B1",)),
        duty("B9", "precinct", "paper", "protocol", since=EVENING, after=("B1", "B8")),
        duty("B10", "precinct", "paper", "copies", after=("B9",), soon=True),
        duty("B11", "precinct", "stand", after=("B9",), until=STAND, inclusive=True),
        duty("B13", "precinct", "paper", "handover", after=("B9",), until=DATED),
        duty("B15", "territorial", "paper", "protocol-tec", after=("B13",), soon=True),
        duty("B20", "central", "paper", "protocol-cec", after=("B15",)),
        duty("B23", "central", "publication", after=("B15",)),
        duty("B26", "central", "record", "result", after=("B20",), ideally=("B23",), until=DETERMINED, inclusive=True),
        duty("B27", "central", "publication", after=("B26",), within=14 * DAY, past="B26"),
    ),
)
# By unit, what and version: when it came to the log, and how it is dated.
Night = dict[tuple[str, str, int], tuple[int, int]]
NOTHING = {("DUT.6", "information", "", "B10"), ("DUT.6", "information", "", "B15")}  # what took how long


def honest() -> Night:
    """When each unit's papers of a form, in their versions, came to the log, and how they are dated."""
    night: Night = {}
    for number, unit in enumerate(("p-1", "p-2", "p-3", "p-4", "p-5")):
        for name, minutes in (
            *(("act-unused", 10), ("aeu", 30), ("meeting", 120), ("protocol", 180), ("copies", 190)),
            *(("handover", 420), ("B11", 900)),
        ):
            night[unit, name, 1] = EVENING + minutes * MINUTE + 5 * number, EVENING + minutes * MINUTE - 60
    for unit, name, hours in (
        *(("tec-1", "protocol-tec", 12), ("tec-2", "protocol-tec", 13), ("cec", "protocol-cec", 40)),
        *(("cec", "B23", 44), ("cec", "result", 50), ("cec", "B27", 90)),
    ):
        night[unit, name, 1] = EVENING + hours * HOUR, EVENING + hours * HOUR - 60
    return night


def judged(
    night: Night,
    law: Plan = LAW,
    looks: Iterable[int] | None = None,
    decisions: Iterable[tuple[int, Decision]] = (),
    until: int = EVENING + 400 * HOUR,
) -> Judgement:
    """The judgement of what came to the log by `until`, in the order of time, where witnesses looked every minute."""
    state, times = state_of(law), [0]
    state.forms = {each.id: each for each in law.forms}
    acts: list[tuple[int, Callable[[int], object]]] = []
    for (unit, name, version), (came, held) in night.items():
        acts.append((came, partial(post, state, unit, name, version, held)))
    acts += [(came, partial(decide, state, one)) for came, one in decisions]
    for came, act in sorted(acts, key=lambda one: one[0]):
        if came <= until:
            times.append(came)
            act(len(times) - 1)
    seen = sorted(looks or range(EVENING - HOUR, until + 1, MINUTE))

    def bounds(record: int) -> tuple[float, float]:
        time = times[record] if record < len(times) else float("inf")
        place = bisect_left(seen, time)
        return (seen[place - 1] if place else -float("inf")), (seen[place] if place < len(seen) else float("inf"))

    judgement = Judgement(state, law, bounds)
    judge_duties(judgement)
    return judgement


def post(state: PaperState, unit: str, name: str, version: int, held: int, at: int) -> None:
    """Let a paper, an attestation or the result take effect at this record."""
    if name == "result":
        determined = ElectionResult(unit, RACE, (), ("valid",), "elected", ("anar",), (5000, 3000, 1500, 500), ())
        state.results.append(Effective(bytes(32), at, determined))
    elif name.startswith("B"):
        told = Attestation(unit, name, held, (), "https://shailoo.example", bytes(32), "", "", b"")
        state.attested.append(Effective(bytes(32), at, told))
    else:
        votes = (1, 2, 3, 4) if state.forms[name].votes else ()
        lines = {line.key: version for line in state.forms[name].lines}
        file(state, paper(unit, name, lines, votes, held=held), at)


def found(judgement: Judgement) -> set[tuple[str, str, str, str]]:
    """Clause, severity, unit, and the duty or else the form, of each finding."""
    every = judgement.findings
    assert len({(one.id, one.where) for one in every}) == len(every), "each thing is said once"
    return {(one.id, one.severity, one.where.unit, one.where.key or one.where.form) for one in every}


def moved(unit: str, name: str, came: int, held: int | None = None) -> Night:
    """The honest night, but this came at another time, dated a minute before that unless told otherwise."""
    return honest() | {(unit, name, 1): (came, came - 60 if held is None else held)}


def test_an_honest_night_is_nothing_but_how_long_it_took() -> None:
    judgement = judged(honest())
    assert found(judgement) == NOTHING
    assert judgement.counts == {
        "DUT.2": 5 * 6 + 2 + 1 + 1 + 1 + 1,
        "DUT.7": 5,
        "DUT.8": 2,
        "DUT.3": 5 * 3 + 2,
        "DUT.4": 15,
        "DUT.9": 6,
        "DUT.5": 5 * 6 + 2 + 1 + 1 + 2 + 1,
        "DUT.6": 7,
        "DUT.10": 33,
        "DUT.11": 33,
        "DUT.12": 32,
    }


@pytest.mark.parametrize(
    ("night", "expected"),
    [
        pytest.param(moved("p-3", "aeu", EVENING + HOUR + 61), {("DUT.3", "error", "p-3", "B5")}, id="27"),
        pytest.param(moved("p-3", "handover", DATED + 43 * MINUTE), {("DUT.3", "error", "p-3", "B13")}, id="28"),
        pytest.param(moved("p-3", "act-unused", EVENING - 61), {("DUT.4", "error", "p-3", "B1")}, id="30"),
        pytest.param(
            moved("p-3", "protocol", EVENING + 180 * MINUTE, EVENING + 190 * MINUTE),
            {("DUT.10", "error", "p-3", "protocol")},
            id="31",
        ),
        pytest.param(
            moved("p-3", "handover", EVENING + 8 * HOUR, EVENING + 5 * HOUR),
            {("DUT.11", "warning", "p-3", "handover")},
            id="32",
        ),
        pytest.param(moved("p-3", "meeting", EVENING + 185 * MINUTE), {("DUT.5", "error", "p-3", "B9")}, id="33"),
        pytest.param(
            {key: at for key, at in honest().items() if key[:2] != ("p-3", "copies")},
            {("DUT.2", "error", "p-3", "B10")},
            id="34",
        ),
        pytest.param(
            {key: at for key, at in honest().items() if key[:2] != ("p-3", "B11")},
            {("DUT.7", "warning", "p-3", "B11")},
            id="35",
        ),
        pytest.param(
            honest() | {("p-3", "protocol", 2): (EVENING + 13 * HOUR, EVENING + 13 * HOUR - 60)},
            {("DUT.5", "error", "p-3", "protocol")},
            id="11",
        ),
        pytest.param(
            honest() | {("p-3", "protocol", 2): (EVENING + 11 * HOUR, EVENING + 11 * HOUR - 60)}, set(), id="9"
        ),
        pytest.param(
            honest()
            | {
                ("p-3", "protocol", 2): (EVENING + 14 * HOUR, EVENING + 14 * HOUR - 60),
                ("tec-1", "protocol-tec", 2): (EVENING + 15 * HOUR, EVENING + 15 * HOUR - 60),
            },
            set(),
            id="rewritten and summed anew",
        ),
    ],
)
def test_each_fault_is_found_and_nothing_else(night: Night, expected: set[tuple[str, str, str, str]]) -> None:
    assert found(judged(night)) == NOTHING | expected


def test_a_blind_witness_is_not_a_late_commission() -> None:
    """29: the hand-over came, nobody looked around six o'clock, and so it is not shown to be in time."""
    dark = (
        look for look in range(EVENING - HOUR, EVENING + 400 * HOUR, MINUTE) if not 0 < look - DATED + HOUR < 3 * HOUR
    )
    judgement = judged(moved("p-3", "handover", DATED - 5 * MINUTE), looks=dark)
    assert found(judgement) == NOTHING | {("DUT.3", "warning", "p-3", "B13"), ("DUT.12", "warning", "", "B13")}


def tight(night: Night, law: Plan, *around: int) -> Judgement:
    """What is found where witnesses looked each second around these instants, and each minute otherwise."""
    often = {second for at in around for second in range(at - 5, at + 6)}
    return judged(night, law, {*range(EVENING - HOUR, EVENING + 400 * HOUR, MINUTE), *often})


def only(judgement: Judgement) -> set[tuple[str, str]]:
    """Clause and severity of what is found besides how long things took."""
    return {(id, severity) for id, severity, _, _ in found(judgement) - NOTHING}


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
    ("minutes", "expected"),
    [
        (59, {("DUT.2", "information", "", "B5")}),
        (60, {("DUT.2", "error", "p-3", "B5")}),
    ],
)
def test_what_is_missing_is_waited_for_till_its_time_is_over(
    minutes: int, expected: set[tuple[str, str, str, str]]
) -> None:
    night = {key: at for key, at in honest().items() if key[:2] != ("p-3", "aeu")}
    judgement = judged(night, until=EVENING + minutes * MINUTE)
    dated = [one for one in judgement.findings if one.where.key == "B5"]
    assert {(one.id, one.severity, one.where.unit, one.where.key) for one in dated} == expected


def test_the_evening_waits_for_all_that_has_time() -> None:
    """One line for each duty that nobody is late with; returns are asked for by another clause."""
    judgement = judged(honest(), until=EVENING + 5 * MINUTE)
    waiting = {"B1", "B5", "B8", "B10", "B11", "B13", "B23", "B26", "B27"}
    assert found(judgement) == {("DUT.2", "information", "", id) for id in waiting}
    assert str(judgement.findings[0].detail) == "not on the log yet, while there is time: 5 of 5"


def test_what_others_have_built_on_is_missed_at_once() -> None:
    """The protocol is signed, and there was no meeting."""
    night = {key: at for key, at in honest().items() if key[:2] != ("p-3", "meeting")}
    judgement = judged(night, until=EVENING + 200 * MINUTE)
    assert ("DUT.2", "error", "p-3", "B8") in found(judgement)
    assert ("DUT.2", "error", "p-1", "B8") not in found(judgement)


def test_what_comes_after_the_result_is_not_missed_before_its_time() -> None:
    night = {key: at for key, at in honest().items() if key[1] != "B27"}
    assert found(judged(night, until=EVENING + 300 * HOUR)) == NOTHING | {("DUT.2", "information", "", "B27")}
    assert found(judged(night)) == NOTHING | {("DUT.2", "error", "cec", "B27")}


def test_nothing_is_asked_of_a_precinct_that_is_annulled() -> None:
    night = {key: at for key, at in honest().items() if key[0] != "p-3"}
    voided = Decision("cec", "annul", ("p-3",), RACE, "", "", 0, (), NONE, "flood")
    assert {unit for _, severity, unit, _ in found(judged(night)) if severity != "information"} == {"p-3"}
    assert found(judged(night, decisions=[(EVENING + HOUR, voided)])) == NOTHING


def test_a_paper_that_was_entered_from_above_is_neither_missing_nor_late() -> None:
    night = {key: at for key, at in honest().items() if key[:2] != ("p-3", "handover")}
    state = state_of(LAW)
    for (unit, name, version), (came, held) in night.items():
        post(state, unit, name, version, held, came)
    entered = EnteredPaper(EVENING + 100 * HOUR, "tec-1", Typed("p-3", "", {"copies": 1}, ()))
    state.entered[Of("p-3", "", "handover")] = [entered]
    judgement = Judgement(state, LAW, lambda record: (record - 1, record) if record < END else (EVENING * 2, NEVER))
    judge_duties(judgement)
    assert found(judgement) == NOTHING


def test_a_register_is_there_with_its_list_and_dated_by_the_manifest() -> None:
    """A3: who has none owes none; the dates are a time limit's, which the manifest's clauses judge."""
    listed = duty("A3", "precinct", "record", "register", limit="list-closed")
    after = duty("B2", "precinct", "paper", "list-totals", after=("A3",))
    law = replace(LAW, duties=(listed, after))
    state = state_of(law)
    state.credentials = {bytes([n]): Listing(f"AAA{n}", "style", "p-3", record) for n, record in enumerate((9, 12))}
    for unit in ("p-1", "p-2", "p-3", "p-4", "p-5"):
        post(state, unit, "list-totals", 1, EVENING, 8)
    judgement = Judgement(state, law, lambda _: (EVENING, EVENING))
    judge_duties(judgement)
    assert [(one.id, one.where, str(one.detail)) for one in judgement.findings] == [
        (
            "DUT.5",
            Place(unit="p-3", form="list-totals", key="B2", record=8),
            "A3 of p-3 came after this, and 0 more did",
        )
    ]
    assert judgement.counts["DUT.2"] == 6


def test_without_witnesses_only_order_and_what_is_there_is_judged() -> None:
    state = state_of(LAW)
    for (unit, name, version), (came, held) in moved("p-3", "meeting", EVENING + 185 * MINUTE, 2**50).items():
        post(state, unit, name, version, held, came)
    judgement = Judgement(state, LAW)
    judge_duties(judgement)
    assert found(judgement) == {("DUT.5", "error", "p-3", "B9")}
    assert judgement.counts.keys() == {"DUT.2", "DUT.5", "DUT.7", "DUT.8"}


@pytest.mark.parametrize(("address", "digest"), [("", bytes(32)), ("https://shailoo.example", bytes(31))])
def test_a_publication_names_address_and_digest(address: str, digest: bytes) -> None:
    judgement = judged(honest())
    state = judgement.state
    state.attested = [
        one._replace(record=replace(one.record, address=address, digest=digest)) for one in state.attested
    ]
    again = Judgement(state, LAW, judgement.bounds)
    judge_duties(again)
    assert found(again) == NOTHING | {("DUT.8", "warning", "cec", "B23"), ("DUT.8", "warning", "cec", "B27")}


def test_what_should_ideally_come_before_is_a_warning() -> None:
    night = moved("cec", "B23", EVENING + 60 * HOUR)
    assert found(judged(night)) == NOTHING | {("DUT.5", "warning", "cec", "B26")}


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
