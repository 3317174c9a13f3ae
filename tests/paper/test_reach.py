"""Honest counts give nothing, and a figure that is altered afterwards is named (specs/figures.md §18)."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.counts import OPTIONS, Poll, annul, bend, evening, judged, morning, sum_up, told
from tests.support.papers import PRECINCTS, RACE
from verifier.errors import Said
from verifier.paper.papers import Of
from verifier.paper.standing import Papers

UNITS = [id for ids in PRECINCTS.values() for id in ids]
UNSEEN = {("list-totals", "signatures"), ("meeting", "appeals"), ("copies", "given"), ("copies", "refused")}


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


def figures_of(state: Papers) -> list[tuple[Of, str]]:
    """Every figure of every paper, by its line or option."""
    return [
        (of, key)
        for of, history in state.versions.items()
        for key in (*history[-1].paper.lines, *(OPTIONS if history[-1].paper.votes else ()))
    ]


def test_one_more_anywhere_after_the_sums_is_named() -> None:
    """A finding has the unit, its form, and the line or option or a ratio with it; a match's has the other form."""
    whole = morning()
    assert whole.plan
    ratios = {ratio.id: {*ratio.left, *ratio.right} for ratio in whole.plan.ratios}
    unseen = set()
    for of, key in figures_of(whole):
        state = morning()
        raise_one(state, of, key)
        inside = {"votes", key} if key in OPTIONS else {key}
        unseen.add((of.form, key))
        for found in judged(state).findings:
            told = {
                found.where.unit,
                found.where.form,
                *(found.detail.values if isinstance(found.detail, Said) else ()),
            }
            if {of.unit, of.form} <= told and (found.where.key == key or ratios.get(found.where.key, set()) & inside):
                unseen.discard((of.form, key))
    assert unseen == UNSEEN


def raise_one(state: Papers, of: Of, key: str) -> None:
    """One more on the last version, where it stands."""
    paper = state.versions[of][-1].paper
    if key in OPTIONS:
        bend(state, of, votes=tuple(n + (option == key) for option, n in zip(OPTIONS, paper.votes, strict=True)))
    else:
        bend(state, of, {key: paper.lines[key] + 1})


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
