"""Archives of elections with papers: whole ones, void papers, and blobs that are gone (specs/papers.md §7)."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any

from msgspec import UNSET
from msgspec.structs import replace

from tests.corpus import replay
from tests.support import copies
from tests.vectors.carried import ACCEPTED, FALSE, FOUND, OPEN, Archive
from tests.vectors.logs import Log
from verifier.election.manifest import Manifest
from verifier.log.reading import blob_path
from verifier.paper.papers import Paper
from verifier.paper.plan import CODEC as PLANS
from verifier.place import Place
from verifier.records import Blob, encode
from verifier.rules import CODEC

if TYPE_CHECKING:
    from tests.support.copies import Files

WHOLE = {"papers": "the whole election", "evenings": "the whole evening", "joined": "the pilot and its precincts"}


def whole(name: str) -> replay.Replay:
    """The honest election of a file."""
    file = replay.load(name)
    return replay.Replay(file, next(one for one in file["accepted"] if one["name"] == WHOLE[name]))


def archived(name: str, log: replay.Replay, files: Files, *said: str) -> Archive:
    return Archive.of(name, files, *said, sheet=copies.sheet(log.records[0], log.roots).decode())


def filed() -> list[Archive]:
    """All of them."""
    evening, pilot, paper = whole("evenings"), whole("joined"), whole("papers")
    seen = copies.stamped(evening.records, evening.blobs, *evening.stamps)
    certified, papers = (copies.publish(each.records, each.blobs) for each in (pilot, paper))
    manifest, table = CODEC.decode(pilot.records[0]), tabled(paper.records)
    assert isinstance(manifest, Manifest)
    assert manifest.paper is not UNSET
    without_plan = {name: raw for name, raw in certified.items() if name != blob_path(manifest.paper.sha256)}
    without_table = {name: raw for name, raw in papers.items() if name != blob_path(table[1].sha256)}
    refused = void(paper)
    return [
        archived("a whole evening on paper", evening, seen, FOUND, "papers", "DUT.6"),
        archived("a pilot and its precincts", pilot, certified, ACCEPTED, "certified"),
        archived("a pilot's plan gone", pilot, without_plan, OPEN, "certified"),
        archived("a table's blob gone", paper, without_table, OPEN, "papers", "PRT.9", f"record {table[0]}"),
        archived("void papers", paper, copies.publish(*refused), FALSE, "papers", "PRT.2"),
        bent_plan(paper),
    ]


def tabled(records: list[bytes]) -> tuple[int, Blob]:
    """The first paper with a table, and its blob."""
    for number, raw in enumerate(records):
        record = CODEC.decode(raw)
        if isinstance(record, Paper) and record.table is not UNSET:
            return number, record.table
    raise AssertionError("no paper has a table")


def void(paper: replay.Replay) -> Log:
    """The whole election, and after it every lie that needs nothing but its one record."""
    file = replay.load("papers")
    records, blobs = list(paper.records), dict(paper.blobs)
    for vector in file["rejected"]:
        if vector["log"][0] == [0, len(paper.records)] and len(vector["log"]) == 2:
            records.append(vector["log"][1].encode())
            blobs |= {bytes.fromhex(digest): b64decode(data) for digest, data in vector["blobs"].items()}
    return Log.of(records, blobs)


def bent_plan(paper: replay.Replay) -> Archive:
    """A log of one record, whose plan is not consistent."""
    manifest: Any = CODEC.decode(paper.records[0])
    plan = PLANS.decode(paper.blobs[manifest.paper.sha256], Place(record=0))
    raw = encode(replace(plan, participants=("nobody",)))
    blob = Blob.of(raw)
    record = encode(replace(manifest, paper=blob))
    log = Log.of([record], {blob.sha256: raw})
    trusted = copies.sheet(record, paper.roots).decode()
    return Archive.of("a plan that is not consistent", log.files, FALSE, "setup", "PRT.1", "record 0", sheet=trusted)
