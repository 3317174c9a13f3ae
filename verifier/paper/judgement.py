"""What the judges of the papers write down: findings, and how often each clause was asked (specs/papers.md §9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verifier.errors import Detail
from verifier.place import Place
from verifier.rule import Finding, Severity

if TYPE_CHECKING:
    from verifier.paper.papers import PaperState
    from verifier.paper.plan import Plan

Between = Callable[[int], tuple[float, float]]  # the witnesses' bounds of a record's time (specs/log.md §6.5)


@dataclass
class Judgement:
    """The papers in a state, and the times of the witnesses, if their quorum is known."""

    state: PaperState
    plan: Plan
    bounds: Between | None = None
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def find(self, id: str, severity: Severity, where: Place, detail: Detail) -> None:
        """Report a finding of clause `id`: papers are judged, and never void for what they say."""
        self.findings.append(Finding(id, severity, where, detail))
