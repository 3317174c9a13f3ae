"""Who votes electronically in a rehearsal, what they choose, and what comes of it (specs/rehearsal.md §3)."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from bulletin.office.nation.country import bottom, is_electronic
from bulletin.office.nation.figures import OFFICE, Poll, check
from verifier.election.manifest import COLUMN, Contest, Style
from verifier.paper.sums import ON_PAPER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verifier.paper.plan import Plan, PlanContest

VOTERS = 6


class EVoter(NamedTuple):
    """A voter on the register, by the code there; what is chosen in each contest, as numbers of its options."""

    code: str
    choices: dict[str, tuple[int, ...]]


class EVoters(NamedTuple):
    """The e-voters, all on the register of one precinct; the first of them votes on paper in the end."""

    precinct: str
    voters: tuple[EVoter, ...]

    @property
    def on_paper(self) -> EVoter:
        """Whose vote on paper counts instead."""
        return self.voters[0]


class Hours(NamedTuple):
    """When the electronic voting is opened, when all vote, and when their votes are counted; POSIX seconds."""

    opening: int
    voting: int
    counting: int


def joined(plan: Plan) -> list[PlanContest]:
    """The contests in which some vote electronically."""
    return [race for race in plan.contests if race.electronic]


def contests(plan: Plan) -> tuple[Contest, ...]:
    """These contests as the manifest has them."""
    return tuple(
        Contest(race.electronic, race.title, race.options, 0, race.marks, -(-(1 + race.marks) // COLUMN))
        for race in joined(plan)
    )


def styles(plan: Plan) -> tuple[Style, ...]:
    """One ballot with all of them."""
    ids = tuple(race.electronic for race in joined(plan))
    return (Style("electronic", ids),) if ids else ()


def enrol(plan: Plan, seed: int) -> EVoters | None:
    """E-voters of the first precinct, with made-up choices; None if nobody votes electronically."""
    if not is_electronic(plan):
        return None
    rng = random.Random(seed)  # noqa: S311  made-up votes
    voters = []
    for number in range(1, VOTERS + 1):
        marks = {race.electronic: rng.sample(range(1, len(race.options) + 1), race.marks) for race in joined(plan)}
        voters.append(EVoter(f"EVOTER{number:03}", {id: tuple(sorted(chosen)) for id, chosen in marks.items()}))
    return EVoters(bottom(plan)[0].id, tuple(voters))


def count(plan: Plan, polls: Mapping[str, Poll], evoters: EVoters) -> dict[str, Poll]:
    """The polls with what is signed of the e-voters: by their own unit, and on the list of the precinct."""
    precinct, counted = polls[evoters.precinct], len(evoters.voters) - 1
    lines = {"e-listed": counted + 1, "e-overridden": 1, "e-counted": counted, "e-withheld": 0}
    lines |= {"invalid": 0, "valid": counted, **OFFICE}
    votes: dict[str, tuple[int, ...]] = {}
    for race in joined(plan):
        chosen = Counter(n for voter in evoters.voters[1:] for n in voter.choices[race.electronic])
        votes[race.id] = tuple(chosen[number] for number in range(1, len(race.options) + 1))
    units = [unit for unit in plan.units if unit.electronic]
    own = {unit.id: Poll(lines, {race: votes[race] for race in unit.contests}) for unit in units}
    check(plan, own)
    return {**polls, **own, evoters.precinct: precinct._replace(lines=precinct.lines | {ON_PAPER: 1})}
