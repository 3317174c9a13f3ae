"""What has become of the records that voters hold receipts for (specs/receipt.md §4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from verifier.audit.audit import Audit
from verifier.audit.trust import TrustSheet
from verifier.election.ballot import Ballot, Challenge
from verifier.errors import Detail, Incomplete, Rejected, VerifierError, say
from verifier.log import checkpoint, receipt
from verifier.log.note import Key
from verifier.log.receipt import Receipt
from verifier.log.tree import hash_leaf
from verifier.records import Record, kind
from verifier.rules import CODEC

# fmt: off
Standing = Literal[
    "PROMISED", "PRESENT", "SUPERSEDED", "OVERRIDDEN", "CHALLENGED",
    "VOID", "ABSENT", "CLASH", "MALFORMED", "UNCHECKED",
]
# fmt: on
NAMED = 3  # other holders of one record that are named


class Answer(NamedTuple):
    """What to tell the holder of a receipt; `record` is the entry's number, None if the file has none."""

    file: str
    standing: Standing
    record: int | None
    detail: Detail
    tracker: str = ""
    refused: VerifierError | None = None


class Promise(NamedTuple):
    """A receipt whose signatures and path are right: what the board promised to keep."""

    receipt: Receipt
    raw: bytes
    record: Record
    witnesses: int


def read(raw: bytes, record: bytes, trust: TrustSheet, keys: Sequence[Key]) -> Promise:
    """Check a receipt by itself (RCP.1 to RCP.4) under the log's `keys`; a `record` replaces the one it carries."""
    held = receipt.decode(raw)
    record = record or held.extra
    if not record:
        raise Incomplete("the receipt does not carry its record: give it with --record")
    cosignatures = receipt.check(held, hash_leaf(record), trust.origin, keys, trust.witnesses)
    return Promise(held, record, CODEC.decode(record), len(cosignatures))


def refused(file: str, error: VerifierError) -> Answer:
    """The answer for a file that is not a receipt of this board, or could not be read whole."""
    standing: Standing = "UNCHECKED" if isinstance(error, Incomplete) else "MALFORMED"
    return Answer(file, standing, None, str(error), refused=error)


def promised(file: str, read: Promise | VerifierError, trust: TrustSheet) -> Answer:
    """The answer for a receipt without a copy of the board."""
    if isinstance(read, VerifierError):
        return refused(file, read)
    if trust.witnesses is None:
        return Answer(file, "UNCHECKED", read.receipt.index, "the trust sheet has no quorum of witnesses")
    said = say("a {}, {} witnesses", kind(read.record), read.witnesses)
    return Answer(file, "PROMISED", read.receipt.index, said, _tracker(read.record, trust.manifest))


@dataclass
class AuditedBoard:
    """An audited copy of the board, in which receipts are looked up."""

    audit: Audit
    _roots: dict[int, bytes] = field(default_factory=dict)

    def answer(self, files: Iterable[tuple[str, Promise | VerifierError]]) -> list[Answer]:
        """The standing of each receipt; several receipts for one ballot clash."""
        answers: list[tuple[Answer, bytes]] = []
        holders: defaultdict[bytes, list[str]] = defaultdict(list)
        for file, read in files:
            if isinstance(read, VerifierError):
                answers.append((refused(file, read), b""))
                continue
            answers.append((self._stand(file, read), read.raw))
            if isinstance(read.record, Ballot | Challenge):
                holders[read.raw].append(file)
        return [_clashing(answer, holders[raw]) for answer, raw in answers]

    def _stand(self, file: str, promise: Promise) -> Answer:
        index, record, audit = promise.receipt.index, promise.record, self.audit
        tracker = _tracker(record, audit.state.digest)
        try:
            self._find(promise)
        except Rejected as error:
            return Answer(file, "ABSENT", index, str(error), tracker, error)
        except Incomplete as error:
            return Answer(file, "UNCHECKED", index, str(error), tracker, error)
        if index in audit.notes.void:
            detail = "the board took it in although a clause of it is false; it does not count"
            return Answer(file, "VOID", index, detail, tracker)
        if not audit.judged:
            return Answer(file, "UNCHECKED", index, "the log could not be judged to its end", tracker)
        if index in audit.loose:
            return Answer(file, "VOID", index, "it rests on a record that does not count", tracker)
        return Answer(file, *self.follow(index, record), tracker)

    def follow(self, index: int, record: Record) -> tuple[Standing, int, Detail]:
        """What has become of a record that counts."""
        if not isinstance(record, Ballot | Challenge):
            return "PRESENT", index, say("a {}", kind(record))
        state, sealed = self.audit.sound, record.sealed
        if isinstance(record, Challenge):
            return "CHALLENGED", index, "opened by its voter, and never counted"
        if sealed.credential in state.overridden:
            return "OVERRIDDEN", index, "the voter voted on paper; no electronic ballot of the voter is counted"
        latest = state.courses[sealed.contest].cast[sealed.credential]
        if latest.position != index:
            return "SUPERSEDED", index, say("the voter cast record {} after it", latest.position)
        open_ = state.phase in {"voting", "closed"}
        return "PRESENT", index, "the voter's latest so far" if open_ else "it is in the counted set"

    def _find(self, promise: Promise) -> None:
        """Check that this copy's log is that of the receipt's checkpoint, and so has the record at its place."""
        log, signed = self.audit.log, checkpoint.decode(promise.receipt.checkpoint)
        if log is None:
            raise Incomplete("the log is not known to have signed this copy of the board")
        size = signed.body.size
        if size > log.size:
            said = say("this copy ends at entry {}, the receipt is of {}: fetch the copy again", log.size, size)
            raise Incomplete(said)
        if size not in self._roots:
            self._roots[size] = log.root_at(size)
        if self._roots[size] != signed.body.root:
            detail = "the log signed two histories: the receipt is of one, this copy of the other"
            log.check_prefix("receipt", signed, detail)


def _tracker(record: Record, manifest: bytes | None) -> str:
    return record.sealed.tracker(manifest).hex() if isinstance(record, Ballot | Challenge) and manifest else ""


def _clashing(answer: Answer, holders: list[str]) -> Answer:
    if len(holders) < 2 or answer.standing == "ABSENT":
        return answer
    others = [file for file in holders[: NAMED + 1] if file != answer.file][:NAMED]
    named, more = ", ".join(others), len(holders) - 1 - NAMED
    if more > 0:
        said = say("the same ballot as {} and {} more: it counts once; were two voters shown one tracker?", named, more)
    else:
        said = say("the same ballot as {}: it counts once; were two voters shown one tracker?", named)
    return answer._replace(standing="CLASH", detail=said)
