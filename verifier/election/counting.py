"""From cast ballots to the counted set: override, close, freeze (specs/election.md §9–11)."""

from __future__ import annotations

from dataclasses import dataclass, field

from verifier.commission.quorum import central, own
from verifier.election.ballot import BallotState
from verifier.election.course import CountedSet
from verifier.errors import Detail, refuse, say
from verifier.place import Place
from verifier.proof.group import SIZE
from verifier.records import Blob, Blobs, Bytes32, Countersigned, Id, Number, Part, Record, check_key_holder, fetch
from verifier.rule import Effect, Rule, Step


class Override(Record, frozen=True, tag="override"):
    """Credentials whose voters have voted on paper: their electronic ballots do not count."""

    commission: Id
    credentials: tuple[Bytes32, ...]


class Close(Countersigned, frozen=True, tag="close"):
    """The operator ends the electronic voting; with an empty signature the central commission does."""


class Frozen(Part, frozen=True):
    """A contest's counted set: the trackers of its ballots, 32 bytes each, in the log's order."""

    contest: Id
    count: Number
    blob: Blob


class Freeze(Record, frozen=True, tag="freeze"):
    """The central commission fixes what is counted."""

    contests: tuple[Frozen, ...]


@dataclass
class CountState(BallotState):
    """Part of the election's state: the credentials whose voters voted on paper."""

    overridden: set[bytes] = field(default_factory=set)


def counted_set(state: CountState, contest: str) -> CountedSet:
    """The last cast ballot of each credential that is not overridden, in the log's order."""
    return state.courses[contest].cast.counted(state.overridden, state.contests[contest].width)


def prepare_close(state: CountState, record: Close, where: Place, _blobs: Blobs) -> Step:
    """The end of the voting; the operator's signature is right if there is one."""
    if record.signature:
        check_key_holder(state.rules.operator, state.digest, record, where)
    return Step(record)


def complete_close(state: CountState, _record: Close, _where: Place, _blobs: Blobs) -> Effect:
    """The operator or the central commission's quorum has signed."""
    return state.enters("closed")


def complete_override(state: CountState, record: Override, where: Place, _blobs: Blobs) -> Effect:
    """The precinct's quorum has signed the list of those who voted on paper (SEL.1)."""
    credentials = set(record.credentials)
    if len(credentials) != len(record.credentials) or not credentials.isdisjoint(state.overridden):
        refuse("SEL.1", where, "a credential is overridden twice")
    owners = {held.commission if (held := state.credentials.get(key)) else "" for key in credentials}
    if owners - {record.commission}:
        refuse("SEL.1", where, say("a credential is on no register of {}", record.commission))
    return lambda: state.overridden.update(credentials)


def complete_freeze(state: CountState, record: Freeze, where: Place, blobs: Blobs) -> Effect:
    """The central commission's quorum has signed the counted sets (SEL.2)."""
    counted = {contest.id: counted_set(state, contest.id) for contest in state.rules.contests}
    expected = tuple(frozen(contest, ballots.trackers) for contest, ballots in counted.items())
    if record.contests != expected:
        refuse("SEL.2", where, _difference(record, expected))
    for named in record.contests:
        fetch(blobs, named.blob, where)

    def apply() -> None:
        for contest in state.rules.contests:
            course = state.courses[contest.id]
            course.lists = [counted[contest.id].sealed]
            course.counted = len(course.lists[0])
            course.digests = [course.lists[0].digest()]
        state.phase = "frozen" if state.mixable() else "decrypting"

    return apply


def frozen(contest: str, trackers: bytes) -> Frozen:
    """What the freeze says of a contest."""
    return Frozen(contest, len(trackers) // SIZE, Blob.of(trackers))


def _difference(record: Freeze, expected: tuple[Frozen, ...]) -> Detail:
    if [named.contest for named in record.contests] != [wanted.contest for wanted in expected]:
        return "the contests are not those of the manifest, in its order"
    named, due = next(pair for pair in zip(record.contests, expected, strict=True) if pair[0] != pair[1])
    return say("{}: the {} ballots frozen are not the {} that are counted", due.contest, named.count, due.count)


OVERRIDE = Rule(Override, ("voting", "closed"), owner=own, complete=complete_override)
CLOSE = Rule(Close, ("voting",), prepare_close, lambda state, it: "" if it.signature else state.central, complete_close)
FREEZE = Rule(Freeze, ("closed",), owner=central, complete=complete_freeze)
