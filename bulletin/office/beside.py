"""What lies beside requests in their folder, and names what they tell of: manifest, plan, codes, former versions."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from msgspec import UNSET

from bulletin.office.docket import read_blob
from bulletin.office.objection import Objection
from bulletin.office.request import SigningRequest, read_request
from bulletin.office.teller import Known
from verifier.election.assets import Assets
from verifier.election.manifest import Manifest
from verifier.election.register import CODEC, Register
from verifier.errors import Malformed
from verifier.log.tree import hash_leaf
from verifier.paper.papers import NONE, Paper
from verifier.paper.plan import CODEC as PLAN
from verifier.paper.plan import Plan
from verifier.records import LIMIT, Record
from verifier.rules import CODEC as RECORDS


class Beside:
    """A folder as one command finds it: what several requests need of it is read once, when the first one needs it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._named: dict[str, Known] = {}

    def know(self, path: Path, request: SigningRequest) -> Known:
        """What names the ids of a request; `Objection` if it is of another election than the manifest here."""
        if request.manifest not in self._named:
            self._named[request.manifest] = self._name(path, request)
        return self._named[request.manifest]._replace(records=self._former(request.content))

    def _name(self, path: Path, request: SigningRequest) -> Known:
        """The manifest, which must be the request's own, with its plan and the codes of its registers."""
        beside = [read_request(each) for each in sorted(self._folder.glob("*-manifest.request"))]
        own = [each.content for each in (request, *beside) if _is_its_manifest(each, request)]
        manifest = next((each for each in own if isinstance(each, Manifest)), None)
        if beside and manifest is None:
            raise Objection("other-election-here", file=path.name)
        codes: dict[bytes, str] = {}
        for each in map(read_request, sorted(self._folder.glob("*-register.request"))):
            record = each.content
            if each.manifest == request.manifest and isinstance(record, Register):
                codes |= _codes(path, record)
        return Known(manifest, codes, _plan(path, manifest))

    def _former(self, record: Record) -> dict[bytes, Record]:
        """What a paper or an app follows, among the blobs: its leaf says that it is the one."""
        leaf = (
            record.supersedes if isinstance(record, Paper) else record.replaces if isinstance(record, Assets) else NONE
        )
        if leaf == NONE or leaf not in self._leaves:
            return {}
        with suppress(Malformed):
            return {leaf: RECORDS.decode(self._leaves[leaf].read_bytes())}
        return {}

    @cached_property
    def _leaves(self) -> dict[bytes, Path]:
        """Each blob that may be a record, by the leaf that it would have."""
        files = [each for each in sorted(self._folder.glob("blobs/*")) if each.stat().st_size <= LIMIT]
        return {hash_leaf(file.read_bytes()): file for file in files}


def _plan(path: Path, manifest: Manifest | None) -> Plan | None:
    """The plan that the manifest names, if it lies there."""
    data = read_blob(path, manifest.paper.sha256) if manifest and manifest.paper is not UNSET else None
    try:
        return PLAN.decode(data) if data else None
    except Malformed:
        return None


def _is_its_manifest(each: SigningRequest, request: SigningRequest) -> bool:
    return hashlib.sha256(each.raw).hexdigest() == request.manifest


def _codes(path: Path, record: Register) -> dict[bytes, str]:
    data = read_blob(path, record.blob.sha256)
    try:
        return {row.key: row.code for row in CODEC.decode(data).credentials} if data else {}
    except Malformed:
        return {}
