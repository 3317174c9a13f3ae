"""Honest figures for every precinct of a plan, drawn from a seed: all of them are made up (specs/rehearsal.md §2)."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from bulletin.office.nation.country import bottom
from verifier.paper.plan import VOTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from verifier.paper.plan import ControlRatio, Form, Match, Plan, PlanContest

USUAL = 715  # voters who take part in a precinct, on the average
LEADER = 5_422  # of 10,000 votes, the first option's where nothing is known
OFFICE = {  # what is the same in every office
    **dict.fromkeys(("appeals", "upheld", "dismissed", "referred"), 0),
    "people": 3,
    "given": 3,
    "refused": 0,
    "observers": 2,
    "representatives": 1,
    "media": 0,
    "others": 0,
}
ROUNDS = 60  # of fitting shares to totals


class NationalTotals(NamedTuple):
    """National totals of an election that was held: who took part, and the votes of some options."""

    participants: int
    votes: Mapping[str, int]


# President 2017, as declared on 30 October; everything else in a rehearsal is synthetic
KNOWN = {"jeenbekov": NationalTotals(1_697_868, {"jeenbekov": 920_620, "babanov": 568_665})}
NATIONAL = 1_000  # precincts from which on the totals of a nation fit


class Poll(NamedTuple):
    """What happened in a precinct: its figures by the keys of forms' lines, and the votes in each contest."""

    lines: dict[str, int]
    votes: dict[str, tuple[int, ...]]

    def read(self, form: Form) -> dict[str, int]:
        """The lines of one of its papers; `ValueError` names a line for which there is no figure."""
        for line in form.lines:
            if line.key not in self.lines:
                raise ValueError(f"the rehearsal knows no figure for the line {line.key} of the form {form.id}")
        return {line.key: self.lines[line.key] for line in form.lines}


def draw(plan: Plan, seed: int) -> dict[str, Poll]:
    """A poll for each precinct; `ValueError` if the plan asks for a line or a ratio that this cannot make."""
    rng = random.Random(seed)  # noqa: S311  figures that are made up
    precincts = [unit.id for unit in bottom(plan)]
    known = _known(plan, len(precincts))
    total = known.participants if known else USUAL * len(precincts)
    took_part = apportion(total, [rng.lognormvariate(0, 0.45) + 0.1 for _ in precincts])
    lines = {id: _count(rng, number) for id, number in zip(precincts, took_part, strict=True)}
    votes: dict[str, dict[str, tuple[int, ...]]] = {id: {} for id in precincts}
    units = {unit.id: unit for unit in plan.units}
    for race in plan.contests:
        places = [id for id in precincts if race.id in units[id].contests]
        territory = {above: _drift(rng, race, 0.12) for above in {units[id].above: None for id in places}}
        fixed = {option: known.votes[option] for option in known.votes} if known else {}
        rows = [lines[id]["valid"] for id in places]
        wanted = _wish(race, sum(rows), fixed, rng)
        weights = [
            [base * lean * own for base, lean, own in zip(wanted, territory[units[id].above], noise, strict=True)]
            for id, noise in ((id, _drift(rng, race, 0.06)) for id in places)
        ]
        for id, row in zip(places, fit(weights, rows, wanted), strict=True):
            votes[id][race.id] = row
    polls = {id: Poll(lines[id], votes[id]) for id in precincts}
    check(plan, polls)
    return polls


def _known(plan: Plan, precincts: int) -> NationalTotals | None:
    options = {option.id for race in plan.contests for option in race.options}
    found = next((known for option, known in KNOWN.items() if option in options), None)
    return found if precincts >= NATIONAL and len(plan.contests) == 1 else None


def _count(rng: random.Random, took_part: int) -> dict[str, int]:
    """One ballot in a few precincts is carried away; the books agree all the same."""
    outside = min(took_part, int(took_part * rng.uniform(0.005, 0.04)))
    inside, spoiled = took_part - outside, rng.randrange(5)
    carried = int(inside > 1 and rng.random() < 0.05)
    listed = int(took_part / rng.uniform(0.45, 0.7)) + spoiled + 1
    cast = took_part - carried
    invalid = min(cast, 1 + int(cast * rng.uniform(0.002, 0.02)))
    return {
        "listed": listed,
        "received": listed,
        "unused": listed - took_part - spoiled,
        "spoiled": spoiled,
        "issued-inside": inside,
        "issued-outside": outside,
        "in-portable": outside,
        "in-stationary": inside - carried,
        "invalid": invalid,
        "valid": cast - invalid,
        "scanned": cast,
        "signatures": took_part,
        "participants": took_part,
        "applications": outside,
        "e-on-paper": 0,
        "pages": -(-listed // 20),
        "identified": took_part,
        **OFFICE,
    }


def _drift(rng: random.Random, race: PlanContest, width: float) -> list[float]:
    """How much more or less than usual each option is liked."""
    return [rng.lognormvariate(0, width) for _ in race.options]


def _wish(race: PlanContest, valid: int, fixed: Mapping[str, int], rng: random.Random) -> list[int]:
    """The votes of each option in all: as known, otherwise a leader, and the others one behind the other."""
    ids = [option.id for option in race.options]
    free = [id for id in ids if id not in fixed]
    left = valid - sum(fixed.values())
    if left < 0:
        raise ValueError(f"the known totals of {race.id} are more than the {valid} valid ballots")
    first = int(left * LEADER / 10_000) if not fixed and len(free) > 1 and free[0] != race.against else 0
    rest = [id for id in free if not first or id != free[0]]
    weights = [
        rng.uniform(0.9, 1.1) * (0.15 if id == race.against else 0.75**place) for place, id in enumerate(rest, 1)
    ]
    given = dict(zip(rest, apportion(left - first, weights), strict=True))
    return [fixed[id] if id in fixed else given.get(id, first) for id in ids]


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers near these weights whose sum is `total`."""
    whole, given, met, found = sum(weights), 0, 0.0, []
    for weight in weights:
        met += weight
        found.append(round(total * met / whole) - given)
        given += found[-1]
    return found


def fit(weights: Sequence[Sequence[float]], rows: Sequence[int], columns: Sequence[int]) -> list[tuple[int, ...]]:
    """A table of whole numbers like these weights, with these sums of rows and columns, whose totals are the same."""
    table = [list(row) for row in weights]
    for _ in range(ROUNDS):
        for row, total in zip(table, rows, strict=True):
            factor = total / (sum(row) or 1)
            row[:] = [cell * factor for cell in row]
        sums = [sum(column) for column in zip(*table, strict=True)]
        factors = [total / (have or 1) for have, total in zip(sums, columns, strict=True)]
        table = [[cell * factor for cell, factor in zip(row, factors, strict=True)] for row in table]
    whole = [[int(cell) for cell in row] for row in table]
    lacking = [total - sum(column) for column, total in zip(zip(*whole, strict=True), columns, strict=True)]
    for cells, total in zip(whole, rows, strict=True):
        for _ in range(total - sum(cells)):
            place = max(range(len(lacking)), key=lacking.__getitem__)
            cells[place] += 1
            lacking[place] -= 1
        while sum(cells) > total:
            place = min((place for place in range(len(cells)) if cells[place]), key=lacking.__getitem__)
            cells[place] -= 1
            lacking[place] += 1
    if any(lacking):
        raise ValueError("the totals cannot be reached by these precincts")
    return [tuple(row) for row in whole]


def check(plan: Plan, polls: Mapping[str, Poll]) -> None:
    """`ValueError` if a ratio or match of the plan does not hold of honest figures."""
    units, forms = {unit.id: unit for unit in plan.units}, {form.id: form for form in plan.forms}
    kinds = {units[id].kind for id in polls}
    own = [form for form in plan.forms if form.kind in kinds and not form.adds]
    for id, poll in polls.items():
        for form in (form for form in own if form.kind == units[id].kind):
            poll.read(form)
            for ratio in (ratio for ratio in plan.ratios if ratio.form == form.id):
                for votes in poll.votes.values() if form.contest else ((),):
                    _check_ratio(ratio, poll.lines, votes, id)
        for match in plan.matches:
            if all(forms[each] in own for each in match.forms):
                _check_match(match, poll, id)


def holds(ratio: ControlRatio, lines: Mapping[str, int], votes: Sequence[int]) -> bool:
    """Whether these figures keep the ratio."""
    known = {**lines, VOTES: sum(votes)}
    left, right = (sum(factor * known[key] for key, factor in side.items()) for side in (ratio.left, ratio.right))
    return left == right or (left < right and ratio.relation == "at most")


def _check_ratio(ratio: ControlRatio, lines: Mapping[str, int], votes: Sequence[int], unit: str) -> None:
    if not holds(ratio, lines, votes):
        raise ValueError(f"the rehearsal's figures of {unit} do not keep {ratio.id} of the form {ratio.form}")


def _check_match(match: Match, poll: Poll, unit: str) -> None:
    for one, other in match.pairs:
        if one != other and VOTES not in {one, other} and poll.lines[one] != poll.lines[other]:
            raise ValueError(f"the rehearsal's figures of {unit} do not keep {match.id}")
