"""A mirror: a copy of a log that follows its board and goes on only where that continues the copy (specs/mirror.md)."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn
from uuid import uuid4

from bulletin.log import disk, evidence
from verifier.audit.trust import TrustSheet
from verifier.client import merkle
from verifier.client.board import Board, Keep, Refused
from verifier.client.download import checked, named_blobs
from verifier.client.evidence import pair, prove, proves
from verifier.client.files import Directory
from verifier.errors import Incomplete, Malformed, Rejected, refuse
from verifier.log import checkpoint
from verifier.log.checkpoint import SignedCheckpoint
from verifier.log.evidence import Evidence
from verifier.log.policy import check_quorum
from verifier.log.reading import LATEST, Log, blob_path
from verifier.records import Blob

ARCHIVE, INCOMING, EVIDENCE = "archive", "incoming", "evidence"
TRIES = 3  # that a file which contradicts the tree is fetched


class Shrunk(Incomplete):
    """The board shows less than it did before; no second history is proved by that."""


class Mirror:
    """The copy in `directory`: `archive`, which anybody may be served, `incoming`, not checked yet, and `evidence`.

    `visit` brings the copy to the board's latest checkpoint. What is fetched is durable at once, so that a mirror that
    was killed goes on where it was; it joins the archive when all of it leads to a checkpoint that continues ours.
    """

    def __init__(self, board: Board, directory: Path, trust: TrustSheet) -> None:
        self._board, self.trust = board, trust
        self.board, self.origin = board.url, trust.origin
        self.archive, self._incoming, self.evidence = (directory / name for name in (ARCHIVE, INCOMING, EVIDENCE))
        for each in (self.archive, self._incoming, self.evidence):
            disk.make_directory(each)
            disk.clear(each)
        self._held = Directory(self.archive)
        self._bad: set[str] = set()
        self._lacking: dict[bytes, Blob] = {}
        self._checked = self._kept = 0  # entries and published checkpoints that this process has found right
        self.refused = next(evidence.proofs(self.evidence), None)

    @property
    def latest(self) -> SignedCheckpoint | None:
        """The checkpoint that the copy leads to, None before there is one."""
        raw = self._held(LATEST)
        return None if raw is None else checkpoint.decode(raw)

    @property
    def lacking(self) -> int:
        """How many blobs the board did not have yet."""
        return len(self._lacking)

    def visit(self) -> bool:
        """Follow the board to its latest checkpoint; whether the copy has changed.

        `Rejected` with BRD.3 and evidence on disk if the log signed two histories, now and at every later visit;
        `Shrunk` if the board went back; `Rejected` or `Incomplete` if what it shows cannot be taken over yet.
        """
        if self.refused is not None:
            _accuse(*self.refused)
        raw, held = self._fetch(LATEST), self.latest
        if raw is None:
            raise Incomplete("the board has not published anything yet", self._board.url)
        if held is not None and held.raw == raw and self._checked == held.body.size:
            return self._fetch_blobs()
        signed = self._signed(raw, LATEST)
        if held is not None:
            self._compare(held, signed)
        if (trust := self.trust.witnesses) is not None:
            seen = checkpoint.check_cosignatures("BRD.5", LATEST, signed, trust.witness_keys)
            check_quorum("BRD.4", LATEST, trust, seen)
        log = self._complete(raw)
        self._take_over(log, dict(self._follow_kept(log)), raw)
        self._fetch_blobs()
        return True

    def _compare(self, held: SignedCheckpoint, shown: SignedCheckpoint) -> None:
        """Check that both are of one history, in which the board has not gone back."""
        found = pair(held, shown)
        if found.second is held:
            found = prove(found, self._held)
        else:
            try:
                found = prove(found, self._read)
            except Incomplete:  # what the board has and what is held do not fit: look at what the board has alone
                self._forget_incoming()
                found = prove(found, self._read_board)
        if proves(found):
            self._keep(found)
        if shown.body.size < held.body.size:
            place = evidence.keep(self.evidence, found)
            detail = f"the board goes back from {held.body.size} to {shown.body.size} entries; see {place}"
            raise Shrunk(detail, LATEST)

    def _complete(self, raw: bytes) -> Log:
        """Fetch and check what leads to this checkpoint; files that contradict it are fetched anew."""
        tries: Counter[str] = Counter()

        def read(name: str) -> bytes | None:
            return raw if name == LATEST else self._read(name)

        while True:
            try:
                log = Log(read, self.trust.origin, self.trust.log_keys)
                for _, entry in log.entries(self._checked):
                    self._lacking |= {blob.sha256: blob for blob in named_blobs(entry)}
            except Incomplete as error:
                file = error.where.file
                tries[file] += 1
                if tries[file] == TRIES or not file.startswith("tile/"):
                    raise
                self._bad.add(file)
                (self._incoming / file).unlink(missing_ok=True)
            else:
                return log

    def _follow_kept(self, log: Log) -> Iterator[tuple[str, bytes]]:
        """The published checkpoints that the archive lacks; those that it has are looked at once by each process."""
        while True:
            name = f"checkpoints/{self._kept}"
            raw = self._held(name)
            try:
                signed = None if raw is None else self._signed(raw, name)
            except (Malformed, Rejected):
                signed = None  # damaged here
            if signed is None:
                raw = self._fetch(name)
                signed = None if raw is None else self._signed(raw, name)
            if raw is None or signed is None or signed.body.size > log.size:
                return
            if log.root_at(signed.body.size) != signed.body.root:
                self._keep(prove(pair(signed, log.latest), self._read))
            self._kept += 1
            if raw != self._held(name):
                yield name, raw

    def _take_over(self, log: Log, kept: dict[str, bytes], raw: bytes) -> None:
        """Bring what was checked into the archive, the checkpoint last; then what it made obsolete goes."""
        wanted = {path for tile in merkle.grown(0, log.size) for path in (source.path for source in tile.sources)}
        came = {path.relative_to(self._incoming).as_posix(): path for path in self._incoming.rglob("*")}
        arrived = {name: self.archive / name for name, path in came.items() if name in wanted and path.is_file()}
        for name, target in arrived.items():
            disk.make_directory(target.parent)
            came[name].replace(target)
        disk.flush_directories(target.parent for target in arrived.values())
        for name, data in kept.items():
            disk.write(self.archive / name, data)
        disk.write(self.archive / LATEST, raw)
        for name in self._bad - arrived.keys():
            (self.archive / name).unlink(missing_ok=True)
        for target in arrived.values():
            shutil.rmtree(target.with_name(f"{target.name}.p"), ignore_errors=True)
        self._forget_incoming()
        self._checked = log.size

    def _forget_incoming(self) -> None:
        shutil.rmtree(self._incoming)
        disk.make_directory(self._incoming)
        self._bad.clear()

    def _fetch_blobs(self) -> bool:
        """Fetch the blobs that entries name and the archive lacks, asking again for those that the board lacked."""
        before = len(self._lacking)
        for digest, blob in list(self._lacking.items()):
            name = blob_path(digest)
            try:
                if (self.archive / name).is_file() or self._board.save(name, _saving(self.archive / name, blob)):
                    del self._lacking[digest]
            except Refused as error:
                raise Incomplete(f"the board refuses it: {error}", name) from error
        return len(self._lacking) < before

    def _read(self, name: str) -> bytes | None:
        """A file as it will be in the archive: what has come in, what is held, else what the board has."""
        held = None if name in self._bad or (self._incoming / name).is_file() else self._held(name)
        return self._read_board(name) if held is None else held

    def _read_board(self, name: str) -> bytes | None:
        """A file as the board has it, fetched once."""
        if (came := disk.read(self._incoming, name)) is not None:
            return came
        if (raw := self._fetch(name)) is not None:
            disk.write(self._incoming / name, raw)
        return raw

    def _fetch(self, name: str) -> bytes | None:
        try:
            return self._board.read(name)
        except Refused as error:
            raise Incomplete(f"the board refuses it: {error}", name) from error

    def _signed(self, raw: bytes, where: str) -> SignedCheckpoint:
        signed = checkpoint.decode(raw)
        checkpoint.check_log_signature("BRD.1", where, signed, self.trust.origin, self.trust.log_keys)
        return signed

    def _keep(self, found: Evidence) -> NoReturn:
        self.refused = evidence.keep(self.evidence, found), found
        self._forget_incoming()
        _accuse(*self.refused)


def _accuse(place: Path, found: Evidence) -> NoReturn:
    detail = f"the log signed two histories: its first {found.first.body.size} entries differ; see {place}"
    refuse("BRD.3", LATEST, detail, found.first.raw, found.second.raw)


def _saving(target: Path, blob: Blob) -> Keep:
    """Keeps a blob durably under its name, if it is what its name says."""

    def keep(pieces: Iterable[bytes]) -> None:
        disk.make_directory(target.parent)
        temporary = target.with_name(f".{target.name}.{uuid4().hex}")
        try:
            with temporary.open("xb", buffering=0) as file:
                for piece in checked(pieces, blob, target.name):
                    disk.put(file.fileno(), piece)
                disk.flush(file.fileno())
            temporary.replace(target)
            disk.flush_directories([target.parent])
        finally:
            temporary.unlink(missing_ok=True)

    return keep
