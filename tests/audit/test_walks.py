"""A seeded share of the walks of `make fuzz`, and that a walk finds the faults of former rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fuzzing.walks import walk
from verifier.audit import audit
from verifier.audit.validity import judge_signatures
from verifier.commission.roster import Roster, check_chain
from verifier.errors import Rejected
from verifier.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.audit.timeline import Witnessed
    from verifier.commission.certificate import Certificate
    from verifier.rule import Finding
    from verifier.state import State

pytestmark = pytest.mark.slow


def test_what_a_board_admits_is_never_rejected_and_can_be_finished() -> None:
    """B1, B2, B5: whatever voters, members, trustees, mix servers, the operator and strangers do."""
    walk(60, "a seeded share")


def judge_whoever_is_named(
    state: State, roots: tuple[Certificate, ...], witnessed: Witnessed | None
) -> Iterator[Finding | Rejected]:
    """The former rule: every roster on the log is judged, also those that never took effect."""
    for pending in state.pending.values():
        if isinstance(pending.record, Roster):
            for member in pending.record.members:
                try:
                    check_chain(member, roots, Place(record=pending.position))
                except Rejected as error:
                    yield error
    yield from judge_signatures(state, roots, witnessed)


def test_a_walk_finds_that_a_stranger_could_spoil_an_election(monkeypatch: pytest.MonkeyPatch) -> None:
    """B2: with the former rule put back, one roster of somebody's is enough."""
    monkeypatch.setattr(audit, "judge_signatures", judge_whoever_is_named)
    with pytest.raises(AssertionError, match=r"CRT\.4"):
        walk(60, "a seeded share", shrink=False)
