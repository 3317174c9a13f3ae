"""What a fault is, and what most of them do to a script."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from msgspec.structs import replace

from bulletin.office.nation.chronicle import Cue
from verifier.paper.papers import Of, Paper

if TYPE_CHECKING:
    from bulletin.office.nation.chronicle import Chronicle, Scene
    from bulletin.office.nation.faults.ledger import Expected, FaultLedger
    from bulletin.office.nation.script import Script
    from verifier.paper.plan import Form, LegalDuty, PlanContest
    from verifier.records import Record

R = TypeVar("R", bound="Record")
Bending = Generator[None, "FaultLedger", "set[Expected]"]
AFTER = 0.6  # of a rank: behind the paper and its copies, before what comes next


class PaperFault(NamedTuple):
    """A fault by its number and name in specs/rehearsal.md §5, and the clauses that it breaks, a space between them.

    `bend` is called for a unit. It goes on when the scenes are made, and again when all is written; then it returns
    what must be found. `touches` names what of a unit's it needs for itself, "*" all. A `watched` one needs observers
    at the unit, the others need that there are none. An `electronic` one is done to the unit of electronic voting.
    """

    number: int
    name: str
    breaks: str
    bend: Callable[[Script, str], Bending]
    touches: str = ""
    watched: bool = False
    electronic: bool = False


class NotPlanned(Exception):
    """The plan lacks what the fault needs; the sentence says what."""


def alter(scene: Scene, change: Callable[[Any], Record]) -> None:
    """Let the scene's record be another one."""
    make = scene.make

    def altered(chronicle: Chronicle) -> Record:
        return change(make(chronicle))

    scene.make = altered


def return_of(script: Script, unit: str) -> tuple[Form, Of, Cue]:
    """The form of a unit's return in its first contest, whose it is, and its cue."""
    form, contest = script.returns(unit), script.units[unit].contests[0]
    return form, Of(unit, contest, form.id), Cue(form.id, unit, contest)


def refile(script: Script, unit: str, change: Callable[[Paper], Paper], at: int = 0, rank: float = 0) -> Scene:
    """A second version of the unit's return, just after the first or at another time, changed from that one."""
    form, of, cue = return_of(script, unit)
    first = script.scenes[cue]
    at, rank = at or first.at, rank or first.rank + AFTER
    scene = script.add(script.file(form, of, at, rank, turn=2))
    alter(scene, change)
    return scene


def move(votes: tuple[int, ...], source: int, target: int, number: int) -> tuple[int, ...]:
    """Votes taken from one option and given to another."""
    changed = list(votes)
    changed[source] -= number
    changed[target] += number
    return tuple(changed)


def leading(votes: tuple[int, ...]) -> list[int]:
    """The options' places, those with most votes first."""
    return sorted(range(len(votes)), key=lambda place: -votes[place])


def swap(votes: tuple[int, ...]) -> tuple[int, ...]:
    """The votes of the second and of one that is no neighbour of it, exchanged."""
    second = leading(votes)[1]
    others = [place for place in range(len(votes)) if abs(place - second) > 1 and votes[place] != votes[second]]
    if not others:
        raise NotPlanned("a contest with four options at least")
    other = min(others, key=lambda place: votes[place])
    return move(votes, second, other, votes[second] - votes[other])


def exchange(paper: Paper) -> Paper:
    """The paper with votes swapped."""
    return replace(paper, votes=swap(paper.votes))


def result_of(script: Script, race: PlanContest) -> Scene:
    """The scene in which the result of a contest is determined."""
    scene = script.result_of(race)
    if scene is None:
        raise NotPlanned("a result of the contest")
    return scene


def mistype(key: str, number: int) -> Callable[[Paper], Paper]:
    """The paper with this number added to a line."""

    def change(paper: Paper) -> Paper:
        return replace(paper, lines=paper.lines | {key: paper.lines[key] + number})

    return change


def papers_of(script: Script, unit: str) -> list[tuple[Form, LegalDuty]]:
    """The forms of a unit's level with each duty that their papers do."""
    level = script.units[unit].level
    tasks = (task for task in script.schedule.tasks.values() if task.level == level and task.form)
    return [(task.form, duty) for task in tasks for duty in task.duties if task.form]
