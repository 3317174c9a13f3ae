"""The election is a fold over the log; the rules of admission are the rules of audit (specs/election.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from verifier.commission.quorum import Pending
from verifier.election.manifest import Manifest
from verifier.errors import Incomplete, Malformed, Rejected, refuse, say
from verifier.log.tree import hash_leaf
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.records import Blobs, Record, kind
from verifier.rule import Claim, Step, done
from verifier.rules import CODEC, rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from verifier.state import State


Numbered = tuple[int, bytes] | tuple[int, bytes, bytes]


class Judged(NamedTuple):
    """A leaf that was folded: its step, or why it has none, in which case it is void or cannot be judged."""

    number: int
    raw: bytes
    step: Step | Rejected | Incomplete

    def taken(self) -> Step:
        """The step that was done, for those who stop at the first leaf that has none."""
        if isinstance(self.step, Step):
            return self.step
        raise self.step


def replay(state: State, entries: Iterable[Numbered], blobs: Blobs) -> Iterator[Judged]:
    """Fold the entries into the state one by one; a refused record is void, and changes nothing (specs/election.md §3).

    A leaf hash is computed where an entry does not come with it. After a record that cannot be judged, because its blob
    is missing, entries are read but not judged. If it is one of the commissions' papers, the papers alone are laid
    aside (specs/papers.md §7).
    """
    judging = True
    for index, raw, *leaf in entries:
        if not judging:
            continue
        try:
            step = prepare(state, index, raw, blobs, *leaf)
        except Rejected as error:
            yield Judged(index, raw, error)
        except Incomplete as error:
            judging, error.where = error.id == "PRT.9", error.where.within(record=index)
            if judging:
                state.lay_aside()
            yield Judged(index, raw, error)
        else:
            apply(state, step)
            yield Judged(index, raw, step)


def prepare(state: State, index: int, raw: bytes, blobs: Blobs, leaf: bytes = b"") -> Step:
    """What admitting the record would claim and do; `Rejected` if inadmissible, `Incomplete` if a blob is missing."""
    where = Place(record=index)
    try:
        return prepare_read(state, where, CODEC.decode(raw, where), leaf or hash_leaf(raw), blobs)
    except Malformed as error:
        refuse("CFG.4", where, error.said)


def prepare_read(state: State, where: Place, record: Record, leaf: bytes, blobs: Blobs) -> Step:
    """The same for a record that was read before, and its leaf hash; what is not well formed in it is `Malformed`."""
    if leaf in state.leaves:
        refuse("CFG.5", where, "the log has this record already")
    first = isinstance(record, Manifest)
    if where.order > 0 if first else state.manifest is None:
        refuse("CFG.1", where, "the first record of a log, and no other, is the manifest")
    row = rule(record)
    if state.phase not in row.phases:
        refuse("CFG.6", where, say("no {} is admitted in phase {}", kind(record), state.phase))
    if state.is_aside(record):
        return Step(record, leaf=leaf)
    owner = row.owner(state, record)
    if not first and owner and owner not in state.commissions:
        refuse("CRT.2", where, say("{} is not a commission of the manifest", owner))
    step = row.prepare(state, record, where, blobs)
    step.leaf = leaf
    if not owner:
        if row.complete is not None:
            step.apply, step.effective = row.complete(state, record, where, blobs), record
        return step
    return step.also(lambda: state.pending.update({leaf: Pending(where.order, record)}))


def apply(state: State, step: Step) -> None:
    """Do what the step prepared for this record does, once; nothing can go wrong any more."""
    step.apply()
    step.apply = done  # whoever still has the step keeps no former list alive
    state.leaves.put(step.leaf)


def settle(claims: Sequence[Claim], only: frozenset[str] = frozenset()) -> None:
    """Prove all claims together; `Rejected` with the first that is false, and `also` with the others.

    With `only`, only what they say about clauses of these blocks.
    """
    kinds: dict[type[Claim], list[Claim]] = {}
    for claim in claims:
        kinds.setdefault(type(claim), []).append(claim)
    batch = Batch(only)
    try:
        for form, alike in kinds.items():
            form.put(alike, batch)
    except Malformed as error:
        if len(claims) == 1:
            refuse("CFG.4", error.where, error.said)
        _settle_apart(only, claims[: len(claims) // 2], claims[len(claims) // 2 :])
    batch.settle()


def _settle_apart(only: frozenset[str], *parts: Sequence[Claim]) -> None:
    """What is not well formed must not hide what is false."""
    failures: list[Rejected] = []
    for part in parts:
        try:
            settle(part, only)
        except Rejected as error:
            failures += [error, *error.also]
    failures[0].also = tuple(failures[1:])
    raise failures[0]
