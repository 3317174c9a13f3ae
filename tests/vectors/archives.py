"""Whole archives, and what an auditor says of each: vectors/archives.json and the zip files in vectors/archives.

`python -m tests.vectors.archives` writes them anew, from the elections of vectors/election.json; with the name of a
backend it judges the committed ones by it. What each archive must tell stands in tests/vectors/carried.py.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from typing import TYPE_CHECKING, Any

from tests.corpus import replay
from tests.support.house import VECTORS, read_vectors
from verifier.audit import trust
from verifier.audit.audit import Audit
from verifier.audit.clauses import ORDER
from verifier.client.files import Zip
from verifier.desk.report.report import Report, compose
from verifier.errors import VerifierError
from verifier.proof import backend
from verifier.rule import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.vectors.carried import Archive
    from verifier.audit.verdict import Line
    from verifier.place import Place

FOLDER = VECTORS / "archives"
COMMENT = "verification.md §6 says what the members mean. An archive stands in the folder `archives`, packed."
UNREAD = {"verdict": "could not be checked", "phase": "setup", "false": [], "open": [], "found": [], "skipped": []}


def judged(raw: bytes, sheet: str) -> dict[str, Any]:
    """What our verifier says of a packed copy."""
    try:
        copy = Zip(zipfile.ZipFile(io.BytesIO(raw)))
        report = compose(Audit(copy, trust.decode(sheet.encode()), kept=copy.kept).run())
    except VerifierError:
        return UNREAD
    return {
        "verdict": report.verdict,
        "phase": report.phase,
        "false": _lines(report.failures),
        "open": _lines(report.incomplete),
        "found": _lines(report.findings),
        "skipped": [check.id for check in report.skipped],
        **_result(report),
    }


def _lines(lines: Iterable[Line | Finding]) -> list[list[str]]:
    """Each clause with its place, and a finding's severity, once: by record, then in the order of the clauses."""
    ordered = sorted(lines, key=lambda line: (line.where.order, ORDER.get(line.id, -1), str(line.where)))
    told = ((line.id, _place(line.where), *([line.severity] if isinstance(line, Finding) else [])) for line in ordered)
    return list(map(list, dict.fromkeys(told)))


def _place(where: Place) -> str:
    """A record as a whole, or a file."""
    return str(where) if where.record is None else f"record {where.record}"


def _result(report: Report) -> dict[str, Any]:
    if report.verdict == "rejected":
        return {} if report.stands is None else {"stands": report.stands}
    counts = replay.counted(report)
    return {"counts": counts} if counts else {}


def make(archives: Iterable[Archive]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The file, and the zip files by name; an archive of the same bytes as another is not written twice."""
    sheets: dict[str, str] = {}
    packed: dict[bytes, str] = {}
    vectors = []
    for archive in archives:
        said, expected = judged(archive.raw, archive.sheet), archive.said
        told = said[{"rejected": "false", "could not be checked": "open"}.get(expected.verdict, "found")]
        assert said["verdict"] == expected.verdict, (archive.name, said)
        assert expected.phase in {"", said["phase"]}, (archive.name, said)
        wanted = list(filter(None, expected[2:]))
        assert not wanted or wanted in [line[: len(wanted)] for line in told], (archive.name, said)
        file = packed.setdefault(archive.raw, f"{re.sub('[^a-z0-9]+', '-', archive.name.lower())}.zip")
        sheet = sheets.setdefault(archive.sheet, f"sheet {len(sheets) + 1}")
        vectors.append({"name": archive.name, "archive": file, "sheet": sheet, **said})
    named = {name: text for text, name in sheets.items()}
    return {"comment": COMMENT, "sheets": named, "archives": vectors}, {name: raw for raw, name in packed.items()}


def write(file: dict[str, Any]) -> str:
    """One archive a line."""
    lines = ",\n".join(json.dumps(vector, ensure_ascii=False) for vector in file["archives"])
    head = {name: value for name, value in file.items() if name != "archives"}
    return json.dumps(head, indent=1, ensure_ascii=False)[:-2] + f',\n "archives": [\n{lines}\n]}}\n'


def disagreements() -> list[str]:
    """One line for each committed archive of which our verifier says something else."""
    file = read_vectors("archives")
    wrong = []
    for vector in file["archives"]:
        said = judged((FOLDER / vector["archive"]).read_bytes(), file["sheets"][vector["sheet"]])
        expected = {name: vector[name] for name in vector if name not in {"name", "archive", "sheet"}}
        if said != expected:
            wrong.append(f"{vector['name']}: {said}")
    return wrong


def main(*chosen: str) -> None:
    if chosen:
        backend.choose(chosen[0])  # type: ignore[arg-type]
        assert backend.NAME.startswith(chosen[0])
        sys.exit("\n".join(disagreements()) or 0)
    from tests.vectors import carried, filed

    file, packed = make([*carried.every(), *filed.filed()])
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for name, raw in packed.items():
        (FOLDER / name).write_bytes(raw)
    (VECTORS / "archives.json").write_text(write(file))


if __name__ == "__main__":
    main(*sys.argv[1:])
