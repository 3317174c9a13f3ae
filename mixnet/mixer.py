"""A mix server: one shuffle a contest, when its turn has come (specs/shuffle.md, specs/election.md §12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixnet.holder import PHASES, Deed, place
from mixnet.shuffle import shuffle
from verifier.election.shuffle import Mix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mixnet.vault import Vault
    from verifier.election.manifest import Contest
    from verifier.records import Record
    from verifier.rule import Phase
    from verifier.state import State

UNSIGNED = bytes(64)


class Mixer:
    """The mix server whose key is in `vault`; secrets of a shuffle are in memory only and end with it."""

    idle: tuple[Phase, ...] = PHASES[: PHASES.index("closed")]

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def id(self, state: State) -> str:
        return state.rules.mixers[self._place(state) - 1].id

    def lacks_key(self, state: State) -> bool:  # noqa: ARG002  the trustees compare it
        return False

    def finished(self, state: State) -> bool:
        """Whether no contest that is to be mixed waits for this server: it has mixed them, or is skipped."""
        frozen, id = PHASES.index(state.phase) >= PHASES.index("frozen"), self.id(state)
        return frozen and all(id not in _ids(state, contest) for contest in state.mixable())

    def due(self, state: State) -> Sequence[Deed]:
        """The contests in which it is this server's turn."""
        if state.phase not in ("frozen", "mixing"):
            return ()
        id = self.id(state)
        return [self._mix(state, contest) for contest in state.mixable() if _ids(state, contest)[:1] == [id]]

    def _mix(self, state: State, contest: Contest) -> Deed:
        course = state.courses[contest.id]
        before, digest, id, place = course.lists[-1], course.digests[-1], self.id(state), len(course.digests)

        def make() -> Record:
            after, proof = shuffle(state.context, contest.id, place, state.key, before)
            output, kept = self._vault.store(after.encode()), self._vault.store(proof)
            return Mix(contest.id, place, id, digest, output, kept, UNSIGNED)

        return Deed(f"mix-{contest.id}", make, lambda record: isinstance(record, Mix) and record.input == digest)

    def _place(self, state: State) -> int:
        return place(state.rules.mixers, self._vault.public, "mix server")


def _ids(state: State, contest: Contest) -> list[str]:
    """The servers that have yet to mix the contest, in their order."""
    return [mixer.id for mixer in state.waiting(contest.id)]
