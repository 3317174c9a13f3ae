"""Signed refusals: what a voter who was turned away can show (specs/api.md §6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from verifier.errors import Incomplete, Malformed, Rejected, VerifierError, refuse, say
from verifier.log.note import Key, check_signature
from verifier.records import Bytes64, Codec, Number, Part, encode

LIMIT = 1 << 14
RECORD, BLOB, RECEIPT = "record", "blob", "receipt"


class SignedRefusal(Part, frozen=True):
    """A refusal as its body gives it; `refused` is a kind and a hash, or "" where nothing was read."""

    clause: str
    code: str
    detail: str
    origin: str
    refused: str
    signature: Bytes64
    status: Number
    time: Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799)]  # the end of the year 9999


CODEC: Codec[SignedRefusal] = Codec(SignedRefusal)


def refusal_bytes(refusal: SignedRefusal) -> bytes:
    """What the log's key signs; no checkpoint can read like this, since an origin has no space."""
    return b"aikyn/1 refusal\n" + encode(msgspec.structs.replace(refusal, signature=bytes(64)))


def decode(raw: bytes) -> SignedRefusal:
    """Read a refusal as the board sent it."""
    if len(raw) > LIMIT:
        raise Malformed(say("a refusal has at most {} bytes", LIMIT), "refusal")
    return CODEC.decode(raw, "refusal")


def check(refusal: SignedRefusal, origin: str, keys: Sequence[Key]) -> None:
    """Refuse RCP.1 unless it is the word of the log `origin`, signed by one of its keys."""
    if refusal.origin != origin:
        refuse("RCP.1", "refusal", say("this is the word of {}, not of {}", refusal.origin, origin))
    false: VerifierError = Incomplete(say("there is no key of {}", origin), "refusal")
    for key in keys:
        try:
            check_signature("RCP.1", "refusal", key, refusal_bytes(refusal), refusal.signature)
        except Rejected as error:
            false = error  # another key of the log may have signed it
        else:
            return
    raise false
