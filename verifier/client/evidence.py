"""Evidence that a log signed two histories: paired, proved from a copy's tiles, and filed (specs/witness.md §3)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from verifier.client.merkle import compute_node, compute_range, prove_consistency
from verifier.errors import Incomplete, Rejected, VerifierError
from verifier.log import checkpoint, note, tiles
from verifier.log.checkpoint import SignedCheckpoint
from verifier.log.evidence import FIRST, PROOF, README, SECOND, Evidence, start
from verifier.log.reading import Read, read_tile
from verifier.log.tiles import WIDTH


def pair(one: SignedCheckpoint, other: SignedCheckpoint) -> Evidence:
    """Two checkpoints in their order, without a proof."""
    first, second = sorted((one, other), key=lambda signed: signed.body.size)
    return Evidence(first, second)


def name(found: Evidence) -> str:
    """The name under which the same two trees are always filed."""
    return sha256(found.first.note.text + found.second.note.text).hexdigest()


def proves(found: Evidence) -> bool:
    """Whether the two trees contradict each other; the signatures are not looked at."""
    try:
        return start(found) != found.first.body.root
    except Incomplete:
        return False


def gather(refused: Iterable[Rejected], *copies: Read) -> Iterator[Evidence]:
    """What others can check among the refusals: two checkpoints that the log signed and that contradict each other."""
    for error in refused:
        if len(error.evidence) != 2:
            continue
        found = pair(*map(checkpoint.decode, error.evidence))
        for read in copies:
            with suppress(VerifierError):
                found = prove(found, read)
                break
        if proves(found):
            yield found


def write(found: Evidence, folder: Path) -> Path:
    """File it under `folder`, whole or not at all, README last; the directory is named after what is in it."""
    place, files = folder / name(found), encode(found)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".", dir=folder) as fresh:
        for file, raw in files.items():
            Path(fresh, file).write_bytes(raw)
        place.mkdir(exist_ok=True)
        for file in files:
            Path(fresh, file).replace(place / file)
    return place


def prove(found: Evidence, read: Read) -> Evidence:
    """Add the root that the second tree has at the first's size, and the proof; `read` has the second's tiles.

    `Incomplete` if they do not lead to the second's root.
    """
    old, size = found.first.body.size, found.second.body.size
    if not 0 < old < size:
        return found

    def node(level: int, index: int) -> bytes:
        return compute_node(_hashes(read, size), level, index)

    proved = found._replace(start=compute_range(0, old, node), proof=prove_consistency(old, size, node))
    start(proved)
    return proved


def encode(found: Evidence) -> dict[str, bytes]:
    """The files, by name, in the order in which they are written; README says what proves what."""
    files = {FIRST: found.first.raw, SECOND: found.second.raw}
    if found.start:
        hashes = (found.start, *found.proof)
        files[PROOF] = "".join(f"{note.encode_base64(value)}\n" for value in hashes).encode()
    return files | {README: _describe(found).encode()}


def _hashes(read: Read, size: int) -> Callable[[int, int], Sequence[bytes]]:
    """The hash tiles of a tree of this size."""

    def hashes(level: int, number: int) -> Sequence[bytes]:
        return read_tile(read, tiles.at(level, number * WIDTH, size), tiles.decode_hashes)

    return hashes


def _describe(found: Evidence) -> str:
    (origin, old, _), (_, size, _) = found.first.body, found.second.body
    if not proves(found):
        said = "They need not contradict each other: the log has a consistency proof between them to show, or has none."
    elif old == size:
        said = "Two trees of one size with two roots: the log signed two histories. Nothing else is needed."
    else:
        said = f"`proof` leads to the root of `second` from another tree of {old} entries than `first`: two histories."
    head = f"`first` and `second` are checkpoints that the log {origin} signed, of {old} and {size} entries.\n"
    return f"{head}{said}\nTo check: aikyn-verify evidence DIR --trust SHEET\n"
