"""An election at a glance, and nothing that its log does not show (specs/api.md §16)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from verifier.audit.timeline import Event, Timeline
from verifier.election.assets import Assets
from verifier.election.ceremony import Acknowledgement
from verifier.election.manifest import Manifest
from verifier.election.register import Opening
from verifier.rule import Phase
from verifier.state import State

COUNTED = ("ballot", "challenge", "mix", "share")  # kinds of records


class JointKey(NamedTuple):
    """The election's key, the participants' records that acknowledge it, by number, and the opening's entry, if any."""

    attempt: int
    key: bytes
    acknowledgements: tuple[Acknowledgement, ...]
    opening: int | None


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
    joint: JointKey | None = None
    assets: Assets | None = None


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
    return Overview(
        size, state.manifest, state.phase, counts, steps, len(timeline.steps), _join(before, state), state.assets
    )


def _join(before: Overview, state: State) -> JointKey | None:
    """The joint key once all participants have acknowledged it, by one look at the pending records a survey at most."""
    if not state.key or (before.joint and before.joint.opening is not None):
        return before.joint if state.key else None
    given = state.ceremony.acknowledgements
    opened = (each.position for each in state.pending.values() if each.effective and isinstance(each.record, Opening))
    opening = None if state.phase == "registration" else next(opened, None)
    return JointKey(state.ceremony.attempt, state.key, tuple(given[j] for j in sorted(given)), opening)
