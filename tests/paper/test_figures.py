"""The judges of single papers: ratios, matches, versions, signatures, what is missing, hints (specs/figures.md)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.support.counts import (
    POLLS,
    Poll,
    again,
    bend,
    count,
    details,
    evening,
    judged,
    morning,
    post,
    sit,
    sum_up,
    told,
)
from tests.support.papers import EVENING, PLAN, RACE, decide, duty, form, paper, state_of, text
from verifier.commission.quorum import Pending, Signing
from verifier.election.timetable import TimeLimit
from verifier.paper.papers import NONE, Decision, Dissent, EnteredPaper, Explanation, Of, Reason, Typed
from verifier.paper.plan import Match
from verifier.paper.standing import END, Papers
from verifier.rule import Severity

PROTOCOL = Of("p-1", RACE, "protocol")
SCANNER = Of("p-1", RACE, "aeu")
LIST = Of("p-1", "", "list-totals")
SOME_LINES = POLLS["p-1"].lines


def summed(state: Papers) -> set[str]:
    """What is told when the sums have been made of this."""
    sum_up(state)
    return told(state)


def test_an_honest_count_has_no_finding_and_every_clause_was_asked() -> None:
    judgement = judged(morning())
    assert judgement.findings == []
    asked = {f"PRT.{number}" for number in (10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 35)}
    assert set(judgement.counts) == asked
    assert judgement.counts["PRT.10"] == 5 * len(PLAN.ratios)


def test_a_broken_ratio_is_shown_with_its_figures_and_slack() -> None:
    """Fault 1: C1."""
    state = evening()
    bend(state, PROTOCOL, {"received": SOME_LINES["received"] - 1})
    assert summed(state) == {"PRT.10 error p-1 protocol v1 C1"}
    left, right = SOME_LINES["received"] - 1, SOME_LINES["received"]
    written = "unused 812 + spoiled 3 + issued-inside 502 + issued-outside 15"
    assert details(state, "PRT.10") == [f"C1: received {left} is not {written} = {right}, slack 1"]


def test_a_factor_stands_before_its_line() -> None:
    state = evening()
    bend(state, PROTOCOL, {"received": 1_362, "unused": 812 + 30})
    said = "C3: 1000 × received 1362 = 1362000 is more than 1001 × listed 1360 = 1361360, slack -640"
    assert details(state, "PRT.10") == [said]


@pytest.mark.parametrize(("ratio", "severity"), [("C5", "information"), ("C3", "warning")])
def test_a_soft_ratio_that_is_explained_is_information(ratio: str, severity: Severity) -> None:
    state = evening()
    lines = {"in-stationary": SOME_LINES["issued-inside"] + 1, "invalid": SOME_LINES["invalid"] + 1}
    bend(state, PROTOCOL, lines, explains=(Explanation(ratio, "one more was in the box"),))
    bend(state, SCANNER, {"invalid": lines["invalid"], "scanned": SOME_LINES["in-stationary"] + 16})
    assert summed(state) == {f"PRT.10 {severity} p-1 protocol v1 C5"}


def test_an_error_stays_an_error_when_it_is_explained() -> None:
    state = evening()
    bend(state, PROTOCOL, {"received": 1}, explains=(Explanation("C1", "we miscounted"),))
    assert summed(state) == {"PRT.10 error p-1 protocol v1 C1"}


def test_votes_that_are_lost_break_a_ratio_and_the_scanner_has_them() -> None:
    """Fault 2."""
    state = evening()
    bend(state, PROTOCOL, votes=(251, 177, 66, 12))
    assert summed(state) == {"PRT.10 error p-1 protocol v1 C7", "PRT.12 warning p-1 protocol v1 bolot"}
    assert details(state, "PRT.12") == ["M3: aeu says 180, this paper 177"]


def test_a_portable_box_that_is_fuller_than_the_applications_breaks_a_ratio() -> None:
    """Fault 3."""
    state = evening()
    bend(state, PROTOCOL, {"in-portable": 16, "in-stationary": SOME_LINES["in-stationary"] - 1})
    assert summed(state) == {"PRT.10 error p-1 protocol v1 C4"}


def test_candidates_that_are_swapped_disagree_with_the_scanner() -> None:
    """Fault 4: neighbours are hinted at besides; others are not."""
    state = evening()
    bend(state, PROTOCOL, votes=(66, 180, 251, 12))
    both = {"PRT.12 warning p-1 protocol v1 anar", "PRT.12 warning p-1 protocol v1 cholpon"}
    assert summed(state) == both
    state = evening()
    bend(state, PROTOCOL, votes=(180, 251, 66, 12))
    both = {"PRT.12 warning p-1 protocol v1 anar", "PRT.12 warning p-1 protocol v1 bolot"}
    assert summed(state) == both | {"PRT.35 information p-1 protocol v1 anar"}
    assert details(state, "PRT.35") == ["anar and bolot have each other's votes on aeu"]


def test_invalid_ballots_that_the_hand_count_took_are_shown_by_option() -> None:
    """Fault 6, as in 2021."""
    state = evening()
    bend(state, PROTOCOL, {"invalid": 5, "valid": 512}, votes=(251, 183, 66, 12))
    keys = ("invalid", "valid", "bolot")
    assert summed(state) == {f"PRT.12 warning p-1 protocol v1 {key}" for key in keys}


def test_acts_and_lists_agree_with_the_protocol() -> None:
    """Faults 7 and 8."""
    state = evening()
    bend(state, Of("p-1", "", "act-unused"), {"unused": 813})
    bend(state, Of("p-2", "", "list-totals"), {"listed": 979})
    assert summed(state) == {
        "PRT.11 error p-1 protocol v1 unused",
        "PRT.11 error p-2 protocol v1 listed",
    }
    assert all(one.where.contest == RACE for one in judged(state).findings)


def test_one_signature_on_the_list_is_short() -> None:
    """Fault 8, precinct 2238 in 2021: the plan must state what was issued as one line of an act."""
    issued = form("act-issued", "precinct", "issued")
    match = Match("M4", ("list-totals", "act-issued"), (("signatures", "issued"),), "error")
    state = evening(plan=replace(PLAN, forms=(*PLAN.forms, issued), matches=(*PLAN.matches, match)))
    for id, poll in POLLS.items():
        post(state, paper(id, "act-issued", {"issued": sum(poll.votes) + poll.invalid}))
    assert summed(state) == set()
    bend(state, LIST, {"signatures": 516})
    assert told(state) == {"PRT.11 error p-1 act-issued v1 issued", "PRT.10 error p-1 list-totals v1 C8"}
    assert details(state, "PRT.11") == ["M4: list-totals says 516, this paper 517"]


def test_a_paper_of_all_contests_is_compared_with_each() -> None:
    """It may stand on either side of the match; the contest is named all the same."""
    turned = replace(PLAN, matches=(replace(PLAN.matches[0], forms=("protocol", "act-unused")),))
    state = evening(plan=turned)
    bend(state, Of("p-1", "", "act-unused"), {"unused": 813})
    (one,) = judged(state).findings
    assert (one.where.form, one.where.contest, one.where.key) == ("act-unused", RACE, "unused")


def test_a_correction_in_time_is_information() -> None:
    """Fault 9."""
    state = evening()
    bend(state, PROTOCOL, {"spoiled": 2})
    again(state, PROTOCOL, {"spoiled": 3})
    assert summed(state) == {"PRT.13 information p-1 protocol v2"}
    assert details(state, "PRT.13") == ["this version changed spoiled 2 → 3"]


def test_a_version_without_a_change_is_shown_even_after_the_sum() -> None:
    state = morning()
    again(state, PROTOCOL, photos=(), reason=Reason("photo", ""))
    assert "PRT.13 information p-1 protocol v2" in told(state)
    assert details(state, "PRT.13") == ["this version changed no figure"]


def test_a_rewritten_protocol_disagrees_with_the_scanner() -> None:
    """Fault 10."""
    state = evening()
    again(state, PROTOCOL, votes=(240, 180, 77, 12))
    keys = ("anar", "cholpon")
    assert summed(state) == {
        "PRT.13 information p-1 protocol v2",
        *(f"PRT.12 warning p-1 protocol v2 {key}" for key in keys),
    }


def test_a_version_after_the_sum_is_an_error_until_the_sum_is_made_again() -> None:
    """Fault 11."""
    state = morning()
    again(state, PROTOCOL, votes=(240, 180, 77, 12))
    shown = {f"PRT.12 warning p-1 protocol v2 {key}" for key in ("anar", "cholpon")}
    wrong = {f"PRT.19 error cec protocol-cec v1 {key}" for key in ("anar", "cholpon")}
    assert told(state) == shown | wrong | {"PRT.13 error p-1 protocol v2"}
    assert details(state, "PRT.13") == [
        "this version changed anar 251 → 240, cholpon 66 → 77, and the sum of tec-1 is of one before it"
    ]
    sum_up(state)
    corrected = {"PRT.13 information tec-1 protocol-tec v2", "PRT.13 information cec protocol-cec v2"}
    none = {"PRT.13 information tec-2 protocol-tec v2"}
    assert told(state) == shown | corrected | none | {"PRT.13 information p-1 protocol v2"}


def test_a_sum_that_was_posted_before_the_version_is_of_the_one_before() -> None:
    """It took effect later, but says what its commission had before it when it was posted."""
    state = morning()
    of = Of("tec-1", RACE, "protocol-tec")
    since = state.versions[of][0].since
    again(state, PROTOCOL, votes=(240, 180, 77, 12))
    late = state.versions[PROTOCOL][-1].since + 1
    state.versions[of][0] = state.versions[of][0]._replace(since=late, posted=since)
    assert "PRT.13 error p-1 protocol v2" in told(state)


def test_a_version_without_its_signatures_is_found() -> None:
    """Fault 12."""
    state = morning()
    draft = replace(state.versions[PROTOCOL][-1].paper, typed=("m2", "m3"))
    state.pending[bytes(32)] = Pending(900, draft, (Signing(901, "m1"),))
    assert told(state) == {"PRT.16 warning p-1 protocol"}
    assert details(state, "PRT.16") == ["it has 1 of the 2 signatures that it needs"]
    assert judged(state).findings[0].where.record == 900


def test_who_was_present_signs() -> None:
    """Fault 13; who signs later has signed, and dissent is shown."""
    state = evening()
    leaf = state.versions[PROTOCOL][-1].leaf
    state.pending[leaf] = (pending := state.pending[leaf])._replace(signers=pending.signers[:2])
    bend(state, PROTOCOL, dissent=(Dissent("m3", "the seal was broken"),))
    assert summed(state) == {"PRT.14 warning p-1 protocol v1", "PRT.14 information p-1 protocol v1"}
    assert details(state, "PRT.14") == ["present, and did not sign: m3", "dissent is noted of m3"]
    state.pending[leaf] = pending
    assert told(state) == {"PRT.14 information p-1 protocol v1"}


def test_another_person_of_the_same_id_has_not_signed_for_the_one_who_was_present() -> None:
    state = morning()
    seated = state.rosters["p-1"][0]
    others = (*seated.roster.members[:2], replace(seated.roster.members[2], certificate=b"new"))
    leaf = state.versions[PROTOCOL][-1].leaf
    state.rosters["p-1"].append(seated._replace(since=5_000, roster=replace(seated.roster, members=others)))
    pending = state.pending[leaf]
    signers = (*pending.signers[:2], Signing(5_001, "m3"))
    state.pending[leaf] = pending._replace(signers=signers)
    assert details(state, "PRT.14") == ["present, and did not sign: m3"]


def test_a_form_needs_chair_and_secretary() -> None:
    state = morning()
    leaf = state.versions[PROTOCOL][-1].leaf
    bend(state, PROTOCOL, present=("m1", "m3"))
    pending = state.pending[leaf]
    state.pending[leaf] = pending._replace(signers=(pending.signers[0], pending.signers[2]))
    assert details(state, "PRT.14") == ["nobody signed as secretary"]


@pytest.mark.parametrize("typed", [(), ("m1",), ("m2", "m2")])
def test_two_people_type(typed: tuple[str, ...]) -> None:
    """Fault 14."""
    state = morning()
    bend(state, PROTOCOL, typed=typed)
    assert told(state) == {"PRT.15 warning p-1 protocol v1"}


def test_what_was_entered_from_above_is_judged_without_signatures_and_typists() -> None:
    state = evening()
    del state.versions[PROTOCOL]
    lines = SOME_LINES | {"received": 1}
    state.entered[PROTOCOL] = [EnteredPaper(7, "cec", Typed("p-1", RACE, lines, POLLS["p-1"].votes))]
    assert summed(state) == {"PRT.10 error p-1 protocol C1"}


def missing() -> Papers:
    """The protocol of p-3 is missing, and nothing is summed."""
    state = evening()
    del state.versions[Of("p-3", RACE, "protocol")]
    return state


def test_a_missing_protocol_is_information_until_it_is_summed_without() -> None:
    """Fault 15 before the sums; the sums' commissions have not begun, and owe nothing yet."""
    state = missing()
    assert told(state) == {"PRT.17 information p-3 protocol"}
    assert summed(state) == {"PRT.17 error p-3 protocol", "PRT.21 error tec-1 protocol-tec v1 row 3"}
    assert details(state, "PRT.17") == ["it is missing, and tec-1 has a sum without it"]


def test_nothing_is_missing_before_anybody_has_counted() -> None:
    state = state_of()
    sit(state)
    assert told(state) == set()
    count(state, "p-1", POLLS["p-1"])
    assert told(state) == {f"PRT.17 information {unit} protocol" for unit in ("p-2", "p-3", "p-4", "p-5")}


@pytest.mark.parametrize(("low", "ahead", "severity"), [(0, 0, "error"), (-1, 0, "information"), (-1, 1, "error")])
def test_a_missing_protocol_is_an_error_when_its_time_is_over(low: int, ahead: int, severity: Severity) -> None:
    """By the witnesses' latest look at the log, and by the unit's own clock."""
    due = EVENING + 36_000
    duties = tuple(replace(one, until=due) if one.id == "B9" else one for one in PLAN.duties)
    state = missing()
    state.plan = replace(PLAN, duties=duties)
    state.units["p-3"] = replace(state.units["p-3"], ahead=ahead)
    looked: list[int] = []

    def bounds(record: int) -> tuple[float, float]:
        looked.append(record)
        return due + low, float("inf")

    assert told(state, bounds) == {f"PRT.17 {severity} p-3 protocol"}
    assert set(looked) == {END}


def test_a_decision_amends_when_it_is_due() -> None:
    state = missing()
    duties = tuple(replace(one, until=EVENING) if one.id == "B9" else one for one in PLAN.duties)
    state.plan = replace(PLAN, duties=duties)
    later = Decision("cec", "amend", ("p-3",), "", "", "B9", EVENING + 100, (), NONE, "a flood")
    assert told(state, lambda _: (EVENING + 50, 0)) == {"PRT.17 error p-3 protocol"}
    decide(state, later, 500)
    assert told(state, lambda _: (EVENING + 50, 0)) == {"PRT.17 information p-3 protocol"}
    assert told(state, lambda _: (EVENING + 100, 0)) == {"PRT.17 error p-3 protocol"}


def test_hints_are_given_of_fifty_votes_or_more() -> None:
    """The same figures twice, a share far from the others', many invalid ballots."""
    polls = POLLS | {
        "p-2": POLLS["p-3"],
        "p-4": POLLS["p-4"]._replace(votes=(0, 0, 45, 0), invalid=3),
        "p-5": POLLS["p-5"]._replace(invalid=30, spare=600),
    }
    assert told(evening(polls)) - told(evening()) == {
        "PRT.35 information p-3 protocol v1",
        "PRT.35 information p-5 protocol v1 invalid",
    }
    polls["p-4"] = POLLS["p-4"]._replace(votes=(0, 0, 50, 0), invalid=3)
    state = evening(polls)
    assert "PRT.35 information p-4 protocol v1 cholpon" in told(state)
    assert "PRT.35 information p-4 protocol v1 invalid" in told(state)
    hints = details(state, "PRT.35")
    assert "it has the figures of p-2" in hints
    assert "3 of 53 ballots are invalid" in hints
    assert "cholpon has 50 of 50 votes here, 112 of 504 under tec-2" in hints


@pytest.mark.parametrize(("votes", "invalid", "hinted"), [(57, 3, True), (58, 3, False), (46, 3, False), (47, 3, True)])
def test_five_in_a_hundred_of_fifty_ballots_are_many(votes: int, invalid: int, *, hinted: bool) -> None:
    polls = POLLS | {"p-4": Poll(640, (0, votes, 0, 0), invalid)}
    assert ("PRT.35 information p-4 protocol v1 invalid" in told(evening(polls))) == hinted


@pytest.mark.parametrize(("others", "hinted"), [(99, False), (100, True)])
def test_a_share_is_far_at_fifty_points(others: int, *, hinted: bool) -> None:
    """50 of 50 here, 100 of 199 or of 200 under the same territory."""
    state = evening({"p-4": Poll(640, (50, 0, 0, 0)), "p-5": Poll(640, (50, others, 0, 0))})
    del state.versions[Of("e-1", RACE, "e-protocol")]
    said = f"anar has 50 of 50 votes here, 100 of {100 + others} under tec-2"
    assert (said in details(state, "PRT.35")) == hinted


def test_the_time_of_a_duty_may_stand_in_the_manifest() -> None:
    """A time limit that says from when does not say until when."""
    state = missing()
    assert state.manifest
    limit = TimeLimit("counted", "tally", "by", EVENING, inclusive=False, words=text("by eight"))
    begun = replace(limit, id="begun", bound="from")
    state.manifest = replace(state.manifest, timetable=(limit, begun))
    for id, severity in (("counted", "error"), ("begun", "information")):
        state.plan = replace(PLAN, duties=(duty("B9", "precinct", "paper", "protocol", limit=id),))
        assert told(state, lambda _: (EVENING, 0)) == {f"PRT.17 {severity} p-3 protocol"}
