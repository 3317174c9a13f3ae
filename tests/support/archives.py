"""Archives of elections made in memory: what a board would have published, with or without its witnesses."""

from __future__ import annotations

import tempfile
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

from nacl.signing import SigningKey

from bulletin.log import disk
from bulletin.log.database import open_log
from bulletin.log.tilelog import TileLog
from tests.support.elections import AUTHORITY, ORIGIN, holder
from verifier.log import checkpoint, note
from verifier.log.note import COSIGNATURE, ED25519, Key
from verifier.log.reading import blob_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.elections import Election

NOW = 1_680_998_400
WITNESSES = [SigningKey(bytes([number]) * 32) for number in (1, 2, 3)]


def log_key() -> Key:
    return Key(ORIGIN, ED25519, bytes(holder("log").key.verify_key))


def witness_key(number: int) -> Key:
    return Key(f"w{number + 1}.example", COSIGNATURE, bytes(WITNESSES[number].verify_key))


def write(election: Election, directory: Path, witnesses: Iterable[int] = (0, 1, 2)) -> None:
    """The election's records and blobs as a published archive."""
    signer = (log_key(), lambda message: holder("log").key.sign(message).signature)
    with tempfile.TemporaryDirectory() as scratch:
        database = open_log(Path(scratch) / "log.db")
        log = TileLog(directory, database, ORIGIN, [signer])
        log.append(election.records)
        signed = log.integrate()
        lines = [_cosign(number, signed.note.text) for number in witnesses]
        log.publish(note.encode(note.Note(signed.note.text, (*signed.note.signatures, *lines))))
        database.dispose()
    for digest, data in election.blobs.items():
        disk.write_once(directory, {blob_path(digest): data})


def sheet(election: Election, *, witnessed: bool = True, roots: bool = True, manifest: bool = True) -> bytes:
    """A trust sheet for the archive."""
    lines = ["aikyn/1 trust", f"log {note.encode_key(log_key())}"]
    if manifest:
        lines.append(f"manifest {election.digest.hex()}")
    if roots:
        lines.append(f"root {b64encode(AUTHORITY.der).decode()}")
    if witnessed:
        lines += [f"witness w{number + 1} {note.encode_key(witness_key(number))}" for number in range(3)]
        lines += ["group all-witnesses 2 w1 w2 w3", "quorum all-witnesses"]
    return "\n".join(lines).encode() + b"\n"


def _cosign(number: int, text: bytes) -> note.Signature:
    signature = WITNESSES[number].sign(checkpoint.cosigned_message(witness_key(number), text, NOW)).signature
    return checkpoint.encode_cosignature(witness_key(number), NOW, signature)
