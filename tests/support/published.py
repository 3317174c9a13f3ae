"""Editions of the small plan without a log, and larger ones: what the pages of results are made from."""

from __future__ import annotations

from random import Random
from typing import Any

from msgspec.structs import replace

from bulletin.results.edition import Edition, Instant
from tests.support.papers import EVENING, HAND, PLAN, RACE, file, paper, state_of, text, unit
from verifier.paper.papers import PaperState
from verifier.paper.plan import Plan

FIRST = 100  # the record of the first paper; one comes a second


def edition_of(state: PaperState, size: int = 100_000, title: str = "Synthetic election", **fields: Any) -> Edition:
    """The edition after so many records, each seen within ten seconds."""
    instants = (Instant(0, FIRST, bytes(32), EVENING), Instant(1, size, bytes([1]) * 32, EVENING + 7_200))
    plan = state.planned
    bounds = lambda record: (EVENING + record // 10 * 10.0, EVENING + record // 10 * 10.0 + 10)  # noqa: E731
    plain = Edition(state, plan, text(title), "board.example/tests", instants, bounds, (("w1", EVENING + 7_200),), 3)
    return plain._replace(**fields)


def lines_of(listed: int, votes: tuple[int, ...], invalid: int = 3, outside: int = 4) -> dict[str, int]:
    """A protocol's lines that agree with each other."""
    cast = sum(votes) + invalid
    spare = listed + 1 - cast - 2
    numbers = (listed, listed + 1, spare, 2, cast - outside, outside, outside, cast - outside, invalid, sum(votes))
    return dict(zip(HAND, numbers, strict=True))


def large(precincts: int = 2_375, territories: int = 54, seed: int = 1) -> PaperState:
    """A national election on paper: each precinct has a scanner's report, three acts and a protocol."""
    draw = Random(seed)
    units = [unit("cec", "central", "", name=text("Central commission"))]
    units += [unit(f"t-{n}", "territorial", "cec", name=text(f"Territory {n}")) for n in range(1, territories + 1)]
    units += [
        unit(f"p-{n}", "precinct", f"t-{1 + n % territories}", name=text(f"Precinct {n}"))
        for n in range(1, precincts + 1)
    ]
    state = state_of(replace(PLAN, units=tuple(units)))
    for number in range(1, precincts + 1):
        fill(state, f"p-{number}", draw)
    return state


def fill(state: PaperState, id: str, draw: Random) -> None:
    """A precinct's papers."""
    votes = (draw.randint(100, 300), draw.randint(100, 290), draw.randint(10, 90), draw.randint(0, 20))
    lines = lines_of(1_200 + draw.randint(0, 300), votes)
    file(state, paper(id, "act-unused", {key: lines[key] for key in ("unused", "spoiled")}), next_record(state))
    listed = {"listed": lines["listed"], "signatures": sum(votes) + 3, "e-on-paper": 0}
    file(state, paper(id, "list-totals", listed), next_record(state))
    scanned = {"scanned": sum(votes) + 3, "invalid": 3, "valid": sum(votes)}
    file(state, paper(id, "aeu", scanned, votes), next_record(state))
    file(state, paper(id, "protocol", lines, votes), next_record(state))
    file(state, paper(id, "copies", {"given": 3, "refused": 0}), next_record(state))


def next_record(state: PaperState) -> int:
    """Papers take effect one after the other."""
    return FIRST + len(state.owners)


def planned(**fields: Any) -> Plan:
    """The small plan, changed."""
    return replace(PLAN, **fields)


__all__ = ["EVENING", "RACE", "edition_of", "fill", "large", "lines_of", "next_record", "planned"]
