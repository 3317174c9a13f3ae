"""A small election of papers that agree, up to its result; and what is found of it when one thing is changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Literal

from msgspec.structs import replace

from tests.support.papers import PLAN, PRECINCTS, RACE, file, paper, state_of
from verifier.paper.papers import NONE, Appeal, Cause, Decision, Effective, ElectionResult, Paper, Reason
from verifier.paper.plan import Plan, Ruling
from verifier.paper.standing import Judgement, Papers
from verifier.place import Place
from verifier.records import encode
from verifier.rule import Severity

Found = set[tuple[str, Severity, Place]]
VOTES = {
    "p-1": (70, 20, 6, 2),
    "p-2": (64, 25, 3, 1),
    "p-3": (80, 60, 9, 4),
    "p-4": (55, 40, 7, 3),
    "p-5": (90, 30, 2, 5),
    "e-1": (41, 12, 5, 0),
}
CENTRE, RESULT = 9, 20  # the records at which the centre's sum and the result take effect
NEVER = "–"  # no precinct


def leaf_of(record: object) -> bytes:
    """The record's leaf, as if it stood on a log."""
    return hashlib.sha256(b"\0" + encode(record)).digest()


def counted(unit: str, votes: tuple[int, ...], **fields: Any) -> Paper:
    """A precinct's return of these votes: two ballots are invalid, three voters voted at home."""
    valid = sum(votes)
    if unit.startswith("e-"):
        lines = {"e-listed": valid + 9, "e-overridden": 1, "e-counted": valid, "invalid": 0, "valid": valid}
        return paper(unit, "e-protocol", lines, votes, **fields)
    lines = {
        "listed": valid + 100,
        "received": valid + 50,
        "unused": 47,
        "spoiled": 1,
        "issued-inside": valid - 1,
        "issued-outside": 3,
        "in-portable": 3,
        "in-stationary": valid - 1,
        "invalid": 2,
        "valid": valid,
    }
    return paper(unit, "protocol", lines, votes, **fields)


def summed(state: Papers, unit: str, form: str, **fields: Any) -> Paper:
    """The unit's sum, as it follows from the papers at the bottom."""
    found = state.totals(state.races[RACE], state.forms[form], unit)
    lines = {line.key: found.lines[line.key] for line in state.forms[form].lines}
    lines |= {"units": len(found.summed), "annulled": len(found.annulled)}
    return paper(unit, form, lines, found.votes, **fields)


def honest(plan: Plan = PLAN, votes: Mapping[str, tuple[int, ...]] = VOTES, without: str = NEVER) -> Papers:
    """Returns of all precincts but one, sums of the territories and of the centre; no result yet."""
    state = state_of(plan)
    for unit, numbers in votes.items():
        if unit != without:
            file(state, counted(unit, numbers))
    for territory in PRECINCTS:
        file(state, summed(state, territory, "protocol-tec"))
    file(state, summed(state, "cec", "protocol-cec"))
    return state


def declare(state: Papers, since: int = RESULT, **fields: Any) -> ElectionResult:
    """Let the right result take effect, but for these fields, by what the papers in force say; Anar has most votes."""
    found = state.totals(state.races[RACE], state.forms["protocol-cec"], "cec", since)
    participants = PLAN.participants
    whole = sum(found.lines[key] for key in participants)
    right = ElectionResult(
        commission="cec",
        contest=RACE,
        on=(NONE,),
        denominator=participants,
        outcome="elected",
        options=("anar",),
        shares=tuple(number * 10_000 // whole for number in found.votes),
        lots=(),
    )
    record = replace(right, **fields)
    state.results.append(Effective(leaf_of((record, since)), since, record))
    return record


def rewritten(state: Papers, unit: str, votes: tuple[int, ...], since: int, code: Cause, **fields: Any) -> bytes:
    """Let a later version of the unit's return take effect; its leaf."""
    return file(state, counted(unit, votes, reason=Reason(code, "so"), **fields), since)


def ruling(what: Ruling, *units: str, **fields: Any) -> Decision:
    """A decision of the centre about the race, unless told otherwise."""
    plain = Decision(
        commission="cec",
        what=what,
        units=units,
        contest=RACE,
        option="",
        duty="",
        until=0,
        about=(),
        revokes=NONE,
        basis="article 44",
    )
    return replace(plain, **fields)


def appeal(state: Papers, commission: str, since: int, by: Literal["voter", "party"] = "voter") -> bytes:
    """Let a complaint to the commission take effect; its leaf."""
    record = Appeal(commission, (), by, bytes(32), f"{commission}/{since}", since, "", b"")
    state.appeals.append(Effective(leaf := leaf_of(record), since, record))
    state.owners[leaf] = commission
    return leaf


def findings(state: Papers, judge: Callable[[Judgement], None]) -> Found:
    """What the judge finds; what it finds, it was asked about."""
    assert state.plan is not None
    judgement = Judgement(state, state.plan)
    judge(judgement)
    assert {found.id for found in judgement.findings} <= {id for id, asked in judgement.counts.items() if asked}
    assert all(str(found.detail) for found in judgement.findings)  # as many values as places for them
    return {(finding.id, finding.severity, finding.where) for finding in judgement.findings}
