"""Who sits in the commissions stands in the report and on the sheet, where people compare it (F12)."""

from __future__ import annotations

from hashlib import sha256
from types import SimpleNamespace
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.corpus import boards
from tests.support import copies
from verifier.commission.roster import Roster
from verifier.desk.page.html import page
from verifier.desk.report import rosters
from verifier.desk.report.language import LANGUAGES, words
from verifier.desk.report.manual import MOST
from verifier.desk.report.section import Table, Tick
from verifier.desk.report.telling import tell, tell_by_hand
from verifier.rules import CODEC

if TYPE_CHECKING:
    from verifier.desk.report.language import Language
    from verifier.desk.report.report import Report


def report() -> Report:
    board = boards.honest()
    return copies.audit(board.files, board.sheet)


def test_rosters_stand_in_the_report_with_subjects_and_roles() -> None:
    """F12: rosters stand in the report with subjects and roles."""
    signed = {
        roster.commission: roster for raw in boards.honest().records if isinstance(roster := CODEC.decode(raw), Roster)
    }
    shown = {seats.commission: seats for seats in report().rosters}
    assert shown.keys() == signed.keys()
    for commission, roster in signed.items():
        assert [(seat.id, seat.role, seat.subject, seat.certificate) for seat in shown[commission].members] == [
            (member.id, member.role, member.id, sha256(member.certificate).hexdigest()) for member in roster.members
        ]  # the certificates of tests name their holders by these ids
        assert 0 < shown[commission].quorum <= len(roster.members)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_has_a_line_that_compares_them(language: Language) -> None:
    """F12: the sheet has a line that compares them."""
    manual = next(section for section in tell_by_hand(report(), language).sections if section.id == "manual")
    [line] = [part for part in manual.parts if isinstance(part, Tick) and part.id == "MAN.19"]
    said = " ".join(value for _, value in line.pairs)
    roles = {seat.role for seats in report().rosters for seat in seats.members}
    assert all(words(language)[f"roles.{role}"] in said for role in roles)
    assert all(seat.subject in said for seats in report().rosters for seat in seats.members)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_has_a_table_of_them(language: Language) -> None:
    """F12: the page has a table of them."""
    section = next(section for section in tell(report(), language).sections if section.id == "council")
    [table] = section.parts
    assert isinstance(table, Table)
    assert [len(rows) for _, rows in table.groups] == [len(seats.members) for seats in report().rosters]
    shown = page(report(), language).decode()
    assert all(seat.subject in shown for seats in report().rosters for seat in seats.members)


def test_a_commission_without_a_roster_and_thousands_of_them_are_told() -> None:
    [first, *_] = report().rosters
    vacant = msgspec.structs.replace(first, members=())
    crowd = msgspec.structs.replace(report(), rosters=(vacant, *(first,) * (MOST + 1)))
    section = next(section for section in tell(crowd, "en").sections if section.id == "council")
    [table, more] = section.parts
    assert isinstance(table, Table)
    assert len(table.groups) == MOST
    assert table.groups[0][0].endswith("no roster is in effect")
    assert more.text.startswith("and 2 more")  # type: ignore[attr-defined]


def test_a_certificate_that_cannot_be_read_has_no_subject() -> None:
    assert rosters._subject(b"no certificate") == ""


def test_a_subject_is_name_title_unit_and_organization_and_no_serial_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """F12: what else a certificate says of its holder stays out of the report."""
    subject = r"C=KG, O=Council\, Osh, OU=First, 2.5.4.5=20101199912345, 2.5.4.12=chair, CN=A \"B\" C"
    monkeypatch.setattr(rosters, "decode", lambda _: SimpleNamespace(subject=subject))
    assert rosters._subject(b"") == 'A "B" C, chair, First, Council, Osh'
