"""A rehearsal without a board: postings folded and judged in this process."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from bulletin.board.admission import explain
from bulletin.office.nation.evote import list_scenes
from bulletin.office.nation.faults.ledger import Expected
from bulletin.office.nation.showing import AlteredPage
from bulletin.office.nation.watch import look, witness
from verifier import fold
from verifier.errors import Rejected
from verifier.log.tree import hash_leaf
from verifier.paper.weigh import weigh
from verifier.records import Blob
from verifier.rule import Step
from verifier.rules import CODEC
from verifier.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from bulletin.office.nation.bending import Bent
    from bulletin.office.nation.chronicle import Posting
    from bulletin.office.nation.evote import Keepers
    from verifier.rule import Finding


Due = Expected | AlteredPage  # what must be found: by the audit, or on a page


class Tried(NamedTuple):
    """What was found, where each record stands, and what was answered otherwise than it should be."""

    found: set[Expected]
    positions: dict[bytes, int]
    strange: list[str]


class TrialLog:
    """A log in this process: what was posted to it, and what was answered otherwise than it should be."""

    def __init__(self, blobs: Mapping[bytes, bytes]) -> None:
        self.blobs, self.state = dict(blobs), State()
        self.positions, self.strange = dict[bytes, int](), list[str]()

    def read_state(self) -> State:
        """What stands on it."""
        return self.state

    def hand_in(self, postings: Iterable[Posting]) -> None:
        """Fold these in their order; what is refused takes no place."""
        some = list(postings)
        self.blobs.update((Blob.of(data).sha256, data) for posting in some for data in posting.blobs)
        entries = ((len(self.positions), posting.raw) for posting in some)
        for posting, judged in zip(some, fold.replay(self.state, entries, self.blobs.get), strict=True):
            if isinstance(judged.step, Step):
                self.positions[hash_leaf(posting.raw)] = judged.number
            self.strange += compare_answer(posting, judged.step if isinstance(judged.step, Rejected) else None)


def try_out(bent: Bent, hire: Callable[[TrialLog], Keepers] | None = None) -> Tried:
    """Fold all postings in their order, and judge what they make, by the times at which the witnesses look.

    For an electronic vote `hire` says who keeps its secrets.
    """
    log, script, postings = TrialLog(bent.chronicle.blobs), bent.script, bent.chronicle.postings
    moments = {at: list(some) for at, some in groupby(postings, lambda one: one.at)}
    scenes = list_scenes(bent, hire(log), log) if hire else {}
    looks, sizes = look(script.plan, postings, script.blind, script.besides), dict[int, int]()
    for at in sorted({*moments, *scenes, *(each.at for each in looks)}):
        log.hand_in(moments.get(at, ()))
        if at in scenes:
            scenes[at]()
        sizes[at] = len(log.positions)
    judgement = weigh(log.state, witness([each._replace(size=sizes[each.at]) for each in looks]).bounds)
    return Tried(set(read(judgement.findings)) if judgement else set(), log.positions, log.strange)


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
