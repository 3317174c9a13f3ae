"""What a log asks of a witness, and where: c2sp.org/tlog-witness (specs/witness.md)."""

from hashlib import sha256
from typing import NamedTuple

from verifier.errors import Malformed
from verifier.log import checkpoint, note, tree
from verifier.log.checkpoint import SignedCheckpoint

MAX_REQUEST = 1 << 16


class Request(NamedTuple):
    """What a log asks: the size it believes we saw last, a consistency proof from there, its signed checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    signed: SignedCheckpoint


def decode_request(raw: bytes) -> Request:
    """Read the body of `add-checkpoint`: `old <size>`, proof lines, an empty line, the signed checkpoint."""
    head, blank, signed = raw.partition(b"\n\n")
    word, _, shown = (lines := head.split(b"\n")).pop(0).partition(b" ")
    if not blank or word != b"old" or not shown.isdigit() or len(shown) > 19 or str(int(shown)).encode() != shown:
        raise Malformed("a request begins with `old <size>`")
    proof = tuple(note.decode_base64(line) for line in lines)
    if len(proof) > tree.MAX_PROOF or any(len(value) != 32 for value in proof):
        raise Malformed("a request has at most 63 hashes of 32 bytes")
    asked = Request(int(shown), proof, checkpoint.decode(signed))
    if asked.old > asked.signed.body.size:
        raise Malformed("a log does not shrink")
    return asked


def monitoring_address(url: str, origin: str) -> str:
    """Where the witness at `url` shows what it cosigned last of the log `origin` (specs/witness.md §4)."""
    return f"{url.rstrip('/')}/{sha256(origin.encode()).hexdigest()}/checkpoint"


def encode_request(asked: Request) -> bytes:
    """The body that `decode_request` reads."""
    lines = [f"old {asked.old}", *(note.encode_base64(value) for value in asked.proof)]
    return "\n".join(lines).encode() + b"\n\n" + asked.signed.raw
