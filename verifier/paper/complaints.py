"""Complaints are decided before the commission signs, and what a decision orders is done (specs/copies.md §7–§8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.errors import say
from verifier.paper.papers import Of
from verifier.paper.standing import decisions, returns
from verifier.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from verifier.paper.judgement import Judgement
    from verifier.paper.papers import PaperState, Version

ORDERED = {"recount", "decision"}  # reasons of a version that is there because of a decision


def judge_complaints(judgement: Judgement) -> None:
    """Find complaints that were not decided in time (PRT.32), and recounts that were not made (PRT.33)."""
    check_answers(judgement)
    check_recounts(judgement)


def check_answers(judgement: Judgement) -> None:
    """A commission or one above it decides each complaint before its own next return or the result (PRT.32, §7)."""
    state = judgement.state
    for leaf, since, record in state.appeals:
        judgement.counts["PRT.32"] += 1
        where, deciding = Place(unit=record.commission, record=since), set(above(state, record.commission))
        answers = (one for one in state.decided if leaf in one.record.about and one.record.commission in deciding)
        decided = next((answer.since for answer in answers), None)
        signed = min(signings(state, record.commission, since), default=None)
        if signed is None:
            if decided is None:
                judgement.find("PRT.32", "information", where, say("complaint {} is still open", record.number))
        elif decided is None or signed < decided:
            said = say("complaint {} is decided after record {} put results into effect", record.number, signed)
            if decided is None:
                said = say("complaint {} is not decided, and record {} puts results into effect", record.number, signed)
            judgement.find("PRT.32", "error", where, said)


def check_recounts(judgement: Judgement) -> None:
    """Each unit that was to recount has a later version, or a paper that names the decision (PRT.33, §8)."""
    state = judgement.state
    for leaf, since, decision in decisions(state):
        if decision.what == "recount":
            papers = (version for history in state.versions.values() for version in history if version.since > since)
            naming = {version.paper.commission for version in papers if leaf in version.paper.parts}
            for unit in decision.units or (decision.commission,):
                judgement.counts["PRT.33"] += 1
                contests = (decision.contest,) if decision.contest else state.units[unit].contests
                own = (version for version in stated(state, unit, contests) if version.since > since)
                anew = any(version.paper.reason.code in ORDERED for version in own)
                if not anew and naming.isdisjoint(above(state, unit)):
                    where = Place(unit=unit, contest=decision.contest, record=since)
                    said = say("no paper says that the recount was made which {} ordered", decision.commission)
                    judgement.find("PRT.33", "warning", where, said)


def above(state: PaperState, unit: str) -> Iterator[str]:
    """The unit and all above it."""
    while unit:
        yield unit
        unit = state.units[unit].above


def stated(state: PaperState, unit: str, contests: Iterable[str]) -> Iterator[Version]:
    """All versions of the papers in which the unit states results of voting in these contests."""
    for form in returns(state, state.units[unit].level):
        for contest in contests:
            yield from state.versions.get(Of(unit, contest, form.id), ())


def signings(state: PaperState, unit: str, after: int) -> Iterator[int]:
    """At which records the unit's returns and the results of its contests took effect later."""
    contests = state.units[unit].contests
    yield from (version.since for version in stated(state, unit, contests) if version.since > after)
    yield from (one.since for one in state.results if one.record.contest in contests and one.since > after)
