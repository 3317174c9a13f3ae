"""Copies of a board in memory: what a competent operator publishes for any records, true or not."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from nacl.signing import SigningKey

from tests.support.elections import AUTHORITY, LOG, ORIGIN
from verifier.audit.audit import Audit
from verifier.audit.trust import decode
from verifier.client.files import numbers
from verifier.desk.report.report import compose
from verifier.log import checkpoint, note, tiles
from verifier.log.checkpoint import Checkpoint
from verifier.log.note import COSIGNATURE, ED25519, Key, SignatureLine
from verifier.log.reading import blob_path
from verifier.log.tiles import ENTRIES, WIDTH
from verifier.log.tree import compute_root, hash_leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from verifier.desk.report.report import Report

Files = dict[str, bytes]
KEY = Key(ORIGIN, ED25519, bytes(LOG.key.verify_key))
NEXT_LOG = SigningKey(b"the next key of the corpus's log")
NOW = 1_680_998_400
WITNESSES = [SigningKey(bytes([number]) * 32) for number in (1, 2, 3)]


def witness_key(number: int) -> Key:
    return Key(f"w{number + 1}.example", COSIGNATURE, bytes(WITNESSES[number].verify_key))


def sign(
    body: Checkpoint, witnesses: Iterable[int] = (0, 1), by: SigningKey = LOG.key, times: Sequence[int] = (NOW,) * 3
) -> bytes:
    """A checkpoint, signed and cosigned; `times` are those of the three witnesses."""
    text = checkpoint.encode_body(body)
    lines = [SignatureLine(ORIGIN, Key(ORIGIN, ED25519, bytes(by.verify_key)).id, by.sign(text).signature)]
    for number in witnesses:
        message = checkpoint.cosigned_message(witness_key(number), text, times[number])
        signature = WITNESSES[number].sign(message).signature
        lines.append(checkpoint.encode_cosignature(witness_key(number), times[number], signature))
    return note.encode(note.Note(text, tuple(lines)))


def body(records: Sequence[bytes]) -> Checkpoint:
    return Checkpoint(ORIGIN, len(records), compute_root(map(hash_leaf, records)))


def publish(records: Sequence[bytes], blobs: Mapping[bytes, bytes], by: SigningKey = LOG.key) -> Files:
    """The archive of a log that was published twice: half way, and now."""
    size = len(records)
    files = tiled(records) | {
        "checkpoint": sign(body(records), by=by),
        "checkpoints/0": sign(body(records[: size // 2])),
        "checkpoints/1": sign(body(records), (1, 2), by),
    }
    return files | {blob_path(sha256(blob).digest()): blob for blob in blobs.values()}


def store(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write an archive's files to a folder."""
    for name, raw in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(raw)
    return folder


def stamped(records: Sequence[bytes], blobs: Mapping[bytes, bytes], *stamps: tuple[int, int]) -> Files:
    """The archive of a log that was published at these sizes, the last one its own, and seen by witnesses then."""
    signed = [sign(body(records[:size]), times=(time,) * 3) for size, time in stamps]
    kept = {f"checkpoints/{number}": raw for number, raw in enumerate(signed)}
    return publish(records, blobs) | kept | {"checkpoint": signed[-1]}


def tiled(records: Sequence[bytes]) -> Files:
    """Entry bundles and hash tiles of a log."""
    size, level, hashes = len(records), 0, [hash_leaf(record) for record in records]
    files = {}
    for first in range(0, size, WIDTH):
        files[tiles.at(ENTRIES, first, size).path] = tiles.encode_bundle(records[first : first + WIDTH])
    while hashes:
        parts = [hashes[first : first + WIDTH] for first in range(0, len(hashes), WIDTH)]
        for number, part in enumerate(parts):
            files[tiles.at(level, number * WIDTH, size).path] = b"".join(part)
        level, hashes = level + 1, [compute_root(part) for part in parts if len(part) == WIDTH]
    return files


def sheet(manifest: bytes, roots: Iterable[bytes], /, **other: Iterable[str]) -> bytes:
    """A trust sheet that has everything; a keyword replaces the lines that begin with it."""
    lines = {
        "log": [note.encode_key(KEY)],
        "manifest": [sha256(manifest).hexdigest()],
        "root": [b64encode(root).decode() for root in roots],
        "witness": [f"w{number + 1} {note.encode_key(witness_key(number))}" for number in range(3)],
        "group": ["all-witnesses 2 w1 w2 w3"],
        "quorum": ["all-witnesses"],
    }
    told = [f"{word} {value}" for word, values in (lines | other).items() for value in values]
    return "\n".join(["aikyn/1 trust", *told]).encode() + b"\n"


def kept(files: Mapping[str, bytes]) -> list[int]:
    """The numbers in `checkpoints/`, as whoever holds the files lists them."""
    return numbers(name.removeprefix("checkpoints/") for name in files if name.startswith("checkpoints/"))


def audit(files: Mapping[str, bytes], trusted: bytes) -> Report:
    return compose(Audit(files.get, decode(trusted), kept=kept(files)).run())


def published(records: Sequence[bytes], blobs: Mapping[bytes, bytes], by: SigningKey = LOG.key) -> Report:
    """The audit of an archive of these records, with everything on the sheet."""
    return audit(publish(records, blobs, by), sheet(records[0], [AUTHORITY.der]))
