"""What is authenticated, each with its judge: a single other bit must be refused, but for the freedoms named here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tests.fuzzing import history
from tests.fuzzing.decoders import COSIGNED, ROSTER, TRUST
from tests.fuzzing.history import BLOBS, BOARD, RECORDS
from tests.support.copies import KEY, body, publish, sign, witness_key
from verifier.audit.audit import Audit
from verifier.commission.certificate import decode_member
from verifier.commission.roster import Member, Signature, check_chain, check_member
from verifier.desk.report.report import compose
from verifier.errors import Incomplete
from verifier.log import checkpoint, note, policy, receipt
from verifier.log.checkpoint import Checkpoint
from verifier.log.tree import hash_leaf
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import Points
from verifier.rules import CODEC

if TYPE_CHECKING:
    from verifier.rule import Claim

Judge = Callable[[bytes], object]
SPARE = "a cosignature that the quorum does not need: under another name or key id it is a stranger's, and passed over"


class Authentic(NamedTuple):
    """Accepted bytes and who accepts them: the judge gives what is established, or raises.

    `freedom` says why a change at some of the bytes `free` may be accepted with the same outcome; elsewhere none is.
    """

    name: str
    judge: Judge
    raw: bytes
    freedom: str = ""
    free: frozenset[int] = frozenset()
    cost: int = 1


def _checkpoint(raw: bytes) -> Checkpoint:
    signed = checkpoint.decode(raw)
    assert TRUST.witnesses is not None
    checkpoint.check_log_signature("BRD.1", "here", signed, TRUST.origin, TRUST.log_keys)
    cosignatures = checkpoint.check_cosignatures("BRD.5", "here", signed, TRUST.witnesses.witness_keys)
    policy.check_quorum("BRD.4", "here", TRUST.witnesses, cosignatures)
    return signed.body


def _cosigned(raw: bytes) -> Checkpoint:
    """With a line of ML-DSA-44, without which nothing is established."""
    signed = checkpoint.decode(raw)
    checkpoint.check_log_signature("BRD.1", "here", signed, COSIGNED.log.name, [COSIGNED.log])
    if not checkpoint.check_cosignatures("BRD.5", "here", signed, [COSIGNED.witness]):
        raise Incomplete("not cosigned")
    return signed.body


def _receipt(raw: bytes, record: bytes | None = None) -> tuple[int, bytes]:
    read = receipt.decode(raw)
    leaf = hash_leaf(read.extra if record is None else record)
    receipt.check(read, leaf, TRUST.origin, TRUST.log_keys, TRUST.witnesses)
    return read.index, leaf


def _member(signature: Signature, raw: bytes) -> None:
    check_member(
        ROSTER, raw[:32], msgspec.structs.replace(signature, record=raw[32:64], signature=raw[64:]), Place("here")
    )


def _certificate(raw: bytes) -> bytes:
    """Issued by the root: what the root has signed."""
    member = Member("central-1", "chair", raw)
    check_chain(member, TRUST.roots, Place("roster"))
    return decode_member(raw).tbs


def _copy(cuts: Sequence[slice], raw: bytes) -> tuple[object, ...]:
    """A whole copy of the board, its files one after the other."""
    files = {name: raw[cut] for name, cut in zip(BOARD.files, cuts, strict=True)}
    return _audited(files)


def _retold(cuts: Sequence[slice], raw: bytes) -> tuple[object, ...]:
    """Other records, published and signed by a board that knows what they are."""
    return _audited(publish([raw[cut] for cut in cuts], BLOBS))


def _audited(files: dict[str, bytes]) -> tuple[object, ...]:
    report = compose(Audit(files.get, TRUST).run())
    if report.exit:
        raise Incomplete(report.verdict)
    return report.results, report.phase, report.fingerprints["manifest"], report.fingerprints["election key"]


def _claim(claim: Claim, raw: bytes) -> None:
    """The claim with other bytes in the places of its own."""
    rest = bytearray(raw)
    changed: Any = _with_octets(claim, rest)
    assert not rest
    batch = Batch()
    changed.put([changed], batch)
    batch.settle()


def _octets(value: object) -> Iterator[tuple[str, bytes]]:
    """Every byte string in a value, with the way to it."""
    match value:
        case bytes():
            yield "", value
        case Points():
            yield "", bytes(value)
        case tuple() | msgspec.Struct() | Ciphertexts():
            for name, part in _parts(value):
                yield from ((f"{name and '.'}{name}{way}", data) for way, data in _octets(part))


def _with_octets(value: Any, rest: bytearray) -> Any:
    """The value with its byte strings taken from `rest`, in order."""
    match value:
        case bytes():
            taken = bytes(rest[: len(value)])
            del rest[: len(value)]
            return taken
        case Points():
            return Points.packed(_with_octets(bytes(value), rest))
        case tuple():
            parts = [_with_octets(part, rest) for part in value]
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        case Ciphertexts():
            return Ciphertexts(_with_octets(value.R, rest), _with_octets(value.P, rest))
        case msgspec.Struct():
            return type(value)(**{name: _with_octets(part, rest) for name, part in _parts(value)})
    return value


def _parts(value: Any) -> list[tuple[str, Any]]:
    names = getattr(value, "_fields", None) or getattr(value, "__struct_fields__", None)
    if isinstance(value, Ciphertexts):
        names = ("R", "P")
    if names is None:
        return [("", part) for part in value]
    return [(name, getattr(value, name)) for name in names]


def _cuts(parts: Sequence[bytes]) -> list[slice]:
    return [slice(*span) for span in pairwise(accumulate(map(len, parts), initial=0))]


def _inside(raw: bytes, *parts: bytes) -> frozenset[int]:
    """Where these parts stand."""
    starts = [(raw.index(part), len(part)) for part in parts]
    return frozenset(at for start, length in starts for at in range(start, start + length))


# What a claim holds and does not ask of, and who does.
ASKED_ELSEWHERE = {
    "Plain.mixed.R": "a plaintext follows from P and the shares, and those are bound to R",
}


def _named(number: int) -> bytes:
    """Name and key id at the beginning of a witness's line, as far as they are whole letters of base64."""
    key = witness_key(number)
    return f"{key.name} ".encode() + note.encode_base64(key.id)[:6].encode()


def _logs() -> Iterator[Authentic]:
    """What the log promises."""
    yield Authentic("checkpoint", _checkpoint, BOARD.files["checkpoint"])
    spare = sign(body(RECORDS), (0, 1, 2))
    free = _inside(spare, *map(_named, range(3)))
    yield Authentic("checkpoint with a witness to spare", _checkpoint, spare, SPARE, free)
    yield Authentic("checkpoint with a line of ML-DSA-44", _cosigned, COSIGNED.signed.raw)
    yield Authentic("receipt", _receipt, history.promised(35, RECORDS[35]))
    other = history.promised(35, b"what proves nothing")
    reason = "the record came by another way: `extra` proves nothing, and says nothing"
    judge = partial(_receipt, record=RECORDS[35])
    yield Authentic(
        "receipt of a record at hand",
        judge,
        other,
        reason,
        _inside(other, note.encode_base64(b"what proves nothing").encode()),
    )
    yield Authentic(
        "verifier key", lambda raw: note.decode_key(raw.decode(errors="surrogateescape")), note.encode_key(KEY).encode()
    )
    whole = b"".join(BOARD.files.values())
    cuts = _cuts(list(BOARD.files.values()))
    kept = [span for name, span in zip(BOARD.files, cuts, strict=True) if name.startswith("checkpoints/")]
    free = frozenset(
        span.start + at
        for span in kept
        for number in range(3)
        if _named(number) in whole[span]
        for at in _inside(whole[span], _named(number))
    )
    yield Authentic("copy of a board", partial(_copy, cuts), whole, SPARE, free, cost=20)


def _elections() -> Iterator[Authentic]:
    """What key holders, members and voters sign and prove."""
    cuts = _cuts(RECORDS)
    yield Authentic("records that the board signs anew", partial(_retold, cuts), b"".join(RECORDS), cost=30)
    signed = [record for raw in RECORDS if isinstance(record := CODEC.decode(raw), Signature)]
    digest = history.before(1).digest
    for member in ROSTER.members:
        yield Authentic(f"certificate of {member.id}", _certificate, member.certificate)
        signature = next((one for one in signed if one.member == member.id), None)
        if signature is not None:
            raw = digest + signature.record + signature.signature
            yield Authentic(f"signature of {member.id}", partial(_member, signature), raw)
    for name, claim in history.claims().items():
        if name != "Registered":  # that its keys decode is all it claims: the precinct's quorum signs the register
            octets = [(name + way, data) for way, data in _octets(claim)]
            cuts = _cuts([data for _, data in octets])
            free = frozenset(
                at
                for (way, _), cut in zip(octets, cuts, strict=True)
                if way in ASKED_ELSEWHERE
                for at in range(cut.start, cut.stop)
            )
            reason = "; ".join(ASKED_ELSEWHERE[way] for way, _ in octets if way in ASKED_ELSEWHERE)
            yield Authentic(
                f"claim: {name}",
                partial(_claim, claim),
                b"".join(data for _, data in octets),
                reason,
                free,
                cost=8 if name == "Shuffled" else 3,
            )


AUTHENTIC = (*_logs(), *_elections())
