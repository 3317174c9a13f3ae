"""Receipts: proofs that an entry is on the log, c2sp.org/tlog-proof (specs/receipt.md)."""

from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import dataclass

from verifier.errors import Malformed, refuse, say
from verifier.log import checkpoint, note, policy, tree
from verifier.log.checkpoint import Cosignature
from verifier.log.note import Key
from verifier.log.policy import Policy

HEADER = "c2sp.org/tlog-proof@v1"
MAX_RECEIPT = note.MAX_NOTE + (1 << 16)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Entry `index`, its inclusion path (leaf's sibling first) and the signed checkpoint; `extra` proves nothing."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""


def decode(raw: bytes) -> Receipt:
    """Read a receipt file; only the one spelling that `encode` writes is accepted."""
    head, _, signed = raw.partition(b"\n\n")
    if len(raw) > MAX_RECEIPT or not head.isascii():
        raise Malformed(say("a receipt is ASCII text above its checkpoint, {} bytes at most", MAX_RECEIPT))
    lines = head.decode().split("\n")
    if lines.pop(0) != HEADER or not lines:
        raise Malformed(say("a receipt begins with the line {}", HEADER))
    extra = lines.pop(0).removeprefix("extra ") if lines[0].startswith("extra ") else ""
    index = lines.pop(0).removeprefix("index ") if lines else ""
    if not index.isdecimal() or len(index) > 19 or len(lines) > tree.MAX_PROOF:
        raise Malformed("a receipt has an index and at most 63 hashes")
    path = tuple(note.decode_base64(line) for line in lines)
    receipt = Receipt(int(index), path, signed, note.decode_base64(extra))
    if any(len(sibling) != 32 for sibling in path) or encode(receipt) != raw:
        raise Malformed("a receipt is written in exactly one way")
    return receipt


def encode(receipt: Receipt) -> bytes:
    """The receipt file's bytes."""
    extra = f"extra {note.encode_base64(receipt.extra)}\n" if receipt.extra else ""
    path = b"".join(map(b2a_base64, receipt.path))  # a line each
    return f"{HEADER}\n{extra}index {receipt.index}\n".encode() + path + b"\n" + receipt.checkpoint


def check(
    receipt: Receipt, leaf_hash: bytes, origin: str, keys: Sequence[Key], trust: Policy | None
) -> tuple[Cosignature, ...]:
    """Check that the log promised this leaf (receipt.md §3) and return the witnesses' cosignatures.

    Without a policy the witnesses are not looked at: the caller says that RCP.3 and RCP.4 were skipped.
    """
    signed = checkpoint.decode(receipt.checkpoint)
    checkpoint.check_log_signature("RCP.1", "receipt", signed, origin, keys)
    try:
        root = tree.root_from_inclusion(receipt.index, signed.body.size, leaf_hash, receipt.path)
    except Malformed as error:
        refuse("RCP.2", "receipt", error.said)
    if root != signed.body.root:
        refuse("RCP.2", "receipt", say("the entry is not number {} of the signed tree", receipt.index))
    if trust is None:
        return ()
    cosignatures = checkpoint.check_cosignatures("RCP.4", "receipt", signed, trust.witness_keys)
    policy.check_quorum("RCP.3", "receipt", trust, cosignatures)
    return cosignatures
