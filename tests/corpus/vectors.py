"""`specs/vectors/election.json` and its sisters: broken and odd elections, for others to replay."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tests.corpus import (
    apps,
    attacks,
    ballots,
    decisions,
    evenings,
    findings,
    keys,
    mixes,
    papers,
    quarrels,
    rules,
    seats,
    shares,
    silences,
)
from tests.corpus.odd import ODD, hold
from tests.corpus.replay import Replay, counted, failures, found
from tests.corpus.twin import FAULTS, Fault, honest, tell
from tests.support.elections import AUTHORITY
from verifier.audit.clauses import ORDER

if TYPE_CHECKING:
    from tests.corpus.twin import Liar
    from tests.support.elections import Election

# imported for the faults and the odd elections that they enter
LIES = (rules, seats, silences, keys, ballots, mixes, shares, attacks, quarrels, decisions)
COMMENT = (
    "Every log is made of parts: [from, to] are records of `honest`, a string is a record of its own; its blobs are"
    " those of `honest` and its own. `rejected`: the record number `at` breaks the clause `expect`, nothing before it"
    " is wrong, and `also` lists what else fails, as [clause, record]. `accepted`: the verdict, the phase at the end,"
    " of each contest that was counted [counted, invalid, each option's votes], and the findings as [clause, record],"
    " null where a finding is of no record. `stamps`: the log was published at these sizes, and all witnesses"
    " cosigned then."
)


def build() -> dict[str, Any]:
    """Everything afresh; what is expected first is what each fault says of itself, not what the verifier says."""
    file, twin = _begin(honest()), honest()
    for entered in ODD:
        made = _shared(entered.name, hold(entered), twin)
        report = Replay(file, made).audit()
        said = {"verdict": entered.verdict, "phase": entered.phase, "counts": counted(report)}
        file["accepted"].append(made | said | {"findings": found(report)})
    for fault in told():
        _tell(file, fault.name, fault.expect, tell(fault), twin)
    return file


def build_papers() -> dict[str, Any]:
    """An election on paper, what is found in others, and the lies on paper."""
    twin, _ = papers.twin()
    file = _begin(twin)
    for entered in findings.ODD_PAPERS:
        _accept(file, _shared(entered.name, findings.hold(entered), twin), entered.expect)
    for lie in sorted(papers.PAPER_LIES, key=lambda lie: (ORDER[lie.expect], lie.name)):
        _tell(file, lie.name, lie.expect, papers.tell(lie), twin)
    return file


def build_evenings() -> dict[str, Any]:
    """One election on paper, and when witnesses saw it."""
    twin = evenings.twin()
    file = _begin(twin)
    for evening in evenings.every():
        liar = papers.PaperLiar(twin, 0)
        liar.records = evening.records
        made = _shared(evening.name, liar, twin) | {"stamps": [list(stamp) for stamp in evening.stamps]}
        _accept(file, made, evening.expect)
    return file


def build_joined() -> dict[str, Any]:
    """The electronic pilot and its paper precincts on one log."""
    twin = findings.joint()
    file = _begin(twin)
    for entered in findings.JOINED:
        liar = papers.PaperLiar(twin, len(twin.records))
        entered.hold(liar)
        _accept(file, _shared(entered.name, liar, twin), entered.expect)
    return file


def build_assets() -> dict[str, Any]:
    """An election with an app, what may become of it, and the lies about it."""
    twin = apps.twin()
    file = _begin(twin)
    for entered in apps.ODD_APPS:
        _accept(file, _shared(entered.name, apps.hold(entered), twin), entered.expect)
    for lie in sorted(apps.APP_LIES, key=lambda lie: (ORDER[lie.expect], lie.name)):
        _tell(file, lie.name, lie.expect, apps.hold(lie), twin)
    return file


FILES = {
    "election": build,
    "papers": build_papers,
    "evenings": build_evenings,
    "joined": build_joined,
    "assets": build_assets,
}


def _begin(twin: Election) -> dict[str, Any]:
    return {
        "comment": COMMENT,
        "log_key": twin.manifest.log_key.hex(),
        "roots": [b64encode(AUTHORITY.der).decode()],
        "honest": {"records": [record.decode() for record in twin.records], "blobs": _blobs(twin.blobs)},
        "accepted": [],
        "rejected": [],
    }


def _accept(file: dict[str, Any], made: dict[str, Any], expect: str) -> None:
    """Enter an election in which nothing is refused; what it is about is found, and nothing else needs to be said."""
    report = Replay(file, made).audit()
    ids = {finding.id for finding in report.findings}
    assert not expect or expect in ids, (made["name"], ids)
    said = {"verdict": report.verdict, "phase": report.phase, "counts": counted(report), "findings": found(report)}
    assert report.verdict == ("accepted with findings" if expect else "accepted"), (made["name"], report.failures)
    file["accepted"].append(made | said)


def _tell(file: dict[str, Any], name: str, expect: str, liar: Liar, twin: Election) -> None:
    made = _shared(name, liar, twin)
    also = [[id, at] for id, at in failures(Replay(file, made).audit()) if (id, at) != (expect, liar.at)]
    file["rejected"].append(made | {"expect": expect, "at": liar.at, "also": also})


def told() -> list[Fault]:
    """The lies that the file tells, by clause."""
    kept = [fault for fault in FAULTS if not fault.told_here]
    return sorted(kept, key=lambda fault: (ORDER[fault.expect], fault.name))


def write(file: dict[str, Any]) -> str:
    """One vector a line."""
    parts = []
    for name, value in file.items():
        if isinstance(value, list):
            lines = ",\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in value)
            parts.append(f'"{name}": [\n{lines}\n]')
        else:
            parts.append(f'"{name}": {json.dumps(value, ensure_ascii=False, separators=(",", ":"))}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _shared(name: str, liar: Liar, twin: Election) -> dict[str, Any]:
    """The election as parts of the honest one and its own."""
    place = {record: index for index, record in enumerate(twin.records)}
    parts: list[Any] = []
    for record in liar.records:
        index = place.get(record)
        if index is None:
            parts.append(record.decode())
        elif parts and isinstance(parts[-1], list) and parts[-1][1] == index:
            parts[-1][1] += 1
        else:
            parts.append([index, index + 1])
    own = {digest: data for digest, data in liar.blobs.items() if digest not in twin.blobs and _named(digest, liar)}
    return {"name": name, "log": parts, "blobs": _blobs(own)}


def _named(digest: bytes, liar: Liar) -> bool:
    """Whether a record names the blob: what a liar only tried out is left away."""
    return any(b64encode(digest) in record for record in liar.records)


def _blobs(blobs: dict[bytes, bytes]) -> dict[str, str]:
    assert all(sha256(data).digest() == digest for digest, data in blobs.items())
    return {digest.hex(): b64encode(data).decode() for digest, data in blobs.items()}
