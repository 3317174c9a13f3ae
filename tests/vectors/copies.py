"""Copies of one small log, as published and as its keeper or its operator may have changed them: vectors/copy.json.

`python -m tests.vectors.copies` writes the file anew.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

from msgspec.structs import replace
from nacl.signing import SigningKey

from tests.corpus import replay
from tests.support import copies
from tests.support.copies import KEY, NOW, Files, body, sheet, sign, tiled, witness_key
from tests.support.house import VECTORS
from verifier.audit.verdict import Line
from verifier.log import checkpoint, note
from verifier.log.checkpoint import Checkpoint
from verifier.log.note import COSIGNATURE, Key, Note, SignatureLine
from verifier.records import encode
from verifier.rule import Finding
from verifier.rules import CODEC

HONEST: list[bytes] = [record.encode() for record in replay.load()["honest"]["records"]]
RECORDS = HONEST[:3]  # the manifest and two rosters
ROOTS = replay.Replay(replay.load(), {"log": []}).roots
SHEET = sheet(RECORDS[0], ROOTS)
STRANGER = SigningKey(b"a key that nobody has introduced")
TILE, BUNDLE = "tile/0/000.p/3", "tile/entries/000.p/3"
LATEST, FIRST, SECOND = "checkpoint", "checkpoints/0", "checkpoints/1"
Changes = dict[str, bytes | None]
OPEN, FALSE, FOUND = "could not be checked", "rejected", "accepted with findings"


def publish(records: list[bytes], **other: Any) -> Files:
    """The log as it was published twice: after two records, and now."""
    latest = sign(body(records), **other)
    return tiled(records) | {LATEST: latest, FIRST: sign(body(records[:2])), SECOND: latest}


BASE = publish(RECORDS)


def lines(raw: bytes, *more: SignatureLine, keep: int = 3) -> bytes:
    """A checkpoint with its first lines and others."""
    opened = note.decode(raw)
    return note.encode(Note(opened.text, (*opened.signatures[:keep], *more)))


def false(raw: bytes, number: int) -> bytes:
    """A checkpoint of which one line is zeros where its signature was."""
    opened = note.decode(raw)
    bent = list(opened.signatures)
    bent[number] = bent[number]._replace(blob=bent[number].blob[:-64] + bytes(64))
    return note.encode(Note(opened.text, tuple(bent)))


def third(time: int = NOW, signature: bytes = bytes(64)) -> SignatureLine:
    return checkpoint.encode_cosignature(witness_key(2), time, signature)


def unknown(raw: bytes) -> SignatureLine:
    key = Key("w9.example", COSIGNATURE, bytes(STRANGER.verify_key))
    message = checkpoint.cosigned_message(key, note.decode(raw).text, NOW)
    return checkpoint.encode_cosignature(key, NOW, STRANGER.sign(message).signature)


def other(size: int) -> bytes:
    """What the log signed of another history."""
    return sign(body([*RECORDS[: size - 1], b"another record"]))


def bent(name: str, at: int = 40) -> bytes:
    raw = BASE[name]
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def told() -> list[tuple[str, str, Changes, str, str]]:
    """Name, verdict, the files that are others or gone, a clause that tells it, and its place."""
    latest, forged = BASE[LATEST], sign(body(RECORDS)._replace(root=bytes(32)))
    entry = [RECORDS[0], b"another record", RECORDS[2]]
    larger = [sign(Checkpoint(KEY.name, 12, bytes([number]) * 32)) for number in (1, 2)]
    stranger, made_up = sign(body(RECORDS), by=STRANGER), publish(RECORDS[1:], by=STRANGER)
    elsewhere, twice = sign(body(RECORDS)._replace(origin="other.example")), note.decode(latest).signatures[1]
    gap, more = "checkpoints/2", "checkpoints/3"
    return [
        ("no checkpoint", OPEN, {LATEST: None}, "BRD.1", LATEST),
        ("a checkpoint that cannot be read", OPEN, {LATEST: latest[:-2]}, "BRD.1", LATEST),
        ("a checkpoint that a stranger signed", OPEN, {LATEST: stranger}, "BRD.1", LATEST),
        ("a log that a stranger made up", OPEN, {**dict.fromkeys((TILE, BUNDLE)), **made_up}, "BRD.1", LATEST),
        ("a false signature of the log", OPEN, {LATEST: false(latest, 0)}, "BRD.1", LATEST),
        ("a checkpoint of another log", OPEN, {LATEST: elsewhere}, "BRD.1", LATEST),
        ("a kept one that a stranger signed", OPEN, {FIRST: sign(body(RECORDS[:2]), by=STRANGER)}, "BRD.1", FIRST),
        ("a kept one that cannot be read", OPEN, {FIRST: b"\n"}, "BRD.1", FIRST),
        ("entries and hashes of another log", OPEN, {**tiled(entry)}, "BRD.2", LATEST),
        ("a signed root that nothing leads to", OPEN, {LATEST: forged, SECOND: forged}, "BRD.2", LATEST),
        ("a flipped bit in the hashes", OPEN, {TILE: bent(TILE)}, "BRD.2", TILE),
        ("a flipped bit in the entries", OPEN, {BUNDLE: bent(BUNDLE)}, "BRD.2", BUNDLE),
        ("no hashes", OPEN, {TILE: None}, "BRD.2", TILE),
        ("no entries", OPEN, {BUNDLE: None}, "BRD.2", BUNDLE),
        ("entries cut off", OPEN, {BUNDLE: BASE[BUNDLE][:-1]}, "BRD.2", BUNDLE),
        ("the first is gone", OPEN, {FIRST: None}, "BRD.3", FIRST),
        ("the last is gone", OPEN, {SECOND: None}, "BRD.3", SECOND),
        ("a gap before another", OPEN, {"checkpoints/5": latest}, "BRD.3", gap),
        ("more was published than is here", OPEN, {gap: larger[0]}, "BRD.3", gap),
        ("two histories", FALSE, {FIRST: other(2)}, "BRD.3", FIRST),
        ("two histories behind a gap", FALSE, {"checkpoints/7": other(2)}, "BRD.3", "checkpoints/7"),
        ("two histories and no tree", FALSE, {TILE: None, BUNDLE: None, FIRST: other(3)}, "BRD.3", FIRST),
        ("two histories and no signed tree", FALSE, {LATEST: stranger, gap: other(3)}, "BRD.3", gap),
        ("two trees of one size", FALSE, {LATEST: forged}, "BRD.3", SECOND),
        ("two trees larger than the copy", FALSE, {gap: larger[0], more: larger[1]}, "BRD.3", more),
        ("no witness", OPEN, {LATEST: lines(latest, keep=1)}, "BRD.4", LATEST),
        ("one witness of two", OPEN, {LATEST: lines(latest, keep=2)}, "BRD.4", LATEST),
        ("one witness twice", OPEN, {LATEST: lines(latest, twice, keep=2)}, "BRD.4", LATEST),
        ("a witness that nobody knows", OPEN, {LATEST: lines(latest, unknown(latest), keep=2)}, "BRD.4", LATEST),
        ("a line of the quorum spoiled", OPEN, {LATEST: false(latest, 2)}, "BRD.4", LATEST),
        ("a line to spare spoiled", FOUND, {LATEST: lines(latest, third())}, "BRD.5", LATEST),
        ("a line without a time", FOUND, {LATEST: lines(latest, third(0))}, "BRD.5", LATEST),
        ("a kept line spoiled", FOUND, {FIRST: lines(BASE[FIRST], third())}, "BRD.5", FIRST),
    ]


def sheets() -> list[tuple[str, Changes, bytes, list[str]]]:
    """What a log of its manifest alone has in common with the sheet: each is judged by itself."""
    manifest = CODEC.decode(RECORDS[0])
    witnesses = [f"witness {name} {note.encode_key(witness_key(n))}\n" for n, name in enumerate("abc")]
    asked = "".join([*witnesses, "group g 3 a b c\n", "quorum g\n"])
    elsewhere = "other.example/log"
    changed: dict[str, tuple[dict[str, Any], list[str]]] = {
        "another digest on the sheet": ({}, ["CFG.10"]),
        "a manifest of another origin": ({"origin": elsewhere}, ["CFG.11"]),
        "a manifest with another log key": ({"log_key": bytes(STRANGER.verify_key)}, ["CFG.11"]),
        "a manifest that asks for another quorum": ({"policy": asked}, ["CFG.12"]),
        "a manifest that has nothing of the sheet": (
            {"origin": elsewhere, "policy": asked},
            ["CFG.10", "CFG.11", "CFG.12"],
        ),
    }
    made = []
    for name, (fields, clauses) in changed.items():
        record = encode(replace(manifest, **fields))
        latest = sign(body([record]))
        files = dict.fromkeys(BASE) | tiled([record]) | {LATEST: latest, FIRST: latest}
        digest = {"manifest": ["00" * 32]} if "CFG.10" in clauses else {}
        made.append((name, files, sheet(record, ROOTS, **digest), clauses))
    return made


def judged(files: Files, trusted: bytes) -> dict[str, Any]:
    """What our verifier says of a copy: the verdict, and each clause with its place, by kind."""
    report = copies.audit(files, trusted)
    kinds: dict[str, tuple[Line | Finding, ...]]
    kinds = {"false": report.failures, "open": report.incomplete, "found": report.findings}
    said = {kind: sorted([line.id, str(line.where)] for line in lines_) for kind, lines_ in kinds.items()}
    return {"verdict": report.verdict, **said}


def changed(vector: dict[str, Any], file: dict[str, Any]) -> tuple[Files, bytes]:
    """A vector's copy and sheet."""
    files = {name: b64decode(raw) for name, raw in (file["files"] | vector["change"]).items() if raw is not None}
    return files, vector.get("sheet", file["sheet"]).encode()


def coded(files: Changes) -> dict[str, str | None]:
    return {name: None if raw is None else b64encode(raw).decode() for name, raw in sorted(files.items())}


def make() -> dict[str, Any]:
    file: dict[str, Any] = {
        "comment": "Copies of a log, `files` in base64, and what an audit by `sheet` says: the verdict, every clause "
        "that is false, open or found, with its place. `change` has the files that are others, or gone (null).",
        "sheet": SHEET.decode(),
        "files": coded({**BASE}),
        "accepted": [{"name": "as published", "change": {}}],
        "rejected": [],
    }
    told_ = [(*one[:3], SHEET, [one[3]], one[4]) for one in told()]
    told_ += [(name, FALSE, files, trusted, clauses, "record 0") for name, files, trusted, clauses in sheets()]
    for name, verdict, changes, trusted, clauses, where in told_:
        vector = {"of": "as published", "name": name, "change": coded(changes)}
        vector |= {} if trusted == SHEET else {"sheet": trusted.decode()}
        found = judged(*changed(vector, file))
        kind = {OPEN: "open", FALSE: "false", FOUND: "found"}[verdict]
        assert found["verdict"] == verdict, (name, found)
        assert all([id, where] in found[kind] for id in clauses), (name, found)
        file["rejected"].append(vector | {"expect": clauses} | found)
    return file


if __name__ == "__main__":
    (VECTORS / "copy.json").write_text(json.dumps(make(), indent=1, ensure_ascii=False) + "\n")
