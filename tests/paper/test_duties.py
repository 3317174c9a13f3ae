"""What the units owe by the plan's duties: what is there, in which order (specs/timetable.md §9–16)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.support.nights import (
    DATED,
    HOUR,
    LAW,
    MINUTE,
    NOTHING,
    Night,
    found,
    honest,
    judged,
    moved,
    post,
)
from tests.support.papers import EVENING, RACE, duty, state_of
from verifier.election.register import Row
from verifier.paper.duties import NEVER, judge_duties
from verifier.paper.papers import (
    NONE,
    Decision,
    EnteredPaper,
    Of,
    Typed,
)
from verifier.paper.standing import END, Judgement
from verifier.place import Place


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
    """Who has no register owes none; the dates are a time limit's, which the manifest's clauses judge."""
    listed = duty("A3", "precinct", "record", "register", limit="list-closed")
    after = duty("B2", "precinct", "paper", "list-totals", after=("A3",))
    law = replace(LAW, duties=(listed, after))
    state = state_of(law)
    for n, record in enumerate((9, 12)):
        state.credentials.enter([Row(f"AAA{n}", bytes([n]) * 32, "style")], "p-3", record)
    for unit in ("p-1", "p-2", "p-3", "p-4", "p-5"):
        post(state, unit, "list-totals", 1, EVENING, 8)
    judgement = Judgement(state, law, lambda _: (EVENING, EVENING))
    judge_duties(judgement)
    assert [(one.id, one.where, str(one.detail)) for one in judgement.findings] == [
        (
            "DUT.5",
            Place(unit="p-3", form="list-totals", key="B2", record=8),
            "A3 of p-3 came after this",
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
