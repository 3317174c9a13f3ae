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
    node,
    read_checkpoint,
    read_policy,
    root,
    split,
)

Files = dict[str, bytes]
Lines = set[tuple[str, str]]
Seen = list[tuple[Key, int]]  # witnesses, and when
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
        self.origin, self.keys = sheet.policy.logs[0].name, list(sheet.policy.logs)
        self.said = Said(set(), set(), set())
        self.vouched = False
        self.tops: list[bytes] = []  # of the full tiles of level 0
        self.edge: list[bytes] = []  # the unfinished one
        self.seen: dict[str, tuple[int, Seen]] = {}

    def judge(self) -> Said:
        """The steps of §7.2."""
        try:
            head = self.read(LATEST)
        except Fails:
            self.said.open.add(("BRD.1", LATEST))
            return self.said
        lines = [line for key in self.keys for line in head.note.by(key)]
        leads = not (lines and not self.is_signed(head)) and self.read_tree(head)
        entries = self.read_entries(head.size) if leads else []
        self.fold(entries)
        self.vouched = self.is_signed(head)
        self.judge_checkpoints(head if self.vouched else None, head.size if leads else -1, head.size)
        if self.vouched and leads:
            self.judge_records(entries, head.size)
        return self.said

    def fold(self, entries: list[bytes]) -> None:
        """What the records establish; the log's next keys among it."""

    def judge_records(self, entries: list[bytes], _size: int) -> None:
        """What is said of a log that its key has signed."""
        if entries:
            self.judge_manifest(entries[0])

    def read(self, name: str) -> Checkpoint:
        try:
            return read_checkpoint(self.files[name].decode())
        except (KeyError, UnicodeDecodeError):
            raise Fails("malformed") from None

    def is_signed(self, checkpoint: Checkpoint) -> bool:
        try:
            check_log(checkpoint, self.origin, self.keys, "false")
        except Fails:
            return False
        return True

    def tile(self, level: str, number: int, items: int) -> bytes | None:
        """A tile, or the beginning of the full one."""
        width = min(WIDTH, items - number * WIDTH)
        raw = self.files.get(path_of(level, number, width))
        if raw is None and width < WIDTH:
            whole = self.files.get(path_of(level, number, WIDTH), b"")
            return (beginning(whole, width) if level == "entries" else whole[: 32 * width]) or None
        return raw

    def name(self, level: str, number: int, items: int) -> str:
        return path_of(level, number, min(WIDTH, items - number * WIDTH))

    def hashes(self, level: int, items: int, first: int = 0) -> list[bytes] | None:
        """The hashes of a level from a tile on, or None if a tile lacks, or has another length."""
        found = b""
        for number in range(first, -(-items // WIDTH)):
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

    def read_tree(self, head: Checkpoint) -> bool:
        """Step 2: whether level 1 and the unfinished tile lead to the root, or else the entries."""
        full = head.size // WIDTH
        tops, edge = self.hashes(1, full), self.hashes(0, head.size, first=full)
        if tops is not None and edge is not None and above(tops, edge) == head.root:
            self.tops, self.edge = tops, edge
            self.compare(2, roots(tops))
            return True
        leaves: list[bytes] = []
        for number in range(-(-head.size // WIDTH)):
            entries = self.bundle(number, head.size)
            if entries is None:
                self.said.open.add(("BRD.2", self.name("entries", number, head.size)))
                return False
            leaves += map(leaf_hash, entries)
        self.compare(0, leaves)
        self.tops, self.edge = roots(leaves), leaves[full * WIDTH :]
        if root(leaves) != head.root:
            self.said.open.add(("BRD.2", LATEST))
        return root(leaves) == head.root

    def compare(self, level: int, hashes: list[bytes]) -> None:
        """The hash tiles from a level up with what is computed."""
        while hashes:
            for number in range(-(-len(hashes) // WIDTH)):
                if self.tile(str(level), number, len(hashes)) != b"".join(hashes[number * WIDTH :][:WIDTH]):
                    self.said.open.add(("BRD.2", self.name(str(level), number, len(hashes))))
            level, hashes = level + 1, roots(hashes)

    def is_of_tree(self, number: int, hashes: list[bytes]) -> bool:
        return hashes == self.edge if number == len(self.tops) else root(hashes) == self.tops[number]

    def read_bundle(self, number: int, size: int) -> list[bytes] | None:
        """Entries that are the tree's."""
        found = self.bundle(number, size)
        if found is None or not self.is_of_tree(number, [leaf_hash(entry) for entry in found]):
            self.said.open.add(("BRD.2", self.name("entries", number, size)))
            return None
        return found

    def read_entries(self, size: int) -> list[bytes]:
        """Step 3: the entries up to the first bundle that is damaged."""
        entries: list[bytes] = []
        for number in range(-(-size // WIDTH)):
            found = self.read_bundle(number, size)
            if found is None:
                break
            entries += found
            coded = b"".join(map(leaf_hash, found))
            if self.tile("0", number, size) != coded:
                self.said.open.add(("BRD.2", self.name("0", number, size)))
        return entries

    def root_at(self, size: int, whole: int) -> bytes | None:
        """The root at an earlier size, if it can be known."""
        number, part = divmod(size, WIDTH)
        leaves: list[bytes] = []
        if part:
            coded = self.tile("0", number, whole) or b""
            leaves = self.edge if number == len(self.tops) else [coded[at : at + 32] for at in range(0, len(coded), 32)]
            if not self.is_of_tree(number, leaves):
                found = self.read_bundle(number, whole)
                if found is None:
                    return None
                leaves = [leaf_hash(entry) for entry in found]
        return above(self.tops[:number], leaves[:part])

    def judge_checkpoints(self, head: Checkpoint | None, reach: int, size: int) -> None:
        """Steps 4 to 7."""
        found = re.compile("checkpoints/(0|[1-9][0-9]*)").fullmatch
        numbers = sorted(int(match[1]) for name in self.files if (match := found(name)))
        signed = {LATEST: head} if head else {}
        for name in ([] if head else [LATEST]) + [f"checkpoints/{number}" for number in numbers]:
            try:
                kept = self.read(name)
                check_log(kept, self.origin, self.keys, "false")
            except Fails:
                self.said.open.add(("BRD.1", name))
            else:
                signed[name] = kept
        first: dict[int, bytes] = {}
        for name, kept in signed.items():
            known = head is not None and kept.size <= reach
            expected = self.root_at(kept.size, size) if known else first.setdefault(kept.size, kept.root)
            if expected not in {kept.root, None}:
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
        good: Seen = []
        for witness in self.policy.witnesses:
            for line in checkpoint.note.lines:
                if line[:2] == (witness.name, witness.id):
                    alone = checkpoint._replace(note=checkpoint.note._replace(lines=[line]))
                    try:
                        good += [(witness, time) for time in cosigned(alone, witness, "false")]
                    except Fails:
                        self.said.found.add(("BRD.5", name))
        self.seen[name] = checkpoint.size, good
        return [witness for witness, _ in good]

    def judge_manifest(self, raw: bytes) -> None:
        """verification.md §2: CFG.10 to CFG.12, each by itself."""
        manifest = json.loads(raw)
        if not isinstance(manifest, dict) or manifest.get("type") != "manifest":
            return
        logs = {(key.name, key.data) for key in self.policy.logs}
        if self.sheet.digests.get("manifest") not in {None, hashlib.sha256(raw).hexdigest()}:
            self.said.false.add(("CFG.10", "record 0"))
        if (manifest["origin"], base64.b64decode(manifest["log_key"])) not in logs:
            self.said.false.add(("CFG.11", "record 0"))
        if manifest["policy"] and self.sheet.witnessed:
            asked = read_policy(manifest["policy"]).quorum
            if alike(asked) != alike(self.policy.quorum):
                self.said.false.add(("CFG.12", "record 0"))


def roots(hashes: list[bytes]) -> list[bytes]:
    """Of the full tiles of these."""
    return [root(hashes[end - WIDTH : end]) for end in range(WIDTH, len(hashes) + 1, WIDTH)]


def above(tops: list[bytes], rest: list[bytes]) -> bytes:
    """The root over full tiles of leaves, by their roots, and the leaves that follow."""
    if len(tops) == 1 and not rest:
        return tops[0]
    if not tops:
        return root(rest)
    k = split(len(tops) * WIDTH + len(rest)) // WIDTH
    return node(above(tops[:k], []), above(tops[k:], rest))


def beginning(bundle: bytes, width: int) -> bytes:
    """So many entries of a bundle, with their lengths."""
    end = 0
    for _ in range(width):
        end += 2 + int.from_bytes(bundle[end : end + 2], "big")
    return bundle[:end]


def alike(rule: Rule) -> Any:
    """A quorum, by keys and thresholds alone."""
    return (
        f"{rule.key.name} {rule.key.type} {rule.key.data.hex()}"
        if rule.key
        else f"{rule.k} of {sorted(map(alike, rule.members))}"
    )


def judge_copies(file: dict[str, Any]) -> dict[str, bool]:
    """Whether this reader agrees, by each vector's name."""
    agrees = {}
    for v in (*file["accepted"], *file["rejected"]):
        files = {name: base64.b64decode(raw) for name, raw in (file["files"] | v["change"]).items() if raw is not None}
        said = Copy(files, read_sheet(v.get("sheet", file["sheet"]))).judge()
        expected = [{tuple(line) for line in v.get(kind, [])} for kind in ("false", "open", "found")]
        agrees[v["name"]] = (said.verdict, *said) == (v.get("verdict", "accepted"), *expected)
    return agrees
