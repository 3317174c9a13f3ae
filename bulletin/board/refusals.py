"""Refusals in the board's name: each is signed, so that whoever is turned away can show it (specs/api.md §6)."""

from collections.abc import Callable
from time import time

import msgspec

from bulletin.board.admission import Refusal
from verifier.log.refusal import SignedRefusal, refusal_bytes
from verifier.records import encode

LONGEST = 400  # characters of a sentence: some quote what was sent


class Refuser:
    """Signs refusals with the log's key; `sign` never gets other bytes from here than those of a refusal."""

    def __init__(self, origin: str, sign: Callable[[bytes], bytes], clock: Callable[[], float] = time) -> None:
        self._origin, self._sign, self._clock = origin, sign, clock
        self._repeated: tuple[int, str, bytes] = (0, "", b"")

    def write(self, refusal: Refusal, refused: str = "") -> bytes:
        """The signed body; `refused` is what was refused, as `record <leaf>`, if it was read."""
        detail = refusal.detail[:LONGEST].encode(errors="replace").decode()
        said = SignedRefusal(
            refusal.clause,
            refusal.code,
            detail,
            self._origin,
            refused,
            bytes(64),
            refusal.status,
            int(self._clock()),
        )
        return encode(msgspec.structs.replace(said, signature=self._sign(refusal_bytes(said))))

    def repeat(self, refusal: Refusal) -> bytes:
        """The same for a refusal before anything is read: whoever comes within one second gets the same bytes."""
        now = int(self._clock())
        if self._repeated[:2] != (now, refusal.detail):
            self._repeated = now, refusal.detail, self.write(refusal)
        return self._repeated[2]
