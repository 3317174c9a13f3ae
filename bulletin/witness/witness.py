"""A witness: it cosigns a log's checkpoints while each continues the last, c2sp.org/tlog-witness (specs/witness.md)."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from bulletin.log import evidence
from bulletin.log.database import HEADS
from verifier.client.evidence import pair
from verifier.client.witness import MAX_REQUEST, Request, decode_request
from verifier.errors import Malformed, Rejected
from verifier.log import checkpoint, note, tree
from verifier.log.note import Key, Note

LOGGER = logging.getLogger("aikyn.witness")


class Declined(Exception):
    """An answer other than 200: its status, and for 409 the size that we cosigned last."""

    def __init__(self, status: int, reason: str, size: int | None = None) -> None:
        super().__init__(reason)
        self.status, self.size = status, size


class WitnessedHead(NamedTuple):
    """The largest tree of a log that we cosigned."""

    size: int
    root: bytes


class WatchedLog(NamedTuple):
    """A log, what was cosigned last of it and when (None: nothing yet), and its evidence, by the directories' names."""

    origin: str
    size: int
    time: int | None
    evidence: tuple[str, ...]


NOTHING = WitnessedHead(0, tree.EMPTY_ROOT)


def check_growth(asked: Request, head: WitnessedHead) -> None:
    """Refuse unless the checkpoint continues `head`: 409 for the size, then 422, in the order of tlog-witness."""
    size, root = asked.signed.body.size, asked.signed.body.root
    if asked.old != head.size:
        raise Declined(409, f"the last cosigned size is {head.size}", head.size)
    if asked.old in (0, size):
        if asked.proof:
            raise Declined(422, "here a proof has nothing to prove")
        if asked.old == size and root != head.root:
            raise Declined(422, "this size has another root, cosigned before or of the empty tree")
        return
    try:
        roots = tree.roots_from_consistency(asked.old, size, head.root, asked.proof)
    except Malformed as error:
        raise Declined(422, error.detail) from error
    if roots != (head.root, root):
        raise Declined(422, "the proof does not lead from the last cosigned root to this one")


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness's key, the logs that it watches (origin → keys, during a change of keys several), and its memory.

    `database` is trusted: whoever turns it back can make the witness sign a second history. `evidence` collects
    checkpoints that a log signed and that do not continue what it signed before. `clock` gives POSIX seconds.
    """

    key: Key
    sign: Callable[[bytes], bytes]
    logs: Mapping[str, Sequence[Key]]
    database: Engine
    evidence: Path
    clock: Callable[[], int]

    def add_checkpoint(self, raw: bytes) -> bytes:
        """Answer `add-checkpoint`: our signature line, durable in our memory before it is given; else `Declined`."""
        if len(raw) > MAX_REQUEST:
            raise Declined(400, f"a request has at most {MAX_REQUEST} bytes")
        try:
            asked = decode_request(raw)
        except Malformed as error:
            raise Declined(400, str(error)) from error
        origin = asked.signed.body.origin
        if origin not in self.logs:
            raise Declined(404, f"the log {origin} is not watched here")
        try:
            checkpoint.check_log_signature("BRD.1", "request", asked.signed, origin, self.logs[origin])
        except Rejected as error:
            raise Declined(403, str(error)) from error
        try:
            return self._cosign(asked)
        except Declined as refusal:
            if refusal.status == 422:
                self._keep_evidence(asked)
            raise

    def latest(self, origin_hash: str) -> bytes | None:
        """The checkpoint last cosigned for the log whose origin has this SHA-256 (lower-case hex), or None."""
        for origin in self.logs:
            if sha256(origin.encode()).hexdigest() == origin_hash:
                with self.database.connect() as connection:
                    return connection.execute(select(HEADS.c.note).where(HEADS.c.origin == origin)).scalar()
        return None

    def say_started(self) -> None:
        """Begin the journal with how each log stands."""
        LOGGER.info("started", extra={"fields": {"logs": {each.origin: each.size for each in self.watched()}}})

    def watched(self) -> tuple[WatchedLog, ...]:
        """How each log stands, by origin."""
        filed: dict[str, list[str]] = {}
        for place, found in evidence.kept(self.evidence):
            filed.setdefault(found.first.body.origin, []).append(place.name)
        with self.database.connect() as connection:
            heads = {row.origin: row for row in connection.execute(select(HEADS.c.origin, HEADS.c.size, HEADS.c.note))}
        return tuple(
            WatchedLog(
                origin,
                heads[origin].size if origin in heads else 0,
                self._time_of(heads[origin].note) if origin in heads else None,
                tuple(filed.get(origin, ())),
            )
            for origin in sorted(self.logs)
        )

    def _time_of(self, kept: bytes) -> int | None:
        """The time of our own line on a note that we kept."""
        lines = checkpoint.matching_lines(note.decode(kept), [self.key])
        return next((int.from_bytes(line.blob[:8], "big") for _, line in lines), None)

    def _cosign(self, asked: Request) -> bytes:
        signed, origin = asked.signed, asked.signed.body.origin
        with self.database.connect() as connection:
            head = _read_head(connection, origin)
        check_growth(asked, head or NOTHING)
        time = self.clock()
        line = checkpoint.encode_cosignature(
            self.key, time, self.sign(checkpoint.cosigned_message(self.key, signed.note.text, time))
        )
        known = checkpoint.matching_lines(signed.note, self.logs[origin])
        kept = Note(signed.note.text, (*(log_line for _, log_line in known), line))
        if not self._advance(origin, head, WitnessedHead(signed.body.size, signed.body.root), note.encode(kept)):
            with self.database.connect() as connection:
                size = (_read_head(connection, origin) or NOTHING).size
            raise Declined(409, "another request came first", size)
        return note.encode_lines([line])

    def _advance(self, origin: str, head: WitnessedHead | None, new: WitnessedHead, kept: bytes) -> bool:
        """Replace the head durably if it is still the one that was checked against."""
        row = {"size": new.size, "root": new.root, "note": kept}
        with self.database.begin() as connection:
            if head is None:
                try:
                    connection.execute(insert(HEADS).values(origin=origin, **row))
                except IntegrityError:
                    return False
                return True
            unchanged = (HEADS.c.origin == origin) & (HEADS.c.size == head.size) & (HEADS.c.root == head.root)
            return connection.execute(update(HEADS).where(unchanged).values(**row)).rowcount == 1

    def _keep_evidence(self, asked: Request) -> None:
        """Keep a checkpoint that the log signed and could not join to our last one, beside that last one."""
        last = self.latest(sha256(asked.signed.body.origin.encode()).hexdigest())
        if last is None:
            return  # alone it contradicts nothing that we have seen
        found = pair(checkpoint.decode(last), asked.signed)
        if found.first.body == found.second.body:
            return  # refused for its proof, not for its tree
        if found.second is asked.signed and (start := _shown_start(asked, found.first.body.root)):
            found = found._replace(start=start, proof=asked.proof)
        place = evidence.keep(self.evidence, found)
        LOGGER.error("evidence", extra={"fields": {"origin": found.first.body.origin, "kept": place.name}})


def _shown_start(asked: Request, root: bytes) -> bytes:
    """The root at the old size that the log's own proof leads from, if it leads to the root that the log signed."""
    size = asked.signed.body.size
    try:
        before, after = tree.roots_from_consistency(asked.old, size, root, asked.proof)
    except Malformed:
        return b""
    return before if after == asked.signed.body.root else b""


def _read_head(connection: Connection, origin: str) -> WitnessedHead | None:
    row = connection.execute(select(HEADS.c.size, HEADS.c.root).where(HEADS.c.origin == origin)).one_or_none()
    return None if row is None else WitnessedHead(row.size, row.root)
