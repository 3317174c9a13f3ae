"""The log's next key (specs/records.md §5): signed by the quorum, and by the old key unless that is lost."""

from __future__ import annotations

from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature

from verifier import ed25519
from verifier.commission.quorum import central
from verifier.election.manifest import ManifestState
from verifier.errors import refuse
from verifier.place import Place
from verifier.records import Blobs, Bytes32, Record
from verifier.rule import Effect, Rule


class LogKey(Record, frozen=True, tag="log-key"):
    """Introduces the key that signs the log from now on; the origin stays."""

    key: Bytes32
    signature: Annotated[bytes, msgspec.Meta(max_length=64)]


def log_key_bytes(manifest: bytes, key: bytes) -> bytes:
    """What the old key signs."""
    return b"aikyn/1 log key\n" + manifest + key


def complete_log_key(state: ManifestState, record: LogKey, where: Place, _blobs: Blobs) -> Effect:
    """The central commission's quorum has signed; the old key's signature, if there is one, is right (CRT.3)."""
    if record.signature:
        try:
            ed25519.verify(state.log_keys[-1], log_key_bytes(state.digest, record.key), record.signature)
        except InvalidSignature:
            refuse("CRT.3", where, "the signature is not by the log's present key")

    def apply() -> None:
        state.log_keys.append(record.key)

    return apply


LOG_KEY = Rule(
    LogKey,
    ("ceremony", "registration", "voting", "closed", "frozen", "mixing", "decrypting", "tallied"),
    owner=central,
    complete=complete_log_key,
)
