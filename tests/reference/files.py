"""A second reader of tiles, trust sheets and refusals, a second witness: log.md §5, verification.md §2, witness.md.

Like tests/reference/log.py, which it stands on: plain integers and the standard library. The witness judges; it does
not sign: its 200 is the vector's line, if that verifies.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tests.reference.group import Fails
from tests.reference.log import (
    Key,
    Policy,
    check_consistency,
    check_log,
    cosigned,
    decimal,
    judge,
    leaf_hash,
    read_checkpoint,
    read_key,
    read_policy,
    unbase64,
)
from tests.reference.proofs import refuse_unless
from tests.reference.signatures import is_signed

WIDTH = 256
PATH = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")

# --- log.md §5: tiles and bundles ---


def path_of(level: str, number: int, width: int) -> str:
    groups = re.findall("...", f"{number:0{-(-len(str(number)) // 3) * 3}}")
    stem = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"tile/{level}/{stem}" + (f".p/{width}" if width < WIDTH else "")


def read_path(path: str) -> None:
    found = PATH.fullmatch(path)
    refuse_unless("malformed", found is not None)
    assert found is not None
    number = int(re.sub("[x/]", "", found[2]))
    refuse_unless("malformed", found[3] is None or int(found[3]) < WIDTH)
    refuse_unless("malformed", path_of(found[1], number, int(found[3] or WIDTH)) == path)


def tiles_of(size: int) -> set[str]:
    """Every tile and bundle of a tree."""
    paths, level, items = set(), 0, size
    while items:
        widths = [min(WIDTH, items - first) for first in range(0, items, WIDTH)]
        names = [str(level)] if level else ["entries", "0"]
        paths |= {path_of(name, number, width) for name in names for number, width in enumerate(widths)}
        level, items = level + 1, items // WIDTH
    return paths


def read_bundle(bundle: bytes, width: int) -> list[bytes]:
    entries = []
    for _ in range(width):
        length = int.from_bytes(bundle[:2], "big")
        refuse_unless("malformed", len(bundle) >= 2 + length >= 2)
        entries.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    refuse_unless("malformed", bundle == b"")
    return entries


# --- verification.md §2: the trust sheet ---


class Sheet(NamedTuple):
    policy: Policy
    witnessed: bool
    roots: list[bytes]
    digests: dict[str, str]  # of manifest, verifier and app


def sheet_of(v: dict[str, Any]) -> str:
    return bytes.fromhex(v["hex"]).decode("utf-8", "replace") if "hex" in v else str(v["sheet"])


def read_sheet(text: str) -> Sheet:
    first, *lines = text.replace("\r\n", "\n").split("\n")
    refuse_unless("incomplete", first.strip(" \t") == "aikyn/1 trust" or not first.endswith(" trust"))
    refuse_unless("malformed", first.strip(" \t") == "aikyn/1 trust")
    refuse_unless("malformed", not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", "".join(lines)))
    roots: list[bytes] = []
    digests: dict[str, str] = {}
    rest: list[str] = []
    for line in lines:
        match line.strip(" \t").replace("\t", " ").split(" ", 1):
            case ["root", certificate]:
                roots.append(unbase64(certificate.strip(" ")))
            case ["manifest" | "verifier" | "app" as word, digest]:
                groups = digest.split(" ")
                whole = re.fullmatch("[0-9a-fA-F]{64}", "".join(groups)) and not any(len(group) % 2 for group in groups)
                refuse_unless("malformed", word not in digests and bool(whole))
                digests[word] = "".join(groups).lower()
            case _:
                rest.append(line)
    witnessed = any(line.split()[:1] == ["quorum"] for line in rest)
    policy = read_policy("\n".join(rest if witnessed else [*rest, "quorum none"]))
    refuse_unless("malformed", len({log.name for log in policy.logs}) == 1)
    return Sheet(policy, bool(policy.quorum.k), roots, digests)


# --- witness.md ---


class Witness:
    """Its memory of one log, and what it answers: a status, and the size that goes with 409."""

    def __init__(self, key: Key, log: Key) -> None:
        self.key, self.log = key, log
        self.size, self.root = 0, hashlib.sha256().digest()

    def answer(self, request: str) -> tuple[int, str]:
        try:
            old, proof, signed = self._read(request)
        except Fails:
            return 400, ""
        if signed.origin != self.log.name:
            return 404, ""
        try:
            check_log(signed, self.log.name, [self.log], "403")
        except Fails:
            return 403, ""
        if old != self.size:
            return 409, f"{self.size}\n"
        try:
            if old in {0, signed.size}:
                refuse_unless("422", not proof and (old < signed.size or signed.root == self.root))
            else:
                check_consistency(old, signed.size, self.root, signed.root, proof)
        except Fails:
            return 422, ""
        self.size, self.root = signed.size, signed.root
        return 200, ""

    def _read(self, request: str) -> tuple[int, Sequence[bytes], Any]:
        refuse_unless("malformed", len(request.encode()) <= 65_536)
        head, blank, signed = request.partition("\n\n")
        first, *lines = head.split("\n")
        refuse_unless("malformed", bool(blank) and first.startswith("old ") and len(lines) <= 63)
        old, proof, checkpoint = decimal(first[4:]), [unbase64(line) for line in lines], read_checkpoint(signed)
        refuse_unless("malformed", all(len(hash_) == 32 for hash_ in proof) and old <= checkpoint.size)
        return old, proof, checkpoint

    def is_line(self, request: str, line: str, time: int) -> bool:
        """Whether a line is this witness's cosignature, dated so, on the checkpoint that was sent."""
        note = request.partition("\n\n")[2].partition("\n\n")[0]
        return cosigned(read_checkpoint(f"{note}\n\n{line}"), self.key, "false") == [time]


def check_evidence(files: dict[str, str], log: Key) -> None:
    first, second = (read_checkpoint(files[name]) for name in ("first", "second"))
    refuse_unless("malformed", first.size <= second.size)
    *lines, rest = files.get("proof", "\n").split("\n")
    hashes = [unbase64(line) for line in lines] if "proof" in files else []
    refuse_unless("malformed", rest == "" and len(lines) <= 64 and all(len(hash_) == 32 for hash_ in hashes))
    refuse_unless("malformed", "proof" not in files or hashes != [])
    for signed in (first, second):
        check_log(signed, log.name, [log], "incomplete")
    if first.size == 0:
        refuse_unless("BRD.3", first.root == hashlib.sha256().digest())
    elif first.size == second.size:
        refuse_unless("BRD.3", first.root == second.root)
    elif hashes:
        try:
            check_consistency(first.size, second.size, hashes[0], second.root, hashes[1:])
        except Fails:
            raise Fails("incomplete") from None
        refuse_unless("BRD.3", first.root == hashes[0])
    raise Fails("incomplete")


# --- api.md §6: refusals ---

MEMBERS = {"clause", "code", "detail", "origin", "refused", "signature", "status", "time"}


def check_refusal(raw: str, log: Key, data: bytes | None = None) -> None:
    try:
        said = json.loads(raw)
    except ValueError:
        raise Fails("malformed") from None
    refuse_unless("malformed", isinstance(said, dict) and said.keys() == MEMBERS)
    numbers = {"status": 2**53 - 1, "time": 253_402_300_799}
    kinds = {name: int if name in numbers else str for name in MEMBERS}
    refuse_unless("malformed", all(type(said[name]) is kinds[name] for name in MEMBERS))
    refuse_unless("malformed", all(0 <= said[name] <= most for name, most in numbers.items()))
    signature = unbase64(said["signature"])
    refuse_unless("malformed", len(signature) == 64 and code(said) == raw)
    refuse_unless("RCP.1", said["origin"] == log.name)
    message = "aikyn/1 refusal\n" + code(said | {"signature": base64.b64encode(bytes(64)).decode()})
    refuse_unless("RCP.1", is_signed(log.data, message.encode(), signature))
    if data is not None:
        kind, _, digest = said["refused"].partition(" ")
        found = leaf_hash(data) if kind != "blob" else hashlib.sha256(data).digest()
        refuse_unless("incomplete", found.hex() == digest)


def code(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


# --- The vectors: whether this reader agrees, by each item's comment ---

File = dict[str, Any]


def judge_tiles(file: File) -> dict[str, bool]:
    agrees = {path: path_of(level, number, width) == path for level, number, width, path in file["paths"]}
    agrees |= {path: judge(read_path, path) == "accepted" for *_, path in file["paths"]}
    agrees |= {f"refused: {path}": judge(read_path, path) == "malformed" for path in file["refused"]}
    agrees |= {f"size {v['size']}": tiles_of(v["size"]) == set(v["tiles"]) for v in file["trees"]}
    for v in file["bundles"]:
        bundle = bytes.fromhex(v["bundle"])
        found: Any = judge(read_bundle, bundle, v["width"])
        if found == "accepted":
            found = [entry.hex() for entry in read_bundle(bundle, v["width"])]
        agrees[v["comment"]] = found == v["result"]
    return agrees


def judge_sheets(file: File) -> dict[str, bool]:
    agrees = {v["comment"]: judge(read_sheet, sheet_of(v)) == v["result"] for v in file["sheets"]}
    for v in file["sheets"]:
        if v["result"] == "accepted":
            sheet = read_sheet(sheet_of(v))
            found = {
                "origin": sheet.policy.logs[0].name,
                "log_keys": [log.data.hex() for log in sheet.policy.logs],
                "witnesses": [witness.name for witness in sheet.policy.witnesses] if sheet.witnessed else None,
                "roots": [hashlib.sha256(root).hexdigest() for root in sheet.roots],
                "manifest": sheet.digests.get("manifest"),
                "verifier": sheet.digests.get("verifier"),
                "app": sheet.digests.get("app"),
            }
            agrees[v["comment"]] &= found == v["says"]
    return agrees


def judge_witness(file: File) -> dict[str, bool]:
    witness = Witness(read_key(file["witness"]), read_key(file["log"]))
    agrees = {}
    for v in file["asked"]:
        status, body = witness.answer(v["request"])
        said = witness.is_line(v["request"], v["body"], v["time"]) if status == 200 else body == v["body"]
        agrees[v["comment"]] = status == v["status"] and said
    agrees |= {v["comment"]: judge(check_evidence, v, witness.log) == v["result"] for v in file["evidence"]}
    return agrees


def judge_refusals(file: File) -> dict[str, bool]:
    log = read_key(file["log"])
    return {
        v["name"]: judge(check_refusal, v["refusal"], log, bytes.fromhex(v["data"]) if "data" in v else None)
        == v.get("expect", "accepted")
        for v in (*file["accepted"], *file["rejected"])
    }


# --- card.md ---


def read_card(card: bytes) -> tuple[str, str, str]:
    lines = [line.strip(" \t") for line in card.decode(errors="replace").replace("\r\n", "\n").rstrip().split("\n")]
    refuse_unless("malformed", len(lines) == 4 and lines[0] == "aikyn/1 card")
    _, role, key, typed = lines
    if role in ("witness", "log"):
        refuse_unless("malformed", read_key(key).type in ((4, 6) if role == "witness" else (1,)))
    else:
        refuse_unless("malformed", role in ("trustee", "mixer", "operator", "voter") and len(unbase64(key)) == 32)
    digest = int.from_bytes(hashlib.sha256(f"aikyn/1 card\n{role}\n{key}\n".encode()).digest()[:15], "big")
    letters = "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[digest >> shift & 31] for shift in range(115, -1, -5))
    refuse_unless("malformed", re.sub("[ -]", "", typed).upper() == letters)
    return role, key, "-".join(re.findall("....", letters))


def judge_cards(file: File) -> dict[str, bool]:
    agrees = {v["name"]: judge(read_card, v["card"].encode()) == "malformed" for v in file["rejected"]}
    for v in file["accepted"]:
        agrees[v["name"]] = read_card(v["card"].encode()) == (v["role"], v["key"], v["groups"])
    return agrees


FILES: dict[str, Callable[[File], dict[str, bool]]] = {
    "tiles": judge_tiles,
    "trust": judge_sheets,
    "witness": judge_witness,
    "refusal": judge_refusals,
    "card": judge_cards,
}
