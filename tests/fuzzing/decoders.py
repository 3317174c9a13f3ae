"""Every function of verifier/ that reads bytes of others: how to call it, honest bytes, what else it may raise."""

from __future__ import annotations

import codecs
import re
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tests.corpus import decisions, papers
from tests.fuzzing import history
from tests.fuzzing.history import BOARD, RECORDS, take, take_blob
from tests.fuzzing.mutations import POINTS
from tests.reference import certificates as reference
from tests.reference.group import Fails
from tests.support.copies import KEY, sign
from tests.support.elections import LOG
from tests.support.house import read_vectors
from tests.support.returns import ON_PAPER
from verifier.audit import standing, trust
from verifier.audit.audit import Audit
from verifier.client import board as remote
from verifier.client import download, snapshot, text, tracking
from verifier.client.application import VoterApplication
from verifier.client.board import Response
from verifier.client.card import Card, read_groups
from verifier.client.evidence import proves
from verifier.client.files import decode_path
from verifier.client.refusal import compare
from verifier.client.site import find_links
from verifier.client.witness import decode_request
from verifier.commission import certificate
from verifier.commission.certificate import Unfit, decode, decode_anchor, decode_member
from verifier.commission.roster import (
    Member,
    Roster,
    Signature,
    check_chain,
    check_member,
)
from verifier.desk.report import report
from verifier.desk.report.report import compose
from verifier.election.choice import decode_choice, decode_points, encode_choice, encode_points, extract
from verifier.election.manifest import Contest
from verifier.election.register import CODEC as ROWS
from verifier.errors import Rejected
from verifier.log import checkpoint, evidence, note, policy, receipt, refusal, tiles
from verifier.log.checkpoint import Checkpoint
from verifier.log.reading import Log
from verifier.log.refusal import SignedRefusal
from verifier.log.tree import compute_root, hash_leaf
from verifier.paper.fitting import BATCH, TABLE
from verifier.paper.papers import TypedPapers
from verifier.paper.plan import CODEC as PLANS
from verifier.place import Place
from verifier.proof import _sodium, backend
from verifier.proof.batch import Batch
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import SIZE, Points, Scalars
from verifier.records import encode
from verifier.rules import CODEC

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Read = Callable[[bytes], object]
TRUST = trust.decode(BOARD.sheet)
MANIFEST = history.before(1).rules
ROSTER = next(record for raw in RECORDS if isinstance(record := CODEC.decode(raw), Roster))
NOTE = note.decode(BOARD.files["checkpoint"])
COSIGNED = history.cosigned()
RECEIPT = history.promised(35, RECORDS[35])
POLICY = re.sub(rb"(?m)^(aikyn|root|manifest).*\n", b"", BOARD.sheet)


RSA_KEY = bytes.fromhex("3082010a0282010100") + b"\xff" * 256 + bytes.fromhex("0203010001")
EVIDENCE = {
    "first": BOARD.files["checkpoints/0"],
    "second": BOARD.files["checkpoint"],
    "proof": b"".join(note.encode_base64(bytes([number]) * 32).encode() + b"\n" for number in range(6)),
}


UNSIGNED = SignedRefusal(
    "CFG.6", "wrong-phase", "", KEY.name, f"record {hash_leaf(b'a ballot').hex()}", bytes(64), 409, 1
)
REFUSAL = encode(msgspec.structs.replace(UNSIGNED, signature=LOG.key.sign(refusal.refusal_bytes(UNSIGNED)).signature))


class Decoder(NamedTuple):
    """What is fed, honest bytes, what else it may raise, and how many times dearer it is than a note."""

    name: str
    read: Read
    seeds: Sequence[bytes]
    may: tuple[type[Exception], ...] = ()
    cost: int = 1


def _text(read: Callable[[str], object]) -> Read:
    """A decoder of text, of which an attacker chooses every byte."""
    return lambda raw: read(raw.decode(errors="surrogateescape"))


def _evidence(name: str, raw: bytes) -> bool:
    return proves(evidence.decode({**EVIDENCE, name: raw}.get))


def _points(raw: bytes) -> None:
    """As a batch reads them, and by both backends alike."""
    points = Points.packed(raw)
    assert backend.first_undecodable(raw) == _sodium.first_undecodable(raw)
    batch = Batch()
    batch.read("MIX.4", points, "here")
    batch.settle()


def _scalars(raw: bytes) -> None:
    if len(raw) % SIZE == 0:
        assert backend.scalars_first_noncanonical(raw) == _sodium.scalars_first_noncanonical(raw)
    Scalars.decode(raw)


def _row(contest: Contest, raw: bytes) -> None:
    """A decrypted row: invalid, or exactly what a voter's choice is coded as."""
    assert encode_points(contest, decode_points(contest, raw)) == raw


def _choice(contest: Contest, raw: bytes) -> None:
    assert encode_choice(contest, decode_choice(contest, raw)) == raw


def _proof(claim: str, raw: bytes) -> None:
    """The honest claim with another proof."""
    made, batch = history.claims()[claim], Batch()
    made.put([msgspec.structs.replace(made, proof=raw)], batch)
    batch.settle()


def _certificate(raw: bytes) -> None:
    """A member's certificate: its key, what is said to be signed with it, and who issued it."""
    member = Member("central-1", "chair", raw)
    decode_member(raw)
    with suppress(Rejected):
        check_chain(member, TRUST.roots, Place("roster"))
    check_member(Roster("central", (member,)), bytes(32), Signature(bytes(32), member.id, raw[:256]), Place("record 2"))


def _root(raw: bytes) -> None:
    check_chain(ROSTER.members[0], (decode_anchor(raw),), Place("roster"))


def certified(kind: str) -> list[bytes]:
    """Certificates among the vectors."""
    file = read_vectors("certificates")
    return [b64decode(vector["certificate"]) for vector in file[kind]]


def _twice(raw: bytes) -> None:
    """Two readers take the same certificates, and read the same in them."""
    try:
        theirs = reference.read(raw)
    except Fails:
        theirs = None
    try:
        ours = decode(raw)
    except Unfit:
        assert theirs is None
        raise
    assert theirs is not None
    assert (theirs.signed, theirs.algorithm, theirs.signature) == (ours.tbs, ours.algorithm.raw, ours.signature)
    assert (theirs.key, theirs.first, theirs.last) == (ours.spki, ours.not_before, ours.not_after)
    assert (theirs.authority, theirs.usage >> 1) == (ours.authority, ours.usage)


def _receipt(raw: bytes) -> None:
    read = receipt.decode(raw)
    receipt.check(read, hash_leaf(read.extra), TRUST.origin, TRUST.log_keys, TRUST.witnesses)


def _cosignature(blob: bytes) -> None:
    """Any blob in a line of a trusted key of ML-DSA-44."""
    signed = COSIGNED.signed
    line = signed.note.signatures[-1]._replace(blob=blob)
    signed = signed._replace(note=signed.note._replace(signatures=(line,)))
    checkpoint.check_cosignatures("BRD.5", "here", signed, [COSIGNED.witness])


def _refusal(raw: bytes) -> None:
    said = refusal.decode(raw)
    compare(said, b"a ballot")
    refusal.check(said, TRUST.origin, TRUST.log_keys)


def _file(name: str, raw: bytes) -> None:
    """A copy of the log with one other file, read to its end."""
    log = Log((BOARD.files | {name: raw}).get, TRUST.origin, TRUST.log_keys)
    log.check_latest(TRUST.log_keys, TRUST.witnesses)
    log.check_published(TRUST.log_keys, TRUST.witnesses)
    list(log.entries())


def _audit(raw: bytes) -> None:
    """The board publishes whatever it was handed as record 30, and signs."""
    records = [*RECORDS[:35], raw, *RECORDS[36:]]
    root = compute_root(map(hash_leaf, records))
    files = BOARD.files | {
        "checkpoint": sign(Checkpoint(KEY.name, len(records), root)),
        tiles.at(tiles.ENTRIES, 0, len(records)).path: tiles.encode_bundle([raw[:65_535] for raw in records]),
        tiles.at(0, 0, len(records)).path: b"".join(map(hash_leaf, records)),
    }
    assert compose(Audit(files.get, TRUST).run()).exit or raw == RECORDS[35]


def _snapshot(body: bytes) -> None:
    snapshot.decode(snapshot.FORM + sha256(body).digest() + body)


def _answer(raw: bytes, status: int = 200, retry: str = "") -> Response:
    return Response(status, {"Retry-After": retry}, raw)


NORTH, SOUTH = MANIFEST.contests[:2]
ENTRIES, HASHES = (tiles.at(level, 0, len(RECORDS)).path for level in (tiles.ENTRIES, 0))
FILES = ("checkpoint", "checkpoints/0", ENTRIES, HASHES)
PLACES = {  # blobs, by the kind of the record that names them
    "register": ("blob",),
    "freeze": ("contests.0.blob",),
    "mix": ("output", "proof"),
    "share": ("shares",),
    "tally": ("contests.0.plaintexts", "contests.1.plaintexts"),
}
VOTED = (encode_points(NORTH, (1,)), encode_points(NORTH, ()), bytes(SIZE))
ANSWERS = (b'{"leaf":"00","status":"receipts/00"}', b'{"code":"refused","clause":"BAL.3","detail":"twice"}', b"[]")
DIRECT = ("Contributed", "Shuffled", "Decrypted")  # claims whose proof has its length from nobody but its reader


def _notes() -> Iterator[Decoder]:
    """The log's own formats."""
    noted = BOARD.files["checkpoint"]
    yield Decoder("note", note.decode, (noted,))
    yield Decoder("signature lines", note.decode_lines, (note.encode_lines(NOTE.signatures),))
    keys = [note.encode_key(key).encode() for key in (KEY, COSIGNED.witness)]
    yield Decoder("verifier key", _text(note.decode_key), keys)
    yield Decoder("base64", note.decode_base64, (b"QUJD", b"QQ==", b""))
    yield Decoder("base64 text", _text(note.decode_base64), (b"QUJD", b"QQ==", b""))
    yield Decoder("checkpoint", checkpoint.decode, (noted, COSIGNED.signed.raw))
    yield Decoder("cosignature of ML-DSA-44", _cosignature, (COSIGNED.signed.note.signatures[-1].blob,))
    yield Decoder("checkpoint body", checkpoint.decode_body, (NOTE.text,))
    yield Decoder("policy", lambda raw: policy.overlap(policy.decode(raw)), (POLICY,), cost=2)
    yield Decoder("trust sheet", trust.decode, (BOARD.sheet,), cost=4)
    yield Decoder("receipt", receipt.decode, (RECEIPT,))
    yield Decoder("receipt, standing", lambda raw: standing.read(raw, b"", TRUST, TRUST.log_keys), (RECEIPT,), cost=3)
    yield Decoder("request to a witness", decode_request, (b"old 0\n\n" + BOARD.files["checkpoint"],))
    yield Decoder("receipt, checked", _receipt, (RECEIPT,))
    yield Decoder("tile path", _text(decode_path), (b"tile/0/x001/234.p/7", b"tile/entries/000"))
    yield Decoder("bundle", lambda raw: tiles.decode_bundle(raw, len(RECORDS)), (BOARD.files[ENTRIES],))
    yield Decoder("hash tile", lambda raw: tiles.decode_hashes(raw, len(RECORDS)), (BOARD.files[HASHES],))
    yield Decoder("text", text.plain, (POLICY, codecs.BOM_UTF8 + POLICY, POLICY.decode().encode("utf-16")))
    yield Decoder("tracking code", _text(tracking.read), (b"9C1F 44aa", b"qtar-weu6"))
    applications = [vector["file"].encode() for vector in read_vectors("keysheet")["applications"]]
    yield Decoder("application", VoterApplication.decode, applications)
    yield Decoder("links of a page", find_links, [b'<p><a href="/en/">A</a><script src="a.js"></script><![CDATA[b]]>'])
    cards = [Card.of("trustee", KEY.public), Card("log", note.encode_key(KEY))]
    yield Decoder("key card", Card.decode, [card.encode() for card in cards])
    yield Decoder("six groups", _text(read_groups), [card.groups.encode() for card in cards])
    for name in FILES:
        yield Decoder(f"log: {name}", partial(_file, name), (BOARD.files[name],), cost=8)


def _records() -> Iterator[Decoder]:
    """Records and blobs, each where it stands on the honest log, whoever signs it; a whole audit of any record."""
    yield Decoder("record", CODEC.decode, RECORDS)
    for kind, (index, seeds) in history.kinds().items():
        yield Decoder(f"record: {kind}", partial(take, index), seeds, cost=4)
        for place in PLACES.get(kind, ()):
            yield Decoder(
                f"blob: {kind} {place}", partial(take_blob, index, place), history.named(index, place), cost=4
            )
    for kind, seeds in history.paper_kinds().items():
        yield Decoder(f"record: {kind}", history.take_paper, seeds, cost=4)
    yield Decoder("register", ROWS.decode, history.named(history.first("register"), "blob"))
    whole = papers.twin()[0]
    tables = [whole.table("tec-1", "protocol-tec"), whole.table("cec", "protocol-cec")]
    yield Decoder("plan", PLANS.decode, [encode(ON_PAPER)])
    yield Decoder("table of a sum", TABLE.decode, list(map(encode, tables)))
    yield Decoder("batch of papers", BATCH.decode, [encode(TypedPapers((decisions.typed("p-1"),)))])
    yield Decoder("audit of any record", _audit, (RECORDS[35], RECORDS[2]), cost=25)
    certificates = [member.certificate for member in ROSTER.members]
    roots = [b64decode(root) for root in history.roots()]
    yield Decoder("certificate", _certificate, [*certificates, *certified("members"), *certified("rejected")])
    yield Decoder("certificate of a root", _root, [*roots, *certified("anchors")])
    yield Decoder(
        "basic constraints", certificate._authority, [bytes.fromhex(one) for one in ("3000", "30060101ff020100")]
    )
    yield Decoder("key usage", certificate._usage, [bytes.fromhex(one) for one in ("030206c0", "030307ff80")])
    yield Decoder("RSA key", certificate._modulus, [RSA_KEY])
    yield Decoder(
        "certificate, read twice", _twice, [*certificates, *roots, *certified("members"), *certified("anchors")]
    )


def _proofs() -> Iterator[Decoder]:
    """Points, scalars and what is made of them."""
    points, scalars = history.named(history.first("mix"), "output"), [bytes(Scalars.of([0, 1, -1]))]
    yield Decoder("points", _points, [*points, b"".join(POINTS)])
    yield Decoder("scalars", _scalars, [*scalars, b"".join(POINTS)])
    yield Decoder("ciphertexts", lambda raw: Ciphertexts.decode(raw, 1), points)
    yield Decoder("ciphertexts of two columns", lambda raw: Ciphertexts.decode(raw, 2), points)
    for contest in (NORTH, SOUTH):
        yield Decoder(f"choice in {contest.id}", partial(_choice, contest), [encode_choice(contest, (1,))])
        yield Decoder(f"row in {contest.id}", partial(_row, contest), [encode_points(contest, (1,)), *VOTED])
    yield Decoder("column", extract, VOTED)
    for name in DIRECT:
        yield Decoder(f"proof: {name}", partial(_proof, name), [history.claims()[name].proof], cost=2)  # type: ignore[attr-defined]


def _answers() -> Iterator[Decoder]:
    """What a board answers to the auditor's desk."""
    yield Decoder("answer", lambda raw: remote._read_object(_answer(raw)), ANSWERS)
    yield Decoder("answer that refuses", lambda raw: remote._accept(_answer(raw, 409)), ANSWERS, (remote.Refused,))
    yield Decoder(
        "answer that says when", _text(lambda retry: remote._read_pause(_answer(b"", 503, retry), 1.0)), (b"7",)
    )
    signed = BOARD.files["checkpoint"]
    yield Decoder("answer: a checkpoint", lambda raw: download._read_signed(raw, TRUST), (signed,))
    yield Decoder("answer: a kept checkpoint", lambda raw: download._said(raw, TRUST), (signed,))
    yield Decoder("answer: a record's blobs", lambda raw: list(download.named_blobs(raw)), RECORDS)


def _kept() -> Iterator[Decoder]:
    """What an auditor or a mirror has kept, and somebody may have exchanged."""
    for name, raw in EVIDENCE.items():
        yield Decoder(f"evidence: {name}", partial(_evidence, name), (raw,))
    yield Decoder("refusal", _refusal, (REFUSAL,))
    made = report.encode(compose(Audit(BOARD.files.get, TRUST).run()))
    yield Decoder("report", report.decode, (made,))
    whole = [history.snapshot(index) for index in (0, 30, len(RECORDS))]
    yield Decoder("snapshot", snapshot.decode, whole)
    yield Decoder(
        "snapshot with a right digest", _snapshot, [raw[len(snapshot.FORM) + snapshot.DIGEST :] for raw in whole]
    )


DECODERS = (*_notes(), *_records(), *_proofs(), *_answers(), *_kept())
