"""Lies on paper: what neither the plan nor what stands allows commissions and observers (specs/papers.md)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from bulletin.office.people import Person
from tests.corpus.twin import Liar
from tests.support.elections import AUTHORITY
from tests.support.papers import EVENING, RACE
from tests.support.returns import PaperElection, counted, honest_returns, made
from verifier.commission.roster import Member, Roster
from verifier.paper.papers import (
    Dissent,
    Paper,
    Reason,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from verifier.records import Record

TYPING = Reason("typing", "a digit was mistyped")


class PaperLiar(Liar, PaperElection):
    """Somebody with every key, going on from the first records of an election on paper."""

    def enact_papers_lie(self, record: Paper) -> None:
        """A paper that must be refused at the signature that completes it."""
        leaf = self.post(record)
        self.lie(self.signature(self.seated[record.commission].people[0], leaf))


class PaperLie(NamedTuple):
    """What must be refused, by which clause, told after the whole election or after its precincts have reported."""

    name: str
    expect: str
    whole: bool
    tell: Callable[[PaperLiar], object]


PAPER_LIES: list[PaperLie] = []


def lie(expect: str, *, whole: bool = True) -> Callable[[Callable[[PaperLiar], object]], None]:
    """Enter a lie; what it returns is the record that must be refused."""

    def enter(tell: Callable[[PaperLiar], Any]) -> None:
        PAPER_LIES.append(PaperLie(tell.__name__.replace("_", " "), expect, whole, tell))

    return enter


@cache
def twin() -> tuple[PaperElection, int]:
    """The honest election, and how many records it has when the last precinct has reported."""
    whole = honest_returns()
    first = next(n for n, raw in enumerate(whole.records) if b'"form":"protocol-tec"' in raw)
    return whole, first


def tell(entered: PaperLie) -> PaperLiar:
    """The broken election."""
    whole, reported = twin()
    begun = len(whole.records) if entered.whole else reported
    liar = PaperLiar(whole, 0 if entered.expect == "PRT.1" else begun)
    told = entered.tell(liar)
    if told is not None:
        liar.lie(told)  # type: ignore[arg-type]
    return liar


def again(liar: PaperLiar, unit: str = "p-1", **changes: Any) -> Paper:
    """A second version of a precinct's protocol."""
    lines, votes = counted(unit)
    plain = made(unit, "protocol", lines, votes, supersedes=liar.head(unit, "protocol"), reason=TYPING)
    return replace(plain, **changes)


# Who signs.


@lie("PRT.2")
def a_certificate_that_shows_a_personal_number(liar: PaperLiar) -> Roster:
    people = liar.seated["p-1"].people
    shown = Member(people[2].member.id, "member", AUTHORITY.certify("21503198512345 Anar", people[2].key))
    return Roster("p-1", (people[0].member, people[1].member, shown))


@lie("CFG.3")
def one_key_in_two_precincts(liar: PaperLiar) -> Roster:
    mine, other = liar.seated["p-1"].people, liar.seated["p-2"].people
    return Roster("p-1", (mine[0].member, mine[1].member, other[2].member))


@lie("CRT.2")
def a_member_of_another_precinct_signs(liar: PaperLiar) -> Record:
    leaf = liar.post(again(liar))
    return liar.signature(liar.seated["p-2"].people[0], leaf)


@lie("CRT.2")
def a_member_who_was_removed_signs(liar: PaperLiar) -> Record:
    people = liar.seated["p-1"].people
    successor = Person(Member("p-1-4", "member", liar.watcher[1].member.certificate), liar.watcher[1].key)
    roster = Roster("p-1", (people[0].member, people[1].member, successor.member))
    liar.enact(roster, liar.seated["tec-1"])
    leaf = liar.post(again(liar, present=("p-1-1", "p-1-2"), typed=()))
    return liar.signature(people[2], leaf)


@lie("CRT.1")
def a_forged_signature(liar: PaperLiar) -> Record:
    leaf = liar.post(again(liar))
    return replace(liar.signature(liar.seated["p-1"].people[1], leaf), member="p-1-1")


# The form and its figures.


@lie("PRT.3")
def a_form_that_the_plan_lacks(liar: PaperLiar) -> Paper:
    return again(liar, form="protocols")


@lie("PRT.3")
def a_form_of_another_level(liar: PaperLiar) -> Paper:
    return replace(liar.sum_up("tec-1", "protocol-tec"), commission="p-1", form="protocol-tec")


@lie("PRT.3")
def a_protocol_of_no_contest(liar: PaperLiar) -> Paper:
    return again(liar, contest="")


@lie("PRT.3")
def an_act_of_a_contest(_: PaperLiar) -> Paper:
    return made("p-1", "act-unused", {"unused": 1, "spoiled": 1}, (), contest=RACE)


@lie("PRT.3")
def an_electronic_form_of_a_precinct(_: PaperLiar) -> Paper:
    lines = dict.fromkeys(("e-listed", "e-overridden", "e-counted", "invalid", "valid"), 0)
    return made("p-1", "e-protocol", lines, (0, 0, 0, 0))


@lie("PRT.4")
def a_line_too_many(liar: PaperLiar) -> Paper:
    return again(liar, lines=counted("p-1")[0] | {"carried-away": 1})


@lie("PRT.4")
def a_line_missing(liar: PaperLiar) -> Paper:
    return again(liar, lines={key: n for key, n in counted("p-1")[0].items() if key != "spoiled"})


@lie("PRT.4")
def an_option_too_many(liar: PaperLiar) -> Paper:
    return again(liar, votes=(*counted("p-1")[1], 0))


@lie("PRT.4")
def votes_on_an_act(_: PaperLiar) -> Paper:
    return replace(made("p-1", "act-unused", {"unused": 1, "spoiled": 1}), votes=(1, 2, 3, 4))


# Versions.


@lie("PRT.5")
def a_second_first_version(_: PaperLiar) -> Paper:
    lines, votes = counted("p-1")
    return made("p-1", "protocol", lines, votes, held=EVENING + 900)


@lie("PRT.5")
def a_version_of_what_is_not_in_force(liar: PaperLiar) -> Paper:
    return again(liar, supersedes=liar.head("p-2", "protocol"))


@lie("PRT.5")
def a_second_version_without_a_reason(liar: PaperLiar) -> Paper:
    return again(liar, reason=Reason("first", ""))


@lie("PRT.5", whole=False)
def a_first_version_with_a_reason(liar: PaperLiar) -> Paper:
    return liar.sum_up("tec-1", "protocol-tec", reason=TYPING)


@lie("PRT.5")
def two_versions_race_for_one_place(liar: PaperLiar) -> None:
    first, second = again(liar), again(liar, held=EVENING + 900)
    slow = liar.post(second)
    liar.post(liar.signature(liar.seated["p-1"].people[0], slow))
    liar.file(first)
    liar.lie(liar.signature(liar.seated["p-1"].people[1], slow))


@lie("PRT.6")
def a_stranger_is_named_as_present(liar: PaperLiar) -> Paper:
    return again(liar, present=("p-1-1", "p-1-2", "p-2-1"))


@lie("PRT.6")
def a_stranger_is_named_as_typist(liar: PaperLiar) -> Paper:
    return again(liar, typed=("p-1-1", "p-2-1"))


@lie("PRT.6")
def a_stranger_dissents(liar: PaperLiar) -> Paper:
    return again(liar, dissent=(Dissent("p-2-1", "I was not asked"),))


@lie("PRT.6")
def one_member_is_present_twice(liar: PaperLiar) -> Paper:
    return again(liar, present=("p-1-1", "p-1-1", "p-1-2"))


# What is referred to.


@lie("PRT.7")
def a_part_that_is_not_there(liar: PaperLiar) -> Paper:
    return again(liar, parts=(bytes(31) + b"\1",))


@lie("PRT.7")
def a_part_of_another_precinct(liar: PaperLiar) -> Paper:
    return again(liar, parts=(liar.head("p-2", "protocol"),))


@lie("PRT.7")
def a_part_that_waits_for_its_signatures(liar: PaperLiar) -> Paper:
    waiting = liar.post(again(liar))
    return again(liar, held=EVENING + 900, parts=(waiting,))


@lie("PRT.7")
def a_copy_of_another_precincts_protocol(liar: PaperLiar) -> Record:
    return liar.observe("p-2", of=liar.head("p-1", "protocol"))


@lie("PRT.7")
def a_result_on_nothing(liar: PaperLiar) -> Record:
    return liar.result(bytes(31) + b"\1")
