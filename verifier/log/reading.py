"""Reading a log: one copy of its files against what its checkpoints say (specs/log.md §7).

A copy that contradicts itself is damaged, which is Incomplete and names the file; a copy that agrees with itself and
contradicts a signature is false, which is Rejected.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import count
from typing import NamedTuple, NoReturn

from verifier.errors import Incomplete, Malformed, refuse
from verifier.log import checkpoint, policy, tiles
from verifier.log.checkpoint import Cosignature, SignedCheckpoint
from verifier.log.note import Key
from verifier.log.policy import Policy
from verifier.log.tiles import ENTRIES, WIDTH, Tile
from verifier.log.tree import Frontier, compute_root, hash_leaf

LATEST = "checkpoint"
Read = Callable[[str], bytes | None]


class Kept(NamedTuple):
    """A published checkpoint, the file that holds it and its verified cosignatures (empty without a policy)."""

    where: str
    signed: SignedCheckpoint
    cosignatures: tuple[Cosignature, ...]


class Log:
    """A copy of a log whose hash tiles lead to the root in its `checkpoint`; `read` gives a file's bytes or None.

    Signatures of the `keys` known at the start are verified before anything else is read. The log may have changed
    its key since: only `check_latest`, with the keys known at the end, says that the checkpoint is the log's.
    """

    def __init__(self, read: Read, origin: str, keys: Sequence[Key]) -> None:
        self._read = read
        self.origin = origin
        self.latest = _decode_checkpoint(LATEST, read(LATEST))
        if checkpoint.matching_lines(self.latest.note, keys):
            checkpoint.check_log_signature("BRD.1", LATEST, self.latest, origin, keys)
        self.size = self.latest.body.size
        self._edge = self._read_hashes(0, self.size // WIDTH) if self.size % WIDTH else []
        tops = range(0, self.size // WIDTH, WIDTH)
        self._tops = [top for first in tops for top in self._read_hashes(1, first // WIDTH)]
        if self.root_at(self.size) != self.latest.body.root:
            self._blame()
        self._check_levels(2, _roots(self._tops))

    def check_latest(self, keys: Sequence[Key], trust: Policy | None) -> Kept:
        """BRD.1, BRD.4, BRD.5: the log signed its latest checkpoint, and the quorum of witnesses cosigned it."""
        kept = self._check_signatures(LATEST, self.latest, keys, trust)
        if trust is not None:
            policy.check_quorum("BRD.4", LATEST, trust, kept.cosignatures, self.latest.raw)
        return kept

    def check_kept(self, keys: Sequence[Key], trust: Policy | None) -> list[Kept]:
        """BRD.1, BRD.3, BRD.5: every checkpoint ever published is signed and is a prefix of this tree; by size."""
        found = [self._check_signatures(*file, keys, trust) for file in self._read_kept()]
        found.sort(key=lambda kept: kept.signed.body.size)
        covered = [kept for kept in found if kept.signed.body.size <= self.size]
        roots = self._roots_at(kept.signed.body.size for kept in covered)
        for (where, signed, _), root in zip(covered, roots, strict=True):
            if signed.body.root != root:
                detail = f"the log signed two histories: its first {signed.body.size} entries differ"
                refuse("BRD.3", where, detail, signed.raw, self.latest.raw)
        if len(covered) < len(found):
            raise Incomplete(f"this copy ends at entry {self.size}; the log has published more", found[-1].where)
        return found

    def entries(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Entries from `start` on with their indices, each bundle re-hashed against the tree before it is given out."""
        for first in range(start - start % WIDTH, self.size, WIDTH):
            bundle = tiles.at(ENTRIES, first, self.size)
            entries = read_tile(self._read, bundle, tiles.decode_bundle)
            if [hash_leaf(entry) for entry in entries] != self.leaf_hashes(first // WIDTH):
                raise _damaged(bundle)
            skip = max(0, start - first)
            yield from enumerate(entries[skip:], first + skip)

    def leaf_hashes(self, number: int) -> list[bytes]:
        """Leaf hashes of tile `number` of level 0, checked against the tree."""
        if number == len(self._tops):
            return self._edge
        hashes = self._read_hashes(0, number)
        if compute_root(hashes) != self._tops[number]:
            raise _damaged(Tile(0, number))
        return hashes

    def root_at(self, size: int) -> bytes:
        """Root that this tree had at an earlier `size`; a resuming auditor compares it with the one it has checked."""
        return next(self._roots_at([size]))

    def _roots_at(self, sizes: Iterable[int]) -> Iterator[bytes]:
        """Roots at ascending sizes, each leaf hashed once."""
        whole, part, leaves = Frontier(), Frontier(), list[bytes]()
        number = -1
        for size in sizes:
            if size // WIDTH != number:
                number = size // WIDTH
                whole.extend(self._tops[whole.size : number])
                part, leaves = Frontier(), self.leaf_hashes(number) if size % WIDTH else []
            elif not leaves and size % WIDTH:
                leaves = self.leaf_hashes(number)
            part.extend(leaves[part.size : size % WIDTH])
            yield whole.root(part.root() if part.size else None)

    def _check_signatures(
        self, where: str, signed: SignedCheckpoint, keys: Sequence[Key], trust: Policy | None
    ) -> Kept:
        checkpoint.check_log_signature("BRD.1", where, signed, self.origin, keys)
        witnesses = trust.witness_keys if trust is not None else ()
        return Kept(where, signed, checkpoint.check_cosignatures("BRD.5", where, signed, witnesses))

    def _read_kept(self) -> Iterator[tuple[str, SignedCheckpoint]]:
        for number in count():
            where = f"checkpoints/{number}"
            raw = self._read(where)
            if raw is None:
                return
            yield where, _decode_checkpoint(where, raw)

    def _read_hashes(self, level: int, number: int) -> list[bytes]:
        return read_tile(self._read, tiles.at(level, number * WIDTH, self.size), tiles.decode_hashes)

    def _check_levels(self, level: int, hashes: list[bytes]) -> None:
        """Compare the tiles from `level` up with hashes that were computed from below."""
        while hashes:
            for first in range(0, len(hashes), WIDTH):
                if self._read_hashes(level, first // WIDTH) != hashes[first : first + WIDTH]:
                    raise _damaged(tiles.at(level, first, self.size))
            level, hashes = level + 1, _roots(hashes)

    def _blame(self) -> NoReturn:
        """The tiles do not lead to the checkpoint's root: a tile is damaged, or it is the checkpoint that is false."""
        bundles = (tiles.at(ENTRIES, first, self.size) for first in range(0, self.size, WIDTH))
        entries = (entry for bundle in bundles for entry in read_tile(self._read, bundle, tiles.decode_bundle))
        self._check_levels(0, [hash_leaf(entry) for entry in entries])
        refuse("BRD.2", LATEST, "entries and tiles agree, and lead to another root than it says", self.latest.raw)


def read_tile(read: Read, tile: Tile, decode: Callable[[bytes, int], list[bytes]]) -> list[bytes]:
    """Items of a tile in a copy; missing or damaged is Incomplete."""
    for source in tile.sources:
        raw = read(source.path)
        if raw is not None:
            try:
                return decode(raw, source.width)[: tile.width]
            except Malformed as error:
                raise Incomplete(f"this copy of the file is damaged: {error.detail}", source.path) from error
    raise Incomplete("this file is missing", tile.path)


def blob_path(digest: bytes) -> str:
    """Where the blob with this SHA-256 digest is kept."""
    return f"blobs/{digest.hex()[:2]}/{digest.hex()}"


def read_blob(read: Read, digest: bytes) -> bytes:
    """The blob with this SHA-256 digest; missing or damaged is Incomplete."""
    where = blob_path(digest)
    raw = read(where)
    if raw is None:
        raise Incomplete("this file is missing", where)
    if sha256(raw).digest() != digest:
        raise Incomplete("this copy of the file is damaged", where)
    return raw


def _decode_checkpoint(where: str, raw: bytes | None) -> SignedCheckpoint:
    if raw is None:
        raise Incomplete("this file is missing", where)
    try:
        return checkpoint.decode(raw)
    except Malformed as error:
        raise Incomplete(f"this copy of the file is damaged: {error.detail}", where) from error


def _roots(hashes: list[bytes]) -> list[bytes]:
    """Roots of the full tiles of these hashes."""
    return [compute_root(hashes[end - WIDTH : end]) for end in range(WIDTH, len(hashes) + 1, WIDTH)]


def _damaged(tile: Tile) -> Incomplete:
    return Incomplete("this copy of the file is damaged: it contradicts the rest of the tree", tile.path)
