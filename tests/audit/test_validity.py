"""Signatures judged one by one: one too many spoils nothing, and a void one counts for nobody (records.md §3.6)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from bulletin.office import people
from tests.corpus import boards
from tests.corpus.seats import CENTRAL, PRECINCT, STRANGE, person, seat
from tests.corpus.twin import Liar, bent, honest, phases
from tests.support import copies
from tests.support.copies import NOW, body, sign
from tests.support.elections import AUTHORITY
from verifier.audit import audit, trust
from verifier.election.register import Opening
from verifier.errors import Rejected
from verifier.log.tree import hash_leaf
from verifier.records import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulletin.office.people import Person
    from verifier.desk.report.report import Report

EXPIRED = boards.EXPIRED


def audited(liar: Liar, *seen: tuple[int, int]) -> Report:
    """The audit of a log of which checkpoints of these sizes were cosigned at these times."""
    files = copies.publish(liar.records, liar.blobs)
    board = boards.Board(liar.records, files, copies.sheet(liar.records[0], [AUTHORITY.der]))
    for number, (size, time) in enumerate(seen):
        name = f"checkpoints/{number}"
        board = board._replace(files=board.files | {name: sign(body(liar.records[:size]))})
        board = boards.seen(board, time, time, file=name)
    if seen:
        board = boards.seen(board, seen[-1][1], seen[-1][1], file="checkpoint")
    return copies.audit(board.files, board.sheet)


def short_lived(name: str) -> Person:
    """A member whose certificate ended before anything was on the log."""
    with patch.object(people, "LIFE", timedelta(days=1)):
        return person(name, ed25519.Ed25519PrivateKey.generate())


def begin(third: Person) -> tuple[Liar, bytes]:
    """An election with this person in the central commission's third seat; the manifest's leaf, yet unsigned."""
    liar = Liar(honest(), 0)
    liar.central = liar.central._replace(people=(*liar.central.people[:2], third))
    liar.manifest = bent(liar.manifest, roster=hash_leaf(encode(liar.central.roster)))
    liar.__dict__.pop("digest", None)
    leaf = liar.post(liar.manifest)
    liar.post(liar.central.roster)
    return liar, leaf


def test_one_more_signature_after_the_certificates_have_expired_is_a_finding() -> None:
    """B1: An election that is certified stays so, whatever a member does later."""
    liar = Liar(honest(), len(honest().records))
    done = len(liar.records)
    liar.post(liar.countersign(liar.central.people[2], hash_leaf(liar.records[phases()["tallied"] - 1])))
    report = audited(liar, (done, NOW), (done, EXPIRED + 1), (done + 1, EXPIRED + 2))
    assert (report.verdict, report.phase) == ("accepted with findings", "certified")
    assert [(line.id, line.where.record) for line in report.findings] == [("CRT.5", done)]


def test_a_quorum_that_stands_on_expired_certificates_is_none() -> None:
    liar = Liar(honest(), len(honest().records) - 2)
    done = len(liar.records)
    for raw in honest().records[done:]:
        liar.write(raw)
    report = audited(liar, (done, NOW), (done, EXPIRED + 1), (done + 2, EXPIRED + 2))
    assert [(line.id, line.where.record) for line in report.failures] == [("CRT.5", done), ("CRT.5", done + 1)]


@pytest.mark.parametrize(
    ("order", "verdict"),
    [
        ((0, 1), "accepted"),
        ((0, 1, 2), "accepted with findings"),
        ((0, 2, 1), "accepted with findings"),
        ((2, 0, 1), "accepted with findings"),
        ((0, 2), "rejected"),
        ((2, 1), "rejected"),
    ],
)
@pytest.mark.parametrize("kind", ["expired", "stranger"])
def test_void_signatures_count_for_nobody(kind: str, order: Sequence[int], verdict: str) -> None:
    """Two valid ones are a quorum wherever they stand; one and a void one are none."""
    third = short_lived("late") if kind == "expired" else seat(CENTRAL, "stranger", authority=STRANGE).people[0]
    liar, leaf = begin(third)
    for number in order:
        liar.post(liar.countersign(liar.central.people[number], leaf))
    report = audited(liar, (2, NOW), (len(liar.records), NOW))
    clause = "CRT.5" if kind == "expired" else "CRT.4"
    place = 2 + order.index(2) if 2 in order else None
    assert report.phase == "ceremony"
    if kind == "expired" or verdict == "rejected":
        assert report.verdict == verdict
    assert [(line.id, line.where.record) for line in report.failures] == [(clause, place)] * (verdict == "rejected")
    found = {(line.id, line.where.record) for line in report.findings}
    seated = {("CRT.4", None)} if kind == "stranger" else set()
    assert found == seated | ({(clause, place)} if verdict == "accepted with findings" else set())


def test_whoever_has_left_makes_nothing_good() -> None:
    """A signs and leaves; B and a void one complete the quorum; A's signature does not replace the void one."""
    late = short_lived("late")
    liar, leaf = begin(late)
    for number in (0, 1):
        liar.post(liar.countersign(liar.central.people[number], leaf))
    liar.hold_ceremony()
    opening = liar.post(Opening(liar.state.key, 0))
    first = liar.central.people[0]
    liar.post(liar.countersign(first, opening))
    successor = seat(CENTRAL, "successor").people[0]
    liar.enact((renewed := liar.central._replace(people=(successor, *liar.central.people[1:]))).roster)
    assert liar.state.phase == "registration"
    liar.post(liar.countersign(renewed.people[1], opening))
    void = len(liar.records)
    liar.post(liar.countersign(late, opening))
    report = audited(liar, (2, NOW), (len(liar.records), NOW))
    assert [(line.id, line.where.record) for line in report.failures] == [("CRT.5", void)]
    liar.post(liar.countersign(successor, opening))
    assert audited(liar, (2, NOW), (len(liar.records), NOW)).verdict == "accepted with findings"


def test_what_never_took_effect_is_not_looked_at() -> None:
    """B2: A stranger's roster, with certificates of another root and another year, and signatures under nothing."""
    liar = Liar(honest(), phases()["voting"])
    with patch.object(people, "BORN", people.BORN + timedelta(days=365 * 67)):
        strangers = seat(PRECINCT, "stranger-1", "stranger-2", authority=STRANGE)
    liar.post(liar.countersign(liar.central.people[2], liar.post(strangers.roster)))
    report = audited(liar)
    assert (report.verdict, report.findings) == ("accepted", ())


def test_who_acts_on_a_log_is_not_stopped_by_a_signature_too_many() -> None:
    """Key holders go on where auditors accept, and stop where they refuse."""
    stranger = seat(CENTRAL, "stranger", authority=STRANGE).people[0]
    for order, stops in (((0, 1, 2), False), ((0, 2), True)):
        liar, leaf = begin(stranger)
        for number in order:
            liar.post(liar.countersign(liar.central.people[number], leaf))
        files = copies.publish(liar.records, liar.blobs)
        sheet = trust.decode(copies.sheet(liar.records[0], [AUTHORITY.der]))
        if stops:
            with pytest.raises(Rejected, match=r"CRT.4 record 3"):
                audit.replay(files.get, sheet)
        else:
            assert audit.replay(files.get, sheet).phase == "ceremony"
