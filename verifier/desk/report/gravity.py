"""Which failure a report names first, and what becomes of the announced result (specs/verification.md §3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.desk.report.clauses import recall
from verifier.desk.report.folding import Fold, fold, where

if TYPE_CHECKING:
    from verifier.desk.report.language import Words
    from verifier.desk.report.report import Report

# From the gravest on: a clause stands where its id stands, else where its block does. What a copy can make open or a
# finding, and never false, has no degree: so all of BRD but BRD.3; nor has what is only found of the papers.
GRAVITY: dict[str, tuple[str, ...]] = {
    "other": ("CFG.1", "CFG.10", "CFG.11"),
    "history": ("BRD.3",),
    "count": ("SEL", "MIX", "DEC", "TAL"),
    "ballots": ("BAL", "SPL"),
    "acts": ("CFG", "CRT", "KEY", *(f"PRT.{number}" for number in range(1, 10)), "DUT.1", "ART"),
    "witnesses": ("CFG.12",),
}
_DEGREES = {id: degree for degree, ids in GRAVITY.items() for id in ids}
_ORDER = list(GRAVITY)
LEAST = "witnesses"


def degree(id: str) -> str:
    """The degree of a clause; the least one for a clause that only a later version has."""
    return _DEGREES.get(id) or _DEGREES.get(id.partition(".")[0], LEAST)


def by_gravity(report: Report) -> list[Fold]:
    """The failures, each told once, the gravest first; those of one degree in the log's order."""
    return sorted(fold(report.failures), key=lambda told: _ORDER.index(degree(told.id)))


def headline(report: Report, w: Words) -> str:
    """What is wrong, whether the announced result stands, and what to do now: a rejection in one sentence."""
    gravest = by_gravity(report)[0]
    return w.say(
        "verdict.rejected.sentence",
        wrong=recall(gravest.id, w.language).wrong or w["gravity.unknown"],
        id=gravest.id,
        where=where(gravest.places, w),
        standing=standing(report, w),
        now=w[f"gravity.{degree(gravest.id)}.now"],
    )


def standing(report: Report, w: Words) -> str:
    """Whether the announced result stands, in a part of a sentence."""
    gravest = degree(by_gravity(report)[0].id)
    if gravest in ("other", "history"):
        return w[f"gravity.{gravest}.standing"]
    if report.phase == "papers":
        return w["standing.open"]
    if not report.results and not report.withheld:
        return w["standing.none"]
    if report.stands is None:
        return w["standing.witnesses" if gravest == LEAST else "standing.open"]
    return w.say("standing.stands" if report.stands else "standing.falls", void=report.void)
