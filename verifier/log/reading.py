"""Reading a log: one copy of its files against what its checkpoints say (specs/log.md §7).

What the keeper of a copy can change without a key accuses nobody: it is Incomplete, and names the file. Rejected is
what the log signed against itself.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count, pairwise, takewhile
from typing import NamedTuple

from verifier.errors import Detail, Incomplete, Malformed, Rejected, VerifierError, refuse, say
from verifier.log import checkpoint, policy, tiles
from verifier.log.checkpoint import Cosignature, SignedCheckpoint
from verifier.log.note import Key
from verifier.log.policy import Policy
from verifier.log.tiles import ENTRIES, WIDTH, Tile
from verifier.log.tree import Frontier, compute_root, hash_leaf
from verifier.place import Place

LATEST = "checkpoint"
Read = Callable[[str], bytes | None]
Tell = Callable[[VerifierError], None]


class Kept(NamedTuple):
    """A published checkpoint, its file, its good cosignatures, and why other witnesses' lines count as absent."""

    where: str
    signed: SignedCheckpoint
    cosignatures: tuple[Cosignature, ...]
    absent: tuple[VerifierError, ...] = ()


def stop(error: VerifierError) -> None:
    """Tell those who go no further."""
    raise error


class Log:
    """A copy of a log whose entries lead to the root in its `checkpoint`; `read` gives a file's bytes or None.

    Signatures of the `keys` known at the start are verified before anything else is read. The log may have changed
    its key since: only `check_latest`, with the keys known at the end, says that the checkpoint is the log's.
    `tell` is given what is wrong and hides nothing else. It is given, too, why no tree `leads` to the root, and then
    no entry can be read.
    """

    def __init__(self, read: Read, origin: str, keys: Sequence[Key], tell: Tell = stop) -> None:
        self._read, self._tell = read, tell
        self.origin = origin
        self.latest = _decode_checkpoint(LATEST, read(LATEST))
        self.size = self.latest.body.size
        self._tops, self._edge = list[bytes](), list[bytes]()
        self.leads = False
        with self._telling():
            if checkpoint.matching_lines(self.latest.note, keys):
                self._check_signatures(LATEST, self.latest, keys, None)
            self._open()
            self.leads = True

    def check_latest(self, keys: Sequence[Key], trust: Policy | None) -> Kept:
        """BRD.1, BRD.4: the log signed its latest checkpoint, and the quorum of witnesses cosigned it."""
        kept = self._check_signatures(LATEST, self.latest, keys, trust)
        check_quorum(kept, trust)
        return kept

    def check_published(
        self, keys: Sequence[Key], trust: Policy | None, numbers: Iterable[int] | None = None
    ) -> list[Kept]:
        """BRD.1, BRD.3: every checkpoint in this copy is signed, and all are of one history; gives those signed.

        `numbers` says which there are in `checkpoints/`; without it they are looked for until one is missing.
        """
        if numbers is None:
            numbers = takewhile(lambda number: self._read(_kept_path(number)) is not None, count())
        ordered, found = [-1, *sorted(numbers)], list[Kept]()
        for where in (LATEST, *map(_kept_path, ordered[1:])):
            with self._telling():
                signed = self.latest if where == LATEST else _decode_checkpoint(where, self._read(where))
                found.append(self._check_signatures(where, signed, keys, trust))
        self._check_histories(found)
        gaps = [before + 1 for before, number in pairwise(ordered) if number > before + 1]
        if len(found) == len(ordered) and all(kept.signed.body != self.latest.body for kept in found[1:]):
            gaps.append(ordered[-1] + 1)  # a checkpoint is kept before it is served as the latest
        for number in gaps:
            self._tell(Incomplete("this file is missing", _kept_path(number), "BRD.3"))
        return found

    def check_prefix(self, where: Place | str, signed: SignedCheckpoint, detail: Detail = "") -> None:
        """BRD.3: another checkpoint that the log signed is of a prefix of this tree; the refusal carries both."""
        if self.root_at(signed.body.size) != signed.body.root:
            said = detail or say("the log signed two histories: its first {} entries differ", signed.body.size)
            refuse("BRD.3", where, said, signed.raw, self.latest.raw)

    def entries(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Entries from `start` on with their indices, each bundle re-hashed against the tree before it is given out."""
        return ((index, raw) for index, raw, _ in self.hashed(start))

    def hashed(self, start: int = 0) -> Iterator[tuple[int, bytes, bytes]]:
        """The same, with their leaf hashes."""
        self._need_tree()
        for number in range(start // WIDTH, -(-self.size // WIDTH)):
            entries, hashes = self._read_bundle(number)
            if number < len(self._tops):
                self._compare(0, number, hashes)
            yield from list(zip(count(number * WIDTH), entries, hashes))[max(0, start - number * WIDTH) :]

    def leaf_hashes(self, number: int) -> list[bytes]:
        """Leaf hashes of tile `number` of level 0, checked against the tree."""
        if number == len(self._tops):
            return self._edge
        with suppress(Incomplete):
            hashes = self._read_hashes(0, number)
            if compute_root(hashes) == self._tops[number]:
                return hashes
        return self._read_bundle(number)[1]

    def root_at(self, size: int) -> bytes:
        """Root that this tree had at an earlier `size`."""
        if size == self.size:
            return self.latest.body.root
        self._need_tree()
        root = next(self._roots_at([size]))
        if isinstance(root, Incomplete):
            raise root
        return root

    def _need_tree(self) -> None:
        if not self.leads:
            raise Incomplete("the entries of this copy are not known to lead to its root", LATEST, "BRD.2")

    def _roots_at(self, sizes: Iterable[int]) -> Iterator[bytes | Incomplete]:
        """Roots at ascending sizes, each leaf hashed once; or why a root is not known."""
        whole, part, leaves = Frontier(), Frontier(), list[bytes]()
        for size in sizes:
            if size // WIDTH != whole.size or not leaves:
                whole.extend(self._tops[whole.size : size // WIDTH])
                try:
                    part, leaves = Frontier(), self.leaf_hashes(whole.size) if size % WIDTH else []
                except Incomplete as error:
                    yield error
                    continue
            part.extend(leaves[part.size : size % WIDTH])
            yield whole.root(part.root() if part.size else None)

    def _check_signatures(
        self, where: str, signed: SignedCheckpoint, keys: Sequence[Key], trust: Policy | None
    ) -> Kept:
        with _carried():
            checkpoint.check_log_signature("BRD.1", where, signed, self.origin, keys)
        witnesses = trust.witness_keys if trust is not None else ()
        return Kept(where, signed, *checkpoint.judge_cosignatures("BRD.5", where, signed, witnesses))

    def _check_histories(self, found: list[Kept]) -> None:
        """BRD.3: checkpoints within the tree are its prefixes; no two others of one size have different roots."""
        reach = self.size if self.leads and found and found[0].where == LATEST else -1
        found = sorted(found, key=lambda kept: kept.signed.body.size)
        sizes = [kept.signed.body.size for kept in found if kept.signed.body.size <= reach]
        for (where, signed, *_), root in zip(found, self._roots_at(sizes), strict=False):
            with self._telling():
                if root != signed.body.root:  # or it is not known, and this says why
                    self.check_prefix(where, signed)
        seen = dict[int, SignedCheckpoint]()
        for where, signed, *_ in found[len(sizes) :]:
            first = seen.setdefault(signed.body.size, signed)
            with self._telling():
                if first.body.root != signed.body.root:
                    refuse("BRD.3", where, "the log signed two trees of one size", first.raw, signed.raw)
        if found and found[-1].signed.body.size > self.size:
            detail = say("this copy ends at entry {}; the log has published more", self.size)
            self._tell(Incomplete(detail, found[-1].where, "BRD.3"))

    def _open(self) -> None:
        """BRD.2: take the tree from its tiles or, where they do not lead to the root, from the entries."""
        with suppress(Incomplete):
            self._edge = self._read_hashes(0, self.size // WIDTH) if self.size % WIDTH else []
            tops = range(0, self.size // WIDTH, WIDTH)
            self._tops = [top for first in tops for top in self._read_hashes(1, first // WIDTH)]
            if next(self._roots_at([self.size])) == self.latest.body.root:
                return self._compare_all(2, _roots(self._tops))
        numbers = range(-(-self.size // WIDTH))
        leaves = [hash_leaf(entry) for number in numbers for entry in self._read_entries(number)]
        self._compare_all(0, leaves)
        self._tops, self._edge = _roots(leaves), leaves[self.size - self.size % WIDTH :]
        with _carried():
            if compute_root(leaves) != self.latest.body.root:
                refuse("BRD.2", LATEST, "the entries lead to another root than it says")
        return None

    def _read_entries(self, number: int) -> list[bytes]:
        return read_tile(self._read, tiles.at(ENTRIES, number * WIDTH, self.size), tiles.decode_bundle)

    def _read_bundle(self, number: int) -> tuple[list[bytes], list[bytes]]:
        """Entries of a bundle, and their leaf hashes, which are the tree's."""
        entries = self._read_entries(number)
        hashes = [hash_leaf(entry) for entry in entries]
        if self._edge != hashes if number == len(self._tops) else self._tops[number] != compute_root(hashes):
            raise _damaged(tiles.at(ENTRIES, number * WIDTH, self.size))
        return entries, hashes

    def _read_hashes(self, level: int, number: int) -> list[bytes]:
        return read_tile(self._read, tiles.at(level, number * WIDTH, self.size), tiles.decode_hashes)

    def _compare(self, level: int, number: int, hashes: list[bytes]) -> None:
        with self._telling():
            if self._read_hashes(level, number) != hashes:
                raise _damaged(tiles.at(level, number * WIDTH, self.size))

    def _compare_all(self, level: int, hashes: list[bytes]) -> None:
        """Compare the tiles from `level` up with hashes that were computed from below."""
        while hashes:
            for first in range(0, len(hashes), WIDTH):
                self._compare(level, first // WIDTH, hashes[first : first + WIDTH])
            level, hashes = level + 1, _roots(hashes)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except VerifierError as error:
            self._tell(error)


def check_quorum(kept: Kept, trust: Policy | None) -> None:
    """BRD.4: the quorum of witnesses cosigned it, so far as this copy shows."""
    if trust is not None:
        with _carried():
            policy.check_quorum("BRD.4", kept.where, trust, kept.cosignatures)


def read_tile(read: Read, tile: Tile, decode: Callable[[bytes, int], list[bytes]]) -> list[bytes]:
    """Items of a tile in a copy; missing or damaged is Incomplete."""
    for source in tile.sources:
        raw = read(source.path)
        if raw is not None:
            try:
                return decode(raw, source.width)[: tile.width]
            except Malformed as error:
                said = say("this copy of the file is damaged: {}", error.said)
                raise Incomplete(said, source.path, "BRD.2") from error
    raise Incomplete("this file is missing", tile.path, "BRD.2")


def blob_path(digest: bytes) -> str:
    """Where the blob with this SHA-256 digest is kept."""
    return f"blobs/{digest.hex()[:2]}/{digest.hex()}"


def _kept_path(number: int) -> str:
    return f"checkpoints/{number}"


def _decode_checkpoint(where: str, raw: bytes | None) -> SignedCheckpoint:
    if raw is None:
        raise Incomplete("this file is missing", where, "BRD.1")
    try:
        return checkpoint.decode(raw)
    except Malformed as error:
        raise Incomplete(say("this copy of the file is damaged: {}", error.said), where, "BRD.1") from error


def _roots(hashes: list[bytes]) -> list[bytes]:
    """Roots of the full tiles of these hashes."""
    return [compute_root(hashes[end - WIDTH : end]) for end in range(WIDTH, len(hashes) + 1, WIDTH)]


def _damaged(tile: Tile) -> Incomplete:
    return Incomplete("this copy of the file is damaged: it contradicts the rest of the tree", tile.path, "BRD.2")


@contextmanager
def _carried() -> Iterator[None]:
    """What the keeper of a copy may have changed is open, and nobody's lie."""
    try:
        yield
    except Rejected as error:
        raise Incomplete(error.said, error.where, error.id) from error
