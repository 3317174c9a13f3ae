"""Manifests that plans fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tests.support.papers import text
from verifier.commission.roster import Commission
from verifier.election.manifest import Contest, Manifest
from verifier.election.timetable import TimeLimit

if TYPE_CHECKING:
    from verifier.paper.plan import Plan

LIMIT = TimeLimit("list-closed", "register", "by", 1_679_767_200, inclusive=True, words=text("till the 25th"))


def manifest_for(plan: Plan, **fields: Any) -> Manifest:
    """A manifest with the commissions that the plan has above all, the contests that join it, one time limit."""
    tops = [unit for unit in plan.units if not unit.above]
    joined = [contest for contest in plan.contests if contest.electronic]
    plain = Manifest(
        spec="aikyn/1",
        election="papers",
        title=text("papers"),
        nonce=bytes(32),
        origin="board.example/papers",
        log_key=bytes(32),
        operator=bytes(32),
        policy="",
        contests=tuple(Contest(each.electronic, each.title, each.options, 0, each.marks, 1) for each in joined),
        styles=(),
        commissions=tuple(Commission(each.id, each.name, "central", "", each.quorum, each.members) for each in tops),
        central=tops[0].id,
        roster=bytes(32),
        trustees=(),
        threshold=1,
        least_trustees=1,
        mixers=(),
        mixes=1,
        minimum=1,
        telephone="",
        timetable=(LIMIT,),
    )
    return replace(plain, **fields)
