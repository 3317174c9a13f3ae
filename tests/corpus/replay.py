"""Elections of `specs/vectors/election.json`, put together and audited; nothing here is made afresh."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from tests.support import copies
from tests.support.house import VECTORS, read_vectors

if TYPE_CHECKING:
    from verifier.desk.report.report import Report

PATH = VECTORS / "election.json"


def load(name: str = PATH.stem) -> dict[str, Any]:
    """The file."""
    return read_vectors(name)


class Replay:
    """One election of the file, put together."""

    def __init__(self, file: dict[str, Any], vector: dict[str, Any]) -> None:
        whole = [record.encode() for record in file["honest"]["records"]]
        self.records: list[bytes] = []
        for part in vector["log"]:
            self.records += [part.encode()] if isinstance(part, str) else whole[slice(*part)]
        coded = file["honest"]["blobs"] | vector.get("blobs", {})
        self.blobs = {bytes.fromhex(digest): b64decode(data) for digest, data in coded.items()}
        self.roots = [b64decode(root) for root in file["roots"]]
        self.stamps = [(size, time) for size, time in vector.get("stamps", ())]

    def audit(self) -> Report:
        """What an auditor says who has everything on the sheet."""
        files = copies.publish(self.records, self.blobs)
        if self.stamps:
            files = copies.stamped(self.records, self.blobs, *self.stamps)
        return copies.audit(files, copies.sheet(self.records[0], self.roots))


def failures(report: Report) -> list[tuple[str, int]]:
    """Each failed clause with the number of the record that breaks it, once, in the report's order."""
    numbered = [
        (line.id, int(found[1])) for line in report.failures if (found := re.match(r"record (\d+)", str(line.where)))
    ]
    return list(dict.fromkeys(numbered))


def found(report: Report) -> list[tuple[str, int | None]]:
    """Each finding's clause, with the number of the record that it is about, if it is of one."""
    return [(line.id, line.where.record) for line in report.findings]


def counted(report: Report) -> dict[str, Any]:
    certified = report.results if report.announced == "certified" else ()
    return {result.contest: [result.counted, result.invalid, *result.votes.values()] for result in certified}


def check_rejected(file: dict[str, Any], vector: dict[str, Any]) -> None:
    """The broken election is refused by its clause at its place, and what else fails is what the file says."""
    report = Replay(file, vector).audit()
    first, *others = failures(report)
    assert (report.verdict, report.exit) == ("rejected", 1)
    assert first == (vector["expect"], vector["at"])
    assert [list(other) for other in others] == vector["also"]
    assert not report.incomplete or vector["at"] == 0


def check_accepted(file: dict[str, Any], vector: dict[str, Any]) -> None:
    """The odd election is accepted, with the verdict and the counts of the file."""
    report = Replay(file, vector).audit()
    assert (report.verdict, report.exit) == (vector["verdict"], 0)
    assert (report.phase, counted(report)) == (vector["phase"], vector["counts"])
    assert report.complete
    assert found(report) == [tuple(finding) for finding in vector["findings"]]
