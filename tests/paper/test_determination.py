"""Which result the rule allows: determined twice, the second time by trying every set of options (specs/results.md)."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.reference import results as reference
from tests.support.house import HOUSE
from tests.support.papers import PLAN, text
from verifier.election.manifest import Option
from verifier.paper.plan import PlanContest, Reserve
from verifier.paper.results import determine


def race(options: str, seats: int = 1, rule: str = "plurality", *reserves: tuple[str, int, int]) -> PlanContest:
    """A contest of options with a letter each; x is the line against all."""
    return replace(
        PLAN.contests[0],
        options=tuple(Option(id, text(id)) for id in options),
        against="x" if "x" in options else "",
        seats=seats,
        rule=rule,
        reserves=tuple(Reserve(tuple(those), part, whole) for those, part, whole in reserves),
    )


def rule_of(one: PlanContest) -> reference.Rule:
    return reference.Rule(
        options=tuple(option.id for option in one.options),
        against=one.against,
        seats=one.seats,
        majority=one.rule == "majority",
        reserves=tuple((frozenset(r.options), Fraction(r.part, r.whole)) for r in one.reserves),
    )


def compare(one: PlanContest, votes: tuple[int, ...], participants: int) -> int:
    """Both determinations allow the same; how many choices that are."""
    rule, by_option = rule_of(one), dict(zip((option.id for option in one.options), votes, strict=True))
    outcome, choices = reference.allowed(rule, by_option, participants)
    ruled = determine(one, votes, participants)
    assert ruled.outcome == outcome
    assert frozenset(ruled.options) in choices
    assert ruled.allows(ruled.options)
    common = frozenset.intersection(*choices)
    assert ruled.tied == frozenset.union(*choices) - common
    for length in range(min(len(by_option), 4) + 1):
        for declared in permutations(by_option, length):
            lots = int(len(choices) > 1)
            rightly = reference.is_declared_rightly(rule, by_option, participants, (outcome, declared, lots))
            assert ruled.allows(declared) == rightly, declared
    if outcome == "elected" and one.rule == "plurality":
        assert reference.winners_by_lot(rule, by_option) == choices
    return len(choices)


def drawn(random: Random) -> tuple[PlanContest, tuple[int, ...], int]:
    """An election with few numbers, so that many are equal, and with up to two reserves."""
    options = "abcde"[: random.randint(1, 5)] + "x" * random.randint(0, 1)
    seats = random.randint(1, 4)
    where, rest = random.randint(0, 5), seats
    reserves = []
    for those in (options[:where].replace("x", ""), options[where:].replace("x", "")):
        whole = random.randint(1, 4)
        part = random.randint(1, whole)
        if those and random.random() < 0.6 and (number := -(-seats * part // whole)) <= rest:
            reserves.append((those, part, whole))
            rest -= number
    votes = tuple(random.choice((0, 1, 2, 2, 3, random.randint(0, 9))) for _ in options)
    rule = random.choice(("majority", "plurality", "plurality"))
    return race(options, seats, rule, *reserves), votes, random.randint(0, 2 * sum(votes) + 1)


def test_a_second_determination_agrees_on_drawn_elections() -> None:
    random, choices, kept, outcomes = Random("results"), [], [], set()
    for _ in range(1_500):
        one, votes, participants = drawn(random)
        choices.append(compare(one, votes, participants))
        kept.append(choices[-1] if one.reserves else 0)
        outcomes.add((one.rule, determine(one, votes, participants).outcome, bool(one.reserves)))
    assert sum(number > 1 for number in choices) > 150
    assert sum(number > 1 for number in kept) > 100  # equal votes where seats are reserved
    assert max(choices) > 5
    assert len(outcomes) >= 8


@given(st.randoms(use_true_random=False))
def test_a_second_determination_agrees(random: Random) -> None:
    compare(*drawn(random))


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=12), st.integers(0, 10**8))
def test_of_many_options_the_first_are_elected(votes: list[int], participants: int) -> None:
    one = race("abcdefghijkl"[: len(votes)], 3)
    ruled = determine(one, votes, participants)
    assert sorted((ruled.candidates[id] for id in ruled.options), reverse=True) == sorted(filter(None, votes))[:-4:-1]


def table() -> list[tuple[str, ...]]:
    """The rows of the page's last table."""
    page = (HOUSE / "specs" / "results.md").read_text()
    return re.findall(r"^\| (a [^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)


@pytest.mark.parametrize(("votes", "rule", "participants", "allows"), table())
def test_the_page_says_what_the_rule_allows(votes: str, rule: str, participants: str, allows: str) -> None:
    numbers = {name: int(number) for name, number in (one.split() for one in votes.split(", "))}
    seats = int(found[1]) if (found := re.search(r"(\d) seat", rule)) else 1
    reserves = [
        (those.replace(", ", ""), int(part), int(whole))
        for part, whole, those in re.findall(r"(\d) in (\d) of \{(.+?)\}", rule)
    ]
    for kind in ("majority", "plurality") if rule == "either" else (rule.partition(",")[0],):
        ids = "".join("x" if name == "against" else name for name in numbers)
        one = race(ids, seats, kind, *reserves)
        whole = 1_000 if participants == "any" else int(participants)
        compare(one, tuple(numbers.values()), whole)
        ruled = determine(one, tuple(numbers.values()), whole)
        assert allows.startswith(ruled.outcome)
        assert ("by lot" in allows) == bool(ruled.tied)
        named = set(re.findall(r"\b[a-d]\b", allows.partition(": ")[2].partition(";")[0]))
        if ruled.outcome != "failed":
            assert named - {"a"} == set(ruled.options) - {"a"} | ruled.tied - {"a"}


def test_the_village_of_the_page_has_its_council() -> None:
    one = race("12345678x", 7, "plurality", ("258", 3, 10))
    ruled = determine(one, (82, 70, 141, 52, 107, 66, 40, 36, 13), 0)
    assert (ruled.outcome, "".join(ruled.options), ruled.tied) == ("elected", "3512648", frozenset())
    assert ruled.allows(tuple("3512648"))
    assert not ruled.allows(tuple("3512647"))
    assert not ruled.allows(tuple("5312648"))
    assert not ruled.allows(tuple("3351264"))
