"""What the judges of the papers write down: findings, and how often each clause was asked (specs/papers.md §9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from verifier.election.timetable import Between
from verifier.paper.papers import PaperState
from verifier.paper.plan import Plan
from verifier.rule import Findings

T = TypeVar("T")


@dataclass
class Judgement(Findings):
    """The papers in a state, and the times of the witnesses, if their quorum is known."""

    state: PaperState
    plan: Plan
    bounds: Between | None = None

    def asking(self, items: Iterable[T], *ids: str) -> Iterator[T]:
        """The items, of each of which these clauses are asked."""
        for item in items:
            for id in ids:
                self.counts[id] += 1
            yield item
