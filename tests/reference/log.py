"""A second reader of trees, notes, checkpoints, policies, receipts, from specs/log.md and specs/receipt.md alone.

The standard library, and signatures from reference_signatures.py. What is refused raises `Fails` with the vectors' word
for it: `malformed`, `incomplete`, `rejected`, `log rejected`, `witness rejected`, or a clause of receipt.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from tests.reference.group import Fails
from tests.reference.proofs import refuse_unless
from tests.reference.signatures import is_of_prime_order, is_signed_by

LARGEST = 2**63 - 1


def unbase64(text: str) -> bytes:
    """Bytes in their one spelling in the standard alphabet."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Fails("malformed") from None
    refuse_unless("malformed", base64.b64encode(data).decode() == text)
    return data


def decimal(text: str, largest: int = LARGEST) -> int:
    refuse_unless("malformed", re.fullmatch("0|[1-9][0-9]{0,18}", text) is not None)
    refuse_unless("malformed", int(text) <= largest)
    return int(text)


# --- log.md §2: the tree ---


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def split(n: int) -> int:
    """The largest power of two below n."""
    return 1 << (n - 1).bit_length() - 1


def root(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) <= 1:
        return leaves[0] if leaves else hashlib.sha256().digest()
    k = split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def root_by_path(i: int, n: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """RFC 9162 §2.1.3.1 read from the root: the last hash is the other half's."""
    refuse_unless("malformed", i < n and (n > 1) == bool(path))
    if n == 1:
        return leaf
    k, *below, other = split(n), *path
    if i < k:
        return node(root_by_path(i, k, leaf, below), other)
    return node(other, root_by_path(i - k, n - k, leaf, below))


def roots_by_proof(m: int, n: int, proof: Sequence[bytes], known: bytes | None) -> tuple[bytes, bytes]:
    """RFC 9162 §2.1.4.1 read from the root: the roots at m and at n; `known` is the old root while it is a subtree."""
    if m == n:
        refuse_unless("malformed", len(proof) == (known is None))
        subtree = proof[0] if known is None else known
        return subtree, subtree
    refuse_unless("malformed", bool(proof))
    k, *below, other = split(n), *proof
    if m <= k:
        old, new = roots_by_proof(m, k, below, known)
        return old, node(new, other)
    old, new = roots_by_proof(m - k, n - k, below, None)
    return node(other, old), node(other, new)


def check_inclusion(i: int, n: int, leaf: bytes, path: Sequence[bytes], at: bytes) -> None:
    refuse_unless("rejected", root_by_path(i, n, leaf, path) == at)


def check_consistency(m: int, n: int, old: bytes, new: bytes, proof: Sequence[bytes]) -> None:
    refuse_unless("malformed", 0 < m < n)
    refuse_unless("rejected", roots_by_proof(m, n, proof, old) == (old, new))


# --- log.md §3: notes ---


class Key(NamedTuple):
    name: str
    id: bytes
    type: int
    data: bytes


class Note(NamedTuple):
    text: str
    lines: list[tuple[str, bytes, bytes]]  # name, key id, signature

    def by(self, key: Key) -> list[bytes]:
        return [signature for name, id_, signature in self.lines if (name, id_) == (key.name, key.id)]


def is_name(name: str) -> bool:
    return name != "" and not re.search(r"[\s+\x00-\x1f]", name)


def read_key(text: str) -> Key:
    name, plus, rest = text.partition("+")
    id_, also, coded = rest.partition("+")
    refuse_unless("malformed", bool(plus and also) and is_name(name) and len(name.encode()) <= 255)
    data = unbase64(coded)
    refuse_unless("malformed", data != b"")
    refuse_unless("incomplete", data[0] in {1, 4, 6})
    refuse_unless("malformed", hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8] == id_)
    refuse_unless("malformed", len(data) == 1313 if data[0] == 6 else len(data) == 33 and is_of_prime_order(data[1:]))
    return Key(name, bytes.fromhex(id_), data[0], data[1:])


def read_note(note: str) -> Note:
    refuse_unless("malformed", len(note.encode()) <= 65_536 and not re.search(r"[\x00-\x09\x0b-\x1f]", note))
    text, separator, signatures = note.rpartition("\n\n")
    refuse_unless("malformed", separator != "" and signatures.endswith("\n"))
    lines = []
    for line in signatures[:-1].split("\n"):
        dash, *words = line.split(" ")
        refuse_unless("malformed", dash == "—" and len(words) == 2 and is_name(words[0]))
        data = unbase64(words[1])
        refuse_unless("malformed", len(data) > 4)
        lines.append((words[0], data[:4], data[4:]))
    return Note(text + "\n", lines)


def check_note(note: Note, key: Key, word: str = "rejected") -> None:
    signatures = note.by(key)
    refuse_unless(
        word, bool(signatures) and all(is_signed_by(key.type, key.data, note.text.encode(), s) for s in signatures)
    )


# --- log.md §4: checkpoints ---


class Checkpoint(NamedTuple):
    note: Note
    origin: str
    size: int
    root: bytes


def read_checkpoint(text: str) -> Checkpoint:
    note = read_note(text)
    lines = note.text.split("\n")
    refuse_unless("malformed", len(lines) == 4 and 0 < len(lines[0].encode()) <= 255)
    at = unbase64(lines[2])
    refuse_unless("malformed", len(at) == 32)
    return Checkpoint(note, lines[0], decimal(lines[1]), at)


def check_log(checkpoint: Checkpoint, origin: str, keys: Sequence[Key], word: str) -> None:
    refuse_unless(word, checkpoint.origin == origin and any(checkpoint.note.by(key) for key in keys))
    for key in keys:
        if checkpoint.note.by(key):
            check_note(checkpoint.note, key, word)


def cosigned_message(checkpoint: Checkpoint, witness: Key, time: int) -> bytes:
    """log.md §4.3, by type of key."""
    if witness.type == 4:
        return f"cosignature/v1\ntime {time}\n{checkpoint.note.text}".encode()
    name, origin = (bytes([len(text)]) + text for text in (witness.name.encode(), checkpoint.origin.encode()))
    seen, start, end = (struct.pack(">Q", number) for number in (time, 0, checkpoint.size))
    return b"subtree/v1\n\0" + name + seen + origin + start + end + checkpoint.root


def cosigned(checkpoint: Checkpoint, witness: Key, word: str) -> list[int]:
    """The times of a witness's lines, all of which verify."""
    times = []
    for blob in checkpoint.note.by(witness):
        time = int.from_bytes(blob[:8], "big")
        refuse_unless(word, 0 < time <= LARGEST)
        refuse_unless(
            word, is_signed_by(witness.type, witness.data, cosigned_message(checkpoint, witness, time), blob[8:])
        )
        times.append(time)
    return times


# --- log.md §6: policies ---


class Rule(NamedTuple):
    """At least k of the members; a witness alone is a rule with a key and no members."""

    k: int
    members: tuple[Rule, ...] = ()
    key: Key | None = None

    def holds(self, witnesses: Iterable[Key]) -> bool:
        signed = {witness.data for witness in witnesses}
        if self.key:
            return self.key.data in signed
        return sum(rule.holds(witnesses) for rule in self.members) >= self.k

    @property
    def overlap(self) -> int:
        if self.key:
            return 1
        return sum(sorted(rule.overlap for rule in self.members)[: max(0, 2 * self.k - len(self.members))])


class Policy(NamedTuple):
    logs: list[Key]
    witnesses: list[Key]
    quorum: Rule


def read_policy(text: str) -> Policy:
    refuse_unless("malformed", len(text.encode()) <= 1 << 20)
    refuse_unless("malformed", not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text))
    logs: list[Key] = []
    rules: dict[str, Rule] = {}
    placed: set[str] = set()
    quorums: list[Rule] = []
    for line in text.split("\n"):
        words = re.split("[ \t]+", line.strip(" \t"))
        match words:
            case [""]:
                pass
            case [comment, *_] if comment.startswith("#"):
                pass
            case ["log", key] | ["log", key, _]:
                logs.append(read_key(key))
            case ["witness", name, key] | ["witness", name, key, _] if name not in {*rules, "none"}:
                rules[name] = Rule(1, key=read_key(key))
            case ["group", name, k, *members] if name not in {*rules, "none"}:
                refuse_unless("malformed", len(set(members)) == len(members) and set(members) <= rules.keys() - placed)
                placed.update(members)
                needed = {"all": len(members), "any": 1}.get(k)
                rules[name] = Rule(decimal(k) if needed is None else needed, tuple(rules[name] for name in members))
                refuse_unless("malformed", 1 <= rules[name].k <= len(members))
            case ["quorum", name] if name in rules or name == "none":
                quorums.append(rules.get(name, Rule(0)))
            case _:
                raise Fails("malformed")
    witnesses = [rule.key for rule in rules.values() if rule.key]
    refuse_unless("malformed", len(quorums) == 1 and len(logs) + len(rules) <= 256)
    refuse_unless("malformed", all(key.type == 1 for key in logs) and all(key.type in {4, 6} for key in witnesses))
    for shown in ({key.data for key in logs + witnesses}, {(key.name, key.id) for key in logs + witnesses}):
        refuse_unless("malformed", len(shown) == len(logs + witnesses))
    return Policy(logs, witnesses, quorums[0])


# --- receipt.md ---


def check_receipt(receipt: str, entry: bytes, origin: str, policy: Policy) -> None:
    refuse_unless("malformed", len(receipt.encode()) <= 131_072)
    head, separator, signed = receipt.partition("\n\n")
    version, *lines = head.split("\n")
    refuse_unless("malformed", separator != "" and version == "c2sp.org/tlog-proof@v1")
    if lines and lines[0].startswith("extra "):
        refuse_unless("malformed", unbase64(lines.pop(0)[6:]) != b"")
    refuse_unless("malformed", bool(lines) and lines[0].startswith("index "))
    index = decimal(lines[0][6:])
    path = [unbase64(line) for line in lines[1:]]
    refuse_unless("malformed", all(len(hash_) == 32 for hash_ in path))
    checkpoint = read_checkpoint(signed)

    check_log(checkpoint, origin, policy.logs, "RCP.1")
    try:
        check_inclusion(index, checkpoint.size, leaf_hash(entry), path, checkpoint.root)
    except Fails:
        raise Fails("RCP.2") from None
    signers = [witness for witness in policy.witnesses if cosigned(checkpoint, witness, "RCP.4")]
    refuse_unless("RCP.3", policy.quorum.holds(signers))


# --- The vectors: whether this reader agrees, by each item's comment ---

File = dict[str, Any]


def judge(check: Callable[..., object], *statement: Any) -> str:
    try:
        check(*statement)
    except Fails as refusal:
        return str(refusal)
    return "accepted"


def unhex(hashes: Iterable[str]) -> list[bytes]:
    return [bytes.fromhex(coded) for coded in hashes]


def judge_tree(file: File) -> dict[str, bool]:
    leaves = [leaf_hash(entry) for entry in unhex(file["entries"])]
    agrees = {f"root of {n}": root(leaves[:n]).hex() == at for n, at in enumerate(file["roots"])}
    for v in file["inclusion"]:
        leaf, at = unhex([v["leaf_hash"], v["root"]])
        found = judge(check_inclusion, v["index"], v["size"], leaf, unhex(v["path"]), at)
        agrees[f"inclusion: {v['comment']}"] = found == v["result"]
    for v in file["consistency"]:
        found = judge(check_consistency, v["old"], v["size"], *unhex([v["old_root"], v["root"]]), unhex(v["proof"]))
        agrees[f"consistency: {v['comment']}"] = found == v["result"]
    return agrees


def judge_notes(file: File) -> dict[str, bool]:
    agrees = {f"key: {v['comment']}": judge(read_key, v["vkey"]) == v["result"] for v in file["keys"]}
    for v in file["notes"]:
        found = judge(
            lambda note, key: check_note(read_note(note), read_key(key)), v["note"], v.get("key", file["key"])
        )
        agrees[f"note: {v['comment']}"] = found == v["result"]
    return agrees


def judge_checkpoints(file: File) -> dict[str, bool]:
    log, witnesses = read_key(file["log"]), [read_key(text) for text in file["witnesses"]]

    def times(text: str) -> list[int]:
        checkpoint = read_checkpoint(text)
        check_log(checkpoint, log.name, [log], "log rejected")
        return sorted(time for witness in witnesses for time in cosigned(checkpoint, witness, "witness rejected"))

    agrees = {v["comment"]: judge(times, v["note"]) == v["result"] for v in file["checkpoints"]}
    return agrees | {
        f"times: {v['comment']}": times(v["note"]) == v["times"] for v in file["checkpoints"] if "times" in v
    }


def judge_policies(file: File) -> dict[str, bool]:
    witnesses = [read_key(text) for text in file["witnesses"]]
    agrees = {v["comment"]: judge(read_policy, v["policy"]) == v["result"] for v in file["policies"]}
    for v in file["policies"]:
        if v["result"] != "accepted":
            continue
        quorum = read_policy(v["policy"]).quorum
        for signed in v["quorums"] + v["not_quorums"]:
            holds = quorum.holds([witnesses[number - 1] for number in signed])
            agrees[f"{v['comment']}: {signed}"] = holds == (signed in v["quorums"])
        agrees[f"{v['comment']}: overlap"] = quorum.overlap == v["overlap"]
    return agrees


def judge_receipts(file: File) -> dict[str, bool]:
    def check(v: File) -> None:
        policy = read_policy({**file, **v}["policy"])
        check_receipt(v["receipt"], bytes.fromhex(v["entry"]), file["origin"], policy)

    return {v["comment"]: judge(check, v) == v["result"] for v in file["receipts"]}


FILES: dict[str, Callable[[File], dict[str, bool]]] = {
    "tree": judge_tree,
    "note": judge_notes,
    "checkpoint": judge_checkpoints,
    "policy": judge_policies,
    "receipt": judge_receipts,
}
