"""The state of an election: a function of the log's records in order (specs/election.md).

Each idea owns its part and stands on the part of the idea before it, so no rule can look at what comes after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from verifier.election.assets import AssetsState
from verifier.paper.standing import Papers
from verifier.proof import backend
from verifier.proof.packed import Packed


@dataclass
class State(Papers, AssetsState):
    """Everything the records so far have established; `leaves` are the hashes of all of them."""

    leaves: Packed = field(default_factory=lambda: backend.Packed(32))
