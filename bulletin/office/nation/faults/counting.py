"""Faults of the count: what a unit's papers say of each other, and of themselves (1 to 8), and of e-voters (45, 46)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bulletin.office.nation.chronicle import Cue
from bulletin.office.nation.faults.fault import (
    Bending,
    NotPlanned,
    alter,
    exchange,
    leading,
    mistype,
    move,
    return_of,
)
from bulletin.office.nation.faults.ledger import Expected, copies_of
from bulletin.office.nation.figures import holds
from verifier.paper.papers import Of
from verifier.paper.sums import ON_PAPER

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulletin.office.nation.script import Script
    from verifier.paper.papers import Paper


def break_ratio(script: Script, unit: str) -> Bending:
    """One ballot too few was received: an equation of the protocol alone does not hold."""
    form, of, cue = return_of(script, unit)
    poll = script.polls[unit]
    compared = {
        pair[place]
        for match in script.plan.matches
        for place in (0, 1)
        for pair in match.pairs
        if match.forms[place] == form.id
    }
    ratios = [ratio for ratio in script.plan.ratios if ratio.form == form.id]
    for line in (line.key for line in form.lines if line.key not in compared | {*script.plan.participants}):
        for number in (-1, 1):
            lines = poll.read(form) | {line: poll.lines[line] + number}
            broken = [ratio for ratio in ratios if not holds(ratio, lines, poll.votes[of.contest])]
            if lines[line] >= 0 and [(one.relation, one.severity) for one in broken] == [("equal", "error")]:
                yield
                alter(script.scenes[cue], mistype(line, number))
                ledger = yield
                return ledger.figures(unit)
    raise NotPlanned("an equation of the return that stands alone")


def _refigure(change: Callable[[Paper], Paper]) -> Callable[[Script, str], Bending]:
    """A fault of the return alone, made before anything is summed."""

    def bend(script: Script, unit: str) -> Bending:
        *_, cue = return_of(script, unit)
        yield
        alter(script.scenes[cue], change)
        ledger = yield
        return ledger.figures(unit)

    return bend


def _lose_vote(paper: Paper) -> Paper:
    first = leading(paper.votes)[0]
    return replace(paper, votes=tuple(number - (place == first) for place, number in enumerate(paper.votes)))


def _revalue(paper: Paper) -> Paper:
    first = leading(paper.votes)[0]
    votes = tuple(number + (place == first) for place, number in enumerate(paper.votes))
    return mistype("valid", 1)(mistype("invalid", -1)(replace(paper, votes=votes)))


def overfill(script: Script, unit: str) -> Bending:
    """A ballot more comes out of the portable box than was applied for, on all of the unit's papers."""
    form, *_ = return_of(script, unit)
    if not {"in-portable", "in-stationary", "issued-outside"} <= {line.key for line in form.lines}:
        raise NotPlanned("lines of portable boxes in the return")
    lines = script.polls[unit].lines
    over = lines["issued-outside"] + 1 - lines["in-portable"]
    lines.update({"in-portable": lines["in-portable"] + over, "in-stationary": lines["in-stationary"] - over})
    yield
    ledger = yield
    return ledger.figures(unit)


def swap_watched(script: Script, unit: str) -> Bending:
    """Two options are exchanged in the protocol, and the observers' copies have them right."""
    _, of, cue = return_of(script, unit)
    yield
    alter(script.scenes[cue], exchange)
    for place, seen in enumerate(copies_of(script, of)):
        script.recopy(seen, place, of, votes=script.polls[unit].votes[of.contest])
    ledger = yield
    return ledger.figures(unit) | ledger.miscopied(of)


def misstate_act(script: Script, unit: str) -> Bending:
    """An act says one ballot more than the protocol."""
    return (yield from _misstate(script, unit, ("unused", "spoiled"), "an act that the return is compared with"))


def miss_signature(script: Script, unit: str) -> Bending:
    """One signature on the list is less than ballots were issued (precinct 2238, 2021)."""
    return (yield from _misstate(script, unit, ("signatures",), "two papers with signatures of the list"))


def sign_twice(script: Script, unit: str) -> Bending:
    """The list says that an e-voter signed on paper, and nobody has overridden that voter's ballots."""
    level = script.units[unit].level
    forms = [
        form for form in script.plan.forms if form.level == level and ON_PAPER in {line.key for line in form.lines}
    ]
    if not forms:
        raise NotPlanned("a line of e-voters who voted on paper")
    of = Of(unit, script.units[unit].contests[0] if forms[0].contest else "", forms[0].id)
    yield
    alter(script.scenes[Cue(of.form, unit, of.contest)], mistype(ON_PAPER, 1))
    ledger = yield
    return ledger.figures(unit) | {Expected("PRT.23", "error", ledger.place(of, ON_PAPER))}


def misstate_tally(script: Script, unit: str) -> Bending:
    """The electronic unit's protocol gives one vote to another option than the tally."""
    _, of, cue = return_of(script, unit)
    first, second = leading(script.polls[unit].votes[of.contest])[:2]
    options = script.races[of.contest].options
    yield
    alter(script.scenes[cue], lambda paper: replace(paper, votes=move(paper.votes, first, second, 1)))
    ledger = yield
    return {Expected("PRT.22", "error", ledger.place(of, options[place].id)) for place in (first, second)}


def _misstate(script: Script, unit: str, keys: tuple[str, ...], lacking: str) -> Bending:
    """The first paper of a match that has one of these keys, and no ratio of its own about it, says one more."""
    for match in script.plan.matches:
        form, key = script.forms[match.forms[0]], match.pairs[0][0]
        free = all(key not in {**ratio.left, **ratio.right} for ratio in script.plan.ratios if ratio.form == form.id)
        if key in keys and free and form.level == script.units[unit].level and not form.contest:
            yield
            alter(script.scenes[Cue(form.id, unit)], mistype(key, 1))
            ledger = yield
            return ledger.figures(unit)
    raise NotPlanned(lacking)


lose_votes, swap_options, revalue = _refigure(_lose_vote), _refigure(exchange), _refigure(_revalue)
