"""Trustees, mix servers and e-voters of a rehearsal in this process, with the keys of all other tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulletin.office.nation.chronicle import Posting
from bulletin.office.nation.people import KeyKeepers
from mixnet.ballot import Credential
from tests.support.elections import Election, holder
from verifier.election.ballot import FIRST
from verifier.log.tree import hash_leaf
from verifier.records import Blob, encode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulletin.office.nation.evoters import EVoter
    from bulletin.office.nation.trial import TrialLog
    from verifier.election.manifest import Manifest
    from verifier.records import Record


NUMBERS = {"trustee": (1, 2, 3), "mixer": (1, 2)}


def keepers() -> KeyKeepers:
    """As the manifest names them."""
    trustees, mixers = (tuple(holder(f"{role}-{n}").public for n in numbers) for role, numbers in NUMBERS.items())
    return KeyKeepers(trustees, mixers)


class TriedElection(Election):
    """The electronic part of the election on a trial's log."""

    def __init__(self, log: TrialLog, manifest: Manifest) -> None:
        super().__init__()
        self.log, self.manifest, self.state = log, manifest, log.state

    def post(self, record: Record) -> bytes:
        raw = encode(record)
        self.log.hand_in([Posting(0, 0, "", raw)])
        return hash_leaf(raw)

    def put(self, data: bytes) -> Blob:
        blob = Blob.of(data)
        self.log.blobs[blob.sha256] = data
        return blob


class MemoryKeepers:
    """They do it all at once."""

    def __init__(self, log: TrialLog, manifest: Manifest) -> None:
        self.election = TriedElection(log, manifest)
        self.credentials: dict[str, Credential] = {}

    def enrol(self, voters: Iterable[EVoter]) -> list[bytes]:
        self.credentials = {voter.code: Credential() for voter in voters}
        return [credential.key for credential in self.credentials.values()]

    def hold_ceremony(self) -> None:
        self.election.hold_ceremony()

    def cast(self, voters: Iterable[EVoter]) -> None:
        state = self.election.state
        for voter in voters:
            own = self.credentials[voter.code]
            for contest in state.rules.contests:
                style, choice = state.credentials[own.key].style, voter.choices[contest.id]
                sealed = own.seal(state.context, state.key, contest, style, choice)
                self.election.post(own.cast(state.context, sealed, FIRST))

    def mix(self) -> None:
        self.election.mix()

    def decrypt(self) -> None:
        self.election.decrypt()
