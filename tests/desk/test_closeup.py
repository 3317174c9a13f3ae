"""A record looked at closely: its trace is its maker's, and a challenged ballot opens by its tracker's beginning."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.corpus import mixes, shares
from tests.corpus.keys import complaint
from tests.corpus.twin import Liar, bent, honest, phases, with_scalar
from tests.support.copies import Files, publish, sheet
from tests.support.elections import AUTHORITY
from verifier.audit import trust
from verifier.client import tracking
from verifier.desk.commands import closeup
from verifier.election.ballot import Ballot, Challenge
from verifier.election.ceremony import Contribution
from verifier.errors import Incomplete, Rejected
from verifier.log.reading import Log
from verifier.place import Place
from verifier.proof.transcript import tracing
from verifier.rules import CODEC

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.elections import Election
    from verifier.records import Record

TRUST = trust.decode(sheet(honest().records[0], [AUTHORITY.der]))
LINE = re.compile(r"[\x21-\x7e]{1,40} (\d+|challenge) ([0-9a-f]{0,32})")


def files(made: Election) -> Files:
    return publish(made.records, made.blobs)


def opened(made: Election) -> Log:
    return Log(files(made).get, TRUST.origin, TRUST.log_keys)


def traced(made: Election, index: int) -> list[str]:
    lines: list[str] = []
    with suppress(Rejected):
        closeup.trace(files(made).get, opened(made), index, lines.append)
    return lines


def makers(act: Callable[[], object]) -> list[str]:
    """The trace of who makes a proof."""
    lines: list[str] = []
    with tracing(lines.append):
        act()
    return lines


# The trace.


@pytest.mark.parametrize(
    ("phase", "make"),
    [
        ("voting", lambda liar: liar.cast(1)),
        ("voting", lambda liar: liar.challenge(3, (1, 4))),
        ("frozen", lambda liar: mixes.remix(liar, "north")),
        ("frozen", lambda liar: mixes.remix(liar, "south")),
        ("decrypting", lambda liar: shares.share(liar, "south")),
    ],
    ids=["ballot", "challenge", "mix of one column", "mix of two columns", "share"],
)
def test_a_trace_is_its_makers(phase: str, make: Callable[[Liar], Record]) -> None:
    liar = Liar(honest(), phases()[phase])
    made = makers(lambda: liar.post(make(liar)))
    lines = traced(liar, phases()[phase])
    assert made in (lines, lines + lines)  # mix servers and trustees check what they have made
    assert len(lines) > 10
    for line in lines:
        found = LINE.fullmatch(line)
        assert found, line
        assert found[1] == "challenge" or len(found[2]) == min(32, 2 * int(found[1]))


def test_the_traces_of_a_ceremony_are_its_makers() -> None:
    liar = Liar(honest(), phases()["ceremony"])
    made = makers(liar.hold_ceremony)
    contributions = [index for index, raw in enumerate(liar.records) if isinstance(CODEC.decode(raw), Contribution)]
    assert len(contributions) == 3
    together = [line for index in contributions for line in traced(liar, index)]
    assert made[: len(together)] == together
    assert len(together) > 30
    before = Liar(honest(), phases()["ceremony"] + 9)
    complained = makers(lambda: before.post(complaint(before)))
    lines = traced(before, len(before.records) - 1)
    assert len(lines) > 10
    assert complained[: len(lines)] == lines


def test_a_false_proofs_trace_differs_where_it_is_false() -> None:
    """Who sealed for another nonce sees it in the line of the nonce, and in the challenge."""
    liar = Liar(honest(), phases()["voting"])
    lines = makers(lambda: liar.post(liar.cast(1, nonce=bytes(16))))
    found = traced(liar, len(liar.records) - 1)
    assert len(found) == len(lines)  # a ballot's two proofs are one claim, and the first false claim ends it
    differ = [one.split()[:2] for one, other in zip(found, lines, strict=False) if one != other]
    assert differ == [["nonce", "16"], ["z", "challenge"]]
    with pytest.raises(Rejected) as caught:
        closeup.trace(files(liar).get, opened(liar), len(liar.records) - 1, lambda _: None)
    assert caught.value.id == "BAL.6"


def test_only_the_record_is_traced_and_only_while_it_is() -> None:
    records = honest().records
    shown = {index: traced(honest(), index) for index in range(len(records))}
    kinds = {type(CODEC.decode(records[index])).__name__ for index, lines in shown.items() if lines}
    assert kinds == {"Contribution", "Ballot", "Challenge", "Mix", "Share"}
    assert makers(lambda: None) == []


def test_it_says_how_many_claims_there_are() -> None:
    counts = {
        index: closeup.trace(files(honest()).get, opened(honest()), index, lambda _: None)
        for index in (0, phases()["voting"])
    }
    assert counts == {0: 0, phases()["voting"]: 1}


def test_a_record_that_is_not_there_is_not_traced() -> None:
    size = len(honest().records)
    with pytest.raises(Incomplete, match=f"ends at entry {size}"):
        closeup.trace(files(honest()).get, opened(honest()), size, lambda _: None)


def test_what_was_refused_before_does_not_hinder() -> None:
    liar = Liar(honest(), phases()["voting"])
    liar.post(liar.cast(1, credential=bytes(32)))
    liar.vote(0, [1])
    assert len(traced(liar, len(liar.records) - 1)) > 20
    with pytest.raises(Rejected) as caught:
        closeup.trace(files(liar).get, opened(liar), len(liar.records) - 2, lambda _: None)
    assert caught.value.id == "BAL.1"


# The challenged ballot.


@cache
def challenged() -> Liar:
    """Voting with seventeen challenges and a cast ballot: two of them begin with the same digit."""
    liar = Liar(honest(), phases()["voting"])
    for turn in range(17):
        liar.vote(3 + turn % 3, [1 + turn % 4], challenge=True)
    liar.vote(0, [1])
    return liar


def sealed(liar: Liar) -> list[tuple[int, str, Ballot | Challenge]]:
    every = [(index, CODEC.decode(raw)) for index, raw in enumerate(liar.records)]
    return [
        (index, record.sealed.tracker(liar.digest).hex(), record)
        for index, record in every
        if isinstance(record, Ballot | Challenge)
    ]


def shortest(liar: Liar, tracker: str) -> int:
    """How many characters, read as digits or as letters, name only this one."""
    others = [bytes.fromhex(name) for _, name, _ in sealed(liar) if name != tracker]
    return next(n for n in range(1, 65) if not any(tracking.read(tracker[:n]).fits(name) for name in others))


@pytest.mark.slow
def test_a_challenge_is_opened_by_what_only_its_tracker_begins_with() -> None:
    liar = challenged()
    for index, tracker, record in sealed(liar)[:17]:
        n = shortest(liar, tracker)
        code = tracking.encode(bytes.fromhex(tracker))
        for beginning in (tracker[:n], tracker[: n + 3], tracker, code[: n + 3].lower(), code):
            found = closeup.open_challenge(files(liar).get, opened(liar), beginning)
            assert isinstance(record, Challenge)
            assert (found.record, found.tracker.hex(), found.choice) == (index, tracker, record.choice)
            assert found.contest == liar.contests[1]


def test_a_beginning_of_several_is_not_enough_and_they_are_named() -> None:
    liar = challenged()
    names = [bytes.fromhex(tracker) for _, tracker, record in sealed(liar) if isinstance(record, Challenge)]
    some = {sign: [name for name in names if tracking.read(sign).fits(name)] for sign in "0123456789abcdef"}
    sign = max(some, key=lambda sign: len(some[sign]))
    assert len(some[sign]) > 1
    with pytest.raises(Incomplete, match="give more characters") as caught:
        closeup.open_challenge(files(liar).get, opened(liar), sign)
    assert caught.value.detail.startswith(f"{len(some[sign])} challenged ballots' codes begin so")
    assert caught.value.where == Place("tracker", unit=sign)
    shown = [tracking.encode(name)[:9] in caught.value.detail for name in some[sign]]
    assert sum(shown) == min(closeup.NAMED, len(shown))


def test_a_cast_ballot_is_not_opened_and_an_unknown_one_is_not_found() -> None:
    liar = challenged()
    index, tracker, _ = sealed(liar)[-1]
    with pytest.raises(Incomplete, match=f"record {index} has this code, and was cast"):
        closeup.open_challenge(files(liar).get, opened(liar), tracker)
    other = f"{tracker[:-1]}{int(tracker[-1], 16) ^ 1:x}"
    with pytest.raises(Incomplete, match="no ballot among these"):
        closeup.open_challenge(files(liar).get, opened(liar), other)


@pytest.mark.parametrize(
    ("changes", "clause"),
    [({"choice": (2,)}, "SPL.2"), ({"choice": (9,)}, "SPL.1"), ({"signature": bytes(64)}, "BAL.5")],
    ids=["another choice", "no choice", "no signature"],
)
def test_a_false_opening_is_refused(changes: dict[str, object], clause: str) -> None:
    liar = Liar(honest(), phases()["voting"])
    liar.post(liar.challenge(3, (1,), **changes))
    [(_, tracker, _)] = sealed(liar)
    with pytest.raises(Rejected) as caught:
        closeup.open_challenge(files(liar).get, opened(liar), tracker)
    assert caught.value.id == clause


def test_a_challenge_that_is_there_twice_is_one() -> None:
    liar = Liar(honest(), phases()["voting"])
    made = liar.challenge(3, (1,))
    liar.post(made)
    liar.post(bent(made, signature=with_scalar(made.signature, 1)))
    first, again = sealed(liar)
    assert first[1] == again[1]
    assert closeup.open_challenge(files(liar).get, opened(liar), first[1]).record == first[0]


def test_void_records_are_left_out_on_the_way() -> None:
    """Their equations are false, the fold does not see it: whoever has settled them says which they are."""
    liar = Liar(honest(), phases()["voting"])
    liar.post(liar.challenge(3, (1,), choice=(2,)))
    false = len(liar.records) - 1
    liar.vote(0, [1])
    last = len(liar.records) - 1
    states = [closeup.meet(files(liar).get, opened(liar), last, void)[0] for void in ((), {false})]
    assert [len(state.leaves) for state in states] == [last, last - 1]
