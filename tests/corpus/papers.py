"""Lies on paper: what neither the plan nor what stands allows commissions and observers (specs/papers.md)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from bulletin.office.people import Person
from tests.corpus.twin import Liar
from tests.support.elections import AUTHORITY
from tests.support.papers import EVENING, RACE
from tests.support.returns import PaperElection, counted, honest_returns, made
from verifier.commission.roster import Member, Roster
from verifier.paper.papers import (
    NONE,
    Accreditation,
    Appeal,
    Attestation,
    Decision,
    Dissent,
    Observer,
    Paper,
    PaperBatch,
    Reason,
    SummaryTable,
    Typed,
    TypedPapers,
)
from verifier.records import encode

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
    liar = PaperLiar(whole, len(whole.records) if entered.whole else reported)
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


# Observers and the operator.


@lie("PRT.8")
def an_observer_whom_nobody_knows(liar: PaperLiar) -> Record:
    return liar.watched(replace(liar.observe("p-2"), observer="nobody"), 0)


@lie("PRT.8")
def an_observer_outside_the_units(liar: PaperLiar) -> Record:
    return liar.watched(replace(liar.observe("p-2"), observer="school"), 1)


@lie("PRT.8")
def an_observation_by_another_key(liar: PaperLiar) -> Record:
    return liar.watched(liar.observe("p-2"), 1)


@lie("PRT.8")
def an_observer_who_was_withdrawn(liar: PaperLiar) -> Record:
    liar.enact(Accreditation((), ("kloop",)))
    return liar.observe("p-2")


@lie("PRT.8")
def an_observers_id_given_twice(liar: PaperLiar) -> Record:
    return Accreditation((Observer("kloop", "Another", liar.watcher[1].member.certificate, ()),), ())


@lie("PRT.8")
def an_observer_at_a_unit_that_there_is_not(liar: PaperLiar) -> Record:
    return Accreditation((Observer("new", "New", liar.watcher[1].member.certificate, ("p-9",)),), ())


@lie("PRT.8")
def an_observer_with_no_certificate(_: PaperLiar) -> Record:
    return Accreditation((Observer("new", "New", b"no certificate", ()),), ())


@lie("PRT.8")
def a_withdrawal_of_nobody(_: PaperLiar) -> Record:
    return Accreditation((), ("nobody",))


@lie("PRT.8")
def a_members_complaint_with_a_signature_in_it(_: PaperLiar) -> Record:
    return Appeal("p-1", (), "voter", bytes(32), "1", EVENING, "", b"a signature")


@lie("PRT.4")
def a_refused_copy_with_figures(liar: PaperLiar) -> Record:
    return liar.observe("p-2", refused=True)


@lie("CRT.3")
def an_intake_by_another_key(liar: PaperLiar) -> Record:
    return replace(liar.take_in(bytes(32)), signature=bytes(64))


@lie("CRT.3")
def a_copy_without_a_key_that_the_operator_has_not_signed(liar: PaperLiar) -> Record:
    return replace(liar.observe("p-2"), observer="")


# Tables and batches.


def tabled(liar: PaperLiar, **changes: Any) -> Paper:
    """A sum of the first territory with another table."""
    table = liar.table("tec-1", "protocol-tec")
    return liar.sum_up("tec-1", "protocol-tec", table=liar.put(encode(replace(table, **changes))))


@lie("PRT.9", whole=False)
def a_table_that_lacks_a_precinct(liar: PaperLiar) -> Paper:
    return tabled(liar, rows=liar.table("tec-1", "protocol-tec").rows[:-1])


@lie("PRT.9", whole=False)
def a_table_in_another_order(liar: PaperLiar) -> Paper:
    return tabled(liar, rows=liar.table("tec-1", "protocol-tec").rows[::-1])


@lie("PRT.9", whole=False)
def a_row_with_another_line(liar: PaperLiar) -> Paper:
    first, *others = liar.table("tec-1", "protocol-tec").rows
    return tabled(liar, rows=(replace(first, lines=first.lines | {"units": 1}), *others))


@lie("PRT.9", whole=False)
def a_row_of_nothing_with_votes(liar: PaperLiar) -> Paper:
    first, *others = liar.table("tec-1", "protocol-tec").rows
    return tabled(liar, rows=(replace(first, paper=NONE, lines={}), *others))


@lie("PRT.9", whole=False)
def a_sum_without_its_table(liar: PaperLiar) -> Paper:
    return liar.sum_up("tec-1", "protocol-tec", table=UNSET)


@lie("PRT.9")
def a_protocol_with_a_table(liar: PaperLiar) -> Paper:
    return again(liar, table=liar.put(encode(SummaryTable(()))))


@lie("CFG.4", whole=False)
def a_table_that_is_no_table(liar: PaperLiar) -> Paper:
    return liar.sum_up("tec-1", "protocol-tec", table=liar.put(b"{}"))


def batch(liar: PaperLiar, *typed: Typed, **changes: Any) -> PaperBatch:
    """Figures that the first territory enters."""
    blob = liar.put(encode(TypedPapers(typed)))
    return replace(PaperBatch("tec-1", "protocol", "scans of 16 October", len(typed), blob), **changes)


def typed(unit: str) -> Typed:
    return Typed(unit, RACE, *counted(unit))


@lie("PRT.9")
def a_batch_that_counts_wrongly(liar: PaperLiar) -> Record:
    return batch(liar, typed("p-1"), count=2)


@lie("PRT.9")
def a_batch_with_a_precinct_twice(liar: PaperLiar) -> Record:
    return batch(liar, typed("p-1"), typed("p-1"))


@lie("PRT.9")
def a_batch_in_another_order(liar: PaperLiar) -> Record:
    return batch(liar, typed("p-2"), typed("p-1"))


@lie("PRT.9")
def a_batch_of_a_precinct_that_there_is_not(liar: PaperLiar) -> Record:
    return batch(liar, replace(typed("p-1"), unit="p-9"))


@lie("PRT.3")
def a_batch_of_another_territorys_precinct(liar: PaperLiar) -> Record:
    return batch(liar, typed("p-4"))


@lie("PRT.3")
def a_batch_of_sums(liar: PaperLiar) -> Record:
    return batch(liar, form="protocol-tec")


@lie("PRT.3")
def a_batch_of_no_contest(liar: PaperLiar) -> Record:
    return batch(liar, replace(typed("p-1"), contest=""))


@lie("PRT.4")
def a_batch_that_lacks_a_line(liar: PaperLiar) -> Record:
    lines, votes = counted("p-1")
    del lines["listed"]
    return batch(liar, Typed("p-1", RACE, lines, votes))


@lie("PRT.9")
def an_intake_of_other_length(liar: PaperLiar) -> Record:
    return liar.take_in(bytes(32), count=2)


# Decisions and results.


def decision(by: str = "cec", what: Any = "annul", units: tuple[str, ...] = ("p-1",), **changes: Any) -> Decision:
    plain = Decision(by, what, units, RACE, "", "", 0, (), NONE, "article 44")
    return replace(plain, **changes)


def in_force(liar: PaperLiar, record: Decision) -> bytes:
    """The leaf of a decision that is in force."""
    return liar.enact_by(record, record.commission, 2)


@lie("PRT.3")
def a_decision_that_a_level_may_not_take(_: PaperLiar) -> Record:
    return decision("p-1")


@lie("PRT.3")
def a_decision_about_another_territory(_: PaperLiar) -> Record:
    return decision("tec-1", units=("p-4",))


@lie("PRT.3")
def a_decision_about_no_unit_of_the_plan(_: PaperLiar) -> Record:
    return decision(units=("p-9",))


@lie("PRT.3")
def a_decision_in_another_contest(_: PaperLiar) -> Record:
    return decision(contest="judge")


@lie("PRT.4")
def a_candidate_struck_whom_nobody_knows(_: PaperLiar) -> Record:
    return decision(what="strike", option="dinara")


@lie("PRT.4")
def nobody_struck(_: PaperLiar) -> Record:
    return decision(what="strike")


@lie("PRT.4")
def an_annulment_of_an_option(_: PaperLiar) -> Record:
    return decision(option="anar")


@lie("PRT.7")
def a_decision_about_nothing(_: PaperLiar) -> Record:
    return decision(about=(bytes(31) + b"\1",))


@lie("PRT.7")
def a_decision_revoked_that_there_is_not(_: PaperLiar) -> Record:
    return decision(revokes=bytes(31) + b"\1")


@lie("PRT.7")
def a_restoration_of_nothing(_: PaperLiar) -> Record:
    return decision(what="restore")


@lie("PRT.7")
def a_decision_of_the_centre_revoked_from_beneath(liar: PaperLiar) -> Record:
    leaf = in_force(liar, decision())
    return decision("tec-1", revokes=leaf)


@lie("PRT.7")
def a_restoration_of_what_was_never_annulled(liar: PaperLiar) -> Record:
    leaf = in_force(liar, decision(what="amend", units=(), contest="", duty="B5", until=EVENING + 7_200))
    return decision(what="restore", revokes=leaf)


@lie("PRT.7")
def one_annulment_restored_twice(liar: PaperLiar) -> None:
    annulment = in_force(liar, decision())
    late = liar.post(decision(what="restore", revokes=annulment, basis="the second"))
    in_force(liar, decision(what="restore", revokes=annulment))
    first, second = liar.seated["cec"].people[:2]
    liar.post(liar.signature(first, late))
    liar.lie(liar.signature(second, late))


@lie("DUT.1")
def a_calendar_amended_from_beneath(_: PaperLiar) -> Record:
    return decision("tec-1", "amend", (), contest="", duty="B5", until=EVENING + 7_200)


@lie("DUT.1")
def a_duty_amended_that_has_no_date(_: PaperLiar) -> Record:
    return decision("cec", "amend", (), contest="", duty="B9", until=EVENING + 7_200)


@lie("DUT.1")
def a_duty_amended_to_no_date(_: PaperLiar) -> Record:
    return decision("cec", "amend", (), contest="", duty="B5")


@lie("DUT.1")
def a_date_in_an_annulment(_: PaperLiar) -> Record:
    return decision(until=EVENING + 7_200)


@lie("PRT.3")
def a_result_by_another_body(liar: PaperLiar) -> Record:
    return liar.result(liar.head("tec-1", "protocol-tec"), commission="tec-1")


@lie("PRT.4")
def a_result_with_a_share_too_few(liar: PaperLiar) -> Record:
    return liar.result(liar.head("cec", "protocol-cec"), shares=(10_000,))


@lie("PRT.4")
def a_winner_whom_nobody_knows(liar: PaperLiar) -> Record:
    return liar.result(liar.head("cec", "protocol-cec"), options=("dinara",))


@lie("PRT.4")
def one_winner_twice(liar: PaperLiar) -> Record:
    return liar.result(liar.head("cec", "protocol-cec"), options=("anar", "anar"))


@lie("PRT.3")
def an_attestation_of_no_duty(_: PaperLiar) -> Record:
    return Attestation("p-1", "B9", EVENING, (), "", b"", "", "", b"")


@lie("CRT.2")
def a_complaint_to_nobody(_: PaperLiar) -> Record:
    return Appeal("p-9", (), "voter", bytes(32), "1", EVENING, "", b"")
