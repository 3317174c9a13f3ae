"""All that is to be said of the papers, in the order of the clauses (specs/papers.md)."""

from verifier.election.timetable import Between
from verifier.paper.copies import judge_complaints, judge_copies
from verifier.paper.duties import judge_duties
from verifier.paper.figures import judge_figures
from verifier.paper.results import judge_results
from verifier.paper.standing import Judgement, Papers
from verifier.paper.sums import judge_sums

JUDGES = (judge_figures, judge_sums, judge_results, judge_copies, judge_complaints, judge_duties)


def weigh(state: Papers, bounds: Between | None) -> Judgement | None:
    """What the papers show, by the witnesses' times if they are known; None if there are none, or they lie aside."""
    if state.plan is None or state.unjudged:
        return None
    judgement = Judgement(state, state.plan, bounds)
    judgement.counts.update({"PRT.1": 1, "PRT.2": sum(len(state.rosters.get(unit, ())) for unit in state.units)})
    for judge in JUDGES:
        judge(judgement)
    return judgement
