"""The prover's side of a transcript: a message is absorbed as it is written (specs/transcript.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixnet.secrets import Rows, Secrets
from verifier.proof.transcript import Context, Transcript

if TYPE_CHECKING:
    from collections.abc import Sequence

Written = Rows | Secrets


class Writer(Transcript):
    """Writes one proof; mirrors `verifier.proof.transcript.Reader` line by line."""

    def __init__(self, name: str, context: Context, contest: str, place: str) -> None:
        super().__init__(name, context, contest, place)
        self._messages: list[bytes] = []

    def write(self, label: str, data: Written | Sequence[Written]) -> None:
        """Send a message: points, or responses (a secret is revealed by being sent), or several, joined."""
        parts = [data] if isinstance(data, Rows | Secrets) else data
        sent = b"".join(bytes(part.points() if isinstance(part, Rows) else part.reveal()) for part in parts)
        self.absorb(label, sent)
        self._messages.append(sent)

    def proof(self) -> bytes:
        return b"".join(self._messages)
