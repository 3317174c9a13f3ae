"""A second reader of the log's records, written from specs/records.md alone: their coding, signatures and claims.

Refusals raise `Fails`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

from tests.reference import group as reference_group
from tests.reference import proofs as reference
from tests.reference.certificates import Read, issued, read_member, signed
from tests.reference.coding import (
    BLOB,
    TEXT,
    Record,
    Type,
    code,
    data,
    decode_json,
    is_code,
    is_id,
    is_number,
    is_ordinal,
    is_signature_or_none,
    is_string,
    is_truth,
    items,
    members,
    one_of,
    or_none,
)
from tests.reference.group import Fails, Point, cut, decode, decode_points, total
from tests.reference.log import unbase64
from tests.reference.proofs import committed, refuse_unless
from tests.reference.shapes import PAPER_KINDS, PAPER_LEFT_OUT
from tests.reference.signatures import is_signed

LARGEST_RECORD = 65_535


# --- records.md §5: the kinds ---

HOLDERS = items(members(id=is_id, key=data(32)))
CELLS = data(32, 256)  # 1 to 8 columns
SEALED = members(contest=is_id, style=is_id, credential=data(32), nonce=data(16), R=CELLS, P=CELLS, proof=data(0, 512))
CONTEST = members(
    id=is_id,
    title=TEXT,
    options=items(members(id=is_id, name=TEXT)),
    least=is_number,
    most=is_number,
    width=is_ordinal,
)
TIME_LIMIT = members(
    id=is_id,
    what=one_of("register", "opening", "override", "close", "freeze", "tally"),
    bound=one_of("from", "by"),
    instant=is_number,
    inclusive=is_truth,
    words=TEXT,
)
LEVELS = ("central", "territorial", "precinct")  # from above
COMMISSION = members(
    id=is_id,
    name=TEXT,
    level=one_of(*LEVELS),
    above=or_none(is_id),
    quorum=is_ordinal,
    members=is_ordinal,
)
COUNTED = members(
    contest=is_id,
    counted=is_number,
    valid=is_number,
    invalid=is_number,
    votes=items(members(option=is_id, count=is_number)),
    plaintexts=BLOB,
)
REGISTER = members(credentials=items(members(code=is_code, key=data(32), style=is_id)))
CEREMONY = {"attempt": is_ordinal, "trustee": is_ordinal, "signature": data(64)}

KINDS: dict[str, dict[str, Type]] = {
    "manifest": {
        "spec": lambda value: is_string(value) and len(value) <= 40,
        "election": is_id,
        "title": TEXT,
        "nonce": data(32),
        "origin": is_string,
        "log_key": data(32),
        "operator": data(32),
        "policy": is_string,
        "contests": items(CONTEST),
        "styles": items(members(id=is_id, contests=items(is_id))),
        "commissions": items(COMMISSION),
        "central": is_id,
        "roster": data(32),
        "trustees": HOLDERS,
        "threshold": is_number,
        "least_trustees": is_number,
        "mixers": HOLDERS,
        "mixes": is_number,
        "minimum": is_number,
        "telephone": is_string,
        "timetable": items(TIME_LIMIT),
    },
    "roster": {
        "commission": is_id,
        "members": items(members(id=is_id, role=one_of("chair", "secretary", "member"), certificate=data(0, 3072))),
    },
    "signature": {"record": data(32), "member": is_id, "signature": data(0, 1024)},
    "pledge": {**CEREMONY, "sealing_key": data(32), "digest": data(32)},
    "contribution": {**CEREMONY, "points": data(0, 1024), "proof": data(64)},
    "dealing": {**CEREMONY, "shares": data(0, 1024)},
    "acknowledgement": {**CEREMONY, "key": data(32)},
    "complaint": {**CEREMONY, "against": is_ordinal, "secret": data(32), "proof": data(96)},
    "restart": {"attempt": is_ordinal, "without": items(is_ordinal)},
    "skip": {"mixer": is_id},
    "register": {"commission": is_id, "count": is_number, "blob": BLOB},
    "opening": {"key": data(32), "count": is_number},
    "ballot": {"sealed": SEALED, "prev": data(32), "signature": data(64)},
    "challenge": {
        "sealed": SEALED,
        "prev": data(32),
        "signature": data(64),
        "choice": items(is_ordinal),
        "r": CELLS,
    },
    "override": {"commission": is_id, "credentials": items(data(32))},
    "close": {"signature": is_signature_or_none},
    "freeze": {"contests": items(members(contest=is_id, count=is_number, blob=BLOB))},
    "mix": {
        "contest": is_id,
        "place": is_ordinal,
        "mixer": is_id,
        "input": data(32),
        "output": BLOB,
        "proof": BLOB,
        "signature": data(64),
    },
    "share": {
        "contest": is_id,
        "trustee": is_ordinal,
        "mix": data(32),
        "shares": BLOB,
        "proof": data(96),
        "signature": data(64),
    },
    "tally": {"contests": items(COUNTED), "withheld": items(is_id)},
    "log-key": {"key": data(32), "signature": is_signature_or_none},
    "assets": {
        "app": data(32),
        "files": items(members(path=is_string, type=is_string, blob=BLOB)),
        "headers": items(members(prefix=is_string, csp=is_string)),
        "reason": TEXT,
        "replaces": data(32),
    },
    **PAPER_KINDS,
}
LEFT_OUT: dict[str, dict[str, Type]] = {"manifest": {"paper": BLOB}, **PAPER_LEFT_OUT}


def is_record(value: Any) -> bool:
    kind = value.get("type") if type(value) is dict else None
    return type(kind) is str and kind in KINDS and members(LEFT_OUT.get(kind, {}), type=is_string, **KINDS[kind])(value)


def read_record(coded: bytes) -> Record:
    if len(coded) > LARGEST_RECORD:
        raise Fails("CFG.4")
    record: Record = decode_json(coded, is_record)
    return record


# --- records.md §3 and §4: who signed ---


def is_held(record: Record, manifest: bytes, key: str) -> bool:
    """Whether a key holder signed its record; `manifest` is a digest, `key` in base64."""
    unsigned = code({**record, "signature": base64.b64encode(bytes(64)).decode()})
    message = b"aikyn/1 record\n" + manifest + unsigned
    return is_signed(unbase64(key), message, unbase64(record["signature"]))


def certificate(coded: str) -> Read:
    """A member's certificate that is taken; CFG.3 otherwise."""
    try:
        return read_member(unbase64(coded))
    except Fails:
        raise Fails("CFG.3") from None


def spki(coded: str) -> bytes:
    """By which people are told apart, whatever certificate is around it."""
    return certificate(coded).key


def is_signed_by_member(coded: str, manifest: bytes, leaf: bytes, signature: bytes) -> bool:
    return signed(unbase64(coded), b"aikyn/1 member\n" + manifest + leaf, signature)


def is_rooted(coded: str, roots: Iterable[str]) -> bool:
    """Whether one of the roots issued the certificate."""
    return issued(unbase64(coded), [unbase64(root) for root in roots])


# --- Claims: the equations of reference.py, going on over points that do not decode (group.md §3) ---

BLOCKS = ("BRD", "CFG", "CRT", "KEY", "BAL", "SEL", "MIX", "DEC", "TAL", "SPL", "PRT", "DUT", "ART")
DECODES = {
    "ballot": "BAL.4",
    "contribution": "KEY.4",
    "complaint": "KEY.4",
    "shuffle": "MIX.4",
    "decryption": "DEC.3",
    "tally": "TAL.3",
}


def in_page_order(clause: str) -> tuple[int, int]:
    block, number = clause.split(".")
    return BLOCKS.index(block), int(number)


class Undecoded(Point):
    """What does not decode: it swallows what it is added to, and no equation over it fails."""

    def __init__(self) -> None:
        super().__init__(0, 1, 1, 0)

    def swallow(self, _other: object = None) -> Undecoded:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __rmul__ = __neg__ = swallow

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None


class Judgement(NamedTuple):
    refusal: str  # what is seen without the group, or ""
    failed: list[str]


@cache
def judge_statement(statement: str) -> Judgement:
    v = json.loads(statement)
    undecoded = set()

    def decode_or_note(encoding: bytes, clause: str) -> Point:
        try:
            return decode(encoding, clause)
        except Fails:
            if clause == "next":  # a counter of ballot.md §2
                raise
            undecoded.add(clause)
            return Undecoded()

    def decode_all_or_note(points: bytes, clause: str) -> list[Point]:
        decoded = [decode_or_note(encoding, clause) for encoding in cut(points)]
        whole = not any(isinstance(P, Undecoded) for P in decoded)
        return decoded if whole else [Undecoded() for _ in decoded]

    with (
        patch.multiple(reference, decode=decode_or_note, decode_points=decode_all_or_note),
        patch.multiple(reference_group, decode=decode_or_note, decode_points=decode_all_or_note),
    ):
        try:
            failed = reference.CHECKS[v["kind"]](v)
        except Fails as refusal:
            if str(refusal) != "KEY.6":
                return Judgement("CFG.4" if str(refusal) == "malformed" else str(refusal), [])
            failed = ["KEY.6"]
    return Judgement("", sorted({*failed, *undecoded & {DECODES[v["kind"]]}}, key=in_page_order))


def judge(kind: str, **statement: Any) -> list[str]:
    """The clauses that a statement breaks over the group; what is seen without it is raised."""
    found = judge_statement(json.dumps({"kind": kind, **statement}, sort_keys=True))
    refuse_unless(found.refusal, found.refusal == "")
    return list(found.failed)


def decodes(points: bytes) -> bool:
    try:
        return decode_points(points, "") is not None
    except Fails:
        return False


def hexed(coded: str) -> str:
    return unbase64(coded).hex()


@cache
def sum_of_first(contributions: tuple[str, ...]) -> str:
    """The key that contributions make (ceremony.md §5), in base64."""
    return base64.b64encode(bytes(total(decode(unbase64(points)[:32], "KEY.8") for points in contributions))).decode()


@cache
def share_key(contributions: tuple[str, ...], trustee: int) -> str:
    """X_j, in hexadecimal."""
    return bytes(total(committed(decode_points(unbase64(A), "KEY.4"), trustee) for A in contributions)).hex()


def judge_records(file: dict[str, Any]) -> dict[str, bool]:
    """Whether this reader agrees, by the name of each vector of records.json."""

    def found(v: dict[str, str]) -> str:
        coded = bytes.fromhex(v["hex"]) if "hex" in v else v["record"].encode()
        try:
            read_record(coded)
        except Fails as refusal:
            return str(refusal)
        return "accepted"

    return {v["name"]: found(v) == v.get("expect", "accepted") for v in file["accepted"] + file["rejected"]}
