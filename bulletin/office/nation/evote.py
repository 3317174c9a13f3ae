"""The electronic vote of a rehearsal: what happens between the papers, from the ceremony to the tally."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bulletin.office import acts
from bulletin.office.nation.chronicle import Posting
from bulletin.office.signing import countersign
from verifier.election.register import Credentials, Row
from verifier.log.tree import hash_leaf
from verifier.records import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bulletin.office.acts import Enactment
    from bulletin.office.nation.bending import Bent
    from bulletin.office.nation.evoters import EVoter, EVoters
    from verifier.state import State


class Keepers(Protocol):
    """Trustees, mix servers and e-voters, who do what nobody can do without their secrets."""

    def enrol(self, voters: Iterable[EVoter]) -> list[bytes]:
        """Everybody's public key."""

    def hold_ceremony(self) -> None:
        """The trustees make the election's key."""

    def cast(self, voters: Iterable[EVoter]) -> None:
        """Everybody casts a ballot in each contest."""

    def mix(self) -> None:
        """All mix servers."""

    def decrypt(self) -> None:
        """The trustees' shares."""


class VoteLog(Protocol):
    """A log on which an election stands."""

    def read_state(self) -> State:
        """What stands on it."""

    def hand_in(self, postings: list[Posting]) -> None:
        """Post these."""


class ElectronicVote:
    """The scenes of it, each with its hour; the `log` is handed what commissions sign."""

    def __init__(self, bent: Bent, evoters: EVoters, keepers: Keepers, log: VoteLog) -> None:
        self._bent, self._evoters, self._keepers, self._log = bent, evoters, keepers, log

    def open(self) -> None:
        """The ceremony, the register, and the opening."""
        self._keepers.hold_ceremony()
        voters, precinct = self._evoters.voters, self._evoters.precinct
        state = self._log.read_state()
        [style] = state.rules.styles
        rows = zip(voters, self._keepers.enrol(voters), strict=True)
        listed = {precinct: Credentials(tuple(Row(voter.code, key, style.id) for voter, key in rows))}
        for register in acts.registers(state, listed):
            self._enact(register, precinct)
        self._enact(acts.opening(self._log.read_state(), listed))

    def vote(self) -> None:
        """All vote, also who votes on paper later."""
        self._keepers.cast(self._evoters.voters)

    def count(self) -> None:
        """From the voter who came to the precinct to the tally."""
        precinct, came = self._evoters.precinct, self._evoters.on_paper
        self._enact(acts.override(self._log.read_state(), precinct, [came.code]), precinct)
        self._enact(acts.close(self._log.read_state()))
        self._enact(acts.freeze(self._log.read_state()))
        self._keepers.mix()
        self._keepers.decrypt()
        self._enact(acts.tally(self._log.read_state()))

    def _enact(self, made: Enactment, by: str = "") -> None:
        """A record with the signatures of a unit's quorum, by default of the one above all others."""
        nation = self._bent.script.nation
        by, raw = by or nation.top.id, encode(made.record)
        people = self._bent.chronicle.people[by][: nation.sittings[by].commission.quorum]
        signed = [countersign(key, member.id, nation.digest, hash_leaf(raw)) for member, key in people]
        posted = [(raw, made.blobs), *((encode(signature), ()) for signature in signed)]
        self._log.hand_in([Posting(0, 0, by, each, blobs) for each, blobs in posted])


def list_scenes(bent: Bent, keepers: Keepers, log: VoteLog) -> dict[int, Callable[[], None]]:
    """What is done at each hour of an electronic vote; nothing if there is none."""
    evoters, hours = bent.script.evoters, bent.script.hours
    if not (evoters and hours):
        return {}
    vote = ElectronicVote(bent, evoters, keepers, log)
    return {hours.opening: vote.open, hours.voting: vote.vote, hours.counting: vote.count}
