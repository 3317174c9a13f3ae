"""A witness of a small log, and what the log asks of it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

from nacl.signing import SigningKey

from bulletin.log import database
from bulletin.witness.witness import Witness
from verifier.client import merkle
from verifier.log import checkpoint, note, tree
from verifier.log.checkpoint import Checkpoint
from verifier.log.note import COSIGNATURE, ED25519, Key, Note, SignatureLine

LOG_SECRET, SECRET, OTHER_SECRET = (SigningKey(bytes([number]) * 32) for number in (1, 2, 3))
LOG = Key("log.example", ED25519, bytes(LOG_SECRET.verify_key))
OTHER = Key("log.example", ED25519, bytes(OTHER_SECRET.verify_key))
KEY = Key("witness.example", COSIGNATURE, bytes(SECRET.verify_key))
LEAVES = [tree.hash_leaf(b"%d" % index) for index in range(40)]
NOW = 1_790_000_000


def node(level: int, index: int) -> bytes:
    return tree.compute_root(LEAVES[index << level : (index + 1) << level])


def root(size: int) -> bytes:
    return tree.compute_root(LEAVES[:size])


def sign(size: int, root: bytes, origin: str = LOG.name, secret: SigningKey = LOG_SECRET, key: Key = LOG) -> bytes:
    text = checkpoint.encode_body(Checkpoint(origin, size, root))
    return note.encode(Note(text, (SignatureLine(key.name, key.id, secret.sign(text).signature),)))


def ask(old: int, size: int, **changes: bytes) -> bytes:
    proof = b"".join(b64encode(value) + b"\n" for value in merkle.prove_consistency(old, size, node))
    return b"old %d\n" % old + changes.get("proof", proof) + b"\n" + changes.get("signed", sign(size, root(size)))


def make(place: Path, clock: Callable[[], int] = lambda: NOW) -> Witness:
    memory = database.open_witness(place / "witness.db")
    return Witness(KEY, lambda m: SECRET.sign(m).signature, {LOG.name: [LOG]}, memory, place / "evidence", clock)
