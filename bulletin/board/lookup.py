"""What readers look ballots up in: hints made from the archive's files, which nobody needs to trust (specs/lookup.md).

Everything here can be made anew from the archive; a reader proves what a hint says from tiles and signatures.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from bulletin.log import disk
from bulletin.log.bundles import read_entries
from bulletin.log.database import open_index
from verifier.client import tracking
from verifier.commission.roster import Signature
from verifier.election.ballot import Ballot, Challenge
from verifier.election.counting import Freeze, Override
from verifier.election.manifest import Manifest
from verifier.election.register import Credentials, Register
from verifier.errors import VerifierError
from verifier.log import checkpoint
from verifier.log.reading import LATEST, blob_path
from verifier.log.tiles import WIDTH
from verifier.log.tree import hash_leaf
from verifier.records import Blob, Codec
from verifier.rules import CODEC

Word = Literal["present", "superseded", "overridden", "challenged", "counted", "foreign", "absent", "unknown"]
Awaiting = Register | Override | Freeze
FEWEST = 64  # on average at least so many share a prefix, so that asking for one says little
BASE32, HEX = 32, 16
MOST = 4  # letters of a prefix
AT_ONCE = 128 * WIDTH  # entries that one request takes in, about a second
LEAST = 6  # letters of a tracking code that a voter gives

_tables = MetaData()
PLACE = Table(
    "place",
    _tables,
    Column("size", Integer),
    Column("manifest", LargeBinary),
    Column("freeze", Integer),
    Column("ballots", Integer),
    Column("credentials", Integer),
)
BALLOTS = Table(
    "ballots",
    _tables,
    Column("position", Integer, primary_key=True),
    Column("tracker", Text, index=True),
    Column("key", LargeBinary, index=True),
    Column("contest", Text),
    Column("challenged", Boolean),
)
CREDENTIALS = Table(
    "credentials",
    _tables,
    Column("key", LargeBinary, primary_key=True),
    Column("code", Text, index=True),
    Column("bucket", Text, index=True),
    Column("register", Integer),
    Column("override", Integer),
)
_after = BALLOTS.alias()
LATER = (  # the last ballot that the same credential cast after this one in the same contest
    select(func.max(_after.c.position))
    .where(_after.c.key == BALLOTS.c.key, _after.c.contest == BALLOTS.c.contest, ~_after.c.challenged)
    .where(_after.c.position > BALLOTS.c.position)
    .correlate(BALLOTS)
    .scalar_subquery()
    .label("later")
)
PENDING = Table(
    "pending",
    _tables,
    Column("leaf", LargeBinary, primary_key=True),
    Column("position", Integer),
    Column("raw", LargeBinary),
    Column("missing", Integer),
)


class Head(msgspec.Struct, frozen=True):
    """How far the index goes, how long its prefixes are, and where the freeze stands."""

    ballots: int
    credentials: int
    freeze: int | None
    size: int


class BallotEntries(NamedTuple):
    """A tracking code, its entry, and the entries that make another ballot of its voter's count, if there are any."""

    tracker: str
    entry: int
    later: int | None
    override: int | None


class CredentialEntries(msgspec.Struct, frozen=True):
    """A credential's code, and the entries that are about it."""

    ballots: tuple[int, ...]
    code: str
    key: bytes
    override: int | None
    register: int


class Extent(NamedTuple):
    """How far the index goes and what it has so far."""

    size: int
    manifest: bytes
    freeze: int | None
    ballots: int
    credentials: int


class Index:
    """The index of an archive, kept in one SQLite file; it takes in what is published whenever it is asked."""

    def __init__(self, archive: Path, file: Path) -> None:
        self._archive, self._lock = archive, Lock()
        self._engine = open_index(file, _tables)
        self._manifest = b""
        self._quorums: dict[str, int] = {}

    def head(self) -> Head:
        """The head, after taking in what is published by now, or a good part of it."""
        with self._lock:
            place = self._follow()
        return Head(_letters(place.ballots, BASE32), _letters(place.credentials, HEX), place.freeze, place.size)

    def ballots(self, prefix: str) -> list[BallotEntries]:
        """Tracking codes that begin so, ascending."""
        chosen = (
            select(BALLOTS.c.tracker, BALLOTS.c.position, LATER, CREDENTIALS.c.override)
            .outerjoin(CREDENTIALS, CREDENTIALS.c.key == BALLOTS.c.key)
            .where(_begins(BALLOTS.c.tracker, prefix))
        )
        with self._engine.connect() as connection:
            return [BallotEntries(*row) for row in connection.execute(chosen.order_by(BALLOTS.c.tracker))]

    def credentials(self, prefix: str) -> list[CredentialEntries]:
        """Registered credentials the SHA-256 of whose code begins so, by code."""
        chosen = (
            select(CREDENTIALS)
            .where(_begins(CREDENTIALS.c.bucket, prefix))
            .order_by(CREDENTIALS.c.code, CREDENTIALS.c.register)
        )
        joined = select(BALLOTS.c.key, BALLOTS.c.position).where(
            BALLOTS.c.key.in_(select(CREDENTIALS.c.key).where(_begins(CREDENTIALS.c.bucket, prefix)))
        )
        with self._engine.connect() as connection:
            theirs: dict[bytes, list[int]] = {}
            for key, index in connection.execute(joined.order_by(BALLOTS.c.position)):
                theirs.setdefault(key, []).append(index)
            return [
                CredentialEntries(tuple(theirs.get(row.key, ())), row.code, row.key, row.override, row.register)
                for row in connection.execute(chosen)
            ]

    def say(self, code: str, tracker: str) -> Word:
        """The board's bare word on a ballot, for readers who cannot check anything (specs/lookup.md §5)."""
        freeze = self.head().freeze
        rows = {row.key: row for row in self.credentials(_bucket(code)) if row.code == code}
        if not rows or len(tracker) < LEAST:
            return "unknown"
        with self._engine.connect() as connection:
            theirs = select(BALLOTS, LATER).where(BALLOTS.c.key.in_(rows), _begins(BALLOTS.c.tracker, tracker))
            found = connection.execute(theirs.order_by(BALLOTS.c.position)).first()
        if found is None:
            return "foreign" if self.ballots(tracker) else "absent"
        if found.challenged:
            return "challenged"
        if rows[found.key].override is not None:
            return "overridden"
        if found.later is not None:
            return "superseded"
        return "present" if freeze is None else "counted"

    def _follow(self) -> Extent:
        raw = disk.read(self._archive, LATEST)
        size = checkpoint.decode(raw).body.size if raw else 0
        with self._engine.connect() as connection:
            place = _read_place(connection)
        if place is not None and place.size == size:
            return place
        with self._engine.begin() as connection:
            connection.execute(PENDING.delete().where(PENDING.c.position < 0))  # one process writes at a time
            place = _read_place(connection)
            if place is None or size < place.size:
                place = self._begin_anew(connection)
            if place.manifest and not self._quorums:
                self._know(place.manifest)
            stop = min(size, place.size - place.size % WIDTH + AT_ONCE)  # whole bundles, or to the end
            rows: list[dict[str, object]] = []
            for index, entry in read_entries(self._archive, place.size, stop):
                self._take(connection, index, entry, rows)
            if rows:
                connection.execute(insert(BALLOTS), rows)
            total = select(func.count()).select_from(CREDENTIALS).scalar_subquery()
            grown = {"size": stop, "ballots": place.ballots + len(rows), "credentials": total}
            connection.execute(update(PLACE).values(**grown))
            return _read_place(connection) or place

    def _begin_anew(self, connection: Connection) -> Extent:
        for table in _tables.sorted_tables:
            connection.execute(table.delete())
        self._manifest, self._quorums = b"", {}
        fresh = Extent(0, b"", None, 0, 0)
        connection.execute(insert(PLACE), fresh._asdict())
        return fresh

    def _take(self, connection: Connection, index: int, raw: bytes, rows: list[dict[str, object]]) -> None:
        try:
            record = CODEC.decode(raw)
        except VerifierError:
            return  # void; the audit says so
        match record:
            case Manifest() if index == 0:
                self._know(raw)
                connection.execute(update(PLACE).values(manifest=raw))
            case Ballot() | Challenge():
                sealed = record.sealed
                said = {"position": index, "tracker": tracking.encode(sealed.tracker(self._manifest))}
                own = {"key": sealed.credential, "contest": sealed.contest}
                rows.append(said | own | {"challenged": isinstance(record, Challenge)})
            case Register() | Override() | Freeze():
                waiting = {"leaf": hash_leaf(raw), "position": index, "raw": raw, "missing": self._quorum(record)}
                connection.execute(insert(PENDING).prefix_with("OR IGNORE"), waiting)
            case Signature():
                self._count_signature(connection, record.record)

    def _know(self, raw: bytes) -> None:
        manifest = CODEC.decode(raw)
        assert isinstance(manifest, Manifest)  # noqa: S101  only a manifest is kept as one
        quorums = {commission.id: commission.quorum for commission in manifest.commissions}
        self._manifest = hashlib.sha256(raw).digest()
        self._quorums = quorums | {"": quorums.get(manifest.central, 1)}

    def _quorum(self, record: Awaiting) -> int:
        return self._quorums.get("" if isinstance(record, Freeze) else record.commission, 1)

    def _count_signature(self, connection: Connection, leaf: bytes) -> None:
        """A commission's record takes effect at the signature that completes its quorum (specs/records.md §3.4)."""
        connection.execute(update(PENDING).where(PENDING.c.leaf == leaf).values(missing=PENDING.c.missing - 1))
        row = connection.execute(select(PENDING).where(PENDING.c.leaf == leaf, PENDING.c.missing == 0)).first()
        if row is None:
            return
        match CODEC.decode(row.raw):
            case Freeze():
                connection.execute(update(PLACE).values(freeze=row.position))
            case Override(credentials=keys):
                overridden = update(CREDENTIALS).where(CREDENTIALS.c.key.in_(keys))
                connection.execute(overridden.values(override=row.position))
            case Register(blob=blob):
                self._enter(connection, row.position, blob)

    def _enter(self, connection: Connection, register: int, blob: Blob) -> None:
        data = disk.read(self._archive, blob_path(blob.sha256))
        if data is None:
            return  # a copy without this blob; its readers are told of no credential
        rows: Sequence[dict[str, object]] = [
            {"key": row.key, "code": row.code, "bucket": _bucket(row.code), "register": register, "override": None}
            for row in Codec[Credentials](Credentials).decode(data).credentials
        ]
        if rows:
            first = upsert(CREDENTIALS)
            earlier = first.excluded.register < CREDENTIALS.c.register
            taken = {name: first.excluded[name] for name in ("code", "bucket", "register")}
            connection.execute(first.on_conflict_do_update(index_elements=["key"], set_=taken, where=earlier), rows)


def _read_place(connection: Connection) -> Extent | None:
    row = connection.execute(select(PLACE)).first()
    return None if row is None else Extent(*row)


def _bucket(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _letters(count: int, base: int) -> int:
    """The most letters of a prefix that `FEWEST` share on average."""
    return max(letters for letters in range(MOST + 1) if letters == 0 or count >= FEWEST * base**letters)


def _begins(column: Column[str], prefix: str) -> ColumnElement[bool]:
    return column.between(prefix, prefix + "~")
