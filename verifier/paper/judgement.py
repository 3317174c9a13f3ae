"""What the judges of the papers write down: findings, and how often each clause was asked (specs/papers.md §9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifier.rule import Findings

if TYPE_CHECKING:
    from verifier.election.timetable import Between
    from verifier.paper.papers import PaperState
    from verifier.paper.plan import Plan


@dataclass
class Judgement(Findings):
    """The papers in a state, and the times of the witnesses, if their quorum is known."""

    state: PaperState
    plan: Plan
    bounds: Between | None = None
