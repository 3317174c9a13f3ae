"""Who votes electronically in a rehearsal, and what is signed of it before anything is decrypted."""

from __future__ import annotations

from msgspec.structs import replace

from bulletin.office.nation.country import leave_registers, narrow
from bulletin.office.nation.evoters import VOTERS, contests, count, enrol, styles
from bulletin.office.nation.figures import draw
from bulletin.office.nation.people import NOBODY, KeyKeepers
from bulletin.office.plans.ready import ready_plan
from tests.support.keepers import keepers
from tests.support.ready import take_paper

VILLAGE = narrow(leave_registers(ready_plan("village-2023")), 4)


def test_nobody_votes_electronically_without_a_unit_for_it() -> None:
    plan = take_paper(VILLAGE)
    assert (enrol(plan, 1), contests(plan), styles(plan)) == (None, (), ())


def test_the_figures_are_those_of_all_but_the_voter_on_paper() -> None:
    evoters = enrol(VILLAGE, 1)
    assert evoters is not None
    polls = count(VILLAGE, draw(VILLAGE, 1), evoters)
    votes = polls["p-8199"].votes["samarkandek"]
    chosen = [voter.choices["samarkandek"][0] for voter in evoters.voters if voter is not evoters.on_paper]
    assert list(votes) == [chosen.count(number) for number in range(1, len(votes) + 1)]
    assert sum(votes) == polls["p-8199"].lines["e-counted"] == VOTERS - 1
    assert {id for id, poll in polls.items() if poll.lines.get("e-on-paper")} == {evoters.precinct}


def test_choices_follow_from_the_seed() -> None:
    assert enrol(VILLAGE, 1) == enrol(VILLAGE, 1) != enrol(VILLAGE, 2)


def test_the_manifest_has_the_contest_as_the_plan_has_it() -> None:
    """As many marks as the plan says, in columns that hold them."""
    [race] = VILLAGE.contests
    for marks, width in ((1, 1), (30, 2)):
        plan = replace(VILLAGE, contests=(replace(race, marks=marks),))
        [contest] = contests(plan)
        assert (contest.id, contest.options, contest.most) == (race.electronic, race.options, marks)
        assert contest.width == width
    assert styles(VILLAGE)[0].contests == (race.electronic,)


def test_more_than_half_of_the_trustees_can_decrypt() -> None:
    assert [NOBODY.threshold, keepers().threshold] == [0, 2]
    assert KeyKeepers(keepers().trustees[:2]).threshold == 2
