"""What a signed refusal is about (specs/api.md §6)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from verifier.errors import Incomplete, say
from verifier.log.refusal import BLOB

if TYPE_CHECKING:
    from verifier.log.refusal import SignedRefusal


def compare(refusal: SignedRefusal, data: bytes) -> None:
    """`Incomplete` unless `data`, a record or a blob, is what the refusal is about."""
    kind, _, shown = refusal.refused.partition(" ")
    prefix = b"" if kind == BLOB else b"\0"
    if hashlib.sha256(prefix + data).hexdigest() != shown:
        about = refusal.refused or "a request that was not read"
        raise Incomplete(say("it is not about this file, but about {}", about), "refusal")
