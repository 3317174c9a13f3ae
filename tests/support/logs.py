"""A log made in memory, its files and its checkpoints, read as an auditor reads a copy of it."""

from __future__ import annotations

from functools import cache

from nacl.signing import SigningKey

from tests.support import copies
from verifier.client import merkle
from verifier.errors import Incomplete, VerifierError
from verifier.log import checkpoint, note, policy, tiles, tree
from verifier.log.checkpoint import Checkpoint
from verifier.log.note import COSIGNATURE, ED25519, Key, Note, SignatureLine
from verifier.log.policy import Policy
from verifier.log.reading import Log

ORIGIN = "log.example"
SECRETS = [SigningKey(bytes([number]) * 32) for number in range(5)]
KEY = Key(ORIGIN, ED25519, bytes(SECRETS[0].verify_key))
WITNESSES = [Key(f"w{n}.example", COSIGNATURE, bytes(SECRETS[n].verify_key)) for n in (1, 2, 3)]
TRUST: Policy = policy.decode(
    "".join(f"witness w{n} {note.encode_key(key)}\n" for n, key in enumerate(WITNESSES, 1)).encode()
    + b"group g 2 w1 w2 w3\nquorum g\n"
)
SIZE = 66_000
Files = dict[str, bytes]


def entry(index: int) -> bytes:
    return b"entry %d" % index


def sign(text: bytes, *witnesses: int, time: int = 1_790_000_000) -> bytes:
    lines = [SignatureLine(ORIGIN, KEY.id, SECRETS[0].sign(text).signature)]
    for number in witnesses:
        signature = SECRETS[number].sign(checkpoint.cosigned_message(WITNESSES[number - 1], text, time)).signature
        lines.append(checkpoint.encode_cosignature(WITNESSES[number - 1], time, signature))
    return note.encode(Note(text, tuple(lines)))


def sign_body(size: int, root: bytes, *witnesses: int) -> bytes:
    return sign(checkpoint.encode_body(Checkpoint(ORIGIN, size, root)), *witnesses)


@cache
def published() -> Files:
    """A log of 66,000 entries with three levels of tiles, published at five sizes."""
    entries = [entry(index) for index in range(SIZE)]
    leaves = [tree.hash_leaf(data) for data in entries]
    kept = [sign_body(size, tree.compute_root(leaves[:size]), 1, 3) for size in (0, 1, 700, 800, SIZE)]
    files = copies.tiled(entries) | {f"checkpoints/{number}": raw for number, raw in enumerate(kept)}
    return files | {"checkpoint": kept[-1]}


def check(files: Files) -> list[int]:
    """Everything that is checked of the log itself, up to the first thing wrong; the sizes of its checkpoints."""
    opened = Log(files.get, ORIGIN, [KEY])
    opened.check_latest([KEY], TRUST)
    for _ in opened.entries():
        pass
    return [one.signed.body.size for one in opened.check_published([KEY], TRUST, numbers(files))]


def numbers(files: Files) -> list[int]:
    return [int(name.removeprefix("checkpoints/")) for name in files if name.startswith("checkpoints/")]


def told(files: Files) -> list[tuple[str, str, str]]:
    """All that is wrong: what sort of error, its clause, its place."""
    errors: list[VerifierError] = []
    opened = Log(files.get, ORIGIN, [KEY], errors.append)
    if opened.leads:
        try:
            for _ in opened.entries():
                pass
        except Incomplete as error:
            errors.append(error)
    for one in opened.check_published([KEY], TRUST, numbers(files)):
        errors += one.absent
    lines = [(type(error).__name__, getattr(error, "id", ""), str(error.where)) for error in errors]
    return list(dict.fromkeys(lines))


def publish(files: Files, signed: bytes) -> Files:
    """The copy as it is once this checkpoint is published."""
    return {**files, "checkpoint": signed, f"checkpoints/{len(numbers(files))}": signed}


def small(size: int, edit: dict[int, bytes] | None = None) -> Files:
    """A copy of a log of up to 65,535 entries whose files agree with each other, without checkpoints."""
    entries = [(edit or {}).get(index, entry(index)) for index in range(size)]
    hashes = [tree.hash_leaf(data) for data in entries]
    roots = [tree.compute_root(hashes[at : at + 256]) for at in range(0, size - 255, 256)]
    rows = [[tiles.encode_bundle([data]) for data in entries], hashes, roots]
    made = {"root": tree.compute_root(hashes)}
    for tile in merkle.grown(0, size):
        made[tile.path] = b"".join(rows[tile.level + 1][tile.number * 256 :][: tile.width])
    return made
