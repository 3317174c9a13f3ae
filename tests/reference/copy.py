"""A second reader of copies of a log, from log.md §7 and verification.md §3 alone: what is false, open, found, where.

It stands on tests/reference/log.py. What the records say is not judged here, but for what the manifest has in common
with the sheet.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any, NamedTuple

from tests.reference.files import WIDTH, Sheet, path_of, read_bundle, read_sheet
from tests.reference.group import Fails
from tests.reference.log import (
    Checkpoint,
    Key,
    Rule,
    check_log,
    cosigned,
    leaf_hash,
    read_checkpoint,
    read_policy,
    root,
)

Files = dict[str, bytes]
Lines = set[tuple[str, str]]
LATEST = "checkpoint"


class Said(NamedTuple):
    """Clauses and places."""

    false: Lines
    open: Lines
    found: Lines

    @property
    def verdict(self) -> str:
        if self.false:
            return "rejected"
        return "could not be checked" if self.open else "accepted with findings" if self.found else "accepted"


class Copy:
    """A copy and the sheet by which it is judged."""

    def __init__(self, files: Files, sheet: Sheet) -> None:
        self.files, self.policy, self.sheet = files, sheet.policy, sheet
        self.origin = sheet.policy.logs[0].name
        self.said = Said(set(), set(), set())

    def judge(self) -> Said:
        """The steps of §7.2."""
        try:
            head = self.read(LATEST)
        except Fails:
            self.said.open.add(("BRD.1", LATEST))
            return self.said
        vouched = self.is_signed(head)
        lines = [line for key in self.policy.logs for line in head.note.by(key)]
        leaves = None if lines and not vouched else self.read_tree(head)
        entries = self.read_entries(leaves) if leaves is not None else []
        self.judge_checkpoints(head if vouched else None, leaves, head.size)
        if vouched and entries:
            self.judge_manifest(entries[0])
        return self.said

    def read(self, name: str) -> Checkpoint:
        try:
            return read_checkpoint(self.files[name].decode())
        except (KeyError, UnicodeDecodeError):
            raise Fails("malformed") from None

    def is_signed(self, checkpoint: Checkpoint) -> bool:
        try:
            check_log(checkpoint, self.origin, self.policy.logs, "false")
        except Fails:
            return False
        return True

    def tile(self, level: str, number: int, items: int) -> bytes | None:
        """A tile, or the beginning of the full one."""
        width = min(WIDTH, items - number * WIDTH)
        raw = self.files.get(path_of(level, number, width))
        if raw is None and width < WIDTH and level != "entries":
            return self.files.get(path_of(level, number, WIDTH), b"")[: 32 * width] or None
        return raw

    def name(self, level: str, number: int, items: int) -> str:
        return path_of(level, number, min(WIDTH, items - number * WIDTH))

    def hashes(self, level: int, items: int) -> list[bytes] | None:
        """All hashes of a level, or None if a tile lacks, or has another length."""
        found = b""
        for number in range(-(-items // WIDTH)):
            raw = self.tile(str(level), number, items)
            if raw is None or len(raw) != 32 * min(WIDTH, items - number * WIDTH):
                return None
            found += raw
        return [found[at : at + 32] for at in range(0, len(found), 32)]

    def bundle(self, number: int, size: int) -> list[bytes] | None:
        try:
            raw = self.tile("entries", number, size)
            return None if raw is None else read_bundle(raw, min(WIDTH, size - number * WIDTH))
        except Fails:
            return None

    def read_tree(self, head: Checkpoint) -> list[bytes] | None:
        """Step 2: the leaf hashes that lead to the root, wherever they are; None if nothing does."""
        leaves = self.hashes(0, head.size)
        if leaves is None or root(leaves) != head.root:
            leaves = []
            for number in range(-(-head.size // WIDTH)):
                entries = self.bundle(number, head.size)
                if entries is None:
                    self.said.open.add(("BRD.2", self.name("entries", number, head.size)))
                    return None
                leaves += map(leaf_hash, entries)
            self.compare(leaves)
            if root(leaves) != head.root:
                self.said.open.add(("BRD.2", LATEST))
                return None
        self.compare(leaves)
        return leaves

    def compare(self, hashes: list[bytes]) -> None:
        """Every hash tile with what is computed."""
        level = 0
        while hashes:
            for number in range(-(-len(hashes) // WIDTH)):
                if self.tile(str(level), number, len(hashes)) != b"".join(hashes[number * WIDTH :][:WIDTH]):
                    self.said.open.add(("BRD.2", self.name(str(level), number, len(hashes))))
            hashes = [root(hashes[end - WIDTH : end]) for end in range(WIDTH, len(hashes) + 1, WIDTH)]
            level += 1

    def read_entries(self, leaves: list[bytes]) -> list[bytes]:
        """Step 3: the entries up to the first bundle that is damaged."""
        entries: list[bytes] = []
        for number in range(-(-len(leaves) // WIDTH)):
            found = self.bundle(number, len(leaves))
            if found is None or [leaf_hash(entry) for entry in found] != leaves[number * WIDTH :][:WIDTH]:
                self.said.open.add(("BRD.2", self.name("entries", number, len(leaves))))
                break
            entries += found
        return entries

    def judge_checkpoints(self, head: Checkpoint | None, leaves: list[bytes] | None, size: int) -> None:
        """Steps 4 to 7."""
        found = re.compile("checkpoints/(0|[1-9][0-9]*)").fullmatch
        numbers = sorted(int(match[1]) for name in self.files if (match := found(name)))
        signed = {LATEST: head} if head else {}
        for name in ([] if head else [LATEST]) + [f"checkpoints/{number}" for number in numbers]:
            try:
                kept = self.read(name)
                check_log(kept, self.origin, self.policy.logs, "false")
            except Fails:
                self.said.open.add(("BRD.1", name))
            else:
                signed[name] = kept
        first: dict[int, bytes] = {}
        for name, kept in signed.items():
            known = head is not None and leaves is not None and kept.size <= len(leaves)
            expected = root((leaves or [])[: kept.size]) if known else first.setdefault(kept.size, kept.root)
            if expected != kept.root:
                self.said.false.add(("BRD.3", name))
        missing = [n for n, before in zip(numbers, [-1, *numbers], strict=False) if n != before + 1]
        gaps = [max([-1, *(m for m in numbers if m < n)]) + 1 for n in missing]
        others = [kept for name, kept in signed.items() if name != LATEST]
        if (
            head
            and len(others) == len(numbers)
            and all((kept.size, kept.root) != (head.size, head.root) for kept in others)
        ):
            gaps.append(max([-1, *numbers]) + 1)
        self.said.open.update(("BRD.3", f"checkpoints/{number}") for number in gaps)
        longest = max(signed, key=lambda name: (signed[name].size, list(signed).index(name)), default=LATEST)
        if signed and signed[longest].size > size:
            self.said.open.add(("BRD.3", longest))
        if self.sheet.witnessed:
            signers = {name: self.cosigners(name, kept) for name, kept in signed.items()}
            if head and not self.policy.quorum.holds(signers[LATEST]):
                self.said.open.add(("BRD.4", LATEST))

    def cosigners(self, name: str, checkpoint: Checkpoint) -> list[Key]:
        """The witnesses with a good line; a false one is found, and counts as absent."""
        good = []
        for witness in self.policy.witnesses:
            for line in checkpoint.note.lines:
                if line[:2] == (witness.name, witness.id):
                    alone = checkpoint._replace(note=checkpoint.note._replace(lines=[line]))
                    try:
                        cosigned(alone, witness, "false")
                        good.append(witness)
                    except Fails:
                        self.said.found.add(("BRD.5", name))
        return good

    def judge_manifest(self, raw: bytes) -> None:
        """verification.md §2: CFG.10 to CFG.12, each by itself."""
        manifest = json.loads(raw)
        logs = {(key.name, key.data) for key in self.policy.logs}
        if self.sheet.digests.get("manifest") not in {None, hashlib.sha256(raw).hexdigest()}:
            self.said.false.add(("CFG.10", "record 0"))
        if (manifest["origin"], base64.b64decode(manifest["log_key"])) not in logs:
            self.said.false.add(("CFG.11", "record 0"))
        if manifest["policy"] and self.sheet.witnessed:
            asked = read_policy(manifest["policy"]).quorum
            if alike(asked) != alike(self.policy.quorum):
                self.said.false.add(("CFG.12", "record 0"))


def alike(rule: Rule) -> Any:
    """A quorum, by keys and thresholds alone."""
    return rule.key.data.hex() if rule.key else f"{rule.k} of {sorted(map(alike, rule.members))}"


def judge_copies(file: dict[str, Any]) -> dict[str, bool]:
    """Whether this reader agrees, by each vector's name."""
    agrees = {}
    for v in (*file["accepted"], *file["rejected"]):
        files = {name: base64.b64decode(raw) for name, raw in (file["files"] | v["change"]).items() if raw is not None}
        said = Copy(files, read_sheet(v.get("sheet", file["sheet"]))).judge()
        expected = [{tuple(line) for line in v.get(kind, [])} for kind in ("false", "open", "found")]
        agrees[v["name"]] = (said.verdict, *said) == (v.get("verdict", "accepted"), *expected)
    return agrees
