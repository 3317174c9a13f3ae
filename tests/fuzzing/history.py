"""The committed honest election, entered at any of its records: what a hostile record meets there."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import msgspec

from tests.corpus import boards, codings, decisions, papers
from tests.corpus.replay import load
from tests.support.folding import admit
from tests.support.house import read_vectors
from tests.support.trees import Tree
from verifier import fold
from verifier.audit.timeline import Snapshot, Timeline
from verifier.client.snapshot import encode as encode_snapshot
from verifier.commission.quorum import Pending
from verifier.log import checkpoint, receipt
from verifier.log.checkpoint import SignedCheckpoint
from verifier.log.note import Key, decode_key
from verifier.log.receipt import Receipt
from verifier.log.tree import hash_leaf
from verifier.paper.papers import PAPER_KINDS, Accreditation, Appeal, Attestation
from verifier.place import Place
from verifier.records import Blob, encode, kind
from verifier.rules import CODEC, rule
from verifier.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.records import Record
    from verifier.rule import Claim

BOARD = boards.honest()
RECORDS = BOARD.records
BLOBS = {sha256(data).digest(): data for name, data in BOARD.files.items() if name.startswith("blobs/")}
# Where kinds could stand that the honest log has not.
ELSEWHERE = {"complaint": 16, "restart": 10, "skip": 48, "log-key": 35, "assets": 35}
SIGNED_IN = ("ceremony", "counting", "decryption", "shuffle")


@cache
def before(index: int) -> State:
    """The state that the record `index` meets; whoever gets it must leave it as it is."""
    state = State()
    for number, raw in enumerate(RECORDS[:index]):
        admit(state, number, raw, BLOBS.get)
    return state


PAPERS = {one.__struct_config__.tag for one in PAPER_KINDS}


@cache
def after_papers() -> tuple[State, dict[bytes, bytes]]:
    """The state of the honest election on paper at its end, and its blobs, for records that come then."""
    twin = papers.twin()[0]
    blobs = twin.blobs | {sha256(data).digest(): data for data in (b'{"papers":[]}', b"", b"a text")}
    state = State()
    for number, raw in enumerate(twin.records):
        admit(state, number, raw, blobs.get)
    return state, blobs


@cache
def paper_kinds() -> dict[str, tuple[bytes, ...]]:
    """Of each kind of the commissions' papers what may come after the whole election."""
    liar = papers.PaperLiar(papers.twin()[0], 0)
    liar.state = after_papers()[0]
    made: tuple[Record, ...] = (
        papers.again(liar),
        decisions.batch(liar, decisions.typed("p-1")),
        decisions.decision(),
        Appeal("p-1", (), "voter", bytes(32), "17", 1, "", b""),
        Attestation("cec", "B23", 1, (), "https://shailoo.example", bytes(32), "", "", b""),
        Accreditation((), ("school",)),
        liar.observe("p-2"),
        liar.take_in(bytes(32)),
        liar.result(liar.head("cec", "protocol-cec"), outcome="second round"),
    )
    after_papers()[1].update(liar.blobs)
    return {kind(record): (encode(record),) for record in made}


def take_paper(raw: bytes) -> None:
    """What board and auditor do with a record that comes after an election on paper."""
    state, blobs = after_papers()
    take(len(state.leaves), raw, blobs, state)


@cache
def kinds() -> dict[str, tuple[int, tuple[bytes, ...]]]:
    """Of each kind of record the index of the first, and honest ones of it."""
    vectors = [raw for vector in read_vectors(codings.PATH.stem)["accepted"] if (raw := codings.read(vector))]
    vectors = [raw for raw in vectors if kind(CODEC.decode(raw)) not in PAPERS]
    found: dict[str, tuple[int, tuple[bytes, ...]]] = {}
    for raw in (*RECORDS, *vectors):
        name = kind(CODEC.decode(raw))
        index = RECORDS.index(raw) if raw in RECORDS else ELSEWHERE.get(name, 0)
        first, known = found.get(name, (index, ()))
        found[name] = (first, (*known, raw))
    return found


def take(index: int, raw: bytes, blobs: dict[bytes, bytes] = BLOBS, state: State | None = None) -> None:
    """What board and auditor do with a record, to the signature that completes it."""
    state = before(index) if state is None else state
    step = fold.prepare(state, index, raw, blobs.get)
    fold.settle(step.claims)
    record = CODEC.decode(raw)
    complete = rule(record).complete
    if complete is not None and state.manifest is not None:
        state.pending[hash_leaf(raw)] = Pending(index, record)
        try:
            complete(state, record, Place(record=index), blobs.get)
        finally:
            del state.pending[hash_leaf(raw)]


def take_blob(index: int, field: str, data: bytes) -> None:
    """The record with another file beside it, whose digest it names."""
    record = CODEC.decode(RECORDS[index])
    digests = BLOBS | {sha256(data).digest(): data}
    take(index, encode(_replaced(record, field.split("."), Blob.of(data))), digests)


@contextmanager
def nobody_asks_who_signed() -> Iterator[None]:
    """Key holders and members sign whatever is put before them: what they sign must be judged by itself."""
    with ExitStack() as stack:
        for module in SIGNED_IN:
            stack.enter_context(patch(f"verifier.election.{module}.check_key_holder", lambda *_: None))
        stack.enter_context(patch("verifier.commission.roster.verify_member", lambda *_: None))
        stack.enter_context(patch("verifier.paper.decisions.verify_member", lambda *_: None))
        stack.enter_context(patch("verifier.paper.decisions.check_key_holder", lambda *_: None))
        yield


@cache
def claims() -> dict[str, Claim]:
    """The last honest claim of each kind; the later ones say more."""
    made = {}
    for index, raw in enumerate(RECORDS):
        for claim in fold.prepare(before(index), index, raw, BLOBS.get).claims:
            made[type(claim).__name__] = claim
    return made


def first(kind: str) -> int:
    return kinds()[kind][0]


def named(index: int, field: str) -> list[bytes]:
    """The file that the record names there."""
    value: object = CODEC.decode(RECORDS[index])
    for part in field.split("."):
        value = value[int(part)] if isinstance(value, tuple) else getattr(value, part)
    assert isinstance(value, Blob)
    return [BLOBS[value.sha256]]


def promised(index: int, extra: bytes) -> bytes:
    """The receipt of a record, with something in the place for the record."""
    path = Tree([hash_leaf(raw) for raw in RECORDS]).inclusion(index)
    return receipt.encode(Receipt(index, path, BOARD.files["checkpoint"], extra))


class Cosigned(NamedTuple):
    """A checkpoint whose last line is a cosignature of ML-DSA-44, and who signed it."""

    signed: SignedCheckpoint
    log: Key
    witness: Key


def cosigned() -> Cosigned:
    """The first of its kind among the vectors."""
    file = read_vectors("checkpoint")
    raw = next(one["note"] for one in file["checkpoints"] if "ML-DSA-44" in one["comment"])
    return Cosigned(checkpoint.decode(raw.encode()), decode_key(file["log"]), decode_key(file["witnesses"][4]))


def snapshot(size: int) -> bytes:
    """What an auditor keeps after so many records."""
    state, timeline = State(), Timeline()
    for index, raw in enumerate(RECORDS[:size]):
        step = fold.prepare(state, index, raw, BLOBS.get)
        fold.apply(state, step)
        timeline.see(index, step)
    return encode_snapshot(Snapshot(BOARD.files["checkpoint"], state, timeline))


def roots() -> list[str]:
    """The certificates of the trust sheet, in base64."""
    return list(load()["roots"])


def _replaced(value: object, path: list[str], blob: Blob) -> object:
    """The struct with another blob at the end of the path, whose parts are members or places in a tuple."""
    if not path:
        return blob
    head, *rest = path
    if isinstance(value, tuple):
        place = int(head)
        return (*value[:place], _replaced(value[place], rest, blob), *value[place + 1 :])
    assert isinstance(value, msgspec.Struct)
    return msgspec.structs.replace(value, **{head: _replaced(getattr(value, head), rest, blob)})
