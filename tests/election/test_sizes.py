"""Whatever can be begun can be ended: the largest records of the largest elections fit (specs/election.md §5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.corpus.rules import NONE, lined
from tests.corpus.twin import bent, honest
from verifier.commission.roster import MOST_CERTIFICATE, MOST_MEMBERS, Member, Roster, Signature
from verifier.election.assets import MOST_FILES, Assets, ServedFile, ServedPolicy
from verifier.election.ballot import Ballot, Challenge, Sealed
from verifier.election.ceremony import Acknowledgement, Complaint, Contribution, Dealing, Pledge, Restart
from verifier.election.counting import Close, Freeze, Frozen, Override
from verifier.election.decryption import Share
from verifier.election.logkey import LogKey
from verifier.election.manifest import (
    COLUMN,
    MOST_COLUMNS,
    MOST_LINES,
    MOST_OPTIONS,
    MOST_TRUSTEES,
    Contest,
    Manifest,
    Option,
    Style,
    check_manifest,
)
from verifier.election.register import Opening, Register
from verifier.election.shuffle import Mix, Skip
from verifier.election.tally import Count, Tally, Votes
from verifier.errors import Rejected
from verifier.paper.papers import (
    Accreditation,
    Appeal,
    Attestation,
    Decision,
    Dissent,
    ElectionResult,
    Explanation,
    Intake,
    Observation,
    Observer,
    Paper,
    PaperBatch,
    Reason,
    Unshown,
)
from verifier.place import Place
from verifier.proof.group import SIZE
from verifier.records import LIMIT, Blob, Text, encode
from verifier.rules import CODEC, RULES

if TYPE_CHECKING:
    from verifier.records import Record

NUMBER, ORDINAL = 2**53 - 1, 2**31 - 1
BLOB, DIGEST, SIGNATURE = Blob(NUMBER, bytes(32)), bytes(32), bytes(64)


def long(number: int) -> str:
    """An id of forty letters."""
    return f"{number:z>40}"


def manifest(contests: int) -> Manifest:
    """As many lines of a tally as there may be, in so many contests, with ids as long as they may be."""
    made: list[Contest] = []
    for shape in lined(contests, MOST_LINES)["contests"]:  # type: ignore[attr-defined]
        options = tuple(Option(long(number), NONE) for number in range(len(shape.options)))
        made.append(bent(shape, id=long(1000 + len(made)), options=options))
    return bent(honest().manifest, contests=tuple(made), styles=(Style("all", tuple(contest.id for contest in made)),))


MANIFESTS = {contests: manifest(contests) for contests in (4, 5, 80, 160)}
WIDE = bytes(SIZE * MOST_COLUMNS)
SEALED = Sealed(long(1), long(2), DIGEST, bytes(16), WIDE, WIDE, WIDE + WIDE)
MANY = bytes(SIZE * MOST_TRUSTEES)
HELD: list[Record] = [
    Roster(long(1), tuple(Member(long(n), "secretary", bytes(MOST_CERTIFICATE)) for n in range(MOST_MEMBERS))),
    Signature(DIGEST, long(1), bytes(1024)),
    Pledge(ORDINAL, MOST_TRUSTEES, DIGEST, DIGEST, SIGNATURE),
    Contribution(ORDINAL, MOST_TRUSTEES, MANY, SIGNATURE, SIGNATURE),
    Dealing(ORDINAL, MOST_TRUSTEES, MANY, SIGNATURE),
    Acknowledgement(ORDINAL, MOST_TRUSTEES, DIGEST, SIGNATURE),
    Complaint(ORDINAL, MOST_TRUSTEES, MOST_TRUSTEES, DIGEST, bytes(96), SIGNATURE),
    Restart(ORDINAL, tuple(range(1, MOST_TRUSTEES))),
    Register(long(1), NUMBER, BLOB),
    Opening(DIGEST, NUMBER),
    Ballot(SEALED, DIGEST, SIGNATURE),
    Challenge(
        SEALED, DIGEST, SIGNATURE, tuple(range(MOST_OPTIONS, MOST_OPTIONS - COLUMN * MOST_COLUMNS + 1, -1)), WIDE
    ),
    Override(long(1), (DIGEST,) * 1300),  # whose voters are more, in several records
    Close(SIGNATURE),
    Mix(long(1), ORDINAL, long(2), DIGEST, BLOB, BLOB, SIGNATURE),
    Skip(long(1)),
    Share(long(1), MOST_TRUSTEES, DIGEST, BLOB, bytes(96), SIGNATURE),
    LogKey(SIGNATURE, DIGEST),
    Assets(
        DIGEST,
        tuple(ServedFile(f"/{number:03}", "text/javascript; charset=utf-8", BLOB) for number in range(MOST_FILES)),
        (ServedPolicy("/", "x" * 800),),
        Text("…" * 200, "…" * 200, "…" * 200),
        DIGEST,
    ),
    Paper(
        commission=long(1),
        contest=long(2),
        form=long(3),
        supersedes=DIGEST,
        reason=Reason("recount", "\N{FULL BLOCK}" * 500),
        lines={long(n): NUMBER for n in range(64)},
        votes=(NUMBER,) * MOST_OPTIONS,
        present=tuple(map(long, range(MOST_MEMBERS))),
        dissent=tuple(Dissent(long(n), "\N{FULL BLOCK}" * 500) for n in range(MOST_MEMBERS)),
        typed=(long(1), long(2)),
        explains=(Explanation(long(1), "\N{FULL BLOCK}" * 500),) * 8,
        held=NUMBER,
        parts=(DIGEST,) * 16,
        photos=(BLOB,) * 16,
        table=BLOB,
    ),
    PaperBatch(long(1), long(2), "\N{FULL BLOCK}" * 500, NUMBER, BLOB),
    Decision(
        long(1), "strike", (long(2),) * 999, long(3), long(4), "", NUMBER, (DIGEST,) * 99, DIGEST, "…" * 500, BLOB
    ),
    Appeal(long(1), (DIGEST,) * 99, "representative", DIGEST, "…" * 500, NUMBER, long(2), bytes(1024)),
    Attestation(long(1), long(2), NUMBER, (BLOB,) * 99, "…" * 500, DIGEST, "…" * 500, long(3), bytes(1024)),
    Accreditation((Observer(long(1), "…" * 500, bytes(MOST_CERTIFICATE), (long(2),) * 9),) * 8, (long(1),) * 99),
    Observation(
        observer=long(1),
        unit=long(2),
        contest=long(3),
        form=long(4),
        lines={long(n): NUMBER for n in range(64)},
        votes=(NUMBER,) * MOST_OPTIONS,
        of=DIGEST,
        copy=NUMBER,
        stamped=False,
        refused=False,
        held=NUMBER,
        photos=(BLOB,) * 16,
        signature=bytes(1024),
    ),
    Intake(NUMBER, BLOB, (Unshown(DIGEST, "…" * 500),) * 20, SIGNATURE),
    ElectionResult(
        commission=long(1),
        contest=long(2),
        on=(DIGEST,) * 99,
        denominator=tuple(map(long, range(9))),
        outcome="second round",
        options=tuple(map(long, range(MOST_OPTIONS))),
        shares=(10_000,) * MOST_OPTIONS,
        lots=(DIGEST,),
    ),
]


def endings(rules: Manifest) -> list[Record]:
    """What must be posted of an election with these contests so that it ends, nothing withheld or everything."""
    counts = tuple(
        Count(
            contest.id,
            NUMBER,
            NUMBER,
            NUMBER,
            tuple(Votes(option.id, NUMBER) for option in contest.options),
            BLOB,
        )
        for contest in rules.contests
    )
    return [
        Freeze(tuple(Frozen(contest.id, NUMBER, BLOB) for contest in rules.contests)),
        Tally(counts, ()),
        Tally((), tuple(contest.id for contest in rules.contests)),
    ]


@pytest.mark.parametrize("rules", MANIFESTS.values(), ids=MANIFESTS)
def test_what_ends_the_largest_elections_fits_a_record(rules: Manifest) -> None:
    """B3: a manifest that is admitted has a freeze and a tally that can be."""
    check_manifest(rules, Place(record=0))
    for record in endings(rules):
        raw = encode(record)
        assert len(raw) <= LIMIT
        assert CODEC.decode(raw) == record


def test_every_other_record_of_the_largest_elections_fits() -> None:
    """B3: a record of each kind, with all that its coding and the manifest let it hold."""
    sized = [*HELD, *(record for rules in MANIFESTS.values() for record in endings(rules))]
    assert {type(record) for record in sized} | {Manifest} == set(RULES)
    for record in HELD:
        raw = encode(record)
        assert len(raw) <= LIMIT
        assert CODEC.decode(raw) == record


def test_the_bounds_are_no_narrower_than_they_must_be() -> None:
    """B3: with a tenth more lines, or another member, a record would be too long, and the manifest is refused."""
    more = [bent(contest, options=contest.options + contest.options[:20]) for contest in MANIFESTS[4].contests]
    assert len(encode(endings(bent(MANIFESTS[4], contests=tuple(more)))[1])) > LIMIT
    roster = HELD[0]
    assert isinstance(roster, Roster)
    assert len(encode(bent(roster, members=(*roster.members, roster.members[0])))) > LIMIT
    wide = lined(4, MOST_LINES + 1)
    with pytest.raises(Rejected, match=f"{MOST_LINES}"):
        check_manifest(bent(honest().manifest, **wide), Place(record=0))
