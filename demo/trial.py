"""Three lies and a damaged copy, each put before the auditor, who must find it and name it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from bulletin.board.feeder import Asking
from demo.auditor import Audited, audit
from demo.liar import Colluders, Lie, flip_bit
from verifier.log.policy import Policy
from verifier.state import State

LIES: tuple[tuple[str, str, str, Callable[[Lie, str], None]], ...] = (
    ("mixed-ballot-replaced", "a mixed ballot replaced", "MIX.8", Lie.replace_mixed_ballot),
    ("ballot-dropped", "a ballot dropped", "SEL.2", Lie.drop_ballot),
    ("tally-lines-swapped", "two tally lines swapped", "TAL.5", Lie.swap_tally_lines),
)
DAMAGE = "bit-flipped"


class Hearing(NamedTuple):
    """A lie before the auditor, trusting the log alone, then the witnesses too; and what these answered."""

    what: str
    clause: str
    alone: Audited
    witnessed: Audited
    answers: tuple[Asking, ...]


class Trial(NamedTuple):
    """All lies, and the file in which one bit was flipped."""

    outcomes: tuple[Hearing, ...]
    damaged: str


class Sheets(NamedTuple):
    """The trust sheets with and without witnesses, and the policy by which witnesses are asked."""

    witnessed: Path
    alone: Path
    policy: Policy


def try_lies(
    honest: Path, out: Path, records: Sequence[bytes], state: State, all_of_them: Colluders, sheets: Sheets
) -> Trial:
    """Make every lie about the largest contest, have each judged; AssertionError if one is not found out."""
    contest = max(state.mixable(), key=lambda contest: state.courses[contest.id].counted).id
    answers = {}
    for name, _, _, tell in LIES:
        lie = Lie(records, state, all_of_them)
        tell(lie, contest)
        answers[name] = lie.publish(honest, out / name, sheets.policy)
    damaged = flip_bit(honest, out / DAMAGE)
    with ThreadPoolExecutor(2, "auditor") as auditors:
        alone = {name: auditors.submit(audit, out / name, sheets.alone) for name in answers}
        witnessed = {name: auditors.submit(audit, out / name, sheets.witnessed) for name in answers}
        unreadable = auditors.submit(audit, out / DAMAGE, sheets.witnessed)
    outcomes = tuple(
        Hearing(what, clause, alone[name].result(), witnessed[name].result(), answers[name])
        for name, what, clause, _ in LIES
    )
    for outcome in outcomes:
        check_found_out(outcome)
    check_unreadable(unreadable.result(), damaged)
    return Trial(outcomes, damaged)


def check_found_out(outcome: Hearing) -> None:
    """Refused by the named clause, without the witnesses' cosignatures, which they refused."""
    assert outcome.alone.exit == outcome.witnessed.exit == 1, outcome
    assert outcome.alone.cause.id == outcome.witnessed.cause.id == outcome.clause, outcome.alone.report.failures
    assert outcome.witnessed.open == ["BRD.4"], outcome.witnessed.open
    assert outcome.alone.open == [], outcome.alone.open
    assert all(answer.problem.startswith("refused") for answer in outcome.answers), outcome.answers


def check_unreadable(verdict: Audited, damaged: str) -> None:
    """A damaged copy proves nothing false: it could not be checked, and the file is named."""
    named = [line.where.file for line in verdict.report.incomplete]
    assert (verdict.exit, named) == (2, [damaged]), (verdict.exit, named, verdict.report.failures)
