"""Complaints are decided before the commission signs, and what a decision orders is done (specs/copies.md §7–§8)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.errors import say
from verifier.paper.judgement import Judgement
from verifier.paper.papers import Of, PaperState, Version
from verifier.paper.standing import END, decisions, returns
from verifier.place import Place

ORDERED = {"recount", "decision"}  # reasons of a version that is there because of a decision


def judge_complaints(notes: Judgement) -> None:
    """Find complaints that were not decided in time (PRT.32), and recounts that were not made (PRT.33)."""
    check_answers(notes)
    check_recounts(notes)


def check_answers(notes: Judgement) -> None:
    """A commission or one above it decides each complaint before its own next return or the result (PRT.32, §7)."""
    state = notes.state
    for leaf, since, record in state.appeals:
        notes.counts["PRT.32"] += 1
        where, deciding = Place(unit=record.commission, record=since), state.above(record.commission)
        answers = (one for one in state.decided if leaf in one.record.about and one.record.commission in deciding)
        decided = next((answer.since for answer in answers), END)
        signed = min(signings(state, record.commission, since), default=END)
        if signed < decided:
            never = say("complaint {} is not decided, and record {} puts results into effect", record.number, signed)
            late = say("complaint {} is decided after record {} put results into effect", record.number, signed)
            notes.find("PRT.32", "error", where, never if decided == END else late)
        elif decided == END:
            notes.find("PRT.32", "information", where, say("complaint {} is still open", record.number))


def check_recounts(notes: Judgement) -> None:
    """Each unit that was to recount has a later version, or a paper that names the decision (PRT.33, §8)."""
    state = notes.state
    for leaf, since, decision in (one for one in decisions(state) if one.record.what == "recount"):
        papers = (version for history in state.versions.values() for version in history if version.since > since)
        naming = {version.paper.commission for version in papers if leaf in version.paper.parts}
        for unit in decision.units or (decision.commission,):
            notes.counts["PRT.33"] += 1
            contests = (decision.contest,) if decision.contest else state.units[unit].contests
            own = (version for version in stated(state, unit, contests) if version.since > since)
            anew = any(version.paper.reason.code in ORDERED for version in own)
            if not anew and naming.isdisjoint(state.above(unit)):
                where = Place(unit=unit, contest=decision.contest, record=since)
                said = say("no paper says that the recount was made which {} ordered", decision.commission)
                notes.find("PRT.33", "warning", where, said)


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
