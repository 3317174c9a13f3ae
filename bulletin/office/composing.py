"""The manifest, composed of what the commission wrote; what is on the log already is not composed anew."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from msgspec import UNSET

from bulletin.office.commissions import Commissions
from bulletin.office.docket import read_docket
from bulletin.office.election import Draft
from bulletin.office.folder import Folder
from bulletin.office.holders import Holders
from bulletin.office.mistake import Mistakes
from bulletin.office.objection import Objection
from bulletin.office.trying import mark
from verifier.election.manifest import SPEC, Contest, Manifest, check_manifest
from verifier.errors import Malformed, Rejected
from verifier.log.tree import hash_leaf
from verifier.paper.consistency import complaints
from verifier.paper.plan import CODEC as PLAN
from verifier.place import NOWHERE
from verifier.records import LIMIT, Blob, Codec, encode

MANIFEST = "manifest.json"
CODEC: Codec[Manifest] = Codec(Manifest)


class Parts(NamedTuple):
    """What a manifest is composed of."""

    draft: Draft
    contests: tuple[Contest, ...]
    commissions: Commissions
    holders: Holders
    policy: str
    plan: bytes | None = None


def compose_manifest(folder: Folder, parts: Parts, found: Mistakes) -> Manifest | None:
    """The manifest; None if boards would not take it, or if another one has gone into the docket, which is said.

    Its nonce is drawn once, and then kept in `made/manifest.json`: the same inputs give the same manifest.
    """
    try:
        asked = _read_asked(folder)
    except Objection as objection:
        found.note("docket", folder.docket.name, reason=objection)
        return None
    made = asked or _read_made(folder)
    manifest = _compose(parts, made.nonce if made else secrets.token_bytes(32))
    if asked and asked != manifest:
        differing = [name for name in Manifest.__struct_fields__ if getattr(asked, name) != getattr(manifest, name)]
        found.note("settled", parts.draft.toml.file, fields=", ".join(differing))
        return None
    if len(encode(manifest)) > LIMIT:
        found.note("large-manifest", parts.draft.toml.file, size=len(encode(manifest)), most=LIMIT)
        return None
    try:
        check_manifest(manifest, NOWHERE)
    except Rejected as refused:
        found.note("manifest", parts.draft.toml.file, reason=refused.said)
        return None
    if parts.plan is not None:
        for said in complaints(PLAN.decode(parts.plan), manifest):
            found.note("plan", parts.draft.plan, reason=said)
            return None
    return manifest


def read_plan(folder: Folder, draft: Draft, found: Mistakes) -> bytes | None:
    """The plan's very bytes; None if the election names none, or the file is none, which is said."""
    if not draft.plan:
        return None
    try:
        data = (folder.path / draft.plan).read_bytes()
        PLAN.decode(data)
    except OSError as error:
        found.note("no-plan", draft.toml.file, draft.toml.line("election", "plan"), reason=error.strerror or "")
        return None
    except Malformed as error:
        found.note("no-plan", draft.toml.file, draft.toml.line("election", "plan"), reason=error.said)
        return None
    return data


def units_of(plan: bytes | None) -> tuple[str, ...]:
    """The ids of a plan's units."""
    return tuple(unit.id for unit in PLAN.decode(plan).units) if plan is not None else ()


def _compose(parts: Parts, nonce: bytes) -> Manifest:
    draft, seated, holders = parts.draft, parts.commissions, parts.holders
    central = next(roster for roster in seated.rosters if roster.commission == seated.central)
    return Manifest(
        spec=SPEC,
        election=draft.id,
        title=mark(draft.title) if seated.trial else draft.title,
        nonce=nonce,
        origin=draft.origin,
        log_key=holders.log.public,
        operator=holders.operator,
        policy=parts.policy,
        contests=parts.contests,
        styles=draft.styles,
        commissions=seated.commissions,
        central=seated.central,
        roster=hash_leaf(encode(central)),
        trustees=holders.trustees,
        threshold=draft.threshold,
        least_trustees=draft.least_trustees,
        mixers=holders.mixers,
        mixes=draft.mixes,
        minimum=draft.minimum,
        telephone=draft.telephone,
        timetable=tuple(each.limit for each in draft.dates),
        paper=UNSET if parts.plan is None else Blob.of(parts.plan),
    )


def _read_made(folder: Folder) -> Manifest | None:
    path = folder.made(MANIFEST)
    try:
        return CODEC.decode(path.read_bytes()) if path.exists() else None
    except Malformed:
        return None  # it is made anew


def _read_asked(folder: Folder) -> Manifest | None:
    """The manifest that members are asked to sign; `Objection` if the docket cannot be read."""
    asked = (filed.request.content for filed in read_docket(folder, "manifest"))
    return next((record for record in asked if isinstance(record, Manifest)), None)
