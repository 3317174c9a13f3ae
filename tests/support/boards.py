"""A board in memory: what key holders and voters see of it over HTTP, without the HTTP."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from mixnet.vault import Vault
from tests.support import archives
from tests.support.elections import Election, holder
from tests.support.trees import Tree
from verifier.client.board import Board, Keep, Refused, Sender
from verifier.client.files import Directory
from verifier.errors import Rejected
from verifier.log.note import encode_base64
from verifier.log.reading import LATEST
from verifier.log.receipt import Receipt, encode
from verifier.log.tree import hash_leaf
from verifier.records import Blob
from verifier.rules import CODEC


class MemoryBoard(Board):
    """Serves `election`; every post is published at once under the cosignatures of `witnesses`."""

    def __init__(self, election: Election, root: Path, witnesses: Iterable[int] = (0, 1, 2)) -> None:
        super().__init__("http://board.invalid")
        self.election, self.witnesses = election, tuple(witnesses)
        self.posted: list[bytes] = []
        self._root = root
        self._published: tuple[int, Path] | None = None

    def read(self, path: str) -> bytes | None:
        return Directory(self._archive())(path)

    def save(self, path: str, keep: Keep) -> bool:
        data = self.read(path)
        if data is not None:
            keep([data])
        return data is not None

    def post(self, raw: bytes, sender: Sender | None = None) -> bytes:  # noqa: ARG002  a board of our own trusts us
        self.posted.append(raw)
        leaf = hash_leaf(raw)
        if leaf in self.election.state.leaves:
            return leaf
        try:
            return self.election.post(CODEC.decode(raw))
        except Rejected as error:
            raise Refused(422, "rejected", error.id, error.detail) from error

    def hand_in(self, raw: bytes, wait: float = 0.0) -> bytes:
        return self.receipt(self.post(raw), wait)

    def put_blob(self, data: bytes, sender: Sender) -> Blob:  # noqa: ARG002  a board of our own trusts us
        return self.election.put(data)

    def receipt(self, leaf: bytes, wait: float = 0.0) -> bytes:  # noqa: ARG002  nothing to wait for
        leaves = [hash_leaf(raw) for raw in self.election.records]
        index = leaves.index(leaf)
        return encode(Receipt(index, Tree(leaves).inclusion(index), self.read(LATEST) or b""))

    def health(self) -> dict[str, object]:
        return {"phase": self.election.state.phase}

    def _archive(self) -> Path:
        """The archive of the records so far."""
        size = len(self.election.records)
        if self._published is None or self._published[0] != size:
            directory = Path(tempfile.mkdtemp(dir=self._root))
            archives.write(self.election, directory, self.witnesses)
            self._published = size, directory
        return self._published[1]


def make_vault(directory: Path, id: str) -> Vault:
    """A vault with the key that tests give to this key holder."""
    directory.mkdir(mode=0o700)
    file = directory / "key"
    file.touch(mode=0o600)
    file.write_text(encode_base64(bytes(holder(id).key)))
    return Vault(directory)
