"""A night of an election by a small law: what came to the log when, and what is found of its duties."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import partial

from msgspec.structs import replace

from tests.support.papers import EVENING, PLAN, RACE, decide, duty, file, form, paper, state_of
from verifier.election.timetable import DAY
from verifier.paper.duties import judge_duties
from verifier.paper.papers import (
    Attestation,
    Decision,
    Effective,
    ElectionResult,
)
from verifier.paper.plan import Plan
from verifier.paper.standing import Judgement, Papers

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


def post(state: Papers, unit: str, name: str, version: int, held: int, at: int) -> None:
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


def tight(night: Night, law: Plan, *around: int) -> Judgement:
    """What is found where witnesses looked each second around these instants, and each minute otherwise."""
    often = {second for at in around for second in range(at - 5, at + 6)}
    return judged(night, law, {*range(EVENING - HOUR, EVENING + 400 * HOUR, MINUTE), *often})


def only(judgement: Judgement) -> set[tuple[str, str]]:
    """Clause and severity of what is found besides how long things took."""
    return {(id, severity) for id, severity, _, _ in found(judgement) - NOTHING}
