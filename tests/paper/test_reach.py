"""Honest counts give nothing, and a figure that is altered afterwards is named (specs/figures.md §18)."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.counts import OPTIONS, Poll, annul, bend, evening, morning, sum_up, told
from tests.support.papers import PLAN, PRECINCTS, RACE
from tests.support.reach import figures_of, one_of_each, unnamed
from verifier.paper.papers import EnteredPaper, Of, Typed
from verifier.paper.standing import Papers

UNITS = [id for ids in PRECINCTS.values() for id in ids]
SOME = st.sets(st.sampled_from(UNITS), max_size=2)


@st.composite
def polls(draw: st.DrawFn) -> dict[str, Poll]:
    """Precincts that are not alike, near the same shares, with few invalid ballots."""
    found = {}
    for number, unit in enumerate(UNITS, 1):
        valid = draw(st.integers(0, 900))
        first, second = (valid * (30 + draw(st.integers(-8, 8))) // 100 for _ in range(2))
        against = draw(st.integers(0, valid // 20))
        invalid = draw(st.integers(0, valid // 25))
        listed = 1_000 * number + draw(st.integers(0, 99))
        cast, spoiled = valid + invalid, draw(st.integers(0, 9))
        spare = draw(st.integers(0, listed - cast - spoiled)) if listed > cast + spoiled else 0
        votes = (first, second, valid - first - second - against, against)
        found[unit] = Poll(listed, votes, invalid, draw(st.integers(0, cast)), spoiled, spare)
    return found


@given(polls(), st.sets(st.sampled_from(UNITS), max_size=2))
def test_an_honest_count_gives_nothing(found: dict[str, Poll], away: set[str]) -> None:
    state = evening(found)
    if away:
        annul(state, *sorted(away))
    sum_up(state)
    assert told(state) == set()


def enter(state: Papers, *units: str) -> None:
    """What these units returned was entered from above, and they signed nothing."""
    for unit in units:
        of = Of(unit, RACE, "protocol")
        (version,) = state.versions.pop(of)
        typed = Typed(unit, RACE, version.paper.lines, version.paper.votes)
        state.entered[of] = [EnteredPaper(version.since, "cec", typed)]


@settings(max_examples=10)
@given(polls(), SOME, SOME, st.randoms(use_true_random=False))
def test_one_more_anywhere_after_the_sums_is_named(
    found: dict[str, Poll], away: set[str], called: set[str], random: Random
) -> None:
    """Each line and option of each form and of its rows, at some unit, whatever was annulled or entered from above."""
    state = evening(found)
    enter(state, *sorted(called))
    if away:
        annul(state, *sorted(away))
    sum_up(state)
    figures = one_of_each(figures_of(state), random)
    assert {at.of.form for at in figures} == {form.id for form in PLAN.forms}
    assert unnamed(state, figures) == []


def test_every_line_of_every_form_was_one_more() -> None:
    whole = morning()
    lines = {(form.id, line.key, False) for form in PLAN.forms for line in form.lines}
    options = {(form.id, option, False) for form in PLAN.forms if form.votes for option in OPTIONS}
    kinds = {at.kind for at in figures_of(whole)}
    assert {kind for kind in kinds if not kind[2]} == lines | options
    assert {(form, key) for form, key, in_row in kinds if in_row} == {
        (form.id, key)
        for form in PLAN.forms
        for below in form.adds
        for key in (*form.takes(whole.forms[below]).values(), *OPTIONS)
    }


@pytest.mark.parametrize("ratio", ["C8", "R1", "K1"])
def test_without_its_second_source_a_figure_is_not_named(ratio: str) -> None:
    """What the property rests on: it fails for each line of a ratio that the plan has no more."""
    without = tuple(one for one in PLAN.ratios if one.id != ratio)
    state = morning(plan=replace(PLAN, ratios=without))
    [gone] = (one for one in PLAN.ratios if one.id == ratio)
    assert {at.key for at in unnamed(state, figures_of(state))} == {*gone.left, *gone.right}


FAULTS: dict[str, tuple[Of, dict[str, int], dict[str, Any]]] = {
    "a broken ratio": (Of("p-1", RACE, "protocol"), {"received": 9}, {}),
    "a list that differs": (Of("p-2", "", "list-totals"), {"listed": 1}, {}),
    "swapped candidates": (Of("p-3", RACE, "protocol"), {}, {"votes": (51, 222, 300, 20)}),
    "typed by one": (Of("p-4", RACE, "protocol"), {}, {"typed": ("m1",)}),
    "a scanner that read fewer": (
        Of("p-5", RACE, "aeu"),
        {"valid": 440, "scanned": 446},
        {"votes": (205, 163, 61, 11)},
    ),
    "a return that is not the tally": (Of("e-1", RACE, "e-protocol"), {"e-listed": 9}, {}),
}


@given(st.sets(st.sampled_from(sorted(FAULTS))))
def test_faults_at_different_units_do_not_hide_each_other(names: set[str]) -> None:
    """Together they give what each gives alone."""

    def found(names: set[str]) -> set[str]:
        state = evening()
        for name in names:
            of, lines, fields = FAULTS[name]
            bend(state, of, lines, **fields)
        sum_up(state)
        return told(state)

    alone = [found({name}) for name in names]
    assert all(alone)
    assert found(names) == {line for lines in alone for line in lines}
