"""A snapshot: the state after a log's first entries, bound to their checkpoint (specs/election.md §15).

It saves replaying what was replayed before. It proves nothing: trust only your own.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from verifier.audit.timeline import Snapshot, Timeline
from verifier.commission.quorum import Pending, Signing
from verifier.election.manifest import SPEC
from verifier.errors import Incomplete, Malformed, say
from verifier.proof import backend
from verifier.proof.group import Points
from verifier.proof.packed import Packed
from verifier.records import encode as encode_record
from verifier.rules import CODEC
from verifier.state import State

FORM = f"{SPEC} snapshot 1\n".encode()
DIGEST = 32


class _Waiting(NamedTuple):
    """A pending record as it stands on the log: its kind is read by the codec that reads all kinds."""

    position: int
    record: bytes
    signers: tuple[Signing, ...]
    effective: bool


class _Image(NamedTuple):
    checkpoint: bytes
    state: State
    pending: dict[bytes, _Waiting]
    timeline: Timeline


_ENCODER = msgspec.msgpack.Encoder(enc_hook=bytes)


def _unpack(kind: type, coded: bytes) -> Points | Packed:
    return backend.Packed.decode(coded) if kind is Packed else Points.packed(coded)


_DECODER = msgspec.msgpack.Decoder(_Image, dec_hook=_unpack)


def encode(snapshot: Snapshot) -> bytes:
    """The same state gives the same bytes: rows and points are packed, pending records are as they stand."""
    signed, state, timeline = snapshot
    pending = {
        leaf: _Waiting(one.position, encode_record(one.record), one.signers, one.effective)
        for leaf, one in state.pending.items()
    }
    overridden: Any = sorted(state.overridden)
    body = _ENCODER.encode(_Image(signed, replace(state, pending={}, overridden=overridden), pending, timeline))
    return FORM + sha256(body).digest() + body


def decode(raw: bytes) -> Snapshot:
    """Read a snapshot back; `Incomplete` if it is another version's or damaged."""
    if not raw.startswith(FORM):
        raise Incomplete("this is no snapshot of this version: begin without it", "snapshot")
    body = memoryview(raw)[len(FORM) + DIGEST :]
    if sha256(body).digest() != raw[len(FORM) : len(FORM) + DIGEST]:
        raise Incomplete("the snapshot is damaged: begin without it", "snapshot")
    try:
        signed, state, pending, timeline = _DECODER.decode(body)
        state.pending = {
            leaf: Pending(position, CODEC.decode(record), signers, effective)
            for leaf, (position, record, signers, effective) in pending.items()
        }
    except (ValueError, RecursionError, Malformed) as error:
        raise Incomplete(say("the snapshot cannot be read ({}): begin without it", str(error)), "snapshot") from error
    return Snapshot(signed, state, timeline)
