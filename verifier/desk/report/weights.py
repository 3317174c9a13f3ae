"""How much the errors in the papers weigh: the votes that they touch, beside the margin (specs/figures.md §17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from verifier.desk.report.margin import weigh_errors
from verifier.records import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.paper.standing import Judgement


class Weighed(msgspec.Struct, frozen=True):
    """Of a contest of the plan: errors, units at the bottom that have one, of how many, their votes; the margin.

    `determined` says whether a result of it is in effect.
    """

    contest: str
    title: Text
    errors: int
    touched: int
    units: int
    votes: int
    margin: int | None
    determined: bool = False


def weigh_contests(papers: Judgement | None) -> Iterator[Weighed]:
    """Each contest of the plan; none where no paper was judged."""
    if papers is None:
        return
    results = {one.record.contest for one in papers.state.results}
    for race, one in zip(papers.plan.contests, weigh_errors(papers), strict=True):
        weight = (one.errors, one.touched, one.units, one.votes, one.margin)
        yield Weighed(one.contest, race.title, *weight, one.contest in results)
