"""Records taken into a state one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier import fold

if TYPE_CHECKING:
    from verifier.records import Blobs
    from verifier.rule import Claim
    from verifier.state import State


def admit(state: State, index: int, raw: bytes, blobs: Blobs) -> tuple[Claim, ...]:
    """Take one record into the state, or raise and change nothing; returns the claims it makes, yet to be settled."""
    step = fold.prepare(state, index, raw, blobs)
    fold.apply(state, step)
    return step.claims
