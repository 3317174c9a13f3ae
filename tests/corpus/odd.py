"""Honest elections that are odd: nothing in them is wrong, and each must be accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

from tests.corpus.keys import complaint, told
from tests.corpus.shares import share
from tests.corpus.twin import HAMLET, NORTH, SOUTH, Liar, bent, honest, phases, with_scalar
from tests.support.copies import NEXT_LOG, NOW, witness_key
from tests.support.elections import LOG, text
from verifier.election.ceremony import Dealing, Restart
from verifier.election.choice import embed
from verifier.election.logkey import LogKey
from verifier.election.timetable import TimeLimit
from verifier.log import note
from verifier.log.tree import hash_leaf
from verifier.proof.group import G

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from verifier.audit.verdict import Verdict


class Odd(NamedTuple):
    """An odd election: what the audit says of it, and the phase in which it ends."""

    name: str
    verdict: Verdict
    phase: str
    after: str
    plus: int
    hold: Callable[[Liar], object]


ODD: list[Odd] = []


def odd(
    after: str = "voting", plus: int = 0, verdict: Verdict = "accepted", phase: str = "certified"
) -> Callable[[Callable[[Liar], object]], None]:
    """Enter an odd election: it leaves the honest one `plus` records after a phase has begun."""

    def enter(hold: Callable[[Liar], object]) -> None:
        ODD.append(Odd(hold.__name__.replace("_", " "), verdict, phase, after, plus, hold))

    return enter


def hold(entered: Odd) -> Liar:
    """The odd election's records."""
    liar = Liar(honest(), phases()[entered.after] + entered.plus)
    entered.hold(liar)
    return liar


def finish(liar: Liar, trustees: Sequence[int] | None = None) -> None:
    liar.close().mix().decrypt(trustees).tally()


@odd("setup", phase="ceremony")
def options_of_two_contests_that_have_one_id(liar: Liar) -> None:
    """Ids are distinct within a contest; two questions may both have a yes and a no."""
    first, second, *others = liar.manifest.contests
    options = [bent(option, id=other.id) for option, other in zip(second.options, first.options, strict=False)]
    alike = bent(second, options=(*options, *second.options[len(options) :]))
    liar.manifest = bent(liar.manifest, contests=(first, alike, *others))
    liar.__dict__.pop("digest", None)
    leaf = liar.post(liar.manifest)
    liar.post(liar.central.roster)
    for signature in liar.central.sign(liar.digest, leaf):
        liar.post(signature)


@odd()
def no_ballot_at_all(liar: Liar) -> None:
    finish(liar)


DAY = 86_400
LATER = NOW + 2 * DAY
TIMETABLE = (
    TimeLimit("list-closed", "register", "by", NOW + DAY + 1, inclusive=True, words=text("not later than 9 April")),
    *(
        limit
        for what in ("opening", "override", "close", "freeze", "tally")
        for limit in (
            TimeLimit(f"{what}-from", what, "from", NOW, inclusive=False, words=text("from midnight on")),
            TimeLimit(f"{what}-by", what, "by", LATER, inclusive=False, words=text("before 11 April")),
        )
    ),
)


@odd("setup")
def an_election_that_keeps_its_timetable(liar: Liar) -> None:
    """Everything in the last second that is allowed by the strict reading, or in the first one."""
    liar.manifest, liar.voters = bent(liar.manifest, timetable=TIMETABLE), []
    liar.__dict__.pop("digest", None)
    liar.set_up().hold_ceremony().seat_others().register(1)
    liar.override([0]).close().tally()


@odd("setup", phase="setup")
def as_many_time_limits_as_there_may_be(liar: Liar) -> None:
    """One kind may have several; some other kind may be over before it begins."""
    ends = bent(TIMETABLE[0], instant=1)
    limits = tuple(bent(ends, id=f"limit-{number}") for number in range(31))
    liar.post(bent(liar.manifest, timetable=(*limits, TIMETABLE[1])))


@odd()
def one_ballot(liar: Liar) -> None:
    liar.vote(0, [1])
    finish(liar)


@odd()
def two_groups_below_the_minimum_size(liar: Liar) -> None:
    for voter in (NORTH[0], *SOUTH, HAMLET[0]):
        liar.vote(voter, [1])
    finish(liar)


@odd()
def challenges_only(liar: Liar) -> None:
    for voter in (0, 0, 3):
        liar.vote(voter, [2], challenge=True)
    finish(liar)


@odd()
def everybody_overridden(liar: Liar) -> None:
    for voter in NORTH:
        liar.vote(voter, [1])
    liar.override(NORTH[:1])
    liar.override(NORTH[1:])
    finish(liar)


@odd()
def everybody_votes_again(liar: Liar) -> None:
    for choice in ([1], [2]):
        for voter in (1, 0):
            liar.vote(voter, choice)
    finish(liar)


@odd()
def somebody_overridden_who_has_not_voted(liar: Liar) -> None:
    for voter in NORTH[:2]:
        liar.vote(voter, [])
    liar.override((NORTH[2], *HAMLET))
    finish(liar)


@odd()
def invalid_ballots_only(liar: Liar) -> None:
    """What the clients seal is no choice: garbage, the identity, a choice that the contest does not allow."""
    garbage = bytes(G)
    for voter, point in zip(NORTH, (garbage, bytes(32), _forbidden()), strict=True):
        with patch("mixnet.ballot.encode_points", lambda *_, point=point: point):
            liar.vote(voter, [1])
    for voter in SOUTH[:1]:
        with patch("mixnet.ballot.encode_points", lambda *_: bytes(G) + bytes(32)):
            liar.vote(voter, [1])
    finish(liar)


def _forbidden() -> bytes:
    """Two marks, where one is allowed."""
    return embed(bytes([2, 1, 2]).ljust(30, b"\0"))


@odd("decrypting")
def shares_of_the_last_and_the_first_trustee(liar: Liar) -> None:
    liar.decrypt([3, 1]).tally()


@odd("decrypting")
def shares_of_all_trustees(liar: Liar) -> None:
    liar.decrypt([2, 3, 1]).tally()


@odd("certified")
def a_share_after_the_tally(liar: Liar) -> None:
    for contest in ("north", "south"):
        liar.post(share(liar, contest))


@odd("certified")
def more_signatures_than_the_quorum_takes(liar: Liar) -> None:
    leaf = hash_leaf(liar.records[-3])
    liar.post(liar.countersign(liar.central.people[2], leaf))


@odd("tallied")
def a_share_between_the_tally_and_its_signatures(liar: Liar) -> None:
    liar.post(share(liar))
    for raw in honest().records[phases()["tallied"] :]:
        liar.write(raw)


@odd("voting", 3)
def a_log_that_changes_its_key(liar: Liar) -> None:
    """The present key signs the next one, and the commission's quorum puts it into force."""
    liar.enact(LOG.sign(LogKey(b"", bytes(NEXT_LOG.verify_key)), liar.digest))
    for raw in honest().records[phases()["voting"] + 3 :]:
        liar.write(raw)


@odd("setup", phase="setup")
def witnesses_in_another_order_by_other_names(liar: Liar) -> None:
    keys = [note.encode_key(witness_key(number)) for number in (2, 0, 1)]
    lines = [f"witness n{number} {key} http://127.0.0.1/{number}" for number, key in enumerate(keys)]
    asked = "\n".join(["# the sheet's", *lines, "group any-two 2 n0 n1 n2", "quorum any-two", ""])
    liar.post(bent(liar.manifest, policy=asked))


@odd("ceremony", 1, phase="ceremony")
def a_ceremony_without_somebody(liar: Liar) -> None:
    liar.enact(Restart(2, ()))


@odd("ceremony", 6, verdict="accepted with findings", phase="registration")
def a_dealer_who_cheats_and_another_attempt(liar: Liar) -> None:
    """Trustee 1's share for trustee 2 does not hold; trustee 2 complains; the second attempt goes well."""
    dealing = told(6)
    assert isinstance(dealing, Dealing)
    spoiled = Dealing(1, 1, with_scalar(dealing.shares, 1), bytes(64))
    liar.post(liar.trustees[0].sign(spoiled, liar.digest))
    liar.post(complaint(liar))
    liar.hold_ceremony()


@odd("ceremony", 9, verdict="accepted with findings", phase="ceremony")
def a_trustee_who_complains_of_a_share_that_holds(liar: Liar) -> None:
    liar.post(complaint(liar))


ODD.extend(
    Odd(f"the honest election so far: {cut}", "accepted", cut, cut, 0, lambda _: None)
    for cut in (
        "ceremony",
        "registration",
        "voting",
        "closed",
        "frozen",
        "mixing",
        "decrypting",
        "tallied",
        "certified",
    )
)
