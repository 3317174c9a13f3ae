"""The log's writer: entries become durable, then tiles, then a signed checkpoint (specs/log.md §8)."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select

from bulletin.log import disk
from bulletin.log.archive import ArchiveStore
from bulletin.log.database import CHECKPOINTS, Database, remember
from bulletin.log.entries import Entries
from bulletin.log.merkle import Edge
from bulletin.log.rollback import RESTORE, CannotContinue, check_files
from verifier.client import merkle
from verifier.errors import Malformed
from verifier.log import checkpoint, note, receipt, tiles, tree
from verifier.log.checkpoint import Checkpoint, SignedCheckpoint
from verifier.log.note import Key, Note, SignatureLine
from verifier.log.reading import LATEST
from verifier.log.receipt import Receipt
from verifier.log.tiles import WIDTH

Signer = tuple[Key, Callable[[bytes], bytes]]
CHUNK = 256 * WIDTH
NODES, TILES = 1 << 16, 64  # hashes of subtrees, and whole tiles, held in memory for proofs


class TileLog:
    """An append-only log of opaque entries, one writer at a time; readers may share it.

    `signers` are the log's keys (type 01) with functions from a message to its Ed25519 signature; during a change of
    keys the old and the new one both sign. A log that `follows` another process writes nothing before `take_over`.
    """

    def __init__(
        self,
        archive: ArchiveStore,
        database: Database,
        origin: str,
        signers: Sequence[Signer],
        *,
        follows: bool = False,
    ) -> None:
        self.archive, self.origin = archive, origin
        self._database, self._entries, self._signers = database, Entries(database), signers
        self._node, self._tile = lru_cache(NODES)(self._compute_node), lru_cache(TILES)(self._read_hashes)
        self._range = lru_cache(NODES)(lambda start, end: merkle.compute_range(start, end, self._node))
        self._size, self._edge, self._kept = 0, Edge(0, ()), 0
        self.signed: SignedCheckpoint | None = None
        self.published: SignedCheckpoint | None = None
        self._begun: SignedCheckpoint | None = None
        if follows:
            archive.refresh()
            self.follow()
        else:
            self.take_over()

    def take_over(self) -> None:
        """Be the writer: go on where the former one ended; CannotContinue if something that it signed is gone."""
        self.archive.refresh()
        self._entries.check()
        self.count()
        self.signed = self._read_signed()
        self._edge = self._restore_edge()
        self._kept = self._count_kept()
        self.published = self._restore_published()
        check_files(self.directory, self.tree_size)
        self._drop_partials(0)

    def count(self) -> int:
        """Look how many entries another process has committed by now."""
        self._size = self._entries.count()
        return self._size

    def follow(self) -> bool:
        """Take in what another process has published since, and say whether that was something; nothing is written."""
        raw = self.archive.look(LATEST)
        if raw is None or (self.published and raw == self.published.raw):
            return False
        opened = checkpoint.decode(raw)
        checkpoint.check_log_signature("BRD.1", LATEST, opened, self.origin, [key for key, _ in self._signers])
        size = opened.body.size
        if not all(self.archive.bring(tile.path) for tile in merkle.grown(self.tree_size, size)):
            return False  # a newer one is published, which made these obsolete
        while self.archive.bring(f"checkpoints/{self._kept}"):
            self._kept += 1
        self._edge = self._read_edge(opened.body)
        disk.write(self.directory / LATEST, raw)
        self.published = opened
        return self.count() >= size

    @property
    def directory(self) -> Path:
        """Where the log's files are read on this machine."""
        return self.archive.copy

    @property
    def size(self) -> int:
        """Number of entries that are durably committed."""
        return self._size

    @property
    def tree_size(self) -> int:
        """Number of entries that the latest signed checkpoint covers."""
        return self._edge.size

    def append(self, entries: Sequence[bytes]) -> range:
        """Commit entries (at most 65,535 bytes each) durably and give their indices."""
        indices = range(self._size, self._size + len(entries))
        self._entries.append(indices.start, entries)
        self._size = indices.stop
        return indices

    def integrate(self) -> SignedCheckpoint:
        """Write tiles and bundles of all committed entries, then sign; the same tree gives the same checkpoint."""
        edge = self._grow_to(self._size)
        if self.signed is None or self.signed.body.size != edge.size:
            self.signed = self._sign(edge)
        self._edge = edge
        return self.signed

    def grow(self, size: int) -> None:
        """Write tiles and bundles of the first `size` entries, and sign nothing."""
        self._edge = self._grow_to(size)

    def publish(self, cosigned: bytes) -> None:
        """Keep a cosigned checkpoint as `checkpoints/<n>` and serve it as `checkpoint`; drop what it makes obsolete."""
        opened = checkpoint.decode(cosigned)
        if self.signed is None or opened.note.text != self.signed.note.text:
            raise Malformed("only the latest checkpoint that this log signed can be published")
        checkpoint.check_log_signature("BRD.1", LATEST, opened, self.origin, [key for key, _ in self._signers])
        if self._begun:
            self._keep(self._begun)  # a store that failed may have it already
        self._keep(opened)

    def _keep(self, opened: SignedCheckpoint) -> None:
        self._begun = opened
        self.archive.write_once({f"checkpoints/{self._kept}": opened.raw})
        self.archive.write(LATEST, opened.raw)
        self._kept += 1
        before = self.published.body.size if self.published else 0
        self.published, self._begun = opened, None
        self._drop_partials(before)

    def proof(self, index: int, size: int) -> tuple[bytes, ...]:
        """Inclusion path of entry `index` in the tree of `size` entries."""
        edge = self._edge
        if size > edge.size:
            raise Malformed(f"the tree has {edge.size} entries, not {size}")
        return tuple([self._range(*each) for each in merkle.siblings(index, size)])  # shared with its neighbours

    def consistency(self, old: int, size: int) -> tuple[bytes, ...]:
        """Proof that the tree of `old` entries is a prefix of the tree of `size` entries."""
        edge = self._edge
        if size > edge.size:
            raise Malformed(f"the tree has {edge.size} entries, not {size}")
        return merkle.prove_consistency(old, size, self._node)

    def root_at(self, size: int) -> bytes:
        """Root that the signed tree had at this size."""
        edge = self._edge
        if size > edge.size:
            raise Malformed(f"the tree has {edge.size} entries, not {size}")
        return merkle.compute_range(0, size, self._node) if size else tree.EMPTY_ROOT

    def receipt(self, index: int) -> bytes:
        """Receipt for entry `index` under the published checkpoint."""
        published = self.published
        if published is None:
            raise Malformed("nothing is published yet")
        return receipt.encode(Receipt(index, self.proof(index, published.body.size), published.raw))

    def entry(self, index: int) -> bytes:
        """Entry `index`."""
        return self._entries.read(index)

    def entries(self, start: int, stop: int) -> Iterator[bytes]:
        """Committed entries start ≤ i < stop, re-hashed as they are read back."""
        return (entry for _, entry in self._entries.read_back(start, stop))

    def find(self, leaf_hash: bytes) -> int | None:
        """Index of the first committed entry with this leaf hash, or None."""
        return self._entries.find(leaf_hash)

    def close(self) -> None:
        """Let go of the database."""
        self._database.dispose()

    def _grow_to(self, size: int) -> Edge:
        edge = self._edge
        while edge.size < size:
            edge = self._grow(edge, min(size, edge.size - edge.size % CHUNK + CHUNK))
        return edge

    def _grow(self, edge: Edge, stop: int) -> Edge:
        """Write the files that appear when the tree grows to `stop` entries, whole tiles from their first item on."""
        first = edge.size - edge.size % WIDTH
        rows = list(self._entries.read_back(first, stop))
        items, entries = [leaf for leaf, _ in rows], [entry for _, entry in rows]
        if len(items) != stop - first or (edge.size > first and items[: edge.size - first] != edge.levels[0]):
            raise CannotContinue(f"the database's entries are not those of the tree: {RESTORE}")
        files = {
            tiles.at(tiles.ENTRIES, first + at, stop).path: tiles.encode_bundle(entries[at : at + WIDTH])
            for at in range(0, len(entries), WIDTH)
        }
        levels: list[list[bytes]] = []
        while items:
            level, whole = len(levels), len(items) - len(items) % WIDTH
            for at in range(0, len(items), WIDTH):
                files[tiles.at(level, first + at, stop).path] = b"".join(items[at : at + WIDTH])
            levels.append(items[whole:])
            roots = [tree.compute_root(items[at : at + WIDTH]) for at in range(0, whole, WIDTH)]
            above = edge.levels[level + 1] if level + 1 < len(edge.levels) else []
            first = first // WIDTH - len(above)
            items = [*above, *roots] if roots else []
        self.archive.write_once(files)
        return Edge(stop, (*levels, *edge.levels[len(levels) :]))

    def _sign(self, edge: Edge) -> SignedCheckpoint:
        """Sign the tree; the row is durable before anyone sees the signature, and no size is ever signed twice."""
        body = Checkpoint(self.origin, edge.size, edge.root())
        signed = self._add_lines(body, Note(checkpoint.encode_body(body), ()))
        remember(self._database, signed)
        return signed

    def _add_lines(self, body: Checkpoint, opened: Note) -> SignedCheckpoint:
        """Beside the lines that are there, those of our keys that lack: of all, or after a change of keys of the new.

        What a former key has signed and the new one confirms is the same tree, so that nothing is signed twice.
        """
        there = {key for key, _ in checkpoint.matching_lines(opened, [key for key, _ in self._signers])}
        lines = []
        for key, sign in self._signers:
            if key not in there:
                signature = sign(opened.text)
                note.check_signature("BRD.1", "own signature", key, opened.text, signature)
                lines.append(SignatureLine(key.name, key.id, signature))
        whole = Note(opened.text, (*opened.signatures, *lines))
        return SignedCheckpoint(body, whole, note.encode(whole))

    def _compute_node(self, level: int, index: int) -> bytes:
        """A complete subtree of the signed tree: it never changes, so that its hash may be kept."""
        edge = self._edge

        def hashes(level: int, number: int) -> list[bytes]:
            if number == (edge.size >> 8 * level) // WIDTH:
                return edge.levels[level]
            return self._tile(tiles.Tile(level, number))

        if level % 8 == 0:
            return hashes(level // 8, index // WIDTH)[index % WIDTH]
        return merkle.compute_node(hashes, level, index)

    def _read_hashes(self, tile: tiles.Tile) -> list[bytes]:
        raw = disk.read(self.directory, tile.path)
        if raw is None or len(raw) != tile.width * tiles.HASH:
            raise CannotContinue(f"{tile.path} is missing or damaged: {RESTORE}")
        return tiles.decode_hashes(raw, tile.width)

    def _drop_partials(self, before: int) -> None:
        """Remove partial tiles whose full tile is published; readers then take the full one (tlog-tiles)."""
        size = self.published.body.size if self.published else 0
        for tile in merkle.grown(before, size):
            partials = f"{tile.path}.p"
            if tile.width == WIDTH and (self.directory / partials).is_dir():
                self.archive.drop(partials)

    def _read_signed(self) -> SignedCheckpoint | None:
        with self._database.connect() as connection:
            newest = select(CHECKPOINTS.c.note).order_by(CHECKPOINTS.c.size.desc()).limit(1)
            raw = connection.execute(newest).scalar()
        signed = None if raw is None else checkpoint.decode(raw)
        if signed and signed.body.origin != self.origin:
            raise CannotContinue(f"the database belongs to the log {signed.body.origin}: give the right one")
        if signed and signed.body.size > self._size:
            raise CannotContinue(f"{signed.body.size} entries are signed, the database has {self._size}: {RESTORE}")
        return self._add_lines(signed.body, signed.note) if signed else None

    def _restore_edge(self) -> Edge:
        return self._read_edge(self.signed.body) if self.signed else Edge(0, ())

    def _read_edge(self, body: Checkpoint) -> Edge:
        """Read the right edge back from the files and compare it with what was signed."""
        size = body.size
        items = [size >> 8 * level for level in range(tiles.levels(size))]
        edge = Edge(
            size,
            tuple(
                self._read_hashes(tiles.at(level, count - 1, size)) if count % WIDTH else []
                for level, count in enumerate(items)
            ),
        )
        if edge.root() != body.root:
            raise CannotContinue(f"the tiles do not lead to the signed root: {RESTORE}")
        return edge

    def _count_kept(self) -> int:
        names = {path.name for path in (self.directory / "checkpoints").glob("[0-9]*")}
        if names != {str(number) for number in range(len(names))}:
            raise CannotContinue(f"files are missing in checkpoints/: {RESTORE}")
        return len(names)

    def _restore_published(self) -> SignedCheckpoint | None:
        """Find the checkpoint last published, finish its publication, and refuse if the database never signed it."""
        last, former = (disk.read(self.directory, f"checkpoints/{self._kept - back}") for back in (1, 2))
        latest = disk.read(self.directory, LATEST)
        try:
            published = last and checkpoint.decode(last)
        except Malformed as error:
            raise CannotContinue(f"checkpoints/{self._kept - 1} is damaged ({error.detail}): {RESTORE}") from error
        if latest not in (None, last, former):
            raise CannotContinue(f"`checkpoint` was published, and is not the last of checkpoints/: {RESTORE}")
        if not last or not published:
            return None
        with self._database.connect() as connection:
            chosen = select(CHECKPOINTS.c.root).where(CHECKPOINTS.c.size == published.body.size)
            root = connection.execute(chosen).scalar()
        if root != published.body.root or published.body.origin != self.origin:
            raise CannotContinue(
                f"a checkpoint of {published.body.size} entries was published that this database did not sign: "
                f"it is an older one, from which the board must never go on; {RESTORE}"
            )
        if last != latest:
            self.archive.write(LATEST, last)
        return published
