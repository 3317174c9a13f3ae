"""Lies on paper about observers, tables, batches, decisions and results (specs/papers.md §4–6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET
from msgspec.structs import replace

from tests.corpus.papers import PaperLiar, again, lie
from tests.support.papers import EVENING, RACE
from tests.support.returns import ON_PAPER, counted
from verifier.paper.papers import (
    NONE,
    Accreditation,
    Appeal,
    Attestation,
    Decision,
    Observer,
    Paper,
    PaperBatch,
    SummaryRow,
    SummaryTable,
    Typed,
    TypedPapers,
)
from verifier.records import encode

if TYPE_CHECKING:
    from verifier.records import Record


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
    return again(liar, table=liar.put(encode(SummaryTable((SummaryRow("p-1", NONE, {}, ()),)))))


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


@lie("PRT.3")
def an_observers_complaint_to_nobody(liar: PaperLiar) -> Record:
    return liar.watched(Appeal("p-9", (), "observer", bytes(32), "1", EVENING, "kloop", b""), 0)


# Plans, each the first record of its log (specs/plan.md).


def planned(liar: PaperLiar, **changes: Any) -> Record:
    """The manifest with another plan."""
    return replace(liar.manifest, paper=liar.put(encode(replace(ON_PAPER, **changes))))


@lie("PRT.1")
def two_units_of_one_name(liar: PaperLiar) -> Record:
    return planned(liar, units=(*ON_PAPER.units, ON_PAPER.units[-1]))


@lie("PRT.1")
def a_precinct_under_the_centre(liar: PaperLiar) -> Record:
    return planned(liar, units=(*ON_PAPER.units[:-1], replace(ON_PAPER.units[-1], above="cec")))


@lie("PRT.1")
def a_ratio_over_a_line_that_there_is_not(liar: PaperLiar) -> Record:
    first, *others = ON_PAPER.ratios
    return planned(liar, ratios=(replace(first, left={"carried-away": 1}), *others))


@lie("PRT.1")
def duties_that_wait_for_each_other(liar: PaperLiar) -> Record:
    first, *others = ON_PAPER.duties
    return planned(liar, duties=(replace(first, after=(others[-1].id,)), *others))


@lie("PRT.1")
def a_sum_of_what_is_two_levels_beneath(liar: PaperLiar) -> Record:
    *others, last = ON_PAPER.forms
    centre = tuple(replace(form, adds={"protocol": {}}) if form.id == "protocol-cec" else form for form in others)
    return planned(liar, forms=(*centre, last))


@lie("PRT.1")
def a_contest_that_nobody_determines(liar: PaperLiar) -> Record:
    first, *others = ON_PAPER.contests
    return planned(liar, contests=(replace(first, body="cik"), *others))


@lie("PRT.1")
def more_signatures_than_members(liar: PaperLiar) -> Record:
    first, *others = ON_PAPER.forms
    return planned(liar, forms=(replace(first, least=4), *others))
