"""The second fold on the elections of specs/vectors: election.json and its sisters, each clause with its record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reference.commissions import Bounds
from tests.reference.duties import judge_duties
from tests.reference.figures import judge_figures
from tests.reference.papers import Papers
from tests.reference.rulings import judge_rulings
from tests.reference.standing import Found, Standing
from tests.reference.sums import judge_sums

JUDGES = (judge_figures, judge_sums, judge_rulings, judge_duties)


def judge_papers(fold: Papers, size: int, bounds: Callable[[int], Bounds] | None) -> list[Found]:
    """What the papers show, if none is missing in this copy."""
    if fold.plan is None or fold.lacking:
        return []
    on = Standing(fold, size, bounds)
    for judge in JUDGES:
        judge(on)
    return on.found


def replay(file: dict[str, Any], v: dict[str, Any]) -> Papers:
    log: list[str] = []
    for part in v["log"]:
        log += [part] if isinstance(part, str) else file["honest"]["records"][slice(*part)]
    election = Papers({**file["honest"]["blobs"], **v["blobs"]}, file["roots"])
    election.replay(record.encode() for record in log)
    election.judge_signatures(seen(v))
    return election


def seen(v: dict[str, Any]) -> Callable[[int], Bounds] | None:
    """log.md §6.5, where all witnesses look at once."""
    stamps = v.get("stamps", [])

    def bounds(index: int) -> Bounds:
        low = [time for size, time in stamps if size <= index]
        up = [time for size, time in stamps if size > index]
        return max(low, default=-float("inf")), min(up, default=float("inf"))

    return bounds if stamps else None


def size_of(v: dict[str, Any]) -> int:
    return sum(1 if isinstance(part, str) else part[1] - part[0] for part in v["log"])


def judge_elections(file: dict[str, Any]) -> dict[str, bool]:
    """Whether this fold agrees, by the name of each vector of a file."""
    agrees = {}
    for v in file["accepted"]:
        election = replay(file, v)
        papers = judge_papers(election, size_of(v), seen(v))
        findings = [*election.findings, *((one.clause, one.record) for one in papers)]
        verdict = "rejected" if election.failures else "accepted with findings" if findings else "accepted"
        places = [(clause, None if isinstance(place, str) else place) for clause, place in findings]
        found = sorted(([clause, place] for clause, place in places), key=str)
        said = (verdict, election.phase, election.counts, found)
        agrees[v["name"]] = said == (v["verdict"], v["phase"], v["counts"], sorted(v["findings"], key=str))
    for v in file["rejected"]:
        expected = [(v["expect"], v["at"]), *((clause, at) for clause, at in v["also"])]
        agrees[v["name"]] = replay(file, v).failures == expected
    return agrees
