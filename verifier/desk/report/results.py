"""The announced figures, those of the tally's record, beside what is recounted here."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from verifier.client.plaintexts import recombine
from verifier.election.counting import counted_set
from verifier.election.tally import Tally, recount
from verifier.errors import Malformed, VerifierError
from verifier.log.reading import Log, blob_path
from verifier.proof.group import SIZE, Points
from verifier.records import Text
from verifier.rules import CODEC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.audit.verdict import Outcome
    from verifier.election.manifest import Contest
    from verifier.election.tally import Count
    from verifier.log.reading import Read
    from verifier.records import Blob
    from verifier.state import State

Announced = Literal["certified", "awaiting", "void", "none"]
Basis = Literal["audit", "shares", "plaintexts"]
DECRYPTED = ("decrypting", "tallied", "certified")


class Recount(msgspec.Struct, frozen=True):
    """A contest's figures by this verifier: `counted` from the counted set, the rest from `source`.

    If no clause refuses the tally, the audit itself has recounted the plaintexts. Otherwise they are counted from the
    trustees' shares or, if there are too few of these, from the plaintexts that were published.
    """

    source: Basis
    counted: int
    valid: int
    invalid: int
    votes: dict[str, int]


class Result(msgspec.Struct, frozen=True):
    """A contest's announced figures and its names in the manifest; `recounted` is None where nothing can be counted."""

    contest: str
    title: Text
    counted: int
    valid: int
    invalid: int
    votes: dict[str, int]
    options: dict[str, Text]
    recounted: Recount | None = None

    @property
    def differs(self) -> bool:
        """Whether the announced figures are not the recounted ones."""
        again = self.recounted
        return again is not None and (self.counted, self.valid, self.invalid, self.votes) != (
            *(again.counted, again.valid, again.invalid),
            again.votes,
        )


class Withheld(msgspec.Struct, frozen=True):
    """A contest with too few counted ballots to be mixed: nothing of it is decrypted."""

    contest: str
    title: Text
    counted: int


class Results(NamedTuple):
    """What was announced, and what has become of the announcement."""

    announced: Announced
    results: tuple[Result, ...] = ()
    withheld: tuple[Withheld, ...] = ()


def compare(outcome: Outcome, read: Read | None) -> Results:
    """The announced figures beside the recounted ones; without `read` those of a void tally are not looked for."""
    state, void = outcome.state, outcome.notes.void
    posted = [
        (pending.position, pending.record) for pending in state.pending.values() if isinstance(pending.record, Tally)
    ]
    tallies = [(index, tally) for index, tally in posted if state.result in (None, tally)]
    tallies = tallies or (list(_refused(outcome, read)) if void and read else [])
    if not tallies or state.manifest is None:
        return Results("none")
    index, tally = max(tallies, key=lambda held: held[0])
    announced: Announced = "void" if index in void else "awaiting" if state.result is None else "certified"
    counts = (_result(state, count) for count in tally.contests)
    if announced == "void":
        counts = (
            _recounted(outcome, result, count, read) for result, count in zip(counts, tally.contests, strict=True)
        )
    else:
        counts = (_audited(result) for result in counts)
    withheld = (contest for contest in state.rules.contests if contest.id in tally.withheld)
    return Results(
        announced,
        tuple(counts),
        tuple(Withheld(contest.id, contest.title, _counted(state, contest.id)) for contest in withheld),
    )


def _refused(outcome: Outcome, read: Read) -> Iterator[tuple[int, Tally]]:
    """The tallies among the void records of this copy."""
    void, trust = outcome.notes.void, outcome.trust
    with suppress(VerifierError):
        for index, raw in Log(read, trust.origin, trust.log_keys).entries(min(void)):
            with suppress(Malformed):
                if index in void and isinstance(record := CODEC.decode(raw), Tally):
                    yield index, record


def _result(state: State, count: Count) -> Result:
    """What the tally's record says about a contest; one that is not in the manifest is called by its id."""
    contest = state.rules.contest(count.contest)
    names = {option.id: option.name for option in contest.options} if contest else {}
    return Result(
        count.contest,
        contest.title if contest else Text(*[count.contest] * 3),
        *(count.counted, count.valid, count.invalid),
        {votes.option: votes.count for votes in count.votes},
        {votes.option: names.get(votes.option, Text(*[votes.option] * 3)) for votes in count.votes},
    )


def _audited(result: Result) -> Result:
    figures = Recount("audit", result.counted, result.valid, result.invalid, result.votes)
    return msgspec.structs.replace(result, recounted=figures)


def _recounted(outcome: Outcome, result: Result, count: Count, read: Read | None) -> Result:
    """The result of a void tally with what can be counted in its place."""
    state = outcome.state
    contest = state.rules.contest(count.contest)
    if contest is None:
        return result
    shares = not any(failure.id.startswith("DEC.") for failure in outcome.failures)
    source: Basis = "shares"
    columns = _decrypted(state, contest) if shares and state.phase in DECRYPTED else None
    if columns is None:
        source, columns = "plaintexts", _published(contest, count.plaintexts, read)
    if columns is None:
        return result
    again = recount(contest, columns, count.plaintexts)
    votes = {votes.option: votes.count for votes in again.votes}
    figures = Recount(source, _counted(state, contest.id), again.valid, again.invalid, votes)
    return msgspec.structs.replace(result, recounted=figures)


def _decrypted(state: State, contest: Contest) -> tuple[Points, ...] | None:
    """The plaintexts M = P − Σ λ·D of the first t trustees' shares, a vector a column (specs/decryption.md §6)."""
    course = state.courses[contest.id]
    given = course.shares[: state.rules.threshold]
    if len(given) < state.rules.threshold:
        return None
    try:
        return recombine(course.lists[-1], given)
    except Malformed:  # a share that does not decode
        return None


def _published(contest: Contest, blob: Blob, read: Read | None) -> tuple[Points, ...] | None:
    """The plaintexts that the tally names, if this copy has them and they make whole rows."""
    data: bytes | None = None
    with suppress(VerifierError):
        data = read(blob_path(blob.sha256)) if read else None
    if data is None or sha256(data).digest() != blob.sha256 or len(data) % (SIZE * contest.width):
        return None
    size = len(data) // contest.width
    return tuple(Points.packed(data[start : start + size]) for start in range(0, len(data), size)) or None


def _counted(state: State, contest: str) -> int:
    """The ballots of the counted set: as it was frozen, or as it stands."""
    course = state.courses[contest]
    return course.counted if course.lists else len(counted_set(state, contest).sealed)
