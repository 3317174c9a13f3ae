"""A nation that never was: its figures keep the plan, its papers are admitted, and all of it is on time."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bulletin.office.nation.country import bottom, narrow
from bulletin.office.nation.figures import KNOWN, apportion, draw, fit
from bulletin.office.nation.watch import limits, look, witness
from tests.support.nations import PAPERS, act, fold_all, nation
from tests.support.papers import RACE, ratio, unit
from verifier.election.manifest import Option
from verifier.paper.papers import Of


def test_the_whole_of_it_is_admitted() -> None:
    chronicle = act(seed=1)
    state = fold_all(chronicle)
    assert state.phase == "papers"
    assert [one.record.outcome for one in state.results] == ["elected"]
    for tec, precincts in {"tec-1": ("p-1", "p-2", "p-3"), "tec-2": ("p-4", "p-5")}.items():
        counted = [state.figures(Of(id, RACE, "protocol")) for id in precincts]
        total = state.figures(Of(tec, RACE, "protocol-tec"))
        assert total
        assert total.votes == tuple(map(sum, zip(*(one.votes for one in counted if one), strict=True)))


def test_the_chronicle_knows_where_each_paper_takes_effect() -> None:
    chronicle = act(seed=2)
    state = fold_all(chronicle)
    leaves = chronicle.leaves()
    for of, history in state.versions.items():
        known = chronicle.papers[of]
        assert [(v.leaf, v.since) for v in history] == [(w.leaf, leaves[w.effect]) for w in known]


@given(st.integers(0, 2**32))
def test_figures_follow_from_the_seed_and_keep_the_plan(seed: int) -> None:
    polls = draw(PAPERS, seed)  # which checks every ratio and match
    assert polls == draw(PAPERS, seed)
    assert polls != draw(PAPERS, seed + 1)


def test_a_plan_that_asks_for_something_else_is_refused() -> None:
    strange = replace(PAPERS, ratios=(ratio("X", "protocol", "unused", "equal", "spoiled"),))
    with pytest.raises(ValueError, match="do not keep X of the form protocol"):
        draw(strange, 1)


def test_known_totals_come_out() -> None:
    known = KNOWN["jeenbekov"]
    tecs = [unit(f"tec-{n}", "territorial", "cec") for n in range(8)]
    precincts = [unit(f"p-{n}", "precinct", f"tec-{n % 8}") for n in range(2375)]
    race = PAPERS.contests[0]
    options = tuple(Option(id, race.title) for id in ("jeenbekov", "babanov", "madumarov", "sariev", "against"))
    plan = replace(PAPERS, units=(PAPERS.units[0], *tecs, *precincts), contests=(replace(race, options=options),))
    polls = draw(plan, 1)
    votes = [sum(column) for column in zip(*(poll.votes[RACE] for poll in polls.values()), strict=True)]
    assert dict(zip(("jeenbekov", "babanov"), votes, strict=False)) == dict(known.votes)
    took_part = sum(poll.lines["issued-inside"] + poll.lines["issued-outside"] for poll in polls.values())
    assert took_part == known.participants
    assert len({poll.votes[RACE] for poll in polls.values()}) > 2_300  # nothing is uniform


@given(st.lists(st.floats(0.1, 9), min_size=1, max_size=20), st.integers(0, 10_000))
def test_parts_make_the_whole(weights: list[float], total: int) -> None:
    parts = apportion(total, weights)
    assert sum(parts) == total
    assert all(abs(part - total * weight / sum(weights)) <= 1 for part, weight in zip(parts, weights, strict=True))


@given(st.lists(st.integers(0, 500), min_size=1, max_size=12), st.integers(1, 6), st.randoms(use_true_random=False))
def test_a_table_has_the_sums_that_are_asked_for(rows: list[int], width: int, rng: Random) -> None:
    columns = apportion(sum(rows), [rng.uniform(0.1, 1) for _ in range(width)])
    table = fit([[rng.uniform(0.1, 1) for _ in range(width)] for _ in rows], rows, columns)
    assert [sum(row) for row in table] == rows
    assert [sum(column) for column in zip(*table, strict=True)] == columns
    assert min(map(min, table)) >= 0


def test_part_of_a_plan_has_all_that_is_above_it() -> None:
    small = narrow(PAPERS, 3)
    assert [unit.id for unit in bottom(small)] == ["p-1", "p-2", "p-3"]
    assert [unit.id for unit in narrow(PAPERS, 1).units] == ["cec", "tec-1", "p-1"]
    assert narrow(PAPERS, 99) == PAPERS
    with pytest.raises(ValueError, match="one precinct at least"):
        narrow(PAPERS, 0)


def test_every_duty_is_done_in_its_time() -> None:
    chronicle = act(seed=3)
    state = fold_all(chronicle)
    watched = witness(look(PAPERS, chronicle.postings))
    for duty in (duty for duty in PAPERS.duties if duty.evidence.kind == "paper"):
        sinces = [v[0].since for of, v in state.versions.items() if of.form == duty.evidence.of]
        assert sinces
        for low, up in map(watched.bounds, sinces):
            assert duty.since <= low < up
            assert not duty.until or up < duty.until


def test_witnesses_look_at_every_limit_unless_they_are_blind() -> None:
    chronicle = act(seed=3)
    begin, end = chronicle.postings[0].at, chronicle.postings[-1].at
    inside = {at for at in limits(PAPERS) if begin < at <= end}
    assert inside
    assert inside <= {each.at for each in look(PAPERS, chronicle.postings)}
    night = range(min(inside), min(inside) + 1)
    assert min(inside) not in {each.at for each in look(PAPERS, chronicle.postings, [night])}


def test_everybody_has_a_key_of_their_own() -> None:
    people = [person for sitting in nation().sittings.values() for person in sitting.people]
    assert len({person.member.key for person in people}) == len(people) == sum(unit.members for unit in PAPERS.units)
