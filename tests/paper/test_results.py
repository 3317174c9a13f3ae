"""What is found of a result that was declared, and of what changed since (specs/results.md §6 to §9)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.reference.results import every_share
from tests.support.papers import PLAN, RACE, decide, file, state_of
from tests.support.rulings import RESULT, VOTES, Found, counted, declare, findings, honest, rewritten, ruling, summed
from verifier.paper.papers import NONE, EnteredPaper, Of, Reason, Typed
from verifier.paper.results import changes, determine, judge_results, result_form
from verifier.paper.results import counted as counted_votes
from verifier.paper.standing import END, Judgement, Papers
from verifier.place import Place

HERE = Place(unit="cec", contest=RACE, record=RESULT)


def judged(state: Papers) -> Found:
    return findings(state, judge_results)


def error(id: str) -> Found:
    return {(id, "error", HERE)}


def test_nothing_is_found_of_an_honest_result() -> None:
    state = honest()
    declare(state)
    assert judged(state) == set()
    judgement = Judgement(state, PLAN)
    judge_results(judgement)
    assert judgement.counts == {"PRT.25": 1, "PRT.26": 1, "PRT.27": 1}


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": "second round", "options": ("anar", "bolot")},
        {"outcome": "failed", "options": ()},
        {"options": ("bolot",)},
        {"options": ("against",)},
        {"options": ()},
        {"options": ("anar", "anar")},
        {"options": ("nobody",)},
        {"lots": (bytes(32),)},
    ],
    ids=str,
)
def test_a_wrong_outcome_is_found(fields: dict[str, Any]) -> None:
    """Fault 21."""
    state = honest()
    declare(state, **fields)
    assert judged(state) == error("PRT.25")


def close_race(**fields: Any) -> Papers:
    """Bolot and Cholpon have equal votes, and Anar not enough."""
    state = honest(votes={"p-1": (40, 30, 30, 2), "p-2": (6, 5, 5, 2)})
    declare(state, **{"outcome": "second round", "options": ("anar", "cholpon"), "lots": (NONE,)} | fields)
    return state


def test_a_tie_is_decided_by_lot() -> None:
    assert judged(close_race()) == set()
    assert judged(close_race(options=("anar", "bolot"))) == set()
    assert judged(close_race(lots=())) == error("PRT.25")
    assert judged(close_race(options=("bolot", "cholpon"))) == error("PRT.25")
    assert judged(close_race(options=("bolot", "anar"))) == error("PRT.25")


@pytest.mark.parametrize(
    "fields",
    [
        {"denominator": ("valid",)},
        {"denominator": ()},
        {"denominator": ("issued-inside", "electronic")},
        {"denominator": ("issued-inside", "issued-outside", "electronic", "electronic")},
        {"shares": ()},
        {"shares": (10_000, 0, 0, 0)},
    ],
    ids=str,
)
def test_shares_of_something_else_are_found(fields: dict[str, Any]) -> None:
    """Fault 22."""
    state = honest()
    declare(state, **fields)
    assert judged(state) == error("PRT.26")


def test_shares_of_valid_ballots_are_called_so() -> None:
    """Fault 22."""
    state = honest()
    valid = sum(sum(votes) for votes in VOTES.values())
    votes = [sum(votes[at] for votes in VOTES.values()) for at in range(4)]
    declare(state, shares=tuple(number * 10_000 // valid for number in votes))
    judgement = Judgement(state, PLAN)
    judge_results(judgement)
    assert [(found.id, str(found.detail)) for found in judgement.findings] == [
        ("PRT.26", "the shares are not of (issued-inside + issued-outside + electronic), but of valid")
    ]


@given(st.lists(st.integers(0, 500), min_size=4, max_size=4), st.integers(0, 2_000), st.data())
def test_a_share_is_rounded_down_or_up(votes: list[int], more: int, data: st.DataObject) -> None:
    one = replace(PLAN.contests[0], rule="plurality")
    state = honest(replace(PLAN, contests=(one,)), {"p-1": tuple(votes)})
    papers = state.versions[Of("p-1", RACE, "protocol")]
    papers[0] = papers[0]._replace(paper=replace(papers[0].paper, lines=papers[0].paper.lines | {"valid": more}))
    ruled = determine(one, votes, 0)
    right = sorted(every_share(votes, more))
    shares = data.draw(st.sampled_from(right))
    lots = (NONE,) if ruled.tied else ()
    declare(state, denominator=("valid",), shares=shares, outcome=ruled.outcome, options=ruled.options, lots=lots)
    assert judged(state) == set()
    at, off = data.draw(st.integers(0, 3)), data.draw(st.sampled_from((1, 2, 10_000)))
    state.results.clear()  # as if it were another log
    wrong = tuple(share + off * (place == at) for place, share in enumerate(right[-1]))
    declare(state, denominator=("valid",), shares=wrong, outcome=ruled.outcome, options=ruled.options, lots=lots)
    assert judged(state) == error("PRT.26")


def test_a_sum_that_was_altered_above_is_judged_from_the_bottom() -> None:
    """Fault 19: the result follows the centre's altered sum."""
    state = honest()
    false = (100, 487, 32, 15)
    file(state, replace(summed(state, "cec", "protocol-cec"), votes=false))
    whole = 645
    shares = tuple(number * 10_000 // whole for number in false)
    declare(state, options=("bolot",), shares=shares)
    assert judged(state) == error("PRT.25") | error("PRT.26")


def test_a_contest_without_a_form_of_sums_has_no_result() -> None:
    state = state_of(replace(PLAN, forms=tuple(form for form in PLAN.forms if form.level != "central")))
    sums = honest()
    record = declare(sums)
    state.results.append(sums.results[0]._replace(record=record))
    assert judged(state) == error("PRT.25")


@pytest.mark.parametrize(
    ("body", "form", "units"),
    [
        ("cec", "protocol-cec", ("p-1", "p-2", "p-3", "p-4", "p-5", "e-1")),
        ("tec-2", "protocol-tec", ("p-4", "p-5", "e-1")),
        ("p-3", "protocol", ("p-3",)),
        ("e-1", "e-protocol", ("e-1",)),
    ],
)
def test_what_stands_under_the_body_is_summed(body: str, form: str, units: tuple[str, ...]) -> None:
    one = replace(PLAN.contests[0], body=body)
    state = honest(replace(PLAN, contests=(one,)))
    found = result_form(state, one)
    assert found is not None
    assert found.id == form
    assert counted_votes(state, one, found).votes == tuple(sum(VOTES[unit][at] for unit in units) for at in range(4))
    assert set(counted_votes(state, one, found).summed) == set(units)
    assert counted_votes(state, one, found, 0).votes == (0, 0, 0, 0)
    file(state, replace(counted("p-1", VOTES["p-1"]), reason=Reason("typing", "")), RESULT + 1)
    whose = {"protocol": "p-1"} if body == "cec" else {}
    said = [str(detail) for _, detail in changes(state, one, found, RESULT, END)]
    assert said == [f"since then version 2 of {paper} of {unit} took effect" for paper, unit in whose.items()]


# --- votes that are left out ---


def test_votes_that_were_struck_are_left_out() -> None:
    state = honest()
    decide(state, ruling("strike", option="anar"), RESULT - 1)
    declare(state)
    assert judged(state) == error("PRT.25") | error("PRT.26")
    state.results.clear()  # as if it were another log
    numbers = [sum(votes[at] for votes in VOTES.values()) for at in range(4)]
    lines = sum(sum(votes) + (2 if unit[0] == "p" else 0) for unit, votes in VOTES.items())
    shares = tuple(number * 10_000 // lines for number in (0, *numbers[1:]))
    declare(state, outcome="second round", options=("bolot", "cholpon"), shares=shares)
    assert judged(state) == set()


def test_votes_that_were_struck_in_units_are_left_out_there_once() -> None:
    state = honest()
    decide(state, ruling("withdraw", "tec-1", option="anar"), RESULT - 2)
    decide(state, ruling("strike", "p-2", "e-1", option="anar"), RESULT - 1)
    left = (55 + 90, *(sum(votes[at] for votes in VOTES.values()) for at in range(1, 4)))
    lines = sum(sum(votes) + (2 if unit[0] == "p" else 0) for unit, votes in VOTES.items())
    shares = tuple(-(-number * 10_000 // lines) for number in left)
    declare(state, outcome="second round", options=("bolot", "anar"), shares=shares)
    assert judged(state) == set()


# --- since then ---


def entered(state: Papers, unit: str, since: int) -> None:
    """Let the territory enter the unit's figures."""
    made = counted(unit, VOTES[unit])
    typed = Typed(unit, RACE, made.lines, made.votes)
    state.entered.setdefault(Of(unit, RACE, "protocol"), []).append(EnteredPaper(since, "tec-1", typed))


def test_a_version_after_the_result_is_found() -> None:
    """Fault 11, after the result."""
    state = honest()
    declare(state)
    rewritten(state, "p-1", (69, 21, 6, 2), RESULT + 1, "typing")
    assert judged(state) == error("PRT.27")


def test_a_version_before_the_result_is_its_ground() -> None:
    """Fault 9."""
    state = honest()
    rewritten(state, "p-1", (69, 21, 6, 2), RESULT - 1, "typing")
    declare(state)
    assert judged(state) == set()


@pytest.mark.parametrize("form", ["protocol-tec", "protocol-cec"])
def test_a_sum_that_is_signed_anew_after_the_result_is_found(form: str) -> None:
    state = honest()
    declare(state)
    file(state, summed(state, "cec" if form == "protocol-cec" else "tec-1", form), RESULT + 1)
    assert judged(state) == error("PRT.27")


def test_papers_on_which_no_result_stands_may_follow() -> None:
    state = honest()
    declare(state)
    file(state, replace(counted("p-1", VOTES["p-1"]), form="aeu"), RESULT + 1)
    file(state, replace(counted("p-1", VOTES["p-1"]), contest="mayor"), RESULT + 2)
    file(state, replace(counted("p-1", VOTES["p-1"]), commission="elsewhere"), RESULT + 3)
    decide(state, ruling("annul", "p-1", contest="mayor"), RESULT + 4)
    decide(state, ruling("annul", "elsewhere"), RESULT + 5)
    decide(state, ruling("recount", "p-1"), RESULT + 6)
    decide(state, ruling("strike", contest="", option="anar"), RESULT + 7)
    assert judged(state) == set()


def test_rows_that_were_in_force_are_found_and_others_are_not() -> None:
    state = honest(without="p-1")
    declare(state)
    entered(state, "p-2", RESULT + 1)
    assert judged(state) == set()
    entered(state, "p-1", RESULT + 2)
    assert judged(state) == error("PRT.27")


@pytest.mark.parametrize(
    "decision",
    [
        ruling("annul", "p-1"),
        ruling("annul", "p-1", contest=""),
        ruling("strike", option="anar"),
        ruling("withdraw", "p-5", option="anar"),
    ],
    ids=lambda decision: decision.what,
)
def test_a_decision_after_the_result_is_found(decision: Any) -> None:
    """Fault 36."""
    state = honest()
    declare(state)
    decide(state, decision, RESULT + 1)
    assert judged(state) == error("PRT.27")


def test_what_was_annulled_before_and_restored_after_is_found() -> None:
    state = honest()
    leaf = decide(state, ruling("annul", "p-1"), RESULT - 1)
    declare(state)
    assert judged(state) == set()
    decide(state, ruling("uphold", revokes=leaf), RESULT + 1)
    assert judged(state) == error("PRT.27")


def test_a_later_result_takes_up_what_was_changed() -> None:
    state = honest()
    declare(state)
    decide(state, ruling("annul", "p-1"), RESULT + 1)
    declare(state, RESULT + 2)
    assert judged(state) == {("PRT.27", "information", HERE)}
    rewritten(state, "p-2", VOTES["p-2"], RESULT + 3, "typing")
    later = HERE.within(record=RESULT + 2)
    assert judged(state) == {("PRT.27", "information", HERE), ("PRT.27", "error", later)}


def test_each_change_is_told_in_its_order() -> None:
    state = honest()
    declare(state)
    decide(state, ruling("annul", "p-2"), RESULT + 1)
    rewritten(state, "p-1", (69, 21, 6, 2), RESULT + 2, "typing")
    judgement = Judgement(state, PLAN)
    judge_results(judgement)
    assert [str(found.detail) for found in judgement.findings] == [
        "since then cec decided “annul”: p-2",
        "since then version 2 of protocol of p-1 took effect",
    ]
