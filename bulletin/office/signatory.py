"""A member or observer signs a request on an own machine: what it says, and the signed file (specs/desk.md §2)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidSignature

from bulletin.office import signing
from bulletin.office.beside import Beside
from bulletin.office.docket import read_blob, read_signed, signed_path
from bulletin.office.folder import write
from bulletin.office.keyfile import OpenedKey
from bulletin.office.objection import Objection, Unable
from bulletin.office.request import SigningRequest, read_request
from bulletin.office.teller import Known, grouped
from bulletin.office.telling import tell
from verifier.audit import trust
from verifier.commission.certificate import Unfit, decode_member, verify_member
from verifier.commission.roster import Signature
from verifier.desk.report.language import Language
from verifier.errors import VerifierError
from verifier.records import encode


class OpenRequest(NamedTuple):
    """A request as it lies before its signer, with what names its ids."""

    path: Path
    request: SigningRequest
    known: Known

    @classmethod
    def read(cls, path: Path) -> Self:
        """A request, with the manifest and the registers that lie in the same folder."""
        return cls.read_all([path])[0]

    @classmethod
    def read_all(cls, paths: Sequence[Path]) -> list[Self]:
        """Several requests; what they share of their folders is read once."""
        beside = {folder: Beside(folder) for folder in {path.parent for path in paths}}
        requests = [(path, read_request(path)) for path in paths]
        return [cls(path, request, beside[path.parent].know(path, request)) for path, request in requests]

    def tell(self, language: Language) -> list[str]:
        """What the record says, by itself and its blobs; `Objection` if one of these is not here."""
        return tell(self.request.content, lambda digest: read_blob(self.path, digest), language, self.known)

    @property
    def manifest(self) -> bytes:
        """The SHA-256 of the election's manifest."""
        return bytes.fromhex(self.request.manifest)

    @property
    def leaf(self) -> bytes:
        """The record's leaf."""
        return bytes.fromhex(self.request.leaf)

    @property
    def message(self) -> bytes:
        """What is signed."""
        return signing.asked_bytes(self.request.content, self.manifest, self.leaf)

    @property
    def groups(self) -> str:
        """The election's digest, as people compare it with their trust sheet."""
        return grouped(self.manifest)

    def compare(self, sheet: Path) -> None:
        """`Objection` unless the request is of the election on this trust sheet."""
        try:
            read = trust.decode(sheet.read_bytes())
        except OSError as error:
            raise Unable("unreadable", file=str(sheet), reason=error.strerror or "") from error
        except VerifierError as error:
            raise Objection("bad-trust", file=str(sheet), reason=error.said) from error
        if read.manifest is None:
            raise Unable("trust-without-manifest", file=str(sheet))
        if read.manifest.hex() != self.request.manifest:
            raise Objection("other-election", file=self.path.name, sheet=sheet.name)

    def member(self, opened: OpenedKey) -> str:
        """Who of those that are asked has this key."""
        id = self.request.member(opened.spki)
        if id is None:
            asked = ", ".join(member.id for member in self.request.members) or "–"
            raise Objection("not-asked", file=self.path.name, commission=self.request.commission or "–", asked=asked)
        return id


class Signed(NamedTuple):
    """A signed file; `again` if the member had signed before, and nothing was written."""

    path: Path
    member: str
    again: bool


def sign(paper: OpenRequest, opened: OpenedKey, out: Path | None = None) -> Signed:
    """Sign the request with the member's key, into a file beside it, or into the folder `out`.

    Whoever has signed already has signed: the file that is there stays.
    """
    member = paper.member(opened)
    if before := find_signed(paper, opened, out):
        return before
    paper.tell("en")  # nobody signs what cannot be shown
    path = _place(paper, member, out)
    write(path, encode(Signature(paper.leaf, member, signing.sign(opened.key, paper.message))))
    return Signed(path, member, again=False)


def find_signed(paper: OpenRequest, opened: OpenedKey, out: Path | None = None) -> Signed | None:
    """The file with which this member has signed the request before."""
    member = paper.member(opened)
    path = _place(paper, member, out)
    is_signed = path.exists() and _is_signed(path, opened, paper.message, paper.leaf)
    return Signed(path, member, again=True) if is_signed else None


def expired(opened: OpenedKey, now: datetime) -> datetime | None:
    """When the certificate of the key ended, if it has, by the file itself."""
    with suppress(Unfit):
        for der in opened.certificates:
            held = decode_member(der)
            if held.spki == opened.spki:
                ended = datetime.fromtimestamp(held.not_after, UTC)
                return ended if ended < now else None
    return None


def _place(paper: OpenRequest, member: str, out: Path | None) -> Path:
    beside = signed_path(paper.path, member)
    return out / beside.name if out else beside


def _is_signed(path: Path, opened: OpenedKey, message: bytes, leaf: bytes) -> bool:
    """Whether this file is this key's signature already."""
    try:
        signature = read_signed(path)
        verify_member(opened.key.public_key(), signature.signature, message)
    except (Objection, InvalidSignature):
        return False
    return signature.record == leaf
