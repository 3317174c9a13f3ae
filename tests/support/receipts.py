"""Receipts for the records of logs made in memory, and the ballots that voters hold them for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.support.copies import body, sign
from tests.support.elections import LOG
from tests.support.trees import Tree
from verifier.election.ballot import Ballot, Challenge
from verifier.log.receipt import Receipt, encode
from verifier.log.tree import hash_leaf
from verifier.rules import CODEC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nacl.signing import SigningKey

    from tests.support.elections import Election


def promises(
    records: Sequence[bytes], indices: Iterable[int], witnesses: Iterable[int] = (0, 1), by: SigningKey = LOG.key
) -> Iterator[tuple[int, bytes]]:
    """The receipts for these records, by the log when it had so many."""
    tree, signed = Tree([hash_leaf(raw) for raw in records]), sign(body(records), witnesses, by)
    for index in indices:
        yield index, encode(Receipt(index, tree.inclusion(index), signed, records[index]))


def promise(records: Sequence[bytes], index: int, **given: Any) -> bytes:
    """The receipt for one of the records."""
    return next(raw for _, raw in promises(records, [index], **given))


def bare(raw: bytes) -> bytes:
    """The receipt without its record."""
    return re.sub(rb"\nextra .*", b"", raw)


def voted(made: Election) -> list[tuple[int, Ballot | Challenge]]:
    """The sealed ballots on a log and their places."""
    every = [(index, CODEC.decode(raw)) for index, raw in enumerate(made.records)]
    return [(index, record) for index, record in every if isinstance(record, Ballot | Challenge)]
