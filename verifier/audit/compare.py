"""Two copies of one log: one continues the other, or the log signed two histories (specs/log.md §7)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal, NamedTuple

from verifier.errors import Detail, Incomplete, VerifierError, say
from verifier.log.reading import LATEST, Log
from verifier.log.tiles import WIDTH
from verifier.place import Place

Relation = Literal["equal", "prefix", "extension"]


class Comparison(NamedTuple):
    """How copy A's log (`size` entries) relates to copy B's (`other`); `added` are what only the longer one has."""

    relation: Relation
    size: int
    other: int
    added: tuple[bytes, ...]


def compare(a: Log, b: Log) -> Comparison:
    """Compare the logs of copies A and B; `Rejected` with BRD.3 and both checkpoints if they are of two histories.

    The log must have signed both checkpoints, or else nothing is shown against it. Witnesses are not checked.
    """
    shorter, longer = sorted((_Copy("A", a), _Copy("B", b)), key=lambda copy: copy.log.size)
    with longer.naming():
        root = longer.log.root_at(shorter.log.size)
    if root != shorter.log.latest.body.root:
        detail: Detail = "the log signed two histories"
        with suppress(Incomplete):
            fork = _fork(shorter, longer)
            detail = say("the log signed two histories: entry {} is not the same in both copies", fork)
        longer.log.check_prefix(Place(LATEST, copy="A and B"), shorter.log.latest, detail)
    with longer.naming():
        added = tuple(raw for _, raw in longer.log.entries(shorter.log.size))
    relation: Relation = "equal" if not added else "prefix" if shorter.name == "A" else "extension"
    return Comparison(relation, a.size, b.size, added)


class _Copy(NamedTuple):
    name: str
    log: Log

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Say which copy an error is about."""
        try:
            yield
        except VerifierError as error:
            error.where = error.where.within(copy=self.name)
            raise

    def hashes(self, number: int) -> list[bytes]:
        with self.naming():
            return self.log.leaf_hashes(number)


def _fork(shorter: _Copy, longer: _Copy) -> int:
    """The first entry in which the logs differ."""
    for number in range(shorter.log.size // WIDTH + 1):
        pairs = zip(shorter.hashes(number), longer.hashes(number), strict=False)
        for offset, (one, other) in enumerate(pairs):
            if one != other:
                return number * WIDTH + offset
    return shorter.log.size
