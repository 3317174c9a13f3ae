"""The register of credentials, and the opening of the voting (specs/election.md §7–8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from operator import ge
from struct import unpack
from typing import Annotated, NamedTuple

import msgspec

from verifier.commission.quorum import central, own
from verifier.election.ceremony import CeremonyState
from verifier.errors import refuse, say
from verifier.log.tree import hash_leaf
from verifier.place import Place
from verifier.proof import backend
from verifier.proof.batch import Batch
from verifier.proof.group import IDENTITY, SIZE, Points
from verifier.proof.packed import Keyed, Packed
from verifier.records import Blob, Blobs, Bytes32, Codec, Id, Number, Part, Record, encode, fetch
from verifier.rule import Claim, Effect, Rule, Step

MOST_CREDENTIALS = 2**23  # a list of 8 columns of them fills a blob (specs/log.md §5)
CODE, PLACE = 16, 4  # bytes of the longest code, and of a number


class Row(Part, frozen=True):
    """A voter's credential: the short code the voter got by another channel, and the public key its client made."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{4,16}\Z")]
    key: Bytes32
    style: Id


class Credentials(Part, frozen=True):
    """The content of a register's blob."""

    credentials: tuple[Row, ...]


class Register(Record, frozen=True, tag="register"):
    """A commission's list of credentials."""

    commission: Id
    count: Number
    blob: Blob


class Opening(Record, frozen=True, tag="opening"):
    """The central commission opens the voting under a key and a closed register."""

    key: Bytes32
    count: Number


class Listing(NamedTuple):
    """What a register says of credentials that differ in their codes; `register` is that record's number."""

    style: str
    commission: str
    register: int


@dataclass(eq=False)
class Listings(Keyed[Listing]):
    """The credentials that may vote, by key; a value is the code, and the place of the listing in `alike`."""

    rows: Packed = field(default_factory=lambda: backend.Packed(SIZE, CODE + PLACE))
    alike: list[Listing] = field(default_factory=list)

    def read(self, value: bytes) -> Listing:
        return self.alike[int.from_bytes(value[CODE:], "big")]

    def code(self, key: bytes) -> str:
        """A credential's code; "" if it is not listed."""
        return (self.rows.get(key) or b"")[:CODE].rstrip(b"\0").decode()

    def enter(self, rows: Collection[Row], commission: str, register: int) -> None:
        """From now on these rows of a register count."""
        styles = list(dict.fromkeys(row.style for row in rows))
        places = {style: place.to_bytes(PLACE, "big") for place, style in enumerate(styles, len(self.alike))}
        self.alike += [Listing(style, commission, register) for style in styles]
        self.rows.extend(b"".join([row.key + padded(row.code) + places[row.style] for row in rows]))

    def sources(self) -> list[Listing]:
        """The listings of all credentials, in order."""
        places = self.rows.take(range(len(self)), SIZE + CODE, SIZE + CODE + PLACE)
        return [self.alike[place] for place in unpack(f">{len(self)}I", places)]


@dataclass
class RegisterState(CeremonyState):
    """Part of the election's state: the credentials that may vote, and the codes that each commission has given."""

    credentials: Listings = field(default_factory=Listings)
    codes: dict[str, Packed] = field(default_factory=dict)

    def codes_of(self, commission: str) -> set[str]:
        """The codes that the commission has given."""
        return {code.rstrip(b"\0").decode() for code in self.codes.get(commission, ())}


class Registered(Claim, frozen=True, kw_only=True):
    """Claim: the register's keys decode."""

    keys: bytes

    def check(self, batch: Batch) -> None:
        """Require of `batch` that every key decodes (CFG.8)."""
        batch.read("CFG.8", Points.packed(self.keys), lambda i: self.where.within(part="credential", row=i + 1))


CODEC: Codec[Credentials] = Codec(Credentials)
_read = lru_cache(maxsize=1)(CODEC.decode)  # a register takes effect soon after it was posted, or is read again


def padded(code: str) -> bytes:
    """A code in as many bytes as the longest takes."""
    return code.encode().ljust(CODE, b"\0")


def read_register(state: RegisterState, record: Register, where: Place, blobs: Blobs) -> tuple[Row, ...]:
    """The register's rows: ordered, counted, of known styles, with codes that are new in the commission (CFG.7)."""
    if len(state.credentials) + record.count > MOST_CREDENTIALS:
        refuse("CFG.7", where, say("all registers together have at most {} credentials", MOST_CREDENTIALS))
    rows = _read(fetch(blobs, record.blob, where)).credentials
    codes = [row.code for row in rows]
    if len(rows) != record.count:
        refuse("CFG.7", where, say("the register says {} credentials and has {}", record.count, len(rows)))
    if any(map(ge, codes, codes[1:])):
        refuse("CFG.7", where, "the codes do not ascend")
    if (given := state.codes.get(record.commission)) and not given.lacks(b"".join(map(padded, codes))):
        refuse("CFG.7", where, "a code occurs twice")
    if IDENTITY in {row.key for row in rows}:
        refuse("CFG.7", where, "a key is the identity")
    if not {row.style for row in rows} <= state.styles.keys():
        refuse("CFG.7", where, "a style is not in the manifest")
    return rows


def prepare_register(state: RegisterState, record: Register, where: Place, blobs: Blobs) -> Step:
    """A commission's register; what its rows claim is claimed when it is posted."""
    rows = read_register(state, record, where, blobs)
    return Step(record, (Registered(keys=b"".join([row.key for row in rows]), where=where),))


def complete_register(state: RegisterState, record: Register, where: Place, blobs: Blobs) -> Effect:
    """The quorum has signed. If a key is listed twice, the line that was posted first counts (CFG.7)."""
    rows = read_register(state, record, where, blobs)
    posted = state.pending[hash_leaf(encode(record))].position
    first: dict[bytes, Row] = {}
    again: Counter[int] = Counter()
    own = Listing("", record.commission, posted)
    for row in rows:
        known = own if row.key in first else state.credentials.get(row.key)
        if known is None or posted < known.register:
            first[row.key] = row
        if known is not None:
            again[max(posted, known.register)] += 1

    def apply() -> None:
        codes = state.codes.setdefault(record.commission, backend.Packed(CODE))
        codes.extend(b"".join([padded(row.code) for row in rows]))
        state.credentials.enter(first.values(), record.commission, posted)
        _read.cache_clear()
        for register, count in sorted(again.items()):
            said = say("{} keys of this register were listed before", count)
            state.find("CFG.7", "warning", Place(record=register), said)

    return apply


def complete_opening(state: RegisterState, record: Opening, where: Place, _blobs: Blobs) -> Effect:
    """The central commission's quorum has signed: voting begins (KEY.9, CFG.9)."""
    if record.key != state.key:
        refuse("KEY.9", where, "the opening names another key than the trustees acknowledged")
    if record.count != (count := len(state.credentials)):
        refuse("CFG.9", where, say("the opening counts {} credentials, the registers {}", record.count, count))

    return state.enters("voting")


REGISTER = Rule(Register, ("registration",), prepare_register, own, complete_register)
OPENING = Rule(Opening, ("registration",), owner=central, complete=complete_opening)
