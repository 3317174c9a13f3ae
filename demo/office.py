"""The commissions' office: records put to the board and signed over HTTP, member by member."""

from __future__ import annotations

import hashlib

from bulletin.office.people import HolderKey, Sitting
from bulletin.office.signing import sign
from verifier.client.board import Board, Sender
from verifier.election.manifest import Manifest
from verifier.records import Blob, Record, encode


class Office:
    """All commissions of an election, and the board they write to."""

    def __init__(
        self, board: Board, manifest: Manifest, operator: HolderKey, central: Sitting, precincts: dict[str, Sitting]
    ) -> None:
        self.board, self.manifest, self.central, self.precincts = board, manifest, central, precincts
        self.digest = hashlib.sha256(encode(manifest)).digest()
        self.operator = Sender(self.digest, operator.id, lambda message: operator.key.sign(message).signature)

    def begin(self) -> None:
        """The manifest and all rosters: the manifest fixes the central one, whose quorum seats the others."""
        leaf = self.board.post(encode(self.manifest))
        self.board.post(encode(self.central.roster), self.operator)
        for sitting in self.precincts.values():
            self._sign(self.board.post(encode(sitting.roster), self.operator), self.central)
        self._sign(leaf, self.central)

    def enact(self, record: Record, sitting: Sitting | None = None) -> None:
        """Post a record and have the quorum sign it; by default the central commission's."""
        sitting = sitting or self.central
        self._sign(self.board.post(encode(record), self._chair(sitting)), sitting)

    def put(self, data: bytes, sitting: Sitting | None = None) -> Blob:
        """Put a blob in the chair's name."""
        return self.board.put_blob(data, self._chair(sitting or self.central))

    def _chair(self, sitting: Sitting) -> Sender:
        chair = sitting.people[0]
        return Sender(self.digest, chair.member.id, lambda message: sign(chair.key, message))

    def _sign(self, leaf: bytes, sitting: Sitting) -> None:
        for signature in sitting.sign(self.digest, leaf):
            self.board.post(encode(signature))
