"""Complaints and recounts that were ordered (specs/copies.md §7 and §8)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.papers import PLAN, QUIET, RACE, decide, file, paper
from tests.support.rulings import (
    CENTRE,
    RESULT,
    VOTES,
    Found,
    appeal,
    counted,
    declare,
    findings,
    honest,
    rewritten,
    ruling,
    summed,
)
from verifier.paper.copies import judge_complaints
from verifier.paper.standing import Judgement, Papers
from verifier.place import Place

COUNTED, SUMMED = 1, 7  # the records of the return of p-1 and of the sum of tec-1


def judged(state: Papers) -> Found:
    return findings(state, judge_complaints)


def sentences(state: Papers) -> list[str]:
    judgement = Judgement(state, PLAN)
    judge_complaints(judgement)
    return [str(finding.detail) for finding in judgement.findings]


def complaint(severity: str, unit: str = "p-1", since: int = 0) -> Found:
    return {("PRT.32", severity, Place(unit=unit, record=since))}  # type: ignore[arg-type]


def test_nothing_is_found_without_complaints_and_orders() -> None:
    assert judged(honest()) == set()


def test_an_undecided_complaint_is_found_when_the_return_is_signed() -> None:
    """Fault 25."""
    state = honest()
    appeal(state, "p-1", 0)
    assert judged(state) == complaint("error")
    assert sentences(state) == ["complaint p-1/0 is not decided, and record 1 puts results into effect"]


def test_a_complaint_is_decided_by_its_commission_or_one_above() -> None:
    for commission in ("p-1", "tec-1", "cec"):
        state = honest()
        leaf = appeal(state, "p-1", -2)
        decide(state, ruling("dismiss", commission=commission, about=(leaf,)), -1)
        assert judged(state) == set()
    for commission in ("p-2", "tec-2"):
        state = honest()
        leaf = appeal(state, "p-1", -2)
        decide(state, ruling("dismiss", commission=commission, about=(leaf,)), -1)
        assert judged(state) == complaint("error", since=-2)


def test_a_decision_after_the_signing_is_too_late() -> None:
    state = honest()
    leaf = appeal(state, "p-1", 0)
    decide(state, ruling("uphold", about=(leaf,)), 30)
    assert judged(state) == complaint("error")
    assert sentences(state) == ["complaint p-1/0 is decided after record 1 put results into effect"]


def test_a_complaint_about_another_matter_is_not_decided_by_this() -> None:
    state = honest()
    appeal(state, "p-1", 0)
    other = appeal(state, "p-1", -2)
    decide(state, ruling("dismiss", about=(other,)), -1)
    assert judged(state) == complaint("error")


def test_a_complaint_is_open_until_something_is_signed() -> None:
    state = honest()
    leaf = appeal(state, "p-1", CENTRE + 1)
    assert judged(state) == complaint("information", since=CENTRE + 1)
    assert sentences(state) == ["complaint p-1/10 is still open"]
    file(state, replace(counted("p-1", VOTES["p-1"]), form="aeu"), CENTRE + 2)
    file(state, paper("p-1", "meeting", QUIET | {"appeals": 1, "referred": 1}), CENTRE + 3)
    rewritten(state, "p-2", VOTES["p-2"], CENTRE + 4, "typing")
    assert judged(state) == complaint("information", since=CENTRE + 1)
    declare(state)
    assert judged(state) == complaint("error", since=CENTRE + 1)
    decide(state, ruling("dismiss", about=(leaf,)), CENTRE + 5)
    assert judged(state) == set()


def test_a_territory_decides_before_it_sums_up() -> None:
    state = honest()
    leaf = appeal(state, "tec-1", COUNTED)
    assert judged(state) == complaint("error", "tec-1", COUNTED)
    decide(state, ruling("dismiss", commission="tec-1", about=(leaf,)), SUMMED - 1)
    assert judged(state) == set()


def test_the_next_version_waits_for_the_decision() -> None:
    state = honest()
    leaf = appeal(state, "p-1", CENTRE + 1)
    rewritten(state, "p-1", VOTES["p-1"], CENTRE + 4, "recount")
    assert judged(state) == complaint("error", since=CENTRE + 1)
    decide(state, ruling("recount", "p-1", about=(leaf,)), CENTRE + 2)
    assert judged(state) == set()


def test_a_result_before_it_or_of_another_contest_leaves_a_complaint_open() -> None:
    state = honest()
    declare(state)
    appeal(state, "p-1", RESULT + 1)
    declare(state, RESULT + 2, contest="mayor")
    assert judged(state) == complaint("information", since=RESULT + 1)


def test_each_complaint_and_each_unit_that_is_to_recount_is_asked_about() -> None:
    state, _ = ordered("p-1", "p-2")
    appeal(state, "p-1", 0)
    judgement = Judgement(state, PLAN)
    judge_complaints(judgement)
    assert judgement.counts == {"PRT.32": 1, "PRT.33": 2}


@given(st.integers(-5, 25), st.none() | st.integers(-5, 25), st.sampled_from([(), (RESULT,)]))
def test_a_complaint_is_decided_before_it_is_due(since: int, decided: int | None, results: tuple[int, ...]) -> None:
    state = honest()
    leaf = appeal(state, "p-1", since)
    for result in results:
        declare(state, result)
    if decided is not None:
        decide(state, ruling("dismiss", about=(leaf,)), decided)
    due = [record for record in (COUNTED, *results) if record > since]
    if decided is not None and not (due and decided > due[0]):
        assert judged(state) == set()
    else:
        assert judged(state) == complaint("error" if due else "information", since=since)


# --- recounts ---


def missed(*units: str, contest: str = RACE) -> Found:
    return {("PRT.33", "warning", Place(unit=unit, contest=contest, record=CENTRE + 1)) for unit in units}


def ordered(*units: str, contest: str = RACE) -> tuple[Papers, bytes]:
    state = honest()
    return state, decide(state, ruling("recount", *units, contest=contest), CENTRE + 1)


def test_a_recount_that_was_not_made_is_found() -> None:
    """Fault 26."""
    state, _ = ordered("p-1", "p-2")
    assert judged(state) == missed("p-1", "p-2")
    assert sentences(state)[0] == "no paper says that the recount was made which cec ordered"
    rewritten(state, "p-1", VOTES["p-1"], CENTRE + 2, "recount")
    assert judged(state) == missed("p-2")
    rewritten(state, "p-2", VOTES["p-2"], CENTRE + 3, "decision")
    assert judged(state) == set()


def test_a_version_before_the_order_or_for_another_reason_is_no_recount() -> None:
    state, _ = ordered("p-1")
    rewritten(state, "p-1", VOTES["p-1"], CENTRE, "recount")
    rewritten(state, "p-1", VOTES["p-1"], CENTRE + 2, "typing")
    file(state, replace(counted("p-1", VOTES["p-1"]), form="aeu"), CENTRE + 3)
    assert judged(state) == missed("p-1")


@pytest.mark.parametrize(("unit", "left"), [("cec", ()), ("tec-1", ("p-5",)), ("p-1", ("p-5",)), ("tec-2", ("p-1",))])
def test_a_commission_above_may_recount_in_a_paper_of_its_own(unit: str, left: tuple[str, ...]) -> None:
    state, leaf = ordered("p-1", "p-5")
    file(state, paper(unit, "recount", {"valid": 1}, parts=(leaf,)), CENTRE + 2)
    assert judged(state) == missed(*left)


def test_a_paper_that_names_another_decision_is_no_recount() -> None:
    state, _ = ordered("p-1")
    other = decide(state, ruling("recount", "p-2"), CENTRE - 1)
    rewritten(state, "p-2", VOTES["p-2"], CENTRE + 2, "recount")
    file(state, paper("tec-1", "recount", {"valid": 1}, parts=(other,)), CENTRE + 3)
    assert judged(state) == missed("p-1")


def test_a_paper_that_was_in_effect_before_the_order_does_not_fulfil_it() -> None:
    state, leaf = ordered("p-1")
    file(state, paper("tec-1", "recount", {"valid": 1}, parts=(leaf,)), CENTRE)
    assert judged(state) == missed("p-1")


def test_a_commission_recounts_its_own() -> None:
    state, _ = ordered(contest="")
    assert judged(state) == missed("cec", contest="")
    file(
        state,
        replace(
            summed(state, "cec", "protocol-cec"), reason=replace(counted("p-1", VOTES["p-1"]).reason, code="recount")
        ),
        CENTRE + 2,
    )
    assert judged(state) == set()


def test_an_order_that_was_revoked_binds_nobody() -> None:
    state, leaf = ordered("p-1")
    decide(state, ruling("dismiss", revokes=leaf), CENTRE + 2)
    assert judged(state) == set()


def test_a_recount_of_another_contest_is_another_recount() -> None:
    state, _ = ordered("p-1", contest="mayor")
    rewritten(state, "p-1", VOTES["p-1"], CENTRE + 2, "recount")
    assert judged(state) == missed("p-1", contest="mayor")


def test_what_is_annulled_or_struck_asks_for_nothing() -> None:
    state = honest()
    decide(state, ruling("annul", "p-1"), CENTRE + 1)
    decide(state, ruling("strike", option="anar"), CENTRE + 2)
    assert judged(state) == set()
