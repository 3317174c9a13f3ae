"""Evidence that a log signed two histories: a few files that anybody can check (specs/witness.md §3)."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from verifier.errors import Incomplete, Malformed, Rejected, refuse, say
from verifier.log import checkpoint, note
from verifier.log.checkpoint import SignedCheckpoint
from verifier.log.note import Key
from verifier.log.tree import EMPTY_ROOT, MAX_PROOF, roots_from_consistency

FIRST, SECOND, PROOF, README = "first", "second", "proof", "README"


class Evidence(NamedTuple):
    """Two checkpoints, the smaller tree first; `start` is the root that the second's tree has at the first's size.

    `proof` is the consistency proof from `start` to the second's root. Both are empty where none is needed or known.
    """

    first: SignedCheckpoint
    second: SignedCheckpoint
    start: bytes = b""
    proof: tuple[bytes, ...] = ()


def decode(read: Callable[[str], bytes | None]) -> Evidence:
    """Read the files back; README is for people and is not read."""
    first, second, hashes = read(FIRST), read(SECOND), read(PROOF)
    if first is None or second is None:
        raise Incomplete("this file of the evidence is missing", SECOND if first else FIRST)
    found = Evidence(checkpoint.decode(first), checkpoint.decode(second))
    if found.first.body.size > found.second.body.size:
        raise Malformed("the checkpoint of the smaller tree comes first", FIRST)
    if hashes is None:
        return found
    *lines, rest = hashes.split(b"\n")
    values = tuple(map(note.decode_base64, lines))
    if rest or not 0 < len(values) <= 1 + MAX_PROOF or any(len(value) != 32 for value in values):
        raise Malformed("a proof has one hash of 32 bytes a line, 64 lines at most", PROOF)
    return found._replace(start=values[0], proof=values[1:])


def check(found: Evidence, origin: str, keys: Sequence[Key]) -> None:
    """Refuse BRD.3 if the log signed two histories; `Incomplete` if this does not show it."""
    for where, signed in ((FIRST, found.first), (SECOND, found.second)):
        try:
            checkpoint.check_log_signature("BRD.1", where, signed, origin, keys)
        except Rejected as error:
            raise Incomplete(say("the log is not bound by it: {}", error.said), where) from error
    if start(found) != found.first.body.root:
        detail = say("the log signed two histories: its first {} entries differ", found.first.body.size)
        refuse("BRD.3", SECOND, detail, found.first.raw, found.second.raw)
    raise Incomplete("the two checkpoints are of one history", PROOF)


def start(found: Evidence) -> bytes:
    """The root of the second tree at the first's size; `Incomplete` if that is not shown."""
    old, size = found.first.body.size, found.second.body.size
    if not old:
        return EMPTY_ROOT
    if old == size:
        return found.second.body.root
    if not found.start:
        raise Incomplete("trees of two sizes contradict each other by a proof only, and there is none", PROOF)
    try:
        roots = roots_from_consistency(old, size, found.start, found.proof)
    except Malformed as error:
        raise Incomplete(error.said, PROOF) from error
    if roots != (found.start, found.second.body.root):
        raise Incomplete("this proof does not lead to the root of the second tree", PROOF)
    return found.start
