"""Archives of elections with papers or an app: whole ones, void records, and blobs that are gone."""

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

WHOLE = {
    "papers": "the whole election",
    "evenings": "the whole evening",
    "joined": "the pilot and its precincts",
    "assets": "an app since the ceremony",
}
LONG = 5_000  # characters of a lie that an archive need not tell


def whole(name: str) -> replay.Replay:
    """The honest election of a file."""
    file = replay.load(name)
    return replay.Replay(file, next(one for one in file["accepted"] if one["name"] == WHOLE[name]))


def archived(name: str, log: replay.Replay, files: Files, *said: str) -> Archive:
    return Archive.of(name, files, *said, sheet=copies.sheet(log.records[0], log.roots).decode())


def filed() -> list[Archive]:
    """All of them."""
    evening, pilot, paper, app = map(whole, ("evenings", "joined", "papers", "assets"))
    seen = copies.stamped(evening.records, evening.blobs, *evening.stamps)
    certified, papers = (copies.publish(each.records, each.blobs) for each in (pilot, paper))
    manifest, table = CODEC.decode(pilot.records[0]), tabled(paper.records)
    assert isinstance(manifest, Manifest)
    assert manifest.paper is not UNSET
    without_plan = {name: raw for name, raw in certified.items() if name != blob_path(manifest.paper.sha256)}
    without_table = {name: raw for name, raw in papers.items() if name != blob_path(table[1].sha256)}
    refused, forged = void(paper, "papers"), void(app, "assets")
    return [
        archived("a whole evening on paper", evening, seen, FOUND, "papers", "DUT.6"),
        archived("a pilot and its precincts", pilot, certified, ACCEPTED, "certified"),
        archived("a pilot's plan gone", pilot, without_plan, OPEN, "certified"),
        archived("a table's blob gone", paper, without_table, OPEN, "papers", "PRT.9", f"record {table[0]}"),
        archived("void papers", paper, copies.publish(*refused), FALSE, "papers", "PRT.2"),
        bent_plan(paper),
        archived("void apps", app, copies.publish(*forged), FALSE, "voting", "ART.2"),
    ]


def tabled(records: list[bytes]) -> tuple[int, Blob]:
    """The first paper with a table, and its blob."""
    for number, raw in enumerate(records):
        record = CODEC.decode(raw)
        if isinstance(record, Paper) and record.table is not UNSET:
            return number, record.table
    raise AssertionError("no paper has a table")


def void(honest: replay.Replay, name: str) -> Log:
    """The whole election, and after it every lie of the file that needs nothing but its one record."""
    file = replay.load(name)
    records, blobs = list(honest.records), dict(honest.blobs)
    for vector in file["rejected"]:
        alone = vector["log"][0] == [0, len(honest.records)] and len(vector["log"]) == 2
        if alone and len(vector["log"][1]) < LONG:
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
