"""The first requests: the manifest, each commission's first roster, the voters' app (specs/desk.md §2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bulletin.office import served
from bulletin.office.asking import ask
from bulletin.office.commissions import Commissions
from bulletin.office.docket import read_docket
from bulletin.office.folder import Folder
from bulletin.office.teller import Known
from verifier.commission.roster import LEVELS, Roster
from verifier.election.assets import Assets
from verifier.election.manifest import Manifest
from verifier.paper.plan import CODEC
from verifier.state import State


def request_first(folder: Folder, manifest: Manifest, seated: Commissions, plan: bytes | None = None) -> Iterator[Path]:
    """Put manifest and rosters into the docket, as far as they are not in it.

    The manifest fixes the central roster, which nobody signs; every other is signed by the commission above. A roster
    that comes later is an act of its own.
    """
    rosters = {roster.commission: roster for roster in seated.rosters}
    known = Known(manifest, plan=CODEC.decode(plan) if plan else None)
    filed = read_docket(folder)
    yield ask(folder, manifest, manifest, rosters[seated.central], [plan] if plan else [], known, filed).path
    placed = {each.request.content: each.path for each in filed if each.request.kind == "roster"}
    listed = {record.commission: path for record, path in placed.items() if isinstance(record, Roster)}
    for commission in sorted(seated.commissions, key=lambda each: LEVELS.index(each.level)):
        above = rosters.get(commission.above)
        yield listed.get(commission.id) or ask(folder, rosters[commission.id], manifest, above, filed=filed).path


def request_app(folder: Folder, manifest: Manifest, seated: Commissions) -> tuple[Path, bool]:
    """Put the app in `made/app` to the central commission, unless one is in the docket; whether it is the same.

    No log is looked at: it is the first app, which replaces none. One that comes later is an act of its own.
    """
    place, filed = folder.made(served.APP), read_docket(folder)
    asked = [(each.path, record) for each in filed if isinstance(record := each.request.content, Assets)]
    if asked:
        path, last = asked[-1]
        return path, last.files == served.read_files(place)[0]
    made = served.assets(State(), place)
    roster = next(roster for roster in seated.rosters if roster.commission == seated.central)
    return ask(folder, made.record, manifest, roster, made.blobs, filed=filed).path, True
