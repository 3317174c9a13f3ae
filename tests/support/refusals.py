"""What a check says of a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.client.refusal import compare
from verifier.errors import Rejected, VerifierError
from verifier.log import refusal

if TYPE_CHECKING:
    from verifier.log.note import Key


def judge(raw: bytes, log: Key, data: bytes | None = None) -> str:
    """`accepted`, a clause, or the kind of error; `data` is what the refusal is said to be about."""
    try:
        said = refusal.decode(raw)
        refusal.check(said, log.name, [log])
        if data is not None:
            compare(said, data)
    except VerifierError as error:
        return error.id if isinstance(error, Rejected) else type(error).__name__.lower()
    return "accepted"
