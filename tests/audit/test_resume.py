"""Who resumes from his own snapshot says what one says who begins anew, and is not led to another history."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.corpus import boards
from tests.corpus.twin import Liar, honest, phases
from tests.support.copies import publish
from verifier.audit import audit, trust
from verifier.client import snapshot
from verifier.desk.report.report import compose
from verifier.errors import Incomplete

if TYPE_CHECKING:
    from verifier.log.reading import Read

RECORDS = boards.honest().records
BLOBS = {name: data for name, data in boards.honest().files.items() if name.startswith("blobs")}
SHEET = trust.decode(boards.honest().sheet)


@cache
def upto(size: int) -> Read:
    """The copy that a visitor made when the log had so many entries."""
    return (publish(RECORDS[:size], {}) | BLOBS).get


@pytest.mark.parametrize("size", [1, 27, 40, 56])
def test_who_resumes_says_what_one_says_who_begins_anew(size: int) -> None:
    early = audit.Audit(upto(size), SHEET)
    assert not early.run().notes.failures
    taken = snapshot.encode(early.snapshot())
    late = audit.Audit(upto(len(RECORDS)), SHEET, resume=snapshot.decode(taken))
    anew = audit.Audit(upto(len(RECORDS)), SHEET)
    assert compose(late.run()) == compose(anew.run())
    assert snapshot.encode(late.snapshot()) == snapshot.encode(anew.snapshot())


def test_who_resumes_reads_only_what_is_new() -> None:
    early = audit.Audit(upto(len(RECORDS)), SHEET)
    early.run()
    seen: list[tuple[str, int, int]] = []
    audit.Audit(upto(len(RECORDS)), SHEET, lambda *step: seen.append(step), early.snapshot()).run()
    assert [step for step in seen if step[0] == "proofs"] == [("proofs", 0, 0)] * 3


def test_a_snapshot_of_another_history_or_a_longer_one_is_not_gone_on_from() -> None:
    early = audit.Audit(upto(40), SHEET)
    early.run()
    taken = snapshot.encode(early.snapshot())
    forked = publish([*RECORDS[:39], *RECORDS[40:]], {})
    report = compose(audit.Audit(forked.get, SHEET, resume=snapshot.decode(taken)).run())
    assert (report.exit, report.failures[0].id, str(report.failures[0].where)) == (1, "BRD.3", "checkpoint")
    report = compose(audit.Audit(upto(39), SHEET, resume=snapshot.decode(taken)).run())
    assert (report.exit, report.failures) == (2, ())


def test_what_was_not_passed_is_not_gone_on_from() -> None:
    liar = Liar(honest(), phases()["voting"])
    liar.post(liar.cast(1, nonce=bytes(16)))
    refused = audit.Audit(publish(liar.records, honest().blobs).get, SHEET)
    refused.run()
    with pytest.raises(Incomplete, match="not passed"):
        refused.snapshot()
    lacking = audit.Audit(publish(RECORDS, {}).get, SHEET)
    lacking.run()
    with pytest.raises(Incomplete, match="not passed"):
        lacking.snapshot()
