"""A second determination of results, written from specs/results.md alone: it tries every set of candidates.

Numbers stay as they are said in the page, and nothing is sorted: what is most is found by looking at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations, pairwise, permutations, product
from math import ceil
from typing import NamedTuple

Reserve = tuple[frozenset[str], Fraction]


class Rule(NamedTuple):
    """What the plan says of a contest."""

    options: tuple[str, ...]
    against: str
    seats: int
    majority: bool
    reserves: tuple[Reserve, ...] = ()


Allowed = tuple[str, set[frozenset[str]]]  # the outcome, and every choice that may be declared


def allowed(rule: Rule, votes: Mapping[str, int], participants: int) -> Allowed:
    """§2 to §5."""
    candidates = [id for id in rule.options if id != rule.against and votes[id] >= 1]  # §2
    if not candidates:
        return "failed", {frozenset()}
    leaders = max(votes[id] for id in candidates)
    if rule.against and leaders < votes[rule.against]:
        return "failed", {frozenset()}
    if rule.majority:  # §3
        if leaders > Fraction(participants, 2):
            return "elected", best(candidates, votes, 1)
        if len(candidates) == 1:
            return "failed", {frozenset()}
        return "second round", best(candidates, votes, 2)
    number = min(rule.seats, len(candidates))  # §4
    floors = []
    for reserve, part in rule.reserves:
        there = reserve & set(candidates)
        floors.append((there, min(ceil(rule.seats * part), len(there))))
    return "elected", best(candidates, votes, number, floors)


def best(
    candidates: Sequence[str],
    votes: Mapping[str, int],
    number: int,
    floors: Sequence[tuple[frozenset[str], int]] = (),
) -> set[frozenset[str]]:
    """§5: of all sets of so many candidates with the reserves, those with most votes."""
    choices = [
        frozenset(some)
        for some in combinations(candidates, number)
        if all(len(reserve.intersection(some)) >= least for reserve, least in floors)
    ]
    most = max(sum(votes[id] for id in choice) for choice in choices)
    return {choice for choice in choices if sum(votes[id] for id in choice) == most}


def orders(choice: frozenset[str], votes: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
    """§6: every order in which a choice may be written down."""
    for order in permutations(choice):
        if all(votes[one] >= votes[other] for one, other in pairwise(order)):
            yield order


def is_declared_rightly(
    rule: Rule, votes: Mapping[str, int], participants: int, declared: tuple[str, Sequence[str], int]
) -> bool:
    """§6: outcome, options and the number of lots of a result."""
    outcome, options, lots = declared
    right, choices = allowed(rule, votes, participants)
    listed = any(tuple(options) in set(orders(choice, votes)) for choice in choices)
    return outcome == right and listed and (lots > 0) == (len(choices) > 1)


def every_share(votes: Sequence[int], whole: int) -> Iterator[tuple[int, ...]]:
    """§7: every list of shares that is right."""
    exact = [Fraction(number * 10_000, whole) if whole else Fraction(0) for number in votes]
    yield from product(*({share // 1, -(-share // 1)} for share in exact))


def winners_by_lot(rule: Rule, votes: Mapping[str, int]) -> set[frozenset[str]]:
    """The sets that come about if all candidates are put in some order, those with more votes first, and seated by it.

    First the reserves are filled from the order, then the other seats: the second reading of §4 and §5.
    """
    candidates = frozenset(id for id in rule.options if id != rule.against and votes[id] >= 1)
    found = set()
    for order in orders(candidates, votes):
        seated: list[str] = []
        for reserve, part in rule.reserves:
            seated += [id for id in order if id in reserve][: ceil(rule.seats * part)]
        for id in order:
            if id not in seated and len(seated) < rule.seats:
                seated.append(id)
        found.add(frozenset(seated))
    return found
