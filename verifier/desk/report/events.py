"""The steps of an election with the times between which witnesses saw them happen (specs/log.md §6.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.audit.timeline import NEVER, Event, Witnessed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.audit.timeline import Milestone, Timeline
    from verifier.log.policy import Policy
    from verifier.log.reading import Kept


class Dated(Event, frozen=True):
    """A step that was taken neither before `after` nor after `before` (POSIX seconds, None: not shown)."""

    after: int | None = None
    before: int | None = None


def events(timeline: Timeline, policy: Policy | None, kept: Sequence[Kept]) -> tuple[Dated, ...]:
    """The steps by record, with the times that the quorum's cosignatures under these checkpoints show."""
    names: tuple[Milestone, ...] = ("first ballot", "last ballot")
    ballots = [Event(step, index) for step, index in zip(names, timeline.ballots, strict=False)]
    witnessed = Witnessed.of(policy, kept)
    return tuple(date(event, witnessed) for event in sorted(timeline.steps + ballots, key=lambda event: event.record))


def date(event: Event, witnessed: Witnessed) -> Dated:
    """The event with its bounds."""
    after, before = (None if abs(time) == NEVER else int(time) for time in witnessed.bounds(event.record))
    return Dated(event.step, event.record, event.contest, event.by, after, before)
