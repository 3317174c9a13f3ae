"""Checkpoints and their cosignatures, c2sp.org/tlog-checkpoint and tlog-cosignature (specs/log.md §4)."""

from collections.abc import Sequence
from typing import NamedTuple

from verifier.errors import Incomplete, Malformed, VerifierError, refuse, say
from verifier.log import note
from verifier.log.note import MAX_NAME, ML_DSA_44, Key, Note, SignatureLine

MAX_SIZE = 2**63 - 1


class Checkpoint(NamedTuple):
    """What a log says about itself: origin, number of entries, root of the tree over them (32 bytes)."""

    origin: str
    size: int
    root: bytes


class SignedCheckpoint(NamedTuple):
    """A checkpoint, the note that carries it and the note's raw bytes (which are evidence)."""

    body: Checkpoint
    note: Note
    raw: bytes


class Cosignature(NamedTuple):
    """A witness's key, and the POSIX second at which the witness had seen the checkpoint."""

    key: Key
    time: int


def decode(raw: bytes) -> SignedCheckpoint:
    """Read a signed checkpoint; nothing is verified yet."""
    opened = note.decode(raw)
    return SignedCheckpoint(decode_body(opened.text), opened, raw)


def decode_body(text: bytes) -> Checkpoint:
    """Read the three lines; extension lines are not used on our logs and refused."""
    try:
        origin, shown_size, root = text.decode().removesuffix("\n").split("\n")
    except ValueError as error:
        raise Malformed("a checkpoint has three lines: origin, size, root") from error
    if not 0 < len(origin.encode()) <= MAX_NAME or not shown_size.isdecimal() or len(shown_size) > 19:
        raise Malformed(say("a checkpoint has an origin of at most {} bytes and a decimal size", MAX_NAME), origin)
    body = Checkpoint(origin, int(shown_size), note.decode_base64(root))
    if len(body.root) != 32 or body.size > MAX_SIZE or encode_body(body) != text:
        raise Malformed("a checkpoint is written in exactly one way", origin)
    return body


def encode_body(body: Checkpoint) -> bytes:
    """The text that the log signs."""
    return f"{body.origin}\n{body.size}\n{note.encode_base64(body.root)}\n".encode()


def cosigned_message(key: Key, text: bytes, time: int) -> bytes:
    """What a witness signs: `cosignature/v1` with an Ed25519 key, with ML-DSA-44 `subtree/v1` of the whole tree."""
    if key.type != ML_DSA_44:
        return b"cosignature/v1\ntime %d\n" % time + text
    body = decode_body(text)
    name, origin = (bytes([len(shown)]) + shown for shown in (key.name.encode(), body.origin.encode()))
    start, end, seen = (number.to_bytes(8, "big") for number in (0, body.size, time))
    return b"subtree/v1\n\0" + name + seen + origin + start + end + body.root


def encode_cosignature(key: Key, time: int, signature: bytes) -> SignatureLine:
    """A witness's signature line: POSIX seconds (8 bytes, big-endian), then the signature."""
    return SignatureLine(key.name, key.id, time.to_bytes(8, "big") + signature)


def check_log_signature(clause: str, where: str, signed: SignedCheckpoint, origin: str, keys: Sequence[Key]) -> None:
    """Refuse `clause` unless a key of the log `origin` signed the checkpoint, and no line of its keys is false."""
    if signed.body.origin != origin:
        refuse(clause, where, say("this is a checkpoint of {}, not of {}", signed.body.origin, origin))
    lines = matching_lines(signed.note, keys)
    if not lines:
        refuse(clause, where, "no trusted key of the log has signed this checkpoint")
    for key, line in lines:
        note.check_signature(clause, where, key, signed.note.text, line.blob)


def check_cosignatures(
    clause: str, where: str, signed: SignedCheckpoint, keys: Sequence[Key]
) -> tuple[Cosignature, ...]:
    """Verify every line of a known witness and return them, in order; unknown lines are ignored.

    A false line is refused first; then one that cannot be checked here leaves all of them `Incomplete`.
    """
    good, absent = judge_cosignatures(clause, where, signed, keys)
    for error in sorted(absent, key=lambda error: isinstance(error, Incomplete)):
        raise error
    return good


def judge_cosignatures(
    clause: str, where: str, signed: SignedCheckpoint, keys: Sequence[Key]
) -> tuple[tuple[Cosignature, ...], tuple[VerifierError, ...]]:
    """The good lines of known witnesses, in order, and what is wrong with the others."""
    good, absent = list[Cosignature](), list[VerifierError]()
    for key, line in matching_lines(signed.note, keys):
        time = int.from_bytes(line.blob[:8], "big")
        try:
            if not 0 < time <= MAX_SIZE:
                refuse(clause, where, say("the cosignature of {} has no time", key.name))
            note.check_signature(clause, where, key, cosigned_message(key, signed.note.text, time), line.blob[8:])
            good.append(Cosignature(key, time))
        except VerifierError as error:
            absent.append(error)
    return tuple(good), tuple(absent)


def matching_lines(opened: Note, keys: Sequence[Key]) -> list[tuple[Key, SignatureLine]]:
    """The signature lines that name one of `keys`, by name and key id, in the note's order."""
    known = {(key.name, key.id): key for key in keys}
    return [(known[line.name, line.key_id], line) for line in opened.signatures if (line.name, line.key_id) in known]
