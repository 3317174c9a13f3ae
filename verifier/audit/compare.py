"""Two copies of one log: one continues the other, or the log signed two histories (specs/log.md §7)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple

from verifier.errors import VerifierError, refuse
from verifier.log.reading import LATEST, Log
from verifier.log.tiles import WIDTH
from verifier.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.audit.trust import TrustSheet
    from verifier.log.reading import Read

Relation = Literal["equal", "prefix", "extension"]


class Comparison(NamedTuple):
    """How copy A's log, of `size` entries, stands to copy B's, of `other`; `added` are the longer one's own entries."""

    relation: Relation
    size: int
    other: int
    added: tuple[bytes, ...]


def compare(first: Read, second: Read, trust: TrustSheet) -> Comparison:
    """Compare copies A and B; `Rejected` with BRD.3 and both signed checkpoints if they are of two histories.

    Each copy's checkpoint must be signed, and its files must lead to it: else nothing is shown against the log. That it
    signed two histories is said even where witnesses are missing: its own signatures prove it.
    """
    a, b = (_open(name, read, trust) for name, read in (("A", first), ("B", second)))
    shorter, longer = sorted((a, b), key=lambda copy: copy.log.size)
    with longer.naming():
        root = longer.log.root_at(shorter.log.size)
    if root != shorter.log.latest.body.root:
        detail = f"the log signed two histories: entry {_fork(shorter, longer)} is not the same in both copies"
        refuse("BRD.3", Place(LATEST, copy="A and B"), detail, a.log.latest.raw, b.log.latest.raw)
    for copy in (a, b):
        with copy.naming():
            copy.log.check_latest(trust.log_keys, trust.witnesses)
    with longer.naming():
        added = tuple(raw for _, raw in longer.log.entries(shorter.log.size))
    relation: Relation = "equal" if not added else "prefix" if shorter is a else "extension"
    return Comparison(relation, a.log.size, b.log.size, added)


class _Copy(NamedTuple):
    name: str
    log: Log

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Say of which copy an error speaks."""
        with _naming(self.name):
            yield

    def hashes(self, number: int) -> list[bytes]:
        with self.naming():
            return self.log.leaf_hashes(number)


def _open(name: str, read: Read, trust: TrustSheet) -> _Copy:
    with _naming(name):
        log = Log(read, trust.origin, trust.log_keys)
        log.check_latest(trust.log_keys, None)
    return _Copy(name, log)


@contextmanager
def _naming(copy: str) -> Iterator[None]:
    try:
        yield
    except VerifierError as error:
        error.where = error.where.within(copy=copy)
        raise


def _fork(shorter: _Copy, longer: _Copy) -> int:
    """The first entry in which the logs differ."""
    for number in range(shorter.log.size // WIDTH + 1):
        pairs = zip(shorter.hashes(number), longer.hashes(number), strict=False)
        for offset, (one, other) in enumerate(pairs):
            if one != other:
                return number * WIDTH + offset
    return shorter.log.size
