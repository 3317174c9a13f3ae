"""The time line: at which record each step of an election stands; between which times witnesses saw a record come."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import msgspec

from verifier.election.ballot import Ballot
from verifier.election.decryption import Share
from verifier.election.manifest import Manifest
from verifier.election.shuffle import Mix
from verifier.election.timetable import Limited
from verifier.log.policy import Policy, earliest, latest
from verifier.records import kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.log.reading import Kept
    from verifier.rule import Step
    from verifier.state import State

Milestone = Literal["manifest", "first ballot", "last ballot", "mix", "share", Limited]
EFFECTS: dict[str, Milestone] = {kind: kind for kind in get_args(Limited)}
NEVER = float("inf")


class Event(msgspec.Struct, frozen=True):
    """A step and the record that took it; a commission's step is taken at the signature that completes its quorum.

    `contest` and `by` (the place of a mix server, the number of a trustee) say whose mix or share it was.
    """

    step: Milestone
    record: int
    contest: str = ""
    by: int = 0


@dataclass
class Timeline:
    """Notes records and steps in a replay: all but the ballots by record, and the first and the last ballot."""

    kinds: dict[str, int] = field(default_factory=dict)
    steps: list[Event] = field(default_factory=list)
    ballots: tuple[int, ...] = ()

    def see(self, index: int, step: Step) -> None:
        """Note the record, and what has taken effect with it."""
        name = kind(step.record)
        self.kinds[name] = self.kinds.get(name, 0) + 1
        match step.record:
            case Manifest():
                self.steps.append(Event("manifest", index))
            case Ballot():
                self.ballots = (*self.ballots[:1], index)
            case Mix(contest=contest, place=by):
                self.steps.append(Event("mix", index, contest, by))
            case Share(contest=contest, trustee=by):
                self.steps.append(Event("share", index, contest, by))
        if step.effective and (taken := EFFECTS.get(kind(step.effective))):
            self.steps.append(Event(taken, index))


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

    def bounds(self, record: int) -> tuple[float, float]:
        """The latest time at which the record was not there, the earliest at which it was; infinite if not shown.

        A record is on every checkpoint that is larger than its index, and on no other.
        """
        place = bisect_right(self.sizes, record)
        return self.until[place], self.since[place]


class Snapshot(NamedTuple):
    """The state after all entries under a signed checkpoint, and what was noted on the way."""

    checkpoint: bytes
    state: State
    timeline: Timeline
