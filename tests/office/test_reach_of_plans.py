"""Of each ready plan, no line of any form can be one more after the sums unseen (specs/figures.md §18)."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bulletin.office.plans import READY
from tests.support.reach import figures_of, one_of_each, unnamed
from tests.support.ready import fold_ready, part
from verifier.desk.report.plan import sourced

if TYPE_CHECKING:
    from bulletin.office.plans import Ready

PRECINCTS = 4


@pytest.mark.slow
@pytest.mark.parametrize("name", READY)
@settings(max_examples=4)
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_one_more_anywhere_after_the_sums_is_named(name: Ready, seed: int, random: Random) -> None:
    """Each line and option of each form and of its rows, at some unit of an honest election."""
    state = fold_ready(name, PRECINCTS, seed)
    assert unnamed(state, one_of_each(figures_of(state), random)) == []


@pytest.mark.parametrize("name", READY)
def test_every_line_of_every_form_was_one_more(name: Ready) -> None:
    plan, state = part(name, PRECINCTS), fold_ready(name, PRECINCTS, 1)
    lines = {(form.id, line.key) for form in plan.forms for line in form.lines}
    options = {(form.id, option.id) for form in plan.forms if form.votes for option in plan.contests[0].options}
    kinds = {at.kind for at in figures_of(state)}
    assert {(form, key) for form, key, in_row in kinds if not in_row} == lines | options
    assert {form for form, _, in_row in kinds if in_row} == {form.id for form in plan.forms if form.table != "none"}


@pytest.mark.parametrize(
    ("gone", "lines"),
    [
        ("M2", {("list-totals", "listed"), ("protocol", "listed")}),
        ("M8", {("handover-tec", "units"), ("handover-tec", "annulled")}),
        ("C8-slips", {("act-issued", "identified")}),
        ("K1", {("copies", "people"), ("copies", "refused")}),
    ],
)
def test_without_its_second_source_a_line_is_not_named(gone: str, lines: set[tuple[str, str]]) -> None:
    """What the property rests on: it fails for what the plan states only once."""
    state, forms = fold_ready("president-2017", PRECINCTS, 2), {form for form, _ in lines}
    whole = state.planned
    state.plan = replace(
        whole,
        ratios=tuple(one for one in whole.ratios if one.id != gone),
        matches=tuple(one for one in whole.matches if one.id != gone),
    )
    figures = one_of_each([at for at in figures_of(state) if at.of.form in forms], Random(2))
    assert {at.kind[:2] for at in unnamed(state, figures)} == lines
    lacking = {(id, key) for id in forms for key in state.forms[id].keys - sourced(state.plan, state.forms[id])}
    assert lacking == lines
