"""A second auditor of whole archives, over the readers and the fold beside it: log.md §7, verification.md §2–3, §6."""

from __future__ import annotations

import base64
import hashlib
import io
import stat
import zipfile
from pathlib import Path
from typing import Any

from tests.reference.copy import LATEST, Copy, Files, Seen
from tests.reference.elections import judge_papers
from tests.reference.files import Sheet, read_sheet
from tests.reference.group import Fails
from tests.reference.log import Key
from tests.reference.papers import Papers
from tests.reference.proofs import refuse_unless
from tests.reference.records import in_page_order

UNREADABLE = b"\0what no file of a copy holds"
NEVER = float("inf")
OF_PAPERS = [f"PRT.{n}" for n in range(1, 36)] + [f"DUT.{n}" for n in (1, 2, 5, 6, 7, 8, 10, 11, 12)]
SEVERITIES = {
    **dict.fromkeys(("BRD.5", "CFG.7", "CRT.4", "CRT.5"), "warning"),
    **dict.fromkeys(("KEY.10", "MIX.10"), "information"),
    "KEY.7": "error",
}
NOTHING = {"verdict": "could not be checked", "phase": "setup", "false": [], "open": [], "found": [], "skipped": []}

# --- log.md §7.7: packed copies ---


def unpack(raw: bytes) -> Files:
    """The copy's files by name; of what is there and cannot be read the bytes are `UNREADABLE`."""
    files: Files = {}
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        for info in packed.infolist():
            parts = [part for part in info.filename.replace("\\", "/").split("/") if part not in {"", "."}]
            name, mode = "/".join(parts), stat.S_IFMT(info.external_attr >> 16)
            if info.filename.endswith("/") or ".." in parts:
                continue
            plain = mode in {0, stat.S_IFREG} and info.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
            files[name] = packed.read(info) if plain and name not in files else UNREADABLE
    folders = sorted((name[: -len(LATEST)] for name in files if f"/{name}".endswith(f"/{LATEST}")), key=depth)
    refuse_unless("incomplete", [depth(folder) for folder in folders[:2]].count(depth("".join(folders[:1]))) < 2)
    folder = "".join(folders[:1])
    return {name.removeprefix(folder): data for name, data in files.items() if name.startswith(folder)}


def depth(folder: str) -> int:
    return folder.count("/")


class Archive(Copy):
    """A copy with all its records, blobs and witnesses' times."""

    def __init__(self, files: Files, sheet: Sheet) -> None:
        super().__init__(files, sheet)
        self.election = self.fresh()
        self.judged: list[tuple[str, str, str]] = []  # findings of the timetable and the papers, with their severity
        self.stands: bool | None = None

    def fresh(self) -> Papers:
        named = {name[-64:]: name for name in self.files if name == f"blobs/{name[-64:][:2]}/{name[-64:]}"}
        blobs = {digest: base64.b64encode(self.files[name]).decode() for digest, name in named.items()}
        return Papers(blobs, [base64.b64encode(root).decode() for root in self.sheet.roots])

    def fold(self, entries: list[bytes]) -> None:
        self.election.replay(entries)
        if self.election.common.get("manifest") == self.sheet.digests.get("manifest"):
            for coded in self.election.log_keys[1:]:
                key = base64.b64decode(coded)
                id_ = hashlib.sha256(self.origin.encode() + b"\n\1" + key).digest()[:4]
                self.keys.append(Key(self.origin, id_, 1, key))

    def judge_records(self, entries: list[bytes], size: int) -> None:
        fold = self.election
        whole = len(entries) == size and fold.unjudged is None
        if fold.unjudged is not None:
            self.said.open.add(("BRD", f"record {fold.unjudged}"))
        void = {index for _, index in fold.failures}
        if fold.manifest:
            self.judge_manifest(entries[0])
            fold.judge_signatures(self.bounds if self.sheet.witnessed else None)
            if self.sheet.witnessed:
                self.judged = [(c, f"record {at}", severity) for c, at, severity in fold.judge_duties(self.bounds)]
            papers = judge_papers(fold, len(entries), self.bounds if self.sheet.witnessed else None)
            self.judged += [(one.clause, one.place, one.severity) for one in papers]
            self.said.found.update((clause, place) for clause, place, _ in self.judged)
        elif whole:
            self.said.open.add(("BRD", "record 0"))
        self.said.open.update(("PRT.9", f"record {index}") for index in fold.missing)
        self.said.false.update((clause, f"record {index}") for clause, index in fold.failures)
        self.said.found.update((c, at if isinstance(at, str) else f"record {at}") for c, at in fold.findings)
        if void and whole:
            again = self.fresh()
            again.replay(entries, void)
            self.stands = again.phase == "certified" and again.tally == fold.tally and not again.unproved

    # --- log.md §6.5 ---

    def earliest(self, seen: Seen) -> float:
        times = [time for _, time in seen if self.policy.quorum.holds([key for key, at in seen if at <= time])]
        return min(times, default=NEVER)

    def latest(self, seen: Seen) -> float:
        times = [time for _, time in seen if self.policy.quorum.holds([key for key, at in seen if at >= time])]
        return max(times, default=-NEVER)

    def bounds(self, index: int) -> tuple[float, float]:
        low = [self.latest(seen) for size, seen in self.seen.values() if size <= index]
        up = [self.earliest(seen) for size, seen in self.seen.values() if size > index]
        return max(low, default=-NEVER), min(up, default=NEVER)

    # --- verification.md §2.2 and §3 ---

    @property
    def skipped(self) -> list[str]:
        lacking = {
            *(() if self.sheet.witnessed else ("BRD.4", "BRD.5", "CFG.12", "CRT.5", "DUT.3", "DUT.4", "DUT.9")),
            *(() if self.sheet.roots else ("CRT.4",)),
            *(() if "manifest" in self.sheet.digests else ("CFG.10",)),
            *(OF_PAPERS if self.election.lacking else ()),
        }
        return sorted(lacking - {clause for clause, _ in self.said.open}, key=in_page_order)

    def result(self) -> dict[str, Any]:
        """What verification.md §6 has of an archive."""
        said, skipped = self.judge(), self.skipped
        verdict = "could not be checked" if skipped and not said.false else said.verdict
        phase = self.election.phase if self.vouched else "setup"
        lists = {kind: sorted(map(list, lines)) for kind, lines in said._asdict().items()}
        others = [(clause, place, SEVERITIES[clause]) for clause, place in said.found if clause in SEVERITIES]
        lists["found"] = sorted(map(list, {*others, *self.judged}))
        counts = self.election.counts if verdict != "rejected" and phase == "certified" else {}
        return {
            "verdict": verdict,
            "phase": phase,
            **lists,
            "skipped": skipped,
            **({"counts": counts} if counts else {}),
            **({} if self.stands is None or not said.false else {"stands": self.stands}),
        }


def audit(raw: bytes, text: str) -> dict[str, Any]:
    try:
        return Archive(unpack(raw), read_sheet(text)).result()
    except Fails:
        return NOTHING


def judge_archives(file: dict[str, Any], folder: Path) -> dict[str, bool]:
    """Whether this auditor agrees, by the name of each vector of archives.json."""
    agrees = {}
    for v in file["archives"]:
        expected = {name: said for name, said in v.items() if name not in {"name", "archive", "sheet"}}
        expected |= {kind: sorted(v[kind]) for kind in ("false", "open", "found")}
        agrees[v["name"]] = audit((folder / v["archive"]).read_bytes(), file["sheets"][v["sheet"]]) == expected
    return agrees
