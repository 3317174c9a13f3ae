"""A request: one record, and the members or the observer who are asked to sign it (specs/desk.md §2)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated

import msgspec

from bulletin.board.keyring import OBSERVER
from bulletin.office.objection import Objection
from bulletin.office.signing import observer_of
from verifier.client.download import named_blobs
from verifier.commission.certificate import decode_member
from verifier.commission.roster import Roster
from verifier.election.manifest import Manifest
from verifier.errors import Malformed
from verifier.log.tree import hash_leaf
from verifier.paper.papers import Intake, Observation, Observer
from verifier.records import Id, Record, Text, encode, kind
from verifier.rules import CODEC, rule

FORMAT = "aikyn/1 request"
LARGEST = 1 << 20  # bytes of a request

Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class NeededBlob(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A blob that the record names, by length in bytes and SHA-256."""

    length: int
    sha256: Sha256


class AskedMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member or observer who may sign, by the SHA-256 of the SubjectPublicKeyInfo of the certificate."""

    id: Id
    key: Sha256


class SigningRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the file.

    `commission` is "", and nobody is asked, where a record needs no quorum; it is "observer:<id>" where an observer is.
    """

    blobs: tuple[NeededBlob, ...]
    commission: str
    format: str
    leaf: Sha256
    manifest: Sha256
    members: tuple[AskedMember, ...]
    record: str
    says: Text

    @property
    def raw(self) -> bytes:
        """The record as the log has it."""
        return self.record.encode()

    @property
    def content(self) -> Record:
        """The record."""
        return CODEC.decode(self.raw)

    @property
    def kind(self) -> str:
        """The record's type."""
        return kind(self.content)

    @property
    def observer(self) -> str:
        """The observer who is asked, "" if it is a commission or nobody."""
        return self.commission.removeprefix(OBSERVER) if self.commission.startswith(OBSERVER) else ""

    def member(self, spki: bytes) -> str | None:
        """Which of those who are asked has this SubjectPublicKeyInfo in DER."""
        key = hashlib.sha256(spki).hexdigest()
        return next((asked.id for asked in self.members if asked.key == key), None)


def digest(manifest: Manifest) -> bytes:
    """What everything is bound to: the SHA-256 of the manifest."""
    return hashlib.sha256(encode(manifest)).digest()


def compose(record: Record, manifest: bytes, by: Roster | Observer | None, says: Text) -> SigningRequest:
    """Ask a roster or an observer to sign the record; `manifest` is the manifest's SHA-256. None asks nobody."""
    raw = encode(record)
    commission, asked = _asked(by)
    return SigningRequest(
        blobs=_needed(raw),
        commission=commission,
        format=FORMAT,
        leaf=hash_leaf(raw).hex(),
        manifest=manifest.hex(),
        members=tuple(AskedMember(id, hashlib.sha256(spki).hexdigest()) for id, spki in asked),
        record=raw.decode(),
        says=says,
    )


def _asked(by: Roster | Observer | None) -> tuple[str, list[tuple[str, bytes]]]:
    """Who is asked, and each one's id and SubjectPublicKeyInfo."""
    match by:
        case Roster(commission=commission, members=members):
            return commission, [(each.id, each.key) for each in members]
        case Observer(id=id, certificate=certificate):
            return OBSERVER + id, [(id, decode_member(certificate).spki)]
    return "", []


def encode_request(request: SigningRequest) -> bytes:
    """The file: JSON with sorted keys, one value a line, for people who open it."""
    held = msgspec.to_builtins(request)
    return json.dumps(held, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


def decode_request(raw: bytes, file: str) -> SigningRequest:
    """Read a request; `Objection` says why this is none, or what in it was changed."""
    if len(raw) > LARGEST:
        raise Objection("no-request", file=file)
    _check_format(raw, file)
    try:
        request = msgspec.json.decode(raw, type=SigningRequest)
    except (ValueError, RecursionError) as error:
        raise Objection("request-form", file=file, reason=str(error)) from error
    _check_record(request, file)
    return request


def read_request(path: Path) -> SigningRequest:
    """The request in a file."""
    try:
        with path.open("rb") as file:
            return decode_request(file.read(LARGEST + 1), path.name)
    except OSError as error:
        raise Objection("unreadable", file=str(path), reason=error.strerror or "") from error


def _needed(raw: bytes) -> tuple[NeededBlob, ...]:
    return tuple(NeededBlob(blob.length, blob.sha256.hex()) for blob in dict.fromkeys(named_blobs(raw)))


def _check_format(raw: bytes, file: str) -> None:
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Objection("no-request", file=file) from error
    form = said.get("format") if isinstance(said, dict) else None
    if not isinstance(form, str) or not form.endswith(" request"):
        raise Objection("no-request", file=file)
    if form != FORMAT:
        raise Objection("other-format", file=file, format=form, known=FORMAT)


def _check_record(request: SigningRequest, file: str) -> None:
    """The record is the one that `leaf` names, is canonical, and is signed by whom it asks."""
    if hash_leaf(request.raw).hex() != request.leaf:
        raise Objection("changed", file=file)
    try:
        content = request.content
    except Malformed as error:
        raise Objection("no-record", file=file, reason=error.said) from error
    if request.observer != observer_of(content):
        raise Objection("changed", file=file)
    if rule(content).complete is None and not isinstance(content, Observation | Intake):
        raise Objection("not-signed-by-commissions", file=file, record=kind(content))
    if _needed(request.raw) != request.blobs:
        raise Objection("other-blobs", file=file)
    if isinstance(content, Manifest) and hashlib.sha256(request.raw).hexdigest() != request.manifest:
        raise Objection("other-manifest", file=file)
