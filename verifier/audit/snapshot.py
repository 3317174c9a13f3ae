"""A snapshot: the state after a log's first entries, bound to their checkpoint (specs/election.md §14).

It saves replaying what was replayed before. It proves nothing: only one's own is to be trusted.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

import msgspec

from verifier.audit.timeline import Timeline
from verifier.commission.roster import Roster
from verifier.election.ceremony import Ceremony
from verifier.election.manifest import SPEC, Manifest
from verifier.election.tally import Tally
from verifier.errors import Incomplete, Malformed
from verifier.fold import CODEC
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import Points
from verifier.records import encode as encode_record
from verifier.state import Cast, Course, Credential, Finding, Given, Pending, Phase, State

FORM = f"{SPEC} snapshot 1\n".encode()
DIGEST = 32


class Snapshot(NamedTuple):
    """The state after all entries under a signed checkpoint, and what was noted on the way."""

    checkpoint: bytes
    state: State
    timeline: Timeline


class _Waiting(NamedTuple):
    leaf: bytes
    position: int
    record: bytes
    signers: tuple[str, ...]
    effective: bool


class _Course(NamedTuple):
    cast: dict[bytes, Cast]
    counted: tuple[Cast, ...]
    lists: tuple[tuple[int, bytes], ...]
    digests: list[bytes]
    shares: tuple[tuple[int, tuple[bytes, ...]], ...]


class _State(NamedTuple):
    """As `State`, field by field: sets sorted, points and lists of ciphertexts coded, pending records as they were."""

    phase: Phase
    manifest: Manifest | None
    digest: bytes
    manifest_signed: bool
    leaves: list[bytes]
    pending: tuple[_Waiting, ...]
    rosters: dict[str, Roster]
    ceremony: Ceremony | None
    key: bytes
    share_keys: tuple[bytes, ...]
    codes: list[str]
    credentials: dict[bytes, Credential]
    firsts: list[bytes]
    challenged: int
    overridden: list[bytes]
    courses: dict[str, _Course]
    result: Tally | None
    log_keys: list[bytes]
    findings: list[Finding]


class _Image(NamedTuple):
    checkpoint: bytes
    state: _State
    timeline: Timeline


_DECODER = msgspec.msgpack.Decoder(_Image)


def encode(snapshot: Snapshot) -> bytes:
    """The same state gives the same bytes."""
    state = snapshot.state
    fields = {name: getattr(state, name) for name in _State._fields}
    fields |= {name: sorted(fields[name]) for name in ("leaves", "codes", "firsts", "overridden")}
    fields["pending"] = tuple(
        _Waiting(leaf, one.position, encode_record(one.record), one.signers, one.effective)
        for leaf, one in state.pending.items()
    )
    fields["share_keys"] = _coded(state.share_keys)
    fields["courses"] = {id: _pack(course) for id, course in state.courses.items()}
    body = msgspec.msgpack.encode(_Image(snapshot.checkpoint, _State(**fields), snapshot.timeline))
    return FORM + sha256(body).digest() + body


def decode(raw: bytes) -> Snapshot:
    """Read a snapshot back; `Incomplete` if it is another version's or damaged."""
    if not raw.startswith(FORM):
        raise Incomplete("this is no snapshot of this version: begin without it", "snapshot")
    body = memoryview(raw)[len(FORM) + DIGEST :]
    if sha256(body).digest() != raw[len(FORM) : len(FORM) + DIGEST]:
        raise Incomplete("the snapshot is damaged: begin without it", "snapshot")
    try:
        signed, image, timeline = _DECODER.decode(body)
        return Snapshot(signed, _restore(image), timeline)
    except (ValueError, RecursionError, Malformed) as error:
        raise Incomplete(f"the snapshot cannot be read ({error}): begin without it", "snapshot") from error


def _restore(image: _State) -> State:
    fields = image._asdict()
    fields |= {name: set(fields[name]) for name in ("leaves", "codes", "firsts", "overridden")}
    fields["pending"] = {
        leaf: Pending(position, CODEC.decode(record), signers, effective)
        for leaf, position, record, signers, effective in image.pending
    }
    fields["share_keys"] = _points(image.share_keys)
    fields["courses"] = {id: _unpack(course) for id, course in image.courses.items()}
    return State(**fields)


def _pack(course: Course) -> _Course:
    lists = tuple((ciphertexts.width, ciphertexts.encode()) for ciphertexts in course.lists)
    shares = tuple((given.trustee, _coded(given.shares)) for given in course.shares)
    return _Course(course.cast, course.counted, lists, course.digests, shares)


def _unpack(course: _Course) -> Course:
    return Course(
        cast=course.cast,
        counted=course.counted,
        lists=[Ciphertexts.decode(coded, width) for width, coded in course.lists],
        digests=course.digests,
        shares=[Given(trustee, _points(shares)) for trustee, shares in course.shares],
    )


def _coded(points: tuple[Points, ...]) -> tuple[bytes, ...]:
    return tuple(map(bytes, points))


def _points(coded: tuple[bytes, ...]) -> tuple[Points, ...]:
    return tuple(map(Points.packed, coded))
