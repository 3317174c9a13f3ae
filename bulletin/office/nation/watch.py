"""When the witnesses of a rehearsal look: at every moment at which something is posted, and around every time limit."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from bulletin.office.nation.schedule import shift
from verifier.audit.timeline import NEVER, Witnessed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bulletin.office.nation.chronicle import Posting
    from verifier.paper.plan import Plan


class WitnessLook(NamedTuple):
    """The time of the witnesses, and the size of the log that they cosign then."""

    at: int
    size: int


def limits(plan: Plan) -> set[int]:
    """Every second at which a duty begins or is over, by any unit's clock."""
    shifts = {shift(unit) for unit in plan.units}
    instants = {instant for duty in plan.duties for instant in (duty.since, duty.until) if instant}
    return {instant + each for instant in instants for each in shifts}


def look(
    plan: Plan, postings: Sequence[Posting], blind: Iterable[range] = (), besides: Iterable[int] = ()
) -> list[WitnessLook]:
    """All looks over a log of these postings, in the order of time; while they are `blind` they see nothing.

    Those postings that are to be refused are not on the log. The last look is when all time limits are over.
    """
    placed = [posting.at for posting in postings if not posting.refused]
    times = {*placed, *besides, *(at for at in limits(plan) if placed[0] < at)}
    sizes = dict(zip(placed, range(1, len(placed) + 1), strict=True))
    found, size = [], 0
    for at in sorted(times):
        size = sizes.get(at, size)
        if not any(at in each for each in blind):
            found.append(WitnessLook(at, size))
    return found


def witness(looks: Sequence[WitnessLook]) -> Witnessed:
    """What these looks show of a record's time, as an audit computes it."""
    times = [each.at for each in looks]
    until = list(accumulate([-NEVER, *times], max))
    since = [*accumulate([NEVER, *reversed(times)], min)][::-1]
    return Witnessed([each.size for each in looks], until, since)
