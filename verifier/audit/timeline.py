"""The time line: at which record each step of an election stands, and between which times witnesses saw it happen."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from verifier.election.ballot import Ballot
from verifier.election.decryption import Share
from verifier.election.manifest import Manifest
from verifier.election.shuffle import Mix
from verifier.log.policy import Policy, earliest, latest
from verifier.records import kind
from verifier.rule import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.log.reading import Kept
    from verifier.records import Record
    from verifier.state import State

Milestone = Literal["manifest", "opening", "first ballot", "last ballot", "close", "freeze", "mix", "share", "tally"]
ENTERED: dict[Phase, Milestone] = {"voting": "opening", "closed": "close", "certified": "tally"}
NEVER = float("inf")


class Event(msgspec.Struct, frozen=True):
    """A step and the record that took it, neither before `after` nor after `before` (POSIX seconds, None: not shown).

    `contest` and `by` (the place of a mix server, the number of a trustee) say whose mix or share it was.
    """

    step: Milestone
    record: int
    contest: str = ""
    by: int = 0
    after: int | None = None
    before: int | None = None


@dataclass
class Timeline:
    """Notes records and steps in a replay; a commission's step is taken at the signature that completes it."""

    kinds: dict[str, int] = field(default_factory=dict)
    steps: list[Event] = field(default_factory=list)
    ballots: tuple[int, ...] = ()
    phase: Phase = "setup"

    def see(self, index: int, record: Record, phase: Phase) -> None:
        """Note the record, and the phase that it has led to."""
        name = kind(record)
        self.kinds[name] = self.kinds.get(name, 0) + 1
        match record:
            case Manifest():
                self.steps.append(Event("manifest", index))
            case Ballot():
                self.ballots = (*self.ballots[:1], index)
            case Mix():
                self.steps.append(Event("mix", index, record.contest, record.place))
            case Share():
                self.steps.append(Event("share", index, record.contest, record.trustee))
        if phase != self.phase:
            step = "freeze" if self.phase == "closed" else ENTERED.get(phase)
            if step:
                self.steps.append(Event(step, index))
            self.phase = phase

    def events(self, policy: Policy | None, kept: Sequence[Kept]) -> tuple[Event, ...]:
        """The steps by record, with the times that the quorum's cosignatures under these checkpoints show."""
        names: tuple[Milestone, ...] = ("first ballot", "last ballot")
        ballots = [Event(step, index) for step, index in zip(names, self.ballots, strict=False)]
        witnessed = Witnessed.of(policy, kept)
        return tuple(witnessed.date(event) for event in sorted(self.steps + ballots, key=lambda event: event.record))


class Witnessed(NamedTuple):
    """Checkpoint sizes, ascending; the latest time below each size, the earliest from it on (specs/log.md §6.5)."""

    sizes: list[int]
    until: list[float]
    since: list[float]

    @classmethod
    def of(cls, policy: Policy | None, kept: Sequence[Kept]) -> Witnessed:
        """What these checkpoints show; their cosignatures are verified."""
        if policy is None:
            return cls([], [-NEVER], [NEVER])
        ordered = sorted(kept, key=lambda one: one.signed.body.size)
        low = [-NEVER if (time := latest(policy, one.cosignatures)) is None else time for one in ordered]
        up = [NEVER if (time := earliest(policy, one.cosignatures)) is None else time for one in ordered]
        until = list(accumulate([-NEVER, *low], max))
        since = [*accumulate([NEVER, *reversed(up)], min)][::-1]
        return cls([one.signed.body.size for one in ordered], until, since)

    def date(self, event: Event) -> Event:
        """The event with its bounds: a record is on every checkpoint that is larger than its index, and on no other."""
        after, before = (None if abs(time) == NEVER else int(time) for time in self.bounds(event.record))
        return msgspec.structs.replace(event, after=after, before=before)

    def bounds(self, record: int) -> tuple[float, float]:
        """The latest time at which the record was not there, the earliest at which it was; infinite if not shown."""
        place = bisect_right(self.sizes, record)
        return self.until[place], self.since[place]


class Snapshot(NamedTuple):
    """The state after all entries under a signed checkpoint, and what was noted on the way."""

    checkpoint: bytes
    state: State
    timeline: Timeline
