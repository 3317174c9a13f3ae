"""An election at a glance, and nothing that its log does not show (specs/api.md §16)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from verifier.audit.timeline import Event, Timeline
from verifier.election.manifest import Manifest
from verifier.rule import Phase
from verifier.state import State

COUNTED = ("ballot", "challenge", "mix", "share")  # kinds of records


class Overview(NamedTuple):
    """What the first `size` entries have established: the phase, counts, and the steps so far, without times.

    Of the steps that are taken several times the last one is there, and the last ballot once the voting is over.
    `noted` is how many of a time line's steps are in it.
    """

    size: int = 0
    manifest: Manifest | None = None
    phase: Phase = "setup"
    counts: Mapping[str, int] = MappingProxyType({})
    steps: tuple[Event, ...] = ()
    noted: int = 0


def survey(before: Overview, size: int, state: State, timeline: Timeline) -> Overview:
    """The overview of a state, by that of an earlier one; whoever may change the state asks for it."""
    counts = {kind: timeline.kinds.get(kind, 0) for kind in COUNTED}
    last = {event.step: event for event in (*before.steps, *timeline.steps[before.noted :])}
    if timeline.ballots:
        last["first ballot"] = Event("first ballot", timeline.ballots[0])
        if "close" in last:
            last["last ballot"] = Event("last ballot", timeline.ballots[-1])
    steps = tuple(sorted(last.values(), key=lambda event: event.record))
    counts = {"credential": len(state.credentials), **counts}
    return Overview(size, state.manifest, state.phase, counts, steps, len(timeline.steps))
