"""A rehearsal without a board: postings folded and judged in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bulletin.board.admission import explain
from bulletin.office.nation.faults.ledger import Expected
from bulletin.office.nation.showing import AlteredPage
from bulletin.office.nation.watch import look, witness
from verifier import fold
from verifier.errors import Rejected
from verifier.log.tree import hash_leaf
from verifier.paper.weigh import weigh
from verifier.rule import Step
from verifier.rules import CODEC
from verifier.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from bulletin.office.nation.bending import Bent
    from bulletin.office.nation.chronicle import Posting
    from verifier.rule import Finding


Due = Expected | AlteredPage  # what must be found: by the audit, or on a page


class Tried(NamedTuple):
    """What was found, where each record stands, and what was answered otherwise than it should be."""

    found: set[Expected]
    positions: dict[bytes, int]
    strange: list[str]


def try_out(bent: Bent) -> Tried:
    """Fold all postings in their order, and judge what they make, by the times at which the witnesses look."""
    postings, positions, strange = bent.chronicle.postings, dict[bytes, int](), list[str]()
    state, entries = State(), ((len(positions), posting.raw) for posting in postings)  # what is refused takes no place
    for posting, judged in zip(postings, fold.replay(state, entries, bent.chronicle.blobs.get), strict=True):
        if isinstance(judged.step, Step):
            positions[hash_leaf(posting.raw)] = judged.number
        strange += compare_answer(posting, judged.step if isinstance(judged.step, Rejected) else None)
    script = bent.script
    looks = look(script.plan, bent.chronicle.postings, script.blind, script.besides)
    judgement = weigh(state, witness(looks).bounds)
    return Tried(set(read(judgement.findings)) if judgement else set(), positions, strange)


def compare_answer(posting: Posting, error: Rejected | None) -> list[str]:
    """What is wrong with how a board would answer."""
    due = posting.refused
    if error is None:
        return [f"{posting.lane}: taken, and {due.clause} was to be refused"] if due else []
    answer = explain(error, CODEC.decode(posting.raw))
    if due is None:
        return [f"{posting.lane}: {error} was refused"]
    same = (answer.status, answer.clause) == due
    return [] if same else [f"{posting.lane}: {answer.status} {error}, and not {due.status} {due.clause}"]


def read(findings: Iterable[Finding]) -> Iterable[Expected]:
    """Findings without what is said of them."""
    return (Expected(one.id, one.severity, one.where) for one in findings)


def differ(expected: Mapping[str, AbstractSet[Due]], honest: AbstractSet[Due], found: AbstractSet[Due]) -> list[str]:
    """What was not found, by fault, and what was found besides."""
    lacking = ((name, one) for name, each in expected.items() for one in sorted(each - found, key=say))
    due = set(honest).union(*expected.values())
    besides = [f"found besides: {say(one)}" for one in sorted(found - due, key=say)]
    return [f"{name}: not found: {say(one)}" for name, one in lacking] + besides


def say(one: Due) -> str:
    """A finding on one line, or what a page shows."""
    if not isinstance(one, Expected):
        return str(one)
    return f"{one.id} {one.severity} {one.where}"
