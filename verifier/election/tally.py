"""The tally: plaintexts from shares, counts from plaintexts (specs/tally.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from struct import iter_unpack

from verifier.commission.quorum import central
from verifier.election.choice import decode_points
from verifier.election.course import Given
from verifier.election.decryption import recombined
from verifier.election.manifest import Contest
from verifier.election.shuffle import MixState
from verifier.errors import Malformed, refuse, say
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import SIZE, Points
from verifier.records import Blob, Blobs, Id, Number, Part, Record, fetch
from verifier.rule import Claim, Effect, Rule, Step


class Votes(Part, frozen=True):
    """An option's marks."""

    option: Id
    count: Number


class Count(Part, frozen=True):
    """A contest's result."""

    contest: Id
    counted: Number
    valid: Number
    invalid: Number
    votes: tuple[Votes, ...]
    plaintexts: Blob


class Tally(Record, frozen=True, tag="tally"):
    """The results of all contests."""

    contests: tuple[Count, ...]
    withheld: tuple[Id, ...]


@dataclass
class TallyState(MixState):
    """Part of the election's state: the tally that is in effect."""

    result: Tally | None = None


class Plain(Claim, frozen=True, kw_only=True):
    """Claim: the plaintexts are what the shares decrypt to."""

    mixed: Ciphertexts
    given: tuple[Given, ...]
    M: tuple[Points, ...]

    def check(self, batch: Batch) -> None:
        """Require of `batch` that M + Σ λ·D = P in each row and column (specs/tally.md §4)."""
        for k, (M, P) in enumerate(zip(self.M, self.mixed.P, strict=True)):
            batch.read("TAL.3", M, lambda i: self.where.within(part="plaintext row", row=i + 1))
            batch.require("TAL.4", M + recombined(self.given, k), +P, lambda i: self.where.within(row=i + 1))


def recount(contest: Contest, M: Sequence[Points], plaintexts: Blob) -> Count:
    """Decode every row and count; what does not decode is an invalid ballot (specs/tally.md §5)."""
    columns = (iter_unpack(f"{SIZE}s", bytes(points)) for points in M)
    rows = Counter(b"".join(chain.from_iterable(row)) for row in zip(*columns, strict=True))
    marks: Counter[int] = Counter()
    valid = 0
    for row, times in rows.items():
        try:
            choice = decode_points(contest, row)
        except Malformed:
            continue
        valid += times
        for option in choice:
            marks[option] += times
    N = len(M[0])
    votes = tuple(Votes(option.id, marks[number]) for number, option in enumerate(contest.options, 1))
    return Count(contest.id, N, valid, N - valid, votes, plaintexts)


def prepare_tally(state: TallyState, record: Tally, where: Place, blobs: Blobs) -> Step:
    """A tally of all contests that are not withheld (TAL.1–TAL.6)."""
    claims = []
    if record.withheld != tuple(contest.id for contest in state.rules.contests if state.withheld(contest.id)):
        refuse("TAL.6", where, "not exactly the contests below the minimum are withheld")
    contests, t = state.mixable(), state.rules.threshold
    if [count.contest for count in record.contests] != [contest.id for contest in contests]:
        refuse("TAL.2", where, "the contests are not those of the manifest, in its order")
    pairs = list(zip(contests, record.contests, strict=True))
    for contest, count in pairs:
        _check_form(state, contest, count, where)
    for contest, count in pairs:
        course, data = state.courses[contest.id], fetch(blobs, count.plaintexts, where)
        column = len(data) // contest.width
        M = tuple(Points.packed(data[k * column : (k + 1) * column]) for k in range(contest.width))
        if count != recount(contest, M, count.plaintexts):
            refuse("TAL.5", where, say("the counts of {} are not the recount of its plaintexts", contest.id))
        if course.counted:
            claims.append(Plain(mixed=course.lists[-1], given=tuple(course.shares[:t]), M=M, where=where))
    return Step(record, tuple(claims), state.enters("tallied"))


def _check_form(state: TallyState, contest: Contest, count: Count, where: Place) -> None:
    """Check first what a contest's count shows without its plaintexts (specs/records.md §2.3)."""
    course = state.courses[contest.id]
    size = SIZE * contest.width * course.counted
    if course.counted and len(course.shares) < state.rules.threshold:
        refuse("TAL.1", where, say("{} has {} of {} shares", contest.id, len(course.shares), state.rules.threshold))
    if [votes.option for votes in count.votes] != [option.id for option in contest.options]:
        refuse("TAL.2", where, say("the options of {} are not those of the manifest, in its order", contest.id))
    if count.plaintexts.length != size:
        refuse("TAL.3", where, say("the plaintexts of {} take {} bytes", contest.id, size))


def complete_tally(state: TallyState, record: Tally, _where: Place, _blobs: Blobs) -> Effect:
    """The quorum has signed the tally."""

    def apply() -> None:
        state.result = record
        state.phase = "certified"

    return apply


TALLY = Rule(Tally, ("decrypting", "tallied"), prepare_tally, central, complete_tally)
