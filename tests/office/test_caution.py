"""What the desk remarks on a request that may still be right, and whom the key ceremony waits for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from msgspec.structs import replace

from bulletin.office.caution import find_cautions
from bulletin.office.standing import find_absent
from tests.support.elections import Election, text, whole
from verifier.desk.report.language import LANGUAGES
from verifier.election.counting import Close, Freeze
from verifier.election.timetable import Limited, TimeLimit
from verifier.records import Record, kind
from verifier.rules import CODEC
from verifier.state import State

DUE = 1_807_286_400
ENDED = whole()
LegalBound = Literal["from", "by"]


def timed(what: Limited, bound: LegalBound) -> State:
    """The election with one time limit."""
    state = whole().state
    limit = TimeLimit("end", what, bound, DUE, inclusive=False, words=text("till then"))
    state.manifest = replace(state.rules, timetable=(limit,), minimum=0)
    return state


def said(state: State, record: Record, seconds: int) -> list[str]:
    moment = datetime.fromtimestamp(DUE, UTC) + timedelta(seconds=seconds)
    told = {language: list(find_cautions(state, record, moment, language)) for language in LANGUAGES}
    assert len({len(sentences) for sentences in told.values()}) == 1
    if told["en"]:
        assert len({tuple(sentences) for sentences in told.values()}) == len(LANGUAGES)
    return told["en"]


def record(name: str) -> Record:
    return next(each for each in map(CODEC.decode, ENDED.records) if kind(each) == name)


@pytest.mark.parametrize(
    ("what", "bound", "before", "after"),
    [
        ("opening", "from", "it is early", ""),
        ("opening", "by", "", "it is late"),
        ("close", "from", "it is early", ""),
        ("close", "by", "it is early", "it is late"),
        ("freeze", "from", "it is early", ""),
        ("freeze", "by", "", "it is late"),
        ("tally", "by", "", "it is late"),
    ],
)
def test_a_request_beside_the_timetable_is_remarked(what: Limited, bound: LegalBound, before: str, after: str) -> None:
    state = timed(what, bound)
    asked = Close(b"") if what == "close" else record(what)
    for seconds, expected in ((-1, before), (0, after)):
        told = said(state, asked, seconds)
        assert len(told) == bool(expected)
        assert all(expected in sentence and "(end)" in sentence for sentence in told)
    assert said(state, record("register"), -1) == said(state, record("register"), 0) == []


def test_a_freeze_below_the_minimum_is_remarked() -> None:
    state, freeze = whole().state, record("freeze")
    assert isinstance(freeze, Freeze)
    least = max(each.count for each in freeze.contests)
    for minimum, count in ((0, 0), (least + 1, len(freeze.contests))):
        state.manifest = replace(state.rules, minimum=minimum, timetable=())
        told = said(state, freeze, 0)
        assert len(told) == count
        assert all(f"fewer than {minimum}. It will not be decrypted" in sentence for sentence in told)


def test_the_ceremony_waits_for_those_who_are_absent() -> None:
    made = whole().state
    state = Election().set_up().state
    ids = [trustee.id for trustee in state.rules.trustees]
    waits = find_absent(state)
    assert waits is not None
    assert (waits.step, waits.trustees) == ("pledges", tuple(ids))
    steps = ("pledges", "contributions", "dealings", "acknowledgements")
    for step in steps:
        held = getattr(made.ceremony, step)
        last = max(held)
        setattr(state.ceremony, step, {number: each for number, each in held.items() if number != last})
        waits = find_absent(state)
        assert waits is not None
        assert (waits.step, waits.trustees) == (step, (ids[last - 1],))
        setattr(state.ceremony, step, dict(held))
    assert find_absent(made) is None


def test_whoever_is_left_out_is_not_waited_for() -> None:
    state = Election().set_up().state
    state.ceremony.without = (1,)
    waits = find_absent(state)
    assert waits is not None
    assert state.rules.trustees[0].id not in waits.trustees
