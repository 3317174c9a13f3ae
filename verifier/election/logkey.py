"""The log's next key (specs/records.md §5): signed by the quorum, and by the old key unless that is lost."""

from __future__ import annotations

from typing import get_args

from verifier.commission.quorum import central
from verifier.election.manifest import ManifestState
from verifier.errors import refuse
from verifier.log.note import ED25519, Key
from verifier.place import Place
from verifier.records import Blobs, Bytes32, Countersigned, check_key_holder
from verifier.rule import Effect, Phase, Rule


class LogKey(Countersigned, frozen=True, tag="log-key"):
    """Introduces the key that signs the log from now on; the origin stays. The old key signs unless it is lost."""

    key: Bytes32


def complete_log_key(state: ManifestState, record: LogKey, where: Place, _blobs: Blobs) -> Effect:
    """The central commission's quorum has signed, and perhaps the present key (CRT.3); ids tell keys apart (CFG.13)."""
    if record.signature:
        check_key_holder(state.log_keys[-1], state.digest, record, where)
    ids = {Key(state.rules.origin, ED25519, key).id for key in state.log_keys}
    if Key(state.rules.origin, ED25519, record.key).id in ids:
        refuse("CFG.13", where, "a former key of the log has this key's id")
    return lambda: state.log_keys.append(record.key)


LOG_KEY = Rule(LogKey, get_args(Phase)[1:], owner=central, complete=complete_log_key)
