"""What stands on the log for one credential, from an audited copy of the board (specs/receipt.md §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from verifier.audit.standing import AuditedBoard
from verifier.election.ballot import Ballot, Challenge
from verifier.errors import Malformed
from verifier.rules import CODEC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.audit.audit import Audit
    from verifier.audit.standing import Standing
    from verifier.errors import Detail
    from verifier.log.reading import Log


VOID = "the board took it in although a clause of it is false; it does not count"


class Found(NamedTuple):
    """A ballot or challenge of the credential, and what has become of it."""

    entry: int
    record: Ballot | Challenge
    standing: Standing
    detail: Detail


def find(audit: Audit, log: Log, key: bytes) -> Iterator[Found]:
    """All ballots and challenges of the credential `key`, in the log's order."""
    board = AuditedBoard(audit)
    for index, raw in log.entries():
        record = read_own(raw, key)
        if record is None:
            continue
        if not audit.judged:
            yield Found(index, record, "UNCHECKED", "the log could not be judged to its end")
        elif index in audit.notes.void or index in audit.loose:
            yield Found(index, record, "VOID", VOID)
        else:
            standing, _, detail = board.follow(index, record)
            yield Found(index, record, standing, detail)


def read_own(raw: bytes, key: bytes) -> Ballot | Challenge | None:
    """The record, if it is a ballot or challenge of the credential `key`."""
    try:
        record = CODEC.decode(raw)
    except Malformed:
        return None
    return record if isinstance(record, Ballot | Challenge) and record.sealed.credential == key else None
