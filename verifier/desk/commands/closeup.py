"""One record of a log looked at closely: what its transcripts hash, or what an opened ballot says."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from verifier import fold
from verifier.client import tracking
from verifier.election.ballot import Ballot, Challenge
from verifier.errors import Incomplete, Malformed, say
from verifier.log.reading import blob_path
from verifier.place import Place
from verifier.proof.transcript import tracing
from verifier.rules import CODEC
from verifier.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from verifier.election.manifest import Contest
    from verifier.log.reading import Log, Read
    from verifier.records import Record
    from verifier.rule import Step

NAMED = 5  # records of one code's beginning that are named
SHOWN = 8  # letters of their codes that are shown beyond what was typed


class OpenedBallot(NamedTuple):
    """What a challenged ballot was made of: the marks of its contest, by their places (from 1)."""

    record: int
    contest: Contest
    choice: tuple[int, ...]
    tracker: bytes


def trace(read: Read, log: Log, index: int, line: Callable[[str], None], void: Collection[int] = ()) -> int:
    """Call `line` with each line of the record's transcripts (specs/transcript.md §8), settling claim after claim.

    Returns how many claims there are.
    """
    _, step = meet(read, log, index, void)
    with tracing(line):
        for claim in step.claims:
            fold.settle([claim])
    return len(step.claims)


def open_challenge(read: Read, log: Log, tracker: str, void: Collection[int] = ()) -> OpenedBallot:
    """The one challenged ballot whose tracking code or tracker begins so; its opening is checked."""
    index, name = _find(log, tracker)
    state, step = meet(read, log, index, void)
    fold.settle(step.claims)
    record = step.record
    assert isinstance(record, Challenge)  # noqa: S101  as it was found
    contest = next(contest for contest in state.rules.contests if contest.id == record.sealed.contest)
    return OpenedBallot(index, contest, record.choice, name)


def meet(read: Read, log: Log, index: int, void: Collection[int]) -> tuple[State, Step]:
    """The state that a record meets, and what it does; those that are void or refused on the way do nothing."""
    state, entries = State(), log.hashed()

    def blobs(digest: bytes) -> bytes | None:
        return read(blob_path(digest))

    before = (entry for entry in islice(entries, index) if entry[0] not in void)
    for judged in fold.replay(state, before, blobs):
        if isinstance(judged.step, Incomplete):
            raise judged.step
    for number, raw, leaf in entries:
        return state, fold.prepare(state, number, raw, blobs, leaf)
    raise Incomplete(say("this copy of the log ends at entry {}", log.size), Place(record=index))


def _find(log: Log, typed: str) -> tuple[int, bytes]:
    """Number and tracker of the one challenge whose tracking code or tracker begins so."""
    beginning = tracking.read(typed)
    found = [(index, name, record) for index, name, record in _tracked(log) if beginning.fits(name)]
    opened = {name: index for index, name, record in reversed(found) if isinstance(record, Challenge)}
    challenges = sorted((index, name) for name, index in opened.items())
    if len(challenges) == 1:
        return challenges[0]
    if challenges:
        length = len(beginning.letters or beginning.digits) + SHOWN
        named = ", ".join(f"{tracking.encode(name)[:length]}… ({index})" for index, name in challenges[:NAMED])
        said = say("{} challenged ballots' codes begin so: {}; give more characters", len(challenges), named)
    elif found:
        said = say("record {} has this code, and was cast: only a challenged ballot is opened", found[0][0])
    else:
        said = say("no ballot among these {} entries has a code that begins so", log.size)
    raise Incomplete(said, Place("tracker", unit=typed))


def _tracked(log: Log) -> Iterator[tuple[int, bytes, Record]]:
    """Every sealed ballot on the log with its tracker."""
    manifest = b""
    for index, raw in log.entries():
        manifest = manifest or sha256(raw).digest()
        with suppress(Malformed):
            record = CODEC.decode(raw)
            if isinstance(record, Ballot | Challenge):
                yield index, record.sealed.tracker(manifest), record
