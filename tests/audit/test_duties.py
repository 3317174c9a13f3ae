"""What took effect is judged by the timetable and the witnesses' times (specs/timetable.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus.odd import DAY, LATER, TIMETABLE
from tests.corpus.twin import Liar, bent, honest
from tests.reference.commissions import judge_limit
from tests.support import copies
from tests.support.copies import NOW
from tests.support.elections import AUTHORITY, text
from verifier.audit.audit import Audit
from verifier.audit.timeline import NEVER
from verifier.audit.trust import decode
from verifier.client import snapshot
from verifier.election.counting import Close
from verifier.election.timetable import TimeLimit, judge_timetable
from verifier.place import Place
from verifier.rule import Findings

if TYPE_CHECKING:
    from verifier.desk.report.report import Report

END = 1_805_911_200  # specs/timetable.md §7
times = st.one_of(st.integers(END - DAY - 2, END - DAY + 2), st.integers(END - 2, END + 2))


def limit(bound: Literal["from", "by"] = "by", *, inclusive: bool = False) -> TimeLimit:
    return TimeLimit("limit", "register", bound, END, inclusive=inclusive, words=text("law"))


def found(one: TimeLimit, low: float, up: float) -> list[tuple[str, str]]:
    """Clause and severity of what is found of a register at record 5 with these bounds, and of nothing else."""
    notes, steps = Findings(), [("manifest", 0), ("register", 5), ("opening", 6)]
    judge_timetable([one], steps, {5: (low, up)}.__getitem__, notes)
    assert {finding.where for finding in notes.findings} <= {Place(record=5)}
    return [(finding.id, finding.severity) for finding in notes.findings]


@pytest.mark.parametrize(
    ("low", "up", "expected"),
    [
        (-DAY - 2, -DAY - 1, []),
        (-DAY - 1, -DAY, [("DUT.9", "information")]),
        (-1, -1, [("DUT.9", "information")]),
        (-1, 0, [("DUT.3", "warning")]),
        (0, 0, [("DUT.3", "error")]),
        (0, NEVER, [("DUT.3", "error")]),
        (-NEVER, NEVER, [("DUT.3", "warning")]),
    ],
)
def test_an_end_is_the_first_second_that_is_too_late(low: float, up: float, expected: list[tuple[str, str]]) -> None:
    assert found(limit(inclusive=True), END + low, END + up) == expected
    others = [one for one in expected if one[0] != "DUT.9"]
    assert found(limit(), END + low, END + up) == others, "DUT.9 asks of days that are included"


@pytest.mark.parametrize(
    ("low", "up", "expected"),
    [
        (0, 0, []),
        (0, NEVER, []),
        (-1, 0, [("DUT.4", "warning")]),
        (-NEVER, NEVER, [("DUT.4", "warning")]),
        (-1, -1, [("DUT.4", "error")]),
        (-NEVER, -1, [("DUT.4", "error")]),
    ],
)
def test_a_beginning_is_the_first_second_that_is_allowed(
    low: float, up: float, expected: list[tuple[str, str]]
) -> None:
    assert found(limit("from"), END + low, END + up) == expected


@given(st.sampled_from([limit("from"), limit(), limit(inclusive=True)]), times, times)
def test_the_reference_judges_every_bound_alike(one: TimeLimit, first: int, second: int) -> None:
    low, up = sorted((first, second))
    told = {"bound": one.bound, "instant": one.instant, "inclusive": one.inclusive}
    assert found(one, low, up) == judge_limit(told, low, up)


@given(st.sampled_from([limit("from"), limit(), limit(inclusive=True)]), times, times)
def test_an_error_is_certain_and_silence_is_too(one: TimeLimit, first: int, second: int) -> None:
    """An error is wrong in every second between the bounds; what is not found is wrong in none of them."""
    low, up = sorted((first, second))
    between = {low, up, min(up, max(low, END)), min(up, max(low, END - 1))}
    wrong = {second < END if one.bound == "from" else second >= END for second in between}
    said = dict(found(one, low, up))
    expected = "warning" if len(wrong) == 2 else "error" if True in wrong else None
    assert (said.get("DUT.3") or said.get("DUT.4")) == expected


def test_only_records_of_its_kind_are_counted() -> None:
    notes, steps = Findings(), [("register", 5), ("close", 6), ("register", 7)]
    judge_timetable([limit(), limit("from"), limit(inclusive=True)], steps, lambda _: (NEVER, NEVER), notes)
    assert notes.counts == {"DUT.3": 4, "DUT.9": 2, "DUT.4": 2}


def closed(*, by_operator: bool) -> Liar:
    """An election with a timetable that is open, and then closed."""
    liar = Liar(honest(), 0)
    liar.manifest, liar.voters = bent(liar.manifest, timetable=TIMETABLE), []
    liar.__dict__.pop("digest", None)
    liar.set_up().hold_ceremony().seat_others().register(1)
    if by_operator:
        liar.post(liar.operator.sign(Close(b""), liar.digest))
    else:
        liar.enact(Close(b""))
    return liar


def audited(liar: Liar, *stamps: tuple[int, int]) -> Report:
    return copies.audit(
        copies.stamped(liar.records, liar.blobs, *stamps), copies.sheet(liar.records[0], [AUTHORITY.der])
    )


@pytest.mark.parametrize("by_operator", [True, False])
def test_a_close_counts_where_it_takes_effect(by_operator: bool) -> None:  # noqa: FBT001
    """Posting a commission's close is nothing; its last signature is, or the operator's record alone."""
    liar = closed(by_operator=by_operator)
    size = len(liar.records)
    assert audited(liar, (20, NOW), (size, LATER - 1)).verdict == "accepted with findings"  # DUT.9 of the registers
    early = audited(liar, (20, NOW), (size - 1, NOW), (size, LATER - 1))
    assert early.verdict == "accepted"
    late = audited(liar, (20, NOW), (size - 1, NOW), (size - 1, LATER), (size, LATER))
    assert [(f.id, f.severity, f.where.record) for f in late.findings] == [("DUT.3", "error", size - 1)]
    assert (late.phase, late.exit) == ("closed", 0)


def test_an_audit_that_goes_on_finds_the_same() -> None:
    """What took effect before a snapshot stays where it was."""
    liar = closed(by_operator=True)
    size, sheet = len(liar.records), decode(copies.sheet(liar.records[0], [AUTHORITY.der]))
    before = copies.stamped(liar.records[: size - 1], liar.blobs, (20, NOW), (size - 1, NOW))
    audit = Audit(before.get, sheet, kept=copies.kept(before))
    assert audit.run().verdict == "accepted"
    kept = snapshot.decode(snapshot.encode(audit.snapshot()))
    whole = copies.stamped(liar.records, liar.blobs, (20, NOW - 1), (size, LATER))
    fresh, resumed = (
        Audit(whole.get, sheet, kept=copies.kept(whole), resume=resume).run().findings for resume in (None, kept)
    )
    assert fresh == resumed
    assert {finding.id for finding in fresh} == {"DUT.3", "DUT.4"}


def test_without_witnesses_the_duties_are_skipped() -> None:
    liar = closed(by_operator=True)
    words: dict[str, list[str]] = {"witness": [], "group": [], "quorum": []}
    sheet = copies.sheet(liar.records[0], [AUTHORITY.der], **words)
    report = copies.audit(copies.publish(liar.records, liar.blobs), sheet)
    said = {check.id: (check.status, check.detail) for check in report.checks if check.id.startswith("DUT")}
    assert {id for id, (status, _) in said.items() if status == "N-A"} == said.keys() - {"DUT.3", "DUT.4", "DUT.9"}
    assert {id: it for id, it in said.items() if it[0] != "N-A"} == dict.fromkeys(
        ("DUT.3", "DUT.4", "DUT.9"), ("SKIPPED", "the trust sheet has no quorum of witnesses")
    )
    assert report.findings == ()
