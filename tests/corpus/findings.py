"""Elections on paper in which nothing is refused: what is found there, each clause by itself (specs/figures.md)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from bulletin.office.people import Authority
from tests.corpus.decisions import decision, in_force, tabled
from tests.corpus.papers import TYPING, PaperLiar, again, twin
from tests.support.joined import JoinedElection, joined
from tests.support.papers import EVENING, RACE, register
from tests.support.returns import MAYOR, PRECINCTS, counted, made
from verifier.commission.roster import Signature
from verifier.paper.papers import NONE, Appeal, Attestation, Of, SummaryRow, SummaryTable
from verifier.records import encode
from verifier.rules import CODEC

if TYPE_CHECKING:
    from collections.abc import Callable


class OddPapers(NamedTuple):
    """What goes on after the whole election or after its precincts have reported; the clause that finds something."""

    name: str
    whole: bool
    hold: Callable[[PaperLiar], object]
    expect: str = ""


ODD_PAPERS: list[OddPapers] = []


def odd(expect: str = "", *, whole: bool = True) -> Callable[[Callable[[PaperLiar], object]], None]:
    """Enter what nothing is wrong with, or what is found by the clause `expect` and not refused."""

    def enter(hold: Callable[[PaperLiar], object]) -> None:
        ODD_PAPERS.append(OddPapers(hold.__name__.replace("_", " "), whole, hold, expect))

    return enter


def hold(entered: OddPapers) -> PaperLiar:
    """The odd election."""
    whole, reported = twin()
    liar = PaperLiar(whole, len(whole.records) if entered.whole else reported)
    entered.hold(liar)
    return liar


@odd()
def the_whole_election(_: PaperLiar) -> None:
    """Nothing more happens."""


def bent_line(liar: PaperLiar, unit: str = "p-1", **lines: int) -> bytes:
    """A version of a protocol with other figures; its leaf."""
    changed = {key.replace("_", "-"): number for key, number in lines.items()}
    return liar.file(again(liar, unit, lines=counted(unit)[0] | changed))


def without(liar: PaperLiar, words: bytes) -> None:
    """Begin again, without the papers that say this and what is signed under them."""
    whole, reported = twin()
    fresh = PaperLiar(whole, next(n for n, raw in enumerate(whole.records) if b'"type":"paper"' in raw))
    for raw in whole.records[len(fresh.records) : reported]:
        record = CODEC.decode(raw)
        left_out = isinstance(record, Signature) and record.record not in fresh.state.pending
        if not left_out and not (words in raw and b'"type":"roster"' not in raw):
            fresh.write(raw)
    liar.__dict__.update(fresh.__dict__)


@odd("PRT.10", whole=False)
def a_ballot_too_many(liar: PaperLiar) -> None:
    bent_line(liar, received=counted("p-1")[0]["received"] + 1)
    liar.conclude()


@odd("PRT.11", whole=False)
def another_number_of_spoiled_ballots(liar: PaperLiar) -> None:
    lines = counted("p-1")[0]
    bent_line(liar, spoiled=lines["spoiled"] + 1, unused=lines["unused"] - 1)
    liar.conclude()


@odd("PRT.12", whole=False)
def two_candidates_exchanged(liar: PaperLiar) -> None:
    first, second, *others = counted("p-1")[1]
    liar.file(again(liar, votes=(second, first, *others)))
    liar.conclude()


@odd("PRT.13")
def a_version_after_the_sums(liar: PaperLiar) -> None:
    liar.file(again(liar, held=EVENING + 900))


@odd("PRT.13")
def a_member_of_a_precinct_whom_no_authority_of_the_sheet_certified(liar: PaperLiar) -> None:
    """Nobody asks for that at a level that is not `rooted`, neither of the roster nor of what the member signs."""
    people = liar.seated["p-1"].people
    member = replace(
        people[1].member, certificate=Authority("Another Root").certify(people[1].member.id, people[1].key)
    )
    people = (people[0], people[1]._replace(member=member), people[2])
    liar.seated["p-1"] = liar.seated["p-1"]._replace(people=people)
    liar.enact(liar.seated["p-1"].roster, liar.seated["tec-1"])
    liar.file(again(liar))


@odd("PRT.14", whole=False)
def one_who_was_present_did_not_sign(liar: PaperLiar) -> None:
    liar.file(again(liar), ("1", "2"))
    liar.conclude()


@odd("PRT.15", whole=False)
def typed_twice_by_one_member(liar: PaperLiar) -> None:
    liar.file(again(liar, typed=("p-1-1", "p-1-1")))
    liar.conclude()


@odd("PRT.16", whole=False)
def a_version_with_one_signature(liar: PaperLiar) -> None:
    liar.conclude()
    liar.file(again(liar), ("1",))


@odd("PRT.16", whole=False)
def a_version_signed_by_one_who_was_absent(liar: PaperLiar) -> None:
    liar.conclude()
    liar.file(again(liar, present=("p-1-1", "p-1-2")), ("1", "3"))


@odd("PRT.17", whole=False)
def a_precinct_that_has_not_reported(liar: PaperLiar) -> None:
    without(liar, b'"commission":"p-5"')
    liar.conclude()


@odd("PRT.19", whole=False)
def a_centre_that_sums_what_the_territory_has_not_signed(liar: PaperLiar) -> None:
    for unit in ("tec-1", "tec-2"):
        liar.file(liar.sum_up(unit, "protocol-tec"))
    true = liar.sum_up("cec", "protocol-cec")
    liar.file(replace(true, votes=(true.votes[0] + 10, *true.votes[1:])))


@odd("PRT.35", whole=False)
def one_protocol_at_two_precincts(liar: PaperLiar) -> None:
    lines, votes = counted("p-2")
    for form in ("act-unused", "list-totals", "aeu"):
        other = liar.state.versions[Of("p-2", RACE if form == "aeu" else "", form)][-1].paper
        contest = RACE if form == "aeu" else ""
        changes = {"supersedes": liar.head("p-1", form, contest), "reason": TYPING}
        liar.file(made("p-1", form, other.lines, other.votes, **changes))
    liar.file(again(liar, lines=lines, votes=votes))
    liar.conclude()


@odd("DUT.2", whole=False)
def a_result_before_its_publications(liar: PaperLiar) -> None:
    for unit in ("tec-1", "tec-2"):
        liar.file(liar.sum_up(unit, "protocol-tec"))
    on = liar.file(liar.sum_up("cec", "protocol-cec"))
    liar.enact_by(liar.result(on), "cec", 2)


@odd("PRT.18", whole=False)
def a_sum_that_its_rows_do_not_give(liar: PaperLiar) -> None:
    true = liar.sum_up("tec-1", "protocol-tec")
    liar.file(replace(true, lines=true.lines | {"invalid": true.lines["invalid"] + 7}))
    liar.file(liar.sum_up("tec-2", "protocol-tec"))


@odd("PRT.20", whole=False)
def a_row_that_its_precinct_has_not_signed(liar: PaperLiar) -> None:
    first, *others = liar.table("tec-1", "protocol-tec").rows
    liar.file(tabled(liar, rows=(replace(first, votes=(first.votes[0] + 5, *first.votes[1:])), *others)))


@odd("PRT.21", whole=False)
def an_annulled_precinct_that_is_summed(liar: PaperLiar) -> None:
    in_force(liar, decision())
    liar.conclude()


@odd("PRT.25", whole=False)
def the_second_is_declared_elected(liar: PaperLiar) -> None:
    for unit in ("tec-1", "tec-2"):
        liar.file(liar.sum_up(unit, "protocol-tec"))
    on = liar.file(liar.sum_up("cec", "protocol-cec"))
    liar.enact_by(liar.result(on, options=("bolot",)), "cec", 2)


@odd("PRT.26", whole=False)
def shares_of_valid_votes(liar: PaperLiar) -> None:
    for unit in ("tec-1", "tec-2"):
        liar.file(liar.sum_up(unit, "protocol-tec"))
    on = liar.file(liar.sum_up("cec", "protocol-cec"))
    votes = [sum(column) for column in zip(*(counted(unit)[1] for unit in PRECINCTS), strict=True)]
    shares = tuple(number * 10_000 // sum(votes) for number in votes)
    liar.enact_by(liar.result(on, shares=shares), "cec", 2)


@odd("PRT.27")
def annulled_after_the_result(liar: PaperLiar) -> None:
    in_force(liar, decision())


@odd("PRT.28", whole=False)
def a_copy_with_other_votes(liar: PaperLiar) -> None:
    first, *others = counted("p-2")[1]
    liar.post(liar.observe("p-2", votes=(first + 1, *others)))
    liar.conclude()


@odd("PRT.29", whole=False)
def two_copies_that_differ(liar: PaperLiar) -> None:
    lines = counted("p-1")[0]
    copy = liar.observe("p-1", observer="school", lines=lines | {"listed": lines["listed"] - 1}, copy=2)
    liar.post(liar.watched(copy, 1))
    liar.conclude()


@odd("PRT.30", whole=False)
def a_refusal_that_the_register_lacks(liar: PaperLiar) -> None:
    liar.post(liar.observe("p-3", refused=True, lines={}, votes=(), of=NONE))
    liar.conclude()


@odd("PRT.30", whole=False)
def more_copies_than_the_register_has(liar: PaperLiar) -> None:
    """It says how many people were there, too, and they are no copies."""
    fields = {"present": ("p-1-2",), "supersedes": liar.head("p-1", "copies", ""), "reason": TYPING}
    liar.file(made("p-1", "copies", register(1, 1), (), **fields), ("2",))
    liar.post(liar.observe("p-1"))
    liar.post(liar.watched(liar.observe("p-1", observer="school", copy=2), 1))
    liar.conclude()


@odd("PRT.31", whole=False)
def a_copy_handed_in_that_nobody_sees(liar: PaperLiar) -> None:
    liar.post(liar.take_in(bytes(32), bytes(31) + b"\1"))
    liar.conclude()


@odd("PRT.32", whole=False)
def a_complaint_that_nobody_answers(liar: PaperLiar) -> None:
    liar.enact_by(Appeal("p-1", (), "voter", bytes(32), "1", EVENING, "", b""), "p-1")
    liar.file(again(liar))
    liar.conclude()


@odd("PRT.32")
def a_complaint_that_waits_for_its_answer(liar: PaperLiar) -> None:
    """It came when results and returns were in effect, so that none of them passes it over."""
    liar.enact_by(Appeal("p-1", (), "voter", bytes(32), "1", EVENING, "", b""), "p-1")


@odd("PRT.33", whole=False)
def a_recount_that_nobody_made(liar: PaperLiar) -> None:
    in_force(liar, decision("tec-1", "recount"))
    liar.conclude()


@odd("PRT.24", whole=False)
def one_more_took_part_in_one_contest(liar: PaperLiar) -> None:
    version = liar.state.versions[Of("p-5", MAYOR, "protocol")][-1]
    lines = dict(version.paper.lines)
    lines |= {"issued-inside": lines["issued-inside"] + 1, "unused": lines["unused"] - 1}
    changes = {"contest": MAYOR, "supersedes": version.leaf, "reason": TYPING}
    liar.file(made("p-5", "protocol", lines, version.paper.votes, **changes))
    liar.conclude()


def take_part(liar: PaperLiar, more: int) -> None:
    """The list of those who took part, with so many more at the last precinct."""
    counts = {unit: sum(counted(unit)[0][key] for key in ("issued-inside", "issued-outside")) for unit in PRECINCTS}
    counts["p-5"] += more
    rows = tuple(SummaryRow(unit, NONE, {"participants": number}, ()) for unit, number in counts.items())
    table = liar.put(encode(SummaryTable(rows)))
    liar.file(made("cec", "participants", {"participants": sum(counts.values())}, table=table))


@odd()
def a_list_of_those_who_took_part(liar: PaperLiar) -> None:
    take_part(liar, 0)


@odd("PRT.34")
def a_list_with_one_more(liar: PaperLiar) -> None:
    take_part(liar, 1)


@odd("DUT.5", whole=False)
def the_centre_sums_up_first(liar: PaperLiar) -> None:
    liar.file(liar.sum_up("tec-1", "protocol-tec"))
    liar.file(liar.sum_up("cec", "protocol-cec"))
    liar.file(liar.sum_up("tec-2", "protocol-tec"))


@odd("DUT.8", whole=False)
def a_publication_that_nobody_can_find(liar: PaperLiar) -> None:
    liar.conclude()
    liar.enact_by(Attestation("cec", "B23", EVENING + 9_000, (), "", b"", "", "", b""), "cec")


JOINED: list[OddPapers] = []


@cache
def joint() -> JoinedElection:
    """The electronic pilot and its paper precincts on one log."""
    return joined()


def _join(expect: str, hold: Callable[[PaperLiar], object]) -> None:
    JOINED.append(OddPapers(hold.__name__.replace("_", " "), whole=True, hold=hold, expect=expect))


def the_pilot_and_its_precincts(_: PaperLiar) -> None:
    """Nothing more happens."""


def an_e_voter_more_on_paper_than_overridden(liar: PaperLiar) -> None:
    version = liar.state.versions[Of("p-1", "", "list-totals")][-1]
    lines = dict(version.paper.lines) | {"e-on-paper": 2}
    liar.file(made("p-1", "list-totals", lines, (), supersedes=version.leaf, reason=TYPING))


def an_electronic_paper_that_is_not_the_tally(liar: PaperLiar) -> None:
    version = liar.state.versions[Of("e-1", RACE, "e-protocol")][-1]
    first, second, *others = version.paper.votes
    votes = (first + 1, second - 1, *others)
    liar.file(made("e-1", "e-protocol", dict(version.paper.lines), votes, supersedes=version.leaf, reason=TYPING))


_join("", the_pilot_and_its_precincts)
_join("PRT.23", an_e_voter_more_on_paper_than_overridden)
_join("PRT.22", an_electronic_paper_that_is_not_the_tally)
