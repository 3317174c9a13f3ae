"""The paper flow rehearsed on this machine: posted to a real board, audited, compared (specs/rehearsal.md §6)."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from msgspec import to_builtins

from bulletin.office.nation.bending import bend, spent
from bulletin.office.nation.country import bottom, is_electronic, leave_registers, narrow
from bulletin.office.nation.evote import list_scenes
from bulletin.office.nation.faults.table import BESIDE, FAULTS, NAMED
from bulletin.office.nation.keepers import TypingKeepers
from bulletin.office.nation.people import NOBODY, settle
from bulletin.office.nation.posting import Poster
from bulletin.office.nation.schedule import dawn
from bulletin.office.nation.script import Script
from bulletin.office.nation.showing import ALTERED, Pages
from bulletin.office.nation.stage import RehearsalStage
from bulletin.office.nation.trial import differ, read
from bulletin.office.nation.watch import look
from bulletin.office.plans import Ready
from bulletin.office.plans.ready import ready_plan
from bulletin.office.processes import Processes
from verifier.audit import trust
from verifier.audit.audit import Audit
from verifier.log.reading import Log
from verifier.log.tree import hash_leaf
from verifier.paper.plan import CODEC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from bulletin.office.nation.bending import Bent
    from bulletin.office.nation.faults.fault import PaperFault
    from bulletin.office.nation.trial import Due
    from verifier.audit.verdict import Outcome
    from verifier.paper.plan import Plan

FILE, VILLAGE = "faults.json", "village"
SMALL = 4  # precincts of the village that is played beside another plan
ALL, NONE = "all", "none"
WITNESSED = {"BRD.5"}  # a witness that was slower than the others: says nothing of papers


class Rehearsed(NamedTuple):
    """How a rehearsal went: the audit's outcome, what each fault had to give, and what differs from that."""

    bent: Bent
    outcome: Outcome
    expected: Mapping[str, AbstractSet[Due]]
    differences: list[str]


def read_plan(name: str, file: Path) -> Plan:
    """A ready plan by its name, or else the plan in a file; `Malformed` or OSError if it is neither."""
    for ready in get_args(Ready):
        if ready == name:
            return ready_plan(ready)
    return CODEC.decode(file.read_bytes(), str(file))


def choose(names: Sequence[str]) -> list[PaperFault]:
    """The faults of these names; ValueError names one that there is not."""
    if list(names) in ([], [ALL]):
        return list(FAULTS)
    wanted = [name for name in names if name != NONE]
    unknown = [name for name in wanted if name not in NAMED]
    if unknown:
        raise ValueError(f"there is no fault {unknown[0]}; there are {', '.join(NAMED)}")
    return [NAMED[name] for name in wanted]


def play_papers(
    plan: Plan,
    place: Path,
    tell: Callable[[str], None],
    precincts: int = 0,
    seed: int = 0,
    faults: Iterable[PaperFault] = FAULTS,
    clock: float = 0.0,
) -> Rehearsed:
    """Make the nation, post all that it has to say to a board in `place`, which is emptied first, and audit the log.

    If the plan has an electronic vote, it is held between the papers.
    `ValueError` says what the plan lacks, `Failed` which process did not do its work.
    """
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    plan = narrow(leave_registers(plan), precincts or len(bottom(plan)))
    with Processes(place / "journals") as processes:
        stage = RehearsalStage(place, processes)
        tell("people")
        keepers = TypingKeepers(place / "keepers", processes, stage.sheet)
        nation = settle(plan, stage.host, dawn(plan), keepers.make_keys() if is_electronic(plan) else NOBODY)
        tell("papers")
        bent = bend(Script(nation, seed), faults)
        looks = look(plan, bent.chronicle.postings, bent.script.blind, bent.script.besides)
        stage.write_sheet(nation)
        stage.open(nation, looks[0].at)
        tell("posting")
        keepers.url = stage.url
        with closing(Poster(stage, bent, clock)) as poster:
            poster.post(looks, list_scenes(bent, keepers, poster))
    with Processes(place / "journals") as processes:
        return _judge(stage, Pages(stage, processes), bent, poster.strange, tell)


def play_beside(
    rehearsed: Rehearsed, place: Path, tell: Callable[[str], None], seed: int = 0, clock: float = 0.0
) -> Rehearsed | None:
    """The faults of an electronic vote for which the plan has no room, done in the pilot's village; None if it has."""
    faults = [NAMED[name] for name in BESIDE if name in rehearsed.bent.absent]
    if not faults:
        return None
    tell("village")
    return play_papers(ready_plan("village-2023"), place / VILLAGE, lambda _: None, SMALL, seed, faults, clock)


def _judge(
    stage: RehearsalStage, pages: Pages, bent: Bent, strange: list[str], tell: Callable[[str], None]
) -> Rehearsed:
    """Audit the log while its pages are made, compare those if one is to be altered, and say what differs."""
    showing = next((one.unit for one in bent.placed if one.fault.name == ALTERED), "")
    if showing:
        pages.begin()
    tell("audit")
    told = trust.decode(stage.sheet.read_bytes())
    outcome = Audit(stage.archive, told, kept=stage.archive.kept).run()
    log = Log(stage.archive, told.origin, told.log_keys)
    expected: dict[str, AbstractSet[Due]] = {**bent.expect({hash_leaf(raw): index for index, raw in log.entries()})}
    found: set[Due] = {one for one in read(outcome.findings) if one.id not in WITNESSED}
    if showing:
        tell("pages")
        expected[ALTERED] = {pages.alter(showing)}
        found |= set(pages.compare())
    write_faults(stage.directory / FILE, bent, expected)
    failed = [f"refused by the audit: {line.id} {line.where} {line.detail}" for line in outcome.failures]
    return Rehearsed(bent, outcome, expected, strange + failed + differ(expected, spent(bent.script.plan), found))


def write_faults(file: Path, bent: Bent, expected: Mapping[str, AbstractSet[Due]]) -> None:
    """What was bent, where, and what had to be found, as JSON."""
    rows: list[dict[str, Any]] = [
        {
            "number": one.fault.number,
            "name": one.fault.name,
            "place": one.unit,
            "expected": [to_builtins(each._asdict()) for each in sorted(expected[one.fault.name], key=str)],
        }
        for one in sorted(bent.placed)
    ]
    file.write_text(json.dumps(rows, indent=1) + "\n")


def tell_faults(rehearsed: Rehearsed) -> list[str]:
    """A line for each fault, then all that differs."""
    wrong = {line.partition(":")[0] for line in rehearsed.differences}
    lines = []
    for fault, unit, _ in sorted(rehearsed.bent.placed):
        number, said = len(rehearsed.expected[fault.name]), "≠" if fault.name in wrong else "="
        lines.append(f"{fault.number:2} {fault.name} at {unit}: {number} expected {said} found")
    for name, lacking in rehearsed.bent.absent.items():
        where = "done beside it" if name in BESIDE else "not done"
        lines.append(f"   {name}: {where}, as this plan lacks {lacking}")
    return lines + rehearsed.differences
