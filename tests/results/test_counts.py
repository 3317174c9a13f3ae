"""The counts of the pages are those of the checks: sums from the papers at the bottom, of every unit at once."""

from __future__ import annotations

from random import Random

import pytest

from bulletin.results.counts import RaceCounts, standing
from tests.support.papers import PLAN, PRECINCTS, RACE, decide, file, paper, state_of
from tests.support.published import fill, large
from verifier.paper.papers import NONE, Decision, EnteredPaper, Of, Typed
from verifier.paper.standing import Papers


@pytest.fixture
def state() -> Papers:
    """Four precincts of five have their papers, the electronic one too; one is annulled."""
    made, draw = state_of(), Random(4)
    for unit in ("p-1", "p-2", "p-4", "p-5"):
        fill(made, unit, draw)
    lines = {"e-listed": 12, "e-overridden": 1, "e-counted": 9, "invalid": 0, "valid": 9}
    file(made, paper("e-1", "e-protocol", lines, (4, 3, 2, 0)), 200)
    decide(made, Decision("cec", "annul", ("p-2",), RACE, "", "", 0, (), NONE, "art. 44"), 201)
    return made


@pytest.mark.parametrize(("top", "form"), [("cec", "protocol-cec"), *((tec, "protocol-tec") for tec in PRECINCTS)])
def test_every_unit_has_the_sum_from_the_bottom(state: Papers, top: str, form: str) -> None:
    counted = RaceCounts(state, PLAN.contests[0], "voting").of(top)
    expected = state.totals(PLAN.contests[0], state.forms[form], top)
    assert counted.form == form
    assert counted.votes == expected.votes
    own = {"units": len(expected.summed), "annulled": len(expected.annulled)}
    found = dict(expected.lines) | own
    assert counted.lines == {line.key: found.get(line.key, 0) for line in state.forms[form].lines}
    assert (counted.given, counted.annulled) == (len(expected.summed), len(expected.annulled))
    assert counted.planned == {"cec": 6, "tec-1": 3, "tec-2": 3}[top]


def test_what_the_scanners_report_is_counted_apart(state: Papers) -> None:
    counted = RaceCounts(state, PLAN.contests[0], "preliminary").of("cec")
    assert (counted.form, counted.given, counted.planned) == ("aeu", 3, 5)
    assert counted.votes == state.totals(PLAN.contests[0], state.forms["aeu"], "cec").votes


def test_each_figure_has_somebody_who_answers_for_it(state: Papers) -> None:
    of = Of("p-3", RACE, "protocol")
    lines = dict.fromkeys((line.key for line in state.forms["protocol"].lines), 1)
    state.entered[of] = [EnteredPaper(300, "cec", Typed("p-3", RACE, lines, (1, 0, 0, 0)))]
    found = state.figures(of)
    assert found is not None
    assert standing(state, found) == "entered-centre"
    state.entered[of].append(EnteredPaper(301, "tec-1", Typed("p-3", RACE, lines, (2, 0, 0, 0))))
    counted = RaceCounts(state, PLAN.contests[0], "voting").of("cec")
    assert counted.standings == {"signed-precinct": 4, "entered-territory": 1}


@pytest.mark.slow
def test_a_national_count_adds_up() -> None:
    state = large()
    counted = RaceCounts(state, state.races[RACE], "voting").of("cec")
    assert counted.votes == state.totals(state.races[RACE], state.forms["protocol-cec"], "cec").votes
    assert counted.given == counted.planned == 2_375
