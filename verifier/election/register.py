"""The register of credentials, and the opening of the voting (specs/election.md §7–8)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from operator import ge
from typing import Annotated

import msgspec

from verifier.commission.quorum import central, own
from verifier.election.ceremony import CeremonyState
from verifier.errors import refuse, say
from verifier.log.tree import hash_leaf
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.group import IDENTITY, Points
from verifier.records import Blob, Blobs, Bytes32, Codec, Id, Number, Part, Record, encode, fetch
from verifier.rule import Claim, Effect, Rule, Step

MOST_CREDENTIALS = 2**23  # a list of 8 columns of them fills a blob (specs/log.md §5)


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


class Listing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the register says of a credential's key; `register` is that record's number."""

    code: str
    style: str
    commission: str
    register: int


@dataclass
class RegisterState(CeremonyState):
    """Part of the election's state: the credentials that may vote, by key, and each commission's codes."""

    credentials: dict[bytes, Listing] = field(default_factory=dict)
    codes: dict[str, set[str]] = field(default_factory=dict)


class Registered(Claim, frozen=True, kw_only=True):
    """Claim: the register's keys decode."""

    keys: bytes

    def check(self, batch: Batch) -> None:
        check_keys(self, batch)


CODEC: Codec[Credentials] = Codec(Credentials)


def check_keys(claim: Registered, batch: Batch) -> None:
    """Require of `batch` that every key decodes (CFG.8)."""
    batch.read("CFG.8", Points.packed(claim.keys), lambda i: claim.where.within(part="credential", row=i + 1))


def read_register(state: RegisterState, record: Register, where: Place, blobs: Blobs) -> tuple[Row, ...]:
    """The register's rows: ordered, counted, of known styles, with codes that are new in the commission (CFG.7)."""
    if len(state.credentials) + record.count > MOST_CREDENTIALS:
        refuse("CFG.7", where, say("all registers together have at most {} credentials", MOST_CREDENTIALS))
    rows = CODEC.decode(fetch(blobs, record.blob, where), where).credentials
    codes = [row.code for row in rows]
    if len(rows) != record.count:
        refuse("CFG.7", where, say("the register says {} credentials and has {}", record.count, len(rows)))
    if any(map(ge, codes, codes[1:])):
        refuse("CFG.7", where, "the codes do not ascend")
    if not state.codes.get(record.commission, set()).isdisjoint(codes):
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
    first: dict[bytes, Listing] = {}
    again: Counter[int] = Counter()
    for row in rows:
        known = first.get(row.key) or state.credentials.get(row.key)
        if known is None or posted < known.register:
            first[row.key] = Listing(row.code, state.styles[row.style].id, record.commission, posted)
        if known is not None:
            again[max(posted, known.register)] += 1

    def apply() -> None:
        state.codes.setdefault(record.commission, set()).update([row.code for row in rows])
        state.credentials.update(first)
        for register, count in sorted(again.items()):
            said = say("{} keys of this register were listed before", count)
            state.find("CFG.7", "warning", Place(record=register), said)

    return apply


def complete_opening(state: RegisterState, record: Opening, where: Place, _blobs: Blobs) -> Effect:
    """The central commission's quorum has signed: voting begins (KEY.9, CFG.9)."""
    if record.key != state.key:
        refuse("KEY.9", where, "the opening names another key than the trustees acknowledged")
    count = len(state.credentials)
    if record.count != count:
        refuse("CFG.9", where, say("the opening counts {} credentials, the registers {}", record.count, count))

    return state.enters("voting")


REGISTER = Rule(Register, ("registration",), prepare_register, own, complete_register)
OPENING = Rule(Opening, ("registration",), owner=central, complete=complete_opening)
