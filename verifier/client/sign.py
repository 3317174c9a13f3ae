"""How a key holder signs a record (specs/records.md §4)."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from verifier.records import Record, signed_bytes

R = TypeVar("R", bound=Record)


def with_signature(record: R, manifest: bytes, sign: Callable[[bytes], bytes]) -> R:
    """The record as its key holder signs it; `sign` gives 64 bytes of Ed25519."""
    return msgspec.structs.replace(record, signature=sign(signed_bytes(manifest, record)))
