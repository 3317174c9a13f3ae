"""What the units owe by the plan's duties, by order and by the witnesses' times (specs/timetable.md §9–18)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import partial

import pytest
from msgspec.structs import replace

from tests.support.papers import EVENING, PLAN, RACE, decide, duty, file, form, paper, state_of
from verifier.election.timetable import DAY
from verifier.paper.duties import judge_duties
from verifier.paper.judgement import Judgement
from verifier.paper.papers import Attestation, Decision, Effective, ElectionResult, PaperState
from verifier.paper.plan import Plan

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


def without(*gone: str) -> Night:
    """The honest night, but these never came."""
    return {key: times for key, times in honest().items() if key[1] not in gone}


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
